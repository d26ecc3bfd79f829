"""Activations in pieces of straight lines, and those with an exponential below zero."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any, ClassVar

from archcalc import dims
from archcalc.ops.activation import Activation
from archcalc.ops.base import Claim, Cost, Inputs, Volume, Weight, operation
from archcalc.ops.option_types import Choice, Number, Rational
from archcalc.ops.options import option


@operation
class PerValue(Activation):
    """The base of activations whose cost is a number of operations per value."""

    # PyTorch computes these derivatives from the input.
    keeps = ("input",)

    per_value: ClassVar[Sequence[str]] = ()
    """The kinds of the operations of one value, each as often as it is done."""

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        return {kind: self.per_value.count(kind) * y.size for kind in self.per_value}


@operation
class ReLU6(PerValue):
    """Rectified linear unit with a ceiling, min(max(0, x), 6): two comparisons per value.

    >>> from archcalc.ops.base import Volume
    >>> x = Volume((7, 7), 512)
    >>> ReLU6().cost((x,), x)
    {'compares': 50176}
    """

    name = "relu6"
    source = "Krizhevsky 2010, Convolutional Deep Belief Networks on CIFAR-10; torch.nn.ReLU6"
    per_value = ("compares", "compares")

    def torch(self, nn: Any, xs: Inputs) -> Any:
        return nn.ReLU6()


@operation
class HardTanh(PerValue):
    """A line between two limits, min(max(low, x), high): two comparisons per value.

    >>> from archcalc.ops.base import Volume
    >>> x = Volume((), 10)
    >>> HardTanh().cost((x,), x)
    {'compares': 20}
    """

    name = "hardtanh"
    other_names = ("clip",)
    source = "torch.nn.Hardtanh"
    per_value = ("compares", "compares")

    low: Rational = option(Number(), "the lower limit; changes no count", default=-1, other_names=("minval",))
    high: Rational = option(Number(), "the upper limit; changes no count", default=1, other_names=("maxval",))

    def claims(self, xs: Inputs) -> Iterable[Claim]:
        # PyTorch refuses two equal limits too.
        if self.low >= self.high:
            yield Claim(dims.same, 1, 2, lambda: "the upper limit is not above the lower limit", "high")

    def torch(self, nn: Any, xs: Inputs) -> Any:
        return nn.Hardtanh(float(self.low), float(self.high))


@operation
class LeakyReLU(PerValue):
    """Rectified linear unit with a slope below zero, max(x, slope·x).

    Per value: a comparison and a multiplication.

    >>> from archcalc.ops.base import Volume
    >>> x = Volume((), 10)
    >>> LeakyReLU().cost((x,), x)
    {'compares': 10, 'muls': 10}
    """

    name = "leaky_relu"
    source = "Maas et al. 2013; torch.nn.LeakyReLU (slope 0.01)"
    per_value = ("compares", "muls")

    slope: Rational = option(
        Number(),
        "slope below zero; changes no count",
        default=Fraction(1, 100),
        main=True,
        other_names=("negativeslope", "alpha"),
    )

    def torch(self, nn: Any, xs: Inputs) -> Any:
        return nn.LeakyReLU(float(self.slope))


@operation
class PReLU(PerValue):
    """Leaky ReLU whose slope is trained: one for all channels, or one per channel.

    Per value: a comparison and a multiplication.

    >>> from archcalc.ops.base import Volume
    >>> x = Volume((7, 7), 512)
    >>> [weight.count for weight in PReLU(slopes="per-channel").weights((x,), x)]
    [512]
    """

    name = "prelu"
    source = "He et al. 2015, Delving Deep into Rectifiers; torch.nn.PReLU (one slope)"
    in_place = False
    per_value = ("compares", "muls")

    slopes: str = option(
        Choice("shared", "per-channel"),
        "one slope for all channels (PyTorch's default), or one for each",
        default="shared",
        main=True,
        other_names=("numparameters",),
    )

    def weights(self, xs: Inputs, y: Volume) -> Iterable[Weight]:
        yield Weight("weight", (y.channels if self.slopes == "per-channel" else 1,))

    def torch(self, nn: Any, xs: Inputs) -> Any:
        (x,) = xs
        return nn.PReLU(x.channels if self.slopes == "per-channel" else 1)


@operation
class ELU(PerValue):
    """Exponential linear unit: x above zero, α·(e^x - 1) below.

    Per value: a comparison, an exponential, a subtraction and a multiplication.

    >>> from archcalc.ops.base import Volume
    >>> x = Volume((), 10)
    >>> sum(ELU().cost((x,), x).values())
    40
    """

    name = "elu"
    source = "Clevert et al. 2016"
    per_value = ("compares", "exps", "adds", "muls")

    alpha: Rational = option(Number(), "α; changes no count", default=1, main=True)

    def torch(self, nn: Any, xs: Inputs) -> Any:
        return nn.ELU(float(self.alpha))


@operation
class SELU(PerValue):
    """ELU with the two constants that keep mean and variance: λ·x above zero, λα·(e^x - 1) below.

    Per value: a comparison, an exponential, a subtraction and a multiplication.

    >>> from archcalc.ops.base import Volume
    >>> x = Volume((), 10)
    >>> sum(SELU().cost((x,), x).values())
    40
    """

    name = "selu"
    source = "Klambauer et al. 2017"
    # λα is one constant, so both sides of zero take one multiplication.
    per_value = ("compares", "exps", "adds", "muls")

    def torch(self, nn: Any, xs: Inputs) -> Any:
        return nn.SELU()


@operation
class CELU(PerValue):
    """ELU with a smooth derivative: x above zero, α·(e^(x/α) - 1) below.

    Per value: a comparison, a division, an exponential, a subtraction and a multiplication.

    >>> from archcalc.ops.base import Volume
    >>> x = Volume((), 10)
    >>> sum(CELU().cost((x,), x).values())
    50
    """

    name = "celu"
    source = "Barron 2017"
    per_value = ("compares", "divs", "exps", "adds", "muls")

    alpha: Rational = option(Number(above=0), "α; changes no count", default=1, main=True)

    def torch(self, nn: Any, xs: Inputs) -> Any:
        return nn.CELU(float(self.alpha))


@operation
class HardSigmoid(PerValue):
    """The sigmoid in three lines, relu6(x + 3)/6.

    Per value: an addition, two comparisons and a division.

    >>> from archcalc.ops.base import Volume
    >>> x = Volume((), 10)
    >>> HardSigmoid().cost((x,), x)
    {'adds': 10, 'compares': 20, 'divs': 10}
    """

    name = "hardsigmoid"
    source = "Howard et al. 2019, Searching for MobileNetV3, section 5.2"
    per_value = ("adds", "compares", "compares", "divs")

    def torch(self, nn: Any, xs: Inputs) -> Any:
        return nn.Hardsigmoid()


@operation
class HardSwish(PerValue):
    """The swish in three pieces, x·relu6(x + 3)/6.

    Per value: an addition, two comparisons, a multiplication and a division.

    >>> from archcalc.ops.base import Volume
    >>> x = Volume((), 10)
    >>> sum(HardSwish().cost((x,), x).values())
    50
    """

    name = "hardswish"
    source = "Howard et al. 2019, Searching for MobileNetV3, section 5.2"
    per_value = ("adds", "compares", "compares", "muls", "divs")

    def torch(self, nn: Any, xs: Inputs) -> Any:
        return nn.Hardswish()
