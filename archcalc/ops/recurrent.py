"""Recurrent layers: they read a sequence step by step, and keep a state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar, NamedTuple

from archcalc import dims
from archcalc.dims import Dim
from archcalc.ops.base import Claim, Cost, Inputs, Kept, Op, Reach, Volume, Weight, operation
from archcalc.ops.option_types import Choice, Count, Flag, Times
from archcalc.ops.options import option


class RecurrentCell(NamedTuple):
    """One layer in one direction: the end of the names of its arrays, and how many values it reads."""

    suffix: str
    reads: Dim


@operation
class Recurrent(Op):
    """The base of the recurrent ops: the same products at every step, ``products`` of them.

    ``per_unit`` are the operations of one unit in a step, beside the products. ``kept_per_unit`` is how many
    values of a unit a step keeps for the backward pass.
    """

    products: ClassVar[int] = 1
    per_unit: ClassVar[Sequence[str]] = ()
    kept_per_unit: ClassVar[int] = 1
    module: ClassVar[str] = ""

    width_option = "units"
    weighted = True
    keeps = ("input",)

    units: Dim = option(Count(), "number of units, the width of the state", main=True)
    layers: int = option(Times(), "how many layers stand on each other", default=1)
    bidirectional: bool = option(Flag(), "a second layer reads the sequence backwards", default=False)
    bias: bool | str = option(
        Flag("single"), "two bias vectors for each gate (PyTorch); single: one (Keras, papers)", default=True
    )
    gives: str = option(
        Choice("sequence", "last"), "the state of every step, or of the last step", default="sequence"
    )

    @property
    def directions(self) -> int:
        return 2 if self.bidirectional else 1

    @property
    def width(self) -> Dim:
        return self.state * self.directions

    @property
    def state(self) -> Dim:
        """The number of values that a step hands to the next one."""
        return self.units

    def cells(self, xs: Inputs) -> Iterator[RecurrentCell]:
        """Every layer in every direction, in PyTorch's order."""
        (x,) = xs
        directions = ("", "_reverse") if self.bidirectional else ("",)
        for number, reads in enumerate((x.channels, *(self.width,) * (self.layers - 1))):
            yield from (RecurrentCell(f"_l{number}{direction}", reads) for direction in directions)

    def biases(self) -> Sequence[str]:
        """The names of the bias vectors of a cell."""
        if self.bias == "single":
            return ("bias_ih",)
        return ("bias_ih", "bias_hh") if self.bias else ()

    def claims(self, xs: Inputs) -> Iterable[Claim]:
        (x,) = xs
        yield Claim(
            dims.same,
            x.rank,
            1,
            lambda: f"{self.name} needs a sequence such as [tokens, channels], not {x}",
        )

    def shape(self, xs: Inputs) -> Volume:
        (x,) = xs
        return Volume(x.spatial if self.gives == "sequence" else (), self.width)

    def weights(self, xs: Inputs, y: Volume) -> Iterable[Weight]:
        for cell in self.cells(xs):
            yield Weight(f"weight_ih{cell.suffix}", (self.products * self.units, cell.reads))
            yield Weight(f"weight_hh{cell.suffix}", (self.products * self.units, self.state))
            for name in self.biases():
                yield Weight(f"{name}{cell.suffix}", (self.products * self.units,), "bias")
            yield from self.further_weights(cell)

    def further_weights(self, cell: RecurrentCell) -> Iterable[Weight]:
        """The other arrays of a cell."""
        return ()

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        (x,) = xs
        (steps,) = x.spatial
        cells = [*self.cells(xs)]
        reads = sum([cell.reads + self.state for cell in cells])
        macs = self.products * self.units * reads + len(cells) * self.further_macs()
        kinds = self.operations()
        values = len(cells) * self.units * steps
        # The layer adds its bias vectors to the products of each gate.
        kinds["adds"] = kinds.get("adds", 0) + self.products * len(self.biases())
        return {"macs": steps * macs} | {kind: count * values for kind, count in kinds.items()}

    def operations(self) -> dict[str, int]:
        """How often one unit does each kind of operation in a step, beside products and biases."""
        return {kind: self.per_unit.count(kind) for kind in dict.fromkeys(self.per_unit)}

    def further_macs(self) -> Dim:
        """The multiply-accumulates of a cell in a step, beside those of the gates."""
        return 0

    def reach(self, xs: Inputs) -> Sequence[Reach] | None:
        (x,) = xs
        (steps,) = x.spatial
        # A state sees all steps before it; with both directions it sees those after it too.
        extent = 2 * steps - 1 if self.bidirectional else steps
        return [Reach(extent, 1, before=steps - 1)]

    def depth(self) -> int:
        return self.layers

    def kept(self, xs: Inputs, y: Volume) -> Iterable[Kept]:
        (x,) = xs
        (steps,) = x.spatial
        cells = len([*self.cells(xs)])
        yield Kept("gates and states", cells * self.kept_values(steps))
        yield Kept("outputs of the layers below", (self.layers - 1) * steps * self.width)

    def kept_values(self, steps: Dim) -> Dim:
        """How many values a cell keeps, as PyTorch without cuDNN and oneDNN keeps them."""
        return self.kept_per_unit * self.units * steps

    def torch(self, nn: Any, xs: Inputs) -> Any:
        (x,) = xs
        options = {"num_layers": self.layers, "bidirectional": self.bidirectional, "bias": bool(self.bias)}
        layer = getattr(nn, self.module)(x.channels, self.units, **options, **self.torch_options())
        return nn.OverSteps(layer, self.gives == "last", self.bias == "single")

    def torch_options(self) -> dict[str, Any]:
        """The further arguments of the module."""
        return {}


