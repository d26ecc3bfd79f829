"""The spec language, construct by construct: what is written, and which layers come of it."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from archcalc.errors import ArchcalcError, ArchcalcWarning, Source, SpecError
from archcalc.language.family import Spec
from archcalc.language.find import load
from archcalc.language.parse import parse
from archcalc.language.settings import parse_assignment
from archcalc.results import Analysis
from archcalc.studies.analyze import analyze


def spec_of(layers: str, above: str = "", size: str = "[8, 8, 3]") -> Spec:
    items = "\n".join(f"  {line}" for line in layers.strip("\n").split("\n"))
    return parse(Source("net.yaml", f"name: net\ninput: {size}\n{above.strip()}\nlayers:\n{items}\n"))


def built(layers: str, above: str = "", size: str = "[8, 8, 3]", **settings: Any) -> Analysis:
    return analyze(spec_of(layers, above, size).bind(None, settings), aux=True)


def outputs(found: Analysis) -> dict[str, str]:
    return {layer.path: "x".join(map(str, layer.output)) for layer in found.layers}


ACCEPTED: dict[str, tuple[str, str, dict[str, str]]] = {
    "a bare word": ("- relu", "", {"relu1": "8x8x3"}),
    "a word with a colon": ("- relu:", "", {"relu1": "8x8x3"}),
    "a main argument": ("- {fc: 10}", "", {"fc1": "10"}),
    "a main argument with a default": ("- lrn\n- {lrn: 3}", "", {"lrn1": "8x8x3", "lrn2": "8x8x3"}),
    "a main argument that is a word": ("- {avgpool: global}", "", {"avgpool1": "3"}),
    "the main argument by its name": ("- {conv: , filters: 4, kernel: 1}", "", {"conv1": "8x8x4"}),
    "options": ("- {conv: 4, kernel: 3, stride: 2, pad: 1}", "", {"conv1": "4x4x4"}),
    "options line by line": ("- conv: 4\n  kernel: 3\n  stride: 2\n  pad: 1", "", {"conv1": "4x4x4"}),
    "an option for each axis": ("- {conv: 4, kernel: [3, 1], stride: [1, 2]}", "", {"conv1": "6x4x4"}),
    "sizes as tables print them": ("- {conv: 4, kernel: 3x1, stride: 1x2, pad: 1x0}", "", {"conv1": "8x4x4"}),
    "sizes in a setting": ("- {conv: 4, kernel: k}", "settings: {k: 3x1}", {"conv1": "6x8x4"}),
    "sizes with a times sign": ("- {adaptive_avgpool: 2×4}", "", {"adaptive_avgpool1": "2x4x3"}),
    "a pool without a stride": (
        "- {maxpool: 2}\n- {avgpool: 2x1}",
        "",
        {"maxpool1": "4x4x3", "avgpool1": "2x4x3"},
    ),
    "a pool with a stride": ("- {maxpool: 2, stride: 1}", "", {"maxpool1": "7x7x3"}),
    "a pool with a kernel of a setting": ("- {maxpool: k}", "settings: {k: 4}", {"maxpool1": "2x2x3"}),
    "a stride in defaults": ("- {maxpool: 2}", "defaults: {maxpool: {stride: 1}}", {"maxpool1": "7x7x3"}),
    "padding before and after": ("- {conv: 4, kernel: 2, pad: [[0, 1], [1, 0]]}", "", {"conv1": "8x8x4"}),
    "padding that is a word": ("- {conv: 4, kernel: 5, pad: same}", "", {"conv1": "8x8x4"}),
    "a name": ("- {conv: 4, kernel: 1, name: stem}", "", {"stem": "8x8x4"}),
    "a name of many letters": ("- {relu: , name: Größe_1.a+b-c}", "", {"Größe_1.a+b-c": "8x8x3"}),
    "no layers": ("[]", "", {}),
    # names
    "automatic names count their op": (
        "- {conv: 4, kernel: 1}\n- relu\n- {conv: 4, kernel: 1}\n- relu",
        "",
        {"conv1": "8x8x4", "relu1": "8x8x4", "conv2": "8x8x4", "relu2": "8x8x4"},
    ),
    "a named layer counts too": ("- {relu: , name: first}\n- relu", "", {"first": "8x8x3", "relu2": "8x8x3"}),
    "an automatic name makes way": (
        "- {tanh: , name: relu1}\n- relu",
        "",
        {"relu1": "8x8x3", "relu2": "8x8x3"},
    ),
    "each scope counts by itself": (
        "- {unit: 4}\n- {unit: 5}\n- {conv: 6, kernel: 1}",
        "blocks: {unit: {args: [n], layers: [{conv: n, kernel: 1}, relu]}}",
        {
            "unit1/conv1": "8x8x4",
            "unit1/relu1": "8x8x4",
            "unit2/conv1": "8x8x5",
            "unit2/relu1": "8x8x5",
            "conv1": "8x8x6",
        },
    ),
    # then and defaults
    "then": ("- {conv: 4, kernel: 1, then: relu}", "", {"conv1": "8x8x4", "conv1/relu": "8x8x4"}),
    "then with several": (
        "- {conv: 4, kernel: 1, then: [bn, relu, {maxpool: 2, stride: 2}, relu]}",
        "",
        {
            "conv1": "8x8x4",
            "conv1/bn": "8x8x4",
            "conv1/relu": "8x8x4",
            "conv1/maxpool": "4x4x4",
            "conv1/relu2": "4x4x4",
        },
    ),
    "defaults": (
        "- {conv: 4}\n- {conv: 4, kernel: 1}",
        "defaults: {conv: {kernel: 3}}",
        {"conv1": "6x6x4", "conv2": "6x6x4"},
    ),
    "a default for the main argument": (
        "- fc\n- {fc: 3}",
        "defaults: {fc: {units: 7}}",
        {"fc1": "7", "fc2": "3"},
    ),
    "defaults with then": (
        "- {conv: 4, kernel: 1}\n- {conv: 4, kernel: 1, then: tanh}\n- {conv: 4, kernel: 1, then: []}",
        "defaults: {conv: {then: [bn, relu]}}",
        {
            "conv1": "8x8x4",
            "conv1/bn": "8x8x4",
            "conv1/relu": "8x8x4",
            "conv2": "8x8x4",
            "conv2/tanh": "8x8x4",
            "conv3": "8x8x4",
        },
    ),
    "defaults inside then, but no then of its own": (
        "- {conv: 4, kernel: 1, then: [maxpool]}",
        "defaults: {maxpool: {kernel: 2, stride: 2, then: relu}}",
        {"conv1": "8x8x4", "conv1/maxpool": "4x4x4"},
    ),
    "defaults with a setting": (
        "- {conv: 4}",
        "settings: {k: 5}\ndefaults: {conv: {kernel: k, pad: k // 2}}",
        {"conv1": "8x8x4"},
    ),
    # blocks
    "a block by position": (
        "- {unit: [4, 3]}",
        "blocks: {unit: {args: [n, k], layers: [{conv: n, kernel: k}]}}",
        {"unit1/conv1": "6x6x4"},
    ),
    "a block by name": (
        "- {unit: {k: 3, n: 4}}",
        "blocks: {unit: {args: [n, k], layers: [{conv: n, kernel: k}]}}",
        {"unit1/conv1": "6x6x4"},
    ),
    "a block, the first by position": (
        "- {unit: 4, k: 3}",
        "blocks: {unit: {args: [n, k], layers: [{conv: n, kernel: k}]}}",
        {"unit1/conv1": "6x6x4"},
    ),
    "a block with defaults that use earlier arguments": (
        "- {unit: 4}\n- {unit: [4, 5]}\n- {unit: 4, m: 6, name: last}",
        "blocks: {unit: {args: [n, {m: 2*n}], layers: [{fc: m}]}}",
        {"unit1/fc1": "8", "unit2/fc1": "5", "last/fc1": "6"},
    ),
    "a block without arguments": ("- unit", "blocks: {unit: {layers: [relu]}}", {"unit1/relu1": "8x8x3"}),
    "a block with a word and a list": (
        "- {unit: [global, [4, 5]]}",
        (
            "blocks: {unit: {args: [how, sizes], "
            "layers: [{avgpool: how}, {repeat: sizes, as: n, layers: [{fc: n}]}]}}"
        ),
        {"unit1/avgpool1": "3", "unit1/fc1": "4", "unit1/fc2": "5"},
    ),
    "a block inside a block": (
        "- {outer: 4}",
        (
            "blocks: {inner: {args: [n], layers: [{fc: n}]}, "
            "outer: {args: [n], layers: [{inner: 2*n}, {inner: n}]}}"
        ),
        {"outer1/inner1/fc1": "8", "outer1/inner2/fc1": "4"},
    ),
    "a block before the block that it uses": (
        "- outer",
        "blocks: {outer: {layers: [inner]}, inner: {layers: [relu]}}",
        {"outer1/inner1/relu1": "8x8x3"},
    ),
    "a block that uses itself until a condition ends it": (
        "- {tower: 3}",
        "blocks: {tower: {args: [n], layers: [{fc: n}, {tower: n - 1, when: n > 1}]}}",
        {"tower1/fc1": "3", "tower1/tower1/fc1": "2", "tower1/tower1/tower1/fc1": "1"},
    ),
    "a block sees the settings, not the names of its user": (
        "- {repeat: 2, as: n, layers: [unit]}",
        "settings: {n: 7}\nblocks: {unit: {layers: [{fc: n}]}}",
        {"unit1/fc1": "7", "unit2/fc1": "7"},
    ),
    "a block passed on by position with an expression": (
        "- {repeat: [4, 5], as: [i, n], layers: [{unit: [i*n]}]}",
        "blocks: {unit: {args: [n], layers: [{fc: n}]}}",
        {"unit1/fc1": "4", "unit2/fc1": "10"},
    ),
    # branches
    "branches": (
        "- concat:\n    left: [{conv: 4, kernel: 1}]\n    right: [{conv: 5, kernel: 1}, relu]",
        "",
        {"left/conv1": "8x8x4", "right/conv1": "8x8x5", "right/relu1": "8x8x5", "concat1": "8x8x9"},
    ),
    "an empty branch": (
        "- {add: {main: [{conv: 3, kernel: 3, pad: 1}], shortcut: []}}",
        "",
        {"main/conv1": "8x8x3", "add1": "8x8x3"},
    ),
    "branches of two unnamed merges": (
        "- {add: {a: [relu], b: []}}\n- {add: {a: [relu], b: [tanh]}}",
        "",
        {"a/relu1": "8x8x3", "add1": "8x8x3", "a_2/relu1": "8x8x3", "b_2/tanh1": "8x8x3", "add2": "8x8x3"},
    ),
    "a named merge is a scope": (
        "- {add: {a: [relu], b: []}, name: sum, then: relu}",
        "",
        {"sum/a/relu1": "8x8x3", "sum": "8x8x3", "sum/relu": "8x8x3"},
    ),
    "branches in a block, as the design names them": (
        "- {inception: [4, 5]}\n- {inception: [6, 7], name: 3b}",
        """
