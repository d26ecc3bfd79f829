"""What archcalc answers: frozen records of integers, without layout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from fractions import Fraction
from typing import Any, TypeAlias

from archcalc.conventions import DTYPES, Convention
from archcalc.engine.quantities import LAYER_FIGURES
from archcalc.engine.quantities.record import Group
from archcalc.ops.frozen import Record, record
from archcalc.results.figures import Figures, NamesOfLayerFigures, NamesOfTotals
from archcalc.results.printable import Printable
from archcalc.results.values import Joined, laid_out
from archcalc.results.values import plain as plain

Shape: TypeAlias = tuple[int, ...]
"""Sizes in the order H, W, C."""

VERSION = "0.1.0"
"""The version of archcalc, as SARIF names it; the package has the same."""

FORMAT = 1
"""The version of the JSON; it changes when a key changes its meaning or goes away."""


@record
class Layer(Figures, NamesOfLayerFigures):
    """One layer, or several folded into one row; figures are for the whole batch.

    Shapes are for one image. ``inputs`` are the paths of the layers read, ``input`` their shapes;
    ``weight_shapes`` the named arrays in PyTorch's axis order.

    The figure ``slide_activations`` is 0 for layers that work in place in the lectures (ReLU, dropout).
    ``same_as`` is the path of the layer whose arrays it uses; they are not among its own ``weight_shapes``.
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
    same_as: str = ""

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]


@record
class Totals(Figures, NamesOfTotals):
    """The totals of a network; figures are for the whole batch.

    ``activations``: output values of every layer. ``slide_activations``: as CS231n counts, the input
    and every conv, pool, norm and fc row, with ReLU and dropout in place. ``peak_activations``: the most
    values alive at once in a forward pass, during layer ``peak_layer``. ``depth``: the longest path of
    weighted layers. ``receptive_field``: the side of the input that a value of the last map sees.
    """


@record
class TrainingMemory(Record):
    """Memory of one training step, in bytes: four parts that add up to ``total_bytes``."""

    optimizer: str
    param_bytes: int
    gradient_bytes: int
    optimizer_bytes: int
    kept_activation_bytes: int
    total_bytes: int


@record
class ExpectedStep(Record):
    """Stochastic depth: what an average training step runs."""

    branches: int
    surviving: Fraction
    macs: Fraction


@record
class CountedBy(Record):
    """A network counted by the convention of a tool; ``layers`` has the layers that count, by path.

    ``unit`` says what the number is closest to: ``macs``, ``flops`` or ``params``. ``total`` is the number
    that the tool prints; ``beside`` is the part of it that belongs to no layer of the network.
    """

    name: str
    version: str
    calls: str
    unit: str
    total: int
    params: int
    layers: Mapping[str, int]
    beside: int = 0

    @property
    def heading(self) -> str:
        """The heading of its column: the tool, and what it calls its number."""
        return f"{self.name} {self.calls}"

    def of_scope(self, path: str) -> int:
        """What it counts in a layer with its followers, or in all layers of a scope."""
        inside = f"{path}/"
        return sum(count for layer, count in self.layers.items() if f"{layer}/".startswith(inside))

    def summary(self) -> dict[str, Any]:
        """The count without its layers, in JSON."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "layers"}


@record
class Analysis(Printable, Record):
    """The exact table of one network.

    ``shared`` has the layers and blocks that use the arrays of others, by path, each with the path of the
    other. ``paths`` are the ways from input to output by length, if asked for. ``quantities`` are the keys of
    the quantities that were computed; None: all. ``counted`` is the count by the convention of a tool.
    ``inputs`` are the sizes of all inputs by name, if the inputs have names; ``input`` is the first.
    ``partial`` has the layers of which it is not known what they compute: the totals leave them out.
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
    shared: Mapping[str, str] = field(default_factory=dict)
    counted: CountedBy | None = None
    inputs: Mapping[str, Shape] = field(default_factory=dict)
    partial: tuple[str, ...] = ()

    def has(self, quantity: str) -> bool:
        """Whether a quantity was computed."""
        return self.quantities is None or quantity in self.quantities

    @property
    def value_bytes(self) -> int:
        """Bytes of one value."""
        return DTYPES[self.dtype]

    def as_json(self, layers: Sequence[Layer] | None = None, layout: str = "hwc") -> dict[str, Any]:
        """The JSON of ``archcalc table``; ``layers`` are the rows if they are folded."""
        data = self.json_data(layers, layout)
        return {**data, "layers": [layer.as_json() for layer in data["layers"]]}

    def json_data(self, layers: Sequence[Layer] | None = None, layout: str = "hwc") -> dict[str, Any]:
        """The same data, with layers in parts (``Joined``): deep networks have many equal layers."""
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
            "input": laid_out(self.input, layout),
            "settings": plain(dict(self.settings)),
            "layers": _layers_json(rows, layout),
            "totals": plain(dict(self.totals.figures)),
            "assumptions": list(self.assumptions),
            "convention": self._convention_json(),
        }
        # The remaining keys exist only if they were asked for, or if the network has such a part.
        if self.training is not None:
            answer["training"] = plain(self.training)
        if self.paths is not None:
            lengths = [[length, count] for length, count in self.paths.items()]
            answer["paths"] = {"count": sum(self.paths.values()), "lengths": lengths}
        if self.inputs:
            answer["inputs"] = {name: laid_out(shape, layout) for name, shape in self.inputs.items()}
        if self.partial:
            answer["partial"] = list(self.partial)
        if self.shared:
            answer["shared"] = dict(self.shared)
        if self.expected is not None:
            answer["expected"] = plain(self.expected)
        return answer

    def _convention_json(self) -> dict[str, Any]:
        """Our own convention, or that of a tool with its numbers."""
        if self.counted is None:
            return {"name": self.convention.name, "mac_is": self.convention.mac_is}
        counted: dict[str, Any] = plain(self.counted)
        return counted


