"""A network from rows in lecture notation: each row is a layer, whose printed figures can then be held against it."""

from __future__ import annotations

from typing import Any

from archcalc.classroom.submission import AnswerRow, AnswerSheet
from archcalc.errors import ArchcalcError, short
from archcalc.language.printed import Figure
from archcalc.network import INPUT, Network, Node
from archcalc.ops import OPS
from archcalc.ops.base import Op, Volume
from archcalc.ops.options import options_of

OWN_ROWS = "its own rows"
"""What the network is called that a submission describes itself."""


class NoNetwork(ArchcalcError):
    """Rows that describe no network, because of one that stands in ``line``."""

    def __init__(self, line: int, says: str) -> None:
        super().__init__(says)
        self.line = line


def network_of(sheet: AnswerSheet) -> Network:
    """The network that the rows of a sheet describe, one layer after the other.

    Its input is the volume of the input row. Raises NoNetwork for a row that is no layer, or without an input.
    """
    rows = sheet.rows[1:]
    volume = _input(sheet.rows[0]) if sheet.rows else None
    if volume is None:
        says = "the table does not begin with an input such as [227x227x3] INPUT: only --key NET can check it"
        raise NoNetwork(sheet.line, says)
    seen: dict[str, int] = {}
    layers = [Node(_name(row, seen), _op(row), (number or INPUT,)) for number, row in enumerate(rows)]
    return Network(OWN_ROWS, volume, layers, title=sheet.title)


def _input(row: AnswerRow) -> Volume | None:
    for answer in row.answers if row.op == "input" else ():
        given = answer.given
        if given is not None and not isinstance(given, Figure) and min(given) >= 1 and max(given) <= 10**6:
            return Volume(given[:-1], given[-1])
    return None


def _op(row: AnswerRow) -> Op:
    """The op of a row with what it states and what it leaves to the reader."""
    if row.op not in OPS:
        raise NoNetwork(row.line, f"'{short(row.name)}' is no layer")
    op = OPS[row.op]
    known = options_of(op)
    options: dict[str, Any] = {}
    for name, value in {**row.implied, **row.options}.items():
        if name in known:
            try:
                options[name] = known[name].type.read(value)
            except ValueError as error:
                raise NoNetwork(row.line, f"{short(row.name)}: {name} {error}") from None
    lacks = [name for name, item in known.items() if item.required and name not in options]
    if lacks:
        raise NoNetwork(row.line, f"{short(row.name)} does not say its {' and '.join(lacks)}")
    return op(**options)


def _name(row: AnswerRow, seen: dict[str, int]) -> str:
    """A name of its own for every row; a slide repeats POOL2 and CONV3-64."""
    name = short(row.name.replace("/", "_")) or row.op
    seen[name] = seen.get(name, 0) + 1
    return name if seen[name] == 1 else f"{name} #{seen[name]}"
