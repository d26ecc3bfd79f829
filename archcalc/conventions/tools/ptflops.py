"""ptflops with its pytorch backend: layers and functions both count."""

from __future__ import annotations

from archcalc.conventions.tool import ToolConvention

CONVENTION = ToolConvention(
    name="ptflops",
    tool="ptflops",
    version="0.7.5",
    unit="macs",
    calls="Mac",
    says=(
        "It counts biases, batch normalization, ReLU and pooling as MACs; layers and functions both count."
    ),
    counts={
        "attention": "macs + biases*positions + values + heads*positions*positions",
        "windowed attention": "2*scores*channels//heads + scores",
        "subclass conv, embedding": "0",
        "channel_conv": "macs",
        "lstm": "macs + biases*tokens + 10*cells*tokens",
        "gru": "macs + biases*tokens + 7*cells*tokens",
        "plain groupnorm": "values",
        "groupnorm": "2*values",
        "layernorm, plain instancenorm, relu6, silu, leaky_relu": "values",
        "gelu, elu, prelu": "2*values",
        "softmax": "values",
        "upsample": "2*values",
        "conv, deconv, fc": "macs + biases*positions",
        "bn": "2*values",
        "relu": "2*values",
        "maxpool, avgpool, adaptive avgpool": "2*inputs",
    },
    functional={
        "layernorm, conv": "0",
        "gelu": "values",
        "upsample": "values",
        "relu": "values",
        "maxpool, avgpool, adaptive avgpool": "inputs",
    },
    source="ptflops/pytorch_engine.py and pytorch_ops.py, backend pytorch",
    unknown=("lrn",),
    oddities=("A ReLU layer and a pooling layer count twice: the layer, and the function that it calls.",),
)
