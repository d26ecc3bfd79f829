"""The result of ``grade``: every figure of a submission with its verdict, its points and its mistake."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Literal, NamedTuple, TypeAlias

from archcalc.ops.frozen import Record, record
from archcalc.results import FORMAT, plain
from archcalc.results.explain import DerivationStep
from archcalc.results.printable import Printable

Verdict: TypeAlias = Literal[
    "right", "rounded", "truncated", "wrong", "carried", "missing", "unreadable", "unread"
]

OWN_ROWS = "its own rows"
"""What a submission without a key is graded against: the network that its own rows describe."""

RIGHT: tuple[Verdict, ...] = ("right", "rounded", "truncated")
"""Verdicts of a figure that is right to its last printed digit."""

UNREAD: tuple[Verdict, ...] = ("unreadable", "unread")
"""Verdicts of a question whose answer could not be read: it is neither right, wrong nor missing."""

BY_HAND = "check by hand"
"""The mark of a submission that a person must look at."""


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
    diagnoses, each is possible. ``why`` is the reason why the answer could not be read. A question is
    ``unread`` if no answer was found, but some lines could not be read.
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


@record
class Grade(Printable, Record):
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
    def by_hand(self) -> bool:
        """Whether a person must look at the submission, because something in it could not be read."""
        # A student who hands in nothing has an error too, but there is nothing to look at.
        failed = self.error and not self.count("missing")
        return bool(self.unread or failed or self.count(*UNREAD))

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
        if self.by_hand:
            answer["check_by_hand"] = True
        if self.error:
            answer["error"] = self.error
        return answer


class Question(NamedTuple):
    """One question of a class: the numbers of answers and of right answers, and the most common mistake.

    An answer that could not be read does not count.
    """

    layer: str
    quantity: str
    answered: int
    right: int
    points: Fraction
    max_points: Fraction
    mistake: str
    times: int


class CommonMistake(NamedTuple):
    """A mistake of a class: its sentence, by how many students it was made, and in how many figures.

    If several mistakes lead to the same wrong figure, each of them counts.
    """

    mistake: str
    sentence: str
    students: int
    times: int


class UnreadPart(NamedTuple):
    """What could not be read of a submission: a line, or the whole file (line 0), and the reason."""

    name: str
    line: int
    text: str
    why: str


@record
class Class(Printable, Record):
    """The grades of all submissions of a folder; a submission that could not be read has an error.

    ``order`` lists the layer and the quantity of each question in the order of the network.
    """

    key: str
    grades: tuple[Grade, ...]
    order: tuple[tuple[str, str], ...] = ()

    def questions(self) -> list[Question]:
        """Every question that is worth points for some student, in the order of the network."""
        cells: dict[tuple[str, str], list[GradedCell]] = {question: [] for question in self.order}
        for grade in self.grades:
            for cell in grade.cells:
                if cell.max_points:
                    cells.setdefault((cell.layer, cell.quantity), []).append(cell)
        return [_question(layer, quantity, answers) for (layer, quantity), answers in cells.items()]

    def mistakes(self) -> list[CommonMistake]:
        """Every mistake that was made; the mistake of the most students comes first."""
        sentences: dict[str, str] = {}
        made: dict[str, list[str]] = {}  # by mistake: the student of each figure
        for grade in self.grades:
            for diagnosis in (diagnosis for cell in grade.cells for diagnosis in cell.diagnosis):
                sentences.setdefault(diagnosis.mistake, diagnosis.sentence)
                made.setdefault(diagnosis.mistake, []).append(grade.name)
        common = [
            CommonMistake(mistake, sentences[mistake], len(set(names)), len(names))
            for mistake, names in made.items()
        ]
        return sorted(common, key=lambda mistake: (-mistake.students, -mistake.times))

    def unread(self) -> list[UnreadPart]:
        """Everything that could not be read, with the reason, in the order of the submissions."""
        parts: list[UnreadPart] = []
        for grade in self.grades:
            if grade.error:
                parts.append(UnreadPart(grade.name, 0, "", grade.error))
            parts += [UnreadPart(grade.name, *line) for line in grade.unread]
            parts += [
                UnreadPart(grade.name, cell.line, cell.given, cell.why or f"{cell.name} cannot be read")
                for cell in grade.cells
                if cell.verdict == "unreadable" and cell.max_points
            ]
        return parts

    def as_json(self, reveal: bool = False) -> dict[str, Any]:
        """The JSON of ``archcalc grade`` for a folder."""
        return {
            "format": FORMAT,
            "key": self.key,
            "submissions": [grade.as_json(reveal) for grade in self.grades],
            "questions": plain(self.questions()),
            "mistakes": plain(self.mistakes()),
            "unread": plain(self.unread()),
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
        sum(cell.verdict not in ("missing", *UNREAD) for cell in cells),
        sum(cell.verdict in (*RIGHT, "carried") for cell in cells),
        sum((cell.points for cell in cells), Fraction(0)),
        sum((cell.max_points for cell in cells), Fraction(0)),
        mistake,
        counts.get(mistake, 0),
    )
