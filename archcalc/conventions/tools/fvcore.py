"""fvcore: a multiply-accumulate is a flop."""

from __future__ import annotations

from archcalc.conventions.tool import ToolConvention

CONVENTION = ToolConvention(
    name="fvcore",
    tool="fvcore",
    version="0.1.5.post20221221",
    unit="macs",
    calls="flops",
    says=(
        "It calls a multiply-accumulate a flop, and adds batch normalization and adaptive pooling to them."
    ),
    counts={
        "attention": "positions*weights",
        "Conv1D attention, scaled dot-product attention": "positions*weights",
        "plain layernorm, plain groupnorm, plain instancenorm": "4*values",
        "layernorm, groupnorm": "5*values",
        "linear upsample": "4*values",
        "plain bn": "values",
        "upsample": "values",
        "conv, deconv, fc, Conv1D fc, windowed attention, windowed cosine attention": "macs",
        "channel_conv": "macs",
        "embedding, lstm, gru, global volume avgpool": "0",
        "bn": "2*values",
        "adaptive avgpool": "inputs",
    },
    source="fvcore/nn/flop_count.py and jit_handles.py",
    oddities=(
        "Its flops are MACs: half of what others call FLOPs.",
        (
            "Biases, ReLU, max pooling, average pooling with a fixed window and residual additions "
            "count nothing."
        ),
        (
            "An LSTM counts nothing, and of an attention only the projections, unless it is written in "
            "single products."
        ),
    ),
)
