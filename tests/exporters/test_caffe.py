"""Networks as prototxt: what is written reads back to the same figures, or the network is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers import random_networks
from helpers.console import run
from helpers.onnx_models import MODELS
from helpers.same_layers import figures

import archcalc
from archcalc.errors import ArchcalcError, Source
from archcalc.exporters import exported, exporter_of
from archcalc.importers import read_model
from archcalc.language.parse import parse
from archcalc.network import Network

# One of each kind of layer and of wiring; all networks of the list were compared by hand (docs/import.md).
SHIPPED = (
    "alexnet-bvlc",
    "densenet-40-k12",
    "efficientnet-b0",
    "googlenet",
    "inception-resnet-v1",
    "lenet-caffe",
    "mobilenet-v2",
    "res2net50-26w-4s",
    "resnet18",
    "se-resnet50",
    "squeezenet1.1",
    "vgg11-lrn",
    "wrn-16-4",
)

SEEDS = 400


def read_back(network: Network, folder: Path) -> Network:
    path = folder / "net.prototxt"
    content = exported(network, str(path))
    assert isinstance(content, str)
    path.write_text(content, encoding="utf-8")
    return read_model(str(path))


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_network_reads_back_to_the_same_figures(name: str, tmp_path: Path) -> None:
    network = archcalc.load(name)
    found = figures(read_back(network, tmp_path))
    # The name of the layer at the peak is that of a row, and rows are named anew.
    assert found[:-1] == figures(network)[:-1]
    assert found[-1].params == figures(network)[-1].params  # type: ignore[attr-defined]


def test_random_networks_read_back_or_are_refused(tmp_path: Path) -> None:
    same = 0
    for seed in range(SEEDS):
        network = parse(Source("net.yaml", random_networks.spec_of(seed))).bind()
        try:
            exported(network, "net.prototxt")
        except ArchcalcError:
            continue
        same += 1
        assert figures(read_back(network, tmp_path))[:-1] == figures(network)[:-1], seed
    assert same > SEEDS // 20


@pytest.mark.parametrize("name", ["branches", "maps"])
@pytest.mark.filterwarnings("ignore::archcalc.errors.ArchcalcWarning")
def test_a_caffe_file_is_written_again(name: str, tmp_path: Path) -> None:
    network = archcalc.load(str(MODELS / f"{name}.prototxt"))
    assert figures(read_back(network, tmp_path)) == figures(network)


def test_the_text(tmp_path: Path) -> None:
    path = tmp_path / "net.prototxt"
    layers = "[{conv: 8, kernel: [3, 1], pad: [1, 0], then: [bn, relu]}, {avgpool: 3, stride: 2}]"
    spec = tmp_path / "net.yaml"
    spec.write_text(f"name: net\ninput: [8, 8, 3]\nlayers: {layers}\n", encoding="utf-8")
    archcalc.export(str(spec), str(path))
    assert path.read_text(encoding="utf-8").splitlines()[:33] == [
        'name: "net"',
        *["layer {", '  name: "data"', '  type: "Input"', '  top: "data"', "  input_param {"],
        *["    shape {", "      dim: 1", "      dim: 3", "      dim: 8", "      dim: 8", "    }", "  }", "}"],
        *["layer {", '  name: "conv1"', '  type: "Convolution"', '  bottom: "data"', '  top: "conv1"'],
        *["  convolution_param {", "    num_output: 8", "    kernel_h: 3", "    kernel_w: 1"],
        *["    pad_h: 1", "    pad_w: 0", "  }", "}"],
        *["layer {", '  name: "conv1/bn"', '  type: "BatchNorm"', '  bottom: "conv1"', '  top: "conv1"', "}"],
    ]
    # Two values are left over, so the window count was rounded down.
    assert "round_mode: FLOOR" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("convnext-tiny", "Caffe has no layer for layernorm"),
        ("resnet20-cifar", "Caffe adds values of one shape only (conv3_x/conv3_1/add1"),
        ("zfnet", "Caffe rounds the size of a convolution down (conv1"),
        ("shufflenet-v2-x1.0", "Caffe has no layer for shuffle ("),
    ],
)
def test_what_caffe_lacks_is_named(name: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "net.prototxt"
    with pytest.raises(ArchcalcError) as caught:
        archcalc.export(name, str(path))
    assert f"{name} cannot be written for Caffe: " in str(caught.value)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not path.exists()


@pytest.mark.parametrize(
    ("layers", "says"),
    [
        ("[{bn: , name: a}, relu, {bn: , name: b, same_as: a}]", r"count these shared weights twice \(b\)"),
        ("[]", "it has no layer"),
        ("[{lrn: 4}]", "LRN over an odd number"),
        ("[{bn: , gamma: false, beta: false}, scale]", "a scale behind a norm belongs to the norm"),
        ("[{conv: 4, kernel: 2, pad: same}]", "pads both sides of an axis alike"),
        ("[{deconv: 4, kernel: 2, stride: 2, output_pad: 1}]", "transposed convolution"),
        ("[{slice: 4}]", "no slice of all channels"),
    ],
)
def test_layers_that_caffe_lacks(layers: str, says: str, tmp_path: Path) -> None:
    network = parse(Source("net.yaml", f"name: net\ninput: [8, 8, 4]\nlayers: {layers}\n")).bind()
    with pytest.raises(ArchcalcError, match=says):
        exported(network, str(tmp_path / "net.prototxt"))


def test_the_format_is_found_by_the_ending() -> None:
    assert exporter_of("a/b.PROTOTXT").__name__ == "archcalc.exporters.caffe"
    for path, says in (("net.pdf", "unknown ending '.pdf'; use "), ("net", "has no ending; use ")):
        with pytest.raises(ArchcalcError, match=says):
            exporter_of(path)


def test_the_command(tmp_path: Path) -> None:
    path = tmp_path / "net.prototxt"
    done = run("export", "vgg16", "--set", "size=64", "-o", str(path))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert archcalc.analyze(str(path)).input == (64, 64, 3)
    for args, says in (
        (("vgg16",), "Missing option '-o'"),
        (("vgg16", "-o", str(tmp_path / "net.txt")), "unknown ending '.txt'"),
        (("nothing", "-o", str(path)), "unknown network 'nothing'"),
        (("vgg16", "-o", str(tmp_path / "none" / "net.prototxt")), "cannot write"),
    ):
        done = run("export", *args)
        assert (done.returncode, done.stdout) == (2, "")
        assert says in done.stderr
