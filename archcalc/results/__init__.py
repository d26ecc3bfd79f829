"""What archcalc answers: frozen records of integers, without layout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple, TypeAlias

from archcalc.conventions import DTYPES, Convention
from archcalc.engine.quantities import LAYER_FIGURES
from archcalc.engine.quantities.record import Group
from archcalc.results.figures import Figures, NamesOfLayerFigures, NamesOfTotals
from archcalc.results.printable import Printable

Shape: TypeAlias = tuple[int, ...]
"""Sizes in the order H, W, C."""

VERSION = "0.1.0"
"""The version of archcalc, as SARIF names it; the package has the same."""

FORMAT = 1
"""The version of the JSON; it changes when a key changes its meaning or goes away."""


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Layer(Figures, NamesOfLayerFigures):
    """One layer, or several folded into one row; figures are for the whole batch.

    Shapes are for one image. ``inputs`` are the paths of the layers read, ``input`` their shapes;
    ``weight_shapes`` the named arrays in PyTorch's axis order.

    The figure ``slide_activations`` is 0 for layers that work in place in the lectures (ReLU, dropout).
    ``smallest_field`` is the receptive field by the narrowest path through the branches; ``aligned`` says
    whether all branches agree on its centre. ``connections`` is None if the literature does not count them.
    """

    path: str
    op: str
    inputs: tuple[str, ...]
    input: tuple[Shape, ...]
    output: Shape
    options: Mapping[str, Any]
    weight_shapes: Mapping[str, Shape]
    operations: Mapping[str, int]
    follower: bool
    weighted: bool
    aux: bool

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Totals(Figures, NamesOfTotals):
    """The totals of a network; figures are for the whole batch.

    ``activations``: output values of every layer. ``slide_activations``: as CS231n counts, the input
    and every conv, pool, norm and fc row, with ReLU and dropout in place. ``peak_activations``: the most
    values alive at once in a forward pass, during layer ``peak_layer``. ``depth``: the longest path of
    weighted layers. ``receptive_field``: the side of the input that a value of the last map sees.
    """


class TrainingMemory(NamedTuple):
    """Memory of one training step, in bytes: four parts that add up to ``total_bytes``."""

    optimizer: str
    param_bytes: int
    gradient_bytes: int
    optimizer_bytes: int
    kept_activation_bytes: int
    total_bytes: int


class ExpectedStep(NamedTuple):
    """Stochastic depth: what an average training step runs."""

    branches: int
    surviving: Fraction
    macs: Fraction


@dataclass(frozen=True, repr=False)
class Analysis(Printable):
    """The exact table of one network.

    ``paths`` are the ways from input to output by length, if asked for. ``quantities`` are the keys of the
    quantities that were computed; None: all.
    """

    network: str
    title: str
    family: str
    year: int | None
    source: str
    input: Shape
    settings: Mapping[str, Any]
    batch: int
    dtype: str
    layers: Sequence[Layer]
    totals: Totals
    convention: Convention
    assumptions: Sequence[str] = ()
    training: TrainingMemory | None = None
    expected: ExpectedStep | None = None
    paths: Mapping[int, int] | None = None
    has_aux: bool = False
    quantities: tuple[str, ...] | None = None

    def has(self, quantity: str) -> bool:
        """Whether a quantity was computed."""
        return self.quantities is None or quantity in self.quantities

    @property
    def value_bytes(self) -> int:
        """Bytes of one value."""
        return DTYPES[self.dtype]

    def as_json(self, layers: Sequence[Layer] | None = None, layout: str = "hwc") -> dict[str, Any]:
        """The JSON of ``archcalc table``; ``layers`` are the rows if they are folded."""
        rows = self.layers if layers is None else layers
        answer: dict[str, Any] = {
            "format": FORMAT,
            "network": self.network,
            "title": self.title,
            "family": self.family,
            "year": self.year,
            "source": self.source,
            "layout": layout.upper(),
            "batch": self.batch,
            "dtype": self.dtype,
            "input": _laid_out(self.input, layout),
            "settings": plain(dict(self.settings)),
            "layers": [self._layer_json(row, layout) for row in rows],
            "totals": plain(dict(self.totals.figures)),
            "assumptions": list(self.assumptions),
            "convention": {"name": self.convention.name, "mac_is": self.convention.mac_is},
        }
        # The remaining keys exist only if they were asked for, or if the network has such a part.
        if self.training is not None:
            answer["training"] = plain(self.training)
        if self.paths is not None:
            lengths = [[length, count] for length, count in self.paths.items()]
            answer["paths"] = {"count": sum(self.paths.values()), "lengths": lengths}
        if self.expected is not None:
            answer["expected"] = plain(self.expected)
        return answer

    def _layer_json(self, row: Layer, layout: str) -> dict[str, Any]:
        shapes = [_laid_out(shape, layout) for shape in row.input]
        return {
            "name": row.name,
            "path": row.path,
            "op": row.op,
            "inputs": list(row.inputs),
            "input": shapes[0] if len(shapes) == 1 else shapes,  # most layers read one volume
            "output": _laid_out(row.output, layout),
            "options": plain(dict(row.options)),
            **_group_json(row, "stored"),
            "weight_shapes": plain(dict(row.weight_shapes)),
            **_group_json(row, "memory"),
            **_group_json(row, "operations"),
            "operations": dict(row.operations),
            **_group_json(row, "structure"),
        }


def _group_json(row: Layer, group: Group) -> dict[str, Any]:
    """The figures of one group, in the order of the list."""
    # An analysis may be asked for some figures only, so a figure can be missing.
    return {
        quantity.key: plain(row.figures[quantity.key])
        for quantity in LAYER_FIGURES
        if quantity.group == group and quantity.key in row.figures
    }


class ListedNetwork(NamedTuple):
    """One line of the list of networks; ``input`` in the order H, W, C."""

    name: str
    family: str
    year: int | None
    title: str
    input: Shape
    params: int
    macs: int
    depth: int
    aliases: tuple[str, ...]


@dataclass(frozen=True, repr=False)
class Listing(Printable):
    """The list of networks, by family (the oldest first), year and params."""

    networks: tuple[ListedNetwork, ...]

    def as_json(self) -> list[dict[str, Any]]:
        """The JSON of ``archcalc list``."""
        networks: list[dict[str, Any]] = plain(self.networks)
        return networks


def _laid_out(shape: Shape, layout: str) -> list[int]:
    # Shapes have the channels last; this also leaves a flat vector as it is.
    return [*shape[-1:], *shape[:-1]] if layout == "chw" else list(shape)


def plain(value: Any) -> Any:
    """A value as JSON can hold it: the one way from results to JSON.

    A record becomes what its ``as_json`` says; without this method it becomes its fields, by name. Tuples
    become lists, and fractions decimals.

    >>> plain({"output": (55, 55, 96), "expected": ExpectedStep(1, Fraction(1, 4), Fraction(9))})
    {'output': [55, 55, 96], 'expected': {'branches': 1, 'surviving': 0.25, 'macs': 9.0}}
    """
    # Most values are numbers, texts and their lists; a sweep has millions of them.
    if type(value) in _SCALARS:
        return value
    if type(value) is tuple or type(value) is list:
        return [plain(item) for item in value]
    if hasattr(value, "as_json"):
        return value.as_json()
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if hasattr(value, "_asdict"):  # before the tuples: a record is one of them
        return {key: plain(item) for key, item in value._asdict().items()}
    return float(value) if isinstance(value, Fraction) else value


_SCALARS = frozenset((int, str, float, bool, type(None)))
