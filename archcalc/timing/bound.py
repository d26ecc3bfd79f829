"""The lower bound: no program computes the pass faster on this device, as far as the known algorithms go.

* Each layer is fused with its followers: the values between them never reach memory.
* Every kernel runs at the peak rate and at the full bandwidth, and nothing is lost between two kernels.
* A float32 convolution of stride 1 needs 2.25 times fewer multiplications: Winograd's F(2x2, 3x3) computes 4
  outputs with 16 multiplications instead of 36, and an FFT does the same for larger kernels (Lavin and Gray,
  Fast Algorithms for Convolutional Neural Networks, CVPR 2016, section 4; cuDNN has both from version 5 on).
* In training only the two products of each layer with weights count, and the values that the optimizer moves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archcalc.engine.walk import Step
from archcalc.network import Network
from archcalc.results.time import FLOAT32
from archcalc.timing.kernels import Kernel, backward, fused, merged
from archcalc.timing.precision import Precision
from archcalc.timing.roofline import time_of

FEWER = 36 / 16
"""Multiplications of a direct convolution per multiplication of F(2x2, 3x3)."""


def fewer_products(kernel: Kernel, precision: Precision) -> float:
    """How many times fewer multiplications the fastest known algorithm needs; 1 for matrix units.

    Tensor cores multiply whole tiles, so the libraries compute half precision and TF32 directly.
    """
    is_direct = precision.on_matrix_units(kernel) or precision.computed != FLOAT32
    return FEWER if kernel.slides and not is_direct else 1.0


def lower_bound(
    network: Network, steps: Sequence[Step], batch: int, precision: Precision, *, train: bool = False
) -> float:
    """The least seconds of a pass; ``train``: of a forward and a backward pass."""
    return sum(
        time_of(kernel, precision, fewer=fewer_products(kernel, precision))[0]
        for kernel in _kernels(network, steps, batch, precision.value_bytes, train)
    )


def _kernels(
    network: Network, steps: Sequence[Step], batch: int, value_bytes: int, train: bool
) -> Iterator[Kernel]:
    for group in fused(steps):
        kernel = merged(group, batch, value_bytes)
        if kernel:
            yield kernel
    if train:
        for kernels in backward(network, steps, batch, value_bytes).values():
            yield from (kernel for kernel in kernels if kernel.macs)
