"""A network as a PyTorch module: the same layers, wired as it is; and what memory there is for it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from archcalc.backends.modules import IN_PLACE, InPlace, Modules
from archcalc.engine.memory import overwriting
from archcalc.engine.walk import Step
from archcalc.network import INPUT, Network
from archcalc.ops.base import Volume


class Built(nn.Module):
    """A network whose layers are modules of their own, run in the network's order.

    ``layers`` has the module of every node under its number; ``paths`` tells their paths. A volume H x W x C is a
    tensor N, C, H, W. What nobody reads any more is let go.
    """

    def __init__(self, network: Network, steps: Sequence[Step], *, in_place: bool = False) -> None:
        """``in_place``: as after ``work_in_place``."""
        super().__init__()
        modules = Modules(bare=torch.get_default_device().type == "meta")
        self.layers = nn.ModuleDict(
            {str(step.number): step.node.op.torch(modules, step.xs) for step in steps}
        )
        self.paths = {step.number: step.node.path for step in steps}
        self.output = network.output or INPUT
        self._plan = _plan(steps, self.output)
        self._overwriting = overwriting(network, steps)
        if in_place:
            self.work_in_place()

    def work_in_place(self) -> None:
        """From now on what may overwrite its input does, the network's own too; for inference only."""
        for number in self._overwriting:
            layer = self.layers[str(number)]
            if hasattr(layer, "inplace"):
                layer.inplace = True
            elif type(layer) in IN_PLACE:
                self.layers[str(number)] = InPlace(IN_PLACE[type(layer)])

    def forward(self, x: Tensor) -> Tensor:
        return self.run({INPUT: x})

    def run(self, values: dict[int, Tensor]) -> Tensor:
        """The network on ``values``, which has the input under its number, and at any time what is still needed."""
        layers = self.layers
        for number, (sources, dead) in self._plan.items():
            values[number] = layers[str(number)](*[values[source] for source in sources])
            for source in dead:
                del values[source]
        return values[self.output]


def _plan(steps: Sequence[Step], output: int) -> dict[int, tuple[tuple[int, ...], tuple[int, ...]]]:
    """What each layer reads, and what is read for the last time by it."""
    last = {step.number: step.number for step in steps}  # what nobody reads is let go at once
    last |= {source: step.number for step in steps for source in step.node.inputs}
    last[output] = 0
    dying: dict[int, list[int]] = {}
    for source, number in last.items():
        dying.setdefault(number, []).append(source)
    return {step.number: (step.node.inputs, tuple(dying.get(step.number, ()))) for step in steps}


def build(network: Network, steps: Sequence[Step], device: str = "cpu", *, in_place: bool = False) -> Built:
    """The module of a network that was walked, on a device; ``meta`` has shapes and no values.

    Raises NotImplementedError for an op that cannot be built.
    """
    with torch.device(device):
        return Built(network, steps, in_place=in_place)


def tensor_of(
    x: Volume, batch: int, device: str, *, dtype: torch.dtype = torch.float32, grad: bool = False
) -> Tensor:
    """Random values of a volume; on the meta device none."""
    shape = (batch, x.channels, *x.spatial)
    made = (
        torch.empty(shape, device=device, dtype=dtype) if device == "meta" else _random(shape, device, dtype)
    )
    return made.requires_grad_() if grad else made


def _random(shape: tuple[int, ...], device: str, dtype: torch.dtype) -> Tensor:
    return torch.randn(shape, device=device, dtype=torch.float32).to(dtype)


NO_MEMORY = ("can't allocate memory", "out of memory", "STATUS_ALLOC_FAILED")
"""What PyTorch, CUDA, cuBLAS and cuDNN say where memory does not suffice."""


def out_of_memory(error: Exception) -> bool:
    """Whether an error says that there is too little memory, on whichever device."""
    return isinstance(error, MemoryError | torch.cuda.OutOfMemoryError) or any(
        text in str(error) for text in NO_MEMORY
    )


def free_memory(where: str) -> int | None:
    """Bytes that can be had on a device; None where nobody tells."""
    if where == "meta":
        return None
    if where.startswith("cuda"):
        torch.cuda.empty_cache()  # what PyTorch has put by can be had too
        return torch.cuda.mem_get_info(where)[0]
    try:
        with open("/proc/meminfo", encoding="utf-8") as file:
            return next(
                (1024 * int(line.split()[1]) for line in file if line.startswith("MemAvailable")), None
            )
    except OSError:
        return None
