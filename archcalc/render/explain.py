"""A derivation as tables: each figure with its formula, its numbers and its value."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from archcalc.engine.quantities import BY_KEY
from archcalc.engine.quantities import label_of as quantity_label
from archcalc.ops.costs import OPERATIONS
from archcalc.render import units
from archcalc.render.explain_in_short import in_short, value_text
from archcalc.render.grid import Cell, Grid, Head
from archcalc.render.math import math
from archcalc.render.report import Report
from archcalc.results import CountedBy
from archcalc.results.explain import Derivation, DerivationStep, LayerDerivation, Value

SUM_WIDTH = 62  # characters of a total's sum on one line: with its label it fits a terminal of 80


def report(derivation: Derivation, *, width: int | None = None) -> Report:
    """The derivation as a report; records are all steps in one table.

    If a step is wider than ``width``, its formula, numbers and value are printed one below the other.
    """
    return Report(lambda: _grid(derivation, width), derivation.as_json, lambda: _flat(derivation))


# --- for machines ---------------------------------------------------------------------------------------

_FIELDS = ("layer", "op", *DerivationStep._fields)


def _flat(derivation: Derivation) -> Grid:
    lines = [(layer.path, layer.op, step) for layer in derivation.layers for step in layer.steps]
    lines += [("total", "", step) for step in derivation.totals]
    return Grid(
        derivation.network,
        tuple(Head(key, key, numeric=key == "value") for key in _FIELDS),
        tuple(tuple(_plain_cell(field) for field in (path, op, *step)) for path, op, step in lines),
    )


def _plain_cell(field: str | Value) -> Cell:
    value = float(field) if isinstance(field, Fraction) and field.denominator != 1 else field
    return Cell(value, str(value))


# --- for people -----------------------------------------------------------------------------------------


def _grid(derivation: Derivation, width: int | None) -> Grid:
    parts = (
        [in_short(derivation, _title(derivation))]
        if derivation.whole
        else [_layer_grid(layer, width, derivation.counted) for layer in derivation.layers]
    )
    if derivation.totals:
        parts.append(_totals_grid(derivation.totals))
    first, *more = parts or [Grid(_title(derivation), _HEADS, ())]
    return first._replace(also=tuple(more), facts=tuple(_facts(derivation)), notes=tuple(_notes(derivation)))


def _title(derivation: Derivation) -> str:
    name = f"{derivation.network}: {derivation.title}" if derivation.title else derivation.network
    batch = f", batch {derivation.batch}" if derivation.batch != 1 else ""
    counted = f", counted by {derivation.counted.name}" if derivation.counted else ""
    inputs = units.inputs(derivation.input, derivation.inputs)
    return f"{name}, {inputs}{batch}, {derivation.dtype}{counted}"


_HEADS = (
    Head("quantity", "", numeric=False, keep=100),
    Head("formula", "formula", numeric=False, keep=80),
    Head("substituted", "in numbers", numeric=False, keep=90),
    Head("value", "value", numeric=False, keep=99),
)


def _layer_grid(layer: LayerDerivation, width: int | None, counted: CountedBy | None = None) -> Grid:
    volumes = " + ".join(units.shape(shape) for shape in layer.input)
    given = ", ".join(f"{name} = {value}" for name, value in layer.given.items())
    title = f"{layer.path}: {layer.op}, {volumes} -> {units.shape(layer.output)}"
    title += f", counted by {counted.name}" if counted else ""
    grid = Grid(f"{title}; {given}" if given else title, _HEADS, tuple(map(step_cells, layer.steps)))
    return _stacked(grid) if width and grid.fitting(width)[1] else grid


def _stacked(grid: Grid) -> Grid:
    """Print formula, numbers and value of each step one below the other."""
    heads = (grid.heads[0], Head("step", "formula, in numbers, value", numeric=False, keep=99))
    rows = []
    for quantity, *steps in grid.rows:
        for place, step in enumerate([step for step in steps if step.text]):
            rows.append((quantity if place == 0 else Cell("", ""), step))
    return grid._replace(heads=heads, rows=tuple(rows))


def step_cells(step: DerivationStep) -> tuple[Cell, ...]:
    """The cells of a step; a formula or numbers that equal the next cell are left empty."""
    value = value_text(step.value)
    formula = "" if step.formula in (step.substituted, str(step.value)) else step.formula
    substituted = "" if step.substituted == str(step.value) else step.substituted
    label = label_of(step.quantity)
    return (
        Cell(step.quantity, label, "" if " " in label else math(label)),
        _equals(step.formula, formula),
        _equals(step.substituted, substituted),
        _equals(step.value, value),
    )


def _equals(value: str | Value, text: str) -> Cell:
    return Cell(value, f"= {text}", math(f"= {text}")) if text else Cell(value, "")


def part_of(quantity: str) -> str:
    """The part of a layer whose operations a step counts; empty for other steps.

    >>> part_of("macs_weighted_sum"), part_of("macs")
    ('weighted sum', '')
    """
    kind, _, part = quantity.partition("_")
    return part.replace("_", " ") if kind in OPERATIONS else ""


def label_of(quantity: str) -> str:
    """The printed name of a quantity.

    >>> label_of("W2"), label_of("macs"), label_of("receptive_field_h"), label_of("activation_bytes")
    ('W2', 'MACs', 'RF2h', 'in bytes')
    >>> label_of("macs_weighted_sum")
    'MACs of weighted sum'
    """
    for key, name in (("receptive_field", "RF2"), ("jump", "jump2")):
        if quantity.startswith(key):
            return f"{name}{quantity.removeprefix(key).lstrip('_')}"
    if quantity in BY_KEY and BY_KEY[quantity].values:
        return "in bytes"  # the line above says of what
    if part := part_of(quantity):
        return f"{quantity_label(quantity.partition('_')[0])} of {part}"
    return quantity_label(quantity)


# --- the whole network ----------------------------------------------------------------------------------


def _totals_grid(totals: Sequence[DerivationStep]) -> Grid:
    heads = (
        Head("quantity", "total", numeric=False, keep=100),
        Head("formula", "sum of the layers", numeric=False, keep=90),
    )
    return Grid("Totals", heads, tuple(row for total in totals for row in _total_rows(total)))


def _total_rows(total: DerivationStep) -> list[tuple[Cell, ...]]:
    """A total over as many lines as its sum takes, with its value at the end."""
    value = f"= {value_text(total.value)}"
    # The value moves to a line of its own if it does not fit behind the last term.
    *lines, last = sum_lines(total)
    lines += [f"{last} {value}"] if len(f"{last} {value}") <= SUM_WIDTH else [last, value]
    labels = [label_of(total.quantity), *[""] * len(lines)]
    return [(Cell(label, label), Cell(line, line)) for label, line in zip(labels, lines, strict=False)]


def sum_lines(total: DerivationStep) -> list[str]:
    if " + " not in total.substituted and not total.substituted.isdecimal():
        return [f"= {total.substituted}"]  # a multiple of the total above
    # The formula names the layers, the numbers are their figures: "conv1 34,944 + conv2 614,656".
    pairs = zip(total.formula.split(" + "), total.substituted.split(" + "), strict=True)
    terms = [f"{name} {int(count):,}" if name != count else count for name, count in pairs]
    lines = [f"= {terms[0]}"]
    for term in terms[1:]:
        if len(f"{lines[-1]} + {term}") > SUM_WIDTH:
            lines.append(f"+ {term}")
        else:
            lines[-1] += f" + {term}"
    return lines


# --- below the tables -----------------------------------------------------------------------------------


def _facts(derivation: Derivation) -> list[tuple[str, str]]:
    """The source of the formulas, each once with its ops or figures; and the layers that do not fit."""
    # Many steps share a source; dicts keep each user once, and the order of the steps.
    users: dict[str, dict[str, None]] = {}
    for layer in () if derivation.whole else derivation.layers:
        for step in layer.steps:
            name = label_of(step.quantity).rstrip("2")
            if step.rule:
                users.setdefault(step.source, {})[step.rule.partition("; ")[2].partition(":")[0]] = None
            elif step.quantity.startswith(("receptive_field", "jump")):
                users.setdefault(step.source, {})[name] = None
            elif step.quantity in ("D2", "flops"):
                users.setdefault(step.source, {})[name if step.quantity == "flops" else layer.op] = None
            elif derivation.counted and step.quantity == derivation.counted.name:
                users.setdefault(step.source, {})[name] = None
            elif part := part_of(step.quantity):
                users.setdefault(step.source, {})[part] = None
    facts = [(", ".join(names), source) for source, names in users.items()]
    for misfit in derivation.misfits:
        facts.append(("does not fit", f"{misfit.path}: {misfit.says}"))
        facts += [("", text) for text in (misfit.hint, misfit.place) if text]
    return facts


MAX_RULES = 6  # rounded windows that are listed below the tables


def _notes(derivation: Derivation) -> list[str]:
    rounded = [
        f"{layer.path}: {step.quantity}: {step.rule}."
        for layer in derivation.layers
        for step in layer.steps
        if step.rule
    ]
    more = len(rounded) - MAX_RULES
    notes = [
        *rounded[:MAX_RULES],
        *([f"And {more} more rounded windows (--format json has all)."] if more > 0 else []),
    ]
    if derivation.whole and derivation.layers:
        notes.append(f"Name a layer, such as {derivation.layers[0].path}, to see every step of it.")
    return notes
