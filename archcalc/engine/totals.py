"""The totals of a network over any kind of dimension, and only those that are asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from archcalc.conventions import ARCHCALC, DTYPES
from archcalc.dims import Dim, larger, prod
from archcalc.engine.memory import alive_values
from archcalc.engine.walk import Step
from archcalc.network import INPUT, Network
from archcalc.ops.base import Weight

STORED = {"weight": "weights", "bias": "biases", "norm": "norm_params", "buffer": "buffers"}
"""What is counted of the stored arrays, by their role."""
BYTES = {
    "param_bytes": "params",
    "activation_bytes": "activations",
    "slide_activation_bytes": "slide_activations",
    "peak_activation_bytes": "peak_activations",
}
RUNNING = ("macs", "flops", "activations", "slide_activations", "conv_fc_outputs")
FIGURES = ("params", *STORED.values(), *RUNNING, "peak_activations", *BYTES, "depth", "output")
"""The totals there are: those of the table, and ``output``, the sizes of the last layer."""


def totals(
    network: Network, steps: Iterable[Step], wanted: Collection[str], batch: int = 1, dtype: str = "float32"
) -> dict[str, Any]:
    """The wanted ones of FIGURES, summed up while the network is walked.

    As in results.Totals; ``output`` is a tuple of sizes, ``depth`` always a plain int.
    """
    needed = {*wanted, *(BYTES[name] for name in wanted if name in BYTES)}
    tally = _Tally(network, needed)
    for step in steps:
        tally.add(step)
    found = tally.found()
    for name in (*RUNNING, "peak_activations"):
        if name in found:
            found[name] = batch * found[name]
    for name, counted in BYTES.items():
        if name in needed:
            found[name] = DTYPES[dtype] * found[counted]
    return {name: found[name] for name in wanted}


class _Tally:
    """The sums so far. Sums are made anew, never in place: of arrays, the summands belong to others."""

    def __init__(self, network: Network, needed: Collection[str]) -> None:
        self.network = network
        self.needed = needed
        self.stores = any(name in needed for name in ("params", *STORED.values()))
        self.running = [name for name in RUNNING if name in needed]
        self.stored: dict[str, Dim] = stored(())
        self.sums: dict[str, Dim] = dict.fromkeys(self.running, 0)
        self.steps: list[Step] = []
        self.outputs = {INPUT: network.input}
        self.depths = {INPUT: 0}

    def add(self, step: Step) -> None:
        if self.stores:
            for name, count in stored(step.weights).items():
                self.stored[name] = self.stored[name] + count
        for name in self.running:
            count = of_layer(name, step)
            if count is not None:
                self.sums[name] = self.sums[name] + count
        if "peak_activations" in self.needed:
            self.steps.append(step)
        self.depths[step.number] = (
            max(self.depths[source] for source in step.node.signals) + step.node.op.depth()
        )
        self.outputs[step.number] = step.y

    def found(self) -> dict[str, Any]:
        end = self.network.output or INPUT
        found = {
            "params": params(self.stored),
            **self.stored,
            **self.sums,
            "depth": self.depths.get(end, 0),
            "output": self.outputs[end].dims if end in self.outputs else (),
        }
        if "slide_activations" in found:
            found["slide_activations"] = found["slide_activations"] + self.network.input.size
        if "peak_activations" in self.needed:
            most = self.network.input.size
            for _, alive in alive_values(self.network, self.steps):
                most = larger(most, alive)
            found["peak_activations"] = most
        return found


def stored(weights: Iterable[Weight]) -> dict[str, Dim]:
    """How many weights, biases, norm parameters and buffers these arrays hold."""
    found: dict[str, Dim] = dict.fromkeys(STORED.values(), 0)
    for weight in weights:
        name = STORED[weight.role]
        found[name] = found[name] + prod(weight.shape)
    return found


def params(stored: Mapping[str, Dim]) -> Dim:
    """What of that is trained."""
    return stored["weights"] + stored["biases"] + stored["norm_params"]


def of_layer(name: str, step: Step) -> Dim | None:
    """What a layer adds to one of RUNNING, of one image."""
    op = step.node.op
    if name == "macs":
        return step.cost.get("macs")
    if name == "flops":
        return ARCHCALC.flops(step.cost)
    if (name == "slide_activations" and not op.counts_as_memory) or (
        name == "conv_fc_outputs" and not op.weighted
    ):
        return None
    return step.y.size
