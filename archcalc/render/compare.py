"""A comparison as tables: two networks side by side, and a row for each of more than two; with ratios."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from archcalc.render import units as printed
from archcalc.render.accuracy import measures_of, shown_protocol
from archcalc.render.changes import change_grids
from archcalc.render.columns import Style
from archcalc.render.conventions import how_it_counts
from archcalc.render.counted import network_column
from archcalc.render.grid import Grid
from archcalc.render.networks import NetworkColumn, check_layout, chosen_columns
from archcalc.render.report import Report
from archcalc.render.side_by_side import side_by_side, stage_grids
from archcalc.render.totals import COLUMNS, NAMES, RATIOS, network_records, network_rows, published_by
from archcalc.results.compare import Comparison

IN_ROWS = ("params", "macs", "memory_bytes", "depth", "top1_error", "top5_error")
"""The columns of a comparison with a row for each network; accuracies only if one is published."""


def report(
    comparison: Comparison,
    *,
    columns: Sequence[str] | str | None = None,
    protocol: str | None = None,
    ratio: bool = True,
    stages: bool | None = None,
    units: str = "exact",
    digits: int | None = None,
    layout: str = "hwc",
    notes: bool = False,
) -> Report:
    """The comparison as a report: with a row for each network if there are more than two, or if columns are
    chosen. ``stages`` adds the tables by stage (None: only below two networks); ``notes``: with the
    definitions of what is counted.

    Raises ArchcalcError for a column that does not exist, a protocol that no network has, and a layout
    without sizes.
    """
    chosen = chosen_columns(columns, COLUMNS, NAMES) if columns is not None else None
    in_rows = chosen is not None or len(comparison.networks) > 2
    style = Style(printed.with_digits(units, digits), layout, digits)
    base = comparison.base if ratio else None
    shown = _Shown(style, base, not in_rows if stages is None else stages, notes)
    if in_rows:
        return _in_rows(comparison, chosen, protocol, shown)
    if protocol is not None:
        protocol = shown_protocol(published_by(comparison.networks), protocol, list(COLUMNS.values()))

    def table() -> Grid:
        return _with_more(side_by_side(comparison, style, base, protocol), comparison, shown)

    return Report(table, comparison.as_json)


class _Shown(NamedTuple):
    """What a comparison shows: how values are printed, ratios to which network (None: none), stages, and the
    definitions of what is counted.
    """

    style: Style
    base: int | None
    stages: bool
    explained: bool


def _in_rows(
    comparison: Comparison, chosen: Sequence[NetworkColumn] | None, protocol: str | None, shown: _Shown
) -> Report:
    """The report with a row for each network, and with some columns unless others are chosen."""
    networks, base = comparison.networks, shown.base
    columns = [COLUMNS[key] for key in IN_ROWS] if chosen is None else chosen
    # The count of a tool was asked for, so it stands in every table.
    counted = networks[0].analysis.counted
    added = [network_column(counted)] if counted else []
    check_layout(columns, shown.style.layout)
    protocol = shown_protocol(published_by(networks), protocol, columns)
    if chosen is None and not protocol:
        columns = [column for column in columns if not measures_of([column])]
    columns = [*columns, *added]

    def table() -> Grid:
        ratios = ""
        if base is not None and any(column.unit in RATIOS for column in columns):
            ratios = f", ratios to {networks[base].label}"
        grid = network_rows(
            f"{len(networks)} networks{ratios}", networks, columns, shown.style, protocol, base
        )
        return _with_more(grid, comparison, shown)

    def records() -> Grid:
        grid = network_records(networks, [*(chosen or COLUMNS.values()), *added], protocol, base)
        return grid._replace(also=_with_more(grid, comparison, shown).also)

    return Report(table, comparison.as_json, records)


def _with_more(grid: Grid, comparison: Comparison, shown: _Shown) -> Grid:
    """A table with the tables below it, and the notes."""
    stages = stage_grids(comparison, shown.style, shown.base) if shown.stages else ()
    also = (*stages, *grid.also, *change_grids(comparison))
    return grid._replace(also=also, notes=tuple(_notes(comparison, shown.explained)))


def _notes(comparison: Comparison, explained: bool) -> list[str]:
    base = comparison.networks[comparison.base]
    counting = how_it_counts(base.analysis.convention, explained)
    return [*_errata(comparison), *_windows(comparison), *counting]


def _windows(comparison: Comparison) -> list[str]:
    """In how many layers of which networks windows do not fit exactly."""
    counts = {compared.label: len(compared.analysis.assumptions) for compared in comparison.networks}
    where = [f"{count} layer{'s' * (count > 1)} of {label}" for label, count in counts.items() if count]
    return [f"Windows do not fit exactly in {', '.join(where)} (see 'archcalc table')."] if where else []


def _errata(comparison: Comparison) -> list[str]:
    """How many published figures are wrong, and the command that names them."""
    wrong = {compared.label: len(compared.remarks) for compared in comparison.networks if compared.remarks}
    if not wrong:
        return []
    count = sum(wrong.values())
    figures = "1 published figure disagrees" if count == 1 else f"{count} published figures disagree"
    return [f"{figures}: {', '.join(f'archcalc audit {label}' for label in wrong)}."]
