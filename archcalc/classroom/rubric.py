"""What answers are worth: a rubric in YAML.

::

    points: {output: 1, params: 2}          # by quantity; 1 if it is not named
    cells: {conv1: {params: 5}}             # of one layer
    credit: {carried: 1, forgot-bias: 0.5}  # the share that is kept, by verdict or by mistake
    ask: {layers: [output, params], total: [params]}   # what must be answered
    of: [conv1, conv2, fc6]                 # of these layers only
    total: 100                              # the points of everything right
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from fractions import Fraction
from typing import Any

from archcalc.classroom.submission import DECLARED, QUANTITIES, Rubric, quantity_of
from archcalc.errors import Source, SpecError, did_you_mean
from archcalc.language.nodes import Map, Node, Scalar, read_nodes
from archcalc.language.values import ValueReader

KEYS = ("points", "cells", "credit", "ask", "of", "total")
VERDICTS = ("right", "rounded", "truncated", "carried", "wrong", "missing", "unreadable")
MOST_POINTS = 10_000
_NEED_ASK = {
    "total": "else whoever answers one question has everything right",
    "of": "it says of which layers that is asked",
}


def read_rubric(source: Source, mistakes: Collection[str]) -> Rubric:
    """The rubric of a YAML text; ``mistakes`` are the ids that a credit may name. Raises SpecError."""
    reader = ValueReader()
    root = read_nodes(source, reader.problems)
    mapping = reader.mapping(root, "a rubric", "points: {output: 1}")
    rubric = _rubric(mapping, reader, mistakes) if mapping else Rubric()
    if reader.problems:
        raise SpecError(reader.problems)
    return rubric


def _rubric(mapping: Map, reader: ValueReader, mistakes: Collection[str]) -> Rubric:
    reader.known_keys(mapping, KEYS, "a rubric")
    entries = {key: entry.value for key, entry in mapping.entries.items()}
    points = _shares(entries.get("points"), "points", reader, MOST_POINTS)
    credit = _shares(entries.get("credit"), "credit", reader, 1)
    for key in credit:
        if not set(key.split("+")) <= {*VERDICTS, *mistakes}:
            hint = did_you_mean(key, [*VERDICTS, *mistakes])
            reader.fail(
                f"'{key}' is neither a verdict nor a mistake",
                _key(entries["credit"], key).mark,
                "credit",
                hint,
            )
    asked, totals = _asked(entries.get("ask"), reader)
    for key, without in _NEED_ASK.items():
        if key in entries and not (asked or totals or (key == "total" and "cells" in entries)):
            reader.fail(f"'{key}' needs 'ask': {without}", entries[key].mark, key)
    return Rubric(
        {_quantity(key, _key(entries["points"], key), reader): value for key, value in points.items()},
        _cells(entries.get("cells"), reader),
        credit,
        asked,
        tuple(reader.text(item, "a layer") for item in reader.sequence(entries["of"], "of"))
        if "of" in entries
        else (),
        totals,
        _number(entries["total"], "total", reader, MOST_POINTS) if "total" in entries else None,
    )


def _shares(node: Node | None, what: str, reader: ValueReader, most: int) -> Mapping[str, Fraction]:
    mapping = reader.mapping(node, what) if node else None
    if mapping is None:
        return {}
    return {
        key: _number(entry.value, f"{what} of {key}", reader, most) for key, entry in mapping.entries.items()
    }


def _key(node: Node, key: str) -> Node:
    """A key where it is written."""
    return node.entries[key].key if isinstance(node, Map) else node


def _number(node: Node, what: str, reader: ValueReader, most: int) -> Fraction:
    value = _plain_number(node)
    if isinstance(value, int | Fraction) and not isinstance(value, bool) and 0 <= value <= most:
        return Fraction(value)
    reader.fail(f"{what} must be a number from 0 to {most:,}", node.mark)
    return Fraction(0)


def _plain_number(node: Node) -> Any:
    """A whole number or a decimal; a spec's numbers may be expressions, those of a rubric are not."""
    if not isinstance(node, Scalar) or not isinstance(node.value, str):
        return node.value if isinstance(node, Scalar) else None
    return Fraction(node.text) if re.fullmatch(r"[0-9]{1,6}\.[0-9]{1,6}", node.text) else None


def _quantity(word: str, node: Node, reader: ValueReader) -> str:
    found = quantity_of(word)
    if not found:
        hint = did_you_mean(word, [*QUANTITIES, *DECLARED])
        reader.fail(f"no quantity is called '{word}'", node.mark, "", hint)
    return found


def _cells(node: Node | None, reader: ValueReader) -> Mapping[tuple[str, str], Fraction]:
    mapping = reader.mapping(node, "cells", "conv1: {params: 5}") if node else None
    found = {}
    for layer, entry in mapping.entries.items() if mapping else ():
        name = "" if layer == "total" else layer
        for key, value in _shares(entry.value, layer, reader, MOST_POINTS).items():
            found[name, _quantity(key, _key(entry.value, key), reader)] = value
    return found


def _asked(node: Node | None, reader: ValueReader) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The quantities asked of layers and in total; a plain list asks them of layers."""
    if node is None:
        return (), ()
    if not isinstance(node, Map):
        return _quantities(node, reader), ()
    reader.known_keys(node, ("layers", "total"), "ask")
    layers, total = (node.entries.get(key) for key in ("layers", "total"))
    return (
        _quantities(layers.value, reader) if layers else (),
        _quantities(total.value, reader) if total else (),
    )


def _quantities(node: Node, reader: ValueReader) -> tuple[str, ...]:
    return tuple(
        _quantity(reader.text(item, "a quantity"), item, reader) for item in reader.sequence(node, "ask")
    )
