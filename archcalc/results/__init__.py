"""What archcalc answers: frozen records of integers, without layout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple, TypeAlias

from archcalc.conventions import DTYPES, Convention

Shape: TypeAlias = tuple[int, ...]
"""Sizes in the order H, W, C."""

FORMAT = 1
"""The version of the JSON; it changes when a key changes its meaning or goes away."""


class Layer(NamedTuple):
    """One layer, or several folded into one row; activations and operations are those of the whole batch.

    Shapes are those of one image. ``inputs`` are the paths of the layers read, ``input`` their shapes;
    ``weight_shapes`` the named arrays in PyTorch's axis order. ``slide_activations`` is 0 for what the lectures
    give no memory of its own (ReLU, dropout). ``smallest_field`` is the receptive field by the narrowest path
    through the branches, ``aligned`` whether all branches agree on its centre. ``connections`` is None where
    nobody counts them.
    """

    path: str
    op: str
    inputs: tuple[str, ...]
    input: tuple[Shape, ...]
    output: Shape
    options: Mapping[str, Any]
    weight_shapes: Mapping[str, Shape]
    weights: int
    biases: int
    norm_params: int
    buffers: int
    activations: int
    macs: int
    flops: int
    operations: Mapping[str, int]
    receptive_field: tuple[Any, ...]
    smallest_field: tuple[Any, ...]
    jump: tuple[Any, ...]
    aligned: bool
    connections: int | None
    follower: bool
    slide_activations: int
    weighted: bool
    aux: bool

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def params(self) -> int:
        """Everything trained: weights, biases, gamma and beta."""
        return self.weights + self.biases + self.norm_params


class Totals(NamedTuple):
    """The totals of a network; activations and operations are those of the whole batch.

    ``activations``: output values of every layer. ``slide_activations``: the lectures' count, the input
    and every conv, pool, norm and fc row, with ReLU and dropout in place. ``peak_activations``: the most
    values alive at once in a forward pass, during layer ``peak_layer``. ``depth``: the longest path of
    weighted layers. ``receptive_field``: the side of the input that a value of the last map sees.
    """

    params: int
    weights: int
    biases: int
    norm_params: int
    buffers: int
    macs: int
    flops: int
    activations: int
    slide_activations: int
    conv_fc_outputs: int
    peak_activations: int
    peak_layer: str
    activation_bytes: int
    slide_activation_bytes: int
    peak_activation_bytes: int
    param_bytes: int
    depth: int
    receptive_field: tuple[Any, ...]
    connections: int | None


class Training(NamedTuple):
    """Memory of one training step, in bytes: four parts that add up to ``total_bytes``."""

    optimizer: str
    param_bytes: int
    gradient_bytes: int
    optimizer_bytes: int
    kept_activation_bytes: int
    total_bytes: int


class Expected(NamedTuple):
    """Stochastic depth: what an average training step runs."""

    branches: int
    surviving: Fraction
    macs: Fraction


class Analysis(NamedTuple):
    """The exact table of one network; ``paths`` are the ways from input to output by length, if asked for."""

    network: str
    title: str
    family: str
    year: int | None
    source: str
    input: Shape
    settings: Mapping[str, Any]
    batch: int
    dtype: str
    layers: tuple[Layer, ...]
    totals: Totals
    convention: Convention
    assumptions: tuple[str, ...] = ()
    training: Training | None = None
    expected: Expected | None = None
    paths: Mapping[int, int] | None = None
    has_aux: bool = False

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
            "totals": plain(self.totals._asdict()),
            "assumptions": list(self.assumptions),
            "convention": {"name": self.convention.name, "mac_is": self.convention.mac_is},
        }
        if self.training is not None:
            answer["training"] = self.training._asdict()
        if self.paths is not None:
            lengths = [[length, count] for length, count in self.paths.items()]
            answer["paths"] = {"count": sum(self.paths.values()), "lengths": lengths}
        if self.expected is not None:
            answer["expected"] = plain(self.expected._asdict())
        return answer

    def _layer_json(self, row: Layer, layout: str) -> dict[str, Any]:
        shapes = [_laid_out(shape, layout) for shape in row.input]
        return {
            "name": row.name,
            "path": row.path,
            "op": row.op,
            "inputs": list(row.inputs),
            "input": shapes[0] if len(shapes) == 1 else shapes,
            "output": _laid_out(row.output, layout),
            "options": plain(dict(row.options)),
            "params": row.params,
            "weights": row.weights,
            "biases": row.biases,
            "norm_params": row.norm_params,
            "buffers": row.buffers,
            "weight_shapes": plain(dict(row.weight_shapes)),
            "activations": row.activations,
            "slide_activations": row.slide_activations,
            "activation_bytes": row.activations * self.value_bytes,
            "macs": row.macs,
            "flops": row.flops,
            "operations": dict(row.operations),
            "receptive_field": plain(row.receptive_field),
            "smallest_field": plain(row.smallest_field),
            "jump": plain(row.jump),
            "aligned": row.aligned,
            "connections": row.connections,
        }


class Listed(NamedTuple):
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

    def as_json(self) -> dict[str, Any]:
        """The record of ``archcalc list --format json``."""
        return {key: plain(value) for key, value in self._asdict().items()}


def _laid_out(shape: Shape, layout: str) -> list[int]:
    return [*shape[-1:], *shape[:-1]] if layout == "chw" else list(shape)


def plain(value: Any) -> Any:
    """Tuples as lists and fractions as decimals, as JSON can hold them."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return float(value) if isinstance(value, Fraction) else value
