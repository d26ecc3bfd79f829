"""A network on a device, ready to be timed: as a whole, or one layer at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle

import torch
from torch import Tensor, nn

from archcalc.backends.clock import replayed, timed
from archcalc.backends.modules.tokens import as_rows, from_rows
from archcalc.backends.pytorch import build, out_of_memory, tensor_of
from archcalc.engine.walk import Step
from archcalc.network import Network
from archcalc.ops.base import Volume
from archcalc.results.time import Settings, TimeSpan

SHORT_MS = 1.0
"""A shorter layer on a GPU is timed as a CUDA graph: launching its kernels may take as long as running."""

# Larger than the last-level cache of most CPUs; PyTorch does not report its size. GPUs report theirs.
CPU_CACHE = 128 * 2**20

COPIES = 16
"""The most copies of an input: an input that is smaller than a sixteenth of the cache stays in the cache."""

CHANNELS_LAST = {4: torch.channels_last, 5: torch.channels_last_3d}
"""Memory formats by the number of axes; PyTorch has none for one spatial axis."""

NO_KERNEL = ("not implemented for", "unable to find an engine", "STATUS_NOT_SUPPORTED")
"""What PyTorch, cuDNN and cuBLAS report for a layer without a kernel for the dtype."""


class Bench:
    """A network built on a device for one dtype and batch."""

    def __init__(
        self, network: Network, steps: Sequence[Step], where: str, batch: int, dtype: str, settings: Settings
    ) -> None:
        self.where, self.batch, self.steps = where, batch, steps
        self.dtype: torch.dtype = getattr(torch, dtype)
        self.axes = 2 + network.input.rank
        self.format = CHANNELS_LAST.get(self.axes) if settings.channels_last else None
        module = build(network, steps, where, in_place=True).eval().to(self.dtype)
        for array in module.parameters():
            array.data = self._formatted(array.data)
        self.module: nn.Module = module
        self.layers: Mapping[str, nn.Module] = module.layers
        volumes = (network.input, *network.further_inputs.values())
        self.inputs = [self._tensor(x) for x in volumes]

    def whole(self, seconds: float) -> tuple[TimeSpan, TimeSpan | None]:
        """The time of a pass, and on a GPU the time of its replay as a CUDA graph."""

        def call() -> object:
            return self.module(*self.inputs)

        span = timed(call, self.where, seconds)
        return span, replayed(call, 1, seconds) if self.where.startswith("cuda") else None

    def layer(self, step: Step, seconds: float) -> TimeSpan:
        """The time of one layer. It reads copies of its input in turn, so that no cache holds them."""
        module = self.layers[str(step.number)]
        size = self.batch * sum(x.size for x in step.xs) * self.dtype.itemsize
        copies = min(COPIES, 1 + _cache(self.where) // max(1, size))
        order = in_rows if getattr(module, "reads_rows", False) else nn.Identity()
        inputs = cycle([tuple(order(self._tensor(x)) for x in step.xs) for _ in range(copies)])

        def call() -> object:
            return module(*next(inputs))

        span = timed(call, self.where, seconds)
        # A graph that cannot be recorded gives None; then the launched time is the best that there is.
        if self.where.startswith("cuda") and span.median < SHORT_MS:
            return replayed(call, copies, seconds) or span
        return span

    def _tensor(self, volume: Volume) -> Tensor:
        return self._formatted(tensor_of(volume, self.batch, self.where, dtype=self.dtype))

    def _formatted(self, array: Tensor) -> Tensor:
        """The array in the memory format of the settings; only maps, and filters over maps, have a format."""
        if self.format is None or array.ndim != self.axes:
            return array
        return array.contiguous(memory_format=self.format)


def in_rows(x: Tensor) -> Tensor:
    """The same tensor with the channels last in memory, as a layer before tokens gives it."""
    return from_rows(as_rows(x).contiguous())


def _cache(where: str) -> int:
    if not where.startswith("cuda"):
        return CPU_CACHE
    # Four times the reported size is a margin: caches do not replace strictly the oldest line.
    return 4 * int(getattr(torch.cuda.get_device_properties(where), "L2_cache_size", CPU_CACHE))


def same_work(step: Step) -> tuple[str, str, bool]:
    """A key that is equal for layers with the same work: the op with its options, and the input.

    One time serves all.
    """
    return repr(step.node.op), str(step.xs), step.node.op.in_place


def failure(error: Exception) -> str:
    """Why a run has no times: no memory, or no kernel.

    "" for any other error, which is a mistake of the program.
    """
    if out_of_memory(error):
        return "out of memory"
    message = str(error)
    if isinstance(error, NotImplementedError) or any(text in message for text in NO_KERNEL):
        return f"PyTorch cannot run it: {message.splitlines()[0] if message else 'not implemented'}"
    return ""
