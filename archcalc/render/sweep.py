"""A sweep as a table, and as a Parquet file."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import islice
from typing import Any

from archcalc.engine.quantities import BY_KEY, heading_of, label_of
from archcalc.render import units
from archcalc.render.grid import Cell, Grid, Head
from archcalc.render.report import Report
from archcalc.results.sweep import Sweep

MOST_ROWS = 1000
"""The most rows of a table for people; records have all rows."""

MOST_REASONS = 10

COUNTED = ("count", "values", "bytes")
"""The units of quantities that are printed in K, M, G, or in MiB."""


def report(sweep: Sweep, units: str = "exact") -> Report:
    """The sweep as a report; records have every row, however many there are."""
    return Report(lambda: _grid(sweep, False, units), sweep.as_json, lambda: _grid(sweep, True, units))


def _grid(sweep: Sweep, whole: bool, shown_units: str) -> Grid:
    rows = list(islice(sweep.tuples(), None if whole else MOST_ROWS))
    columns = [
        _column(name, _unit_of(sweep, name), [row[place] for row in rows], shown_units, 1000 - place)
        for place, name in enumerate(sweep.columns)
    ]
    return Grid(
        f"{sweep.network}: {_size(sweep)}{_counted_by(sweep)}",
        tuple(head for head, _ in columns),
        tuple(zip(*(cells for _, cells in columns), strict=True)),
        facts=_facts(sweep),
        notes=_notes(sweep, whole),
    )


def _column(
    name: str, counts: str | None, values: Sequence[Any], shown_units: str, keep: int
) -> tuple[Head, list[Cell]]:
    """A column: its figures are printed in one unit, which stands in the heading.

    ``counts`` says in which unit the quantity counts; None for a setting.
    """
    if counts in COUNTED and all(type(value) is int for value in values):
        unit = units.unit_of(values, shown_units, of=counts)
        cells = [
            Cell(value, text)
            for value, text in zip(values, units.aligned([*map(unit.text, values)]), strict=True)
        ]
        return Head(name, unit.heading(label_of(name)), keep=keep), cells
    cells = [cell_of(name, value) for value in values]
    numeric = all(isinstance(cell.value, int | float) for cell in cells)
    return Head(name, name if counts is None else heading_of(name), numeric=numeric, keep=keep), cells


def _counted_by(sweep: Sweep) -> str:
    return f", counted by {sweep.tool.name}" if sweep.tool else ""


def _unit_of(sweep: Sweep, name: str) -> str | None:
    """In which unit a column counts; None for a setting."""
    if name in sweep.free:
        return None
    return "count" if sweep.tool and name == sweep.tool.name else BY_KEY[name].unit


def _size(sweep: Sweep) -> str:
    rows = sweep.size
    every = "" if rows == sweep.points else f" of {sweep.points:,}"
    return f"{rows:,}{every} {'network' if sweep.points == 1 else 'networks'}"


def cell_of(name: str, value: Any) -> Cell:
    """A value that has no unit: a setting, a shape, a share of a whole."""
    if isinstance(value, Fraction):
        return Cell(float(value), f"{float(value):g}")
    text = _text(name, value)
    return Cell(value if type(value) is int else text, text)


def _text(name: str, value: Any) -> str:
    if name == "output":
        return units.shape(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(_text('', item) for item in value)}]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _facts(sweep: Sweep) -> tuple[tuple[str, str], ...]:
    facts = [(name, _values(values)) for name, values in sweep.free.items()]
    facts.append(("networks", f"{sweep.points:,}"))
    if sweep.matched != sweep.points - sweep.invalid:
        facts.append(("passed the filter", f"{sweep.matched:,}"))
    facts.append(("invalid", f"{sweep.invalid:,}"))
    for reason in sweep.reasons[:MOST_REASONS]:
        example = ", ".join(f"{name}={_text(name, value)}" for name, value in reason.example.items())
        facts.append(("", f"{reason.points:,}: {reason.reason} (first at {example})"))
    if len(sweep.reasons) > MOST_REASONS:
        rest = sum(reason.points for reason in sweep.reasons[MOST_REASONS:])
        facts.append(
            ("", f"{rest:,}: {len(sweep.reasons) - MOST_REASONS} more reasons (--format json has them all)")
        )
    return tuple(facts)


def _values(values: Sequence[Any]) -> str:
    texts = [_text("", float(value) if isinstance(value, Fraction) else value) for value in values]
    if len(texts) > 6:
        return f"{', '.join(texts[:3])}, ..., {texts[-1]} ({len(texts)} values)"
    return ", ".join(texts)


def _notes(sweep: Sweep, whole: bool) -> tuple[str, ...]:
    notes = []
    if not whole and sweep.size > MOST_ROWS:
        notes.append(
            f"Shown: the first {MOST_ROWS:,} of {sweep.size:,} rows. csv, json and parquet have all rows."
        )
    if sweep.structural:
        notes.append(f"Rebuilt for each value of {', '.join(sweep.structural)}, which changes the layers.")
    if sweep.python_ints:
        notes.append(
            f"Computed in Python ints, because int64 could overflow: {sweep.python_ints:,} networks."
        )
    return tuple(notes)
