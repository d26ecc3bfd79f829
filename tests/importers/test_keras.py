"""Models of Keras: what a network they hold, how it is written as a spec, and what is refused.

The oracle of the params is Keras 3.15.1 itself (count_params), that of the MACs FlopCounterMode on Keras's
model with the PyTorch backend: ``tests/facts/keras-applications.csv`` and the numbers below. The files of
Keras 3 were written by ``model.to_json()``, and stripped of initializers and the like; ``keras2.json`` is
typed.
"""

from __future__ import annotations

import csv
import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from helpers.onnx_models import MODELS, ROOT
from helpers.same_layers import records

import archcalc
from archcalc.errors import ArchcalcError, ArchcalcWarning, Source, SpecError
from archcalc.importers import read_model
from archcalc.language.parse import parse
from archcalc.network import Network

SMALL = str(ROOT / "examples" / "small.keras")
APPLICATIONS = ("EfficientNetB0", "MobileNetV3Small", "NASNetMobile")
FILES = ("generator", "keras2", "rows", "tokens", "twins", "words")
INPUTS = {"keras2": "1x15x15x3", "MobileNetV3Small": "1x224x224x3"}


def model(name: str) -> str:
    return str(MODELS / (f"{name.lower()}.keras" if name in APPLICATIONS else f"{name}.json"))


def load(name: str) -> Network:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ArchcalcWarning)
        return read_model(model(name), INPUTS.get(name, ""))


def layer(kind: str, reads: str | Sequence[str] = "x", module: str = "keras.layers", **config: Any) -> Any:
    """A layer in the form of Keras 3, called like its class in small letters."""
    tensors = [
        {"class_name": "__keras_tensor__", "config": {"keras_history": [name, 0, 0]}}
        for name in ([reads] if isinstance(reads, str) else reads)
    ]
    calls = [{"args": tensors if isinstance(reads, str) else [tensors], "kwargs": {}}]
    return {
        "module": module,
        "class_name": kind,
        "config": config,
        "name": kind.lower(),
        "inbound_nodes": calls,
    }


