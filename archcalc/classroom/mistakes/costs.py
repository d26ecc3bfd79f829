"""Mistakes in the number of operations."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import prod

from archcalc.classroom.calculation import Calculation, LayerTerm
from archcalc.classroom.mistakes.base import (
    COSTS,
    Mistake,
    in_every_layer,
    other_quantity,
    plus,
    times,
    volume,
)
from archcalc.ops.base import Volume, per_axis
from archcalc.ops.deconv import Deconv


def _flops(calculation: Calculation) -> Iterator[Calculation]:
    # Some students double the MACs; others count every operation.
    yield from calculation.then(times(2))
    yield from calculation.with_quantity("flops")


def _twice_macs(calculation: Calculation) -> Iterator[Calculation]:
    for macs in calculation.with_quantity("macs"):
        yield from macs.then(times(2))


def _weights(calculation: Calculation) -> Iterator[Calculation]:
    for quantity in ("weights", "params"):
        yield from other_quantity(quantity)(calculation)


def _shares(term: LayerTerm) -> bool:
    """Whether the layer uses the same weights at every position of the output."""
    return term.op.window is not None and term.op.weighted and term.op.shares_weights


def _positions_of_input(term: LayerTerm) -> LayerTerm | None:
    x = volume(term)
    return (
        term.but(y=Volume(x.spatial, term.output().channels)) if x and x.spatial and _shares(term) else None
    )


def _positions_of_output(calculation: Calculation) -> Iterator[Calculation]:
    """A transposed convolution counted like a convolution: at every output, or S² times as often."""
    for quantity in calculation.with_quantity("macs"):
        terms = [term for term in quantity.terms if term.op.name == Deconv.name]
        ways = (_outputs_per_input, _stride_squared) if terms else ()
        # Where the output is S times as large as the input, both ways lead to the same figure.
        more = {sum((way(term) - 1) * term.times * term.count("macs") for term in terms) for way in ways}
        for added in sorted(more):
            yield from quantity.then(plus(added * quantity.scale))


def _outputs_per_input(term: LayerTerm) -> Fraction:
    return Fraction(prod(term.output().spatial), prod(term.xs[0].spatial))


def _stride_squared(term: LayerTerm) -> Fraction:
    return Fraction(prod(per_axis(term.op.stride, term.xs[0].rank)))  # type: ignore[attr-defined]


def _one_side_of_positions(term: LayerTerm) -> LayerTerm | None:
    y = term.output()
    if not _shares(term) or len(y.spatial) < 2:
        return None
    return term.but(y=Volume((y.spatial[0], *(1,) * (y.rank - 1)), y.channels))


def _with_biases(calculation: Calculation) -> Iterator[Calculation]:
    biased = tuple(term for term in calculation.terms if getattr(term.op, "bias", False))
    if biased:
        # One addition for every output value of a layer with biases.
        added = calculation._replace(quantity="activations", terms=biased, plus=0, after=()).result()
        yield from calculation.then(plus(added))


MISTAKES = (
    Mistake(
        "macs-for-flops",
        ("flops",),
        "These are multiply-accumulates (MACs); each MAC is two floating-point operations.",
        other_quantity("macs"),
    ),
    Mistake(
        "flops-for-macs",
        ("macs",),
        "These are floating-point operations (FLOPs); one MAC is two FLOPs.",
        _flops,
    ),
    Mistake(
        "only-macs-in-flops",
        ("flops",),
        "FLOPs are more than twice the MACs: adding biases, comparisons and the like count too.",
        _twice_macs,
    ),
    Mistake(
        "params-for-macs",
        COSTS,
        "This is the number of weights; each weight is used once at every position of the output.",
        _weights,
    ),
    Mistake(
        "positions-of-input",
        COSTS,
        "The weights are used at every position of the output, not of the input.",
        in_every_layer(_positions_of_input),
        False,
    ),
    Mistake(
        "positions-of-output",
        ("macs",),
        "A transposed convolution uses its weights once at every position of its input, not of its output.",
        _positions_of_output,
    ),
    Mistake(
        "positions-one-side",
        COSTS,
        "The positions are counted along one side only; the output has H·W positions.",
        in_every_layer(_one_side_of_positions),
        False,
    ),
    Mistake(
        "biases-as-macs",
        ("macs",),
        "The biases are counted as MACs; adding a bias is not a multiply-accumulate.",
        _with_biases,
    ),
)