blocks:
  inception:
    args: [a, b]
    layers:
      - concat:
          1x1: [{conv: a, kernel: 1}]
          3x3: [{conv: b, kernel: 3, pad: 1}]
""",
        {
            "inception1/1x1/conv1": "8x8x4",
            "inception1/3x3/conv1": "8x8x5",
            "inception1/concat1": "8x8x9",
            "3b/1x1/conv1": "8x8x6",
            "3b/3x3/conv1": "8x8x7",
            "3b/concat1": "8x8x13",
        },
    ),
    "a gate": (
        "- {multiply: {x: [], gate: [{avgpool: global}, {fc: 3}, sigmoid]}}",
        "",
        {"gate/avgpool1": "3", "gate/fc1": "3", "gate/sigmoid1": "3", "multiply1": "8x8x3"},
    ),
    # repeats
    "repeat a number": (
        "- {repeat: 2, layers: [relu, tanh]}",
        "",
        {"relu1": "8x8x3", "tanh1": "8x8x3", "relu2": "8x8x3", "tanh2": "8x8x3"},
    ),
    "repeat with its round": ("- {repeat: 2, as: i, layers: [{fc: 10*i}]}", "", {"fc1": "10", "fc2": "20"}),
    "repeat a list": ("- {repeat: [4, 7], as: n, layers: [{fc: n}]}", "", {"fc1": "4", "fc2": "7"}),
    "repeat a list with its round": (
        "- {repeat: [4, 7], as: [i, n], layers: [{fc: i*n}]}",
        "",
        {"fc1": "4", "fc2": "14"},
    ),
    "repeat a number with two names": (
        "- {repeat: 2, as: [i, j], layers: [{fc: 10*i + j}]}",
        "",
        {"fc1": "11", "fc2": "22"},
    ),
    "repeat a setting": (
        "- {repeat: depths, as: [i, n], layers: [{repeat: n, layers: [{fc: i}]}]}",
        "settings: {depths: [1, 2]}",
        {"fc1": "1", "fc2": "2", "fc3": "2"},
    ),
    "repeat not at all": (
        "- {repeat: 0, layers: [relu]}\n- {repeat: [], layers: [relu]}\n- relu",
        "",
        {"relu1": "8x8x3"},
    ),
    "a named repeat is a scope": (
        "- {repeat: 2, layers: [relu], name: body}\n- {relu: , from: body}",
        "",
        {"body/relu1": "8x8x3", "body/relu2": "8x8x3", "relu1": "8x8x3"},
    ),
    "a repeat with a name for each round": (
        '- {repeat: [4, 5], as: [i, n], layers: [{fc: n}], name: "stage{i}"}\n- {relu: , from: stage1}',
        "",
        {"stage1/fc1": "4", "stage2/fc1": "5", "relu1": "4"},
    ),
    "layers named by their round": (
        '- {repeat: 2, as: i, layers: [{fc: 4, name: "fc{i}_{10*i}"}]}',
        "",
        {"fc1_10": "4", "fc2_20": "4"},
    ),
    "names with words and decimals in them": (
        '- {relu: , name: "{kind}-{width}"}',
        "settings: {kind: wide, width: 0.5}",
        {"wide-0.5": "8x8x3"},
    ),
    # wiring
    "from one": (
        "- {conv: 4, kernel: 1, name: a}\n- {conv: 5, kernel: 1}\n- {relu: , from: a}",
        "",
        {"a": "8x8x4", "conv2": "8x8x5", "relu1": "8x8x4"},
    ),
    "from several": (
        "- {conv: 4, kernel: 1, name: a}\n- {conv: 5, kernel: 1, name: b}\n- {concat: , from: [a, b, input]}",
        "",
        {"a": "8x8x4", "b": "8x8x5", "concat1": "8x8x12"},
    ),
    "from the same twice": ("- {concat: , from: [input, input]}", "", {"concat1": "8x8x6"}),
    "from input means what enters the scope": (
        "- {conv: 4, kernel: 1}\n- {unit: , name: u}",
        "blocks: {unit: {layers: [{fc: 2}, {relu: , from: input}]}}",
        {"conv1": "8x8x4", "u/fc1": "2", "u/relu1": "8x8x4"},
    ),
    "from input in a named repeat": (
        (
            "- {conv: 4, kernel: 1}\n"
            "- {repeat: 2, as: i, name: 'r{i}', layers: [{fc: 5*i}, {relu: , from: input}]}"
        ),
        "",
        {"conv1": "8x8x4", "r1/fc1": "5", "r1/relu1": "8x8x4", "r2/fc1": "10", "r2/relu1": "8x8x4"},
    ),
    "from a layer outside the scope": (
        "- {conv: 4, kernel: 1, name: a}\n- {fc: 2}\n- unit",
        "blocks: {unit: {layers: [{relu: , from: a}]}}",
        {"a": "8x8x4", "fc1": "2", "unit1/relu1": "8x8x4"},
    ),
    "from a block": (
        "- {unit: , name: u}\n- {fc: 2}\n- {relu: , from: u}",
        "blocks: {unit: {layers: [{conv: 4, kernel: 1}]}}",
        {"u/conv1": "8x8x4", "fc1": "2", "relu1": "8x8x4"},
    ),
    "from for a block and for branches": (
        "- {conv: 4, kernel: 1, name: a}\n- {fc: 2}\n- {unit: , from: a}\n- {add: {x: [], y: []}, from: a}",
        "blocks: {unit: {layers: [relu]}}",
        {"a": "8x8x4", "fc1": "2", "unit1/relu1": "8x8x4", "add1": "8x8x4"},
    ),
    "what follows is read after it": (
        "- {conv: 4, kernel: 1, name: a, then: {maxpool: 2, stride: 2}}\n- {relu: , from: a}",
        "",
        {"a": "8x8x4", "a/maxpool": "4x4x4", "relu1": "4x4x4"},
    ),
    "when": (
        "- {relu: , when: deep}\n- {tanh: , when: not deep}\n- {sigmoid: , when: size > 8}",
        "settings: {deep: true, size: 8}",
        {"relu1": "8x8x3"},
    ),
    "when on a block, branches and a repeat": (
        """
