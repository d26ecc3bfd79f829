"""MACs: what papers count."""

from __future__ import annotations

from archcalc.conventions.tool import ToolConvention

CONVENTION = ToolConvention(
    name="macs-only",
    tool="papers",
    version="1",
    unit="macs",
    calls="MACs, or FLOPs",
    says=(
        "The products of convolutions and fully connected layers. Many papers call them FLOPs, such "
        "as those of ResNet and DenseNet."
    ),
    any_op=True,
    counts={
        "others": "macs",
    },
    source="He et al. 2015; Huang et al. 2016",
    checked="measured: tests/facts/peers.yaml (half of what torch counts)",
)
