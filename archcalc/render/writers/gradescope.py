"""A grade as Gradescope reads it: results.json, as its autograder specification defines it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from archcalc.errors import ArchcalcError
from archcalc.render.grade import advice, failure, figure, heading, unread_lines
from archcalc.render.points import rounded
from archcalc.results.grade import BY_HAND, RIGHT, Class, Grade, GradedCell

ENDINGS = (".json",)
ACCEPTS = (Grade, Class)


def render(grade: Grade | Class, reveal: bool = False) -> str:
    """The text of results.json: a test for every cell that is worth points.

    The output says what was not read. Raises ArchcalcError for a class: Gradescope asks for one submission.
    """
    if isinstance(grade, Class):
        raise ArchcalcError("gradescope takes one submission at a time: --each FOLDER writes a file for each")
    shares = rounded(grade)
    asked = [(cell, share) for cell, share in zip(grade.cells, shares, strict=True) if cell.max_points]
    answer: dict[str, Any] = {
        # Above the sum of the tests, because a sum of decimals is not exact in binary.
        "score": float(sum(earned for earned, _ in shares)),
        "output": "\n".join([heading(grade), *_notes(grade)]),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [_test(cell, number, share, reveal) for number, (cell, share) in enumerate(asked, 1)],
    }
    return json.dumps(answer, ensure_ascii=False, indent=1) + "\n"


def _notes(grade: Grade) -> Iterator[str]:
    if grade.error:
        yield failure(grade)
    yield from unread_lines(grade)
    yield from grade.notes


def _test(cell: GradedCell, number: int, share: tuple[Fraction, Fraction], reveal: bool) -> dict[str, Any]:
    lines = [f"given: {cell.given or 'nothing'} ({cell.verdict})", *advice(cell, reveal)]
    if cell.verdict == "unread":
        lines = [f"not graded yet ({BY_HAND})"]
    if reveal:
        lines.insert(1, f"expected: {figure(cell.expected)}")
    earned, most = share
    return {
        "name": cell.name,
        "number": str(number),
        "score": float(earned),
        "max_score": float(most),
        "status": "passed" if cell.verdict in (*RIGHT, "carried") else "failed",
        "output": "\n".join(lines),
        "output_format": "text",
        "visibility": "visible",
        "tags": [candidate.mistake for candidate in cell.diagnosis],
    }
