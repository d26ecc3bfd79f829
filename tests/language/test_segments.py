"""Blocks and stages that are built once: the same layers as if each use were built for itself."""

from __future__ import annotations

from typing import Any

import pytest
from helpers import random_networks
from hypothesis import given

from archcalc.errors import Source, SpecError
from archcalc.language.family import Spec
from archcalc.language.find import all_specs, load
from archcalc.language.parse import parse
from archcalc.language.segments import Dependence, key_of
from archcalc.network import LayersOf, Network, Node, Segment, Use
from archcalc.ops import remember

SHIPPED = [(spec.source, about.name) for spec in all_specs() for about in spec.networks()]


def spec_of(text: str) -> Spec:
    return parse(Source("net.yaml", text))


def described(network: Network) -> list[Any]:
    """All that a network consists of; marks as their places, because every parsing makes new ones."""
    layers = [
        (
            *(node.path, repr(node.op), node.inputs, node.follower, node.aux, node.gates),
            {name: (mark.line, mark.column) for name, mark in node.marks.items()},
            [(use, mark.line) for use, mark in node.uses],
        )
        for node in network.layers
    ]
    return [layers, network.output, network.input]


@pytest.mark.slow
@pytest.mark.parametrize(("source", "name"), SHIPPED, ids=[name for _, name in SHIPPED])
def test_a_shipped_network_is_what_it_is_without_a_memory(
    source: Source, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = parse(source)
    first, again = (described(spec.bind(name)) for _ in range(2))
    assert again == first
    monkeypatch.setattr(Dependence, "key", lambda *_: None)
    assert described(parse(source).bind(name)) == first


@given(random_networks.specs())
def test_a_random_network_is_what_it_is_without_a_memory(text: str) -> None:
    alike(text)


def alike(text: str, **settings: Any) -> Network:
    """The network of a spec, which is the same without a memory, and when it is built again."""
    spec = spec_of(text)
    network = spec.bind(None, settings)
    first, again = described(network), described(spec.bind(None, settings))
    assert again == first
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Dependence, "key", lambda *_: None)
        assert described(spec_of(text).bind(None, settings)) == first
    return network


def uses_of(network: Network) -> list[Use]:
    return [part for part in network.segment.parts if isinstance(part, Use)]


BLOCK = """\
name: net
input: [8, 8, 4]
settings: {width: 4, flag: true, depths: [1, 2, 3]}
blocks:
"""


def test_a_block_with_the_same_values_is_built_once() -> None:
    network = alike(
        BLOCK
        + """\
  body:
    args: [filters, wide]
    layers: [{conv: filters, kernel: 3, pad: 1, then: relu}, {conv: width, kernel: 1, when: wide}]
layers:
  - {body: [4, true]}
  - {repeat: 3, layers: [{body: [4, true]}]}
  - {body: [8, true]}
  - {body: [4, false]}
"""
    )
    one, *others = uses_of(network)
    assert [use.segment is one.segment for use in others] == [True, True, True, False, False]
    assert [node.path for node in network.layers][:6] == [
        *("body1/conv1", "body1/conv1/relu", "body1/conv2"),
        *("body2/conv1", "body2/conv1/relu", "body2/conv2"),
    ]


def test_the_layers_are_made_when_they_are_read() -> None:
    network = load("resnet152")[0].bind("resnet152")
    assert isinstance(network.layers, LayersOf)
    assert "_nodes" not in vars(network.layers)
    assert len(network.layers) == network.segment.size == 515
    assert network.layers[0].path == "conv1"
    assert "_nodes" in vars(network.layers)


def test_a_thousand_layers_have_a_handful_of_blocks() -> None:
    network = load("resnet1202-cifar")[0].bind("resnet1202-cifar")
    known: set[int] = set()

    def count(segment: Segment) -> int:
        if id(segment) in known:
            return 0
        known.add(id(segment))
        return sum(1 if isinstance(part, Node) else count(part.segment) for part in segment.parts)

    assert network.segment.size > 4000
    assert count(network.segment) < 100


def test_of_a_list_only_the_items_that_are_read_count() -> None:
    """Networks with other depths in another stage share this stage."""
    spec = load("resnet50")[0]
    one, other = (spec.bind("resnet50", {"depths": depths}) for depths in ([3, 4, 6, 3], [3, 4, 7, 3]))
    same = [a.segment is b.segment for a, b in zip(uses_of(one), uses_of(other), strict=True)]
    assert same == [True, True, False, True]


