"""torchprofile: MACs of the traced graph."""

from __future__ import annotations

from archcalc.conventions.tool import ToolConvention

CONVENTION = ToolConvention(
    name="torchprofile",
    tool="torchprofile",
    version="0.1.0",
    unit="macs",
    calls="MACs",
    says=(
        "It counts products, one operation per value of a batch normalization, and one per output of "
        "an average pooling."
    ),
    counts={
        "plain layernorm, plain groupnorm, plain instancenorm": "0",
        "layernorm, groupnorm, leaky_relu, mean, multiplied parameter": "values",
        "linear upsample": "4*values",
        "plain bn": "0",
        "lrn": "3*values",
        "scale, multiply, scaled add": "values",
        # q is scaled; the model also multiplies two pairs of sizes, one for each axis of a map
        "windowed attention": "macs + channels*filled + axes",
        "embedding, gru": "0",
        "conv, fc, channel_conv, lstm, scaled dot-product attention": "macs",
        "deconv": "values*weights*groups//channels",
        "bn": "values",
        "avgpool, adaptive avgpool": "values",
    },
    source="torchprofile/handlers.py",
    unknown=("attention",),
    oddities=(
        "An LSTM counts its products, a GRU nothing.",
        "A transposed convolution counts stride times stride too much.",
    ),
)
