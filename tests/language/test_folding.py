"""A network written as a person would write it: it reads back to the same layers, and it is easy to read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from helpers.marks import slow_except
from helpers.modular import modular_spec
from helpers.random_networks import Choices, Drawn, specs
from helpers.zoo import FAST_NETWORKS, SPECS
from hypothesis import given
from hypothesis import strategies as st

import archcalc
from archcalc.errors import ArchcalcError, Source
from archcalc.language.folding import spec as folding
from archcalc.language.folding.spec import folded, reads_back, text_of_spec, write_folded
from archcalc.language.parse import parse
from archcalc.language.write import flat, write
from archcalc.network import Network, Node
from archcalc.ops import OPS
from archcalc.ops.base import Volume

ZOO = {about.name: spec for spec in SPECS for about in spec.networks()}
STOCHASTIC = [name for name in ZOO if name.startswith("stochastic-depth")]
SAMPLE = FAST_NETWORKS | {"vit-b-16", "mobilenet-v2", "ghostnet", "dpn92", "xception"}


def read(text: str) -> Network:
    return parse(Source("written", text)).bind()


def holds(network: Network) -> str:
    """The text, which was folded in every step and has the same layers."""
    plain = flat(network)
    text = text_of_spec(network, plain, folded)
    assert reads_back(text, plain), text
    return text


def lines(text: str) -> list[str]:
    """The lines behind the head."""
    return text.partition("\ninput: ")[2].splitlines()[1:]


# --- the law -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", slow_except(SAMPLE, [name for name in ZOO if name not in STOCHASTIC]))
def test_every_network_of_the_zoo_reads_back(name: str) -> None:
    network = ZOO[name].bind(name)
    again = read(holds(network))
    for key in ("name", "title", "family", "year", "source", "input", "named_inputs"):
        assert getattr(again, key) == getattr(network, key)


@pytest.mark.parametrize("name", ["lenet5", "vgg16", "googlenet", "resnet18", "mobilenet-v2"])
def test_the_figures_are_the_same_layer_by_layer(name: str) -> None:
    network = archcalc.load(name)
    before, after = archcalc.analyze(network), archcalc.analyze(read(write_folded(network)))
    places = {"path": "", "inputs": ()}
    pairs = list(zip([one for one in before.layers if not one.aux], after.layers, strict=True))
    assert all(replace(old, **places) == replace(new, **places) for old, new in pairs)
    scoped = {"peak_layer": ""}
    assert {**before.totals.figures, **scoped} == {**after.totals.figures, **scoped}


@pytest.mark.parametrize("name", ["albert-base", "gpt2", "transformer-base"])
@pytest.mark.parametrize("write_it", [write, write_folded])
def test_what_layers_share_is_written(name: str, write_it: Callable[[Network], str]) -> None:
    """In ALBERT, norms share their arrays, and the sums before them have none."""
    network = archcalc.load(name)
    before, after = archcalc.analyze(network), archcalc.analyze(read(write_it(network)))
    assert [layer.figures["params"] for layer in before.layers] == [
        layer.figures["params"] for layer in after.layers
    ]


@given(text=specs())
def test_random_networks_read_back(text: str) -> None:
    holds(parse(Source("random", text)).bind())


@given(data=st.data())
def test_random_modules_read_back(data: st.DataObject) -> None:
    holds(read(modular_spec(Drawn(data.draw))))


def two_inputs(seed: int) -> str:
    """Random modules, some of which read a second input, and a sum of both inputs at the end."""
    c = Choices(seed)
    head, layers = modular_spec(c).replace("input: [16, 16, 4]", INPUTS).split("\nlayers:\n")
    lines = [
        line.removesuffix("}") + ", from: two}" if line.startswith("  - {b") and c.chance(30) else line
        for line in layers.splitlines()
    ]
    ends = c.pick(
        [[], ["  - {add: , from: [two, one]}"], ["  - {add: {a: [{conv: 4, kernel: 1}], b: []}, from: two}"]]
    )
    return "\n".join([f"{head}\nlayers:", *lines, *ends]) + "\n"


INPUTS = "inputs: {one: [16, 16, 4], two: [16, 16, 4]}"


def test_random_modules_of_two_inputs_read_back() -> None:
    texts = [holds(read(two_inputs(seed))) for seed in range(30)]
    assert sum("blocks:" in text for text in texts) > 15
    assert sum("from: two" in text for text in texts) > 15
    assert all(INPUTS.replace("16", "size") in text for text in texts)


def test_random_modules_become_blocks() -> None:
    texts = [holds(read(modular_spec(Choices(seed)))) for seed in range(20)]
    assert sum("blocks:" in text for text in texts) > 15
    assert sum("when:" in text for text in texts) > 1


def test_writing_what_was_written_changes_nothing() -> None:
    for name in ("resnet50", "googlenet", "densenet121"):
        text = write_folded(archcalc.load(name))
        assert read(text).layers[-1].path == read(write_folded(read(text))).layers[-1].path
        assert len(lines(write_folded(read(text)))) <= len(lines(text))


@pytest.mark.parametrize("name", STOCHASTIC)
def test_what_no_spec_can_say_is_refused(name: str) -> None:
    with pytest.raises(ArchcalcError, match="has a survival probability"):
        write_folded(ZOO[name].bind(name))


# --- where folding does not help ---------------------------------------------------------------------------


def test_a_text_that_does_not_read_back_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    network = archcalc.load("resnet18")
    monkeypatch.setattr(folding, "reads_back", lambda text, plain: False)
    assert write_folded(network) == write(network, settings=True)
    seen: list[str] = []
    monkeypatch.setattr(folding, "reads_back", lambda text, plain: bool(seen) or seen.append(text))
    # Branches are kept if only the blocks do not read back.
    text = write_folded(network)
    assert "blocks:" in seen[0]
    assert "blocks:" not in text
    assert "shortcut:" in text


def test_a_long_network_is_a_plain_list(monkeypatch: pytest.MonkeyPatch) -> None:
    network = archcalc.load("resnet18")
    monkeypatch.setattr(folding, "MOST_LAYERS", 10)
    assert write_folded(network) == write(network, settings=True)


def test_texts_that_differ_in_one_number_are_told_apart() -> None:
    plain = flat(archcalc.load("lenet5-lecture"))
    text = write(plain)
    assert reads_back(text, plain)
    assert not reads_back(text.replace("kernel: 5", "kernel: 3", 1), plain)
    assert not reads_back("name: x", plain)


def test_wires_that_cross_are_read_by_name() -> None:
    relu, add = OPS["relu"](), OPS["add"]()
    nodes = [("a", relu, (0,)), ("b", relu, (0,)), ("c", relu, (1,)), ("d", relu, (2,)), ("e", add, (4, 3))]
    network = Network("crossing", Volume((8, 8), 3), [Node(*node) for node in nodes])
    assert holds(network).count("from:") == 4


def test_nothing_is_written_too() -> None:
    assert holds(Network("empty", Volume((8, 8), 3), [])).endswith("layers: []\n")


# --- what the text looks like ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "most"), [("vgg16", 45), ("resnet50-v1.5", 90), ("mobilenet-v2", 70), ("vit-b-16", 60)]
)
def test_a_known_network_is_short(name: str, most: int) -> None:
    assert len(write_folded(archcalc.load(name)).splitlines()) <= most


RESNET = """
defaults:
  conv: {bias: false, then: [bn, relu]}
