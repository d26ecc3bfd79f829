"""Netscope CNN Analyzer: the multiply-accumulates of Caffe layers."""

from __future__ import annotations

from archcalc.conventions.tool import ToolConvention

CONVENTION = ToolConvention(
    name="netscope",
    tool="Netscope CNN Analyzer",
    version="2018-07-11",
    unit="macs",
    calls="MACC",
    says=(
        "It counts the products of convolutions and fully connected layers, one MACC per value of a batch "
        "normalization, and those of a response normalization."
    ),
    counts={
        "conv, deconv, fc": "macs",
        "bn, scale": "values",
        "plain bn": "0",
        "lrn": "neighbours*values",
    },
    of_torch=False,
    source="dgschwend/netscope, src/analyzer.coffee",
    unknown=("attention", "positions fc", "scaled add", "multiply"),
    oddities=(
        "A batch normalization counts in its scale layer, once per value.",
        "It also counts comparisons, additions, divisions and exponentials, in columns of their own.",
        "A response normalization counts its window times its values.",
    ),
)
