"""torchscan: MACs of layers."""

from __future__ import annotations

from archcalc.conventions.tool import ToolConvention

CONVENTION = ToolConvention(
    name="torchscan",
    tool="torchscan",
    version="0.2.0",
    unit="macs",
    calls="MACs",
    says=(
        "It counts products, 2 per value of a batch normalization, and the comparisons or additions "
        "of pooling."
    ),
    counts={
        "deconv": "values*weights//channels + 4*axes",
        "adaptive maxpool": "(kernel-1)*values",
        "conv, fc, channel_conv": "macs",
        "bn": "2*values",
        "maxpool": "(side-1)*values",
        "avgpool": "(side-1+axes)*values",
        "adaptive avgpool": "(kernel-1+axes)*values",
    },
    functional={
        "maxpool, avgpool, adaptive avgpool": "0",
    },
    params={},
    source="torchscan/modules/macs.py",
    unknown=(
        "attention",
        "positions fc",
        "silu",
        "gelu",
        "selu",
        "celu",
        "prelu",
        "hardsigmoid",
        "hardswish",
        "hardtanh",
        "mish",
        "softplus",
        "logsoftmax",
        "glu",
        "layernorm",
        "plain layernorm",
        "groupnorm",
        "plain groupnorm",
        "plain instancenorm",
        "reshape",
        "transpose",
        "roll",
        "pixel_shuffle",
        "pixel_unshuffle",
        "mean",
        "max",
        "parameter",
        "multiplied parameter",
        "scale",
    ),
    oddities=(
        "A pooling whose window is one number counts the side of the window, and not its area.",
        "A call of a function counts nothing.",
    ),
)
