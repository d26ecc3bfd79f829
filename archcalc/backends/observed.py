"""What was observed of a network in PyTorch: records without behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import NamedTuple

from archcalc.errors import ArchcalcError

TORCH_NAMES = {"gamma": "weight", "beta": "bias"}
"""Names of arrays that torch.nn calls otherwise."""


class KeptArray(NamedTuple):
    """An array that autograd keeps for a layer: the output of node ``of``, or the layer's own (None)."""

    of: int | None
    bytes: int


class StoredArray(NamedTuple):
    """An array of a layer's ``state_dict``."""

    shape: tuple[int, ...]
    trained: bool

    @property
    def size(self) -> int:
        """The number of values."""
        return prod(self.shape)


class ObservedLayer(NamedTuple):
    """One layer, as PyTorch ran it."""

    outputs: tuple[int, ...]
    """The shape of the output, N first."""

    stored: Mapping[str, StoredArray]

    macs: int
    """The multiply-accumulates that PyTorch's flop_counter counts."""

    additional: tuple[tuple[int, str], ...]
    """Multiply-accumulates per image that the counter includes and the op does not, and what they are for."""

    uncounted: str
    """Why the counter counts nothing; "" if it counts."""

    kept: tuple[KeptArray, ...]

    padded: tuple[int, ...] | None
    """The shape of a padded copy, made where PyTorch's own layer cannot pad this way."""

    reserved: int
    """The bytes that cuDNN reserves for the backward pass."""


class Observed(NamedTuple):
    """A network, as PyTorch ran it."""

    layers: Mapping[int, ObservedLayer]
    """By node number."""

    trained: int
    buffers: int

    kept_bytes: int
    """The bytes that autograd keeps, each array once."""

    live: Mapping[int, int]
    """The bytes of live activations when each layer ends, by node number."""

    peak_bytes: int | None
    """The most bytes that the allocator of a GPU handed out; None on other devices."""


class Refused(ArchcalcError):
    """PyTorch refuses a layer; ``outputs`` has the shapes of the layers before it by number, N first."""

    def __init__(self, message: str, layer: int, outputs: Mapping[int, tuple[int, ...]]) -> None:
        self.layer, self.outputs = layer, outputs
        super().__init__(message)
