"""Networks side by side: a column for each, the totals as rows, and the stages as rows."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from archcalc.engine.quantities import BY_KEY, label_of
from archcalc.render import units
from archcalc.render.columns import Style
from archcalc.render.grid import Cell, Grid, Head
from archcalc.results.accuracy import MEASURES, protocol_of
from archcalc.results.compare import Comparison, Metric


def side_by_side(comparison: Comparison, style: Style, base: int | None, protocol: str | None) -> Grid:
    """The totals with a column for each network, and its ratio to the base if there is one; below them the
    published accuracies, all or those of one protocol.
    """
    labels = [compared.label for compared in comparison.networks]
    rows = [_metric_row(metric, base, style) for metric in comparison.metrics if _has_values(metric)]
    return Grid(
        f"{', '.join(labels)} compared",
        _heads(labels, base, "figure"),
        tuple(rows),
        facts=tuple(_facts(comparison)) if base is not None else (),
        also=tuple(_accuracy_grid(comparison, protocol)),
    )


def _heads(labels: Sequence[str], base: int | None, first: str) -> tuple[Head, ...]:
    """A column for every network, and if there is a base, one for the ratio of each other network.

    If the terminal is too narrow, the last networks are hidden first.
    """
    heads = [Head(first, "", numeric=False, keep=1000)]
    for number, label in enumerate(labels):
        # Ratios need their base, so the base stays longest.
        keep = 999 if number == (base or 0) else 900 - 2 * number
        heads.append(Head(label, label, keep=keep))
        if base not in (None, number):
            heads.append(Head(f"{label} ratio", "ratio", keep=keep - 1))
    return tuple(heads)


_ACCURACY = (
    Head("network", "network", numeric=False, keep=100),
    *(Head(key, header, keep=95 - place) for place, (key, header) in enumerate(MEASURES.items())),
    # A percentage means nothing without its protocol.
    Head("protocol", "protocol", numeric=False, keep=99, least=22),
    Head("source", "source", numeric=False, keep=80),
    Head("of", "measured on", numeric=False, keep=90, least=22),
)


def _accuracy_grid(comparison: Comparison, protocol: str | None) -> list[Grid]:
    """The published accuracies of a protocol (None: of all); columns without any are left out."""
    records = [
        (compared.label, *row)
        for compared in comparison.networks
        for row in compared.accuracy
        if protocol in (None, protocol_of(row))
    ]
    if not records:
        return []
    columns = zip(_ACCURACY, zip(*records, strict=True), strict=True)
    # Most papers print only some of the measures.
    used = [(head, values) for head, values in columns if any(values)]
    cells = [_accuracy_cells(values, head.numeric) for head, values in used]
    return [
        Grid(
            "Published accuracy, in percent", tuple(head for head, _ in used), tuple(zip(*cells, strict=True))
        )
    ]


def _accuracy_cells(values: Sequence[str], numeric: bool) -> list[Cell]:
    texts = [value or units.NONE for value in values]
    return [Cell(*both) for both in zip(values, units.aligned(texts) if numeric else texts, strict=True)]


def _has_values(metric: Metric) -> bool:
    return any(value not in (0, None, ()) for value in metric.values)


def _metric_row(metric: Metric, base: int | None, style: Style) -> tuple[Cell, ...]:
    """A figure of every network: all in one unit, which stands behind the name of the figure."""
    label, values = label_of(metric.metric), metric.values
    if any(isinstance(value, tuple) for value in values):
        texts = [_sizes(metric.metric, value, style) for value in values]
        return _row(Cell(metric.metric, label), values, texts, metric.ratios, base)
    unit = units.unit_of(values, style.units, style.digits, _unit(metric.metric))
    texts = [units.NONE if value is None else unit.text(value) for value in values]
    return _row(Cell(metric.metric, unit.heading(label)), values, texts, metric.ratios, base)


def _unit(metric: str) -> str:
    """The unit of a quantity; the number of a tool is a count."""
    return BY_KEY[metric].unit if metric in BY_KEY else "count"


def _sizes(metric: str, value: Any, style: Style) -> str:
    return units.square(value) if metric == "receptive_field" else units.shape(value, style.layout)


def _row(
    first: Cell,
    values: Sequence[Any],
    texts: Sequence[str],
    ratios: Sequence[Fraction | None],
    base: int | None,
) -> tuple[Cell, ...]:
    """A row with the value of each network, and behind each but the base its ratio."""
    cells = [first]
    for number, (value, text, ratio) in enumerate(zip(values, texts, ratios, strict=True)):
        cells.append(Cell(value, text))
        if base not in (None, number):
            cells.append(Cell(None if ratio is None else float(ratio), ratio_text(ratio)))
    return tuple(cells)


def ratio_text(ratio: Fraction | None) -> str:
    """A ratio with two decimals; a small one with three digits.

    >>> ratio_text(Fraction(49, 27)), ratio_text(Fraction(1, 300)), ratio_text(None)
    ('1.81', '0.00333', '')
    """
    if ratio is None:
        return ""
    return f"{float(ratio):.2f}" if ratio >= Fraction(1, 10) or ratio == 0 else f"{float(ratio):.3g}"


def stage_grids(comparison: Comparison, style: Style, base: int | None) -> list[Grid]:
    """A table of the MACs and one of the params of every stage; their columns add up to the totals."""
    kind = "output resolution" if comparison.by == "resolution" else "branch or layer"
    labels = [compared.label for compared in comparison.networks]
    grids = []
    for key in ("macs", "params"):
        listed = [
            (stage.name, [getattr(part, key) if part else None for part in stage.parts])
            for stage in comparison.stages
        ]
        stages = [(name, values) for name, values in listed if any(values)]
        if stages:
            unit = units.unit_of(
                [value for _, values in stages for value in values], style.units, style.digits
            )
            label = unit.heading(label_of(key))
            rows = tuple(_stage_row(name, values, unit, base) for name, values in stages)
            title = f"{label[0].upper()}{label[1:]} by {kind}"
            grids.append(Grid(title, _heads(labels, base, "stage"), rows))
    return grids


def _stage_row(
    name: str, values: Sequence[int | None], unit: units.Unit, base: int | None
) -> tuple[Cell, ...]:
    texts = [units.NONE if value is None else unit.text(value) for value in values]
    whole = None if base is None else values[base]
    ratios = [Fraction(value, whole) if whole and value is not None else None for value in values]
    return _row(Cell(name, name), values, texts, ratios, base)


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
