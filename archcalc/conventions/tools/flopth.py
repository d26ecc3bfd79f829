"""flopth: the last call of every layer."""

from __future__ import annotations

from archcalc.conventions.tool import ToolConvention

CONVENTION = ToolConvention(
    name="flopth",
    tool="flopth",
    version="0.1.6",
    unit="macs",
    calls="FLOPs",
    says=(
        "It counts products, biases of convolutions, 2 per value of a batch normalization, and the "
        "inputs of ReLU and pooling."
    ),
    counts={
        "groupnorm": "2*values",
        "plain groupnorm, layernorm, plain instancenorm": "values",
        "relu6, gelu, elu, selu, celu, leaky_relu, prelu, hardsigmoid, hardswish": "values",
        "conv": "macs + biases*positions",
        "deconv": "weights*positions + biases*positions",
        "fc, channel_conv": "macs",
        "embedding, windowed attention": "0",
        "bn": "2*values",
        "relu, tanh": "values",
        "maxpool, avgpool, adaptive avgpool": "inputs",
    },
    last_call_only=True,
    functional={
        "others": "0",
    },
    source="flopth/utils.py",
    unknown=(
        "subclass conv",
        "upsample",
        "linear upsample",
        "sized upsample",
        "sized linear upsample",
        "positions fc",
    ),
    oddities=(
        "Of a layer that a model uses several times, only the last call counts.",
        "A call of a function counts nothing.",
    ),
)
