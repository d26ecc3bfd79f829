"""Fully connected layers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from archcalc import dims
from archcalc.dims import Dim
from archcalc.ops.base import Claim, Cost, Inputs, Op, Volume, Weight, operation
from archcalc.ops.option_types import Choice, Count, Flag
from archcalc.ops.options import option


@operation
class FullyConnected(Op):
    """Fully connected layer: every unit reads every input value.

    A spatial input is read as one vector, so the layer has units·H·W·C weights; each is used once. With
    ``over: channels`` it reads the channels of each position apart, as Linear in PyTorch and Dense in Keras:
    all positions (tokens) share units·C weights.

    >>> from archcalc.ops.base import Volume
    >>> fc6 = FullyConnected(units=4096)
    >>> x = Volume((7, 7), 512)
    >>> fc6.cost((x,), fc6.shape((x,)))["macs"]
    102760448
    """

    name = "fc"
    other_names = ("dense", "linear", "fullyconnected")
    width_option = "units"
    source = "CS231n, Neural Networks Part 1: a layer of K units on D inputs has D·K weights and K biases"
    weighted = True
    keeps = ("input",)

    units: Dim = option(Count(), "number of units", main=True, other_names=("outfeatures",))
    bias: bool = option(Flag(), "one bias per unit", default=True)
    over: str = option(
        Choice("all", "channels"),
        "what one unit reads: all values, or the channels of one position",
        default="all",
    )

    @property
    def per_position(self) -> bool:
        """Every position is a vector of its own."""
        return self.over == "channels"

    @property
    def fully_connected(self) -> bool:
        return not self.per_position

    @classmethod
    def notation(cls, kernel: object, width: object) -> str:
        return f"FC-{width}"

    def reads(self, x: Volume) -> Dim:
        """The number of input values that one unit reads."""
        return x.channels if self.per_position else x.size

    def claims(self, xs: Inputs) -> Iterable[Claim]:
        (x,) = xs
        match x.spatial:
            case (tokens,) if not self.per_position:
                yield _one_token(tokens, x)

    def shape(self, xs: Inputs) -> Volume:
        (x,) = xs
        return Volume(x.spatial if self.per_position else (), self.units)

    def weights(self, xs: Inputs, y: Volume) -> Iterable[Weight]:
        (x,) = xs
        yield Weight("weight", (self.units, self.reads(x)))
        if self.bias:
            yield Weight("bias", (self.units,), "bias")

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        (x,) = xs
        macs = y.size * self.reads(x)
        return {"macs": macs, "adds": y.size} if self.bias else {"macs": macs}

    def connections(self, xs: Inputs, y: Volume) -> Dim:
        (x,) = xs
        return y.size * (self.reads(x) + (1 if self.bias else 0))

    def torch(self, nn: Any, xs: Inputs) -> Any:
        (x,) = xs
        if self.per_position and x.spatial:
            return nn.Pointwise(x.channels, self.units, self.bias)
        layer = nn.Linear(x.size, self.units, self.bias)
        # PyTorch's Linear reads the last axis only, so maps become a vector first.
        return nn.Sequential(nn.Flatten(), layer) if x.spatial else layer


def _one_token(tokens: Dim, x: Volume) -> Claim:
    # Other programs read the channels of each token, so a reader of theirs may expect that. A map is another
    # matter: every network for images flattens it here.
    return Claim(
        dims.same,
        tokens,
        1,
        lambda: (
            f"reads all {tokens} positions as one vector of {x.size} values ('over: channels': each apart)"
        ),
        "over",
        note=True,
    )


@operation
class RBF(Op):
    """Radial basis functions: the squared distance of the input from each unit's fixed prototype.

    y_i = Σ_j (x_j - w_ij)². The prototypes are stored but not trained, so they count as buffers, not as
    parameters; each is met by one subtraction and one multiply-accumulate.

    >>> from archcalc.ops.base import Volume
    >>> output = RBF(units=10)
    >>> x = Volume((), 84)
    >>> output.cost((x,), output.shape((x,)))
    {'adds': 840, 'macs': 840}
    """

    name = "rbf"
    width_option = "units"
    source = "LeCun et al. 1998, equation 7"
    weighted = True
    keeps = ("input",)

    units: Dim = option(Count(), "number of units", main=True)

    def shape(self, xs: Inputs) -> Volume:
        return Volume((), self.units)

    def weights(self, xs: Inputs, y: Volume) -> Iterable[Weight]:
        (x,) = xs
        # A buffer, because LeNet-5 fixes the prototypes by hand: they are pictures of the characters.
        yield Weight("prototypes", (self.units, x.size), "buffer")

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        (x,) = xs
        return {"adds": self.units * x.size, "macs": self.units * x.size}

    def depth(self) -> int:
        return 0  # nothing in it is trained

    def connections(self, xs: Inputs, y: Volume) -> Dim:
        (x,) = xs
        return self.units * x.size

    def torch(self, nn: Any, xs: Inputs) -> Any:
        (x,) = xs
        return nn.RBF(self.units, x.size)
