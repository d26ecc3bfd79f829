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

AMP, TF32 = "amp", "tf32"
PRECISIONS: tuple[str, ...] = (*DTYPES, AMP, TF32)
"""What a device can compute in: a dtype; ``amp``: activations and products in float16, parameters in float32
(as PyTorch's autocast); ``tf32``: float32 with all products in TF32."""


class Framework(NamedTuple):
    """How a framework runs a network: whether it fuses followers, and microseconds per launched kernel."""

    name: str
    fuses: bool
    launch_us: float
    says: str


FRAMEWORKS: dict[str, Framework] = {
    framework.name: framework
    for framework in (
        # 27 to 38 us: MXNet, symbolic; 54 us: PyTorch in float32 (docs/time.md has the sources).
        Framework(
            "eager", False, 45.0, "one kernel per layer, launched by the processor (PyTorch's default)"
        ),
        Framework(
            "compiled", True, 5.0, "followers fused, replayed as a graph (torch.compile, reduce-overhead)"
        ),
        Framework("graph", False, 5.0, "one kernel per layer, replayed as a CUDA graph"),
    )
}
"""How the kernels of a pass are launched."""

LAYOUTS = ("nchw", "nhwc")
"""The order of the axes in memory; nchw is PyTorch's default."""

RESERVE, FRAGMENTATION = 768 * 2**20, 5
"""Of a device's memory: bytes for the CUDA context and the workspaces of convolutions, and percent lost
between allocations. Sources: docs/time.md."""

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
