"""Ops that give a volume another shape: sequences of maps, crops, transposes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from archcalc import dims
from archcalc.dims import Dim, exact_div, prod
from archcalc.ops.axes import spatial_claims
from archcalc.ops.base import Claim, Inputs, Volume, operation, per_axis
from archcalc.ops.option_types import Flag, NewAxes, PerAxis, Sizes
from archcalc.ops.options import option
from archcalc.ops.reshape import Reshape
from archcalc.ops.tokens import a_sequence


@operation
class ReshapeTo(Reshape):
    """The same values in another shape: ``reshape: tokens`` makes one axis of all positions.

    A list gives the new spatial axes; the channels are what is left over. Values are read channel by channel,
    row by row, as PyTorch stores them, so a change of positions alone leaves each channel as it is.

    >>> from archcalc.ops.base import Volume
    >>> patches = Volume((14, 14), 768)
    >>> ReshapeTo(to="tokens").shape((patches,)).dims, ReshapeTo(to=(4, 4)).shape((Volume((), 16384),)).dims
    ((196, 768), (4, 4, 1024))
    """

    name = "reshape"
    other_names = ("unflatten",)
    source = "torch.reshape"
    view = True

    to: tuple[Dim, ...] | Literal["tokens"] = option(
        NewAxes("tokens"), "the new spatial axes, or 'tokens': one axis with all positions", main=True
    )

    def claims(self, xs: Inputs) -> Iterable[Claim]:
        (x,) = xs
        if isinstance(self.to, str):
            yield from spatial_claims(self, x)
        else:
            yield holds_all(self.to, x)

    def shape(self, xs: Inputs) -> Volume:
        (x,) = xs
        if isinstance(self.to, str):
            return Volume((prod(x.spatial),), x.channels)
        return Volume(self.to, exact_div(x.size, prod(self.to)))

    def torch(self, nn: Any, xs: Inputs) -> Any:
        y = self.shape(xs)
        return nn.To((y.channels, *y.spatial))


def holds_all(axes: Sequence[Dim], x: Volume) -> Claim:
    return Claim(
        dims.divides,
        prod(axes),
        x.size,
        lambda: f"{x.size} values cannot be divided among {'x'.join(map(str, axes))} positions",
        "to",
    )


@operation
class Transpose(Reshape):
    """Tokens and channels of a sequence change places (MLP-Mixer mixes tokens this way).

    >>> from archcalc.ops.base import Volume
    >>> Transpose().shape((Volume((196,), 768),)).dims
    (768, 196)
    """

    name = "transpose"
    other_names = ("permute", "swapaxes", "movedim")
    source = "torch.transpose; Tolstikhin et al. 2021 (MLP-Mixer), figure 1"

    def claims(self, xs: Inputs) -> Iterable[Claim]:
        (x,) = xs
        yield a_sequence(self, x)

    def shape(self, xs: Inputs) -> Volume:
        (x,) = xs
        return Volume((x.channels,), x.spatial[0])

    def torch(self, nn: Any, xs: Inputs) -> Any:
        return nn.Swap()


@operation
class Crop(Reshape):
    """A part of the map: ``crop: 56``, or as large as another layer, the second input.

    The part is in the centre, or begins at ``start``. Of an odd rest, the end loses one position more.

    >>> from archcalc.ops.base import Volume
    >>> skip, up = Volume((64, 64), 512), Volume((56, 56), 512)
    >>> Crop().shape((skip, up)).dims, Crop(size=1, start=0).shape((Volume((197,), 768),)).dims
    ((56, 56, 512), (1, 768))
    """

    name = "crop"
    other_names = ("centercrop", "cropping", "narrow")
    source = "Ronneberger et al. 2015 (U-Net), figure 1; BVLC/caffe crop_layer.cpp"
    second_input = "size"

    size: Sizes | None = option(
        PerAxis(),
        "size of the part, for every axis or for each; left out, that of the second input",
        default=None,
        main=True,
    )
    start: Sizes | Literal["centre"] = option(
        PerAxis(least=0, words=("centre",)),
        "its first position, from 0, for every axis or for each",
        default="centre",
    )

    def claims(self, xs: Inputs) -> Iterable[Claim]:
        x = xs[0]
        yield from spatial_claims(self, x)
        yield from one_size(self.size, xs)
        for side, first, part in zip(x.spatial, self._starts(xs), self._sides(xs), strict=False):
            yield _fits_in(side, part)
            yield _part_of(side, first, part)

    def shape(self, xs: Inputs) -> Volume:
        return Volume(self._sides(xs), xs[0].channels)

    def _sides(self, xs: Inputs) -> tuple[Dim, ...]:
        return xs[-1].spatial if self.size is None else per_axis(self.size, xs[0].rank)

    def _starts(self, xs: Inputs) -> tuple[Dim, ...]:
        if not isinstance(self.start, str):
            return per_axis(self.start, xs[0].rank)
        pairs = zip(xs[0].spatial, self._sides(xs), strict=False)
        return tuple((side - part) // 2 for side, part in pairs)

    def torch(self, nn: Any, xs: Inputs) -> Any:
        return nn.Part(self._starts(xs), self._sides(xs))


def one_size(size: object, xs: Inputs) -> Iterable[Claim]:
    """A size is given, or there is a second input whose size is taken, with as many axes."""
    inputs = 2 if size is None else 1
    yield Claim(
        dims.same,
        len(xs),
        inputs,
        lambda: "needs a size, or a second input whose size it takes: one of both",
        hint=lambda: "from: [a, b] gives a the size of b",
    )
    yield Claim(
        dims.same,
        xs[0].rank,
        xs[-1].rank,
        lambda: f"{xs[0]} cannot take the size of {xs[-1]}: their numbers of axes differ",
    )


def _fits_in(side: Dim, part: Dim) -> Claim:
    return Claim(
        dims.at_least, side, part, lambda: f"a part of {part} is larger than the input of {side}", "size"
    )


def _part_of(side: Dim, first: Dim, part: Dim) -> Claim:
    return Claim(
        dims.at_least,
        side,
        first + part,
        lambda: f"positions {first} to {first + part - 1} are not all in an input of {side}",
        "size",
    )


@operation
class Roll(Reshape):
    """The map moved in a circle by ``by`` positions, towards the start or ``back`` (Swin's shifted windows).

    >>> from archcalc.ops.base import Volume
    >>> x = Volume((56, 56), 96)
    >>> Roll(by=3).shape((x,)) == x
    True
    """

    name = "roll"
    other_names = ("cyclicshift",)
    source = "Liu et al. 2021 (Swin), figure 4; torch.roll"

    by: Sizes = option(PerAxis(least=0), "positions, for every axis or for each", main=True)
    back: bool = option(Flag(), "towards the end, which undoes the other", default=False)

    def claims(self, xs: Inputs) -> Iterable[Claim]:
        (x,) = xs
        return spatial_claims(self, x)

    def shape(self, xs: Inputs) -> Volume:
        (x,) = xs
        return x

    def torch(self, nn: Any, xs: Inputs) -> Any:
        (x,) = xs
        return nn.Roll([by if self.back else -by for by in per_axis(self.by, x.rank)])
