"""Grades of short texts, against a network or against the network of their own rows."""

from __future__ import annotations

from functools import cache

import archcalc
from archcalc.classroom.batch import Grading
from archcalc.classroom.rubric import GradingOptions, Rubric
from archcalc.errors import Source
from archcalc.language.parse import parse
from archcalc.results.grade import Grade, GradedCell


@cache
def grading(name: str, exact: bool = False, biases: bool | None = None, batch: int = 1) -> Grading:
    return Grading(archcalc.load(name), GradingOptions(exact=exact, biases=biases, batch=batch))


def grade(text: str, name: str = "alexnet", **how: object) -> Grade:
    return grading(name, **how).grade(Source("answers", text))  # type: ignore[arg-type]


def cell(text: str, name: str = "alexnet", **how: object) -> GradedCell:
    (found,) = grade(text, name, **how).cells
    return found


def verdicts(found: Grade) -> dict[str, str]:
    return {one.name: one.verdict for one in found.cells}


def by_itself(text: str) -> Grade:
    return Grading().grade(Source("slide", text))


def scored(text: str, rubric: Rubric) -> Grade:
    return Grading(archcalc.load("alexnet"), GradingOptions(rubric)).grade(Source("answers", text))


@cache
def _grading_of_text(spec: str) -> Grading:
    return Grading(parse(Source("key.yaml", spec)).bind() if "\n" in spec else archcalc.load(spec))


def grade_with(text: str, spec: str = "") -> Grade:
    """The grade of a text against the spec in another text, or the network of a name; without, by itself."""
    return (_grading_of_text(spec) if spec else Grading()).grade(Source("answers", text))