- {unit: , when: no_more}
- {add: {a: [], b: []}, when: no_more}
- {repeat: 3, layers: [relu], when: no_more}
- relu
""",
        "settings: {no_more: false}\nblocks: {unit: {layers: [relu]}}",
        {"relu1": "8x8x3"},
    ),
    "what is skipped is not named": (
        "- {relu: , name: a, when: false}\n- {tanh: , name: a}",
        "",
        {"a": "8x8x3"},
    ),
    "an auxiliary head": (
        "- {conv: 4, kernel: 1}\n- {aux: [{avgpool: global}, {fc: 5}], name: loss}\n- relu",
        "",
        {"conv1": "8x8x4", "loss/avgpool1": "4", "loss/fc1": "5", "relu1": "8x8x4"},
    ),
    # settings and expressions
    "settings that use those above": (
        "- {fc: c}",
        "settings: {a: 2, b: 3 * a, c: b + a}",
        {"fc1": "8"},
    ),
    "a decimal that comes out whole": (
        "- {fc: width * 64}\n- {fc: 1.5 * 2}",
        "settings: {width: 0.25}",
        {"fc1": "16", "fc2": "3"},
    ),
    "an expression in quotes": ("- {fc: 'max(depths[1], 2)'}", "settings: {depths: [3, 4]}", {"fc1": "4"}),
    "an expression on two lines": ("- {fc: 2 *\n    3}", "", {"fc1": "6"}),
    "an option that is a choice": (
        "- {maxpool: 3, stride: 2, rounding: how}",
        "settings: {how: ceil}",
        {"maxpool1": "4x4x3"},
    ),
    "a choice between words": (
        "- {avgpool: \"'global' if flat else 2\"}",
        "settings: {flat: true}",
        {"avgpool1": "3"},
    ),
    "anchors and aliases": (
        "- &c {conv: 4, kernel: 1}\n- *c\n- {fc: &n 5}\n- {fc: *n}",
        "",
        {"conv1": "8x8x4", "conv2": "8x8x4", "fc1": "5", "fc2": "5"},
    ),
}


@pytest.mark.parametrize(("layers", "above", "expected"), ACCEPTED.values(), ids=ACCEPTED)
def test_accepted(layers: str, above: str, expected: dict[str, str]) -> None:
    assert outputs(built(layers, above)) == expected


INPUTS = {
    "[100]": (100,),
    "[40, 3]": (40, 3),
    "[8, 8, 3]": (8, 8, 3),
    "[2, 4, 4, 3]": (2, 4, 4, 3),
    "[size//2, 3]": (4, 3),
}


@pytest.mark.parametrize("size", INPUTS)
def test_inputs(size: str) -> None:
    assert built("- relu", "settings: {size: 8}", size).input == INPUTS[size]


def test_settings_can_be_given() -> None:
    spec = spec_of("- {fc: b}", "settings: {a: 2, b: 3*a, mode: fast, deep: false, depths: [1, 2]}")
    assert spec.bind(None, {"a": 5}).settings["b"] == 15
    assert spec.bind(None, {"b": 5}).settings["a"] == 2
    bound = spec.bind(None, {"mode": "slow", "deep": True, "depths": (3, 4)}).settings
    assert (bound["mode"], bound["deep"], bound["depths"]) == ("slow", True, [3, 4])


WRONG_SETTINGS = {
    "unknown": ({"zz": 3}, "net has no setting 'zz' (known: a, deep, depths, half, mode)"),
    "a word for a number": ({"a": "x"}, "a of net must be a number (default: 2), not 'x'"),
    "a flag for a number": ({"a": True}, "a of net must be a number (default: 2), not true"),
    "a number for a word": ({"mode": 3}, "mode of net must be a word (default: 'fast'), not 3"),
    "a number for a list": ({"depths": 3}, "depths of net must be a list (default: [1, 2]), not 3"),
    "a number for a flag": ({"deep": 1}, "deep of net must be true or false (default: false), not 1"),
}


@pytest.mark.parametrize(("given", "says"), WRONG_SETTINGS.values(), ids=WRONG_SETTINGS)
def test_settings_that_cannot_be_given(given: dict[str, Any], says: str) -> None:
    spec = spec_of("- {fc: a}", "settings: {a: 2, half: 0.5, mode: fast, deep: false, depths: [1, 2]}")
    with pytest.raises(ArchcalcError) as caught:
        spec.bind(None, given)
    assert str(caught.value) == says


def test_a_decimal_can_be_given_for_a_number() -> None:
    spec = spec_of("- {fc: a*8}", "settings: {a: 2}")
    assert analyze(spec.bind(None, {"a": Fraction(1, 4)})).layers[0].output == (2,)


VARIANTS = """
title: The nets
year: 1998
source: a paper
aliases: [family]
settings: {classes: 10, hidden: 2 * classes, kind: plain}
variants:
  small: {classes: 5, title: The small net, aliases: [little, s]}
  large: {hidden: 100, year: 2001, kind: wide}
  same: {}
