"""How many windows fit along an axis, under each rule of rounding.

The formula of the lectures is (W - F + 2P)/S + 1. The rules differ where the division leaves a remainder.
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from archcalc.dims import Dim, ceil_div, exact_div, larger, smaller


class Axis(NamedTuple):
    """One axis of a window: input size W, extent F of the (dilated) kernel, stride S, padding on both sides.

    ``clip`` is for the rule of Caffe: 1 where any axis of the window is padded, else 0.
    """

    size: Dim
    extent: Dim
    stride: Dim
    before: Dim
    after: Dim
    clip: Dim = 0

    @property
    def span(self) -> Dim:
        """How far the first window can travel: W - F + 2P."""
        return self.padded - self.extent

    @property
    def padded(self) -> Dim:
        """The input with its padding: W + 2P."""
        return self.size + (self.before + self.after)

    def inside(self) -> Dim:
        """How many windows start inside the input or the padding before it."""
        # The last start that is still inside is the place size + before - 1, counted from 0.
        return (self.size + self.before - 1) // self.stride + 1


class Rounding:
    """A rule for a remainder of (W - F + 2P)/S."""

    says: ClassVar[str]
    source: ClassVar[str]
    verb: ClassVar[str] = ""

    def count(self, axis: Axis) -> Dim:
        raise NotImplementedError

    def widest(self, axis: Axis) -> Dim:
        """The widest window for which ``count`` is at least 1."""
        return axis.padded


class Floor(Rounding):
    says = "round down: a last window that does not fit is left out"
    source = "Caffe and PyTorch convolution, PyTorch pooling, TensorFlow VALID"
    verb = "down"

    def count(self, axis: Axis) -> Dim:
        return axis.span // axis.stride + 1


class CeilNoClip(Rounding):
    says = "round up: the last window may hang over the edge"
    source = "cuda-convnet layer.py (convolution and pooling)"
    verb = "up"

    def count(self, axis: Axis) -> Dim:
        return ceil_div(axis.span, axis.stride) + 1

    def widest(self, axis: Axis) -> Dim:
        # The first window counts as long as it hangs over by less than a stride.
        return axis.padded + (axis.stride - 1)


class Ceil(CeilNoClip):
    says = "round up, but the last window must start inside the input or the padding before it"
    source = "PyTorch and ONNX ceil_mode"

    def count(self, axis: Axis) -> Dim:
        # Without this limit, the last window could see nothing but the padding after the input.
        return smaller(super().count(axis), axis.inside())


class Caffe(CeilNoClip):
    says = (
        "round up; only where there is padding must the last window start inside the input "
        "or the padding before it"
    )
    source = "BVLC/caffe pooling_layer.cpp"

    def count(self, axis: Axis) -> Dim:
        # Written without a condition, because a symbol or an array cannot decide one: clip is 0 or 1.
        unclipped = super().count(axis)
        return unclipped - axis.clip * larger(unclipped - axis.inside(), 0)


class Exact(Rounding):
    says = "the result must be a whole number, else it is an error"
    source = "the formula of the lectures, (W - F + 2P)/S + 1"

    def count(self, axis: Axis) -> Dim:
        return exact_div(axis.span, axis.stride) + 1


ROUNDINGS: dict[str, Rounding] = {
    "floor": Floor(),
    "ceil": Ceil(),
    "caffe": Caffe(),
    "ceil-noclip": CeilNoClip(),
    "exact": Exact(),
}


class Quotient(NamedTuple):
    """The quotient that an output size is rounded from, and the name of the rule that rounds it."""

    over: Dim
    under: Dim
    rounding: str
