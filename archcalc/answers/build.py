"""A network from rows in lecture notation: each row is a layer, whose printed figures can then be held against it."""

from __future__ import annotations

from typing import Any

from archcalc.errors import ArchcalcError, printable, short
from archcalc.network import INPUT, Network, Node
from archcalc.ops import OPS
from archcalc.ops.base import Op, Volume
from archcalc.ops.options import options_of
from archcalc.printed import Figure
from archcalc.sheet import Row, Sheet


def network_of(sheet: Sheet) -> Network:
    """The network that the rows of a sheet describe, one layer after the other.

    Its input is the volume of the input row. Raises ArchcalcError for a row that is no layer, or without an input.
    """
    where = f"{printable(sheet.name)}:{sheet.line}"
    first, *rows = sheet.rows or [None]
    volume = _input(first) if first else None
    if volume is None:
        raise ArchcalcError(
            f"{where}: the table does not begin with an input such as [227x227x3] INPUT, so it is no network; "
            "--key NET holds it against one"
        )
    taken: set[str] = set()
    layers = [
        Node(_name(row, number, taken), _op(row, where), (number - 1 or INPUT,)) for number, row in enumerate(rows, 1)
    ]
    title = sheet.title or "as its rows say"
    return Network(short(sheet.name), volume, layers, title=title)


def _input(row: Row | None) -> Volume | None:
    for answer in row.answers if row and row.op == "input" else ():
        given = answer.given
        if given is not None and not isinstance(given, Figure) and min(given) >= 1 and max(given) <= 10**6:
            return Volume(given[:-1], given[-1])
    return None


def _op(row: Row, where: str) -> Op:
    """The op of a row with what it states and what it leaves to the reader."""
    if row.op not in OPS:
        raise ArchcalcError(f"{where}: line {row.line}: '{short(row.name)}' is no layer")
    op = OPS[row.op]
    known = options_of(op)
    options: dict[str, Any] = {}
    for name, value in {**row.implied, **row.options}.items():
        if name in known:
            try:
                options[name] = known[name].type.read(value)
            except ValueError as error:
                raise ArchcalcError(f"{where}: line {row.line}: {short(row.name)}: {name} {error}") from None
    lacks = [name for name, item in known.items() if item.required and name not in options]
    if lacks:
        raise ArchcalcError(f"{where}: line {row.line}: {short(row.name)} does not say its {' and '.join(lacks)}")
    return op(**options)


def _name(row: Row, number: int, taken: set[str]) -> str:
    """A name of its own for every row; a slide repeats POOL2 and CONV3-64."""
    base = "".join(letter if letter.isalnum() else "_" for letter in row.name.lower()).strip("_") or row.op
    name = base if base not in taken else f"{base}_{number}"
    while name in taken:
        name += "_"
    taken.add(name)
    return name
