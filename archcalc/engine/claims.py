"""What a claim that does not hold means.

Of plain or traced ints it is a mistake at the option's line, or a note. Kinds that cannot decide a
comparison give it back: it becomes an assumption of the answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from archcalc.dims import Truth
from archcalc.errors import Problem
from archcalc.network import Node
from archcalc.ops.base import Claim


class Note(NamedTuple):
    """Something worth telling about a layer that is no mistake."""

    path: str
    says: str


@dataclass(slots=True)
class Findings:
    """What the claims of a network came to."""

    problems: list[Problem] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    assumptions: list[Truth] = field(default_factory=list)

    def judge(self, node: Node, claims: Iterable[Claim], noted: list[Claim] | None = None) -> bool:
        """Sort the claims of one layer; False at the first that makes it impossible.

        Claims that became notes are added to ``noted``.
        """
        for claim in claims:
            truth = claim.relation(claim.left, claim.right)
            if truth is True:
                continue
            if claim.note:
                if truth is False:
                    self.notes.append(Note(node.path, claim.says()))
                    if noted is not None:
                        noted.append(claim)
            elif truth is False:
                self.problems.append(problem_of(node, claim))
                return False
            else:
                self.assumptions.append(truth)
        return True


def problem_of(node: Node, claim: Claim) -> Problem:
    """A claim that failed, at the line of the option that it names."""
    marks = node.marks
    mark = marks.get(claim.option) or marks.get("")
    return Problem(claim.says(), mark, node.path, claim.hint() if claim.hint else "", node.uses)
