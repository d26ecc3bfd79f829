"""Files with several inputs (ONNX, Keras, Caffe), and weights that their layers share.

The oracles: onnx's own shape inference; Keras 3.15.1 (``count_params`` without the statistics of norms; the
models in ``models/`` were written by ``to_json`` and stripped); and numbers worked out here.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from helpers.console import run
from helpers.onnx_models import MODELS
from helpers.read_back import same_figures

import archcalc
from archcalc.errors import ArchcalcError, ArchcalcWarning, Source
from archcalc.exporters import exported
from archcalc.importers import read_model
from archcalc.language.parse import parse

SIAMESE, TICKETS, TRANSLATOR = (str(MODELS / f"{name}.json") for name in ("siamese", "tickets", "translator"))


ENTRY = 'layer { name: "NAME" type: "Input" top: "NAME" SHAPE }'

BRANCH = """
layer { name: "convEND" type: "Convolution" bottom: "NAME" top: "convEND"
  param { name: "conv_w" } param { name: "conv_b" } convolution_param { num_output: 20 kernel_size: 5 } }
layer { name: "poolEND" type: "Pooling" bottom: "convEND" top: "poolEND"
  pooling_param { pool: MAX kernel_size: 2 stride: 2 } }
layer { name: "featEND" type: "InnerProduct" bottom: "poolEND" top: "featEND"
  param { name: "feat_w" } param { name: "feat_b" } inner_product_param { num_output: 2 } }
"""


def prototxt(sides: str = "dim: 28 dim: 28") -> str:
    """BVLC's examples/siamese, but shorter: two branches whose layers have arrays of the same names."""
    shape = f"input_param {{ shape {{ dim: 1 dim: 1 {sides} }} }}" if sides else ""
    entries = [ENTRY.replace("NAME", name).replace("SHAPE", shape) for name in ("left", "right")]
    branches = [
        BRANCH.replace("NAME", name).replace("END", end) for name, end in (("left", ""), ("right", "_p"))
    ]
    last = 'layer { name: "distance" type: "Eltwise" bottom: "feat" bottom: "feat_p" top: "distance" }'
    return "\n".join(['name: "siamese"', *entries, *branches, last])


@pytest.fixture
def caffe(tmp_path: Path) -> Any:
    def write(text: str) -> str:
        path = tmp_path / "net.prototxt"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


# --- Keras and Caffe ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "input", "params", "names"),
    [
        (SIAMESE, None, 322 - 16, ["left", "right"]),
        (TICKETS, "1x10,1x20,1x12", 1_392_097, ["title", "body", "tags"]),
        (TICKETS, "body=1x20,title=1x10", 1_392_097, ["title", "body", "tags"]),
        (TRANSLATOR, "source=1x10,target=1x7", 21_914, ["source", "target"]),
    ],
)
def test_models_of_keras(path: str, input: str | None, params: int, names: list[str]) -> None:
    network = archcalc.load(path, input=input)
    assert [*network.named_inputs] == names
    assert archcalc.analyze(network).totals.params == params
    assert same_figures(network)


def test_the_work_of_a_model_of_keras() -> None:
    (priority, *_) = reversed(archcalc.analyze(TICKETS, input="1x10,1x20,1x12").layers)
    assert (priority.output, priority.figures["macs"]) == ((1,), 128 + 32 + 12)
    found = {layer.path: layer.figures["macs"] for layer in archcalc.analyze(SIAMESE).layers}
    assert found["body/conv2d"] == found["body_2/conv2d"] == 28 * 28 * 8 * 9
    assert found["head"] == 2 * 32


def test_a_net_of_caffe(caffe: Any) -> None:
    network = archcalc.load(caffe(prototxt()))
    found = archcalc.analyze(network).totals
    assert found.params == 20 * 25 + 20 + 2 * 12 * 12 * 20 + 2
    assert found.macs == 2 * (24 * 24 * 20 * 25 + 2 * 12 * 12 * 20)
    assert dict(network.shared) == {"conv_p": "conv", "feat_p": "feat"}
    assert same_figures(network)
    assert "classes" not in archcalc.to_yaml(network)  # other units for one of the two would not fit