blocks:
  bottleneck:
    args: [filters, {stride: 1}, {project: false}]
    layers:
      - add:
          residual:
            - {conv: filters, kernel: 1}
            - {conv: filters, kernel: 3, stride: stride, pad: 1}
            - {conv: 4*filters, kernel: 1, then: bn}
          shortcut:
            - {conv: 4*filters, kernel: 1, stride: stride, then: bn, when: project, name: project}
        then: relu
  stage:
    args: [filters, blocks, {stride: 2}]
    layers:
      - {bottleneck: filters, stride: stride, project: true}
      - {repeat: blocks - 1, layers: [{bottleneck: filters}]}
layers:
  - {conv: 64, kernel: 7, stride: 2, pad: 3}
  - {maxpool: 3, stride: 2, pad: 1, name: pool1}
  - {stage: [64, 3], stride: 1, name: conv2_x}
  - {stage: [128, 4], name: conv3_x}
  - {stage: [256, 6], name: conv4_x}
  - {stage: [512, 3], name: conv5_x}
  - {avgpool: global, name: avgpool}
  - {fc: classes, name: fc}
  - softmax
"""


def test_a_residual_network_reads_like_its_paper() -> None:
    assert lines(write_folded(archcalc.load("resnet50-v1.5"))) == RESNET.strip().splitlines()


def test_a_module_of_branches_has_one_argument_for_each_width() -> None:
    text = write_folded(archcalc.load("googlenet"))
    assert "args: [n1x1, n3x3_reduce, n3x3, n5x5_reduce, n5x5, pool]" in text
    assert "- {inception: [64, 96, 128, 16, 32, 32], name: inception_3a}" in text


def test_a_residual_that_is_not_everywhere_is_a_condition() -> None:
    text = write_folded(archcalc.load("mobilenet-v2"))
    assert "when: {shortcut: shortcut}" in text
    assert "{conv: expand, kernel: 1, when: expand > 0" in text


def test_settings_can_be_changed(tmp_path: Path) -> None:
    path = tmp_path / "written.yaml"
    path.write_text(archcalc.to_yaml("resnet18"), encoding="utf-8")
    for settings in ({"size": 160}, {"classes": 7}):
        changed, meant = archcalc.analyze(str(path), settings), archcalc.analyze("resnet18", settings)
        assert (changed.totals.params, changed.totals.macs) == (meant.totals.params, meant.totals.macs)


def test_a_plain_list_is_written_on_demand() -> None:
    assert archcalc.to_yaml("resnet18", flat=True) == write(archcalc.load("resnet18"), settings=True)
