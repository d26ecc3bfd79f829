"""The count of a tool as a column of a table of layers or of networks."""

from __future__ import annotations

from collections import Counter
from typing import Any

from archcalc.render import units
from archcalc.render.columns import Column
from archcalc.render.networks import NetworkColumn
from archcalc.results import Analysis, CountedBy
from archcalc.results.folding import row_path

KEEP = 88
"""A narrow terminal keeps the column: it was asked for."""


def column(analysis: Analysis, counted: CountedBy, depth: int | str) -> Column:
    """The column of a table whose rows are folded to a depth."""
    by_row: Counter[str] = Counter()
    for layer in analysis.layers:
        by_row[row_path(layer.path, layer.follower, depth)] += counted.layers.get(layer.path, 0)
    return Column(
        name=counted.name,
        header=counted.heading,
        says=f"what {counted.name} counts",
        value=lambda layer, _: by_row[layer.path],
        text=lambda value, style: units.count(value, style.units),
        total=lambda _: counted.total,
        keep=KEEP,
    )


def network_column(counted: CountedBy) -> NetworkColumn:
    """The column of a table of networks."""

    def total(row: Any) -> int:
        number: int = row.network.analysis.counted.total
        return number

    return NetworkColumn(counted.name, counted.heading, f"what {counted.name} counts", total, "count", KEEP)


def facts(counted: CountedBy) -> list[tuple[str, str]]:
    """The number of the tool, as a line under a table."""
    closest = {"macs": "MACs", "flops": "FLOPs", "params": "params"}[counted.unit]
    says = f"{counted.total:,} {counted.calls}, closest to {closest} (archcalc conventions {counted.name})"
    if counted.beside:
        says += f"; {counted.beside:,} of a pooling before the first fc, which torchvision's model has"
    return [(counted.name, says)]