def _layers_json(rows: Sequence[Layer], layout: str) -> list[Joined]:
    """Layers as JSON. Layers with the same op, input and figures share a part, and so do layers with the same
    place among the receptive fields.
    """
    works: dict[tuple[Any, ...], tuple[dict[str, Any], dict[str, Any]]] = {}
    places: dict[tuple[Any, ...], dict[str, Any]] = {}
    objects = []
    for row in rows:
        # The rows live as long as this loop: an identity means the same thing in all of it.
        shared = row.input, row.output, row.options, row.weight_shapes, row.operations
        work = (*map(id, shared), *map(row.figures.get, _OF_WORK))
        if work not in works:
            works[work] = _work_json(row, layout), _figures_json(row, _OF_WORK_LAST)
        place = tuple(map(row.figures.get, _OF_PLACE))
        if place not in places:
            places[place] = _figures_json(row, _OF_PLACE)
        names: dict[str, Any] = {"name": row.name, "path": row.path, "op": row.op, "inputs": list(row.inputs)}
        if row.same_as:
            names["same_as"] = row.same_as
        first, last = works[work]
        objects.append(Joined(names, first, places[place], last))
    return objects


def _work_json(row: Layer, layout: str) -> dict[str, Any]:
    """What a layer does, wherever it stands."""
    shapes = [laid_out(shape, layout) for shape in row.input]
    return {
        "input": shapes[0] if len(shapes) == 1 else shapes,  # most layers read one volume
        "output": laid_out(row.output, layout),
        "options": plain(dict(row.options)),
        **_figures_json(row, _STORED),
        "weight_shapes": plain(dict(row.weight_shapes)),
        **_figures_json(row, _MEMORY),
        **_figures_json(row, _OPERATIONS),
        "operations": dict(row.operations),
    }


def _figures_json(row: Layer, keys: Sequence[str]) -> dict[str, Any]:
    # An analysis may be asked for some figures only, so a figure can be missing.
    return {key: plain(row.figures[key]) for key in keys if key in row.figures}


def _keys(group: Group) -> list[str]:
    """The figures of one group that a layer has wherever it stands, in the order of the list."""
    return [quantity.key for quantity in LAYER_FIGURES if quantity.group == group and not quantity.by_place]


_STORED, _MEMORY, _OPERATIONS = _keys("stored"), _keys("memory"), _keys("operations")
_OF_PLACE = [quantity.key for quantity in LAYER_FIGURES if quantity.by_place]
_OF_WORK_LAST = _keys("structure")
"""The figures that stand at the end, after those of the place."""

_OF_WORK = [*_STORED, *_MEMORY, *_OPERATIONS, *_OF_WORK_LAST]
