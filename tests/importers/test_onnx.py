"""ONNX files: what a network they hold, and how it is written as a spec."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from helpers.onnx_models import MODELS, ROOT, all_models
from helpers.same_layers import records

import archcalc
from archcalc.errors import ArchcalcError, ArchcalcWarning, Source
from archcalc.importers import format_of, read_model
from archcalc.language.parse import parse
from archcalc.language.write import write
from archcalc.network import Network, Node
from archcalc.ops import OPS
from archcalc.ops.base import Volume

SMALL = str(ROOT / "examples" / "small.onnx")
READABLE = [SMALL, *(str(MODELS / f"{name}.onnx") for name in ("shuffled", "stepwise", "tokens"))]


def layers_of(path: str, **how: object) -> list[str]:
    network = read_model(path, **how)  # type: ignore[arg-type]
    return [f"{node.path}:{node.op.name}" for node in network.layers]


def test_a_model_is_a_network() -> None:
    analysis = archcalc.analyze(SMALL)
    conv = 3 * 8 * 9 + 2 * 8 * 8 * 9
    assert analysis.totals.params == conv + 3 * 16 + 90
    assert analysis.totals.macs == conv * 256 + 80
    assert analysis.layers[-1].output == (10,)


def test_names_come_from_modules_and_what_follows_stands_in_the_row() -> None:
    assert layers_of(SMALL) == [
        "conv1:conv",
        "conv1/bn:bn",
        "conv1/relu:relu",
        "layer1/0/conv1:conv",
        "layer1/0/conv1/bn:bn",
        "layer1/0/conv1/relu:relu",
        "layer1/0/conv2:conv",
        "layer1/0/conv2/bn:bn",
        "layer1/0/add:add",
        "layer1/0/add/relu:relu",
        "avgpool:avgpool",
        "fc:fc",
    ]


def test_activations_in_several_steps_are_one_layer() -> None:
    ops = [name.partition(":")[2] for name in layers_of(str(MODELS / "stepwise.onnx"))]
    assert ops == [
        "conv", "hardswish", "conv", "silu", "conv", "relu6", "avgpool", "fc", "sigmoid", "multiply", "gelu",
    ]  # fmt: skip


def test_a_shuffle_whose_sizes_are_computed() -> None:
    network = read_model(str(MODELS / "shuffled.onnx"))
    assert [node.op.name for node in network.layers] == [
        "conv",
        "shuffle",
        "slice",
        "slice",
        "conv",
        "concat",
    ]
    assert network.layers[1].op.groups == 2  # type: ignore[attr-defined]


def test_a_bias_that_no_initializer_feeds_is_no_parameter() -> None:
    analysis = archcalc.analyze(str(MODELS / "tokens.onnx"))
    by_path = {layer.path: layer.figures["params"] for layer in analysis.layers}
    assert by_path == {"stem": 3 * 8 * 16, "stem/layernorm": 16, "mlp": 8 * 32 + 32, "mean": 0}


def test_free_sizes_are_asked_for() -> None:
    path = str(MODELS / "free.onnx")
    with pytest.raises(ArchcalcError, match="batchx3xheightxwidth; give its sizes: --input 1x3x224x224"):
        archcalc.analyze(path)
    for text in ("input=1x3x20x24", "input=image=1x3x20x24"):
        assert archcalc.analyze(path, [text]).input == (20, 24, 3)
    for text, says in (
        ("input=picture=1x3x20x24", "no input 'picture'"),
        ("input=1x3x20", "has 4 axes, not 3"),
        ("input=7", "sizes such as 1x3x224x224"),
        ("size=7", "has no setting 'size'"),
        ("input=1x5x20x24", "do not fit 5 channels"),
    ):
        with pytest.raises(ArchcalcError, match=says):
            archcalc.analyze(path, [text])


def test_only_models_take_an_input() -> None:
    with pytest.raises(ArchcalcError, match=r"only a model such as net\.onnx takes --input"):
        archcalc.analyze("vgg16", ["input=1x3x8x8"])


def test_every_node_that_cannot_be_read_is_named_at_once() -> None:
    with pytest.raises(ArchcalcError) as caught:
        archcalc.analyze(str(MODELS / "unreadable.onnx"))
    says = str(caught.value)
    assert "2 nodes" in says
    assert "/odd/Det (Det): archcalc has no layer for this op" in says
    assert "/wide/CumSum (CumSum)" in says


@pytest.mark.parametrize("path", READABLE, ids=lambda path: Path(path).stem)
def test_the_written_spec_reads_back_to_the_same_layers(path: str, tmp_path: Path) -> None:
    for flat in (False, True):
        spec = tmp_path / f"written-{flat}.yaml"
        spec.write_text(archcalc.to_yaml(path, flat=flat), encoding="utf-8")
        assert records(archcalc.load(str(spec))) == records(archcalc.load(path))


def test_the_size_and_the_classes_are_settings(tmp_path: Path) -> None:
    spec = tmp_path / "written.yaml"
    spec.write_text(archcalc.to_yaml(SMALL), encoding="utf-8")
    changed = archcalc.analyze(str(spec), {"size": 32, "classes": 5})
    assert (changed.input, changed.layers[-1].output) == ((32, 32, 3), (5,))


def test_a_concat_of_one_input_is_not_written() -> None:
    nodes = [Node("a", OPS["conv"](filters=4, kernel=1), (0,)), Node("b", OPS["concat"](), (1,))]
    network = Network("one", Volume((8, 8), 3), nodes)
    with pytest.raises(ArchcalcError, match="'b' joins one input only"):
        write(network)


@pytest.mark.parametrize("name", ["lenet5", "alexnet", "resnet18", "densenet121"])
def test_a_shipped_network_is_written_too(name: str) -> None:
    # Units become a setting only where nothing behind them depends on their number.
    text = archcalc.to_yaml(name)
    assert records(parse(Source("written.yaml", text)).bind()) == records(archcalc.load(name))


def test_formats_are_found_by_their_ending() -> None:
    assert format_of("a/b.ONNX") is not None
    assert [format_of(name) for name in ("vgg16", "a.yaml", "squeezenet1.1", "a.b/c")] == [None] * 4


def test_what_a_file_has_lost_is_told() -> None:
    with pytest.warns(ArchcalcWarning) as told:
        archcalc.analyze(str(MODELS / "folded.onnx"))
    (warning,) = told
    says = str(warning.message)
    assert "batch normalisation is worked into the convolutions (1)" in says


def test_no_package_is_needed() -> None:
    code = f"import sys, archcalc; archcalc.analyze({SMALL!r}); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"onnx", "numpy", "google.protobuf"} & set(done.stdout.split())


def test_the_committed_files_are_what_the_script_makes() -> None:
    onnx = pytest.importorskip("onnx")
    for path, model in all_models().items():
        assert onnx.load(path) == model, path.name
        onnx.checker.check_model(model, full_check=True)


@pytest.mark.parametrize("path", READABLE, ids=lambda path: Path(path).stem)
def test_shapes_are_those_of_onnx(path: str) -> None:
    onnx = pytest.importorskip("onnx")
    inferred = onnx.shape_inference.infer_shapes(onnx.load(path)).graph
    (output,) = inferred.output
    dims = [dim.dim_value for dim in output.type.tensor_type.shape.dim]
    *spatial, channels = archcalc.analyze(path).layers[-1].output
    assert dims == [1, channels, *spatial]