SIGMOID = ("exps", "adds", "divs")
TANH = ("muls", "exps", "adds", "adds", "divs")


@operation
class RNN(Recurrent):
    """Recurrent layer of Elman: h = tanh(W·x + U·h + b) at every step.

    It reads a sequence such as ``[tokens, 768]``. A step costs units·(inputs + units) multiply-accumulates.
    The bias is two vectors, as PyTorch has them; ``bias: single`` is one, as in Keras.

    >>> from archcalc.ops.base import Volume
    >>> rnn = RNN(units=128)
    >>> x = Volume((20,), 64)
    >>> y = rnn.shape((x,))
    >>> y.dims, rnn.cost((x,), y)["macs"] == 20 * 128 * (64 + 128)
    ((20, 128), True)
    """

    name = "rnn"
    other_names = ("simplernn",)
    source = "Elman 1990; torch.nn.RNN"
    per_unit = TANH
    module = "RNN"

    def kept_values(self, steps: Dim) -> Dim:
        return self.units * (steps + 1)  # the first state too


@operation
class GRU(Recurrent):
    """Gated recurrent unit: gates z and r, and a new state n = tanh(W·x + r·(U·h)); h = (1 - z)·n + z·h.

    It reads a sequence such as ``[tokens, 768]``. A step costs 3·units·(inputs + units) multiply-accumulates.
    The bias is two vectors for each gate, as in PyTorch and Keras; ``bias: single`` is one, as in the paper.

    >>> from archcalc.ops.base import Volume
    >>> gru = GRU(units=128)
    >>> x = Volume((20,), 64)
    >>> y = gru.shape((x,))
    >>> y.dims, sum(weight.count for weight in gru.weights((x,), y)) == 3 * 128 * (64 + 128 + 2)
    ((20, 128), True)
    """

    name = "gru"
    source = "Cho et al. 2014; torch.nn.GRU"
    products = 3
    per_unit = (*SIGMOID, *SIGMOID, *TANH, "muls", "muls", "adds", "adds", "adds")
    kept_per_unit = 7
    module = "GRU"


@operation
class LSTM(Recurrent):
    """Long short-term memory: gates i, f and o, and a cell c = f·c + i·tanh(W·x + U·h); h = o·tanh(c).

    It reads a sequence such as ``[tokens, 768]``. A step costs 4·units·(inputs + units) multiply-accumulates.
    The bias is two vectors for each gate, as in PyTorch; ``bias: single`` is one, as in Keras and the paper.
    With ``projection`` the state that the next step reads is a product of h, and as wide as it says.

    >>> from archcalc.ops.base import Volume
    >>> lstm = LSTM(units=128, gives="last")
    >>> x = Volume((20,), 64)
    >>> y = lstm.shape((x,))
    >>> y.dims, sum(weight.count for weight in lstm.weights((x,), y)) == 4 * 128 * (64 + 128 + 2)
    ((128,), True)
    """

    name = "lstm"
    source = "Hochreiter and Schmidhuber 1997; Gers et al. 2000; Sak et al. 2014 (projection); torch.nn.LSTM"
    products = 4
    per_unit = (*SIGMOID, *SIGMOID, *SIGMOID, *TANH, *TANH, "muls", "muls", "muls", "adds")
    kept_per_unit = 7
    module = "LSTM"

    projection: Dim | None = option(
        Count(), "width of the projected state, less than units; without it none", default=None
    )

    @property
    def state(self) -> Dim:
        return self.units if self.projection is None else self.projection

    def claims(self, xs: Inputs) -> Iterable[Claim]:
        yield from super().claims(xs)
        if self.projection is not None:
            says = f"the projection must be narrower than {self.units} units, not {self.projection} wide"
            yield Claim(dims.at_least, self.units, self.projection + 1, lambda: says, "projection")

    def further_weights(self, cell: RecurrentCell) -> Iterable[Weight]:
        if self.projection is not None:
            yield Weight(f"weight_hr{cell.suffix}", (self.projection, self.units))

    def further_macs(self) -> Dim:
        return 0 if self.projection is None else self.units * self.projection

    def kept_values(self, steps: Dim) -> Dim:
        values = super().kept_values(steps)
        return values if self.projection is None else values + self.projection * steps

    def torch_options(self) -> dict[str, Any]:
        return {} if self.projection is None else {"proj_size": self.projection}