SAME = {
    "a flag is no number": """\
  body:
    args: [x]
    layers: [{conv: 4, kernel: 1, when: x == 1}, relu]
layers: [{body: [1]}, {body: [true]}, {body: [2/2]}, {body: [3/2]}]
""",
    "a block reads a node around it, another one in each place": """\
  body: {args: [], layers: [relu, {add, from: [relu1, side]}]}
layers:
  - {relu, name: side}
  - {repeat: 2, layers: [body]}
  - concat:
      a: [{tanh, name: side}, body]
      b: [body, {repeat: 2, as: i, name: "r{i}", layers: [{relu, name: side}, body]}]
    name: two
""",
    "a block in a block reads what is around both": """\
  inner: {args: [], layers: [relu, {add, from: [relu1, side]}]}
  outer: {args: [], layers: [tanh, inner, {add, from: [tanh1, inner1, side]}]}
layers:
  - {sigmoid, name: side}
  - outer
  - {conv: 4, kernel: 1, name: later}
  - outer
""",
    "the entry of a block is its input": """\
  body: {args: [], layers: [relu, {add, from: [input, relu1]}]}
layers: [body, body, {add, from: [input, body1, body2]}]
""",
    "a block without layers is its input": """\
  nothing: {args: [x], layers: [{relu, when: x > 1}]}
layers: [relu, {nothing: [1]}, {nothing: [2]}, {nothing: [1]}, {add, from: [nothing1, nothing2, nothing3]}]
""",
    "heads, chances and uses belong to the place": """\
  head: {args: [], layers: [relu, {aux: [{avgpool: global}, {fc: 3}], name: loss}]}
  half: {args: [], layers: [{add: {a: [head], b: []}, survival: {a: 0.5}, name: sum}]}
layers:
  - {repeat: 2, as: i, name: "s{i}", layers: [{head, when: i == 1}, half]}
  - {aux: [head, half], name: end}
  - {add: {x: [half], y: [half]}, survival: {x: 1/4}}
""",
    "a name of a loop hides a setting, but not in a block": """\
  body: {args: [n], layers: [{conv: width, kernel: 1}, {conv: n, kernel: 1}]}
layers:
  - repeat: [8, 4, 8]
    as: [i, width]
    name: "stage{i}"
    layers: [{conv: width, kernel: 1}, {body: [width]}]
""",
    "a stage reads an item of a list at its own place": """\
  body: {args: [n], layers: [{repeat: 'depths[n - 1]', layers: [relu]}]}
layers:
  - repeat: 3
    as: i
    name: "stage{i}"
    layers: [{body: [i]}, {repeat: "depths[len(depths) - i]", layers: [tanh]}]
""",
    "a loop inside reads the list around it": """\
  body: {args: [], layers: [{repeat: 3, as: i, layers: [{conv: '4*depths[i - 1]', kernel: 1}]}]}
layers:
  - body
  - {repeat: 2, as: k, name: "s{k}", layers: [{repeat: k, as: j, layers: [{fc: "depths[j - 1]"}]}]}
""",
    "a block uses itself": """\
  tower: {args: [n], layers: [relu, {tower: [n - 1], when: n > 1}, {tower: [n - 2], when: n > 2}]}
layers: [{tower: [6]}, {tower: [4]}]
""",
    "rounds of the same name share a scope": """\
  body: {args: [], layers: [relu]}
layers:
  - {repeat: 4, as: i, name: "s{i // 2}", layers: [{relu, name: "r{i}"}, body]}
  - {repeat: [1, 2, 1], as: i, name: "t{i}", layers: [body]}
""",
}


@pytest.mark.parametrize("layers", SAME.values(), ids=SAME.keys())
def test_a_second_use_is_like_the_first(layers: str) -> None:
    alike(BLOCK + layers)


def test_arguments_of_other_sorts_are_other_values() -> None:
    assert key_of([1]) != key_of([True]) != key_of(["1"])
    assert key_of([[1, 2], 3]) != key_of([[1], 2, 3])
    assert key_of([object()]) is None


def test_a_spec_does_not_remember_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remember, "MOST", 10)
    spec = spec_of(
        BLOCK + "  body: {args: [n], layers: [{conv: n, kernel: 1}, relu]}\nlayers: [{body: [width]}]"
    )
    for width in range(1, 40):
        network = spec.bind(None, {"width": width})
        assert network.layers[0].op.filters == width
    (block,) = {use.segment for use in uses_of(network)}
    assert block.parts[0].op.filters == 39
    (item,) = spec.layers
    assert len(item.block.segments) == 10


