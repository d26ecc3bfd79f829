"""Networks as ONNX files: onnx agrees with every shape, and archcalc reads back the same figures."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from helpers import random_networks
from helpers.console import run

import archcalc
from archcalc.errors import ArchcalcError, Source
from archcalc.exporters import exported
from archcalc.exporters.as_placed import placed_layers
from archcalc.importers import read_model
from archcalc.language.parse import parse
from archcalc.network import Network

# One of each kind of layer and of wiring; all networks of the list were compared by hand (docs/import.md).
SHIPPED = (
    "alexnet",
    "convnext-tiny",
    "densenet-40-k12",
    "efficientnet-b0",
    "googlenet",
    "inception-v3-aux",
    "mobilenet-v3-small",
    "resnet18",
    "se-resnet50",
    "shufflenet-v2-x1.0",
    "zfnet",
)

# Their attentions are read as several layers.
TOKENS = (
    "albert-base",
    "bert-base",
    "coatnet-0",
    "gpt2-124m",
    "maxvit-t",
    "swin-t",
    "vit-ti-16",
    "wav2vec2-base",
)

SEEDS = 400


def written(network: Network, folder: Path) -> Path:
    path = folder / "net.onnx"
    content = exported(network, str(path))
    assert isinstance(content, bytes)
    path.write_bytes(content)
    return path


def figures(network: Network) -> tuple[list[object], dict[str, object]]:
    """The output and the figures of all layers but ``flatten``, and the totals that it does not change.

    In ONNX a matrix product reads a vector, so a Flatten stands before an fc that reads maps.
    """
    analysis = archcalc.analyze(network)
    layers = [layer for layer in analysis.layers if layer.op != "flatten"]
    totals = {
        name: value
        for name, value in analysis.totals.figures.items()
        # The name of the layer at the peak is that of a row, and rows are named anew.
        if name not in ("activations", "activation_bytes", "peak_layer")
    }
    return [(layer.output, layer.figures) for layer in layers], totals


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_network_reads_back_to_the_same_figures(name: str, tmp_path: Path) -> None:
    network = archcalc.load(name)
    assert figures(read_model(str(written(network, tmp_path)))) == figures(network)


@pytest.mark.parametrize("name", TOKENS)
def test_a_network_of_tokens_reads_back_to_the_same_work(name: str, tmp_path: Path) -> None:
    network = archcalc.load(name)
    back = read_model(str(written(network, tmp_path)))
    assert work(back) == work(network)
    assert archcalc.analyze(back).totals.flops == archcalc.analyze(network).totals.flops


@pytest.mark.parametrize("name", SHIPPED + TOKENS)
def test_onnx_agrees_with_every_shape(name: str) -> None:
    # The oracle is onnx: its checker, and its own inference without the shapes that the file declares.
    onnx = pytest.importorskip("onnx")
    network = archcalc.load(name)
    content = exported(network, "net.onnx")
    onnx.checker.check_model(content, full_check=True)
    check_shapes(onnx, content, network)


def check_shapes(onnx: object, content: object, network: Network) -> None:
    """onnx infers the shape of every layer, with the channels first or last, and it is the declared one."""
    model = onnx.load_from_string(content)  # type: ignore[attr-defined]
    declared = _shapes([*model.graph.value_info, *model.graph.output])
    layers = [layer for layer in placed_layers(network) if layer.op.name != "input"]
    assert declared.keys() == {layer.path for layer in layers}
    for layer in layers:
        first, last = (1, layer.y.channels, *layer.y.spatial), (1, *layer.y.spatial, layer.y.channels)
        assert declared[layer.path] in ([*first], [*last]), layer.path
    assert _inferred(onnx, content) == declared


def _shapes(infos: list[object]) -> dict[str, list[int]]:
    return {
        info.name: [dim.dim_value for dim in info.type.tensor_type.shape.dim]  # type: ignore[attr-defined]
        for info in infos
    }


def _inferred(onnx: object, content: object) -> dict[str, list[int]]:
    """The shapes of the outputs of the nodes that are named like a layer: those with a declared shape."""
    model = onnx.load_from_string(content)  # type: ignore[attr-defined]
    declared = {info.name for info in [*model.graph.value_info, *model.graph.output]}
    del model.graph.value_info[:]
    for info in model.graph.output:
        info.type.tensor_type.ClearField("shape")
    inference = onnx.shape_inference.infer_shapes  # type: ignore[attr-defined]
    found = inference(model, check_type=True, strict_mode=True, data_prop=True).graph
    return _shapes([info for info in [*found.value_info, *found.output] if info.name in declared])


def same_work(network: Network) -> tuple[list[str], dict[str, object]]:
    """The figures in any order, without the peak, which depends on the order, and without the depth.

    An activation that starts a branch is found when something reads it. And a file does not tell whether a
    convolution with one channel in each group is meant as depthwise, which adds no depth.
    """
    layers, totals = figures(network)
    return sorted(map(str, layers)), totals | dict.fromkeys(
        ("depth", "peak_activations", "peak_activation_bytes")
    )


SEVERAL_LAYERS = {
    "attention", "channel_conv", "concat_positions", "dot_product_attention", "glu", "l2norm", "matmul",
    "pixel_shuffle", "pixel_unshuffle", "rearrange", "reshape", "stack", "transpose",
}  # fmt: skip
"""Ops that a reader sees as several layers, or in the layers around them."""


def work(network: Network) -> dict[str, object]:
    """The totals that do not depend on how a layer is divided into several, and the values of the output."""
    analysis = archcalc.analyze(network)
    totals = {name: analysis.totals.figures[name] for name in ("params", "buffers", "macs")}
    return totals | {"output": math.prod(analysis.layers[-1].output)}


def test_random_networks_read_back_or_are_refused(tmp_path: Path) -> None:
    same = 0
    for seed in range(SEEDS):
        network = parse(Source("net.yaml", random_networks.spec_of(seed))).bind()
        try:
            path = written(network, tmp_path)
        except ArchcalcError:
            continue
        back = read_model(str(path))
        assert work(back) == work(network), seed
        if not SEVERAL_LAYERS & {node.op.name for node in network.layers}:
            same += 1
            assert same_work(back) == same_work(network), seed
    assert same > SEEDS // 20


def test_weights_take_no_room(tmp_path: Path) -> None:
    path = written(archcalc.load("vgg16"), tmp_path)
    assert path.stat().st_size < 20_000


def test_nodes_have_the_paths_of_the_layers(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    network = archcalc.load("googlenet")
    model = onnx.load(str(written(network, tmp_path)))
    names = {node.name for node in model.graph.node}
    assert {layer.path for layer in placed_layers(network)} <= names
    assert [info.name for info in model.graph.output] == ["softmax1"]


@pytest.mark.parametrize(
    ("layers", "says"),
    [
        (
            "[{bn: , name: a, gamma: false, beta: false}, {bn: , same_as: a, gamma: false, beta: false}]",
            r"count these shared weights twice \(bn2\)",
        ),
        ("[{reshape: tokens}, transpose]", "no layer in mere moves"),
        ("[]", "it has no layer"),
        ("[{conv: 4, kernel: 3, table: [[0], [1], [2], [3]]}]", "a connection table"),
        ("[{adaptive_avgpool: 3}]", "windows of several sizes"),
        ("[{upsample: , size: 9}]", "whole factors only"),
        ("[{groupnorm: 2, beta: false}]", "a scale and a shift only"),
        ("[{shuffle: 1}, {slice: 4}]", r"changes nothing \(shuffle1, slice1\)"),
        ("[{conv: 4, kernel: 3, standardize: true}]", "no conv with 'standardize'"),
        ("[{locally_connected: 4, kernel: 3, name: a}]", r"no node of ONNX for locally_connected \(a\)"),
    ],
)
def test_layers_that_onnx_lacks(layers: str, says: str) -> None:
    network = parse(Source("net.yaml", f"name: net\ninput: [8, 8, 4]\nlayers: {layers}\n")).bind()
    with pytest.raises(ArchcalcError, match=says) as caught:
        exported(network, "net.onnx")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "layers",
    [
        "[{crop: 5}]",
        "[{crop: 3, start: 1}, {conv: 2, kernel: 1}]",
        "[{maxpool: 3, stride: 2, rounding: ceil}, {avgpool: 2, stride: 3, rounding: ceil-noclip}]",
        "[{conv: 6, kernel: 2, pad: same, stride: 2}, {deconv: 4, kernel: 3, stride: 2, output_pad: 1}]",
        "[{bn: , gamma: false, beta: false}, scale, {layernorm: , beta: false}, instancenorm]",
        "[{prelu: per-channel}, {gelu: tanh}, mish, celu, selu, {hardtanh: , low: -2}, softplus]",
        "[{upsample: 2}, {conv: 4, kernel: 3, bias: per-position}]",
        "[{add: {x: [{conv: 4, kernel: 1}], shortcut: [tanh]}, scale: 0.1}, silu, mish, silu]",
        "[{add: {x: [{conv: 9, kernel: 1}], shortcut: []}, channels: zero-pad}]",
        "[{conv: 8, kernel: 1}, {shuffle: 2}, {pad: 1, channels: 2}, {fc: 5, over: channels}, logsoftmax]",
        "[{multiply: {x: [], gate: [{avgpool: global}, {fc: 4}, sigmoid]}}]",
        "[{conv: 4, kernel: 1, name: a, then: bn}, {conv: 4, kernel: 1, name: b, then: bn, same_as: a}]",
        "[{bn: , name: a}, relu, {bn: , name: b, same_as: a}]",
        "[{groupnorm: 2}, relu, {groupnorm: 4}]",
    ],
)
def test_single_layers(layers: str, tmp_path: Path) -> None:
    network = parse(Source("net.yaml", f"name: net\ninput: [8, 8, 4]\nlayers: {layers}\n")).bind()
    path = written(network, tmp_path)
    assert figures(read_model(str(path))) == figures(network)
    onnx = pytest.importorskip("onnx")
    check_shapes(onnx, path.read_bytes(), network)


@pytest.mark.parametrize(
    "layers",
    [
        "[{attention: 4, kv_heads: 2, causal: true}, rmsnorm]",
        "[{attention: 2, head_width: 3, out_width: 5, bias: qv}, {attention: 5, bias: false}]",
        "[{attention: 2, windows: 3, shift: 1, fill: true, relative_bias: table}]",
        "[{attention: 2, windows: [2, 4], shift: [1, 2], similarity: cosine, relative_bias: mlp}]",
        "[{attention: 4, kv_heads: 2, windows: 4, grid: true, relative_bias: table}]",
        "[{conv: 8, kernel: 2, stride: 2, name: keys}, {attention: 2, from: [input, keys]}]",
        "[{reshape: tokens}, {parameter: prepend, tokens: 3}, {parameter: add}, {crop: 1, start: 0}]",
        "[{parameter: multiply, per: channel}, {parameter: add, per: position}, {parameter: add, per: all}]",
        "[{layernorm: , then: {parameter: multiply, per: channel}}, {parameter: add, per: value}]",
        "[{reshape: tokens}, {parameter: add, rows: 99}, {fc: 6}, transpose, {fc: 2}]",
        "[{reshape: tokens, name: t}, {fc: 8}, {matmul: , transpose: true, from: [fc1, t]}]",
        "[{fc: 8, name: k}, {dot_product_attention: 4, from: [input, k, k]}]",
        "[{conv: 1, kernel: 1}, {embedding: 8, vocabulary: 9, name: e}, {fc: 9, bias: false, same_as: e}]",
        "[{pixel_unshuffle: 2}, {layernorm: }, {pixel_shuffle: 4}, {reshape: [4, 4]}, {conv: 1, kernel: 1}]",
        "[{max: channels, name: m}, {multiply: , from: [input, m]}, glu, {mean: channels}, sigmoid]",
        "[l2norm, {avgpool: global}, {channel_conv: 3}, {fc: 8}, {reshape: [2, 2]}, {conv: 1, kernel: 1}]",
        "[{fc: 8}, {concat: {a: [], b: [{layernorm: }]}}, {slice: 3, start: 2}, {crop: 2}]",
        "[{crop: [1, 2], name: c}, {dot_product_attention: 4, from: [c, c, c]}, {pad: 2, channels: 4}]",
        "[{rearrange: [2, 16]}, {fc: 3}, softmax]",
    ],
)
def test_layers_of_tokens(layers: str, tmp_path: Path) -> None:
    network = parse(
        Source(
            "net.yaml",
            f"name: net\ninput: [8, 8, 8]\ndefaults: {{fc: {{over: channels}}}}\nlayers: {layers}\n",
        )
    ).bind()
    path = written(network, tmp_path)
    assert work(read_model(str(path))) == work(network)
    onnx = pytest.importorskip("onnx")
    onnx.checker.check_model(path.read_bytes(), full_check=True)
    check_shapes(onnx, path.read_bytes(), network)


def test_a_single_number_is_looked_up(tmp_path: Path) -> None:
    network = parse(
        Source("net.yaml", "name: net\ninput: [1]\nlayers: [{embedding: 4, vocabulary: 9}]\n")
    ).bind()
    assert work(read_model(str(written(network, tmp_path)))) == work(network)


def test_words_are_whole_numbers(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    model = onnx.load(str(written(archcalc.load("bert-base"), tmp_path)))
    inputs = {info.name: info.type.tensor_type for info in model.graph.input}
    assert [*inputs] == ["words", "segments"]
    assert {type.elem_type for type in inputs.values()} == {onnx.TensorProto.INT64}
    assert [dim.dim_value for dim in inputs["words"].shape.dim] == [1, 512]


def test_the_command(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    done = run("export", "alexnet", "-o", str(path))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert archcalc.analyze(str(path)).totals.params == archcalc.analyze("alexnet").totals.params
