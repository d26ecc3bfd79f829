"""timm: the GMACs of its benchmark tables, which fvcore counts."""

from __future__ import annotations

from archcalc.conventions.tool import ToolConvention
from archcalc.conventions.tools import fvcore

CONVENTION = ToolConvention(
    name="timm",
    tool="timm",
    version="1.0.31",
    unit="macs",
    calls="GMACs",
    says="Its tables of models (infer_gmacs) have what fvcore counts, in billions, with all of an attention.",
    counts={**fvcore.CONVENTION.counts, "attention": "macs"},
    unknown=("embedding", "lstm", "gru", "channel_conv", "global volume avgpool"),
    source="huggingface/pytorch-image-models, benchmark.py and results/benchmark-infer-*.csv",
    checked="published, and fvcore run on its models: tests/facts/peers.yaml",
    oddities=(
        "Its squeeze-and-excitation pools by a mean, which counts nothing.",
        "It sees all products of an attention: 17.58 for ViT-B/16, where fvcore alone gives 16.87.",
    ),
)
