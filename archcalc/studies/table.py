"""The table of one network: rows folded by scope, totals, facts and the convention."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from archcalc.errors import ArchcalcError
from archcalc.render import units
from archcalc.render.columns import Column, Style, choose
from archcalc.render.grid import Cell, Grid, Report
from archcalc.results import Analysis, Layer


def fold(layers: Sequence[Layer], depth: int | str | None) -> tuple[Layer, ...]:
    """Rows by scope; a folded row is the sum of its layers.

    ``depth`` is the number of path parts that are kept apart; "all" keeps every layer apart, None folds
    only what was written in a ``then``.
    """
    if depth == "all":
        return tuple(layers)
    groups: dict[str, list[Layer]] = {}
    for layer in layers:
        path = layer.path.rpartition("/")[0] if layer.follower else layer.path
        key = "/".join(path.split("/")[:depth]) if isinstance(depth, int) else path
        groups.setdefault(key, []).append(layer)
    return tuple(_together(path, rows) if len(rows) > 1 else rows[0] for path, rows in groups.items())


def _together(path: str, rows: Sequence[Layer]) -> Layer:
    first, last = rows[0], rows[-1]
    inner = {row.path for row in rows}
    reads = {
        name: shape for row in rows for name, shape in zip(row.inputs, row.input, strict=True) if name not in inner
    }
    counted = [row.connections for row in rows if row.connections is not None]
    operations: dict[str, int] = {}
    for row in rows:
        for kind, count in row.operations.items():
            operations[kind] = operations.get(kind, 0) + count
    one_layer = all(row.follower for row in rows[1:])
    return first._replace(
        path=path,
        op="+".join(dict.fromkeys(row.op for row in rows)),
        inputs=tuple(reads),
        input=tuple(reads.values()),
        output=last.output,
        options=first.options if one_layer else {},
        weight_shapes={
            f"{row.path.removeprefix(path).strip('/')}.{name}".lstrip("."): shape
            for row in rows
            for name, shape in row.weight_shapes.items()
        },
        weights=sum(row.weights for row in rows),
        biases=sum(row.biases for row in rows),
        norm_params=sum(row.norm_params for row in rows),
        buffers=sum(row.buffers for row in rows),
        activations=sum(row.activations for row in rows),
        slide_activations=sum(row.slide_activations for row in rows),
        macs=sum(row.macs for row in rows),
        flops=sum(row.flops for row in rows),
        operations=operations,
        receptive_field=last.receptive_field,
        jump=last.jump,
        connections=sum(counted) if counted else None,
        follower=False,
    )


def report(
    analysis: Analysis,
    *,
    depth: int | str | None = None,
    columns: Sequence[str] | None = None,
    shares: bool = False,
    style: Style | None = None,
) -> Report:
    """The report of a table. Raises ArchcalcError for a column that does not exist."""
    chosen = choose(columns, analysis, shares)
    shown = style or Style()
    return Report(
        lambda: _grid(analysis, fold(analysis.layers, depth), chosen, shown),
        lambda: analysis.as_json(fold(analysis.layers, "all" if depth is None else depth), shown.layout),
    )


def records(analysis: Analysis, depth: int | str | None, columns: Sequence[str] | None) -> Report:
    """The report for machines: every layer apart unless a depth is asked for, every column unless some are."""
    from archcalc.render.columns import COLUMNS

    return report(analysis, depth="all" if depth is None else depth, columns=columns or list(COLUMNS))


def _grid(analysis: Analysis, rows: Sequence[Layer], columns: Sequence[Column], style: Style) -> Grid:
    return Grid(
        title=_title(analysis, style),
        heads=tuple(column.head() for column in columns),
        rows=(
            tuple(_input_cell(column, analysis, style) for column in columns),
            *(tuple(column.cell(row, analysis, style) for column in columns) for row in rows),
        ),
        totals=tuple(column.total_cell(analysis, style) for column in columns),
        facts=tuple(facts(analysis, style)),
        notes=tuple(notes(analysis)),
        body_only=(0,),
    )


def _title(analysis: Analysis, style: Style) -> str:
    name = f"{analysis.network}: {analysis.title}" if analysis.title else analysis.network
    batch = f", batch {analysis.batch}" if analysis.batch != 1 else ""
    return f"{name}, input {units.shape(analysis.input, style.layout)}{batch}, {analysis.dtype}"


def _input_cell(column: Column, analysis: Analysis, style: Style) -> Cell:
    size = analysis.batch
    for side in analysis.input:
        size *= side
    values: Mapping[str, Any] = {
        "layer": "input",
        "op": "input",
        "output": analysis.input,
        "slide_activations": size,
    }
    value = values.get(column.key)
    return Cell(value, "" if value is None else column.text(value, style))


def facts(analysis: Analysis, style: Style) -> list[tuple[str, str]]:
    """What stands under the table: the totals, each named."""
    totals = analysis.totals

    def count(value: int) -> str:
        return units.count(value, style.units)

    def memory(values: int, size: int) -> str:
        return f"{count(values)} values = {units.binary(size)}"

    parts = [f"{count(totals.weights)} weights", f"{count(totals.biases)} biases"]
    if totals.norm_params:
        parts.append(f"{count(totals.norm_params)} norm")
    found = [
        ("params", f"{count(totals.params)} = {' + '.join(parts)}; {units.binary(totals.param_bytes)}"),
        ("MACs", f"{count(totals.macs)}; FLOPs {count(totals.flops)}"),
        ("depth", f"{totals.depth} weighted layers on the longest path"),
        ("memory", f"{memory(totals.slide_activations, totals.slide_activation_bytes)}, the lectures' count"),
        ("", f"{memory(totals.activations, totals.activation_bytes)}, the sum of every layer's output"),
        (
            "",
            f"{memory(totals.peak_activations, totals.peak_activation_bytes)} alive at once, the peak ({totals.peak_layer})",
        ),
    ]
    if totals.buffers:
        found.insert(1, ("buffers", f"{count(totals.buffers)} stored, not trained"))
    if totals.connections is not None:
        found.append(("connections", count(totals.connections)))
    return [*found, *_training_facts(analysis), *_expected_facts(analysis, style)]


def _training_facts(analysis: Analysis) -> list[tuple[str, str]]:
    training = analysis.training
    if training is None:
        return []
    parts = [
        ("params", training.param_bytes),
        ("gradients", training.gradient_bytes),
        (f"{training.optimizer} state", training.optimizer_bytes),
        ("activations kept for backward", training.kept_activation_bytes),
    ]
    text = " + ".join(f"{units.binary(size)} {name}" for name, size in parts)
    return [("training", f"{units.binary(training.total_bytes)} = {text}")]


def _expected_facts(analysis: Analysis, style: Style) -> list[tuple[str, str]]:
    expected = analysis.expected
    if expected is None:
        return []
    macs = f"{units.count(expected.macs, style.units)} MACs ({100 * float(expected.macs / analysis.totals.macs):.2f}%)"
    return [("on average", f"{float(expected.surviving):g} of {expected.branches} branches run in training: {macs}")]


def notes(analysis: Analysis) -> list[str]:
    """What the numbers rest on: assumptions, and the convention."""
    found = []
    if analysis.assumptions:
        found.append(f"Windows that do not fit exactly: {'; '.join(analysis.assumptions)}.")
    if analysis.has_aux:
        counted = any(layer.aux for layer in analysis.layers)
        found.append(f"Auxiliary heads are {'counted in' if counted else 'left out; --aux counts them in'}.")
    return [*found, *analysis.convention.says()]


def analyze(
    target: str,
    settings: Mapping[str, Any] | None = None,
    *,
    batch: int = 1,
    dtype: str = "float32",
    aux: bool = False,
    train: str | None = None,
) -> Analysis:
    """The analysis of a target, with every problem of its spec told at once. Raises ArchcalcError."""
    from archcalc.engine.analyze import analyze as work_out
    from archcalc.spec.load import load

    spec, name = load(target, strict=False)
    network = spec.bind(name, settings, strict=False)
    analysis = work_out(network, batch=batch, dtype=dtype, aux=aux, train=train)
    if not analysis.layers:
        raise ArchcalcError(f"{spec.source.name}: the network has no layers")
    return analysis
