"""torchvision: the MACs of the table of models, named GFLOPS."""

from __future__ import annotations

from archcalc.conventions.tool import ToolConvention

CONVENTION = ToolConvention(
    name="torchvision",
    tool="torchvision",
    version="0.28.0",
    unit="macs",
    calls="GFLOPS",
    says=(
        "Its table of models has the MACs of convolutions and fully connected layers, under the name GFLOPS."
    ),
    counts={
        "conv, deconv, fc, attention": "macs",
        "windowed attention, windowed cosine attention, grid attention": "macs",
    },
    source="the documentation of torchvision, models; weights.meta['_ops']",
    checked="published: tests/facts/peers.yaml",
    oddities=("Its GFLOPS are MACs: half of what others call FLOPs.",),
)
