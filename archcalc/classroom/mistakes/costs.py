"""Mistakes in operations."""

from __future__ import annotations

from collections.abc import Iterator

from archcalc.classroom.calculation import Calculation, LayerTerm
from archcalc.classroom.mistakes.base import COSTS, Mistake, asked, is_op, parts, plus, times, volume
from archcalc.ops.base import Volume
from archcalc.ops.window import WindowOp


def _flops(working: Calculation) -> Iterator[Calculation]:
    yield from working.then(times(2))
    yield from working.asking("flops")


def _twice_macs(working: Calculation) -> Iterator[Calculation]:
    for macs in working.asking("macs"):
        yield from macs.then(times(2))


def _weights(working: Calculation) -> Iterator[Calculation]:
    for quantity in ("weights", "params"):
        yield from asked(quantity)(working)


def _shares(part: LayerTerm) -> bool:
    """Whether the layer uses its weights at every position of the output."""
    return isinstance(part.op, WindowOp) and part.op.weighted and not is_op(part, "locally_connected")


def _positions_of_input(part: LayerTerm) -> LayerTerm | None:
    x = volume(part)
    return (
        part._replace(y=Volume(x.spatial, part.output().channels))
        if x and x.spatial and _shares(part)
        else None
    )


def _one_side_of_positions(part: LayerTerm) -> LayerTerm | None:
    y = part.output()
    if not _shares(part) or len(y.spatial) < 2:
        return None
    return part._replace(y=Volume((y.spatial[0], *(1,) * (y.rank - 1)), y.channels))


def _with_biases(working: Calculation) -> Iterator[Calculation]:
    biased = tuple(part for part in working.parts if getattr(part.op, "bias", False))
    if biased:
        added = working._replace(quantity="activations", parts=biased, plus=0, after=()).result()
        yield from working.then(plus(added))


MISTAKES = (
    Mistake(
        "macs-for-flops",
        ("flops",),
        "These are multiply-accumulates; each is two floating-point operations.",
        asked("macs"),
    ),
    Mistake(
        "flops-for-macs",
        ("macs",),
        "These are floating-point operations; a multiply-accumulate is one MAC and two FLOPs.",
        _flops,
    ),
    Mistake(
        "only-macs-in-flops",
        ("flops",),
        "Twice the MACs are not all FLOPs: additions of biases, comparisons and the like count too.",
        _twice_macs,
    ),
    Mistake(
        "params-for-macs",
        COSTS,
        "This is the number of weights; each is used once at every position of the output.",
        _weights,
    ),
    Mistake(
        "positions-of-input",
        COSTS,
        "The weights are used at every position of the output, not of the input.",
        parts(_positions_of_input),
        False,
    ),
    Mistake(
        "positions-one-side",
        COSTS,
        "The positions are counted along one side only; the output has H·W of them.",
        parts(_one_side_of_positions),
        False,
    ),
    Mistake(
        "biases-as-macs",
        ("macs",),
        "Adding a bias is no multiply-accumulate.",
        _with_biases,
    ),
)
