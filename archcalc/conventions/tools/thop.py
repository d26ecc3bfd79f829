"""thop: multiplications of layers."""

from __future__ import annotations

from archcalc.conventions.tool import ToolConvention

CONVENTION = ToolConvention(
    name="thop",
    tool="thop",
    version="0.1.1.post2209072238",
    unit="macs",
    calls="MACs",
    says=(
        "It counts the products of convolutions and fully connected layers, four operations per "
        "value of a batch normalization, and average pooling."
    ),
    counts={
        "plain layernorm, plain instancenorm": "2*values",
        "layernorm": "4*values",
        "prelu": "values",
        "linear upsample": "11*values",
        "upsample": "values",
        "softmax": "(3*channels-1)*positions",
        "windowed attention, subclass conv": "0",
        "embedding": "0",
        "lstm": "macs + biases*tokens + 8*cells*tokens",
        "gru": "macs + biases*tokens + 7*cells*tokens",
        "scaled dot-product attention": "positions*weights",
        "conv, fc, channel_conv": "macs",
        "deconv": "values*weights//channels",
        "bn": "4*values",
        "avgpool": "values",
        "adaptive avgpool": "inputs + values",
    },
    functional={
        "others": "0",
    },
    params={
        "scale, parameter, attention, windowed attention, subclass conv, groupnorm, embedding": "0",
    },
    functional_params={
        "layernorm, conv, fc": "0",
    },
    source="thop/vision/basic_hooks.py and calc_func.py",
    oddities=(
        "Batch normalization counts four operations per value.",
        "A transposed convolution counts stride times stride too much.",
        "Average pooling with a fixed window counts its outputs, and adaptive pooling its inputs too.",
        "A call of a function counts nothing.",
    ),
)
