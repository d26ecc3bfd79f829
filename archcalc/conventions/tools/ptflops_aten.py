"""ptflops with its aten backend: products and biases."""

from __future__ import annotations

from archcalc.conventions.tool import ToolConvention

CONVENTION = ToolConvention(
    name="ptflops-aten",
    tool="ptflops",
    version="0.7.5",
    unit="macs",
    calls="Mac",
    says="It counts the products of convolutions and fully connected layers, and their biases.",
    counts={
        "attention": "positions*weights + biases*positions",
        "windowed attention": "macs + 4*channels*filled",
        "channel_conv": "macs",
        "gru": "macs + biases*tokens",
        "embedding, lstm": "0",
        "conv, deconv, fc": "macs + biases*positions",
    },
    source="ptflops/aten_engine.py and aten_ops.py, backend aten",
    oddities=("A bias counts as a MAC.",),
)
