"""Networks near another one: every window fits, and all that may vary does."""

from __future__ import annotations

from fractions import Fraction

import pytest
from helpers.examples import examples
from helpers.marks import slow_except
from helpers.zoo import FAST_NETWORKS
from hypothesis import given
from hypothesis import strategies as st

import archcalc
from archcalc.classroom.draw import Draw
from archcalc.classroom.vary import POOLS, vary
from archcalc.engine.claims import Findings
from archcalc.engine.walk import walk
from archcalc.errors import ArchcalcError, Source
from archcalc.language.parse import parse
from archcalc.network import Network
from archcalc.ops.window import WindowOp

CHAINS = ("lenet5", "alexnet", "zfnet", "vgg16", "nin-cifar10", "nin-imagenet")


BRANCHED = (
    "googlenet",
    "resnet18",
    "resnet50",
    "densenet121",
    "se-resnet50",
    "inception-v4",
    "inception-resnet-v2",
)


def fits(network: Network) -> bool:
    findings = Findings()
    list(walk(network, findings, aux=False))
    return not findings.problems and not findings.notes


@pytest.mark.slow
@pytest.mark.parametrize("name", CHAINS)
@examples(15)
@given(seed=st.integers())
def test_any_seed_gives_a_chain_that_fits(name: str, seed: int) -> None:
    network = archcalc.load(name)
    other = vary(network, Draw(seed))
    assert fits(other)
    assert [type(node.op) for node in other.layers] == [type(node.op) for node in network.layers]
    before, after = archcalc.analyze(network).totals, archcalc.analyze(other).totals
    for key_ in ("params", "macs"):
        assert Fraction(1, 4) <= Fraction(getattr(after, key_), getattr(before, key_)) <= 4


@pytest.mark.parametrize("name", slow_except(FAST_NETWORKS, BRANCHED))
@pytest.mark.parametrize("seed", range(3))
def test_branches_of_a_varied_network_agree(name: str, seed: int) -> None:
    assert fits(vary(archcalc.load(name), Draw(seed)))


@pytest.mark.slow
def test_varied_networks_differ_in_all_that_varies() -> None:
    drawn = [vary(archcalc.load("alexnet"), Draw(seed)) for seed in range(30)]
    windows = [[node.op for node in network.layers if isinstance(node.op, WindowOp)] for network in drawn]
    assert len({network.input.spatial for network in drawn}) > 8
    for option in ("kernel", "stride", "pad"):
        assert len({tuple(getattr(op, option) for op in ops) for ops in windows}) > 1, option
    assert len({archcalc.analyze(network).totals.params for network in drawn}) == 30


@pytest.mark.parametrize(
    "conv", ["kernel: 15, pad: 7", "kernel: 17, pad: 8, stride: 8", "kernel: 16, stride: 8"]
)
def test_a_window_that_is_like_no_other_stays(conv: str) -> None:
    network = parse(
        Source("x", f"{{name: big, input: [64, 64, 3], layers: [{{conv: 8, {conv}}}, {{fc: 3}}]}}")
    ).bind()
    windows = {(node.op.kernel, node.op.stride) for node in network.layers if isinstance(node.op, WindowOp)}
    for seed in range(5):
        ops = [node.op for node in vary(network, Draw(seed)).layers]
        assert {(op.kernel, op.stride) for op in ops if isinstance(op, WindowOp)} == windows


@pytest.mark.parametrize(
    "name",
    slow_except(FAST_NETWORKS, ["googlenet", "resnet18", "alexnet", "inception-v4", "nin-cifar10"]),
)
def test_pools_are_as_the_key_says(name: str) -> None:
    network = archcalc.load(name)
    before = {
        (node.path, node.op.kernel, node.op.pad) for node in network.layers if isinstance(node.op, WindowOp)
    }
    for seed in range(8):
        for node in vary(network, Draw(seed)).layers:
            if isinstance(node.op, WindowOp) and node.op.name.endswith("pool"):
                assert node.op.kernel in POOLS or (node.path, node.op.kernel, node.op.pad) in before


def test_what_a_table_was_made_for_stays() -> None:
    for seed in range(10):
        layers = {node.path: node.op for node in vary(archcalc.load("lenet5"), Draw(seed)).layers}
        assert (layers["C1"].filters, layers["C3"].filters) == (6, 16)  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", ["layers: [relu]", "layers: [softmax, {dropout: 0.5}]"])
def test_a_network_with_nothing_to_vary_is_refused(text: str) -> None:
    with pytest.raises(ArchcalcError, match="cannot be varied"):
        vary(parse(Source("x", f"{{name: dull, input: [9], {text}}}")).bind(), Draw(1))
