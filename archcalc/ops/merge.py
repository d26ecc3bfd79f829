"""Ops with several inputs: where branches meet."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from archcalc import dims
from archcalc.dims import Dim, larger
from archcalc.ops.base import Claim, Cost, Inputs, Kept, Op, Volume, operation
from archcalc.ops.option_types import Choice, Number, Rational
from archcalc.ops.options import option


@operation
class Merge(Op):
    """The base of the merging ops."""

    many = True
    # The lectures count rows of conv, pool, norm and fc, and have no merging layers.
    counts_as_memory = False


def _agree(op: Op, first: Volume, other: Volume, a: Dim, b: Dim, what: str, way_out: str = "") -> Claim:
    # Called only if the claim fails: formatting costs more than the comparison.
    def says() -> str:
        return f"{op.name} cannot join {first} and {other}: their {what} differ"

    return Claim(dims.same, a, b, says, hint=(lambda: way_out) if way_out else None)


def _same_maps(op: Op, first: Volume, other: Volume) -> Iterable[Claim]:
    yield _agree(op, first, other, first.rank, other.rank, "numbers of axes")
    # An axis without a partner is left to the claim above.
    for a, b in zip(first.spatial, other.spatial, strict=False):
        yield _agree(op, first, other, a, b, "maps")


def _spreads_over(op: Op, first: Volume, other: Volume) -> Iterable[Claim]:
    """As ``_same_maps``, but an axis of size 1 goes with any size: its value is used at every position."""
    yield _agree(op, first, other, first.rank, other.rank, "numbers of axes")
    for a, b in zip(first.spatial, other.spatial, strict=False):
        yield _agree(op, first, other, a, b, "maps")._replace(relation=dims.same_or_one)


@operation
class Concat(Merge):
    """Concatenation along the channels: the maps must have one size, the channels add up.

    >>> from archcalc.ops.base import Volume
    >>> Concat().shape((Volume((28, 28), 64), Volume((28, 28), 128))).dims
    (28, 28, 192)
    """

    name = "concat"
    other_names = ("cat", "concatenate")
    source = "Szegedy et al. 2014, the filter concatenation of the Inception module"

    def claims(self, xs: Inputs) -> Iterable[Claim]:
        for x in xs[1:]:
            yield from _same_maps(self, xs[0], x)

    def shape(self, xs: Inputs) -> Volume:
        # Not sum(): it begins with 0, which symbols and arrays would have to add.
        channels = xs[0].channels
        for x in xs[1:]:
            channels = channels + x.channels
        return Volume(xs[0].spatial, channels)

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        return {}

    def torch(self, nn: Any, xs: Inputs) -> Any:
        return nn.Concat()


@operation
class Stack(Merge):
    """Volumes of one shape, one behind the other along a new first axis: frames become a clip.

    Flat vectors become the tokens of a sequence.

    >>> from archcalc.ops.base import Volume
    >>> frame, vector = Volume((112, 112), 3), Volume((), 64)
    >>> Stack().shape((frame, frame)).dims, Stack().shape((vector, vector, vector)).dims
    ((2, 112, 112, 3), (3, 64))
    """

    name = "stack"
    source = "torch.stack"

    def claims(self, xs: Inputs) -> Iterable[Claim]:
        for x in xs[1:]:
            yield from _same_maps(self, xs[0], x)
            yield _agree(self, xs[0], x, xs[0].channels, x.channels, "channels")
        yield Claim(dims.at_least, 2, xs[0].rank, lambda: f"{xs[0]} has three axes; a fourth is not possible")

    def shape(self, xs: Inputs) -> Volume:
        return Volume((len(xs), *xs[0].spatial), xs[0].channels)

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        return {}

    def torch(self, nn: Any, xs: Inputs) -> Any:
        return nn.Stack()


@operation
class Add(Merge):
    """Elementwise sum of volumes of one shape: n inputs take n - 1 additions per value.

    Axes of size 1 of the inputs after the first are spread over the first: a 1x1 map adds to every position.
    ``channels: zero-pad`` fills narrower inputs up with channels of zeros (ResNet's shortcut option A);
    the zeros are not added, but they are counted as if they were. ``scale`` multiplies the first input
    before the sum (Inception-ResNet).

    >>> from archcalc.ops.base import Volume
    >>> x = Volume((56, 56), 64)
    >>> Add().cost((x, x), x) == {"adds": x.size}
    True
    """

    name = "add"
    other_names = ("sum",)
    source = "He et al. 2015, equations 1 and 2; shortcut option A of section 4.1"

    channels: Literal["same", "zero-pad"] = option(
        Choice("same", "zero-pad"), "whether channels must agree or are filled up with zeros", default="same"
    )
    scale: Rational = option(Number(), "factor on the first input; 1 costs nothing", default=1)

    def claims(self, xs: Inputs) -> Iterable[Claim]:
        way_out = "'channels: zero-pad' fills up with zeros, a 1x1 conv projects"
        for x in xs[1:]:
            yield from _spreads_over(self, xs[0], x)
            if self.channels == "same":
                channels = _agree(self, xs[0], x, xs[0].channels, x.channels, "channels", way_out)
                yield channels._replace(relation=dims.same_or_one)

    def shape(self, xs: Inputs) -> Volume:
        channels = xs[0].channels
        if self.channels == "zero-pad":
            for x in xs[1:]:
                channels = larger(channels, x.channels)
        return Volume(xs[0].spatial, channels)

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        adds = y.size * (len(xs) - 1)
        return {"adds": adds} if self.scale == 1 else {"adds": adds, "muls": xs[0].size}

    def torch(self, nn: Any, xs: Inputs) -> Any:
        return nn.Add(float(self.scale), self.channels == "zero-pad")


@operation
class Multiply(Merge):
    """Elementwise product; inputs after the first are gates and may have one value per channel.

    A flat gate of C values scales the C channels of the first input (squeeze-and-excitation). So does a gate
    of 1x1xC; a gate of HxWx1 scales the positions (CBAM): axes of size 1 are spread over the first input.

    >>> from archcalc.ops.base import Volume
    >>> x, gate = Volume((56, 56), 256), Volume((), 256)
    >>> Multiply().shape((x, gate)) == x
    True
    """

    name = "multiply"
    other_names = ("mul",)
    source = "Hu et al. 2017, equation 4 (squeeze-and-excitation)"
    gates = True
    keeps = ("input",)

    def claims(self, xs: Inputs) -> Iterable[Claim]:
        for gate in xs[1:]:
            channels = _agree(self, xs[0], gate, xs[0].channels, gate.channels, "channels")
            yield channels._replace(relation=dims.same_or_one)
            # A flat gate has one value per channel and fits maps of any size.
            if gate.spatial:
                yield from _spreads_over(self, xs[0], gate)

    def shape(self, xs: Inputs) -> Volume:
        return xs[0]

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        return {"muls": y.size * (len(xs) - 1)}

    def kept(self, xs: Inputs, y: Volume) -> Iterable[Kept]:
        # The product of the first two is an input of the second multiplication, and so on.
        for _ in xs[2:]:
            yield Kept("partial product", y.size)

    def torch(self, nn: Any, xs: Inputs) -> Any:
        return nn.Multiply()
