"""A network as a PyTorch module with the same layers and connections; and the free memory of a device."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from archcalc.backends.modules import Modules
from archcalc.backends.modules.layers import IN_PLACE, InPlace
from archcalc.backends.observed import TORCH_NAMES
from archcalc.engine.memory import overwriting
from archcalc.engine.walk import Step
from archcalc.network import INPUT, Network
from archcalc.ops.base import Volume


class Built(nn.Module):
    """A network with one module per layer, run in the network's order.

    ``layers`` has the module of every node by its number, ``paths`` its path. A volume H x W x C is a tensor
    N, C, H, W. An output is freed as soon as no later layer reads it.
    """

    def __init__(self, network: Network, steps: Sequence[Step], *, in_place: bool = False) -> None:
        """``in_place`` calls ``work_in_place``."""
        super().__init__()
        modules = Modules(bare=torch.get_default_device().type == "meta")
        self.layers = nn.ModuleDict(
            {str(step.number): step.node.op.torch(modules, step.xs) for step in steps}
        )
        self.paths = {step.number: step.node.path for step in steps}
        for step in steps:
            if step.shared:
                _share(self.layers[str(step.number)], self.layers[str(step.node.same_as)], step)
        self.output = network.output or INPUT
        self.inputs = (INPUT, *network.further_inputs)
        self._plan = _plan(steps, self.output)
        self._overwriting = overwriting(network, steps)
        if in_place:
            self.work_in_place()

    def work_in_place(self) -> None:
        """Let layers overwrite their input wherever no other layer reads it later; for inference only."""
        for number in self._overwriting:
            layer = self.layers[str(number)]
            if hasattr(layer, "inplace"):
                layer.inplace = True
            elif type(layer) in IN_PLACE:
                self.layers[str(number)] = InPlace(IN_PLACE[type(layer)])

    def forward(self, *xs: Tensor) -> Tensor:
        return self.run(dict(zip(self.inputs, xs, strict=True)))

    def run(self, values: dict[int, Tensor]) -> Tensor:
        """Run the network on ``values``: the inputs by their numbers, later only the values still needed."""
        layers = self.layers
        for number, (sources, dead) in self._plan.items():
            values[number] = layers[str(number)](*[values[source] for source in sources])
            for source in dead:
                del values[source]
        return values[self.output]


def _share(layer: nn.Module, other: nn.Module, step: Step) -> None:
    """Let a layer use the arrays of another module: they are the same tensors, not copies."""
    theirs = dict(_arrays(other))
    for name, (module, attribute) in list(_arrays(layer).items()):
        if name in {_torch_name(layer, weight.name) for weight in step.shared}:
            owner, theirs_name = theirs[name]
            arrays = module._parameters if attribute in module._parameters else module._buffers
            arrays[attribute] = getattr(owner, theirs_name)


def _torch_name(layer: nn.Module, name: str) -> str:
    """What a module calls the array of this name."""
    return name if name in _arrays(layer) else TORCH_NAMES.get(name, name)


def _arrays(layer: nn.Module) -> dict[str, tuple[nn.Module, str]]:
    """The arrays of a module by their names, each with the module that has it as an attribute."""
    return {
        name: (module, name)
        for module in layer.modules()
        for name in (*module._parameters, *module._buffers)
        if getattr(module, name) is not None
    }


def _plan(steps: Sequence[Step], output: int) -> dict[int, tuple[tuple[int, ...], tuple[int, ...]]]:
    """For each layer the values that it reads, and the values that it is the last to read."""
    # An output that no layer reads is freed at once: the layer itself is its last reader.
    last = {step.number: step.number for step in steps}
    last |= {source: step.number for step in steps for source in step.node.inputs}
    last[output] = 0  # no layer has the number 0, so the output of the network stays
    dying: dict[int, list[int]] = {}
    for source, number in last.items():
        dying.setdefault(number, []).append(source)
    # The module of a further input passes on what is there already.
    return {
        step.number: (step.node.inputs or (step.number,), tuple(dying.get(step.number, ()))) for step in steps
    }


def build(network: Network, steps: Sequence[Step], device: str = "cpu", *, in_place: bool = False) -> Built:
    """Build the module of a network on a device; ``meta`` has shapes and no values.

    Raises NotImplementedError for an op that cannot be built.
    """
    with torch.device(device):
        return Built(network, steps, in_place=in_place)


def tensor_of(
    x: Volume, batch: int, device: str, *, dtype: torch.dtype = torch.float32, grad: bool = False
) -> Tensor:
    """Random values in the shape of a volume; no values on the meta device."""
    shape = (batch, x.channels, *x.spatial)
    if device == "meta":
        tensor = torch.empty(shape, device=device, dtype=dtype)
    else:
        tensor = _random(shape, device, dtype)
    return tensor.requires_grad_() if grad else tensor


def inputs_of(
    network: Network, batch: int, device: str, *, dtype: torch.dtype = torch.float32, grad: bool = False
) -> dict[int, Tensor]:
    """Random values for all inputs of a network, by the numbers of their nodes."""
    volumes = {INPUT: network.input, **network.further_inputs}
    return {number: tensor_of(x, batch, device, dtype=dtype, grad=grad) for number, x in volumes.items()}


def _random(shape: tuple[int, ...], device: str, dtype: torch.dtype) -> Tensor:
    # Drawn in float32, so that every dtype gets the same values.
    return torch.randn(shape, device=device, dtype=torch.float32).to(dtype)


def storage_id(array: Tensor) -> int:
    """A number that is the same for two views of one storage."""
    return int(array.untyped_storage()._cdata)


NO_MEMORY = ("can't allocate memory", "out of memory", "STATUS_ALLOC_FAILED")
"""What PyTorch, CUDA, cuBLAS and cuDNN report when memory is too small."""


def out_of_memory(error: Exception) -> bool:
    """Whether an error reports too little memory, on any device."""
    return isinstance(error, MemoryError | torch.cuda.OutOfMemoryError) or any(
        text in str(error) for text in NO_MEMORY
    )


def free_memory(where: str) -> int | None:
    """The free bytes of a device; None if the system does not report them."""
    if where == "meta":
        return None
    if where.startswith("cuda"):
        torch.cuda.empty_cache()  # memory that PyTorch holds in reserve is free too
        return torch.cuda.mem_get_info(where)[0]
    try:
        with open("/proc/meminfo", encoding="utf-8") as file:
            return next(
                (1024 * int(line.split()[1]) for line in file if line.startswith("MemAvailable")), None
            )
    except OSError:
        return None