"""


def test_variants() -> None:
    spec = spec_of("- {fc: hidden}\n- {fc: classes}", VARIANTS)
    assert [about.name for about in spec.networks()] == ["small", "large", "same"]
    found = {name: analyze(spec.bind(name)) for name in ("net", "family", "small", "little", "large", "same")}
    assert {name: [layer.output for layer in one.layers] for name, one in found.items()} == {
        "net": [(20,), (10,)],
        "family": [(20,), (10,)],
        "small": [(10,), (5,)],
        "little": [(10,), (5,)],
        "large": [(100,), (10,)],
        "same": [(20,), (10,)],
    }
    assert [
        (found[name].network, found[name].title, found[name].year) for name in ("net", "little", "large")
    ] == [
        ("net", "The nets", 1998),
        ("small", "The small net", 1998),
        ("large", "The nets", 2001),
    ]
    assert found["large"].family == "net"
    assert found["large"].settings == {"classes": 10, "hidden": 100, "kind": "wide"}


def test_a_variant_that_is_not_there() -> None:
    with pytest.raises(ArchcalcError) as caught:
        spec_of("- relu", VARIANTS).bind("smal")
    assert str(caught.value) == "net.yaml has no variant 'smal' (did you mean 'small'?)"


def test_claims() -> None:
    (claim,) = spec_of(
        "- relu", "claims:\n  - {what: params, says: 60M, source: a paper, layer: relu1, because: they round}"
    ).about.claims
    assert (claim.what, claim.says, claim.sources, claim.layer, claim.because) == (
        "params",
        "60M",
        ("a paper",),
        "relu1",
        "they round",
    )
    assert str(claim.mark) == "net.yaml:4:5"


def test_auxiliary_heads_are_marked() -> None:
    layers = "- {conv: 4, kernel: 1}\n- {aux: [{fc: 5}], name: loss}\n- relu"
    found = built(layers)
    assert [layer.aux for layer in found.layers] == [False, True, False]
    assert [layer.inputs for layer in found.layers] == [("input",), ("conv1",), ("conv1",)]
    assert list(outputs(analyze(spec_of(layers).bind()))) == ["conv1", "relu1"]


def test_survival_is_kept_with_the_layers_of_its_branch() -> None:
    spec = spec_of(
        "- {add: {main: [{conv: 3, kernel: 1, then: relu}], rest: []}, survival: {main: p / 2}}\n- relu",
        "settings: {p: 0.5}",
    )
    gates = {node.path: [(gate.path, gate.survival) for gate in node.gates] for node in spec.bind().layers}
    assert gates == {
        "main/conv1": [("main", Fraction(1, 4))],
        "main/conv1/relu": [("main", Fraction(1, 4))],
        "add1": [],
        "relu1": [],
    }
    expected = analyze(spec.bind()).expected
    assert expected is not None
    assert expected.macs == Fraction(8 * 8 * 3 * 3, 4)


def test_followers_and_places_are_remembered() -> None:
    network = spec_of("- {conv: 4, kernel: 1, then: relu}\n- unit", "blocks: {unit: {layers: [tanh]}}").bind()
    assert [node.follower for node in network.layers] == [False, True, False]
    conv, relu, tanh = network.layers
    assert {name: str(mark) for name, mark in conv.marks.items()} == {
        "": "net.yaml:5:6",
        "filters": "net.yaml:5:12",
        "kernel": "net.yaml:5:23",
    }
    assert str(relu.marks[""]) == "net.yaml:5:32"
    assert [f"{says} {mark}" for says, mark in tanh.uses] == ["block 'unit' is used at net.yaml:6:5"]


def test_the_order_of_branches_is_that_of_the_file() -> None:
    found = built("- {concat: {b: [relu], a: [tanh]}}")
    assert found.layers[-1].inputs == ("b/relu1", "a/tanh1")


def test_what_cannot_be_built_hides_only_what_reads_it() -> None:
    layers = """
