"""chainer-computational-cost: one per multiply-add, and one per operation of other layers."""

from __future__ import annotations

from archcalc.conventions.tool import ToolConvention

CONVENTION = ToolConvention(
    name="chainer-cc",
    tool="chainer-computational-cost",
    version="0.1.2",
    unit="macs",
    calls="FLOPs",
    says=(
        "With fma_1flop, its default, it counts a multiply-add as one FLOP, and adds ReLU, pooling, softmax "
        "and the biases of fully connected layers."
    ),
    counts={
        "conv, deconv": "macs",
        "fc": "macs + biases*positions",
        "bn": "values",
        "lrn": "(5*channels-1)*positions",
        "relu, add": "values",
        "leaky_relu": "2*values",
        "sigmoid": "4*values",
        "softmax, last softmax": "2*values + (channels-1)*positions",
        "maxpool, adaptive maxpool": "(kernel-1)*values",
        "avgpool, adaptive avgpool": "kernel*values",
        "linear upsample": "9*values",
    },
    of_torch=False,
    source="chainer_computational_cost/cost_calculators, fma_1flop=True",
    checked="published, and read in its source: tests/facts/peers.yaml",
    unknown=("attention", "upsample", "sized upsample", "multiply", "scaled add"),
    oddities=(
        "The bias of a convolution is fused and counts nothing, that of a fully connected layer counts.",
        "It sees the softmax of a classifier, which is a part of the model in Chainer.",
    ),
)
