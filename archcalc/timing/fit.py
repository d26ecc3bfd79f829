"""Whether a network fits into the memory of a device, by each figure, and the largest batch that fits."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.conventions import FRAGMENTATION, OPTIMIZERS, RESERVE
from archcalc.engine.memory import kept_for_backward
from archcalc.engine.totals import totals
from archcalc.engine.walk import Step
from archcalc.errors import ArchcalcError, short
from archcalc.language.figure_expressions import parse_quantity
from archcalc.language.tokens import ExprError
from archcalc.network import INPUT, Network
from archcalc.results.fit import Demand, Fit, MemoryPart
from archcalc.results.time import Device
from archcalc.timing.precision import Bytes, bytes_of
from archcalc.timing.roofline import steps_of

KEPT = "PyTorch: parameters, gradients, optimizer, and the arrays that autograd keeps for the backward pass"
HELD = "Torch7 and Caffe, never PyTorch: every output and its gradient has its own memory"
PASS = "parameters, buffers, and the peak of live activations"


def fit(
    network: Network,
    device: Device,
    *,
    batch: int = 1,
    dtype: str = "float32",
    train: str | None = None,
    gpus: int = 1,
    reserve: int = RESERVE,
    fragmentation: int = FRAGMENTATION,
    in_place: bool = True,
) -> Fit:
    """The memory that a batch needs on a device, by each figure.

    ``train`` names an optimizer; without it the figure is for inference. Several ``gpus`` split the channels
    of every layer, as AlexNet's two did: every GPU runs the whole batch, and a layer that reads all channels
    also needs the channels of the other GPUs. Of the device's memory ``reserve`` bytes and ``fragmentation``
    percent are not there for the network. Raises ArchcalcError, SpecError.
    """
    steps = steps_of(network)
    value = bytes_of(dtype)
    if train is None:
        demands = [inference(network, steps, value)]
        if gpus > 1:
            raise ArchcalcError("channels are split across GPUs in training only: --gpus needs --train")
    else:
        shared = _parameters(network, steps, value, train, gpus)
        kept = _kept(network, steps, value.values, gpus, in_place=in_place)
        demands = [
            Demand("kept for backward", KEPT, (*shared, kept), None),
            Demand("outputs and gradients", HELD, (*shared, _held(network, steps, value.values, gpus)), None),
        ]
    available = device.memory * (100 - fragmentation) // 100 - reserve
    with_batch = tuple(
        demand._replace(largest_batch=largest_batch(demand.parts, available)) for demand in demands
    )
    return Fit(network.name, device, batch, dtype, train, gpus, with_batch, reserve, fragmentation, in_place)


def size_of(size: int | str) -> int:
    """A number of bytes, such as ``512MiB``. Raises ArchcalcError.

    >>> size_of("512MiB"), size_of(0)
    (536870912, 0)
    """
    if isinstance(size, int):
        return size
    try:
        value = parse_quantity(size).evaluate({})
    except ExprError as error:
        raise ArchcalcError(f"'{short(size)}' is no size: {error.message} (write 512MiB or 1GB)") from None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ArchcalcError(f"'{short(size)}' is no whole number of bytes (write 512MiB or 1GB)")
    return value


def largest_batch(parts: Sequence[MemoryPart], memory: int) -> int | None:
    """The largest batch that fits; 0 if not even one image fits, None if every batch fits.

    >>> largest_batch([MemoryPart("parameters", 100, 0), MemoryPart("activations", 0, 30)], 199)
    3
    """
    left = memory - sum(part.fixed for part in parts)
    per_image = sum(part.per_image for part in parts)
    if left < 0:
        return 0
    return left // per_image if per_image else None


def inference(network: Network, steps: Sequence[Step], value: Bytes) -> Demand:
    """The memory of a forward pass: everything stored, and the peak of live activations."""
    needed = totals(network, steps, ("params", "buffers", "peak_activations"))
    parts = (
        MemoryPart("parameters", value.params * needed["params"], 0),
        *_half_copies(needed["params"], value),
        MemoryPart("buffers", value.params * needed["buffers"], 0),
        MemoryPart("activations alive at once", 0, value.values * needed["peak_activations"]),
    )
    return Demand("inference", PASS, parts, None)


def _parameters(
    network: Network, steps: Sequence[Step], value: Bytes, train: str, gpus: int
) -> tuple[MemoryPart, ...]:
    """What one GPU stores in training for any batch, rounded up to whole bytes."""
    kept = totals(network, steps, ("params", "buffers"))
    # -(-a // b) rounds up: a GPU cannot hold a part of a byte.
    trained, buffers = (-(-value.params * kept[key] // gpus) for key in ("params", "buffers"))
    return (
        MemoryPart("parameters", trained, 0),
        *_half_copies(-(-kept["params"] // gpus), value),
        MemoryPart("gradients", trained, 0),
        MemoryPart(f"optimizer ({train})", OPTIMIZERS[train] * trained, 0),
        MemoryPart("buffers", buffers, 0),
    )


def _half_copies(params: int, value: Bytes) -> Sequence[MemoryPart]:
    """The copies of the parameters that mixed precision computes with."""
    is_mixed = value.values != value.params
    return [MemoryPart("parameters in half precision", value.values * params, 0)] if is_mixed else []


def _kept(network: Network, steps: Sequence[Step], value: int, gpus: int, *, in_place: bool) -> MemoryPart:
    """The arrays that autograd keeps on one GPU."""
    kept = kept_for_backward(network, steps, in_place=in_place)
    per_image = -(-(kept.values * value + kept.bytes) // gpus) + value * _from_others(network, steps, gpus)
    return MemoryPart("activations", -(-kept.fixed_values * value // gpus), per_image)


def _held(network: Network, steps: Sequence[Step], value: int, gpus: int) -> MemoryPart:
    """Every output and a gradient of the same size, and the values of the inputs."""
    # A view shares the memory of its input.
    outputs = sum(step.y.size for step in steps if step.node.inputs and not step.node.op.view)
    inputs = network.input.size + sum(x.size for x in network.further_inputs.values())
    share = -(-(2 * outputs + inputs) // gpus)
    return MemoryPart(
        "activations and their gradients", 0, value * (share + _from_others(network, steps, gpus))
    )


def _from_others(network: Network, steps: Sequence[Step], gpus: int) -> int:
    """The values per image that a GPU needs from the others: each input of a layer that reads all channels.

    A layer whose groups can be split across the GPUs reads only the channels of its own GPU.
    """
    if gpus == 1:
        return 0
    sizes = {INPUT: network.input.size, **{step.number: step.y.size for step in steps}}
    # A set: an output that several layers read is copied to the other GPUs once.
    crossing = {
        source
        for step in steps
        if step.op.weighted and step.op.channel_groups % gpus
        for source in step.node.inputs
    }
    return sum(sizes[source] * (gpus - 1) // gpus for source in crossing)