def test_inputs_in_the_old_spelling(caffe: Any) -> None:
    dims = "input_dim: 1 input_dim: 4 input_dim: 8 input_dim: 8 "
    layer = 'layer { name: "y" type: "Eltwise" bottom: "b" bottom: "a" top: "y" }'
    text = f'input: "a" input: "b" {dims}{dims} {layer}'
    network = archcalc.load(caffe(text))
    # The input that a layer reads first is the first one.
    assert [*network.named_inputs] == ["b", "a"]


def test_arrays_of_another_size_are_not_shared(caffe: Any) -> None:
    path = caffe(prototxt())
    with pytest.warns(
        ArchcalcWarning, match=r"weights that several layers use are counted for each layer \(1\)"
    ):
        found = archcalc.analyze(path, input={"right": (1, 1, 32, 32)})
    assert found.totals.params == 520 + (2 * 12 * 12 * 20 + 2) + (2 * 14 * 14 * 20 + 2)


# --- ONNX ---------------------------------------------------------------------------------------------------


class Graphs:
    """Files of ONNX, checked by onnx."""

    def __init__(self, folder: Path) -> None:
        self.onnx = pytest.importorskip("onnx")
        self.path = folder / "net.onnx"

    def write(
        self, inputs: dict[str, Sequence[int | str]], nodes: Sequence[Any], weights: dict[str, Sequence[int]]
    ) -> str:
        """A graph; a node is its type, what it reads, what it gives, and its attributes."""
        helper, kind = self.onnx.helper, self.onnx.TensorProto.FLOAT
        made = [helper.make_node(type, reads, [y], name=y, **more) for type, reads, y, more in nodes]
        stored = [self.onnx.numpy_helper.from_array(_zeros(dims), name) for name, dims in weights.items()]
        ins = [helper.make_tensor_value_info(name, kind, dims) for name, dims in inputs.items()]
        outs = [helper.make_tensor_value_info(nodes[-1][2], kind, None)]
        graph = helper.make_graph(made, "g", ins, outs, stored)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        model = self.onnx.shape_inference.infer_shapes(model, strict_mode=True)
        self.onnx.checker.check_model(model)
        self.onnx.save(model, str(self.path))
        return str(self.path)

    def output(self) -> list[int]:
        """The shape that onnx has inferred."""
        (output,) = self.onnx.load(str(self.path)).graph.output
        return [dim.dim_value for dim in output.type.tensor_type.shape.dim]


def _zeros(dims: Sequence[int]) -> Any:
    import numpy

    return numpy.zeros(dims, dtype=numpy.float32)


@pytest.fixture
def graphs(tmp_path: Path) -> Graphs:
    return Graphs(tmp_path)


def wide(graphs: Graphs, side: int | str = 8, batch: int | str = 1) -> str:
    """An image and a vector."""
    return graphs.write(
        {"image": [batch, 3, side, side], "features": [batch, 10]},
        [
            ("Conv", ["image", "conv.weight"], "conv", {"pads": [1, 1, 1, 1]}),
            ("GlobalAveragePool", ["conv"], "pool", {}),
            ("Flatten", ["pool"], "flat", {}),
            ("Gemm", ["features", "wide.weight", "wide.bias"], "wide", {"transB": 1}),
            ("Concat", ["flat", "wide"], "both", {"axis": 1}),
            ("Gemm", ["both", "out.weight"], "out", {"transB": 1}),
        ],
        {"conv.weight": [8, 3, 3, 3], "wide.weight": [16, 10], "wide.bias": [16], "out.weight": [5, 24]},
    )


