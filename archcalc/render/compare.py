"""A comparison as tables: a column for every network, and beside the numbers their ratio to the base."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from archcalc.engine.quantities import BY_KEY, label_of
from archcalc.render import units
from archcalc.render.columns import Style, window
from archcalc.render.conventions import how_it_counts
from archcalc.render.grid import Cell, Grid, Head
from archcalc.render.report import Report
from archcalc.results import Layer
from archcalc.results.compare import Change, Comparison, Metric, Stage


def report(
    comparison: Comparison, *, units: str = "exact", layout: str = "hwc", notes: bool = False
) -> Report:
    """The comparison as a report; ``notes``: with the definitions of what is counted."""
    return Report(lambda: _grid(comparison, Style(units, layout), notes), comparison.as_json)


def _grid(comparison: Comparison, style: Style, explained: bool) -> Grid:
    labels = [compared.label for compared in comparison.networks]
    rows = [
        _metric_row(metric, comparison.base, style) for metric in comparison.metrics if _has_values(metric)
    ]
    return Grid(
        f"{', '.join(labels)} compared",
        _heads(labels, comparison.base, "figure"),
        tuple(rows),
        facts=tuple(_facts(comparison)),
        notes=tuple(_notes(comparison, explained)),
        also=(
            *_stage_grids(comparison, labels, style),
            *_accuracy_grid(comparison),
            *_change_grids(comparison),
        ),
    )


def _heads(labels: Sequence[str], base: int, first: str) -> tuple[Head, ...]:
    """A column for every network, and one for its ratio unless it is the base.

    If the terminal is too narrow, the last networks are hidden first.
    """
    heads = [Head(first, "", numeric=False, keep=1000)]
    for number, label in enumerate(labels):
        # Ratios need their base, so the base stays longest.
        keep = 999 if number == base else 900 - 2 * number
        heads.append(Head(label, label, keep=keep))
        if number != base:
            heads.append(Head(f"{label} ratio", "ratio", keep=keep - 1))
    return tuple(heads)


_ACCURACY = (
    Head("network", "network", numeric=False, keep=100),
    Head("top1_error", "top-1 error", keep=95),
    Head("top5_error", "top-5 error", keep=94),
    Head("top1", "top-1", keep=93),
    Head("top5", "top-5", keep=92),
    Head("protocol", "protocol", numeric=False, keep=90),
    Head("source", "source", numeric=False, keep=80),
)


def _accuracy_grid(comparison: Comparison) -> list[Grid]:
    """The published accuracies; columns without any are left out."""
    records = [(compared.label, *row) for compared in comparison.networks for row in compared.accuracy]
    if not records:
        return []
    # Most papers print only some of the measures.
    used = [column for column in range(len(_ACCURACY)) if any(record[column] for record in records)]
    rows = tuple(
        tuple(Cell(record[column], record[column] or units.NONE) for column in used) for record in records
    )
    return [Grid("Published accuracy, in percent", tuple(_ACCURACY[column] for column in used), rows)]


def _has_values(metric: Metric) -> bool:
    return any(value not in (0, None, ()) for value in metric.values)


def _metric_row(metric: Metric, base: int, style: Style) -> tuple[Cell, ...]:
    cells = [Cell(metric.metric, label_of(metric.metric))]
    for number, (value, ratio) in enumerate(zip(metric.values, metric.ratios, strict=True)):
        cells.append(Cell(value, _value(metric.metric, value, style)))
        if number != base:
            cells.append(Cell(None if ratio is None else float(ratio), ratio_text(ratio)))
    return tuple(cells)


def _value(metric: str, value: Any, style: Style) -> str:
    if isinstance(value, tuple):
        return units.square(value) if metric == "receptive_field" else units.shape(value, style.layout)
    if value is None:
        return units.NONE
    return units.binary(value) if BY_KEY[metric].unit == "bytes" else units.count(value, style.units)


def ratio_text(ratio: Fraction | None) -> str:
    """A ratio with two decimals; a small one with three digits.

    >>> ratio_text(Fraction(49, 27)), ratio_text(Fraction(1, 300)), ratio_text(None)
    ('1.81', '0.00333', '')
    """
    if ratio is None:
        return ""
    return f"{float(ratio):.2f}" if ratio >= Fraction(1, 10) or ratio == 0 else f"{float(ratio):.3g}"


def _stage_grids(comparison: Comparison, labels: Sequence[str], style: Style) -> list[Grid]:
    """A table of the MACs and one of the params of every stage; their columns add up to the totals."""
    kind = "output resolution" if comparison.by == "resolution" else "branch or layer"
    grids = []
    for key in ("macs", "params"):
        rows = []
        for stage in comparison.stages:
            values = [getattr(part, key) if part else None for part in stage.parts]
            if any(values):
                rows.append(_stage_row(stage, values, comparison.base, style))
        if rows:
            label = label_of(key)
            grids.append(
                Grid(
                    f"{label[0].upper()}{label[1:]} by {kind}",
                    _heads(labels, comparison.base, "stage"),
                    tuple(rows),
                )
            )
    return grids


def _stage_row(stage: Stage, values: Sequence[int | None], base: int, style: Style) -> tuple[Cell, ...]:
    cells = [Cell(stage.name, stage.name)]
    for number, value in enumerate(values):
        cells.append(Cell(value, units.NONE if value is None else units.count(value, style.units)))
        if number != base:
            ratio = Fraction(value, values[base] or 1) if value is not None and values[base] else None
            cells.append(Cell(None if ratio is None else float(ratio), ratio_text(ratio)))
    return tuple(cells)


_CHANGES = (
    Head("layer", "layer", numeric=False, keep=100),
    Head("change", "change", numeric=False, keep=90),
    Head("differences", "differences", numeric=False, keep=95),
)


def _change_grids(comparison: Comparison) -> list[Grid]:
    """The layers in which each network differs from the base."""
    base = comparison.networks[comparison.base].label
    grids = []
    for label, changes in comparison.changes:
        rows = tuple(tuple(Cell(text, text) for text in _change_texts(change)) for change in changes)
        count = "1 layer" if len(rows) == 1 else f"{len(rows) or 'no'} layers"
        grids.append(Grid(f"{base} -> {label}: {count} changed, added or removed", _CHANGES, rows))
    return grids


def _change_texts(change: Change) -> tuple[str, str, str]:
    if change.new is None and change.old is not None:
        return change.path, "removed", _layer_text(change.old)
    if change.old is None and change.new is not None:
        return change.path, "added", _layer_text(change.new)
    return change.path, "changed", "; ".join(_difference(*what) for what in change.what)


def _layer_text(layer: Layer) -> str:
    parts = [
        layer.op,
        window(layer.options),
        units.shape(layer.output),
        f"{layer.params:,} params",
        f"{layer.macs:,} MACs",
    ]
    return ", ".join(part for part in parts if part)


def _difference(what: str, old: Any, new: Any) -> str:
    return f"{label_of(what)} {_text(what, old)} -> {_text(what, new)}"


def _text(what: str, value: Any) -> str:
    if value is None:
        return "none"
    if what in ("inputs",):
        return ", ".join(value)
    if what == "input":
        return " ".join(units.shape(shape) for shape in value)
    if what == "output":
        return units.shape(value)
    if isinstance(value, list | tuple):
        return units.square([_text(what, side) for side in value])
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:,}" if isinstance(value, int) else str(value)


def _facts(comparison: Comparison) -> list[tuple[str, str]]:
    """Every network compared with the base, in words."""
    metrics = {metric.metric: metric for metric in comparison.metrics}
    base = comparison.networks[comparison.base].label
    facts = []
    for number, compared in enumerate(comparison.networks):
        if number == comparison.base:
            continue
        parts = [
            in_words(ratio, label_of(key))
            for key in ("macs", "params", "slide_activations")
            if (ratio := metrics[key].ratios[number]) is not None
        ]
        fields = metrics["receptive_field"].values
        if fields[number] == fields[comparison.base] and fields[number]:
            parts.append(f"the same receptive field of {units.square(fields[number])}")
        facts.append((compared.label, f"compared with {base}: {', '.join(parts)}"))
    return facts


def in_words(ratio: Fraction, what: str) -> str:
    """A ratio in words.

    >>> in_words(Fraction(49, 27), "params"), in_words(Fraction(271351808, 854196224), "MACs")
    ('1.81x the params (+81.5%)', '3.15x fewer MACs (-68.2%)')
    >>> in_words(Fraction(1), "MACs")
    'the same MACs'
    """
    percent = f"{100 * float(ratio - 1):+,.1f}%"
    # Exactly equal only: 1.001 is shown as a ratio, with its percent.
    if ratio == 1:
        return f"the same {what}"
    if ratio > 1 or ratio == 0:  # 0 has no inverse
        return f"{float(ratio):,.2f}x the {what} ({percent})"
    fewer = "fewer" if what.endswith("s") else "less"
    return f"{float(1 / ratio):,.2f}x {fewer} {what} ({percent})"


def _notes(comparison: Comparison, explained: bool) -> list[str]:
    base = comparison.networks[comparison.base]
    notes = _errata(comparison)
    for compared in comparison.networks:
        if compared.analysis.assumptions:
            count = len(compared.analysis.assumptions)
            windows = "the window of 1 layer does" if count == 1 else f"the windows of {count} layers do"
            notes.append(f"{compared.label}: {windows} not fit exactly (see 'archcalc table').")
    return [*notes, *how_it_counts(base.analysis.convention, explained)]


def _errata(comparison: Comparison) -> list[str]:
    """How many published figures are wrong, and the command that names them."""
    wrong = {compared.label: len(compared.remarks) for compared in comparison.networks if compared.remarks}
    if not wrong:
        return []
    count = sum(wrong.values())
    figures = "1 published figure disagrees" if count == 1 else f"{count} published figures disagree"
    return [f"{figures}: {', '.join(f'archcalc audit {label}' for label in wrong)}."]
