"""Mistakes in the output volume."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from archcalc.classroom.calculation import Calculation, Impossible, LayerTerm
from archcalc.classroom.mistakes.base import SHAPED, Mistake, after, kernel, option, parts, volume
from archcalc.dims import prod
from archcalc.ops.base import Volume
from archcalc.ops.window import WindowOp

INPUT_SIZES = ((227, 224), (224, 227), (224, 256), (299, 224), (224, 299), (32, 28), (28, 32))
"""Sides of the input that are taken for each other: what it is, and what is taken."""


def _half_the_padding(part: LayerTerm) -> LayerTerm | None:
    pad = getattr(part.op, "pad", None)
    x = volume(part)
    return part.having(pad=((pad, 0),) * x.rank) if x and isinstance(pad, int) and pad else None


def _twice_the_padding(part: LayerTerm) -> LayerTerm | None:
    pad = getattr(part.op, "pad", None)
    return part.having(pad=2 * pad) if isinstance(pad, int) and pad else None


def _stride_is_kernel(part: LayerTerm) -> LayerTerm | None:
    return part.having(stride=kernel(part)) if kernel(part) else None


def _without_one(part: LayerTerm) -> LayerTerm | None:
    y = part.output()
    return (
        part._replace(y=Volume(tuple(side - 1 for side in y.spatial), y.channels)) if _slides(part) else None
    )


def _slides(part: LayerTerm) -> bool:
    return isinstance(part.op, WindowOp) and bool(part.output().spatial)


def _size_of_input(part: LayerTerm) -> LayerTerm | None:
    x = volume(part)
    return part._replace(y=Volume(x.spatial, part.output().channels)) if x and _slides(part) else None


def _depth_of_input(part: LayerTerm) -> LayerTerm | None:
    x = volume(part)
    return part._replace(y=Volume(part.output().spatial, x.channels)) if x and part.op.weighted else None


def _pooled_depth(part: LayerTerm) -> LayerTerm | None:
    if not part.op.name.endswith("pool") or not isinstance(part.op, WindowOp):
        return None
    y, x = part.output(), volume(part)
    ratio = x.spatial[0] // y.spatial[0] if x and y.spatial else 1
    return part._replace(y=Volume(y.spatial, max(1, y.channels // max(1, ratio))))


def _input_itself(part: LayerTerm) -> LayerTerm | None:
    x = volume(part)
    return part._replace(y=x) if x else None


def _input_of_previous(part: LayerTerm) -> LayerTerm | None:
    return part._replace(xs=part.before.xs) if part.before and volume(part.before) else None


def _other_input_sizes(working: Calculation) -> Iterator[Calculation]:
    for size, taken in INPUT_SIZES:

        def resized(part: LayerTerm, size: int = size, taken: int = taken) -> LayerTerm | None:
            x = volume(part)
            if part.before or x is None or not x.spatial or set(x.spatial) != {size}:
                return None
            return part._replace(xs=(Volume((taken,) * x.rank, x.channels),))

        for changed in working.with_parts(resized):
            yield changed._replace(about=f"{taken} for {size}")


def _turned(shape: tuple[int, ...]) -> tuple[int, ...]:
    return (*reversed(shape[:-1]), shape[-1])


def _without_depth(shape: tuple[int, ...]) -> tuple[int, ...]:
    return shape[:-1]


def _of_volume(change: Callable[[tuple[int, ...]], Any]) -> Callable[[Calculation], Iterable[Calculation]]:
    """Something wrong done to a volume: a vector, or what is none any more, has nothing to get wrong so."""

    def changed(result: Any) -> Any:
        if not isinstance(result, tuple) or len(result) < 2:
            raise Impossible
        return change(result)

    return after(changed)


def _channels_first(shape: tuple[int, ...]) -> tuple[int, ...]:
    return (shape[-1], *shape[:-1])


MISTAKES = (
    Mistake(
        "forgot-padding",
        SHAPED,
        "The padding is left out: the formula has 2P, P zeros on either side.",
        option(pad=0),
        False,
    ),
    Mistake(
        "halved-padding",
        SHAPED,
        "The padding is counted on one side only: the formula has 2P.",
        parts(_half_the_padding),
        False,
    ),
    Mistake(
        "doubled-padding",
        SHAPED,
        "The padding is counted twice: the formula has 2P, and P is the zeros of one side.",
        parts(_twice_the_padding),
        False,
    ),
    Mistake(
        "ignored-stride",
        SHAPED,
        "The stride is left out: the windows are S values apart.",
        option(stride=1),
        False,
    ),
    Mistake(
        "stride-is-kernel",
        SHAPED,
        "The windows are taken to lie side by side; here they overlap, as the stride is not the size of the kernel.",
        parts(_stride_is_kernel),
        False,
    ),
    Mistake(
        "forgot-plus-one",
        SHAPED,
        "The last +1 of (W - F + 2P)/S + 1 is missing: the window's first place counts too.",
        parts(_without_one),
        False,
    ),
    Mistake(
        "floor-for-ceil",
        SHAPED,
        "A division that leaves a remainder is rounded down; this layer rounds up.",
        option(rounding="floor"),
        False,
    ),
    Mistake(
        "ceil-for-floor",
        SHAPED,
        "A division that leaves a remainder is rounded up; this layer rounds down.",
        option(rounding="ceil-noclip"),
        False,
    ),
    Mistake(
        "assumed-same",
        SHAPED,
        "The padding is taken to keep the size (SAME); the layer's own padding does not.",
        option(pad="same"),
        False,
    ),
    Mistake(
        "ignored-dilation",
        SHAPED,
        "The dilation is left out: it spreads the kernel over d·(F - 1) + 1 values.",
        option(dilation=1),
        False,
    ),
    Mistake(
        "previous-output",
        SHAPED,
        "This is the volume that goes into the layer, not the one that comes out.",
        parts(_input_itself),
        False,
    ),
    Mistake(
        "input-of-previous",
        (*SHAPED, "params", "weights", "param_bytes"),
        "It is worked out from the input of the layer before; this layer reads that layer's output.",
        parts(_input_of_previous),
        False,
    ),
    Mistake(
        "wrong-input-size",
        SHAPED,
        "The input is taken to be {about}.",
        _other_input_sizes,
        False,
    ),
    Mistake(
        "size-of-input",
        SHAPED,
        "The height and width of the input are kept; the window changes them.",
        parts(_size_of_input),
        False,
    ),
    Mistake(
        "depth-of-input",
        SHAPED,
        "The depth of the input is kept; the output is as deep as the layer has filters or units.",
        parts(_depth_of_input),
        False,
    ),
    Mistake(
        "pooled-depth",
        SHAPED,
        "Pooling works on every channel by itself: it leaves the depth as it is.",
        parts(_pooled_depth),
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
        "This is the number of values; asked for is the volume, height x width x depth.",
        _of_volume(prod),
        False,
    ),
    Mistake("transposed-hw", ("output",), "Height and width are exchanged.", _of_volume(_turned), False),
    Mistake(
        "channels-first",
        ("output",),
        "The channels stand first; the order asked for is height x width x channels.",
        _of_volume(_channels_first),
        False,
    ),
)
