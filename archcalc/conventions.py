"""Every choice that changes a number, in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from archcalc.dims import Dim

DTYPES: dict[str, int] = {"float32": 4, "float16": 2, "bfloat16": 2, "float64": 8, "int8": 1}
"""Bytes of one value."""

OPTIMIZERS: dict[str, int] = {"sgd": 0, "momentum": 1, "adam": 2}
"""Values an optimizer keeps for every parameter."""


@dataclass(frozen=True, slots=True)
class Convention:
    """How kinds of operations become FLOPs: ``mac_is`` for a multiply-accumulate, 1 for any other operation."""

    name: str
    mac_is: int

    def flops(self, cost: Mapping[str, Dim]) -> Dim:
        """The floating-point operations of a cost.

        >>> ARCHCALC.flops({"macs": 86704128, "adds": 3211264})
        176619520
        """
        total: Dim = 0
        for kind, count in cost.items():
            total = total + (self.mac_is * count if kind == "macs" else count)
        return total

    def says(self) -> list[str]:
        """What the numbers of a table mean, in sentences."""
        return [
            "MACs: multiply-accumulates of convolutions, fully connected and other weighted layers; bias, norm, "
            "activation and pooling cost none.",
            f"FLOPs: {self.mac_is} per MAC, and 1 for every other addition, multiplication, comparison, division, "
            "exponential and power (bias, norm, activation, pooling, merging), forward pass.",
            "Params: everything trained, biases included (weights = params - biases - norm); running statistics and fixed "
            "weights are buffers.",
            "K, M, G are powers of 1000, KiB, MiB, GiB of 1024.",
        ]


ARCHCALC = Convention("archcalc", mac_is=2)
