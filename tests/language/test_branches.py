"""Conditions of branches: an optional residual is written in one place."""

from __future__ import annotations

import pytest

from archcalc.errors import Source, SpecError
from archcalc.language.parse import parse
from archcalc.network import Network
from archcalc.studies.analyze import analyze


def network(layers: str, **settings: object) -> Network:
    text = f"name: b\nsettings: {{residual: true, plain: true}}\ninput: [8, 8, 4]\nlayers:\n{layers}"
    return parse(Source("b.yaml", text)).bind(settings=settings)


UNIT = """
  - add: {main: [{conv: 4, kernel: 1}, relu], shortcut: []}
    when: {shortcut: residual}
    then: [bn, relu]
    name: unit
  - {conv: 2, kernel: 1, from: unit}
"""


def test_the_branch_is_there_if_its_condition_is_true() -> None:
    assert [node.path for node in network(UNIT).layers] == [
        "unit/main/conv1",
        "unit/main/relu1",
        "unit",
        "unit/bn",
        "unit/relu",
        "conv1",
    ]


def test_one_branch_alone_is_not_merged_and_what_follows_stays() -> None:
    alone = network(UNIT, residual=False)
    nodes = {node.path: node for node in alone.layers}
    assert [*nodes] == ["unit/main/conv1", "unit/main/relu1", "unit/bn", "unit/relu", "conv1"]
    assert nodes["conv1"].inputs == (4,)  # a layer that reads the merge reads what follows it
    assert not any(node.follower for node in alone.layers)
    both, one = analyze(network(UNIT)).totals, analyze(alone).totals
    assert both.params == one.params
    assert both.flops - one.flops == 8 * 8 * 4


def test_without_any_branch_the_merge_is_the_identity() -> None:
    text = "  - {add: {a: [relu], b: [tanh]}, when: {a: residual, b: residual}}\n  - {fc: 3}"
    assert [node.path for node in network(text, residual=False).layers] == ["fc1"]


def test_three_branches_lose_one() -> None:
    text = "  - {concat: {a: [relu], b: [tanh], c: []}, when: {b: residual}}"
    assert analyze(network(text)).layers[-1].output == (8, 8, 12)
    assert analyze(network(text, residual=False)).layers[-1].output == (8, 8, 8)


def test_blocks_with_and_without_the_branch_are_two_segments() -> None:
    text = """name: b
settings: {n: 4}
input: [8, 8, 4]
blocks:
  unit:
    args: [reads, n]
    layers: [{add: {main: [{conv: n, kernel: 1}], shortcut: []}, when: {shortcut: reads == n}}]
layers: [{unit: [4, 4]}, {unit: [4, 8]}, {unit: [8, 8]}, {unit: [8, 8]}]
"""
    merges = [node.path for node in parse(Source("b.yaml", text)).bind().layers if node.op.name == "add"]
    assert merges == ["unit1/add1", "unit3/add1", "unit4/add1"]


REFUSED = {
    "  - {add: {a: [relu], b: []}, when: {c: true}}": "unknown branch 'c'",
    "  - {add: {a: [relu], b: []}, when: {b: 3}}": "'when' must be true or false, not 3",
    "  - {relu: , when: {b: true}}": "not a mapping",
    "  - {add: , from: [input, input], when: {b: true}}": "not a mapping",
    "  - {repeat: 2, layers: [relu], when: {b: true}}": "not a mapping",
}


@pytest.mark.parametrize("layers", REFUSED)
def test_refused(layers: str) -> None:
    with pytest.raises(SpecError) as caught:
        network(layers)
    assert REFUSED[layers] in str(caught.value)
