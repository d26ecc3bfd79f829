"""A forward pass without derivatives: the bytes of live activations when each layer ends."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from contextlib import nullcontext

import torch
from torch import Tensor

from archcalc.backends.dispatch import Dispatch, Shapes
from archcalc.backends.pytorch import Built, inputs_of, storage_id
from archcalc.network import Network


def live_bytes(
    module: Built, network: Network, device: str, batch: int, shapes: Shapes | None
) -> tuple[dict[int, int], int | None]:
    """The bytes of live activations when each layer ends, by number; on a GPU also the allocator's peak."""
    module.work_in_place()
    on_gpu = device == "cuda"
    if on_gpu:
        gc.collect()
        torch.cuda.reset_peak_memory_stats()
    # A GPU is asked for the bytes requested since the start: the parameters are there before.
    before = _requested("current") if on_gpu else 0
    values = inputs_of(network, batch, device)
    live: dict[int, int] = {}

    def leave(number: int, output: Tensor) -> None:
        # The output is not in `values` yet, and the inputs still are.
        live[number] = _requested("current") - before if on_gpu else _held({**values, number: output})

    handles = [
        module.layers[str(number)].register_forward_hook(
            lambda _, __, output, number=number: leave(number, output)
        )
        for number in module.paths
    ]
    try:
        with torch.no_grad(), nullcontext() if shapes is None else Dispatch(None, shapes):
            module.run(values)
    finally:
        for handle in handles:
            handle.remove()
    return live, _requested("peak") - before if on_gpu else None


def _held(values: Mapping[int, Tensor]) -> int:
    """The bytes of the storages of some values, each storage once."""
    return sum({storage_id(value): value.untyped_storage().nbytes() for value in values.values()}.values())


def _requested(which: str) -> int:
    """The bytes that were requested from the GPU's allocator, without its rounding."""
    return int(torch.cuda.memory_stats()[f"requested_bytes.all.{which}"])
