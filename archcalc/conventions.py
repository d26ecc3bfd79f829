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
    """How kinds of operations become FLOPs: ``mac_is`` for a multiply-accumulate, 1 for any other operation.

    ``version`` goes up when anything that a number counts changes; numbers of two versions cannot be compared.
    """

    name: str
    mac_is: int
    version: int = 1

    @property
    def id(self) -> str:
        """What stands for it in a lock file.

        >>> ARCHCALC.id
        'archcalc/1'
        """
        return f"{self.name}/{self.version}"

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
            "MACs: multiply-accumulates of conv, fc and other weighted layers; bias, norm, activation, pooling: none.",
            f"FLOPs: {self.mac_is} per MAC, 1 per other addition, multiplication, division, comparison, exp or power.",
            "Params: all that is trained: weights, biases, norm (gamma, beta). Buffers (running statistics) are apart.",
            "Operations are of one forward pass. K, M, G are powers of 1000; KiB, MiB, GiB powers of 1024.",
        ]


ARCHCALC = Convention("archcalc", mac_is=2)
