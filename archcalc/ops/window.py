"""The base of the ops that slide a window: its padding, its output size, and what must fit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from archcalc import dims
from archcalc.dims import Dim, Truth, ceil_div, larger, smaller
from archcalc.ops.axes import spatial_claims
from archcalc.ops.base import (
    Claim,
    Inputs,
    Op,
    Reach,
    Volume,
    operation,
    per_axis,
)
from archcalc.ops.option_types import Choice, Padding, PerAxis, Sizes, Zeros
from archcalc.ops.options import SameAs, option
from archcalc.ops.remember import latest
from archcalc.ops.rounding import ROUNDINGS, Axis, Quotient, Rounding

SIDE_BY_SIDE = SameAs("kernel", otherwise=1)
"""The default stride of a pool, as in PyTorch, Keras and TensorFlow: its windows stand side by side."""


@operation
class WindowOp(Op):
    """An op that slides a window; the base of convolutions and pools."""

    kernel: Sizes = option(PerAxis(), "size F of the window", other_names=("kernelsize", "poolsize"))
    stride: Sizes = option(PerAxis(), "step between windows", default=1, other_names=("strides",))
    pad: Zeros = option(
        Padding(),
        "zeros around the input: on both sides of every axis, for each axis, or [before, after] for each "
        "axis; 'same': as many as give W/S windows, rounded up (TensorFlow SAME); 'valid': none",
        default=0,
        other_names=("padding",),
    )
    rounding: str = option(
        Choice(*ROUNDINGS),
        "what to do when the windows do not fit exactly (see docs/conventions.md)",
        default="floor",
    )

    @property
    def window(self) -> Sizes:
        return self.kernel

    def rounded_down(self) -> Op:
        return replace(self, rounding="floor") if self.rounding == "exact" else self

    def extents(self, x: Volume) -> Sequence[Dim]:
        """How many input values the window spans along each axis."""
        return per_axis(self.kernel, x.rank)

    @latest
    def axes(self, x: Volume) -> list[Axis]:
        """The window along each axis, with the padding worked out in zeros before and after."""
        extents, strides = self.extents(x), per_axis(self.stride, x.rank)
        sides = self._sides(x, extents, strides)
        axes = [
            Axis(size, extent, stride, before, after)
            for size, extent, stride, (before, after) in zip(x.spatial, extents, strides, sides, strict=False)
        ]
        if self.rounding != "caffe":
            return axes  # only this rule looks at all axes together
        # Caffe asks about the padding of the whole window: one padded axis clips all of them.
        clip = smaller(sum(axis.before + axis.after for axis in axes), 1)
        return [axis._replace(clip=clip) for axis in axes]

    @property
    def pads_to_same(self) -> bool:
        """The padding follows from the number of windows, and not the other way round."""
        return isinstance(self.pad, str) and self.pad == "same"

    @property
    def rule(self) -> Rounding:
        """How windows are counted where they do not fit exactly."""
        return ROUNDINGS[self.rounding]

    def _sides(self, x: Volume, extents: Sequence[Dim], strides: Sequence[Dim]) -> Sequence[tuple[Dim, Dim]]:
        """The zeros before and after each axis."""
        if isinstance(self.pad, tuple):
            # A pair is before and after; a single number holds for both sides.
            return [pad if isinstance(pad, tuple) else (pad, pad) for pad in self.pad]
        if isinstance(self.pad, str):
            if self.pad == "valid":
                return ((0, 0),) * x.rank
            # As many zeros as the last window hangs over; an odd one goes to the end, as in TensorFlow.
            totals = [
                larger((ceil_div(size, stride) - 1) * stride + extent - size, 0)
                for size, extent, stride in zip(x.spatial, extents, strides, strict=False)
            ]
            return [(total // 2, total - total // 2) for total in totals]
        return ((self.pad, self.pad),) * x.rank

    def windows(self, x: Volume) -> tuple[Dim, ...]:
        """How many windows fit along each axis."""
        if self.pads_to_same:
            # The number of windows is given, W/S rounded up; the padding follows from it.
            strides = per_axis(self.stride, x.rank)
            return tuple([ceil_div(size, stride) for size, stride in zip(x.spatial, strides, strict=False)])
        rule = self.rule
        return tuple([rule.count(axis) for axis in self.axes(x)])

    def reach(self, xs: Inputs) -> Sequence[Reach] | None:
        (x,) = xs
        return [Reach(axis.extent, axis.stride, before=axis.before) for axis in self.axes(x)]

    def computed_padding(self, xs: Inputs) -> Sequence[tuple[Dim, Dim]]:
        (x,) = xs
        return [(axis.before, axis.after) for axis in self.axes(x)] if self.pads_to_same else ()

    def quotients(self, xs: Inputs) -> Sequence[Quotient]:
        (x,) = xs
        if self.pads_to_same:
            return ()
        return [Quotient(axis.span, axis.stride, self.rounding) for axis in self.axes(x)]

    def claims(self, xs: Inputs) -> Iterable[Claim]:
        (x,) = xs
        yield from spatial_claims(self, x)
        for axis in self.axes(x):
            yield _fits(axis, self.rule)
            # "same" chooses the padding so that the windows fit.
            if not self.pads_to_same:
                yield _whole(axis, self.rounding)


def _fits(axis: Axis, rule: Rounding) -> Claim:
    def says() -> str:
        padding = f"padding {axis.before} + {axis.after}"
        message = f"a window of {axis.extent} does not fit an input of {axis.size} with {padding}"
        if rule.verb != "up":
            return message
        return f"{message}: rounded up, it may hang over by less than the stride of {axis.stride}"

    return Claim(dims.at_least, rule.widest(axis), axis.extent, says, "kernel")


def _whole(axis: Axis, rounding: str) -> Claim:
    """The division comes out whole: an error under 'exact', else worth a note."""

    # Both texts are made only when they are shown: a network asks this for every layer and axis.
    def says() -> str:
        work = f"{axis_formula(axis)}{_decimal(axis)}"
        if rounding == "exact":
            return f"the window does not fit: {work} is not whole"
        return f"{work}, {_rounded(axis, ROUNDINGS[rounding])}"

    def hint() -> str:
        return _what_fits(axis)

    way_out = hint if rounding == "exact" else None
    return Claim(dims.divides, axis.stride, axis.span, says, "stride", way_out, note=rounding != "exact")


def _rounded(axis: Axis, rule: Rounding) -> str:
    """What a rule makes of a remainder. Of a rule that rounds up, a window may be left out: it is named."""
    known = _in_numbers(axis)
    if known is not None and rule.verb == "up" and rule.count(known) < ROUNDINGS["ceil-noclip"].count(known):
        count = rule.count(known)
        return f"but window {count + 1} would start outside the input, so there {_are(count)}"
    return f"rounded {rule.verb} to {rule.count(axis)}"


def _are(count: int) -> str:
    return "is 1" if count == 1 else f"are {count}"


def axis_formula(axis: Axis) -> str:
    """The lecture formula with the numbers of this axis: ``(227 - 11 + 2·0)/4 + 1``."""
    alike = dims.same(axis.before, axis.after) is True
    pad = f"2·{axis.before}" if alike else f"{axis.before} + {axis.after}"
    return f"({axis.size} - {axis.extent} + {pad})/{axis.stride} + 1"


def _in_numbers(axis: Axis) -> Axis | None:
    """The axis in plain ints; None where one of its sizes is a symbol."""
    numbers = [dims.number(dim) for dim in axis]
    return None if None in numbers else Axis(*numbers)


def _decimal(axis: Axis) -> str:
    """The result of the formula, before any rounding: `` = 54.25``."""
    known = _in_numbers(axis)
    if known is None:
        return ""
    over, under = known.span + known.stride, known.stride
    digits, rest = divmod(10_000 * over, under)
    if rest:  # four decimals are not enough
        common = dims.gcd(over, under)
        return f" = {over // common}/{under // common}"
    return f" = {digits // 10_000}.{digits % 10_000:04}".rstrip("0").rstrip(".")


def _what_fits(axis: Axis) -> str:
    """The nearest input sizes and paddings that come out whole."""
    known = _in_numbers(axis)
    if known is None:
        return ""
    # Either the input loses what is left over, or it gets what is missing for one more window.
    over = known.span % known.stride
    missing = known.stride - over
    fits = [str(size) for size in (known.size - over, known.size + missing) if size >= 1]
    sizes = f"sizes {' and '.join(fits)}" if len(fits) > 1 else f"size {fits[0]}"
    before, after = known.before + missing // 2, known.after + missing - missing // 2
    pad = str(before) if before == after else f"{before} before and {after} after"
    return f"input {sizes} would fit, and so would padding {pad}"


def torch_window(
    nn: Any,
    op: WindowOp,
    x: Volume,
    make: Callable[[tuple[int, ...], bool], Any],
    *,
    fill: float = 0.0,
    pads: Callable[[Axis], Truth] = lambda axis: True,
    rounds_up: bool = False,
) -> Any:
    """``make(padding, ceil_mode)``; a module before it pads where PyTorch's own layer cannot give the shape.

    ``pads`` says whether the layer itself can pad an axis on both sides, ``rounds_up`` whether it has a
    ceil_mode. For all other rules, the end of the input is padded until the last window fits.
    """
    axes, counts = op.axes(x), op.windows(x)
    if all(axis.before == axis.after and pads(axis) for axis in axes):
        padding = tuple(axis.before for axis in axes)
        if counts == tuple(ROUNDINGS["floor"].count(axis) for axis in axes):
            return make(padding, False)
        if rounds_up and counts == tuple(ROUNDINGS["ceil"].count(axis) for axis in axes):
            return make(padding, True)
    before: list[int] = []
    after: list[int] = []
    for axis, count in zip(reversed(axes), reversed(counts), strict=True):  # PyTorch pads the last axis first
        before += [axis.before, 0]
        after += [0, (count - 1) * axis.stride + axis.extent - axis.size - axis.before]
    # Two modules: in one, PyTorch cuts (a negative padding) before it pads, and may find too little to cut.
    pads_first = (nn.ConstantPad3d(before, fill), nn.ConstantPad3d(after, fill))
    return nn.Sequential(*pads_first, make((0,) * x.rank, False))
