"""Functions of single values that are no activation of a paper: differences, quotients, roots."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from archcalc import dims
from archcalc.ops.base import Claim, Cost, Inputs, Keeps, Op, Volume, operation
from archcalc.ops.option_types import Choice
from archcalc.ops.options import option


class Function(NamedTuple):
    """The kind of its operation, what its backward pass needs, and how many inputs it reads."""

    kind: str
    keeps: Keeps = ()
    inputs: int = 1


FUNCTIONS = {
    "scale": Function("muls"),
    "shift": Function("adds"),
    "negative": Function("muls"),
    "square": Function("muls", ("input",)),
    "power": Function("pows", ("input",)),
    "sqrt": Function("pows", ("output",)),
    "rsqrt": Function("pows", ("output",)),
    "reciprocal": Function("divs", ("output",)),
    "abs": Function("compares", ("input",)),
    "clip": Function("compares", ("input",)),
    "exp": Function("exps", ("output",)),
    "log": Function("exps", ("input",)),
    "sin": Function("exps", ("input",)),
    "cos": Function("exps", ("input",)),
    "erf": Function("exps", ("input",)),
    "sub": Function("adds", (), 2),
    "div": Function("divs", ("input",), 2),
    "maximum": Function("compares", ("input",), 2),
    "minimum": Function("compares", ("input",), 2),
}


@operation
class Elementwise(Op):
    """A function of each value, or of the values of two inputs; one operation per value.

    ``scale`` and ``shift`` multiply by, and add, constants that are not trained, such as the 1/√d of an
    attention. ``sub``, ``div``, ``maximum`` and ``minimum`` read two inputs; axes of size 1 of the second one
    are spread over the first. Sums and products of two are ``add`` and ``multiply``.

    >>> from archcalc.ops.base import Volume
    >>> x = Volume((56, 56), 64)
    >>> Elementwise(function="sub").cost((x, x), x) == {"adds": x.size}
    True
    """

    name = "elementwise"
    other_names = ("lambda",)
    source = "torch.sub, torch.div, torch.exp and the like"
    counts_as_memory = False
    second_input = "values"

    function: str = option(Choice(*FUNCTIONS), "the function", main=True)

    @property
    def keeps(self) -> Keeps:
        return FUNCTIONS[self.function].keeps

    def claims(self, xs: Inputs) -> Iterable[Claim]:
        first, other = xs[0], xs[-1]
        inputs = FUNCTIONS[self.function].inputs
        count = f"{self.function} takes {inputs} of the inputs, and not {len(xs)}"
        yield Claim(dims.same, len(xs), inputs, lambda: count, "function")
        yield Claim(dims.same, first.rank, other.rank, lambda: _differ(first, other, "numbers of axes"))
        for a, b in zip(first.dims, other.dims, strict=False):
            yield Claim(dims.same_or_one, a, b, lambda: _differ(first, other, "sizes"))

    def shape(self, xs: Inputs) -> Volume:
        return xs[0]

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        return {FUNCTIONS[self.function].kind: y.size}

    def torch(self, nn: Any, xs: Inputs) -> Any:
        return nn.Elementwise(self.function)


def _differ(first: Volume, other: Volume, what: str) -> str:
    return f"cannot join {first} and {other}: their {what} differ"
