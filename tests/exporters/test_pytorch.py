"""Networks as PyTorch files: PyTorch measures the same figures, and no name of a spec becomes code."""

from __future__ import annotations

import ast
import warnings
from pathlib import Path

import pytest
from helpers import random_networks
from helpers.console import run

import archcalc
from archcalc.errors import ArchcalcError, Source
from archcalc.exporters import exported
from archcalc.exporters.as_placed import placed_layers
from archcalc.exporters.pytorch.names import RESERVED, class_name, identifier
from archcalc.language.parse import parse
from archcalc.network import Network

# One of each kind of layer and of wiring; all networks of the list were compared by hand (docs/import.md).
SHIPPED = (
    "alphago-policy-128",
    "convnext-tiny",
    "densenet121",
    "efficientnet-b0",
    "inception-v3-aux",
    "resnet50",
    "resnet20-cifar",
    "shufflenet-v2-x1.0",
    "vit-b-16",
)

SEEDS = 200


def source_of(network: Network) -> str:
    content = exported(network, "net.py")
    assert isinstance(content, str)
    return content


def spec(layers: str, head: str = "") -> Network:
    text = f"name: net\n{head}input: [8, 8, 4]\nlayers: {layers}\n"
    return parse(Source("net.yaml", text)).bind()


def compare(network: Network) -> None:
    """What PyTorch measures is what archcalc computes."""
    pytest.importorskip("torch")
    from helpers.torch_source import measured

    totals, layers = archcalc.analyze(network).totals, list(placed_layers(network))
    (output,) = (layer.y for layer in layers if layer.number == network.output)
    found = measured(source_of(network), network)
    assert (found.params, found.buffers, found.macs) == (totals.params, totals.buffers, totals.macs)
    assert found.output == (1, output.channels, *output.spatial)
    if all(layer.op.name != "attention" for layer in layers):  # its projections are Linear, too
        products = [layer for layer in layers if layer.op.name in ("conv", "deconv", "fc")]
        assert found.layer_macs == sum(layer.op.cost(layer.xs, layer.y)["macs"] for layer in products)


@pytest.mark.parametrize("name", SHIPPED)
def test_pytorch_measures_the_same_figures(name: str) -> None:
    compare(archcalc.load(name))


def test_random_networks_are_the_same_or_are_refused() -> None:
    same = 0
    for seed in range(SEEDS):
        network = parse(Source("net.yaml", random_networks.spec_of(seed))).bind()
        try:
            source_of(network)
            archcalc.analyze(network)
        except ArchcalcError:
            continue
        same += 1
        compare(network)
    assert same > SEEDS // 4


@pytest.mark.parametrize(
    "layers",
    [
        "[{pixel_unshuffle: 2}, {roll: 2}, {pixel_shuffle: 2}, {crop: 5}, {pad: [1, 2], channels: 2}]",
        "[{reshape: tokens}, {attention: 2, head_width: 3, kv_heads: 1, causal: true}, rmsnorm, transpose]",
        "[{reshape: tokens}, {lstm: 5, bidirectional: true}, {gru: 6, layers: 2, gives: last}]",
        "[{parameter: multiply, per: channel}, {parameter: add, per: position}, scale, {mean: channels}]",
        "[{bn: , gamma: false}, {bn: , beta: false}, {groupnorm: 2, gamma: false}, instancenorm, layernorm]",
        "[{upsample: 2, mode: linear}, {l2pool: 2}, {adaptive_maxpool: 3}, glu, {gelu: tanh}, {elu: 0.5}]",
        "[{maxpool: 3, stride: 2, rounding: caffe}, {conv: 6, kernel: 2, pad: same}, {deconv: 4, kernel: 3}]",
    ],
)
def test_single_layers(layers: str) -> None:
    compare(spec(layers))


def test_a_block_is_a_class_with_arguments() -> None:
    source = source_of(archcalc.load("resnet50"))
    classes = {node.name for node in ast.parse(source).body if isinstance(node, ast.ClassDef)}
    assert classes == {"Bottleneck", "BottleneckWithShortcut", "ResNet50"}
    assert "*[Bottleneck(1024) for _ in range(5)]" in source
    assert "BottleneckWithShortcut(512, 1024, stride=2)," in source
    assert "archcalc" not in source
    assert len(source.splitlines()) < 120
    assert max(map(len, source.splitlines())) <= 100