class Files:
    """Models of a few layers."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "net.json"

    def text(self, values: Any) -> Network:
        self.path.write_text(values if isinstance(values, str) else json.dumps(values), encoding="utf-8")
        return read_model(str(self.path))

    def net(self, *layers: Any, shape: Sequence[int] = (12, 12, 4)) -> Network:
        """A functional model: every layer reads what it says, and the last one gives the output."""
        entry = {"class_name": "InputLayer", "name": "x", "config": {"batch_shape": [None, *shape]}}
        config = {"name": "net", "layers": [entry, *layers], "input_layers": [["x", 0, 0]]}
        config["output_layers"] = [[layers[-1]["name"], 0, 0]]
        return self.text({"class_name": "Functional", "config": config})

    def refusal(self, *layers: Any, shape: Sequence[int] = (12, 12, 4)) -> str:
        with pytest.raises(ArchcalcError) as caught:
            self.net(*layers, shape=shape)
        return str(caught.value)

    def op(self, made: Any, shape: Sequence[int] = (12, 12, 4)) -> tuple[str, tuple[int, ...], int]:
        """The op of a model of one layer, its output and its params."""
        (found,) = archcalc.analyze(self.net(made, shape=shape)).layers
        return found.op, found.output, found.params


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


# --- what a file holds --------------------------------------------------------------------------------------


def test_an_archive_is_a_network() -> None:
    totals, same = archcalc.analyze(SMALL).totals, archcalc.analyze(str(ROOT / "examples/small.onnx")).totals
    assert (totals.params, totals.macs, totals.buffers) == (same.params, same.macs, same.buffers)


@pytest.mark.parametrize("name", APPLICATIONS)
def test_applications_have_the_figures_of_keras(name: str) -> None:
    with (ROOT / "tests/facts/keras-applications.csv").open(encoding="utf-8") as file:
        fact = next(row for row in csv.DictReader(file) if row["name"] == name)
    analysis = archcalc.analyze(load(name))
    counters = 1 if name == "EfficientNetB0" else 0  # the third array of a Normalization
    assert analysis.totals.params == int(fact["trainable"])
    assert analysis.totals.params + analysis.totals.buffers + counters == int(fact["params"])
    assert analysis.totals.macs == int(fact["macs"])
    assert "x".join(map(str, analysis.layers[-1].output)) == fact["output"]


@pytest.mark.parametrize(
    ("name", "params", "buffers", "output"),
    [
        ("generator", 14_745, 256, (199, 193, 3)),
        ("rows", 615, 0, (2,)),
        ("tokens", 13_035, 0, (3,)),
        ("twins", 361, 24, (5,)),
        ("words", 39_298, 0, (2,)),
        # stem, a tower that is used twice, a gate, and the units
        ("keras2", 112 + 36 + 8 + 20 + 394, 8, (2,)),
    ],
)
def test_models_have_the_params_of_keras(
    name: str, params: int, buffers: int, output: tuple[int, ...]
) -> None:
    analysis = archcalc.analyze(load(name))
    assert (analysis.totals.params, analysis.totals.buffers) == (params, buffers)
    assert analysis.layers[-1].output == output


@pytest.mark.parametrize("name", [*FILES, *APPLICATIONS])
def test_the_written_spec_reads_back_to_the_same_layers(name: str) -> None:
    network = load(name)
    flat = parse(Source("written.yaml", archcalc.to_yaml(network, flat=True))).bind()
    assert records(flat) == records(network)
    folded = parse(Source("written.yaml", archcalc.to_yaml(network))).bind()
    assert records(folded) == records(network)


def test_a_layer_that_is_used_twice_has_its_arrays_once() -> None:
    network = load("twins")
    shared = {node.path: network.layers[node.same_as - 1].path for node in network.layers if node.same_as}
    assert shared == {
        "tower_2/c": "tower/c",
        "tower_2/batch_normalization_2": "tower/batch_normalization_2",
        "shared_2": "shared",
    }
    # The norms behind the shared convolution are two.
    ops = {node.path: node for node in network.layers}
    assert [ops[name].same_as for name in ("bn_a", "bn_b")] == [0, 0]
    assert not ops["bn_b"].follower


def test_keras_2_counts_the_calls_of_a_nested_model_from_one() -> None:
    paths = [node.path for node in load("keras2").layers]
    assert paths[:6] == [
        "stem/pad",
        "stem/conv",
        "stem/conv/relu",
        "tower/dw",
        "tower/bn",
        "tower/bn/leaky_relu",
    ]
    assert paths[6:10] == ["tower_2/dw", "tower_2/bn", "tower_2/bn/leaky_relu", "pool"]


def test_a_hard_sigmoid_in_three_steps_is_one_layer() -> None:
    ops = {node.path: node.op.name for node in load("keras2").layers}
    assert ops["squeeze/hardsigmoid"] == "hardsigmoid"
    assert "relu6" not in ops.values()


def test_a_sequential_model_may_be_a_list_of_layers(files: Files) -> None:
    dense = {"class_name": "Dense", "config": {"name": "d", "units": 3, "batch_input_shape": [None, 5]}}
    network = files.text({"class_name": "Sequential", "config": [dense], "keras_version": "2.1.6"})
    assert (network.input.dims, network.layers[0].path) == ((5,), "d")
    assert network.source == "net.json: Keras 2.1.6"


def test_arrays_that_are_not_trained_are_said(files: Files) -> None:
    frozen = layer("Conv2D", filters=2, kernel_size=3, trainable=False)
    with pytest.warns(
        ArchcalcWarning, match=r"74 of the params are not trained in this file .trainable: false"
    ):
        assert archcalc.analyze(files.net(frozen)).totals.params == 74


def test_what_is_left_out_is_said(files: Files) -> None:
    with pytest.warns(ArchcalcWarning, match="the counter of a Normalization, one value, is not counted"):
        assert archcalc.analyze(files.net(layer("Normalization", axis=-1))).totals.buffers == 8


def test_constants_take_operations(files: Files) -> None:
    network = files.net(layer("Rescaling", scale=0.5, offset=[1, 2, 3, 4]))
    assert [(node.path, node.op.function) for node in network.layers] == [  # type: ignore[attr-defined]
        ("rescaling", "scale"),
        ("rescaling_offset", "shift"),
    ]
    assert archcalc.analyze(network).totals.flops == 2 * 12 * 12 * 4
    network = files.net(layer("Normalization", mean=[1.0], variance=[2.0]))
    assert [node.op.name for node in network.layers] == ["elementwise"] * 2


@pytest.mark.parametrize(
    ("made", "op", "output", "params"),
    [
        # Keras's own figures
        (layer("Conv2D", filters=8, kernel_size=[3, 3], strides=2, padding="same"), "conv", (6, 6, 8), 296),
        (layer("Conv2D", filters=8, kernel_size=5, groups=2, use_bias=False), "conv", (8, 8, 8), 400),
        (layer("DepthwiseConv2D", kernel_size=3, depth_multiplier=2), "conv", (10, 10, 8), 80),
        (layer("Conv2DTranspose", filters=2, kernel_size=2, strides=3), "deconv", (36, 36, 2), 34),
        (
            layer("Conv2DTranspose", filters=2, kernel_size=3, strides=2, padding="same"),
            "deconv",
            (24, 24, 2),
            74,
        ),
        (layer("MaxPooling2D", pool_size=3, strides=2, padding="same"), "maxpool", (6, 6, 4), 0),
        (layer("AveragePooling2D"), "avgpool", (6, 6, 4), 0),
        (layer("GlobalMaxPooling2D", keepdims=True), "maxpool", (4,), 0),
        (layer("Dense", units=3), "fc", (12, 12, 3), 15),
        (layer("LayerNormalization", axis=[-1], scale=False), "layernorm", (12, 12, 4), 4),
        (layer("GroupNormalization", groups=-1), "groupnorm", (12, 12, 4), 8),
        (layer("PReLU", shared_axes=[1, 2]), "prelu", (12, 12, 4), 4),
        (layer("PReLU", shared_axes=[1, 2, 3]), "prelu", (12, 12, 4), 1),
        (layer("ReLU", max_value=6.0), "relu6", (12, 12, 4), 0),
        (layer("ReLU", max_value=1.0), "hardtanh", (12, 12, 4), 0),
        (layer("Activation", activation="swish"), "silu", (12, 12, 4), 0),
        (layer("ZeroPadding2D", padding=[[1, 2], [3, 4]]), "pad", (15, 19, 4), 0),
        (layer("Cropping2D", cropping=2), "crop", (8, 8, 4), 0),
        (layer("UpSampling2D", size=2, interpolation="bilinear"), "upsample", (24, 24, 4), 0),
        (layer("Reshape", target_shape=[-1, 8]), "reshape", (72, 8), 0),
        (layer("Relu", module="keras.src.ops.nn"), "relu", (12, 12, 4), 0),
        (layer("Exp", module="keras.src.ops.numpy"), "elementwise", (12, 12, 4), 0),
        (layer("Maximum", ["x", "x"]), "elementwise", (12, 12, 4), 0),
        (layer("Concatenate", ["x", "x"], axis=2), "concat_positions", (12, 24, 4), 0),
        (layer("Permute", dims=[3, 1, 2]), "rearrange", (4, 12, 12), 0),
    ],
    ids=lambda value: value["class_name"] if isinstance(value, dict) else "",
)
def test_layers(files: Files, made: Any, op: str, output: tuple[int, ...], params: int) -> None:
    assert files.op(made) == (op, output, params)


@pytest.mark.parametrize(
    ("made", "op", "output", "params"),
    [
        (layer("LSTM", units=8), "lstm", (8,), 416),
        (layer("GRU", units=8, return_sequences=True), "gru", (12, 8), 336),
        (layer("GRU", units=8, reset_after=False), "gru", (8,), 312),
        (layer("SimpleRNN", units=8), "rnn", (8,), 104),
        (layer("Bidirectional", layer=layer("LSTM", units=8)), "lstm", (16,), 832),
        (layer("TimeDistributed", layer=layer("Dense", units=2)), "fc", (12, 2), 10),
        (layer("Conv1D", filters=2, kernel_size=3, padding="causal", dilation_rate=2), "conv", (12, 2), 26),
        (layer("MultiHeadAttention", ["x", "x"], num_heads=2, key_dim=3), "attention", (12, 4), 118),
        (layer("Permute", dims=[2, 1]), "transpose", (4, 12), 0),
    ],
    ids=lambda value: value["class_name"] if isinstance(value, dict) else "",
)
def test_layers_of_sequences(files: Files, made: Any, op: str, output: tuple[int, ...], params: int) -> None:
    assert files.op(made, (12, 4)) == (op, output, params)


def test_the_input(files: Files) -> None:
    path = model("keras2")
    with pytest.raises(ArchcalcError, match=r"is batchx\?x\?x3; give its sizes: --input 1x224x224x3"):
        archcalc.analyze(path)
    assert archcalc.load(path, ["input=input_1=1x9x9x3"]).input.dims == (9, 9, 3)
    for text, says in (
        ("1x3x9x9", r"has 3 channels, not 9 .the channels come last: batch, height, width, channels"),
        ("1x9x9", "has 4 axes, not 3"),
        ("image=1x9x9x3", "has no input 'image'"),
        ("big", r"sizes such as 1x224x224x3 .batch, height, width, channels., not 'big'"),
    ):
        with pytest.raises(ArchcalcError, match=says):
            archcalc.analyze(path, [f"input={text}"])
    with pytest.raises(ArchcalcError, match=r"does not state the shape of the input 'input'; .* 1x224x224x3"):
        files.text({"class_name": "Sequential", "config": {"layers": [layer("Dense", units=2)]}})


# --- what is refused ----------------------------------------------------------------------------------------


def test_every_mistake_of_a_file_is_shown_at_once() -> None:
    with pytest.raises(SpecError) as caught:
        archcalc.analyze(model("unreadable"))
    says = [f"{problem.mark.line}: {problem.message}" for problem in caught.value.problems if problem.mark]
    assert says == [
        "3: it has no 'filters'",
        "4: 'padding' has no value 'smae'",
        "5: a window of 30 does not fit an input of 20 with padding 0 + 0",
        "6: archcalc has no layer for the class 'MaxPoling2D'",
        "7: a Lambda layer holds Python code, which archcalc never runs",
        "8: the class 'Attend' is not from Keras: its code is not in the file, and is not run",
        "9: reads 'imag', which is not a layer",
        "10: 'units' must be a whole number from 1 to 2,147,483,647",
        "11: archcalc does not know the activation 'rellu'",
        "12: archcalc reads models whose channels are last, not 'channels_first'",
    ]
    assert "(did you mean 'MaxPooling2D'?)" in str(caught.value)


@pytest.mark.parametrize(
    ("layers", "says"),
    [
        ([layer("Dot", ["x", "x"])], "no layer for the class 'Dot' (the way out: describe"),
        ([layer("Erf", module="keras.src.ops.math")], "no layer for the operation 'Erf'"),
        ([layer("Concatenate", ["x", "x"], axis=0)], "its inputs have no axis 0"),
        ([layer("Flatten"), layer("Add", ["x", "flatten"])], "differ only where an axis has one value"),
        ([layer("BatchNormalization", axis=1)], "norms the last axis only"),
        ([layer("Softmax", axis=1)], "a softmax over the channels only"),
        ([layer("Reshape", target_shape=[5, 5])], "12x12x4 cannot become 5x5"),
        ([layer("Reshape", target_shape=[-1, -1])], "'target_shape' must be whole numbers"),
        ([layer("Cropping2D", cropping=6)], "crops more than its input has"),
        ([layer("PReLU")], "a slope for each channel, or one for all"),
        ([layer("ReLU", threshold=1)], "no relu with a threshold"),
        ([layer("Activation", activation="softsign")], "no layer for the activation 'softsign'"),
        ([layer("Conv2D", filters=True, kernel_size=3)], "'filters' must be a whole number"),
        (
            [layer("Conv2D", filters=4, kernel_size=[3, 3, 3])],
            "'kernel_size' must be a whole number from 1, or 2",
        ),
        ([layer("Conv3D", filters=4, kernel_size=3)], "needs an input of 4 axes without the batch, not of 3"),
        ([layer("LSTM", units=3)], "it reads a sequence"),
        ([layer("Dropout", rate=2)], "'rate' must be a number from 0 to 1"),
        ([layer("Embedding", input_dim=9, output_dim=2)], "looks up one number for each token"),
        ([layer("ReLU", "elu"), layer("ELU", "relu")], "'relu' reads what is computed from its own output"),
        ([layer("ReLU"), layer("ReLU")], "two layers are called 'relu'"),
        ([layer("Sequential", layers=3)], "are in Python code (the way out: build it as a functional model"),
        ([{"class_name": "ReLU"}], "it has no 'config'"),
        ([layer("ReLU") | {"inbound_nodes": [3]}], "no list of the tensors that a layer reads"),
    ],
    ids=lambda value: value[-1].get("class_name") if isinstance(value, list) else "",
)
def test_what_archcalc_has_no_layer_for(files: Files, layers: list[Any], says: str) -> None:
    assert says in files.refusal(*[{"name": "y", **one} for one in layers])


def test_a_failed_layer_is_not_reported_again_by_its_readers(files: Files) -> None:
    says = files.refusal(layer("Dot"), layer("ReLU", "dot"), layer("Dense", "relu", units=3))
    assert says.count("archcalc has no layer") == 1


def test_several_inputs_and_outputs(files: Files) -> None:
    two = layer("Concatenate", ["a", "b"])
    entries = [
        {"class_name": "InputLayer", "name": name, "config": {"batch_shape": [None, 4]}} for name in "ab"
    ]
    config: dict[str, Any] = {"layers": [*entries, two], "output_layers": [["concatenate", 0, 0]]}
    config["input_layers"] = [["a", 0, 0], ["b", 0, 0]]
    both = files.text({"class_name": "Functional", "config": config})
    assert [node.path for node in both.layers] == ["b", "concatenate"]
    one = {"layers": [entries[0], layer("ReLU", "a"), layer("ELU", "a")], "input_layers": ["a", 0, 0]}
    one["output_layers"] = {"second": ["elu", 0, 0], "first": ["relu", 0, 0]}
    network = files.text({"class_name": "Functional", "config": one})
    assert [node.op.name for node in network.layers] == ["relu", "elu"]
