"""The small ONNX files of the tests and the docs. ``python tests/helpers/onnx_models.py`` writes them.

Their weights are zeros: no figure depends on them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
MODELS = ROOT / "tests" / "importers" / "models"


class Graph:
    """A graph in the making; each node reads the output of the node before unless told otherwise."""

    def __init__(self, sizes: list[int | str]) -> None:
        from onnx import TensorProto, helper

        self.helper = helper
        self.float, self.int64 = TensorProto.FLOAT, TensorProto.INT64
        self.nodes: list[Any] = []
        self.tensors: list[Any] = []
        self.input = helper.make_tensor_value_info("image", self.float, sizes)
        self.last = "image"

    def weight(self, name: str, *dims: int) -> str:
        count = 1
        for dim in dims:
            count *= dim
        self.tensors.append(self.helper.make_tensor(name, self.float, dims, bytes(4 * count), raw=True))
        return name

    def ints(self, name: str, *values: int) -> str:
        self.tensors.append(self.helper.make_tensor(name, self.int64, [len(values)], values))
        return name

    def number(self, name: str, value: float) -> str:
        tensor = self.helper.make_tensor("", self.float, [], [value])
        self.nodes.append(self.helper.make_node("Constant", [], [name], name=f"c_{name}", value=tensor))
        return name

    def add(self, op: str, name: str, *more: str, inputs: list[str] | None = None, **attributes: Any) -> str:
        read = [self.last, *more] if inputs is None else inputs
        self.last = f"{name}_out"
        self.nodes.append(self.helper.make_node(op, read, [self.last], name=name, **attributes))
        return self.last

    def conv(self, path: str, filters: int, reads: int, kernel: int = 3, **attributes: Any) -> str:
        weight = self.weight(f"{path.strip('/')}.weight", filters, reads, kernel, kernel)
        return self.add("Conv", f"{path}/Conv", weight, pads=[kernel // 2] * 4, **attributes)

    def norm(self, path: str, channels: int) -> str:
        names = [
            self.weight(f"{path.strip('/')}.{part}", channels) for part in ("weight", "bias", "mean", "var")
        ]
        return self.add("BatchNormalization", f"{path}/BatchNormalization", *names)

    def model(self, classes: list[int | str]) -> Any:
        output = self.helper.make_tensor_value_info(self.last, self.float, classes)
        graph = self.helper.make_graph(self.nodes, "graph", [self.input], [output], self.tensors)
        opset = self.helper.make_opsetid("", 17)
        return self.helper.make_model(
            graph, producer_name="archcalc tests", opset_imports=[opset], ir_version=8
        )


def small(sizes: list[int | str]) -> Any:
    """A small residual network, with names as PyTorch gives them."""
    graph = Graph(sizes)
    graph.conv("/conv1", 8, 3)
    graph.norm("/bn1", 8)
    entry = graph.add("Relu", "/relu/Relu")
    graph.conv("/layer1/layer1.0/conv1", 8, 8)
    graph.norm("/layer1/layer1.0/bn1", 8)
    graph.add("Relu", "/layer1/layer1.0/relu/Relu")
    graph.conv("/layer1/layer1.0/conv2", 8, 8)
    graph.norm("/layer1/layer1.0/bn2", 8)
    graph.add("Add", "/layer1/layer1.0/Add", entry)
    graph.add("Relu", "/layer1/layer1.0/relu_1/Relu")
    graph.add("GlobalAveragePool", "/avgpool/GlobalAveragePool")
    graph.add("Flatten", "/Flatten")
    weight, bias = graph.weight("fc.weight", 10, 8), graph.weight("fc.bias", 10)
    graph.add("Gemm", "/fc/Gemm", weight, bias, transB=1)
    return graph.model(["batch" if sizes[0] == "batch" else 1, 10])


def shuffled() -> Any:
    """A channel shuffle whose sizes are computed from a shape, and a split."""
    graph = Graph([1, 3, 8, 8])
    x = graph.conv("/a", 8, 3)
    graph.add("Shape", "shape", inputs=[x])
    side = graph.add("Slice", "side", graph.ints("two", 2), graph.ints("four", 4), graph.ints("zero", 0))
    parts = graph.ints("parts", 1, 2, 4)
    sizes = graph.add("Concat", "sizes", inputs=[parts, side], axis=0)
    graph.add("Reshape", "apart", sizes, inputs=[x, sizes])
    graph.add("Transpose", "turned", perm=[0, 2, 1, 3, 4])
    graph.add("Reshape", "together", graph.ints("whole", 0, -1, 8, 8))
    graph.nodes.append(graph.helper.make_node("Split", [graph.last], ["left", "right"], name="cut", axis=1))
    graph.last = "right"
    y = graph.conv("/b", 4, 4)
    graph.add("Concat", "joined", inputs=["left", y], axis=1)
    return graph.model([1, 8, 8, 8])


def stepwise() -> Any:
    """Activations in steps: a hard swish, a SiLU, a ReLU6 and a GELU, and a gate."""
    graph = Graph([1, 3, 8, 8])
    x = graph.conv("/a", 8, 3)
    graph.add("Add", "h1", graph.number("three", 3.0))
    graph.add("Clip", "h2", graph.number("none", 0.0), graph.number("six", 6.0))
    graph.add("Mul", "h3", x)
    graph.add("Div", "h4", "six")
    x = graph.conv("/b", 8, 8)
    gate = graph.add("Sigmoid", "s1")
    graph.add("Mul", "s2", inputs=[x, gate])
    graph.conv("/c", 8, 1, group=8)
    x = graph.add("Clip", "r", "none", "six")
    graph.add("GlobalAveragePool", "squeeze")
    graph.conv("/d", 8, 8, kernel=1)
    gate = graph.add("Sigmoid", "gate")
    x = graph.add("Mul", "scaled", inputs=[gate, x])
    graph.add("Div", "g1", graph.number("root", 1.4142135))
    graph.add("Erf", "g2")
    graph.add("Add", "g3", graph.number("one", 1.0))
    graph.add("Mul", "g4", x)
    graph.add("Mul", "g5", graph.number("half", 0.5))
    return graph.model([1, 8, 8, 8])


def tokens() -> Any:
    """Channels last: a transpose, a layer norm, a product with a bias, and a bias that is computed."""
    graph = Graph([1, 3, 8, 8])
    zeros = graph.add("ConstantOfShape", "zeros", inputs=[graph.ints("eight", 8)])
    graph.last = "image"
    weight = graph.weight("stem.weight", 8, 3, 4, 4)
    graph.add("Conv", "/stem/Conv", weight, zeros, strides=[4, 4])
    graph.add("Transpose", "last", perm=[0, 2, 3, 1])
    graph.add(
        "LayerNormalization",
        "/norm/LayerNormalization",
        graph.weight("norm.weight", 8),
        graph.weight("norm.bias", 8),
        axis=-1,
    )
    graph.add("MatMul", "/mlp/MatMul", graph.weight("mlp.weight", 8, 32))
    graph.add("Add", "/mlp/Add", graph.weight("mlp.bias", 32))
    graph.add("Transpose", "first", perm=[0, 3, 1, 2])
    graph.add("ReduceMean", "/mean", axes=[2, 3], keepdims=0)
    return graph.model([1, 32])


def folded() -> Any:
    """A convolution with its norm worked in: PyTorch then makes up the names of the weights."""
    graph = Graph([1, 3, 8, 8])
    weight, bias = graph.weight("onnx::Conv_12", 8, 3, 1, 1), graph.weight("onnx::Conv_13", 8)
    graph.add("Conv", "/a/Conv", weight, bias)
    graph.add("Conv", "/b/Conv", graph.weight("b.weight", 8, 8, 1, 1))
    graph.add("Conv", "/c/Conv", "b.weight")
    return graph.model([1, 8, 8, 8])


def unreadable() -> Any:
    """Two nodes that archcalc cannot read."""
    graph = Graph([1, 3, 8, 8])
    graph.conv("/a", 8, 3)
    graph.add("Det", "/odd/Det")
    graph.last = "/a/Conv_out"
    graph.add("CumSum", "/wide/CumSum", graph.ints("axis", 2))
    graph.add("Add", "sum", inputs=["/odd/Det_out", "/wide/CumSum_out"])
    return graph.model([1, 8, 8, 8])


def all_models() -> dict[Path, Any]:
    """Every file with its content."""
    return {
        ROOT / "examples" / "small.onnx": small([1, 3, 16, 16]),
        MODELS / "free.onnx": small(["batch", 3, "height", "width"]),
        MODELS / "folded.onnx": folded(),
        MODELS / "shuffled.onnx": shuffled(),
        MODELS / "stepwise.onnx": stepwise(),
        MODELS / "tokens.onnx": tokens(),
        MODELS / "unreadable.onnx": unreadable(),
    }


if __name__ == "__main__":
    for path, model in all_models().items():
        path.write_bytes(model.SerializeToString())