def twins(graphs: Graphs, *, more: str = "", of: int = 1) -> str:
    """Two branches with the same weights, each with a norm; ``more`` ends the names of the second ones."""
    nodes: list[Any] = []
    norm = ["gamma", "beta", "mean", "var"]
    for entry, end in (("left", "_a"), ("right", "_b")):
        stride = {"strides": [of, of]} if end == "_b" else {}
        bias = f"bias{more}" if end == "_b" else "bias"
        nodes += [
            ("Conv", [entry, "weight", bias], f"conv{end}", {"kernel_shape": [1, 1], **stride}),
            ("BatchNormalization", [f"conv{end}", *norm], f"norm{end}", {}),
            ("GlobalAveragePool", [f"norm{end}"], f"pool{end}", {}),
        ]
    nodes.append(("Add", ["pool_a", "pool_b"], "sum", {}))
    weights = {"weight": [6, 3, 1, 1], "bias": [6], f"bias{more}": [6]} | {name: [6] for name in norm}
    return graphs.write({"left": [1, 3, 8, 8], "right": [1, 3, 8, 8]}, nodes, weights)


def test_a_graph_with_two_inputs(graphs: Graphs) -> None:
    path = wide(graphs)
    found = archcalc.analyze(path)
    assert (found.totals.params, found.totals.macs) == (216 + 176 + 120, 216 * 64 + 160 + 120)
    assert [1, *found.layers[-1].output] == graphs.output()
    assert same_figures(archcalc.load(path))
    assert "inputs: {image: [size, size, 3], features: [10]}" in archcalc.to_yaml(path)


def test_sizes_that_a_graph_leaves_open(graphs: Graphs) -> None:
    path = wide(graphs, side="side", batch="batch")
    with pytest.raises(
        ArchcalcError, match="'image' is batchx3xsidexside; give its sizes: --input image=1x3x224x224"
    ):
        archcalc.analyze(path)
    for input in ("image=1x3x16x16", "image=4x3x16x16", "1x3x16x16,1x10", {"image": (1, 3, 16, 16)}):
        assert archcalc.analyze(path, input=input).totals.macs == 216 * 256 + 280


def test_weights_of_two_branches_count_once(graphs: Graphs) -> None:
    network = archcalc.load(twins(graphs))
    assert archcalc.analyze(network).totals.params == 18 + 6 + 12
    assert len(network.shared) == 2
    assert same_figures(network)


@pytest.mark.parametrize(("how", "params"), [({"more": "2"}, 2 * 24 + 24), ({"of": 2}, 2 * 24 + 24)])
def test_layers_that_differ_have_weights_of_their_own(how: Any, params: int, graphs: Graphs) -> None:
    # The norms, too: exporters store equal arrays of norms once, whichever layers have them.
    with pytest.warns(ArchcalcWarning, match=r"counted for each layer \(1\)"):
        assert archcalc.analyze(twins(graphs, **how)).totals.params == params


def test_an_input_that_no_layer_reads_is_left_out(graphs: Graphs) -> None:
    inputs: dict[str, Sequence[int | str]] = {"mask": [1, "words"], "image": [1, 3, 8, 8]}
    path = graphs.write(inputs, [("Relu", ["image"], "y", {})], {})
    with pytest.warns(ArchcalcWarning, match="1 input that no layer reads is left out: mask"):
        network = archcalc.load(path)
    assert network.input.dims == (8, 8, 3)
    assert not network.named_inputs


def test_inputs_called_like_layers(graphs: Graphs) -> None:
    nodes = [("Relu", ["a/x"], "/b/Relu", {}), ("Add", ["/b/Relu", "b"], "input", {})]
    network = archcalc.load(graphs.write({"a/x": [1, 3, 4, 4], "b": [1, 3, 4, 4]}, nodes, {}))
    assert [*network.named_inputs] == ["a_x", "b_input"]
    assert same_figures(network)


