"""The choices that change a number, in one place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from archcalc.dims import Dim

DTYPES: dict[str, int] = {"float32": 4, "float16": 2, "bfloat16": 2, "float64": 8, "int8": 1}
"""Bytes per value."""

OTHER_DTYPES: dict[str, str] = {
    **dict.fromkeys(("fp32", "float", "single"), "float32"),
    **dict.fromkeys(("fp16", "half"), "float16"),
    **dict.fromkeys(("fp64", "double"), "float64"),
    "bf16": "bfloat16",
}
"""Names that other programs have for a dtype."""

OPTIMIZERS: dict[str, int] = {"sgd": 0, "momentum": 1, "adam": 2}
"""Values that an optimizer keeps per parameter."""


class Convention(NamedTuple):
    """How operations become FLOPs: ``mac_is`` per multiply-accumulate, 1 per other operation.

    ``version`` increases when the meaning of any number changes; numbers of two versions cannot be compared.
    """

    name: str
    mac_is: int
    version: int = 1

    @property
    def id(self) -> str:
        """The text for this convention in a lock file.

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
        """Sentences that explain the numbers of a table."""
        return [
            (
                "MACs: multiply-accumulates of conv, fc and other weighted layers; "
                "bias, norm, activation and pooling count as none."
            ),
            (
                f"FLOPs: {self.mac_is} per MAC, 1 per other addition, multiplication, division, comparison, "
                "exp or power."
            ),
            (
                "Params: everything trained: weights, biases, norm (gamma, beta); "
                "buffers (running statistics) are not included."
            ),
            "Operations are per forward pass. K, M, G are powers of 1000; KiB, MiB, GiB are powers of 1024.",
        ]


ARCHCALC = Convention("archcalc", mac_is=2)
