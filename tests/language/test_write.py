"""A network written as a flat spec reads back to the same layers, and the same figures."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from helpers.marks import slow_except
from helpers.strategies import Case, cases
from helpers.zoo import FAST_NETWORKS, SPECS
from hypothesis import given
from hypothesis import strategies as st

import archcalc
from archcalc.errors import ArchcalcError, Source
from archcalc.language.parse import parse
from archcalc.language.write import flat, write
from archcalc.network import Network, Node
from archcalc.ops import OPS
from archcalc.ops.base import Volume
from archcalc.ops.options import options_of

ZOO = {about.name: spec for spec in SPECS for about in spec.networks()}
STOCHASTIC = [name for name in ZOO if name.startswith("stochastic-depth")]


def read(text: str) -> Network:
    spec = parse(Source("written", text))
    return spec.bind(spec.name)


def layers(network: Network) -> list[tuple[Any, ...]]:
    return [
        (
            node.path,
            type(node.op),
            {name: getattr(node.op, name) for name in options_of(type(node.op))},
            *node[2:4],
        )
        for node in network.layers
    ]


@pytest.mark.parametrize("name", slow_except(FAST_NETWORKS, [name for name in ZOO if name not in STOCHASTIC]))
def test_every_network_reads_back(name: str) -> None:
    network = ZOO[name].bind(name)
    again = read(write(network))
    assert layers(again) == layers(flat(network))
    for key in ("name", "title", "family", "year", "source", "input"):
        assert getattr(again, key) == getattr(network, key)
    assert write(again) == write(network)


@pytest.mark.parametrize(
    "name", ["lenet5", "alexnet-2gpu", "vgg16", "googlenet", "resnet18", "se-resnet50", "xception"]
)
def test_the_figures_are_the_same(name: str) -> None:
    network = archcalc.load(name)
    before, after = archcalc.analyze(network), archcalc.analyze(read(write(network)))
    scoped = {"peak_layer": ""}
    assert {**before.totals.figures, **scoped} == {**after.totals.figures, **scoped}
    places = {"path": "", "inputs": ()}
    for old, new in zip(before.layers, after.layers, strict=True):
        assert replace(old, **places) == replace(new, **places)


@pytest.mark.parametrize("name", STOCHASTIC)
def test_what_a_flat_spec_cannot_say_is_refused(name: str) -> None:
    with pytest.raises(ArchcalcError, match="has a survival probability, which only a branch can have"):
        write(ZOO[name].bind(name))


def test_a_network_that_ends_before_its_last_layer_is_refused() -> None:
    relu = OPS["relu"]()
    network = Network("two-ends", Volume((4, 4), 3), [Node("a", relu, (0,)), Node("b", relu, (0,))], output=1)
    with pytest.raises(ArchcalcError, match="does not end with its last layer"):
        write(network)


def test_names_become_unique_and_are_quoted_where_yaml_reads_them_otherwise() -> None:
    relu = OPS["relu"]()
    paths = ["a/b", "a_b", "1e3", "no", "x" * 80, f"s/{'x' * 80}"]
    network = Network(
        "names", Volume((4, 4), 3), [Node(path, relu, (place,)) for place, path in enumerate(paths)]
    )
    names = [node.path for node in flat(network).layers]
    assert names[:4] == ["a_b", "a_b_2", "1e3", "no"]
    assert len(set(names)) == len(names)
    assert layers(read(write(network))) == layers(flat(network))


def test_auxiliary_heads_are_left_out() -> None:
    network = archcalc.load("googlenet")
    assert any(node.aux for node in network.layers)
    assert not any("loss1" in node.path for node in read(write(network)).layers)


@pytest.mark.parametrize("op", [op for op in OPS.values() if not op.many], ids=lambda op: op.name)
@given(data=st.data())
def test_any_options_of_an_op_read_back(op: Any, data: Any) -> None:
    case: Case = data.draw(cases(op))
    network = Network("one", case.xs[0], [Node("it", case.op, (0,))])
    assert layers(read(write(network))) == layers(network)


@pytest.mark.parametrize("dims", [(3, 32, 32), (28, 28), (32, 32, 3)])
def test_a_written_spec_is_not_doubted(dims: tuple[int, ...]) -> None:
    text = write(Network("one", Volume(dims[:-1], dims[-1]), []))
    assert ("layout: hwc" in text) == (dims != (32, 32, 3))
    assert read(text).input.dims == dims
    assert parse(Source("net.yaml", text)).doubt() is None


@pytest.mark.parametrize(("stride", "text"), [(1, "{maxpool: 2, stride: 1}"), (2, "{maxpool: 2}")])
def test_the_stride_of_a_pool_is_written_where_it_is_not_the_kernel(stride: int, text: str) -> None:
    network = Network(
        "one", Volume((8, 8), 3), [Node("maxpool1", OPS["maxpool"](kernel=2, stride=stride), (0,))]
    )
    assert text.removesuffix("}") + ", name: maxpool1}" in write(network)
    assert layers(read(write(network))) == layers(network)


@given(value=st.fractions(min_value=-10, max_value=10, max_denominator=10**9))
def test_a_fraction_reads_back(value: Fraction) -> None:
    network = Network("one", Volume((), 3), [Node("it", OPS["add"](scale=value), (0, 0))])
    assert layers(read(write(network))) == layers(network)
