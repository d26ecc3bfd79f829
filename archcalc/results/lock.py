"""The contents of a lock file: exact figures of networks, layer by layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from archcalc.results import FORMAT, Shape

LAYER_FIGURES = ("params", "weights", "biases", "norm_params", "buffers", "macs", "flops")
"""The counts of a layer that are locked. Its activations are not: they follow from its output."""

TOTAL_FIGURES = (
    *LAYER_FIGURES,
    "activations",
    "slide_activations",
    "peak_activations",
    "conv_fc_outputs",
    "param_bytes",
    "activation_bytes",
    "peak_activation_bytes",
    "depth",
)


class LockedLayer(NamedTuple):
    """One line of a lock: a layer with its shapes and the counts that are not 0, for one image."""

    path: str
    op: str
    input: tuple[Shape, ...]
    output: Shape
    figures: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        """The line as a JSON object."""
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

    def as_json(self) -> dict[str, Any]:
        """The network as a JSON object; its name is its key."""
        return {
            "input": list(self.input),
            "layers": [layer.as_json() for layer in self.layers],
            "spec": self.spec,
            "totals": dict(self.totals),
        }


class Lock(NamedTuple):
    """A lock file: networks by name, the convention of their counts, and the settings of ``--set``."""

    convention: str
    settings: Mapping[str, Any]
    networks: Mapping[str, LockedNetwork]

    def as_json(self) -> dict[str, Any]:
        """The whole file as a JSON object."""
        return {
            "format": FORMAT,
            "convention": self.convention,
            "set": dict(self.settings),
            "networks": {name: self.networks[name].as_json() for name in sorted(self.networks)},
        }
