"""The result of ``grade``: every figure of a submission with its verdict, its points and its mistake."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, NamedTuple, TypeAlias

from archcalc.results import FORMAT, plain
from archcalc.results.explain import DerivationStep
from archcalc.results.printable import Printable

Verdict: TypeAlias = Literal[
    "right", "rounded", "truncated", "wrong", "carried", "missing", "unreadable", "unread"
]
"""``unread``: the question has no answer that could be read, but the submission has unread lines."""

OWN_ROWS = "its own rows"
"""What a submission without a key is graded against: the network that its own rows describe."""

RIGHT: tuple[Verdict, ...] = ("right", "rounded", "truncated")
"""Verdicts of a figure that is right to its last printed digit."""


class Diagnosis(NamedTuple):
    """What probably went wrong: the id of a mistake (a plus joins two), and a sentence for the student."""

    mistake: str
    sentence: str

    def as_json(self) -> dict[str, str]:
        return {"mistake": self.mistake, "says": self.sentence}


class GradedCell(NamedTuple):
    """One figure of a submission.

    ``layer`` is the path of the layer in the key; it is empty for the whole network. ``line`` is 0 for a
    missing answer. ``expected`` is the right figure, and ``derivation`` its steps. If there are several
    diagnoses, each is possible. ``why`` is the reason why the answer could not be read.
    """

    layer: str
    quantity: str
    line: int
    given: str
    expected: Any
    verdict: Verdict
    points: Fraction
    max_points: Fraction
    diagnosis: tuple[Diagnosis, ...] = ()
    derivation: tuple[DerivationStep, ...] = ()
    why: str = ""

    @property
    def name(self) -> str:
        """The question: layer and quantity."""
        return f"{self.layer or 'total'} {self.quantity}"

    def as_json(self, reveal: bool) -> dict[str, Any]:
        """One entry of ``cells``; ``reveal`` adds the right figure and its derivation."""
        answer: dict[str, Any] = {
            "layer": self.layer,
            "quantity": self.quantity,
            "line": self.line,
            "given": self.given,
            "expected": plain(self.expected),
            "verdict": self.verdict,
            "points": plain(self.points),
            "max_points": plain(self.max_points),
            "diagnosis": plain(self.diagnosis),
            "derivation": plain(self.derivation),
        }
        # Students get this JSON: without ``reveal`` it must not hold the key.
        if not reveal:
            del answer["expected"], answer["derivation"]
        if self.why:
            answer["why"] = self.why
        return answer


@dataclass(frozen=True, slots=True, repr=False)
class Grade(Printable):
    """One submission, graded.

    ``key`` is the network that it is graded against. ``unread`` are lines that could not be read: number,
    text and reason. ``notes`` say how damaged signs were read and what was assumed. ``assumptions`` say which
    windows do not fit exactly; they give right figures away, so only teachers see them. ``error`` is the
    reason why nothing could be graded.
    """

    name: str
    key: str
    cells: tuple[GradedCell, ...]
    unread: tuple[tuple[int, str, str], ...] = ()
    notes: tuple[str, ...] = ()
    error: str = ""
    assumptions: Sequence[str] = ()

    @property
    def score(self) -> Fraction:
        """The points of all cells."""
        return sum((cell.points for cell in self.cells), Fraction(0))

    @property
    def max_score(self) -> Fraction:
        """The points of all cells if every answer were right."""
        return sum((cell.max_points for cell in self.cells), Fraction(0))

    @property
    def ok(self) -> bool:
        """Whether everything could be read and is right. A submission without graded cells is not."""
        return (
            bool(self.cells)
            and not self.error
            and not self.unread
            and all(cell.verdict in RIGHT for cell in self.cells)
        )

    @property
    def check_by_hand(self) -> bool:
        """Whether a person has to look at the submission, because some of it could not be read."""
        return bool(self.unread or self.error) or any(cell.verdict == "unreadable" for cell in self.cells)

    def count(self, *verdicts: str) -> int:
        """The number of cells with one of these verdicts that are worth points."""
        # Cells without points, such as a stated stride, are checked but not counted.
        return sum(cell.verdict in verdicts for cell in self.cells if cell.max_points)

    def as_json(self, reveal: bool = False) -> dict[str, Any]:
        """The JSON of ``archcalc grade`` for one submission."""
        answer: dict[str, Any] = {
            "format": FORMAT,
            "name": self.name,
            "key": self.key,
            "score": plain(self.score),
            "max_score": plain(self.max_score),
            "cells": [cell.as_json(reveal) for cell in self.cells],
            "unread": [{"line": line, "text": text, "why": why} for line, text, why in self.unread],
            "notes": [*self.notes, *(self.assumptions if reveal else ())],
        }
        if self.check_by_hand:
            answer["check_by_hand"] = True
        if self.error:
            answer["error"] = self.error
        return answer


class Question(NamedTuple):
    """One question of a class: the numbers of answers and of right answers, and the most common mistake."""

    layer: str
    quantity: str
    answered: int
    right: int
    points: Fraction
    max_points: Fraction
    mistake: str
    times: int


@dataclass(frozen=True, slots=True, repr=False)
class Class(Printable):
    """The grades of all submissions of a folder; a submission that could not be read has an error.

    ``notes`` say what was asked, if no rubric does.
    """

    key: str
    grades: tuple[Grade, ...]
    notes: tuple[str, ...] = ()

    def questions(self) -> list[Question]:
        """Every question that is worth points for some student, in the order of the submissions."""
        cells: dict[tuple[str, str], list[GradedCell]] = {}
        for grade in self.grades:
            for cell in grade.cells:
                if cell.max_points:
                    cells.setdefault((cell.layer, cell.quantity), []).append(cell)
        return [_question(layer, quantity, answers) for (layer, quantity), answers in cells.items()]

    def as_json(self, reveal: bool = False) -> dict[str, Any]:
        """The JSON of ``archcalc grade`` for a folder."""
        return {
            "format": FORMAT,
            "key": self.key,
            "submissions": [grade.as_json(reveal) for grade in self.grades],
            "questions": plain(self.questions()),
        }


def _question(layer: str, quantity: str, cells: Sequence[GradedCell]) -> Question:
    counts: dict[str, int] = {}
    for cell in cells:
        for diagnosis in cell.diagnosis:
            counts[diagnosis.mistake] = counts.get(diagnosis.mistake, 0) + 1
    # Of equally common mistakes, the one that occurs first in the class.
    mistake = max(counts, key=counts.__getitem__, default="")
    return Question(
        layer,
        quantity,
        sum(cell.verdict not in ("missing", "unread") for cell in cells),
        sum(cell.verdict in (*RIGHT, "carried") for cell in cells),
        sum((cell.points for cell in cells), Fraction(0)),
        sum((cell.max_points for cell in cells), Fraction(0)),
        mistake,
        counts.get(mistake, 0),
    )
