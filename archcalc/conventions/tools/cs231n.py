"""CS231n: the parameters of its lectures, without biases."""

from __future__ import annotations

from archcalc.conventions.tool import ToolConvention

CONVENTION = ToolConvention(
    name="cs231n",
    tool="CS231n, Stanford",
    version="2016",
    unit="",
    calls="params",
    says="Its tables of layers have the weights of convolutions and fully connected layers, without biases.",
    counts={},
    params={
        "conv, deconv, fc, positions fc": "weights",
    },
    of_torch=False,
    source="CS231n, Convolutional Networks, case studies; lecture 7",
    checked="published: tests/facts/peers.yaml",
    oddities=(
        "Biases are left out. It counts no operations.",
        "Its memory of VGG-16, 24M values, is not the sum of its rows, 15.2M.",
    ),
)
