"""torchinfo: parameters times positions."""

from __future__ import annotations

from archcalc.conventions.tool import ToolConvention

CONVENTION = ToolConvention(
    name="torchinfo",
    tool="torchinfo",
    version="1.8.0",
    unit="macs",
    calls="Mult-Adds",
    says=(
        "It multiplies the parameters of a convolution by the positions of its output, and counts "
        "the parameters of every other layer once."
    ),
    counts={
        "attention, windowed attention, scale, parameter": "0",
        "positions fc": "params",
        "conv, fc": "macs + biases*positions",
        "channel_conv": "macs",
        "lstm, gru": "macs + biases*tokens",
        "embedding, scaled dot-product attention": "params",
        "deconv": "params*positions",
        "others": "params",
    },
    functional={
        "conv": "params",
        "relu, maxpool, avgpool, adaptive avgpool": "0",
    },
    source="torchinfo/layer_info.py, calculate_macs",
    oddities=(
        "A bias counts as a multiply-add.",
        "Batch normalization counts its parameters and not its values.",
        "A transposed convolution counts stride times stride too much.",
        "A call of a function counts nothing.",
    ),
)
