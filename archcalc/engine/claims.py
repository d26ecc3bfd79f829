"""What a claim that does not hold means, for every kind of dimension.

For plain and traced ints it is a mistake at the line of an option, or a note. Symbols cannot decide every
comparison: what is open becomes an assumption of the answer. For arrays the comparison is a mask of points,
and a network goes on as long as one point is left. Intervals only measure how large the numbers can become.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from typing import Any, ClassVar, Literal, NamedTuple

from archcalc.dims import Dim, Truth, at_least, number
from archcalc.errors import Problem
from archcalc.network import Node
from archcalc.ops.base import Claim, Volume
from archcalc.ops.frozen import State, state

MAX_VALUES = 10**18
"""The most values of one layer: more than anyone computes, and so few that no product of sizes runs away."""


class Note(NamedTuple):
    """Something about a layer that a reader should know, but no mistake."""

    path: str
    claim: Claim

    @property
    def says(self) -> str:
        """The note in a sentence; most notes are never read."""
        return self.claim.says()


@state
class Findings(State):
    """The outcome of the claims of a network of plain ints; each subclass is for one other kind."""

    # Equal layers share one record: those of the process, of one walk if claims leave something here, or none
    # if the values cannot be looked up.
    remembers: ClassVar[Literal["process", "walk", "nothing"]] = "process"

    problems: list[Problem] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def judge(self, node: Node, claims: Iterable[Claim]) -> bool:
        """Sort the claims of one layer; False at the first that makes the layer impossible."""
        for claim in claims:
            truth = claim.relation(claim.left, claim.right)
            if truth is not True and not self.accepts(node, claim, truth):
                return False
        return True

    def limit(self, node: Node, y: Volume) -> bool:
        """The claim that every output makes: it has at most MAX_VALUES values."""
        truth = at_least(MAX_VALUES, y.size)
        return truth is True or self.accepts(node, Claim(at_least, MAX_VALUES, y.size, _too_large), truth)

    def accepts(self, node: Node, claim: Claim, truth: Truth) -> bool:
        """Whether the walk goes on after a claim that does not hold, or not everywhere."""
        if claim.note:
            self.notes.append(Note(node.path, claim))
        else:
            self.problems.append(problem_of(node, claim))
        return claim.note


@state
class Assumptions(Findings):
    """The claims of symbols: a comparison that they cannot decide becomes an assumption of the answer."""

    remembers: ClassVar[Literal["process", "walk", "nothing"]] = "nothing"

    assumptions: list[Truth] = field(default_factory=list)

    def limit(self, node: Node, y: Volume) -> bool:
        # A closed form is for sizes of any magnitude: the limit is no assumption of it.
        return number(y.size) is None or Findings.limit(self, node, y)

    def accepts(self, node: Node, claim: Claim, truth: Truth) -> bool:
        # Symbols can decide some comparisons: sizes without a setting are plain numbers.
        if truth is False:
            return Findings.accepts(self, node, claim, truth)
        if not claim.note:
            self.assumptions.append(truth)
        return True


@state
class Masks(Findings):
    """The claims of arrays: which points fail at which layer.

    ``proven`` says that intervals have shown that no layer is too large at any point.
    """

    remembers: ClassVar[Literal["process", "walk", "nothing"]] = "nothing"

    failed: list[tuple[str, Any]] = field(default_factory=list)
    proven: bool = False

    def judge(self, node: Node, claims: Iterable[Claim]) -> bool:
        # Notes are about one network, and a mask of them would cost as much as a claim.
        return Findings.judge(self, node, (claim for claim in claims if not claim.note))

    def limit(self, node: Node, y: Volume) -> bool:
        return self.proven or Findings.limit(self, node, y)

    def accepts(self, node: Node, claim: Claim, truth: Truth) -> bool:
        self.failed.append((node.path, truth))
        # A plain False holds for all points, and then the layer exists at none.
        return truth is not False


@state
class Bounds(Findings):
    """The claims of intervals: ``worst`` is the largest magnitude that any formula meets on its way.

    ``largest`` is the largest number of values of one layer.
    """

    remembers: ClassVar[Literal["process", "walk", "nothing"]] = "walk"

    worst: Any = 0
    largest: Any = 0

    def see(self, *dims: Dim) -> None:
        """Take in the magnitudes of some dimensions, and of what they came from."""
        for dim in dims:
            self.worst = max(self.worst, abs(dim) if isinstance(dim, int) else dim.worst)

    def judge(self, node: Node, claims: Iterable[Claim]) -> bool:
        for claim in claims:
            self.see(claim.left, claim.right)
            # A relation of arrays works something out: b - b // a * a, at most twice its sides.
            self.worst = max(self.worst, 2 * max(_magnitude(claim.left), _magnitude(claim.right)))
            if not claim.note and claim.relation(claim.left, claim.right) is False:
                return False  # no point has such a layer
        return True

    def limit(self, node: Node, y: Volume) -> bool:
        self.largest = max(self.largest, _magnitude(y.size))
        return True


def _magnitude(dim: Dim) -> Any:
    return abs(dim) if isinstance(dim, int) else max(-dim.low, dim.high)


def _too_large() -> str:
    return "its output has more than 10^18 values"


def problem_of(node: Node, claim: Claim) -> Problem:
    """A claim that failed, at the line of the option that it names."""
    marks = node.marks
    # An option that the spec leaves out has no line of its own: the layer's line stands for it.
    mark = marks.get(claim.option) or marks.get("")
    return Problem(claim.says(), mark, node.path, claim.hint() if claim.hint else "", node.uses)