- {conv: 0, kernel: 3, name: broken}
- {relu: , from: broken}
- {conv: 4, kernel: 99, from: input}
- {conv: k, kernel: 1, from: input}
- {covn: 4, kernel: 1}
- {relu: , from: conv3}
"""
    with pytest.raises(SpecError) as caught:
        analyze(parse_leniently(layers, "settings: {k: 0.5}").bind(strict=False))
    assert [problem.mark and problem.mark.line for problem in caught.value.problems] == [5, 7, 8, 9]


def parse_leniently(layers: str, above: str) -> Spec:
    items = "\n".join(f"  {line}" for line in layers.strip("\n").split("\n"))
    return parse(
        Source("net.yaml", f"name: net\ninput: [8, 8, 3]\n{above}\nlayers:\n{items}\n"), strict=False
    )


# --- refused: tests/language/bad has the texts, here is what is near what is accepted ------------------

REFUSED = {
    "a block's names outside of it": (
        "- {unit: 3}\n- {fc: n}",
        "blocks: {unit: {args: [n], layers: [{fc: n}]}}",
    ),
    "a round's name outside of it": ("- {repeat: 3, as: i, layers: [relu]}\n- {fc: i}", ""),
    "a user's name inside a block": (
        "- {repeat: 3, as: i, layers: [unit]}",
        "blocks: {unit: {layers: [{fc: i}]}}",
    ),
    "an argument's default from a later one": (
        "- unit",
        "blocks: {unit: {args: [{a: b}, {b: 1}], layers: [{fc: a}]}}",
    ),
    "a layer of another branch": ("- {add: {a: [{relu: , name: x}], b: [{relu: , from: x}]}}", ""),
    "a layer inside a block": (
        "- {unit: , name: u}\n- {relu: , from: x}",
        "blocks: {unit: {layers: [{relu: , name: x}]}}",
    ),
    "a later layer": ("- {relu: , from: x}\n- {relu: , name: x}", ""),
    "itself": ("- {relu: , from: x, name: x}", ""),
    "a path": ("- {unit: , name: u}\n- {relu: , from: u/relu1}", "blocks: {unit: {layers: [relu]}}"),
    "a name of one scope used twice": ("- {relu: , name: x}\n- {repeat: 1, layers: [{relu: , name: x}]}", ""),
    "a number for a flag": ("- {relu: , when: 1}", ""),
    "null for an option": ("- {conv: 4, kernel: ~}", ""),
    "a flag for a number": ("- {fc: true}", ""),
    "a decimal for a count": ("- {fc: 2.5}", ""),
    "a decimal in a list": ("- {conv: 4, kernel: [1.5, 1]}", ""),
    "a decimal in padding": ("- {conv: 4, kernel: 3, pad: [[0.5, 1], [1, 1]]}", ""),
    "a fraction of filters": ("- {conv: 3 / 2, kernel: 1}", ""),
    "True": ("- {conv: 4, kernel: 1, bias: True}", ""),
}


@pytest.mark.parametrize(("layers", "above"), REFUSED.values(), ids=REFUSED)
def test_refused(layers: str, above: str) -> None:
    with pytest.raises(SpecError) as caught:
        built(layers, above)
    assert len(caught.value.problems) == 1


# --- targets ---------------------------------------------------------------------------------------


def test_targets(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.yaml").write_text(
        "name: own\ninput: [4]\nvariants: {a: {}}\nlayers: [relu]\n", encoding="utf-8"
    )
    spec, variant = load("own.yaml")
    assert (spec.name, variant) == ("own", None)
    spec, variant = load("./own.yaml:a")
    assert (spec.name, variant) == ("own", "a")
    spec, variant = load("vgg16")
    assert (spec.family, variant) == ("vgg", "vgg16")


@pytest.mark.slow
@pytest.mark.parametrize(
    "target", ["vgg61", "no-such-net", "", ":", "own.yaml", "own.yaml:a", "\x1b[2J", "a:b:c"], ids=repr
)
def test_targets_that_are_not_there(target: str) -> None:
    with pytest.raises(ArchcalcError) as caught:
        load(target)
    assert str(caught.value).isprintable()


# --- settings on the command line ------------------------------------------------------------------

ASSIGNMENTS = {
    "size=288": ("size", 288),
    " size = 7*32 ": ("size", 224),
    "width=0.5": ("width", Fraction(1, 2)),
    "deep=false": ("deep", False),
    "mode=fast": ("mode", "fast"),
    "depths=[3, 4, 2*3]": ("depths", [3, 4, 6]),
}


@pytest.mark.parametrize("text", ASSIGNMENTS)
def test_assignments(text: str) -> None:
    assert parse_assignment(text) == ASSIGNMENTS[text]


NO_ASSIGNMENTS = [
    *(
        "",
        "size",
        "=3",
        "size=",
        "size=yes",
        "size=010",
        "size={a: 1}",
        "size=9**9**9",
        "size=1//0",
        "size=n+1",
    ),
    *("size=[1", "size=" + "[" * 10_000, "size=\x1b[2J", "\x1b[2J=1//0", "size=" + "9" * 5000),
]


@pytest.mark.parametrize("text", NO_ASSIGNMENTS, ids=lambda text: repr(text[:20]))
def test_assignments_that_say_nothing(text: str) -> None:
    with pytest.raises(ArchcalcError) as caught:
        parse_assignment(text)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400


def test_a_setting_with_words_takes_only_those(tmp_path):
    path = tmp_path / "words.yaml"
    path.write_text(
        "name: words\nsettings: {block: {default: basic, one_of: [basic, bottleneck]}}\ninput: [8, 8, 3]\n"
        "variants: {deep: {block: bottleneck}}\n"
        "layers: [{conv: 4, kernel: 1, when: block == 'basic'}, "
        "{conv: 8, kernel: 1, when: block == 'bottleneck'}]\n"
    )
    spec, _ = load(str(path))
    assert [network.layers[0].op.filters for network in (spec.bind(), spec.bind("deep"))] == [4, 8]
    assert spec.bind(None, {"block": "bottleneck"}).layers[0].op.filters == 8
    with pytest.raises(ArchcalcError, match="block must be 'basic' or 'bottleneck', not 'foo'"):
        spec.bind(None, {"block": "foo"})


# --- the input ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "layout", "dims"),
    [
        ("[32, 24, 3]", "", (32, 24, 3)),
        ("32x24x3", "", (32, 24, 3)),
        ('"32x24x3"', "", (32, 24, 3)),
        ("32×24×3", "", (32, 24, 3)),
        ("[32x24x3]", "", (32, 24, 3)),
        ("[784]", "", (784,)),
        ("[3, 32, 24]", "chw", (32, 24, 3)),
        ("3x32x24", "CHW", (32, 24, 3)),
        ("3x16x32x24", "chw", (16, 32, 24, 3)),
        ("[2, 100]", "chw", (100, 2)),
        ("[784]", "chw", (784,)),
        ("[3, 32, 24]", "hwc", (3, 32, 24)),
        ("[c, 32, 24]", "chw", (32, 24, 4)),
    ],
)
def test_the_input_and_its_layout(written: str, layout: str, dims: tuple[int, ...]) -> None:
    above = f"settings: {{c: 4}}\nlayout: {layout}" if layout else "settings: {c: 4}"
    assert spec_of("- relu", above, written).bind().input.dims == dims


DOUBTED = {
    "[3, 224, 224]": "channels first",
    "3x224x224": "channels first",
    "[1, 28, 28]": "channels first",
    "[3, 16, 112, 112]": "channels first",
    "[3, size, size]": "channels first",
    "[1, 16000]": "channels first",
    "[1, 16, 112, 112]": "channels first",
    "[1, 224, 224, 3]": "a batch of one image",
    "[1, 3, 224, 224]": "a batch of one image",
    "[1, 1, 28, 28]": "a batch of one image",
    "[28, 28]": "an image of one channel",
}


@pytest.mark.parametrize("size", DOUBTED)
def test_an_input_that_looks_reordered_is_doubted(size: str) -> None:
    spec = spec_of("- relu", "settings: {size: 8}", size)
    doubt = spec.doubt()
    assert doubt is not None
    assert doubt.message.endswith(f"is it {DOUBTED[size]}?")
    assert doubt.mark is not None
    assert doubt.mark.line == 2
    # What it says to write is not doubted, and the two ways out silence it.
    better = doubt.hint.removeprefix("write ").split("]")[0] + "]"
    assert spec_of("- relu", size=better).doubt() is None
    for layout in ("hwc", "chw"):
        assert spec_of("- relu", f"settings: {{size: 8}}\nlayout: {layout}", size).doubt() is None


@pytest.mark.parametrize(
    "size",
    [
        "[224, 224, 3]",
        "[1, 1, 2048]",
        "[3, 3, 512]",
        "[3]",
        "[3, 32, 3]",
        "[1, 1, 1]",
        "[size, 9, 9]",
        "[32, 64]",
        "[2, 8, 8, 3]",
    ],
)
def test_other_inputs_are_not_doubted(size: str) -> None:
    assert spec_of("- relu", "settings: {size: 3}", size).doubt() is None


def test_a_broken_setting_is_no_doubt() -> None:
    spec = parse(Source("net.yaml", "name: n\nsettings: {size: 1 // 0}\ninput: [3, size, 9]\nlayers: []\n"))
    assert spec.doubt() is None
    with pytest.raises(SpecError, match="division by zero"):
        spec.bind()


def test_a_file_with_such_an_input_warns(tmp_path: Any) -> None:
    path = tmp_path / "net.yaml"
    path.write_text("name: net\ninput: [3, 32, 32]\nlayers: [relu]\n", encoding="utf-8")
    with pytest.warns(ArchcalcWarning, match=r"net.yaml:2:9: warning: input \[3, 32, 32\] has 32 channels"):
        spec, _ = load(str(path))
    assert spec.bind().input.dims == (3, 32, 32)
