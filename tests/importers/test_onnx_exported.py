"""Small models of torchvision and transformers in files of both exporters of PyTorch.

The oracle is PyTorch: ``counts.json`` in the archive has the parameters of the module, the MACs of
``FlopCounterMode`` and the shape of the output. ``tests/helpers/exported_models.py`` wrote the archive.
"""

from __future__ import annotations

import json
import random
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from helpers.onnx_models import Graph
from helpers.read_back import same_figures

import archcalc
from archcalc.errors import ArchcalcError, ArchcalcWarning
from archcalc.importers import read_model

ARCHIVE = Path(__file__).parent / "models" / "exported.zip"

FILES = sorted(set(zipfile.ZipFile(ARCHIVE).namelist()) - {"counts.json"})

# What an exporter computes beforehand, so that the file stores another number of values:
_TABLES = (4**4 - 7**2) * (
    1 + 1 + 2 + 2
)  # Swin: a bias for each pair of positions, and not for each distance
_GRIDS = (7**4 - 13**2) * (2 + 2 + 4 + 4)  # MaxVit: the same
_FOLDED = -8 * 13  # MaxVit: batch norms that are worked into convolutions leave a bias instead of two vectors
PARAMS = {
    "swin.torchscript": _TABLES,
    "swin.dynamo": _TABLES,
    # Swin v2: the first product of the positions is done, and two scales of one head are single numbers.
    "swin_v2.dynamo": -4 * 2 * 512 - 2,
    "maxvit.torchscript": _GRIDS,
    "maxvit.dynamo": _GRIDS,
    "bert.dynamo": 12 * 16 - 24 * 16 + (12 - 2) * 16,  # rows of the tables of positions and of types
    "gpt2.dynamo": 12 * 16 - 24 * 16 + 50 * 16,  # rows, and the matrix of words a second time
}
MACS = {"swin_v2.dynamo": -4 * 7 * 7 * 2 * 512}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported")
    with zipfile.ZipFile(ARCHIVE) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ArchcalcWarning)
        yield


@pytest.mark.parametrize("file", FILES)
def test_figures_are_those_of_the_module(file: str, folder: Path) -> None:
    stem = file.removesuffix(".onnx")
    counts = json.loads((folder / "counts.json").read_text())[stem.partition(".")[0]]
    analysis = archcalc.analyze(str(folder / file))
    norms = sum(layer.figures["norm_params"] for layer in analysis.layers if layer.op == "bn")
    # Of a batch norm that is worked into a convolution, one of its two vectors is left: a bias.
    folded = counts["norms"] - norms // 2
    assert analysis.totals.params == counts["params"] + PARAMS.get(stem, 0) - folded
    assert analysis.totals.macs == counts["macs"] + MACS.get(stem, 0)
    *positions, channels = analysis.layers[-1].output
    assert [*positions, channels] == counts["output"] or [channels, *positions] == counts["output"]


@pytest.mark.parametrize("file", FILES)
def test_the_written_spec_reads_back(file: str, folder: Path) -> None:
    assert same_figures(read_model(str(folder / file)))


def test_both_exporters_give_the_same_layers_and_names(folder: Path) -> None:
    first, second = (
        archcalc.to_yaml(str(folder / f"vit.{way}.onnx")).partition("settings")[2]
        for way in ("torchscript", "dynamo")
    )
    assert first == second
    assert "encoder_layer:" in first


def test_attention_is_products_and_softmax(folder: Path) -> None:
    layers = [
        node.op.name
        for node in read_model(str(folder / "vit.torchscript.onnx")).layers
        if node.path.startswith("encoder/layers/encoder_layer_0/self_attention/")
    ]
    assert [name for name in layers if name in ("fc", "matmul", "softmax")] == [
        "fc", "matmul", "softmax", "matmul", "fc",
    ]  # fmt: skip


def test_one_node_of_attention_is_one_layer(folder: Path) -> None:
    names = [node.op.name for node in read_model(str(folder / "llama.dynamo23.onnx")).layers]
    assert names.count("rmsnorm") == 5


def test_words_are_looked_up_in_a_table(folder: Path) -> None:
    first = read_model(str(folder / "bert.torchscript.onnx")).layers[0]
    assert (first.path, first.op.name) == ("model/embeddings/word_embeddings", "embedding")


# --- made by hand -------------------------------------------------------------------------------------------


def hand_made(path: Path, graph: Graph, *output: int) -> str:
    path.write_bytes(graph.model(list(output)).SerializeToString())
    return str(path)


@pytest.mark.parametrize("sizes", [(8, -1), (8, 512)])
def test_a_file_for_eight_images_is_the_network_of_one(sizes: tuple[int, ...], tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    graph = Graph([8, 3, 8, 8])
    graph.conv("/a", 8, 3)
    graph.add("Reshape", "/view", graph.ints("sizes", *sizes))
    graph.add("Gemm", "/fc/Gemm", graph.weight("fc.weight", 5, 512), transB=1)
    analysis = archcalc.analyze(hand_made(tmp_path / "eight.onnx", graph, 8, 5))
    assert (analysis.totals.macs, analysis.layers[-1].output) == (216 * 64 + 512 * 5, (5,))


def test_a_file_whose_images_stand_apart_says_so(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    graph = Graph([8, 3, 8, 8])
    graph.conv("/a", 8, 3)
    graph.add("Add", "/each/Add", graph.weight("each.values", 8, 8, 8, 8))
    with pytest.raises(ArchcalcError, match="for 8 images at once; export the model for one image"):
        archcalc.analyze(hand_made(tmp_path / "apart.onnx", graph, 8, 8, 8, 8))


def test_what_is_trained(tmp_path: Path) -> None:
    # A vector is a weight whatever its name; names of torch's own for what it computed are none.
    pytest.importorskip("onnx")
    graph = Graph([1, 3, 8, 8])
    graph.conv("/a", 8, 3)
    graph.add("Mul", "/scale/Mul", graph.weight("val_1", 8, 1, 1))
    graph.add("Add", "/mask/Add", graph.weight("where_2", 8, 8))
    graph.add("Add", "/places/Add", graph.weight("places", 1, 8, 8, 8))
    analysis = archcalc.analyze(hand_made(tmp_path / "trained.onnx", graph, 1, 8, 8, 8))
    assert {layer.op: layer.figures["params"] for layer in analysis.layers} == {
        "conv": 216,
        "scale": 8,
        "elementwise": 0,
        "parameter": 512,
    }


def test_a_softmax_over_any_axis(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    graph = Graph([1, 3, 8, 4])
    graph.conv("/a", 8, 3)
    graph.add("Softmax", "/rows/Softmax", axis=2)
    network = read_model(hand_made(tmp_path / "rows.onnx", graph, 1, 8, 8, 4))
    assert [node.op.name for node in network.layers] == ["conv", "rearrange", "softmax"]
    assert archcalc.analyze(network).layers[-1].output == (8, 4, 8)


# --- nonsense -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["vit.torchscript", "swin_v2.dynamo", "llama.dynamo23"])
def test_mutated_files_give_a_network_or_a_message(name: str, folder: Path, tmp_path: Path) -> None:
    draw = random.Random(18)
    data = bytearray((folder / f"{name}.onnx").read_bytes())
    path = tmp_path / "mutant.onnx"
    for _ in range(60):
        mutant = bytearray(data)
        for _ in range(draw.choice((1, 2, 5))):
            mutant[draw.randrange(len(mutant))] ^= 1 << draw.randrange(8)
        path.write_bytes(mutant)
        with suppress(ArchcalcError):
            archcalc.analyze(str(path))
