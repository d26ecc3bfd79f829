"""A layer of which only the output is known."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from archcalc import dims
from archcalc.dims import Dim
from archcalc.ops.base import Claim, Cost, Inputs, Op, Volume, Weight, operation
from archcalc.ops.option_types import Count, NewAxes
from archcalc.ops.options import option


@operation
class Opaque(Op):
    """A layer that archcalc does not know: its output is stated, and its operations are not counted.

    A network with such a layer has partial totals: they leave out what it computes.

    >>> from archcalc.ops.base import Volume
    >>> x = Volume((56, 56), 64)
    >>> Opaque(channels=64, to=(56, 29)).shape((x,)).dims
    (56, 29, 64)
    """

    name = "opaque"
    source = "the program that the network was imported from"
    second_input = "values"
    open_cost = True

    channels: Dim = option(Count(), "channels of its output", main=True)
    to: tuple[Dim, ...] | None = option(
        NewAxes(), "the spatial axes of its output; left out, a flat vector", default=None
    )
    values: Dim = option(Count(least=0), "number of its trained values", default=0)

    def claims(self, xs: Inputs) -> Iterable[Claim]:
        says = "its operations are not known, so the totals are partial: they leave them out"
        yield Claim(dims.same, 0, 1, lambda: says, note=True)

    def shape(self, xs: Inputs) -> Volume:
        return Volume(() if self.to is None else self.to, self.channels)

    def weights(self, xs: Inputs, y: Volume) -> Iterable[Weight]:
        yield Weight("values", (self.values,))

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        return {}

    def torch(self, nn: Any, xs: Inputs) -> Any:
        y = self.shape(xs)
        return nn.Opaque((y.channels, *y.spatial), self.values)
