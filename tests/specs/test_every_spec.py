"""Every shipped spec against the facts: totals, layer tables and printed claims, to the last unit.

``facts/names.csv`` names the documented networks, ``totals.csv`` has further totals (some at other
settings), ``layers.csv`` the layer tables; an empty cell is a figure that nobody worked out.
"""

from __future__ import annotations

import csv
from collections import Counter
from functools import cache
from math import prod
from pathlib import Path
from typing import Any

import pytest
from helpers.marks import slow_except
from helpers.zoo import FAST_NETWORKS, SPECS

import archcalc
from archcalc.errors import SpecError
from archcalc.language.about import About
from archcalc.language.family import Spec
from archcalc.results import Analysis, Layer

FACTS = Path(__file__).parent.parent / "facts"


def facts(name: str) -> list[dict[str, str]]:
    with open(FACTS / name, newline="") as file:
        return list(csv.DictReader(file))


NETWORKS: dict[str, tuple[Spec, About]] = {
    about.name: (spec, about) for spec in SPECS for about in spec.networks()
}
NAMES = facts("names.csv")
TOTALS = facts("totals.csv")
TABLES: dict[str, list[dict[str, str]]] = {}
for fact in facts("layers.csv"):
    TABLES.setdefault(fact["network"], []).append(fact)
CLAIMS = [(name, claim) for name, (_, about) in NETWORKS.items() for claim in about.claims]


@cache
def analysis(name: str, settings: str = "") -> Analysis:
    """A network with settings as the command line takes them: ``size=224 rounding=floor``."""
    spec, _ = NETWORKS[name]
    pairs = (item.split("=") for item in settings.split())
    return archcalc.analyze(
        spec.bind(name, {key: int(value) if value.isdigit() else value for key, value in pairs})
    )


def own_rows(found: Analysis) -> list[Layer]:
    """The rows of the lectures' tables: what has activations of its own."""
    return [layer for layer in found.layers if layer.slide_activations]


def disagreements(expected: dict[str, str], computed: dict[str, Any]) -> list[str]:
    """The cells of a fact that are filled in and differ from what was computed."""
    filled = {key: int(expected[key]) for key in computed if expected[key]}
    wrong = [key for key in filled if computed[key] != filled[key]]
    return [f"{key}: {filled[key]} in the facts, {computed[key]} computed" for key in wrong]


def shape(text: str) -> tuple[int, ...]:
    return tuple(int(size) for size in text.split("x"))


def trimmed(sizes: tuple[int, ...]) -> tuple[int, ...]:
    """Without leading ones: the facts write 1x1x4096 for what is a vector here."""
    first = next((place for place, size in enumerate(sizes[:-1]) if size != 1), len(sizes) - 1)
    return sizes[first:]


# --- what a spec says of itself ----------------------------------------------------------------


def test_the_documented_networks_are_those_with_facts() -> None:
    assert sorted(NETWORKS) == sorted(fact["name"] for fact in NAMES)
    assert {fact["name"] for fact in TOTALS} <= set(NETWORKS)
    assert set(TABLES) <= set(NETWORKS)


def test_names_and_aliases_are_unique() -> None:
    words = Counter(word for _, about in NETWORKS.values() for word in (about.name, *about.aliases))
    words.update(spec.name for spec in SPECS if spec.variants)  # the family with its default settings
    assert [word for word, times in words.items() if times > 1] == []


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_has_title_year_source_and_claims(name: str) -> None:
    _, about = NETWORKS[name]
    assert about.title
    assert about.source
    assert about.year
    assert 1980 <= about.year <= 2026
    assert about.claims


@pytest.mark.parametrize(
    "name",
    slow_except(
        FAST_NETWORKS, [word for name, (_, about) in NETWORKS.items() for word in (name, *about.aliases)]
    ),
)
def test_a_name_or_alias_finds_its_network(name: str) -> None:
    _, about = next(pair for pair in NETWORKS.values() if name in (pair[1].name, *pair[1].aliases))
    assert archcalc.load(name).name == about.name


# --- totals and tables -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fact", slow_except(FAST_NETWORKS, NAMES, lambda fact: fact["name"]), ids=lambda fact: fact["name"]
)
def test_totals(fact: dict[str, str]) -> None:
    found = analysis(fact["name"])
    assert found.input == shape(fact["input"])
    totals = found.totals
    columns = {column: getattr(totals, column) for column in ("params", "macs", "conv_fc_outputs", "depth")}
    assert disagreements(fact, columns) == []


@pytest.mark.parametrize("fact", TOTALS, ids=lambda fact: f"{fact['name']} {fact['settings']}".strip())
def test_further_totals(fact: dict[str, str]) -> None:
    found = analysis(fact["name"], fact["settings"])
    totals = found.totals
    computed = {
        "weights": totals.weights,
        "biases": totals.biases,
        "params": totals.params,
        "macs": totals.macs,
        "activations_with_input": totals.slide_activations,
        "activations_without_input": totals.slide_activations - prod(found.input),
        "conv_fc_outputs": totals.conv_fc_outputs,
        "depth": totals.depth,
        "connections": totals.connections,
        "activation_bytes": totals.slide_activation_bytes,
        "param_bytes": totals.param_bytes,
    }
    assert set(computed) == set(fact) - {"name", "settings"}
    assert disagreements(fact, computed) == []


