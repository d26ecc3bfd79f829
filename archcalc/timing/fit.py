"""Whether a network fits into the memory of a device, by which figure, and the largest batch that does."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.conventions import DTYPES, OPTIMIZERS
from archcalc.engine.memory import kept_for_backward, peak
from archcalc.engine.totals import params, stored
from archcalc.engine.walk import Step
from archcalc.errors import ArchcalcError
from archcalc.network import INPUT, Network
from archcalc.results.time import Demand, Device, Fit, MemoryPart
from archcalc.timing.roofline import steps_of

KEPT = "parameters, gradients, optimizer, and what autograd keeps for the backward pass"
HELD = "the same with every output and its gradient held, nothing shared or overwritten"
PASS = "parameters, buffers, and the most activations alive at once"


def fit(
    network: Network,
    device: Device,
    *,
    batch: int = 1,
    dtype: str = "float32",
    train: str | None = None,
    gpus: int = 1,
) -> Fit:
    """What a device must hold for a batch, by each figure of memory.

    ``train`` names an optimizer. Of several ``gpus`` each holds its share of every layer's maps, as AlexNet's two did:
    the batch is the same on all of them, and a layer that reads all maps needs those of the others too. Raises
    ArchcalcError, SpecError.
    """
    steps = steps_of(network)
    value = DTYPES[dtype]
    if train is None:
        demands = [inference(network, steps, value)]
        if gpus > 1:
            raise ArchcalcError("maps are shared among GPUs in training only: --gpus needs --train")
    else:
        demands = [
            _demand("kept for backward", KEPT, _kept(network, steps, value, gpus), steps, value, train, gpus),
            _demand(
                "outputs and gradients", HELD, _held(network, steps, value, gpus), steps, value, train, gpus
            ),
        ]
    sized = tuple(
        demand._replace(largest_batch=largest_batch(demand.parts, device.memory)) for demand in demands
    )
    return Fit(network.name, device, batch, dtype, train, gpus, sized)


def largest_batch(parts: Sequence[MemoryPart], memory: int) -> int | None:
    """The largest batch whose parts fit; 0: not even one image, None: any batch.

    >>> largest_batch([Part("parameters", 100, 0), Part("activations", 0, 30)], 199)
    3
    """
    left = memory - sum(part.fixed for part in parts)
    per_image = sum(part.per_image for part in parts)
    if left < 0:
        return 0
    return left // per_image if per_image else None


def inference(network: Network, steps: Sequence[Step], value: int) -> Demand:
    """What a forward pass must hold at once: everything stored, and the activations alive at the worst moment."""
    kept = stored(weight for step in steps for weight in step.weights)
    parts = (
        MemoryPart("parameters", value * params(kept), 0),
        MemoryPart("buffers", value * kept["buffers"], 0),
        MemoryPart("activations alive at once", 0, value * peak(network, steps).values),
    )
    return Demand("inference", PASS, parts, None)


def _demand(
    name: str, says: str, activations: MemoryPart, steps: Sequence[Step], value: int, train: str, gpus: int
) -> Demand:
    kept = stored(weight for step in steps for weight in step.weights)
    trained, buffers = (-(-value * count // gpus) for count in (params(kept), kept["buffers"]))
    parts = (
        MemoryPart("parameters", trained, 0),
        MemoryPart("gradients", trained, 0),
        MemoryPart(f"optimizer ({train})", OPTIMIZERS[train] * trained, 0),
        MemoryPart("buffers", buffers, 0),
        activations,
    )
    return Demand(name, says, parts, None)


def _kept(network: Network, steps: Sequence[Step], value: int, gpus: int) -> MemoryPart:
    kept = kept_for_backward(network, steps)
    others = value * _of_others(network, steps, gpus)
    image = -(-(kept.values * value + kept.bytes) // gpus) + others
    return MemoryPart("activations", -(-kept.fixed_values * value // gpus), image)


def _held(network: Network, steps: Sequence[Step], value: int, gpus: int) -> MemoryPart:
    """Every array that a layer puts out, and a gradient beside each; of the input the values alone."""
    outputs = sum(step.y.size for step in steps if not step.node.op.view)
    others = _of_others(network, steps, gpus)
    own = -(-(2 * outputs + network.input.size) // gpus)
    return MemoryPart("activations and their gradients", 0, value * (own + others))


def _of_others(network: Network, steps: Sequence[Step], gpus: int) -> int:
    """The values that a GPU needs of the others' maps: the inputs of layers that read all maps, each once.

    A layer whose groups can be dealt out reads its own maps only.
    """
    if gpus == 1:
        return 0
    sizes = {INPUT: network.input.size, **{step.number: step.y.size for step in steps}}
    crossing = {
        source
        for step in steps
        if step.node.op.weighted and getattr(step.node.op, "groups", 1) % gpus
        for source in step.node.inputs
    }
    return sum(sizes[source] * (gpus - 1) // gpus for source in crossing)
