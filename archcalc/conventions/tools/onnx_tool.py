"""onnx-tool: operations of the ONNX graph, weighted by their instructions."""

from __future__ import annotations

from archcalc.conventions.tool import ToolConvention

CONVENTION = ToolConvention(
    name="onnx-tool",
    tool="onnx-tool",
    version="1.0.1",
    unit="macs",
    calls="Forward_MACs",
    says=(
        "It counts products, biases and every other operation of the exported graph; an exp counts 32, a "
        "tanh 76."
    ),
    counts={
        "channel_conv": "macs",
        "conv, fc": "macs + biases*positions",
        "deconv": "2*macs + biases*positions",
        "bn": "31*values",
        "folded bn": "values",
        "absorbed bn": "0",
        "layernorm": "7*values + 29*positions",
        "groupnorm": "9*values",
        "plain instancenorm": "7*values",
        "relu, add, multiply, added parameter, multiplied parameter": "values",
        "relu6, hardtanh, leaky_relu, prelu, scaled add": "2*values",
        "scale": "values*params//channels",
        "hardsigmoid, linear upsample": "4*values",
        "hardswish": "5*values",
        "sigmoid": "32*values",
        "silu, glu": "33*values",
        "gelu": "34*values",
        "elu": "35*values",
        "softmax": "36*values",
        "tanh, softplus": "76*values",
        "logsoftmax": "80*values",
        "mish": "153*values",
        "upsample, parameter": "0",
        "maxpool, avgpool": "kernel*values",
        "global avgpool, global volume avgpool": "inputs + 4*values",
        "adaptive maxpool, adaptive avgpool, mean, max": "inputs",
    },
    params={
        "folded bn": "channels",
        "absorbed bn": "0",
        "bn": "params + buffers",
        "crop": "4*axes",
    },
    source="onnx_tool/node.py; the model is exported by torch.onnx.export with dynamo=False",
    unknown=(
        "sized upsample",
        "sized linear upsample",
        "attention",
        "plain bn",
        "uneven avgpool",
        "celu",
        "selu",
        "lrn",
        "shuffle",
        "transpose",
    ),
    oddities=(
        "A transposed convolution counts twice.",
        "Operations are weighted: an exp counts 32, a softmax 36 per value, a tanh 76.",
        "A batch normalization behind a convolution becomes its bias, and costs 1 per value; any other 31.",
        "Its parameters contain constants of the graph, and running statistics that are not folded.",
    ),
)
