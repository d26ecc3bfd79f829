"""A chart as a report: bars for a terminal, records for programs, Vega-Lite as JSON, a page with tooltips."""

from __future__ import annotations

from fractions import Fraction
from types import ModuleType
from typing import Any

from archcalc.engine.quantities import BY_KEY
from archcalc.render import units
from archcalc.render.grid import Cell, Grid, Head
from archcalc.render.report import Report
from archcalc.results.plot import Plot

LONGEST = 32
"""Letters of the longest bar; of several, together."""

_PARTS = " ▏▎▍▌▋▊▉█"
"""An eighth of a letter more each."""


def report(chart: Plot) -> Report:
    return Report(
        grid=lambda: _bars(chart),
        data=chart.as_json,
        flat=lambda: _records(chart),
        own={"html": lambda: _drawing().page(chart), "svg": lambda: _drawing().svg(chart)},
    )


def _bars(chart: Plot) -> Grid:
    longest = LONGEST // len(chart.bars)
    most = {key: max([row[key] for row in chart.drawn], default=0) for key in chart.bars}
    several = len({row.get("network") for row in chart.drawn}) > 1 and chart.label != "network"
    heads = [Head("network", "network", numeric=False, keep=99)] if several else []
    heads += [Head(chart.label, chart.label, numeric=False, keep=100)]
    for place, key in enumerate(chart.bars):
        keep = 90 - 2 * place  # where room is short, a bar goes before its number
        heads += [Head(key, _heading(key), keep=keep), Head(f"bars of {_heading(key)}", "", False, keep - 1)]
    rows = []
    for row in chart.drawn:
        names = [row["network"]] if several else []
        cells = [Cell(name, str(name)) for name in (*names, row[chart.label])]
        for key in chart.bars:
            cells += [Cell(row[key], _number(row[key])), Cell(None, bar(row[key], most[key], longest))]
        rows.append(tuple(cells))
    return Grid(chart.title, tuple(heads), tuple(rows), notes=chart.notes)


def bar(number: float, most: float, longest: int = LONGEST) -> str:
    """A bar of letters; the largest number has the longest one.

    >>> bar(1, 32), bar(1, 2 * 32), bar(0, 32)
    ('█', '▌', '')
    """
    eighths = round(Fraction(number) * 8 * longest / Fraction(most)) if most > 0 and number > 0 else 0
    return ("█" * (eighths // 8) + _PARTS[eighths % 8]).rstrip()


def _heading(key: str) -> str:
    return BY_KEY[key].label if key in BY_KEY else key.replace("_", " ")


def _number(value: Any) -> str:
    if isinstance(value, int):
        return units.count(value)
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}" if value >= 0.001 else "<0.001"


def _records(chart: Plot) -> Grid:
    keys = list(dict.fromkeys(key for row in chart.drawn for key in row))
    heads = tuple(Head(key, key) for key in keys)
    rows = [tuple(Cell(row.get(key), str(row.get(key, ""))) for key in keys) for row in chart.drawn]
    return Grid(chart.title, heads, tuple(rows))


def _drawing() -> ModuleType:
    """The module that draws charts; only a picture needs it."""
    from archcalc.render import drawing

    return drawing
