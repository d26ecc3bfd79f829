"""The table of one network: its rows, totals, facts and the convention."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from archcalc.engine.quantities import BY_KEY, label_of
from archcalc.engine.reading import Pass
from archcalc.engine.totals import figures_of_input
from archcalc.network import INPUT_NAME, Input
from archcalc.ops.base import Volume
from archcalc.render import units
from archcalc.render.columns import Column, Style, printed
from archcalc.render.conventions import how_it_counts
from archcalc.render.counted import facts as counted_facts
from archcalc.render.grid import Cell, Grid, Head
from archcalc.results import Analysis, Layer, Shape

MAX_NAMED = 4  # layers whose windows are rounded, as named under a table


def grid(
    analysis: Analysis,
    rows: Sequence[Layer],
    columns: Sequence[Column],
    style: Style,
    *,
    folded: str = "",
    explained: bool = False,
) -> Grid:
    """The table of an analysis with these rows and columns.

    ``folded`` is a line about rows that stand for several layers. ``explained``: the notes explain it all.
    """
    printed = [_cells(column, analysis, rows, style) for column in columns]
    first, *body, last = zip(*(cells for _, cells in printed), strict=True)
    further = [_blank(cells) for cells, row in zip(body, rows, strict=True) if row.op == INPUT_OP]
    body = body[len(further) :]  # inputs come first
    return Grid(
        title=_title(analysis, style),
        heads=tuple(head for head, _ in printed),
        rows=(_blank(first), *further, *body),
        totals=_blank(last),
        facts=tuple(facts(analysis, style)),
        notes=(*([folded] if folded else []), *notes(analysis, explained)),
    )


def _cells(
    column: Column, analysis: Analysis, rows: Sequence[Layer], style: Style
) -> tuple[Head, list[Cell]]:
    """A column: the input, the layers and the total."""
    total = column.total(analysis) if column.total else None
    first = _of_input(column, analysis, next(iter(analysis.inputs), INPUT_NAME), analysis.input)
    values = [
        _of_input(column, analysis, row.path, row.output)
        if row.op == INPUT_OP
        else column.value(row, analysis)
        for row in rows
    ]
    return column.printed([first, *values, total], style)


def _blank(row: Sequence[Cell]) -> tuple[Cell, ...]:
    """The row of the input or of the totals: what they do not have is left blank."""
    return tuple(cell._replace(text="") if cell.value is None else cell for cell in row)


def _title(analysis: Analysis, style: Style) -> str:
    name = f"{analysis.network}: {analysis.title}" if analysis.title else analysis.network
    batch = f", batch {analysis.batch}" if analysis.batch != 1 else ""
    counted = f", counted by {analysis.counted.name}" if analysis.counted else ""
    inputs = units.inputs(analysis.input, analysis.inputs, style.layout)
    return f"{name}, {inputs}{batch}, {analysis.dtype}{counted}"


def _of_input(column: Column, analysis: Analysis, name: str, sizes: Shape) -> Any:
    *spatial, channels = sizes
    quantity = BY_KEY.get(column.quantity)
    values: Mapping[str, Any] = {"layer": name, "op": INPUT_OP, "output": sizes}
    if quantity is not None and quantity.total == "input and sum":
        run = Pass(analysis.batch, analysis.value_bytes)
        return figures_of_input(Volume(tuple(spatial), channels), run)[quantity.key]
    return values.get(column.name)


INPUT_OP = Input.name
"""What stands for an op in the row of an input."""

AS_CS231N_COUNTS = "as CS231n counts: input, conv, pool, norm, fc; ReLU in place"


def facts(analysis: Analysis, style: Style) -> list[tuple[str, str]]:
    """What stands under the table: the totals, each named."""
    of_network = _total_facts if analysis.quantities is None else _asked_facts
    return [
        *of_network(analysis, style),
        *_training_facts(analysis),
        *_expected_facts(analysis, style),
        *_path_facts(analysis),
        *(counted_facts(analysis.counted) if analysis.counted else ()),
    ]


def _asked_facts(analysis: Analysis, style: Style) -> list[tuple[str, str]]:
    """A line for each total of an analysis that was asked for a few quantities."""
    return [
        (label_of(key), printed(BY_KEY[key], value, style))
        for key, value in analysis.totals.figures.items()
        if value is not None
    ]


def _total_facts(analysis: Analysis, style: Style) -> list[tuple[str, str]]:
    """The usual totals as sentences: an edited text, as docs/architecture.md says."""
    totals = analysis.totals

    def count(value: int) -> str:
        return units.count(value, style.units)

    def memory(values: int, size: int) -> str:
        return f"{count(values)} values = {units.binary(size)}"

    parts = [f"{count(totals.weights)} weights", f"{count(totals.biases)} biases"]
    if totals.norm_params:
        parts.append(f"{count(totals.norm_params)} norm")
    peak = memory(totals.peak_activations, totals.peak_activation_bytes)
    facts = [
        ("params", f"{count(totals.params)} = {' + '.join(parts)}; {units.binary(totals.param_bytes)}"),
        ("MACs", f"{count(totals.macs)}; FLOPs {count(totals.flops)}"),
        ("depth", f"{totals.depth} weighted layers on the longest path"),
        ("memory", f"{memory(totals.slide_activations, totals.slide_activation_bytes)}, {AS_CS231N_COUNTS}"),
        ("", f"{memory(totals.activations, totals.activation_bytes)}, outputs of all layers"),
        ("", f"{peak}, peak of live activations (while running {totals.peak_layer})"),
    ]
    if totals.buffers:
        facts.insert(1, ("buffers", f"{count(totals.buffers)} stored, not trained"))
    if totals.connections is not None:
        facts.append(("connections", count(totals.connections)))
    return facts


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
    if expected is None or not analysis.has("macs"):
        return []
    share = 100 * float(expected.macs / analysis.totals.macs)
    macs = f"{units.count(expected.macs, style.units)} MACs ({share:.2f}%)"
    return [
        (
            "on average",
            f"{float(expected.surviving):g} of {expected.branches} branches run in training: {macs}",
        )
    ]


def _path_facts(analysis: Analysis) -> list[tuple[str, str]]:
    """How many ways lead through the network, and how long half of them are."""
    paths = analysis.paths
    if not paths:
        return []
    count = sum(paths.values())
    longest, shortest = max(paths), min(paths)
    span = (
        f"of {shortest} to {longest} weighted layers"
        if longest > shortest
        else f"of {longest} weighted layers"
    )
    ways = "1 way" if count == 1 else f"{count:,} ways"
    middle = (
        f"; half of them have {_quantile(paths, 1)} to {_quantile(paths, 3)}" if longest > shortest else ""
    )
    return [("paths", f"{ways} from input to output, {span}{middle}")]


def _quantile(paths: Mapping[int, int], quarter: int) -> int:
    """The least length that a quarter (or three) of the ways do not exceed."""
    count, seen = sum(paths.values()), 0
    for length, ways in paths.items():
        seen += ways
        if 4 * seen >= quarter * count:
            return length
    return max(paths)


def notes(analysis: Analysis, explained: bool) -> list[str]:
    """What the numbers rest on: rounded windows, auxiliary heads, and how everything is counted."""
    texts = _windows([text for text in analysis.assumptions if _way(text)], explained)
    texts += [
        f"{text}."
        for text in analysis.assumptions
        if not _way(text) and text.partition(":")[0] not in analysis.partial
    ]
    if analysis.has_aux:
        counted = any(layer.aux for layer in analysis.layers)
        texts.append(f"Auxiliary heads are {'counted in' if counted else 'left out; --aux counts them in'}.")
    texts += _partial(analysis.partial)
    texts += _shared(analysis.shared, explained)
    return [*texts, *how_it_counts(analysis.convention, explained)]


def _partial(paths: Sequence[str]) -> list[str]:
    """Which layers the totals leave out.

    >>> _partial(["fft"])
    ['The totals are partial: what 1 layer computes is not known and left out (fft).']
    """
    if not paths:
        return []
    named = ", ".join([*paths[:MAX_NAMED], *["..."] * (len(paths) > MAX_NAMED)])
    layers = "1 layer computes is" if len(paths) == 1 else f"{len(paths)} layers compute is"
    return [f"The totals are partial: what {layers} not known and left out ({named})."]


def _shared(shared: Mapping[str, str], explained: bool) -> list[str]:
    """Which layers use the weights of which others; the weights of these count once.

    >>> _shared({"right": "left"}, explained=False)
    ['right uses the weights of left: they count once.']
    """
    users: dict[str, list[str]] = {}
    for path, other in shared.items():
        users.setdefault(other, []).append(path)
    texts = []
    for other, paths in users.items():
        most = len(paths) if explained else MAX_NAMED
        named = ", ".join([*paths[:most], *["..."] * (len(paths) > most)])
        use = "uses" if len(paths) == 1 else f"({len(paths)}) use"
        texts.append(f"{named} {use} the weights of {other}: they count once.")
    return texts


def _windows(assumptions: Sequence[str], explained: bool) -> list[str]:
    """The windows that do not fit exactly: how many and where, or each with its numbers.

    >>> _windows(["conv1: (224 - 7)/2 + 1 = 109.5, rounded down to 109"], explained=False)
    ['1 window rounded down: conv1 (--notes explains it).']
    """
    if explained:
        return [f"Window of {text}." for text in assumptions]
    texts = []
    for way in dict.fromkeys(map(_way, assumptions)):
        names = list(dict.fromkeys(text.partition(":")[0] for text in assumptions if _way(text) == way))
        named = ", ".join([*names[:MAX_NAMED], *["..."] * (len(names) > MAX_NAMED)])
        count, them = ("1 window", "it") if len(names) == 1 else (f"{len(names)} windows", "each")
        texts.append(f"{count} {way}: {named} (--notes explains {them}).")
    return texts


_WAYS = {
    "rounded down": "rounded down",
    "rounded up": "rounded up",
    "would start outside": "left out at the edge",
}
"""What happens to windows, by the words of the note."""


def _way(assumption: str) -> str:
    """What happens to a window that does not fit exactly; empty for a note about something else."""
    return next((way for mark, way in _WAYS.items() if mark in assumption), "")
