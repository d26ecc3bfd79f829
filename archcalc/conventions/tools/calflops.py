"""calflops: two per MAC, and one per value of most other layers."""

from __future__ import annotations

from archcalc.conventions.tool import ToolConvention

CONVENTION = ToolConvention(
    name="calflops",
    tool="calflops",
    version="0.3.2",
    unit="flops",
    calls="FLOPs",
    says=(
        "It counts 2 per MAC, the biases of convolutions, 2 per value of a batch normalization, and "
        "the inputs of ReLU and pooling."
    ),
    counts={
        "attention": "2*positions*weights",
        "windowed attention": "2*macs + scores",
        "channel_conv": "2*macs",
        "sized upsample, sized linear upsample": "positions",
        "embedding": "0",
        "lstm": "2*macs + 10*cells*tokens",
        "gru": "2*macs + 7*cells*tokens",
        "plain layernorm, plain groupnorm, plain instancenorm": "4*values",
        "layernorm, groupnorm": "5*values",
        "silu, gelu, elu, leaky_relu, prelu": "values",
        "adaptive maxpool": "inputs",
        "plain bn": "values",
        "conv": "2*macs + biases*positions",
        "fc": "2*macs",
        "bn": "2*values",
        "relu, softmax": "values",
        "maxpool, avgpool, adaptive avgpool": "inputs",
    },
    source="calflops/pytorch_ops.py",
    unknown=(
        "deconv",
        "lrn",
        "upsample",
        "linear upsample",
    ),
    oddities=(
        "The bias of a convolution counts, that of a fully connected layer does not.",
        "An interpolation to a given size counts its positions once, and not for every channel.",
        "A pooling counts its inputs, also where windows overlap.",
    ),
)
