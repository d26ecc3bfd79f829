"""Prototxt files: what a network they hold, how it is written as a spec, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.onnx_models import MODELS, ROOT
from helpers.same_layers import records

import archcalc
from archcalc.errors import ArchcalcError, ArchcalcWarning, Source, SpecError
from archcalc.importers import read_model
from archcalc.language.parse import parse
from archcalc.network import Network

SMALL = str(ROOT / "examples" / "small.prototxt")
QUIET = [SMALL, str(MODELS / "branches.prototxt")]
HEAD = 'input: "data" input_dim: 1 input_dim: 4 input_dim: 12 input_dim: 12 '


def model(name: str) -> str:
    return str(MODELS / f"{name}.prototxt")


def layers_of(network: Network) -> list[str]:
    return [f"{node.path}:{node.op.name}" for node in network.layers]


def outputs_of(path: str, *settings: str) -> dict[str, tuple[int, ...]]:
    return {layer.path: layer.output for layer in archcalc.analyze(path, settings).layers}


class Files:
    """Networks of a few lines."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "net.prototxt"

    def net(self, layers: str, head: str = HEAD) -> Network:
        self.path.write_text(f"{head}\n{layers}\n", encoding="utf-8")
        return read_model(str(self.path))

    def refusal(self, layers: str, head: str = HEAD) -> str:
        with pytest.raises(ArchcalcError) as caught:
            self.net(layers, head)
        return str(caught.value)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def layer(kind: str, options: str = "", bottoms: str = "data", top: str = "y") -> str:
    reads = "".join(f' bottom: "{name}"' for name in bottoms.split())
    gives = "".join(f' top: "{name}"' for name in top.split())
    return f'layer {{ name: "{top.split(maxsplit=1)[0]}" type: "{kind}"{reads}{gives} {options} }}'


# --- what a file holds --------------------------------------------------------------------------------------


def test_a_prototxt_file_is_a_network() -> None:
    totals = archcalc.analyze(SMALL).totals
    # conv1 with its norm, two convs with theirs, one with a bias; the units
    assert totals.params == 3 * 8 * 9 + 16 + 2 * (8 * 8 * 9 + 16) + 8 * 10 + 10
    assert totals.macs == (3 * 8 * 9 + 2 * 8 * 8 * 9) * 256 + 80


def test_old_spellings_are_read() -> None:
    with pytest.warns(ArchcalcWarning, match="ignored .layer_param_is_no_field_of_caffe"):
        analysis = archcalc.analyze(model("old"))
    assert [layer.op for layer in analysis.layers] == [
        "conv", "maxpool", "lrn", "fc", "relu", "dropout", "fc", "softmax",
    ]  # fmt: skip
    # 24 values and windows of 3 in steps of 2: rounded up to 12
    assert analysis.layers[1].output == (12, 12, 20)
    assert analysis.totals.params == 520 + (2880 * 50 + 50) + 500


def test_the_test_phase_is_taken_and_a_head_with_its_own_loss_is_auxiliary() -> None:
    path = model("phases")
    with pytest.raises(ArchcalcError, match=r"shape of the input 'data'; give its sizes: --input 1x3x24x24"):
        archcalc.analyze(path)
    network = archcalc.load(path, ["input=1x3x24x24"])
    paths = {node.path: node.aux for node in network.layers}
    assert paths == {"conv1": False, "conv1/relu": False, "head/fc": True, "pool1": False, "fc": False}
    assert archcalc.analyze(network).totals.params == 608 + 2010


def test_branches() -> None:
    network = archcalc.load(model("branches"))
    assert layers_of(network)[:8] == [
        "stem/conv:conv",
        "stem/conv/bn:bn",
        "stem/conv/prelu:prelu",
        "left/slice:slice",
        "right/slice:slice",
        "left/conv:conv",
        "right/conv:conv",
        "right/conv/bn:bn",
    ]
    by_path = {node.path: node.op for node in network.layers}
    assert (by_path["stem/conv/bn"].gamma, by_path["right/conv/bn"].gamma) == (True, False)
    assert by_path["right/conv"].filters == "depthwise"
    assert "flat" not in by_path  # it belongs to the gate
    assert archcalc.analyze(network).layers[-1].output == (11, 9, 14)


