"""The result of ``archcalc plot``: a chart as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from archcalc.ops.frozen import Record, record
from archcalc.results.printable import Printable


@record
class Plot(Printable, Record):
    """A chart: its data, and how they are drawn.

    ``drawn`` are the data, a dict for each mark. ``vega`` is the chart in Vega-Lite: a plain dict with the
    data inside. A terminal shows the numbers ``bars`` of each row as bars beside its ``label``.
    ``notes`` say what a reader must know, and what was left out.
    """

    kind: str
    title: str
    drawn: Sequence[Mapping[str, Any]]
    vega: Mapping[str, Any]
    label: str
    bars: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The JSON of ``archcalc plot``: the chart in Vega-Lite, as every Vega viewer reads it."""
        return dict(self.vega)