# --- what is wrong at one place only ----------------------------------------------------------------------


def problems_of(text: str) -> list[str]:
    with pytest.raises(SpecError) as refused:
        spec_of(text).bind()
    return [problem.message for problem in refused.value.problems]


DEEP = (
    "\n".join(f"  b{n}: {{args: [], layers: [b{n + 1}]}}" for n in range(18))
    + "\n  b18: {args: [], layers: [relu]}"
)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param(
            BLOCK + "  body: {args: [], layers: [{add, from: [input, side]}]}\n"
            "layers: [{relu, name: side}, body, {repeat: 2, as: i, name: 'r{i}', layers: [body]}, body]",
            "",
            id="a node around is there at every use",
        ),
        pytest.param(
            BLOCK + "  body: {args: [], layers: [{add, from: [input, side]}]}\n"
            "  outer: {args: [], layers: [{relu, name: side}, body]}\nlayers: [outer, body]",
            "from: no earlier layer 'side' in this scope",
            id="a node around is missing at the second use",
        ),
        pytest.param(
            BLOCK + DEEP + "\n  x: {args: [], layers: [y]}\n  y: {args: [], layers: [z]}\n"
            "  z: {args: [], layers: [b0]}\nlayers: [b0, x]",
            "blocks are nested deeper than 20 levels",
            id="too many blocks inside each other at the second use",
        ),
        pytest.param(
            BLOCK
            + "  body: {args: [], layers: [{relu, name: x}]}\n"
            + "  long: {args: [], layers: ["
            + "".join(f"{{repeat: 1, as: i, name: '{'n' * 77}{{i}}', layers: [" for _ in range(7))
            + "body"
            + "]}" * 7
            + "]}\nlayers: [body, long]",
            "the path of the layer is longer than 500 characters",
            id="too long a path at the second use",
        ),
    ],
)
def test_limits_hold_for_every_use(text: str, problem: str) -> None:
    if problem:
        assert problem in problems_of(text)
    else:
        alike(text)


def test_a_wrong_block_is_reported_for_every_use() -> None:
    body = "  body: {args: [n], layers: [{conv: n, kernel: 1}, relu]}\n"
    with pytest.raises(SpecError, match="also in body2/conv1"):
        spec_of(BLOCK + body + "layers: [{body: [0]}, {body: [0]}]").bind()


def test_layers_of_all_uses_count_for_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    from archcalc.language import builder, scopes

    for module in (builder, scopes):
        monkeypatch.setattr(module, "MAX_LAYERS", 20)
    text = BLOCK + "  body: {args: [], layers: [relu, relu, relu]}\nlayers: ["
    assert len(spec_of(text + ", ".join(["body"] * 5) + "]").bind().layers) == 15
    (problem,) = problems_of(text + ", ".join(["body"] * 6) + "]")
    assert problem == "the spec expands to more than 20 layers and rounds"


REPEATED = """\
name: net
settings: {wide: 1, n: 3}
input: [8, 8, 4]
layers:
  - repeat: n
    as: i
    layers:
      - {conv: i, kernel: 1, when: wide == 1}
      - {fc: 4, when: wide == 2}
      - {relu, when: wide == 2 and i < 3}
"""


@pytest.mark.parametrize(
    ("settings", "paths"),
    [
        ({}, ["conv1", "conv2", "conv3"]),
        ({"wide": 2}, ["fc1", "relu1", "fc2", "relu2", "fc3"]),
        ({"wide": 3}, []),
        ({"n": 0}, []),
    ],
)
def test_a_repeat_leaves_out_what_a_condition_excludes(settings: dict[str, int], paths: list[str]) -> None:
    spec = spec_of(REPEATED)
    for _ in range(2):
        assert [node.path for node in spec.bind(None, settings).layers] == paths


@pytest.mark.parametrize(("rounds", "problems"), [(3, 1), (0, 0)])
def test_a_wrong_condition_is_reported_only_if_there_are_rounds(rounds: int, problems: int) -> None:
    network = spec_of(REPEATED.replace("wide == 1", "1 // n")).bind(None, {"n": rounds}, strict=False)
    assert len({(problem.message, problem.mark) for problem in network.problems}) == problems
