"""The lines of ``forward``: each row is a statement; a value that no later row reads gives up its name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archcalc.exporters.pytorch.blocks import BlockRow, Body
from archcalc.exporters.pytorch.names import identifier

WIDTH = 90


class Piece(NamedTuple):
    """An expression, and the attribute that it uses."""

    use: str
    attribute: str


def forward_lines(body: Body, pieces: Sequence[Sequence[Piece]], places: Sequence[str]) -> list[str]:
    """The statements; ``pieces`` belong to the rows, ``places`` are the names of what is read."""
    last = {number: place for place, row in enumerate(body.rows, 1) for number in row.inputs}
    last[body.output] = len(body.rows) + 1
    names = {-1 - place if place else 0: name for place, name in enumerate(places)}
    lines = []
    for place, (row, steps) in enumerate(zip(body.rows, pieces, strict=True), 1):
        read = [names[number] for number in row.inputs]
        live = {name for number, name in names.items() if last.get(number, 0) > place}
        # The outer values stay: they are arguments.
        names = {number: name for number, name in names.items() if last.get(number, 0) > place}
        is_last = place == body.output == len(body.rows)
        target = _target(row, read, live)
        statements = _statements(steps, read, target)
        lines += [*(f"{target} = {one}" for one in statements[:-1])]
        lines.append(f"return {statements[-1]}" if is_last else f"{target} = {statements[-1]}")
        if statements[-1] == target and not is_last:
            lines.pop()
        if place not in last:
            lines[-1] += "  # a side output"
        names[place] = target
    if not lines or not lines[-1].startswith("return"):
        lines.append(f"return {names[body.output]}")
    return lines


def _target(row: BlockRow, read: Sequence[str], live: set[str]) -> str:
    """The name of the value of a row: that of its branch, else x."""
    wishes = [identifier(row.scope.rpartition("/")[2], "branch"), identifier(row.scope, "branch")]
    if not row.scope:
        wishes = ["x", identifier(row.path, row.word)]
    for wish in wishes:
        if wish not in live:
            return wish
    number = 2
    while f"{wishes[-1]}_{number}" in live:
        number += 1
    return f"{wishes[-1]}_{number}"


def _statements(steps: Sequence[Piece], read: Sequence[str], target: str) -> list[str]:
    """The expressions of a row inside each other, as long as a line has room."""
    statements: list[str] = []
    values, operates = list(read), False
    for use, attribute in steps:
        if statements:
            inner = statements[-1]
            bare = use.count("{0}") == 1 and ("({0}" in use or "[{0}" in use)
            if use == "{0}":
                continue
            if use.count("{0}") == 1 and len(use) + len(inner) < WIDTH:
                values = [inner if bare or not operates else f"({inner})"]
                statements.pop()
            else:
                values = [target]
        expression = use.replace("{m}", f"self.{attribute}")
        for place, value in enumerate(values):
            expression = expression.replace(f"{{{place}}}", value)
        statements.append(expression)
        operates = any(f" {sign} " in use for sign in "+*@")
    return statements
