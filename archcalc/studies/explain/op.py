"""The derivation of one op: a line for each of its figures.

The input and the options of the op become traced ints: numbers that remember their formula. The op computes
with them as with plain ints, and each result has its formula.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from archcalc.conventions import ARCHCALC
from archcalc.dims.traced import Operand, Traced, value_of
from archcalc.engine.figures import LayerFigures
from archcalc.engine.pour import pour_op, pour_volume
from archcalc.engine.quantities import CLOSED_FORMS, QUANTITIES, bytes_of
from archcalc.engine.reading import Pass
from archcalc.engine.receptive import ReceptiveField
from archcalc.engine.worked import Worked
from archcalc.ops.base import Inputs, Op, Volume
from archcalc.ops.option_types import PerAxis
from archcalc.ops.options import options_of
from archcalc.ops.rounding import ROUNDINGS, Quotient
from archcalc.results.explain import DerivationStep, Value
from archcalc.studies.explain.field import field_steps
from archcalc.studies.explain.letters import Alphabet, Letters, axis_names
from archcalc.studies.explain.line import known, line

VOLUME = "the number of values of the output volume"
SUM = "the sum of the lines above"
LEADS: Mapping[str, tuple[str, ...]] = {
    "output": ("P", "Z", "H", "W", "D"),
    **{
        quantity.key: (*quantity.made_of, quantity.key)
        for quantity in QUANTITIES
        if quantity.asked and quantity.of and quantity.key != "output"
    },
}
"""For each figure of a layer: how the names of the steps begin that lead to it."""

STORED = [quantity.key for quantity in QUANTITIES if quantity.group == "stored" and not quantity.made_of]
"""The quantities that count the arrays of a layer, by their role."""

_NAME = re.compile(r"[A-Za-z_]\w*")


def derive(
    op: Op,
    xs: Inputs,
    seen: Sequence[ReceptiveField] = (),
    *,
    batch: int = 1,
    value_bytes: int = 4,
) -> tuple[Mapping[str, Value], list[DerivationStep]]:
    """Derive one op on an input of plain ints: the steps, and the named numbers that they use.

    ``seen`` are the receptive fields of its inputs; without them, no receptive field is derived. The claims
    of the op must hold.
    """
    names = Alphabet()
    rank = xs[0].rank
    square = _is_square(op, xs)
    letters = Letters(names, square, xs)
    poured = tuple(pour_volume(x, letters.of_input(number, len(xs))) for number, x in enumerate(xs))
    traced = pour_op(op, letters.of_option)
    # A batch of 1 stays a plain 1: then no formula has an N.
    many = names.name(batch, "N") if batch > 1 else 1
    steps = _padding_steps(traced, poured, square)
    y, found = _output_steps(traced, poured, square)
    steps += found
    weights, cost = tuple(traced.weights(poured, y)), traced.cost(poured, y)
    figures = LayerFigures(Worked(traced, poured, y, weights, cost), Pass(many, value_bytes))
    steps += _stored_steps(op, figures)
    steps += _cost_steps(traced, figures)
    steps += [_figure_step(figures, "activations", VOLUME), _bytes_step(figures, "activations")]
    steps += _other_steps(figures, {step.quantity for step in steps})
    reach = traced.reach(poured)
    steps += field_steps(names, op, rank, square, reach, seen)
    # Names that no formula uses would only fill the list of given numbers.
    used = {name for step in steps for name in _NAME.findall(step.formula)}
    return {name: value for name, value in names.given.items() if name in used}, steps


def leading(steps: Iterable[DerivationStep], quantity: str) -> list[DerivationStep]:
    """The steps of a layer's derivation that lead to a figure."""
    return [step for step in steps if step.quantity.startswith(LEADS.get(quantity, (quantity,)))]


def _is_square(op: Op, xs: Inputs) -> bool:
    """Whether all axes are equal: of the inputs, the output, and every option with a value for each axis."""
    options = (
        getattr(op, name) for name, item in options_of(type(op)).items() if isinstance(item.type, PerAxis)
    )
    alike = all(len(set(value)) <= 1 for value in options if isinstance(value, tuple))
    return alike and all(len(set(x.spatial)) <= 1 for x in (*xs, op.shape(xs)))


# --- the steps ------------------------------------------------------------------------------------------


def _padding_steps(op: Op, xs: Inputs, square: bool) -> list[DerivationStep]:
    """The zeros that an op computes itself."""
    padding = op.computed_padding(xs)
    if not padding:
        return []
    steps = []
    for (before, after), letter in _axes_apart(padding, xs[0].rank, square):
        suffix = "" if square else letter.lower()
        for side, dim in (("a", before), ("b", after)):
            where = "before" if side == "a" else "after"
            steps.append(
                line(f"P{suffix}{side}", dim, f"TensorFlow SAME: zeros {where}; an odd one goes to the end")
            )
    return steps


