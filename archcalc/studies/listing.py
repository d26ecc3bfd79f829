"""The list of the networks there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archcalc.engine.analyze import analyze
from archcalc.render import units as printed
from archcalc.render.grid import Cell, Grid, Head, Report
from archcalc.results import Analysis
from archcalc.spec.load import About, all_specs

_HEADS = (
    Head("name", "name", numeric=False, keep=10),
    Head("family", "family", numeric=False, keep=5),
    Head("year", "year", keep=7),
    Head("title", "title", numeric=False, keep=4),
    Head("input", "input", numeric=False, keep=6),
    Head("params", "params", keep=9),
    Head("macs", "MACs", keep=8),
    Head("depth", "depth", keep=3),
    Head("aliases", "aliases", numeric=False, keep=2),
)


def listed(words: Sequence[str] = ()) -> list[tuple[About, Analysis]]:
    """The networks whose name, family, title or alias contains one of the words, by family and year."""
    found = []
    for spec in all_specs():
        for about in spec.networks():
            text = " ".join((about.name, spec.family, about.title, *about.aliases)).lower()
            if not words or any(word.lower() in text for word in words):
                found.append((about, analyze(spec.bind(about.name))))
    first = {analysis.family: 9999 for _, analysis in found}
    for about, analysis in found:
        first[analysis.family] = min(first[analysis.family], about.year or 9999)
    return sorted(
        found, key=lambda pair: (first[pair[1].family], pair[1].family, pair[0].year or 9999, pair[1].totals.params)
    )


def report(words: Sequence[str] = (), units: str = "exact") -> Report:
    """The networks as a report."""
    found = listed(words)
    return Report(lambda: _grid(found, units), lambda: [_record(about, analysis) for about, analysis in found])


def _record(about: About, analysis: Analysis) -> dict[str, Any]:
    return {
        "name": about.name,
        "family": analysis.family,
        "year": about.year,
        "title": about.title,
        "input": list(analysis.input),
        "params": analysis.totals.params,
        "macs": analysis.totals.macs,
        "depth": analysis.totals.depth,
        "aliases": list(about.aliases),
    }


def _grid(found: Sequence[tuple[About, Analysis]], units: str) -> Grid:
    rows = []
    for about, analysis in found:
        totals = analysis.totals
        rows.append(
            (
                Cell(about.name, about.name),
                Cell(analysis.family, analysis.family),
                Cell(about.year, str(about.year or printed.UNKNOWN)),
                Cell(about.title, about.title),
                Cell(analysis.input, printed.shape(analysis.input)),
                Cell(totals.params, printed.count(totals.params, units)),
                Cell(totals.macs, printed.count(totals.macs, units)),
                Cell(totals.depth, str(totals.depth)),
                Cell(" ".join(about.aliases), " ".join(about.aliases)),
            )
        )
    return Grid(f"{len(rows)} networks", _HEADS, tuple(rows))
