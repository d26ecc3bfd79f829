"""What a dtype means on a device: the bytes of a value, and the units that compute with it.

``amp`` is PyTorch's automatic mixed precision: activations and products in float16, parameters and the
optimizer in float32. ``tf32`` is float32 whose products run as TF32 wherever the device can.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from archcalc.conventions import AMP, DTYPES, PRECISIONS, TF32
from archcalc.errors import ArchcalcError, one_of
from archcalc.results.time import FLOAT32, Device

if TYPE_CHECKING:
    from archcalc.timing.kernels import Kernel

HALVES = ("float16", "bfloat16")

CONVOLUTIONS = ("conv", "deconv")
"""The ops whose products PyTorch runs as TF32 unless it is told otherwise:
``torch.backends.cudnn.allow_tf32`` is on, ``torch.backends.cuda.matmul.allow_tf32`` is off (PyTorch
documentation, CUDA semantics)."""


class Bytes(NamedTuple):
    """The bytes of one value: of activations, and of parameters, their gradients and the optimizer's
    values."""

    values: int
    params: int


def bytes_of(precision: str) -> Bytes:
    """The bytes of values in a precision.

    >>> bytes_of("float16"), bytes_of("amp"), bytes_of("tf32")
    (Bytes(values=2, params=2), Bytes(values=2, params=4), Bytes(values=4, params=4))
    """
    if precision == AMP:
        return Bytes(DTYPES["float16"], DTYPES[FLOAT32])
    value = DTYPES[FLOAT32 if precision == TF32 else precision]
    return Bytes(value, value)


class Precision(NamedTuple):
    """A dtype on a device.

    ``name`` is the dtype that was asked for, ``computed`` the dtype whose rates count. ``tf32`` says which
    float32 products run as TF32: those of ``"all"`` ops, of ``"conv"``, or of none (``""``).
    """

    name: str
    computed: str
    device: Device
    tf32: str = ""

    @property
    def value_bytes(self) -> int:
        return bytes_of(self.name).values

    @property
    def param_bytes(self) -> int:
        return bytes_of(self.name).params

    @property
    def casts(self) -> bool:
        """Whether every layer first copies its float32 parameters to half precision, as autocast does."""
        return self.name == AMP

    def is_tf32(self, kernel: Kernel) -> bool:
        """Whether the products of a kernel run as TF32."""
        return self.tf32 == "all" or (bool(self.tf32) and kernel.op in CONVOLUTIONS)

    def on_matrix_units(self, kernel: Kernel) -> bool:
        """Whether the products of a kernel run on tensor cores or the like."""
        return self.is_tf32(kernel) or self.computed in self.device.matrix

    def mac_rate(self, kernel: Kernel) -> int:
        """FLOP/s of the products of a kernel."""
        return self.device.mac_rate(self.computed, self.is_tf32(kernel))

    @property
    def other_rate(self) -> int:
        """FLOP/s of all other operations."""
        return self.device.other_rate(self.computed)


def precision_of(name: str, device: Device, tf32: bool | None = None) -> Precision:
    """What a dtype means on a device; ``tf32``: for all float32 products, for none, or as PyTorch does
    (None).

    Raises ArchcalcError for a dtype that the device cannot compute with.
    """
    if name not in PRECISIONS:
        raise ArchcalcError(f"unknown dtype '{name}' (known: {one_of(PRECISIONS)})")
    computed = {AMP: "float16", TF32: FLOAT32}.get(name, name)
    if computed == "float16" and name == AMP and computed not in device.dtypes:
        computed = "bfloat16"  # a TPU has rates for bfloat16 only
    if computed in HALVES and computed not in device.dtypes and FLOAT32 in device.dtypes:
        computed = FLOAT32  # half as many bytes, but no faster products: Maxwell and Pascal
    if computed not in device.dtypes:
        raise ArchcalcError(f"{device.name} has no rate for {name}; it has rates for {one_of(device.dtypes)}")
    return Precision(name, computed, device, _tf32(name, computed, device, tf32))


def _tf32(name: str, computed: str, device: Device, asked: bool | None) -> str:
    if computed != FLOAT32 or "tf32" not in device.matrix or asked is False or name in (AMP, *HALVES):
        return ""
    return "all" if asked or name == TF32 else "conv"