def _axes_apart(values: Sequence[Any], rank: int, square: bool) -> list[tuple[Any, str]]:
    """The value of each axis with its letter; the axes of a square layer are one."""
    pairs = list(zip(values, axis_names(rank, square), strict=True))
    return pairs[:1] if square else pairs


def _output_steps(op: Op, xs: Inputs, square: bool) -> tuple[Volume, list[DerivationStep]]:
    """The output volume with named sizes, and its lines. A size that has a name already keeps it."""
    y = op.shape(xs)
    steps = []
    quotients: Sequence[Quotient | None] = op.quotients(xs) or [None] * y.rank
    for (dim, quotient), letter in _axes_apart(list(zip(y.spatial, quotients, strict=True)), y.rank, square):
        # A rounding that clips has two cases: this line shows one, and the rule states both.
        case = dim.decided() if isinstance(dim, Traced) else dim
        rule, source = _rounded(quotient)
        steps.append(line(f"{letter}2", case, source or op.source, rule))
    spatial = [_renamed(dim, step) for dim, step in zip(y.spatial, steps, strict=not square)]
    steps.append(line("D2", y.channels, op.source))
    return Volume(tuple(spatial[:1] * y.rank if square else spatial), _renamed(y.channels, steps[-1])), steps


def _renamed(dim: Operand, step: DerivationStep) -> Operand:
    named = isinstance(dim, Traced) and bool(dim.name)
    return dim if named else known(step)


def _rounded(quotient: Quotient | None) -> tuple[str, str]:
    """The rule that rounded a quotient with a remainder, and its source; else two empty texts."""
    if quotient is None:
        return "", ""
    over, under = value_of(quotient.over), value_of(quotient.under)
    if over % under == 0:
        return "", ""
    rule = ROUNDINGS[quotient.rounding]
    return f"{over}/{under} leaves {over % under}; rounding {quotient.rounding}: {rule.says}", rule.source


def _figure_step(figures: LayerFigures, key: str, source: str) -> DerivationStep:
    """The line of a quantity, computed as its record says; the lines after it use its name."""
    step = line(key, figures[key], source)
    # What is made of this quantity then shows its name, and not its whole formula again.
    figures[key] = known(step)
    return step


def _bytes_step(figures: LayerFigures, counted: str) -> DerivationStep:
    return _figure_step(figures, bytes_of(counted), f"{figures.value_bytes} bytes a value")


def _stored_steps(op: Op, figures: LayerFigures) -> list[DerivationStep]:
    """Weights, biases, norm parameters and buffers, and the sum of the trained ones."""
    steps = [_figure_step(figures, key, op.source) for key in STORED if value_of(figures[key])]
    trained = any(step.quantity != "buffers" for step in steps)
    steps.append(_figure_step(figures, "params", SUM if trained else "nothing is trained"))
    return [*steps, _bytes_step(figures, "params")] if steps[-1].value else steps


def _cost_steps(op: Op, figures: LayerFigures) -> list[DerivationStep]:
    """Each kind of operation, and the FLOPs that they are together."""
    parts = _part_steps(op, figures)
    steps = [
        line(kind, count, SUM if parts and kind == "macs" else op.source)
        for kind, count in figures.operations().items()
    ]
    figures.update((step.quantity, known(step)) for step in steps)
    # Students look for the MACs of each layer, so a layer without any says why.
    if "macs" not in figures:
        steps.insert(
            0, DerivationStep("macs", "0", "0", 0, "no multiply-accumulates: only weighted layers have them")
        )
    counted = f"{ARCHCALC.mac_is} per MAC, 1 per other operation (docs/conventions.md)"
    return [*parts, *steps, _figure_step(figures, "flops", counted)]


def _part_steps(op: Op, figures: LayerFigures) -> list[DerivationStep]:
    """The MACs of each part of a layer; a part without MACs has a line for each kind of operation.

    The layer's MACs are then the sum of these lines.
    """
    steps = []
    for part in op.parts(figures.layer.xs, figures.layer.y):
        kinds = ["macs"] if "macs" in part.cost else part.cost
        steps += [line(f"{kind}_{part.name}", figures.of_batch(part.cost[kind]), part.says) for kind in kinds]
    macs = [known(step) for step in steps if step.quantity.startswith("macs_")]
    if macs:
        figures["macs"] = sum(macs[1:], macs[0])
    return steps


def _other_steps(figures: LayerFigures, derived: Collection[str]) -> list[DerivationStep]:
    """A line for each quantity whose total is derived, and which has no line yet; 0 is left out."""
    return [
        _figure_step(figures, quantity.key, quantity.meaning)
        for quantity in CLOSED_FORMS
        if quantity.explained == "layers" and quantity.key not in derived and value_of(figures[quantity.key])
    ]
