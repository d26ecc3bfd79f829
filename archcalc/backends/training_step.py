"""Training steps on a device: their time, and the most memory that PyTorch allocates."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

import torch

from archcalc.backends.clock import timed
from archcalc.backends.pytorch import build, inputs_of
from archcalc.conventions import AMP
from archcalc.engine.walk import Step
from archcalc.network import Network
from archcalc.results.time import TimeSpan


class MeasuredStep(NamedTuple):
    """A training step: its time, and the most bytes that were allocated (None without a GPU)."""

    span: TimeSpan
    peak_bytes: int | None


def training_step(
    network: Network, steps: Sequence[Step], where: str, batch: int, dtype: str, seconds: float
) -> MeasuredStep:
    """Time forward pass, backward pass and a step of SGD with momentum; ``amp`` is PyTorch's autocast.

    Raises RuntimeError if the memory is too small.
    """
    on_gpu = where.startswith("cuda")
    if on_gpu:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(where)
    kind = where.partition(":")[0]
    stored = torch.float32 if dtype == AMP else getattr(torch, dtype)
    # Not in place: what a layer overwrites in a forward pass may be needed in the backward pass.
    module = build(network, steps, where).train().to(stored)
    optimizer = torch.optim.SGD(module.parameters(), lr=1e-6, momentum=0.9)
    xs = inputs_of(network, batch, where, dtype=stored).values()

    def casting() -> AbstractContextManager[object]:
        return torch.autocast(kind, torch.float16) if dtype == AMP else nullcontext()

    def call() -> None:
        optimizer.zero_grad(set_to_none=True)
        with casting():
            # The mean needs no labels; its gradient has the size of the output, as that of a loss has.
            loss = module(*xs).float().mean()
        loss.backward()
        optimizer.step()

    span = timed(call, where, seconds)
    return MeasuredStep(span, torch.cuda.max_memory_allocated(where) if on_gpu else None)
