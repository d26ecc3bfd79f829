"""torch.utils.flop_counter: two per MAC, and nothing else."""

from __future__ import annotations

from archcalc.conventions.tool import ToolConvention

CONVENTION = ToolConvention(
    name="torch",
    tool="torch.utils.flop_counter",
    version="2.13.0",
    unit="flops",
    calls="FLOPs",
    says="It counts 2 per MAC, and nothing else.",
    counts={
        "attention": "2*positions*weights",
        "Conv1D attention, scaled dot-product attention": "2*positions*weights",
        "conv, deconv, fc, Conv1D fc, windowed attention, windowed cosine attention": "2*macs",
        "channel_conv, gru, grid attention": "2*macs",
        "embedding, lstm": "0",
    },
    source="torch/utils/flop_counter.py",
    oddities=(
        "Biases, normalization, activation and pooling count nothing.",
        "On a CPU it sees neither the products of scores in attention nor an LSTM: one kernel computes them.",
    ),
)
