"""Trained values that are looked up or computed before they meet the values of the network."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from archcalc.dims import Dim
from archcalc.ops.base import Cost, Inputs, Keeps, Kept, Op, Volume, Weight, operation
from archcalc.ops.option_types import Choice, Count
from archcalc.ops.options import option

_MACS = "multiply-accumulates that compute them from the trained values"


@operation
class DerivedParameter(Op):
    """Values that come from ``values`` trained ones are added or multiplied: one operation per value.

    They are looked up in a table, resized, or computed in another way that does not depend on the image, such
    as the position bias that a window of Swin adds to its scores. ``parameter`` is for trained values that
    are used as they are.

    >>> from archcalc.ops.base import Volume
    >>> scores = Volume((192, 49), 49)
    >>> bias = DerivedParameter(how="add", values=507)
    >>> [weight.count for weight in bias.weights((scores,), scores)], bias.cost((scores,), scores)
    ([507], {'macs': 0, 'adds': 460992})
    """

    name = "derived_parameter"
    source = "Liu et al. 2021 (Swin), equation 4"
    counts_as_memory = False

    how: str = option(Choice("add", "multiply"), "what is done with the values", main=True)
    values: Dim = option(Count(), "number of trained values from which they come")
    macs: Dim = option(Count(least=0), _MACS, default=0)

    @property
    def keeps(self) -> Keeps:
        return ("input",) if self.how == "multiply" else ()

    def shape(self, xs: Inputs) -> Volume:
        (x,) = xs
        return x

    def weights(self, xs: Inputs, y: Volume) -> Iterable[Weight]:
        yield Weight("values", (self.values,))

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        return {"macs": self.macs, "adds" if self.how == "add" else "muls": y.size}

    def kept(self, xs: Inputs, y: Volume) -> Iterable[Kept]:
        if self.how == "multiply":
            yield Kept("factor", 1, per_batch=True)

    def torch(self, nn: Any, xs: Inputs) -> Any:
        return nn.DerivedValues(self.how, self.values, self.macs)


@operation
class DerivedTokens(Op):
    """Tokens that are trained, or computed from trained values alone: the queries of a decoder.

    They are the same for every image, and the input of the layer only says where they stand.

    >>> from archcalc.ops.base import Volume
    >>> queries = DerivedTokens(tokens=100, channels=256, values=25600)
    >>> queries.shape((Volume((224, 224), 3),)).dims
    (100, 256)
    """

    name = "derived_tokens"
    source = "Carion et al. 2020 (DETR), section 3.2"
    counts_as_memory = False

    tokens: Dim = option(Count(), "number of tokens", main=True)
    channels: Dim = option(Count(), "channels of a token")
    values: Dim = option(Count(least=0), "number of trained values from which they come", default=0)
    macs: Dim = option(Count(least=0), _MACS, default=0)

    def shape(self, xs: Inputs) -> Volume:
        return Volume((self.tokens,), self.channels)

    def weights(self, xs: Inputs, y: Volume) -> Iterable[Weight]:
        yield Weight("values", (self.values,))

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        return {"macs": self.macs}

    def torch(self, nn: Any, xs: Inputs) -> Any:
        return nn.DerivedTokens((self.channels, self.tokens), self.values, self.macs)
