"""Mistakes in the output volume."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from archcalc.classroom.calculation import Calculation, ImpossibleError, LayerTerm
from archcalc.classroom.mistakes.base import (
    SHAPED,
    STORES,
    Mistake,
    after,
    in_every_layer,
    kernel,
    option,
    volume,
)
from archcalc.dims import prod
from archcalc.ops.base import Volume

INPUT_SIZES = ((227, 224), (224, 227), (224, 256), (299, 224), (224, 299), (32, 28), (28, 32))
"""Input sizes that are confused with each other: the right one, and the one that is used."""


def _half_the_padding(term: LayerTerm) -> LayerTerm | None:
    pad = getattr(term.op, "pad", None)
    x = volume(term)
    # Half of the zeros: all on one side, which also works if the padding is odd.
    return term.having(pad=((pad, 0),) * x.rank) if x and isinstance(pad, int) and pad else None


def _twice_the_padding(term: LayerTerm) -> LayerTerm | None:
    pad = getattr(term.op, "pad", None)
    return term.having(pad=2 * pad) if isinstance(pad, int) and pad else None


def _stride_is_kernel(term: LayerTerm) -> LayerTerm | None:
    return term.having(stride=kernel(term)) if kernel(term) else None


def _without_one(term: LayerTerm) -> LayerTerm | None:
    y = term.output()
    return term.but(y=Volume(tuple(side - 1 for side in y.spatial), y.channels)) if _slides(term) else None


def _slides(term: LayerTerm) -> bool:
    """Whether the op slides a window over a map."""
    return term.op.window is not None and bool(term.output().spatial)


def _size_of_input(term: LayerTerm) -> LayerTerm | None:
    x = volume(term)
    return term.but(y=Volume(x.spatial, term.output().channels)) if x and _slides(term) else None


def _depth_of_input(term: LayerTerm) -> LayerTerm | None:
    x = volume(term)
    return term.but(y=Volume(term.output().spatial, x.channels)) if x and term.op.weighted else None


def _pooled_depth(term: LayerTerm) -> LayerTerm | None:
    if not term.op.name.endswith("pool") or term.op.window is None:
        return None
    y, x = term.output(), volume(term)
    # The student divides the depth by the same number as the sides.
    ratio = x.spatial[0] // y.spatial[0] if x and y.spatial else 1
    return term.but(y=Volume(y.spatial, max(1, y.channels // max(1, ratio))))


def _input_itself(term: LayerTerm) -> LayerTerm | None:
    x = volume(term)
    return term.but(y=x) if x else None


def _input_of_previous(term: LayerTerm) -> LayerTerm | None:
    return term.but(xs=term.before.xs) if term.before and volume(term.before) else None


def _other_input_sizes(calculation: Calculation) -> Iterator[Calculation]:
    for about, change in _RESIZED.items():
        for changed in calculation.with_changed_terms(change):
            yield changed._replace(about=about)


def _resized(term: LayerTerm, size: int, used: int) -> LayerTerm | None:
    x = volume(term)
    # Only the first layer reads the image; a map of 28x28 deeper in a network is not a mistake.
    if term.before or x is None or not x.spatial or set(x.spatial) != {size}:
        return None
    return term.but(xs=(Volume((used,) * x.rank, x.channels),))


_RESIZED = {
    f"{used} instead of {size}": partial(_resized, size=size, used=used) for size, used in INPUT_SIZES
}


def _swapped_sides(shape: tuple[int, ...]) -> tuple[int, ...]:
    return (*reversed(shape[:-1]), shape[-1])


def _without_depth(shape: tuple[int, ...]) -> tuple[int, ...]:
    return shape[:-1]


def _of_volume(change: Callable[[tuple[int, ...]], Any]) -> Callable[[Calculation], Iterable[Calculation]]:
    """Do something wrong to a volume.

    Raises ImpossibleError for a vector, and for a result that is not a volume.
    """

    def changed(result: Any) -> Any:
        # The length of a flat vector is all of it: without its depth nothing would be left.
        if not isinstance(result, tuple) or len(result) < 2:
            raise ImpossibleError
        return change(result)

    return after(changed)


def _channels_first(shape: tuple[int, ...]) -> tuple[int, ...]:
    return (shape[-1], *shape[:-1])


MISTAKES = (
    Mistake(
        "forgot-padding",
        SHAPED,
        "The padding is missing: the formula adds 2P, P zeros on each side.",
        option(pad=0),
        False,
    ),
    Mistake(
        "halved-padding",
        SHAPED,
        "The padding is counted on one side only: the formula adds 2P.",
        in_every_layer(_half_the_padding),
        False,
    ),
    Mistake(
        "doubled-padding",
        SHAPED,
        "The padding is counted twice: the formula adds 2P, and P is the zeros on one side.",
        in_every_layer(_twice_the_padding),
        False,
    ),
    Mistake(
        "ignored-stride",
        SHAPED,
        "The stride is missing: the windows are S values apart.",
        option(stride=1),
        False,
    ),
    Mistake(
        "stride-is-kernel",
        SHAPED,
        "This assumes windows side by side; the stride of this layer is not its kernel size.",
        in_every_layer(_stride_is_kernel),
        False,
    ),
    Mistake(
        "forgot-plus-one",
        SHAPED,
        "The +1 at the end of (W - F + 2P)/S + 1 is missing: it counts the first position of the window.",
        in_every_layer(_without_one),
        False,
    ),
    Mistake(
        "floor-for-ceil",
        SHAPED,
        "The division has a remainder and is rounded down; this layer rounds up.",
        option(rounding="floor"),
        False,
    ),
    Mistake(
        "ceil-for-floor",
        SHAPED,
        "The division has a remainder and is rounded up; this layer rounds down.",
        option(rounding="ceil-noclip"),
        False,
    ),
    Mistake(
        "assumed-same",
        SHAPED,
        "This assumes padding that keeps the size (SAME); the padding of this layer does not.",
        option(pad="same"),
        False,
    ),
    Mistake(
        "ignored-dilation",
        (*SHAPED, "receptive_field"),
        "The dilation is missing: it spreads the kernel over d·(F - 1) + 1 values.",
        option(dilation=1),
        False,
    ),
    Mistake(
        "previous-output",
        SHAPED,
        "This is the volume that goes into the layer, not the one that comes out.",
        in_every_layer(_input_itself),
        False,
    ),
    Mistake(
        "input-of-previous",
        (*SHAPED, *STORES),
        "This starts from the input of the previous layer; this layer reads the output of that layer.",
        in_every_layer(_input_of_previous),
        False,
    ),
    Mistake("wrong-input-size", SHAPED, "An input size of {about} is used.", _other_input_sizes, False),
    Mistake(
        "size-of-input",
        SHAPED,
        "These are the height and width of the input; the window changes them.",
        in_every_layer(_size_of_input),
        False,
    ),
    Mistake(
        "depth-of-input",
        SHAPED,
        "This is the depth of the input; the output has one channel per filter or unit.",
        in_every_layer(_depth_of_input),
        False,
    ),
    Mistake(
        "pooled-depth",
        SHAPED,
        "The depth is divided like the size; pooling works on each channel separately and keeps the depth.",
        in_every_layer(_pooled_depth),
        False,
    ),
    Mistake(
        "height-and-width-only",
        ("output",),
        "The depth is missing: a volume is height x width x depth.",
        _of_volume(_without_depth),
        False,
    ),
    Mistake(
        "values-for-volume",
        ("output",),
        "This is the number of values; the question asks for the volume, height x width x depth.",
        _of_volume(prod),
        False,
    ),
    Mistake("transposed-hw", ("output",), "Height and width are swapped.", _of_volume(_swapped_sides), False),
    Mistake(
        "channels-first",
        ("output",),
        "The channels come first; the expected order is height x width x channels.",
        _of_volume(_channels_first),
        False,
    ),
)
