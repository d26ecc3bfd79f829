"""The derivations of all layers as one table, a row for each layer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TypeAlias

from archcalc.engine.quantities import BY_KEY
from archcalc.render import units
from archcalc.render.grid import Cell, Grid, Head
from archcalc.render.math import math
from archcalc.results.explain import Derivation, LayerDerivation, Value
from archcalc.results.folding import MOST_ROWS


def in_short(derivation: Derivation, title: str) -> Grid:
    """A row for each layer: its sizes, params and MACs in numbers."""
    heads: tuple[Head, ...] = (
        Head("layer", "layer", numeric=False, keep=100),
        Head("op", "op", numeric=False, keep=60),
        Head("output", "output", numeric=False, keep=90),
        Head("size", "output size", numeric=False, keep=70),
        Head("params", "params", numeric=False, keep=85),
        Head("macs", "MACs", numeric=False, keep=80),
    )
    if told := derivation.counted:
        heads = (*heads, Head(told.name, told.heading, numeric=False, keep=88))
    rows = [_short_cells(layer, told.name if told else "") for layer in derivation.layers]
    return Grid(title, heads, tuple(_once(rows) if len(rows) > MOST_ROWS else rows))


Row: TypeAlias = tuple[Cell, ...]


def _once(rows: Sequence[Row]) -> Sequence[Row]:
    """The rows without the scopes that repeat the scope above: together these are one row."""
    for depth in range(1, 1 + max(row[0].text.count("/") for row in rows)):
        rows = list(_once_at(rows, depth))
    return rows


def _once_at(rows: Sequence[Row], depth: int) -> Iterator[Row]:
    above: Sequence[Row] = ()
    first, same = "", list[str]()  # a scope, and the scopes that repeat it
    for scope, group in groupby(rows, lambda row: "/".join(row[0].text.split("/")[:depth])):
        inside = list(group)
        is_scope = all(row[0].text != scope for row in inside)  # and not a layer with its followers
        if is_scope and _within(inside, scope) == _within(above, first):
            same.append(scope)
            continue
        yield from _as_before(first, same, len(rows[0]))
        yield from inside
        above, first, same = inside, scope, []
    yield from _as_before(first, same, len(rows[0]))


def _within(rows: Sequence[Row], scope: str) -> list[tuple[str, ...]]:
    """The texts of the rows, with the paths inside the scope."""
    return [(row[0].text.removeprefix(scope), *(cell.text for cell in row[1:])) for row in rows]


def _as_before(first: str, same: Sequence[str], cells: int) -> Iterator[Row]:
    if same:
        name = same[0] if len(same) == 1 else f"{same[0]} … {same[-1].rpartition('/')[2]}"
        says = f"as {first.rpartition('/')[2]}"
        yield Cell(name, name), Cell("", ""), Cell(says, says), *[Cell("", "")] * (cells - 3)


def _short_cells(layer: LayerDerivation, tool: str) -> tuple[Cell, ...]:
    sizes = [step for step in layer.steps if len(step.quantity) == 2 and step.quantity in ("Z2", "H2", "W2")]
    sized = [_worked(step.substituted, step.value) for step in sizes if step.substituted != str(step.value)]
    stored = [step for key in BY_KEY["params"].made_of if (step := layer.step(key))]
    params = layer.step("params")
    macs = layer.step("macs")
    told = [layer.step(tool)] if tool else []
    # Of a layer with several steps inside, the products of each.
    parts = [step for step in layer.steps if step.quantity.startswith("macs_")]
    products = [step.substituted for step in parts] or ([macs.substituted] if macs else [])
    return (
        Cell(layer.path, layer.path),
        Cell(layer.op, layer.op),
        Cell(layer.output, units.shape(layer.output)),
        _formula_cell(", ".join(sized)),
        _formula_cell(
            _worked(_gathered([step.substituted for step in stored]), params.value)
            if stored and params
            else ""
        ),
        _formula_cell(_worked(_gathered(products), macs.value) if macs and macs.value else ""),
        *[_formula_cell(_worked(one.substituted, one.value) if one.value else "") for one in told if one],
    )


def _gathered(sums: Sequence[str]) -> str:
    """A sum in which equal terms are one term.

    >>> _gathered(["768·768 + 768·768", "2·768"]), _gathered(["8·(3 + 3)"])
    ('2·768·768 + 2·768', '8·(3 + 3)')
    """
    if any(sign in text for text in sums for sign in "(-"):
        return " + ".join(sums)
    times = Counter(term for text in sums for term in text.split(" + "))
    return " + ".join(term if count == 1 else f"{count}·{term}" for term, count in times.items())


def _worked(substituted: str, value: Value) -> str:
    shown = value_text(value)
    return shown if substituted == str(value) else f"{substituted} = {shown}"


def _formula_cell(text: str) -> Cell:
    return Cell(text, text, math(text)) if text else Cell("", units.NONE)


def value_text(value: Value) -> str:
    """A value with thousands commas, or a fraction.

    >>> from fractions import Fraction
    >>> value_text(34944), value_text(Fraction(7, 2))
    ('34,944', '7/2')
    """
    return units.count(int(value)) if value.denominator == 1 else str(value)
