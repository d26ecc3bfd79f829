"""ultralytics-thop: thop with corrected rules."""

from __future__ import annotations

from archcalc.conventions.tool import ToolConvention

CONVENTION = ToolConvention(
    name="ultralytics-thop",
    tool="ultralytics-thop",
    version="2.2.3",
    unit="macs",
    calls="MACs",
    says=(
        "It counts as thop does, with the right count of a transposed convolution and all additions "
        "of an average pooling."
    ),
    counts={
        "attention": "macs + heads*positions*(3*positions-1)",
        "plain layernorm, plain groupnorm, plain instancenorm": "2*values",
        "layernorm, groupnorm": "4*values",
        "prelu": "values",
        "logsoftmax": "3*values",
        "linear upsample": "11*values",
        "softmax": "(3*channels-1)*positions",
        "embedding": "0",
        "lstm": "macs + biases*tokens + 8*cells*tokens",
        "gru": "macs + biases*tokens + 7*cells*tokens",
        "conv, deconv, fc, channel_conv, windowed attention, scaled dot-product attention": "macs",
        "bn": "4*values",
        "avgpool": "kernel*values + values",
        "adaptive avgpool": "inputs + values",
    },
    functional={
        "conv, fc, softmax, upsample": "0",
        "avgpool, adaptive avgpool": "0",
    },
    source="ultralytics/thop, thop/vision/basic_hooks.py and calc_func.py",
    unknown=("uneven avgpool",),
    oddities=(
        "Batch normalization counts four operations per value.",
        "A call of a function counts nothing.",
    ),
)
