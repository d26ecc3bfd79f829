"""Activations: one value in, one value out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from archcalc.dims import prod
from archcalc.ops.base import Cost, Inputs, Keeps, Kept, Op, Volume, operation
from archcalc.ops.option_types import Number, Rational
from archcalc.ops.options import option


@operation
class Activation(Op):
    """The base of the activations: the shape stays, and the output may overwrite the input."""

    counts_as_memory = False
    in_place = True
    # The derivative of most activations is simple in terms of the output, so the input can be freed.
    keeps: ClassVar[Keeps] = ("output",)

    def shape(self, xs: Inputs) -> Volume:
        (x,) = xs
        return x


@operation
class ReLU(Activation):
    """Rectified linear unit, max(0, x): one comparison per value.

    >>> from archcalc.ops.base import Volume
    >>> x = Volume((7, 7), 512)
    >>> ReLU().cost((x,), x)
    {'compares': 25088}
    """

    name = "relu"
    source = "Nair and Hinton 2010; Krizhevsky et al. 2012, section 3.1"

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        return {"compares": y.size}

    def torch(self, nn: Any, xs: Inputs) -> Any:
        return nn.ReLU()


@operation
class Sigmoid(Activation):
    """Logistic function, 1/(1 + e^-x): an exponential, an addition and a division per value.

    >>> from archcalc.ops.base import Volume
    >>> x = Volume((), 10)
    >>> Sigmoid().cost((x,), x)
    {'exps': 10, 'adds': 10, 'divs': 10}
    """

    name = "sigmoid"
    source = "CS231n, Neural Networks Part 1: commonly used activation functions"

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        return {"exps": y.size, "adds": y.size, "divs": y.size}

    def torch(self, nn: Any, xs: Inputs) -> Any:
        return nn.Sigmoid()


@operation
class Tanh(Activation):
    """Hyperbolic tangent, (e^2x - 1)/(e^2x + 1).

    Per value: a doubling, an exponential, two additions and a division.

    >>> from archcalc.ops.base import Volume
    >>> x = Volume((), 10)
    >>> sum(Tanh().cost((x,), x).values())
    50
    """

    name = "tanh"
    source = "CS231n, Neural Networks Part 1: commonly used activation functions"

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        # e^2x is computed once and used above and below the line.
        return {"muls": y.size, "exps": y.size, "adds": 2 * y.size, "divs": y.size}

    def torch(self, nn: Any, xs: Inputs) -> Any:
        return nn.Tanh()


@operation
class Softmax(Activation):
    """Softmax over the channels, e^x_i / Σ e^x_j: an exponential and a division per value, and the sum.

    Over a map it normalises every position apart.

    >>> from archcalc.ops.base import Volume
    >>> x = Volume((), 1000)
    >>> Softmax().cost((x,), x)
    {'exps': 1000, 'adds': 999, 'divs': 1000}
    """

    name = "softmax"
    source = "CS231n, Linear Classification: softmax classifier"

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        # The sum at each position takes one addition fewer than it has channels.
        return {"exps": y.size, "adds": y.size - prod(y.spatial), "divs": y.size}

    def torch(self, nn: Any, xs: Inputs) -> Any:
        return nn.Softmax(dim=1)


@operation
class Dropout(Activation):
    """Dropout: at inference the identity, so it costs nothing; in training a mask is kept.

    The mask has one byte per value, as PyTorch keeps it on a GPU (on the CPU it has the values' own dtype).
    Without a rate nothing is kept.

    >>> from archcalc.ops.base import Volume
    >>> x = Volume((), 4096)
    >>> Dropout(rate=0.5).cost((x,), x)
    {}
    """

    name = "dropout"
    source = "Srivastava et al. 2014"
    keeps = ()  # the backward pass needs only the mask

    rate: Rational = option(
        Number(0, 1), "share of the values set to zero in training; changes no count", default=0, main=True
    )

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        return {}

    @property
    def drop_rate(self) -> Rational:
        return self.rate

    @property
    def view(self) -> bool:
        """Without a rate its output is its input."""
        return not self.rate

    def kept(self, xs: Inputs, y: Volume) -> Iterable[Kept]:
        if self.rate:
            yield Kept("mask", y.size, 1)

    def torch(self, nn: Any, xs: Inputs) -> Any:
        return nn.Dropout(float(self.rate))
