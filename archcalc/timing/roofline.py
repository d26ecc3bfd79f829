"""The roofline model: the least time that a kernel needs on a device.

* A kernel needs at least its operations divided by the rate of the units that compute them.
  Multiply-accumulates run on the matrix units where a device has them; all other operations run on the vector
  units.
* A kernel needs at least its bytes divided by the memory bandwidth. Bytes are the inputs, the stored arrays
  and the output, each once. The model assumes that caches hold what a kernel reads twice, and nothing from
  the kernel before.
* The larger of both is the time, and names what bounds the kernel.

Kernels run one after the other, so the time of a network is the sum.

Source: Williams, Waterman, Patterson: Roofline, Communications of the ACM 52 (2009).
"""

from __future__ import annotations

from archcalc.conventions import ARCHCALC
from archcalc.engine.walk import Step, walk_or_raise
from archcalc.network import Network
from archcalc.results.time import COMPUTE, MEMORY
from archcalc.timing.kernels import Kernel
from archcalc.timing.precision import Precision


def steps_of(network: Network) -> list[Step]:
    """Work out every layer of a network, without auxiliary heads. Raises SpecError."""
    return walk_or_raise(network, aux=False)[0]


def time_of(
    kernel: Kernel, precision: Precision, *, fewer: float = 1.0, compute: float = 1.0, memory: float = 1.0
) -> tuple[float, str]:
    """The seconds of a kernel, and what bounds them.

    Parameters:
        fewer: an algorithm computes the products with so many times fewer multiplications.
        compute, memory: the share of the peak rate and of the bandwidth that the kernel reaches.
    """
    products = ARCHCALC.mac_is * kernel.macs / fewer / precision.mac_rate(kernel)
    # The model lets matrix units and vector units work one after the other.
    computing = (products + kernel.others / precision.other_rate) / compute
    moving = kernel.bytes / precision.device.bandwidth / memory
    return (computing, COMPUTE) if computing >= moving else (moving, MEMORY)
