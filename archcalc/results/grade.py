"""What ``grade`` answers: every figure of a submission with its verdict, its points and what probably went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Literal, NamedTuple, TypeAlias

from archcalc.results import FORMAT, plain
from archcalc.results.explain import DerivationStep

Verdict: TypeAlias = Literal["right", "rounded", "truncated", "wrong", "carried", "missing", "unreadable"]

RIGHT: tuple[Verdict, ...] = ("right", "rounded", "truncated")
"""Verdicts of a figure that is right, as far as it is printed."""


class Diagnosis(NamedTuple):
    """What probably went wrong: the id of a mistake (two joined by a plus), and a sentence for the student."""

    mistake: str
    says: str


class GradedCell(NamedTuple):
    """One figure of a submission.

    ``layer`` is the key's name of the layer, empty for the whole network; ``line`` 0 where nothing is written.
    ``expected`` is the right figure, ``derivation`` how it comes about. Several diagnoses are candidates. ``why`` is
    why it could not be read.
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
        """One entry of ``cells``; the right figure and its derivation only where they are to be revealed."""
        answer: dict[str, Any] = {
            "layer": self.layer,
            "quantity": self.quantity,
            "line": self.line,
            "given": self.given,
            "expected": plain(self.expected),
            "verdict": self.verdict,
            "points": plain(self.points),
            "max_points": plain(self.max_points),
            "diagnosis": [diagnosis._asdict() for diagnosis in self.diagnosis],
            "derivation": [step.as_json() for step in self.derivation],
        }
        if not reveal:
            del answer["expected"], answer["derivation"]
        if self.why:
            answer["why"] = self.why
        return answer


class Grade(NamedTuple):
    """One submission, graded.

    ``key`` is the network it is held against. ``unread`` are lines (number, text, why) that could not be read;
    ``notes`` tell how signs were read and what was assumed, ``workings`` where windows do not fit: those tell what is
    right. ``error`` is why nothing could be graded at all.
    """

    name: str
    key: str
    cells: tuple[GradedCell, ...]
    unread: tuple[tuple[int, str, str], ...] = ()
    notes: tuple[str, ...] = ()
    error: str = ""
    workings: tuple[str, ...] = ()

    @property
    def score(self) -> Fraction:
        """The points of all cells."""
        return sum((cell.points for cell in self.cells), Fraction(0))

    @property
    def max_score(self) -> Fraction:
        """What all cells are worth."""
        return sum((cell.max_points for cell in self.cells), Fraction(0))

    @property
    def ok(self) -> bool:
        """Whether everything could be read and is right; where nothing is held against the key, nothing is."""
        return (
            bool(self.cells)
            and not self.error
            and not self.unread
            and all(cell.verdict in RIGHT for cell in self.cells)
        )

    def count(self, *verdicts: str) -> int:
        """How many cells that are worth points have one of these verdicts."""
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
            "notes": [*self.notes, *(self.workings if reveal else ())],
        }
        if self.error:
            answer["error"] = self.error
        return answer


class Question(NamedTuple):
    """How a class did on one cell: how many answered, how many were right, and the commonest mistake."""

    layer: str
    quantity: str
    answered: int
    right: int
    points: Fraction
    max_points: Fraction
    mistake: str
    times: int


class Class(NamedTuple):
    """All submissions of a folder; one that could not be read is among them, with its error."""

    key: str
    grades: tuple[Grade, ...]

    def questions(self) -> list[Question]:
        """Every cell that was worth points to somebody, in the order of the submissions."""
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
            "questions": [
                {key: plain(value) for key, value in one._asdict().items()} for one in self.questions()
            ],
        }


def _question(layer: str, quantity: str, cells: Sequence[GradedCell]) -> Question:
    counts: dict[str, int] = {}
    for cell in cells:
        for diagnosis in cell.diagnosis:
            counts[diagnosis.mistake] = counts.get(diagnosis.mistake, 0) + 1
    mistake = max(counts, key=lambda one: counts[one], default="")
    return Question(
        layer,
        quantity,
        sum(cell.verdict != "missing" for cell in cells),
        sum(cell.verdict in (*RIGHT, "carried") for cell in cells),
        sum((cell.points for cell in cells), Fraction(0)),
        sum((cell.max_points for cell in cells), Fraction(0)),
        mistake,
        counts.get(mistake, 0),
    )
