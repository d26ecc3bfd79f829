"""Moves that code makes and papers do not name: values in another order, positions behind each other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from archcalc import dims
from archcalc.dims import Dim, exact_div, prod
from archcalc.ops.base import Claim, Inputs, Op, Volume, operation
from archcalc.ops.merge import Merge
from archcalc.ops.moves import holds_all
from archcalc.ops.option_types import NewAxes, Times
from archcalc.ops.options import option
from archcalc.ops.reshape import Reshape


@operation
class Rearrange(Reshape):
    """The same values in another order and shape: ``permute`` and ``reshape`` of a program together.

    A list gives the spatial axes; the channels are what is left over. Which value goes where is not said: it
    changes no count. Heads of an attention become an axis in this way.

    >>> from archcalc.ops.base import Volume
    >>> Rearrange(to=(12, 197)).shape((Volume((197,), 768),)).dims
    (12, 197, 64)
    """

    name = "rearrange"
    other_names = ("einopsrearrange",)
    source = "torch.permute and torch.reshape"

    to: tuple[Dim, ...] = option(NewAxes(), "the spatial axes behind the move", main=True)

    def claims(self, xs: Inputs) -> Iterable[Claim]:
        (x,) = xs
        yield holds_all(self.to, x)

    def shape(self, xs: Inputs) -> Volume:
        (x,) = xs
        return Volume(self.to, exact_div(x.size, prod(self.to)))

    def torch(self, nn: Any, xs: Inputs) -> Any:
        y = self.shape(xs)
        return nn.Sequential(nn.To((y.channels, *y.spatial)), nn.Copy())


@operation
class ConcatPositions(Merge):
    """Concatenation along an axis of the positions: the channels and the other axes must have one size.

    >>> from archcalc.ops.base import Volume
    >>> ConcatPositions().shape((Volume((197,), 768), Volume((4,), 768))).dims
    (201, 768)
    """

    name = "concat_positions"
    other_names = ("concattokens",)
    source = "torch.cat along another axis than the channels"

    axis: int = option(Times(), "the axis along which they stand behind each other, from 1", default=1)

    def claims(self, xs: Inputs) -> Iterable[Claim]:
        first = xs[0]
        yield Claim(
            dims.at_least,
            first.rank,
            self.axis,
            lambda: f"the inputs have {first.rank} axes of positions, and not {self.axis}",
            "axis",
        )
        for x in xs[1:]:
            yield _agree(self, first, x, first.rank, x.rank)
            yield _agree(self, first, x, first.channels, x.channels)
            for a, b in zip(self._others(first), self._others(x), strict=False):
                yield _agree(self, first, x, a, b)

    def shape(self, xs: Inputs) -> Volume:
        place = self.axis - 1
        size = xs[0].spatial[place]
        for x in xs[1:]:
            size = size + x.spatial[place]
        spatial = xs[0].spatial
        return Volume((*spatial[:place], size, *spatial[place + 1 :]), xs[0].channels)

    def cost(self, xs: Inputs, y: Volume) -> dict[str, Dim]:
        return {}

    def torch(self, nn: Any, xs: Inputs) -> Any:
        return nn.Concat(self.axis + 1)

    def _others(self, x: Volume) -> tuple[Dim, ...]:
        return (*x.spatial[: self.axis - 1], *x.spatial[self.axis :])


def _agree(op: Op, first: Volume, other: Volume, a: Dim, b: Dim) -> Claim:
    return Claim(dims.same, a, b, lambda: f"{op.name} cannot join {first} and {other}: other axes differ")
