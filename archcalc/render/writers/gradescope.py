"""A grade as Gradescope reads it: results.json, as its autograder specification defines it."""

from __future__ import annotations

import json
from typing import Any

from archcalc.errors import ArchcalcError
from archcalc.render.grade import advice, figure, heading
from archcalc.results.grade import RIGHT, Class, Grade, GradedCell

ENDINGS = (".json",)
ACCEPTS = (Grade, Class)


def render(grade: Grade | Class, reveal: bool = False) -> str:
    """The text of results.json: a test for every cell that is worth points.

    The output says what was not read. Raises ArchcalcError for a class: Gradescope asks for one submission.
    """
    if isinstance(grade, Class):
        raise ArchcalcError("gradescope takes one submission at a time: --each FOLDER writes a file for each")
    tests = [_test(cell, number, reveal) for number, cell in enumerate(grade.cells, 1) if cell.max_points]
    answer: dict[str, Any] = {
        "output": "\n".join([heading(grade), *_unread(grade)]),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": tests,
    }
    if not tests:  # Gradescope requires either tests or a total score
        answer["score"] = 0.0
    return json.dumps(answer, ensure_ascii=False, indent=1) + "\n"


def _unread(grade: Grade) -> list[str]:
    lines = [f"line {line} not read: {why}" for line, _, why in grade.unread]
    return [*lines, grade.error] if grade.error else lines


def _test(cell: GradedCell, number: int, reveal: bool) -> dict[str, Any]:
    lines = [f"given: {cell.given or 'nothing'} ({cell.verdict})", *advice(cell, reveal)]
    if reveal:
        lines.insert(1, f"expected: {figure(cell.expected)}")
    return {
        "name": cell.name,
        "number": str(number),
        "score": float(cell.points),
        "max_score": float(cell.max_points),
        "status": "passed" if cell.verdict in (*RIGHT, "carried") else "failed",
        "output": "\n".join(lines),
        "output_format": "text",
        "visibility": "visible",
        "tags": [candidate.mistake for candidate in cell.diagnosis],
    }
