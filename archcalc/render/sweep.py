"""A sweep as a table, and as a Parquet file."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from archcalc.engine.quantities import BY_KEY, heading_of
from archcalc.render import units
from archcalc.render.grid import Cell, Grid, Head
from archcalc.render.report import Report
from archcalc.results.sweep import Sweep

MOST_ROWS = 1000
"""The most rows of a table for people; records have all rows."""

MOST_REASONS = 10


def report(sweep: Sweep, units: str = "exact") -> Report:
    """The sweep as a report; records have every row, however many there are."""
    return Report(lambda: _grid(sweep, False, units), sweep.as_json, lambda: _grid(sweep, True, units))


def _grid(sweep: Sweep, whole: bool, shown_units: str) -> Grid:
    rows = []
    for number, row in enumerate(sweep.tuples()):
        if not whole and number == MOST_ROWS:
            break
        rows.append(
            tuple(
                cell_of(name, value, name in sweep.free, shown_units)
                for name, value in zip(sweep.columns, row, strict=True)
            )
        )
    numeric = [
        all(isinstance(row[place].value, int | float) for row in rows) for place in range(len(sweep.columns))
    ]
    heads = tuple(
        Head(name, name if name in sweep.free else heading_of(name), numeric=number, keep=1000 - place)
        for place, (name, number) in enumerate(zip(sweep.columns, numeric, strict=True))
    )
    return Grid(
        f"{sweep.network}: {_size(sweep)}",
        heads,
        tuple(rows),
        facts=_facts(sweep),
        notes=_notes(sweep, whole),
    )


def _size(sweep: Sweep) -> str:
    rows = sweep.size
    every = "" if rows == sweep.points else f" of {sweep.points:,}"
    return f"{rows:,}{every} {'network' if sweep.points == 1 else 'networks'}"


def cell_of(name: str, value: Any, setting: bool, shown_units: str) -> Cell:
    if isinstance(value, Fraction):
        return Cell(float(value), f"{float(value):g}")
    if isinstance(value, bool) or not isinstance(value, int):
        text = _text(name, value)
        return Cell(text, text)
    unit = BY_KEY[name].unit if not setting else ""
    if unit in ("", "layers"):
        return Cell(value, str(value))
    return Cell(value, units.size(value, shown_units) if unit == "bytes" else units.count(value, shown_units))


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
