"""The laws that tie each study to the exact table: for tests of ops, of drawn networks and of the zoo."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from functools import cache
from itertools import product
from typing import Any

from helpers.formulas import worked_out

import archcalc
from archcalc.conventions import DTYPES
from archcalc.engine.quantities import CLOSED_FORMS, FOR_ANY_KIND, name_of
from archcalc.errors import SpecError
from archcalc.language.family import Spec
from archcalc.network import Network
from archcalc.ops.costs import OPERATIONS
from archcalc.results import Analysis, Layer
from archcalc.results.explain import Derivation, DerivationStep, LayerDerivation
from archcalc.results.formula import ClosedForm
from archcalc.studies.analyze import analyze
from archcalc.studies.explain import MOST_TERMS

AXES = {1: "w", 2: "hw", 3: "zhw"}
"""The letters of the axes, by the number of axes."""

# --- traced ints: every line of a derivation gives the figure of the table --------------------------------


@cache  # deep networks repeat their lines
def _value_of(formula: str, *names: tuple[str, Any]) -> Fraction:
    return worked_out(formula, dict(names))


def check_lines(steps: Iterable[DerivationStep], given: Mapping[str, Any]) -> None:
    """Every line gives its value, in numbers and in names, from the input and the lines before it."""
    names = dict(given)
    for step in steps:
        used = [(name, names[name]) for name in re.findall(r"[A-Za-z_]\w*", step.formula) if name in names]
        assert _value_of(step.substituted) == step.value, step
        assert _value_of(step.formula, *used) == step.value, step
        assert step.source, step
        names[name_of(step.quantity)] = step.value


def _table_values(layer: Layer, value_bytes: int) -> dict[str, Any]:
    """What the exact table says, by the quantity of a step."""
    rank = len(layer.output) - 1
    values = {**layer.figures, "D2": layer.output[-1], "param_bytes": value_bytes * layer.params}
    letters = {f"{axis.upper()}2": side for axis, side in zip(AXES.get(rank, ""), layer.output, strict=False)}
    values["activation_bytes"] = value_bytes * layer.activations
    for key in ("receptive_field", "jump"):
        sizes = getattr(layer, key)
        values |= {f"{key}_{axis}": size for axis, size in zip(AXES.get(len(sizes), ""), sizes, strict=True)}
        if len(set(sizes)) == 1:
            values[key] = sizes[0]
    return values | letters | dict(layer.operations) | {"macs": layer.macs}


def _check_layer(explained: LayerDerivation, layer: Layer, value_bytes: int) -> None:
    check_lines(explained.steps, explained.given)
    values = _table_values(layer, value_bytes)
    quantities = {step.quantity for step in explained.steps}
    for step in explained.steps:
        if re.fullmatch(r"P[hwz]?[ab]", step.quantity):
            continue  # the zeros of 'same': the table has them in no column
        if step.quantity.partition("_")[0] in OPERATIONS and "_" in step.quantity:
            continue  # a part of the layer: the line of the layer adds up the parts
        assert step.value == values[step.quantity], (layer.path, step)
    assert {
        "D2",
        "params",
        "macs",
        "flops",
        "activations",
        "activation_bytes",
        *layer.operations,
    } <= quantities
    for key in ("weights", "biases", "norm_params", "buffers"):
        assert key in quantities or not getattr(layer, key)
    if len(set(layer.output[:-1])) > 1:  # not square: every axis has a line
        assert {f"{axis.upper()}2" for axis in AXES[len(layer.output) - 1]} <= quantities
    elif len(layer.output) > 1:
        assert "W2" in quantities


def check_derivation(derivation: Derivation, analysis: Analysis) -> None:
    """Every line and every total of a derivation is that of the table."""
    value_bytes = DTYPES[analysis.dtype]
    for explained, layer in zip(derivation.layers, analysis.layers, strict=True):
        assert (explained.path, explained.op) == (layer.path, layer.op)
        _check_layer(explained, layer, value_bytes)
    for total in derivation.totals:
        value = getattr(analysis.totals, total.quantity)
        assert _value_of(total.substituted) == total.value == value, total
        assert total.substituted.count(" + ") == total.formula.count(" + ") < MOST_TERMS
    quantities = {total.quantity for total in derivation.totals}
    for key in (
        "params",
        "macs",
        "flops",
        "activations",
        "slide_activations",
        "weights",
        "biases",
        "norm_params",
    ):
        assert key in quantities or not getattr(analysis.totals, key)


# --- arrays: every row of a sweep is the table at that point ----------------------------------------------

SWEPT = [quantity.key for quantity in FOR_ANY_KIND]
"""The quantities that a sweep computes."""


def _table_row(spec: Spec, name: str | None, values: dict[str, Any]) -> dict[str, Any] | None:
    """The columns of a sweep, from the table; None if these values make no network."""
    try:
        analysis = archcalc.analyze(spec.bind(name, values, strict=False))
    except SpecError:
        return None
    figures = {**analysis.totals.figures, "output": analysis.layers[-1].output, **values}
    return {key: figures[key] for key in dict.fromkeys((*values, *SWEPT))}


def check_sweep(spec: Spec, name: str | None, free: dict[str, list[Any]], **options: Any) -> Any:
    """A sweep has exactly the rows of the tables; it counts the points that make no network. The sweep."""
    from archcalc.studies.sweep import sweep  # needs NumPy

    columns = list(dict.fromkeys([*free, *SWEPT]))
    swept = sweep(lambda given: spec.bind(name, given, strict=False), free, columns, **options)
    rows = [dict(zip(columns, row, strict=True)) for row in swept.tuples()]
    points = product(*free.values())
    tables = [_table_row(spec, name, dict(zip(free, values, strict=True))) for values in points]
    assert rows == [row for row in tables if row is not None]
    assert swept.invalid == tables.count(None) == sum(reason.points for reason in swept.reasons)
    assert swept.points == len(tables)
    return swept


# --- symbols: numbers in a closed form give the table -----------------------------------------------------

IN_CLOSED_FORM = [quantity.key for quantity in CLOSED_FORMS]
"""The quantities that have a closed form."""


@cache
def closed_form(name: str, free: str, divisible: bool = True) -> ClosedForm:
    return archcalc.formula(name, free, divisible=divisible)


def settings_at(form: ClosedForm, values: Mapping[str, Any]) -> dict[str, Any]:
    """The settings for which the symbols have these values."""
    return {name: form.settings[name].at(**values) for name in form.free}


def check_closed_form(
    form: ClosedForm, bind: Callable[[dict[str, Any]], Network], values: Mapping[str, Any]
) -> bool:
    """The assumptions hold exactly where the network fits; there the formulas give the integers of the table.

    A special case that the assumptions leave out (k != 1) may fit, with other layers. Return whether the
    formulas were compared.
    """
    settings = settings_at(form, values)
    if not all(condition.holds(**values) for condition in form.assumptions if condition.sign == "!="):
        return False
    batch = settings.pop("batch", 1)
    try:
        table = analyze(bind(settings), batch=batch)
    except SpecError:
        assert not all(condition.holds(**values) for condition in form.assumptions), settings
        return False
    assert all(condition.holds(**values) for condition in form.assumptions), settings
    for key in IN_CLOSED_FORM:
        assert form.totals[key].at(**values) == getattr(table.totals, key), key
    for row, layer in zip(form.layers, table.layers, strict=True):
        assert tuple(side.at(**values) for side in row.output) == layer.output
        for key in IN_CLOSED_FORM:
            assert row.figures[key].at(**values) == getattr(layer, key), (row.path, key)
    return True