# --- what is refused ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "input", "says"),
    [
        (TICKETS, None, "'title' is batchx.; give its sizes: --input title=1x128 --input body=1x128$"),
        (TICKETS, "title=1x9", "'body' is batchx.; give its sizes: --input title=1x128 --input body=1x128$"),
        (
            TICKETS,
            "1x9",
            r"\(title, body, tags\); 1 shape is given, and none for body, tags: --input ",
        ),
        (
            TICKETS,
            "1x9,1x9,1x12,1x4",
            "4 shapes are given: --input title=1x128 --input body=1x128 --input tags=",
        ),
        (TICKETS, "title=1x9,title=1x9", "the input 'title' has two shapes"),
        (TICKETS, "titel=1x9,body=1x9", "no input 'titel' .did you mean 'title'"),
        (TICKETS, "zzz=1x9", "no input 'zzz' .known: body, tags, title"),
        (
            TICKETS,
            "title=1x9,body=2x9",
            "the batch, and must be the same for all inputs: it is 1 in 'title', 2 in 'b",
        ),
        (TICKETS, "title=1x9x9,body=1x9", "the input 'title' has 2 axes, not 3"),
        (
            TICKETS,
            "title=1xa,body=1x9",
            "must be sizes such as 1x224x224x3 .batch, height, width, channels.",
        ),
        (TICKETS, "title=1,body=1x9", "the input 'title' has 2 axes, not 1"),
        (SIAMESE, "left=1x28x28x3", "'left' has 1 channels, not 3"),
    ],
)
def test_shapes_that_do_not_fit(path: str, input: str | None, says: str) -> None:
    with pytest.raises(ArchcalcError, match=says):
        archcalc.analyze(path, input=input)


def test_a_net_without_sizes_says_all_that_are_missing(caffe: Any) -> None:
    path = caffe(prototxt(""))
    with pytest.raises(
        ArchcalcError, match="'left'; give its sizes: --input left=1x3x224x224 --input right=1x3x2"
    ):
        archcalc.analyze(path)
    assert archcalc.analyze(path, input="1x1x28x28,1x1x28x28").totals.params == 6282


def test_the_option_of_the_command() -> None:
    words = ["--input", "title=1x10", "--input", "body=1x20"]
    done = run("totals", TICKETS, *words, "--columns", "params,macs")
    assert (done.returncode, done.stderr) == (0, "")
    assert "1,392,097" in done.stdout
    for text in ("1x3xw", "", "title=1x10,body=1x20", "=1x3"):
        done = run("table", TICKETS, "--input", text)
        assert (done.returncode, done.stdout) == (2, "")
        assert "--input takes the sizes of one input, such as 1x3x224x224 or NAME=1x3x224x224" in done.stderr


# --- export -------------------------------------------------------------------------------------------------

TWO = """
name: two
inputs: {left: [12, 12, 3], right: [12, 12, 3], vector: [6]}
blocks:
  tower: {layers: [{conv: 4, kernel: 3, then: [NORM]}, {fc: 5}]}
layers:
  - {tower: , name: first, from: left}
  - {tower: , from: right, name: second, same_as: first}
  - {concat: , from: [first, second, vector]}
  - {fc: 2}
"""


@pytest.mark.parametrize("name", ["net.onnx", "net.prototxt"])
def test_several_inputs_and_shared_weights_are_written(name: str, tmp_path: Path) -> None:
    text = TWO.replace("NORM", "bn, relu" if name == "net.onnx" else "relu")
    network, path = parse(Source("two.yaml", text)).bind(), tmp_path / name
    content = exported(network, name)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again = read_model(str(path))
    assert [*again.named_inputs] == ["left", "right", "vector"]
    first, second = (archcalc.analyze(one).totals for one in (again, network))
    for figure in ("params", "buffers", "macs", "flops", "depth"):
        assert getattr(first, figure) == getattr(second, figure)
    assert len(again.shared) == 2 + text.count("bn")
    if name == "net.onnx":
        onnx = pytest.importorskip("onnx")
        onnx.checker.check_model(onnx.load_from_string(path.read_bytes()), full_check=True)


def test_pytorch_has_one_input() -> None:
    network = parse(Source("two.yaml", TWO.replace("NORM", "relu"))).bind()
    with pytest.raises(ArchcalcError, match="it has 3 inputs, and archcalc writes networks of one input"):
        exported(network, "net.py")
