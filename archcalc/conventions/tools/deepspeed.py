"""DeepSpeed's profiler of FLOPs: two per MAC, and one per value of most other layers."""

from __future__ import annotations

from archcalc.conventions.tool import ToolConvention

CONVENTION = ToolConvention(
    name="deepspeed",
    tool="deepspeed",
    version="0.19.8",
    unit="flops",
    calls="FLOPs",
    says=(
        "It counts 2 per MAC, the biases of convolutions, 2 per value of a batch normalization, and the "
        "inputs of ReLU and pooling."
    ),
    counts={
        "conv": "2*macs + biases*positions",
        "deconv": "2*macs + biases*positions",
        "fc, attention": "2*macs",
        "windowed attention": "2*macs + scores",
        "channel_conv": "2*macs",
        "sized upsample, sized linear upsample": "positions",
        "embedding": "0",
        "lstm": "2*macs + 10*cells*tokens",
        "gru": "2*macs + 7*cells*tokens",
        "bn": "2*values",
        "plain bn": "values",
        "layernorm, groupnorm": "5*values",
        "plain layernorm, plain groupnorm, plain instancenorm": "4*values",
        "relu, silu, gelu, elu, leaky_relu, prelu, softmax, upsample": "values",
        "maxpool, avgpool, adaptive avgpool": "inputs",
    },
    source="deepspeed/profiling/flops_profiler/profiler.py, get_model_profile",
    unknown=("lrn",),
    oddities=(
        "The bias of a convolution counts, that of a fully connected layer does not.",
        "A pooling counts its inputs, also where windows overlap.",
        "An interpolation to a given size counts its positions once, and not for every channel.",
        "ReLU6, sigmoid, tanh and additions count nothing.",
    ),
)
