"""convnet-burden: fused multiply-adds, biases, ReLU and pooling."""

from __future__ import annotations

from archcalc.conventions.tool import ToolConvention

CONVENTION = ToolConvention(
    name="convnet-burden",
    tool="convnet-burden",
    version="2019-01-17",
    unit="macs",
    calls="FLOPS",
    says=(
        "It counts a fused multiply-add as one, one per bias, two per value of a ReLU, and a pooling by its "
        "stride."
    ),
    counts={
        "conv, deconv, fc": "macs + biases*positions",
        "relu": "2*values",
        "maxpool, avgpool, global avgpool, adaptive maxpool": "2*steps*values",
        "add": "values",
    },
    of_torch=False,
    source="albanie/convnet-burden, core/burden.m",
    checked="published, and read in its source: tests/facts/peers.yaml",
    unknown=("attention", "lrn", "adaptive avgpool", "uneven avgpool", "scaled add", "multiply", "scale"),
    oddities=(
        "A pooling counts two operations per output and step of its stride, whatever the size of its window.",
        "Batch normalization and softmax count nothing: it is merged into the convolution.",
        "It prints no decimals: GoogLeNet and ResNet-18 both have 2 GFLOPS.",
    ),
)