def test_maps() -> None:
    with pytest.warns(ArchcalcWarning, match="constant factors and shifts .Power. are left out .1"):
        found = outputs_of(model("maps"))
    assert (found["down"], found["up"], found["crop"]) == ((8, 8, 4), (18, 18, 4), (15, 15, 4))
    assert (found["rows"], found["flat"]) == ((30, 15, 2), (900,))


@pytest.mark.parametrize(
    ("side", "options", "out"),
    [
        (12, "kernel_size: 3 stride: 2", 6),  # 5.5 windows
        (12, "kernel_size: 3 stride: 2 round_mode: FLOOR", 5),
        (12, "kernel_size: 2 stride: 3 pad: 1", 5),  # rounded up, the last would start in the padding: 5
        (9, "kernel_size: 2 stride: 2 pad: 1", 5),  # 5.5 windows, and the sixth would start behind the input
        (4, "kernel_size: 1 stride: 3", 2),
        (5, "kernel_size: 1 stride: 3", 3),  # without padding, a window may start behind the input
    ],
)
def test_pooling_rounds_as_caffe_does(files: Files, side: int, options: str, out: int) -> None:
    head = f'input: "data" input_shape {{ dim: 1 dim: 2 dim: {side} dim: {side} }}'
    network = files.net(layer("Pooling", f"pooling_param {{ {options} }}"), head)
    assert archcalc.analyze(network).layers[0].output == (out, out, 2)


def test_a_norm_that_another_layer_reads_keeps_its_scale_apart(files: Files) -> None:
    scale = layer("Scale", "scale_param { bias_term: true }", "n", "s")
    network = files.net("\n".join([layer("BatchNorm", top="n"), scale, layer("Eltwise", "", "n s")]))
    assert [node.op.name for node in network.layers] == ["bn", "scale", "add"]
    in_place = files.net("\n".join([layer("BatchNorm", top="n"), layer("Bias", "", "n", "n")]))
    (node,) = in_place.layers
    assert (node.op.name, node.op.gamma, node.op.beta) == ("bn", False, True)  # type: ignore[attr-defined]


def test_the_layers_of_forks(files: Files) -> None:
    conv = layer("DepthwiseConvolution", "convolution_param { num_output: 8 kernel_size: 3 }", top="c")
    rest = [layer("ReLU6", "", "c", "c"), layer("ShuffleChannel", "shuffle_channel_param { group: 2 }", "c")]
    network = files.net("\n".join([conv, *rest]))
    assert [node.op.name for node in network.layers] == ["conv", "relu6", "shuffle"]


def test_several_outputs(files: Files) -> None:
    two = [layer("Sigmoid", top="a"), layer("TanH", top="b")]
    assert len(files.net("\n".join(two)).layers) == 2
    silenced = [*two, 'layer { name: "s" type: "Silence" bottom: "a" }']
    assert [node.op.name for node in files.net("\n".join(silenced)).layers] == ["tanh"]


@pytest.mark.parametrize("path", QUIET, ids=lambda path: Path(path).stem)
def test_the_written_spec_reads_back_to_the_same_layers(path: str) -> None:
    written = parse(Source("written.yaml", archcalc.to_yaml(path))).bind()
    assert records(written) == records(archcalc.load(path))


# --- what is refused ----------------------------------------------------------------------------------------


def test_every_mistake_of_a_file_is_shown_at_once() -> None:
    with pytest.raises(SpecError) as caught:
        archcalc.analyze(model("unreadable"))
    says = [f"{problem.mark.line}: {problem.message}" for problem in caught.value.problems if problem.mark]
    assert says == [
        "3: it has no 'kernel_size'",
        "3: unknown field 'kernal_size'",
        "4: archcalc has no layer for the type 'Poolling'",
        "5: archcalc has no layer for the type 'Permute'",
        "6: reads 'dato', which no layer before it gives",
        "7: a window of 30 does not fit an input of 20 with padding 0 + 0",
        "9: 'pool' has no value 'MEAN'",
        "10: 'num_output' must be a whole number from 1 to 2,147,483,647",
    ]
    assert "(did you mean 'Pooling'?)" in str(caught.value)


