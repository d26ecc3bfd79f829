"""Builds a network from rows in lecture notation, so that their figures can be checked without a key."""

from __future__ import annotations

from typing import Any

from archcalc.classroom.submission import AnswerRow, AnswerSheet, UnreadLine
from archcalc.errors import ArchcalcError, short
from archcalc.language.printed import Figure
from archcalc.network import INPUT, Network, Node
from archcalc.ops import OPS
from archcalc.ops.base import Op, Volume
from archcalc.ops.options import options_of
from archcalc.results.grade import OWN_ROWS

MAX_SIDE = 10**6
"""Larger sides are not sizes of an input."""


class NoNetworkError(ArchcalcError):
    """The rows do not describe a network; ``line`` is the line of the row that is the reason."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


def network_of(sheet: AnswerSheet) -> Network:
    """The network that the rows of a sheet describe: a chain of layers after the input row.

    Raises NoNetworkError if there is no input row, or if a row is not a layer.
    """
    volume = _input(sheet.rows[0]) if sheet.rows else None
    if volume is None:
        raise NoNetworkError(
            sheet.line,
            "nothing to grade against: name a network with --key, or begin the table with an input such as "
            "[227x227x3] INPUT",
        )
    used: dict[str, int] = {}
    layers = [
        Node(_name(row, used), _op(row), (number or INPUT,)) for number, row in enumerate(sheet.rows[1:])
    ]
    return Network(OWN_ROWS, volume, layers, title=sheet.title)


def checkable(sheet: AnswerSheet) -> AnswerSheet:
    """The part of a sheet that its own rows can check: nothing below a row that could not be read.

    The layers below read the output of a layer that is not known. They are unread too, with this reason.
    """
    lines = {row.line for row in sheet.rows}
    first, last = min(lines, default=0), max(lines, default=0)
    gaps = [one.line for one in sheet.unread if first < one.line < last and one.line not in lines]
    if not gaps:
        return sheet
    gap = min(gaps)
    why = f"it is below line {gap}, which could not be read; only --key NETWORK can check it"
    below = [(row.line, row.name) for row in sheet.rows if row.line > gap]
    below += [(answer.line, answer.quantity) for answer in sheet.answers if answer.line > gap]
    unread = (*sheet.unread, *(UnreadLine(line, short(text), why) for line, text in below))
    return sheet._replace(
        rows=tuple(row for row in sheet.rows if row.line < gap),
        answers=tuple(answer for answer in sheet.answers if answer.line < gap),
        unread=tuple(sorted(unread, key=lambda one: one.line)),
    )


def _input(row: AnswerRow) -> Volume | None:
    for answer in row.answers if row.op == "input" else ():
        given = answer.given
        if given is not None and not isinstance(given, Figure) and min(given) >= 1 and max(given) <= MAX_SIDE:
            return Volume(given[:-1], given[-1])
    return None


def _op(row: AnswerRow) -> Op:
    """The op of a row, with its stated and its implied options."""
    if row.op not in OPS:
        raise NoNetworkError(row.line, f"'{short(row.name)}' is not a layer")
    op = OPS[row.op]
    declared = options_of(op)
    options: dict[str, Any] = {}
    # What a row states comes last: it replaces what the notation implies.
    for name, value in {**row.implied, **row.options}.items():
        if name in declared:
            try:
                options[name] = declared[name].type.read(value)
            except ValueError as error:
                raise NoNetworkError(row.line, f"{short(row.name)}: {name} {error}") from None
    missing = [name for name, item in declared.items() if item.required and name not in options]
    if missing:
        raise NoNetworkError(row.line, f"{short(row.name)} does not state its {' and '.join(missing)}")
    return op(**options)


def _name(row: AnswerRow, used: dict[str, int]) -> str:
    """A unique name for every row; a slide repeats POOL2 and CONV3-64."""
    name = short(row.name.replace("/", "_")) or row.op
    used[name] = used.get(name, 0) + 1
    return name if used[name] == 1 else f"{name} #{used[name]}"
