"""The contents of a lock file: exact figures of networks, layer by layer."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from archcalc.engine.quantities import QUANTITIES
from archcalc.results import FORMAT, Shape, plain

LOCKED_IN_LAYERS = tuple(quantity.key for quantity in QUANTITIES if quantity.locked == "layers")
"""The counts of a layer that are locked. Its activations are not: they follow from its output."""

LOCKED = tuple(quantity.key for quantity in QUANTITIES if quantity.locked)
"""The totals that are locked."""

LOCKED_AT_FIRST = (
    "params",
    "weights",
    "biases",
    "norm_params",
    "buffers",
    "macs",
    "flops",
    "activations",
    "slide_activations",
    "conv_fc_outputs",
    "peak_activations",
    "activation_bytes",
    "peak_activation_bytes",
    "param_bytes",
    "depth",
)
"""The quantities of a lock that does not list them, as the first locks. Nothing is added here."""


class LockedLayer(NamedTuple):
    """One line of a lock: a layer with its shapes and the counts that are not 0, for one image."""

    path: str
    op: str
    input: tuple[Shape, ...]
    output: Shape
    figures: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        """The line as a JSON object."""
        # The figures stand beside the shapes, so that a layer is one short line of the file.
        shapes = {"input": [list(shape) for shape in self.input], "output": list(self.output)}
        return {"layer": self.path, "op": self.op, **shapes, **self.figures}


class LockedNetwork(NamedTuple):
    """One network of a lock. Its layers include auxiliary heads; its totals do not.

    ``spec`` is a hash of the layers and connections, the same for every spelling of the spec.
    """

    name: str
    spec: str
    input: Shape
    layers: tuple[LockedLayer, ...]
    totals: Mapping[str, int]

    def only(self, quantities: Collection[str]) -> LockedNetwork:
        """The same network with these figures only."""
        layers = (layer._replace(figures=_only(layer.figures, quantities)) for layer in self.layers)
        return self._replace(layers=tuple(layers), totals=_only(self.totals, quantities))

    def as_json(self) -> dict[str, Any]:
        """The network as a JSON object; its name is its key."""
        return {
            "input": list(self.input),
            "layers": plain(self.layers),
            "spec": self.spec,
            "totals": dict(self.totals),
        }


def _only(figures: Mapping[str, int], quantities: Collection[str]) -> dict[str, int]:
    return {key: count for key, count in figures.items() if key in quantities}


class Lock(NamedTuple):
    """A lock file: networks by name, the convention of their counts, and the settings of ``--set``.

    ``quantities`` are the quantities in it. A later archcalc has more of them, and compares only these.
    """

    convention: str
    settings: Mapping[str, Any]
    networks: Mapping[str, LockedNetwork]
    quantities: tuple[str, ...] = LOCKED

    def as_json(self) -> dict[str, Any]:
        """The whole file as a JSON object."""
        return {
            "format": FORMAT,
            "convention": self.convention,
            "set": dict(self.settings),
            "networks": {name: self.networks[name].as_json() for name in sorted(self.networks)},
            "quantities": list(self.quantities),
        }