CONV = "convolution_param {{ num_output: 4 kernel_size: 3 {} }}"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (layer("Eltwise", "eltwise_param { operation: MAX }", "data data"), "the largest of several inputs"),
        (layer("Eltwise"), "needs 2 or more inputs (bottoms), and has 1"),
        (layer("Eltwise", "eltwise_param { coeff: 2 coeff: 3 }", "data data"), "a factor on one input only"),
        (layer("Power", "power_param { power: 2 }"), "no layer for a power of its input"),
        (layer("Softmax", "softmax_param { axis: 2 }"), "over the channels only"),
        (layer("Concat", "concat_param { axis: 2 }", "data data"), "concatenates channels only"),
        (layer("Slice", "slice_param { slice_point: 9 }", "data", "a b"), "do not share out 4 channels"),
        (layer("Slice", "", "data", "a b c"), "do not share out 4 channels among 3 outputs"),
        (layer("ReLU", "", "data", "a b"), "needs 1 outputs (tops), and has 2"),
        (layer("Pooling", "pooling_param { pool: STOCHASTIC kernel_size: 2 }"), "no stochastic pooling"),
        (layer("Pooling", "pooling_param { kernel_h: 2 }"), "both 'kernel_h' and its partner"),
        (layer("Convolution", CONV.format("kernel_size: 3 kernel_size: 3")), "has 3 values"),
        (layer("Convolution", CONV.format("group: 3")), "cannot be divided into 3 groups"),
        (layer("Convolution", CONV.format("group: 1 group: 1")), "'group' is given twice"),
        (layer("Convolution", CONV.format("pad: -1")), "'pad' must be a whole number from 0"),
        (layer("Convolution", "convolution_param: 3"), "'convolution_param' must be a message in braces"),
        (layer("Reshape", "reshape_param { shape { dim: 0 dim: 7 dim: -1 } }"), "1x4x12x12 cannot become"),
        (layer("Dropout", "dropout_param { dropout_ratio: nan }"), "'dropout_ratio' must be a number"),
        (layer("Crop", "crop_param { offset: 1 offset: 2 offset: 3 }", "data data"), "one 'offset'"),
        (layer("Flatten", "flatten_param { axis: 2 }"), "flattens all axes of an image"),
        (layer("LSTM"), "no layer for the type 'LSTM' (the way out: describe"),
        (layer("Sigmoid", top="a") + layer("TanH", top="a"), "gives 'a', which another layer gives, too"),
        ('layer { top: "a" }', "the layer has no type"),
        ("layer: 3", "'layer' must be a message in braces"),
        ('layers { layer { name: "x" } }', "upgrade_net_proto_text"),
        (layer("Accuracy"), "no layer reads an input"),
        (layer("ReLU", "", "data", "a") + layer("ReLU", "", "label", "b"), "no layer before it gives"),
        (
            layer("ArgMax", "", "data", "a") + layer("Eltwise", "", "data a"),
            "gives; it is no part of the network",
        ),
    ],
    ids=lambda value: value if "{" not in value else "",
)
def test_what_archcalc_has_no_layer_for(files: Files, text: str, says: str) -> None:
    assert says in files.refusal(text)


def test_a_failed_layer_is_not_reported_again_by_its_readers(files: Files) -> None:
    says = files.refusal(
        layer("LSTM", top="a") + layer("ReLU", "", "a", "b") + layer("Sigmoid", "", "b", "c")
    )
    assert says.count("error") + says.count("archcalc has no layer") == 1


def test_inputs(files: Files, tmp_path: Path) -> None:
    relu = layer("ReLU")
    two = layer("Concat", "", "data other")
    head = HEAD.replace("12 ", '12 input: "other" ', 1) + "input_dim: 1 " * 4
    assert "cannot join 12x12x4 and 1x1x1" in files.refusal(two, head)
    assert "every input has four 'input_dim'" in files.refusal(relu, 'input: "data" input_dim: 3')
    assert "shape of the input 'data'; give its sizes" in files.refusal(relu, "")
    assert "the input 'data' is 1x4x0x0" in files.refusal(relu, HEAD.replace("12", "0"))
    assert outputs_of(str(files.path), "input=data=1x4x9x9") == {"y": (9, 9, 4)}
    for text, says in (("input=x=1x4x9x9", "no input 'x'"), ("input=1x4x9", "has 4 axes, not 3")):
        with pytest.raises(ArchcalcError, match=says):
            archcalc.analyze(str(files.path), [text])


def test_a_file_of_a_solver_is_no_net(files: Files) -> None:
    assert "the net is in another file: train.prototxt" in files.refusal(
        "", 'net: "train.prototxt" base_lr: 1'
    )