def test_the_text() -> None:
    network = spec("[{conv: 8, kernel: 3, then: [bn, relu]}, {avgpool: global}, {fc: 10}]")
    assert source_of(network).splitlines() == [
        '"""net."""',
        "",
        "from torch import nn",
        "",
        "",
        "class Net(nn.Module):",
        '    """Input: N x 4 x 8 x 8. Output: N x 10.',
        "",
        "    402 parameters; 10,448 multiply-accumulates for one image.",
        '    """',
        "",
        "    def __init__(self):",
        "        super().__init__()",
        "        self.conv1 = nn.Sequential(",
        "            nn.Conv2d(4, 8, 3),",
        "            nn.BatchNorm2d(8),",
        "            nn.ReLU(),",
        "        )",
        "        self.avgpool1 = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())",
        "        self.fc1 = nn.Linear(8, 10)",
        "",
        "    def forward(self, x):",
        "        x = self.conv1(x)",
        "        x = self.avgpool1(x)",
        "        return self.fc1(x)",
    ]


HOSTILE = [
    "x = 1; import os",
    '"""',
    "a\\",
    "__class__",
    "1/2",
    "class",
    "forward",
    "torch",
    "self",
    "é",
    "nn",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_is_an_identifier(name: str) -> None:
    for made in (identifier(name, "conv"), class_name(name)):
        assert made.isidentifier()
        assert made.isascii()
        assert not made.startswith("__")
        assert made not in ("class", "forward", "torch", "self", "nn", "F")


def test_no_name_of_a_spec_becomes_code() -> None:
    # A network that a program makes may have any names; those of a spec are limited by its grammar.
    network = spec("[{conv: 4, kernel: 1}, {conv: 4, kernel: 1}, {add: {a: [], b: [{conv: 4, kernel: 1}]}}]")
    evil = '"""\nimport os\nos.system("true")\n"""'
    layers = [
        node._replace(path=f'{name}/x") or exec("boom')
        for node, name in zip(network.layers, ("forward", evil, "self.x = 1\n", "nn"), strict=False)
    ]
    made = Network(evil, network.input, layers, title=evil + "\\", source=evil)
    source = source_of(made)
    tree = ast.parse(source)
    assert [type(node).__name__ for node in tree.body] == ["Expr", "Import", "ImportFrom", "ClassDef"][
        : 1 if len(tree.body) == 3 else 4
    ] + ([] if len(tree.body) == 4 else ["ImportFrom", "ClassDef"])
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert not names & {"os", "exec"}
    compare(made)


def test_all_names_of_a_module_are_reserved() -> None:
    torch = pytest.importorskip("torch")
    modules = (torch.nn.Module(), torch.nn.Sequential())
    assert {name for one in modules for name in dir(one) if name[0] != "_"} <= RESERVED


@pytest.mark.parametrize(
    ("layers", "says"),
    [
        ("[{fc: 4, name: a}, {fc: 4, name: b, same_as: a}]", r"share their weights \(b\)"),
        ("[]", "it has no layer"),
        ("[{rbf: 4}, {subsample: 1}]", "no module for rbf"),
        ("[{attention: 2, windows: 4}]", "no attention in windows"),
        ("[{conv: 4, kernel: 3, standardize: true}]", "no module for conv"),
        (
            "[{reshape: tokens}, {parameter: add, per: position, trained: false}]",
            "no parameter with 'trained'",
        ),
    ],
)
def test_layers_that_are_not_written(layers: str, says: str) -> None:
    with pytest.raises(ArchcalcError, match=says) as caught:
        source_of(spec(layers))
    assert "\n" not in str(caught.value)


def test_the_command(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    done = run("export", "vgg16", "--set", "size=64", "-o", str(path))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    with warnings.catch_warnings(action="error"):
        assert "class VGG16(nn.Module):" in path.read_text(encoding="utf-8")
