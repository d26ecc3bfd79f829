"""Smooth activations: GELU, SiLU and their kind, the logarithm of the softmax, and gated units."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from archcalc import dims
from archcalc.dims import exact_div, prod
from archcalc.ops.activation import Activation
from archcalc.ops.base import Claim, Cost, Inputs, Op, Volume, operation
from archcalc.ops.option_types import Choice
from archcalc.ops.options import option
from archcalc.ops.rectifiers import PerValue


@operation
class GELU(PerValue):
    """Gaussian error linear unit, x·Φ(x), exact or with the tanh of its paper.

    Exact, per value: a division, the error function (counted as an exponential), an addition and two
    multiplications. With tanh: 0.5·x·(1 + tanh(c·(x + 0.044715·x³))).

    >>> from archcalc.ops.base import Volume
    >>> x = Volume((196,), 768)
    >>> sum(GELU().cost((x,), x).values()) == 5 * x.size
    True
    >>> sum(GELU(form="tanh").cost((x,), x).values()) == 13 * x.size
    True
    """

    name = "gelu"
    source = "Hendrycks and Gimpel 2016; torch.nn.GELU (exact)"
    in_place = False

    form: str = option(
        Choice("exact", "tanh"),
        "the error function (PyTorch's default), or its approximation",
        default="exact",
        main=True,
        other_names=("approximate",),
    )

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        if self.form == "exact":
            return {"divs": y.size, "exps": y.size, "adds": y.size, "muls": 2 * y.size}
        # x³, 0.044715, c, the doubling in tanh, and 0.5·x·(...); tanh adds an exponential and a division.
        return {"muls": 7 * y.size, "adds": 4 * y.size, "exps": y.size, "divs": y.size}

    def torch(self, nn: Any, xs: Inputs) -> Any:
        return nn.GELU("none" if self.form == "exact" else "tanh")


@operation
class SiLU(PerValue):
    """Swish, x·sigmoid(x).

    Per value: an exponential, an addition, a division and a multiplication.

    >>> from archcalc.ops.base import Volume
    >>> x = Volume((), 10)
    >>> SiLU().cost((x,), x)
    {'exps': 10, 'adds': 10, 'divs': 10, 'muls': 10}
    """

    name = "silu"
    other_names = ("swish",)
    source = "Ramachandran et al. 2017; Elfwing et al. 2018"
    per_value = ("exps", "adds", "divs", "muls")

    def torch(self, nn: Any, xs: Inputs) -> Any:
        return nn.SiLU()


@operation
class Softplus(PerValue):
    """Softplus, log(1 + e^x).

    Per value: an exponential, an addition and a logarithm (counted as an exponential).

    >>> from archcalc.ops.base import Volume
    >>> x = Volume((), 10)
    >>> Softplus().cost((x,), x)
    {'exps': 20, 'adds': 10}
    """

    name = "softplus"
    source = "Glorot et al. 2011; torch.nn.Softplus"
    in_place = False
    per_value = ("exps", "exps", "adds")

    def torch(self, nn: Any, xs: Inputs) -> Any:
        return nn.Softplus()


@operation
class Mish(PerValue):
    """Mish, x·tanh(softplus(x)).

    Per value: the softplus (3 operations), the tanh (5) and a multiplication.

    >>> from archcalc.ops.base import Volume
    >>> x = Volume((), 10)
    >>> sum(Mish().cost((x,), x).values())
    90
    """

    name = "mish"
    source = "Misra 2019"
    per_value = ("exps", "exps", "exps", "adds", "adds", "adds", "muls", "muls", "divs")

    def torch(self, nn: Any, xs: Inputs) -> Any:
        return nn.Mish()


@operation
class LogSoftmax(Activation):
    """Logarithm of the softmax over the channels, x_i - log Σ e^x_j.

    Per value an exponential and a subtraction; per position the sum and a logarithm (counted as an
    exponential).

    >>> from archcalc.ops.base import Volume
    >>> x = Volume((), 1000)
    >>> LogSoftmax().cost((x,), x)
    {'exps': 1001, 'adds': 1999}
    """

    name = "logsoftmax"
    source = "torch.nn.LogSoftmax"
    in_place = False

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        positions = prod(y.spatial)
        return {"exps": y.size + positions, "adds": 2 * y.size - positions}

    def torch(self, nn: Any, xs: Inputs) -> Any:
        return nn.LogSoftmax(dim=1)


@operation
class GLU(Op):
    """Gated linear unit: the first half of the channels times the sigmoid of the second half.

    Per output value: the sigmoid (3 operations) and a multiplication.

    >>> from archcalc.ops.base import Volume
    >>> x = Volume((196,), 768)
    >>> GLU().shape((x,)).dims
    (196, 384)
    """

    name = "glu"
    source = "Dauphin et al. 2017; torch.nn.GLU"
    counts_as_memory = False
    keeps = ("input",)

    def claims(self, xs: Inputs) -> Iterable[Claim]:
        (x,) = xs
        yield Claim(
            dims.divides,
            2,
            x.channels,
            lambda: f"glu needs an even number of channels, not {x.channels}",
        )

    def shape(self, xs: Inputs) -> Volume:
        (x,) = xs
        return Volume(x.spatial, exact_div(x.channels, 2))

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        return {"exps": y.size, "adds": y.size, "divs": y.size, "muls": y.size}

    def torch(self, nn: Any, xs: Inputs) -> Any:
        return nn.GLU(dim=1)