@pytest.mark.parametrize("name", TABLES)
def test_layer_table(name: str) -> None:
    found, (first, *table) = analysis(name), TABLES[name]
    assert found.input == shape(first["output"])
    assert prod(found.input) == int(first["values"])
    rows = own_rows(found)
    assert len(rows) == len(table)
    for row, fact in zip(rows, table, strict=True):
        computed = {
            "values": row.activations,
            "weights": row.weights,
            "biases": row.biases,
            "params": row.params,
            "macs": row.macs,
            "rf": row.receptive_field[0],
            "connections": row.connections,
        }
        assert set(computed) == set(fact) - {"network", "layer", "op", "output"}
        assert row.op == fact["op"], row.path
        assert trimmed(row.output) == trimmed(shape(fact["output"])), row.path
        assert disagreements(fact, computed) == [], row.path
        assert len(set(row.receptive_field)) == 1, row.path


@pytest.mark.parametrize("name", slow_except(FAST_NETWORKS, NETWORKS))
def test_totals_are_the_sums_of_the_rows(name: str) -> None:
    answer = analysis(name).as_json()
    for column in ("params", "weights", "biases", "norm_params", "buffers", "macs", "flops", "activations"):
        assert sum(row[column] for row in answer["layers"]) == answer["totals"][column], column
    rows = own_rows(analysis(name))
    assert (
        prod(answer["input"]) + sum(prod(row.output) for row in rows) == answer["totals"]["slide_activations"]
    )


# --- claims ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_audit_finds_nothing_that_the_specs_do_not_record() -> None:
    assert [f"{claim.place}: {claim.flaw}" for claim in archcalc.audit().flaws] == []


def test_no_claim_is_made_twice() -> None:
    made = Counter((name, claim.layer, claim.what, claim.says, claim.sources) for name, claim in CLAIMS)
    assert [claim for claim, times in made.items() if times > 1] == []


# --- what is particular ------------------------------------------------------------------------


def test_alexnet_refuses_224() -> None:
    with pytest.raises(SpecError) as caught:
        analysis("alexnet", "size=224")
    (problem,) = caught.value.problems
    assert problem.where == "conv1"
    assert "(224 - 11 + 2·0)/4 + 1 = 54.25" in problem.message
    assert "227" in problem.hint


def test_alexnet_at_224_rounded_down_is_another_network() -> None:
    found = analysis("alexnet", "size=224 rounding=floor")
    assert [row.output[0] for row in own_rows(found)[:10]] == [54, 26, 26, 26, 12, 12, 12, 12, 12, 5]
    warned = {note.partition(":")[0] for note in found.assumptions}
    assert warned == {"conv1", "pool1", "pool2", "pool3"}
    assert any("54.25, rounded down to 54" in note for note in found.assumptions)
    assert analysis("alexnet").assumptions == ()


def test_the_rows_are_named_as_in_the_sources() -> None:
    def names(network: str) -> str:
        return " ".join(row.path for row in own_rows(analysis(network)))

    assert names("vgg16") == (
        "conv1_1 conv1_2 pool1 conv2_1 conv2_2 pool2 conv3_1 conv3_2 conv3_3 pool3 "
        "conv4_1 conv4_2 conv4_3 pool4 conv5_1 conv5_2 conv5_3 pool5 fc6 fc7 fc8"
    )
    assert names("vgg11-lrn").startswith("conv1_1 norm1 pool1 conv2_1 pool2 ")
    assert names("alexnet") == "conv1 pool1 norm1 conv2 pool2 norm2 conv3 conv4 conv5 pool3 fc6 fc7 fc8"
    assert names("alexnet-2gpu") == "conv1 norm1 pool1 conv2 norm2 pool2 conv3 conv4 conv5 pool5 fc6 fc7 fc8"
    assert names("lenet5") == "C1 S2 C3 S4 C5 F6 OUTPUT"
    assert names("neocognitron") == "US1 UC1 US2 UC2 US3 UC3"
    assert names("alphago-policy") == " ".join(f"conv{i}" for i in range(1, 14))


def test_lenet5_is_connected_as_in_table_1() -> None:
    """``lenet5-table1.txt``: a row for each map of S2, a column for each map of C3, X where they connect."""
    lines = (FACTS / "lenet5-table1.txt").read_text().split()
    columns = [[number for number, line in enumerate(lines) if line[column] == "X"] for column in range(16)]
    (c3,) = (row for row in analysis("lenet5").layers if row.path == "C3")
    assert [list(maps) for maps in c3.options["table"]] == columns
    assert sum(map(len, columns)) == 60


def test_torchvision_pools_to_6x6_at_other_sizes() -> None:
    at_448 = analysis("alexnet-torchvision", "size=448")
    assert at_448.totals.params == analysis("alexnet-torchvision").totals.params
    assert [row.output for row in at_448.layers if row.path == "avgpool"] == [(6, 6, 256)]
