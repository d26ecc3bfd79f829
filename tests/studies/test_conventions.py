"""Conventions of tools: our counts are the numbers that the tools gave, to the unit."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import yaml

from archcalc.conventions.models import written
from archcalc.conventions.tool import FORMS, NAMES, NOTHING, OTHERS
from archcalc.conventions.tools import tool_convention, tool_names
from archcalc.language.expressions import parse
from archcalc.language.find import network_of
from archcalc.language.printed import agreement
from archcalc.ops import OPS
from archcalc.studies.counting import (
    counted_by,
    gap,
    own_flops,
    own_macs,
    params_by,
    total_of,
)
from archcalc.studies.tool_layers import ToolLayer, tool_layers

PEERS = yaml.safe_load((Path(__file__).parents[1] / "facts" / "peers.yaml").read_text(encoding="utf-8"))
NETWORKS = list(PEERS["models"])
LAYERS = yaml.safe_load(
    (Path(__file__).parents[1] / "facts" / "peers-layers.yaml").read_text(encoding="utf-8")
)


def layers_of(name: str) -> list[ToolLayer]:
    return tool_layers(network_of(name), written(name))


def cases(kind: str) -> list[Any]:
    return [
        pytest.param(tool, network, numbers, id=f"{tool}-{network}")
        for tool, facts in PEERS[kind].items()
        for network, numbers in facts["networks"].items()
    ]


@pytest.mark.parametrize(("tool", "network", "numbers"), cases("measured"))
def test_our_count_is_the_number_of_the_tool(tool: str, network: str, numbers: dict[str, int]) -> None:
    convention, layers = tool_convention(tool), layers_of(network)
    if convention.unit:
        assert total_of(counted_by(convention, layers)) == numbers[convention.unit]
    if "params" in numbers:
        assert total_of(params_by(convention, layers)) == numbers["params"]


@pytest.mark.parametrize("case", LAYERS)
def test_our_count_of_one_layer_is_that_of_every_tool(case: str, tmp_path: Path) -> None:
    spec = tmp_path / "layer.yaml"
    spec.write_text(f"name: layer\ninput: [8, 8, 16]\nlayers: {LAYERS[case]['layers']}\n", encoding="utf-8")
    layers = tool_layers(network_of(str(spec)))
    ops = [layer.op for layer in layers]
    conventions = [tool_convention(tool) for tool in LAYERS[case]["counts"]]
    ours = {
        convention.name: total_of(counted_by(convention, layers))
        for convention in conventions
        if not convention.uncounted(ops)
    }
    assert ours == {tool: LAYERS[case]["counts"][tool] for tool in ours}
    assert ours


def test_a_rule_that_is_unknown_is_really_wrong() -> None:
    """What is refused is refused for a reason: else the tool could count more networks."""
    refused = {op for name in tool_names() for op in tool_convention(name).unknown}
    assert refused <= {"deconv", "linear upsample", "lrn", "scale", "uneven avgpool", "upsample"}


@pytest.mark.parametrize(("tool", "network", "numbers"), cases("published"))
def test_our_count_is_the_published_number(tool: str, network: str, numbers: dict[str, Any]) -> None:
    convention, layers = tool_convention(tool), layers_of(network)
    total = total_of(counted_by(convention, layers))
    assert agreement(numbers["gigamacs"], Fraction(total, 10**9)) == "rounded"
    if "params" in numbers:
        assert total_of(params_by(convention, layers)) == numbers["params"]


@pytest.mark.parametrize("name", tool_names())
def test_a_convention_was_checked_with_its_version(name: str) -> None:
    convention = tool_convention(name)
    known = {**PEERS["measured"], **PEERS["published"]}
    assert convention.name == name
    assert name == "macs-only" or known[name]["version"] == convention.version


def test_macs_only_is_half_of_what_torch_counts() -> None:
    for network in NETWORKS:
        macs = total_of(counted_by(tool_convention("macs-only"), layers_of(network)))
        assert 2 * macs == PEERS["measured"]["torch"]["networks"][network]["flops"]


@pytest.mark.parametrize("name", tool_names())
def test_formulas_use_known_ops_and_figures(name: str) -> None:
    convention = tool_convention(name)
    for formulas in (convention.counts, convention.functional, convention.params):
        for ops, formula in formulas.items():
            unknown = set(ops.split(", ")) - {*OPS, *FORMS, *FORMS.values(), OTHERS}
            names = {name for name, _ in parse(formula).names}
            assert (unknown, names - {*NAMES}) == (set(), set())
            assert formula == NOTHING or names


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("name", tool_names())
def test_the_gap_is_the_sum_of_its_parts(name: str, network: str) -> None:
    convention, layers = tool_convention(name), layers_of(network)
    own = own_macs(layers) if convention.unit == "macs" else own_flops(layers)
    parts = counted_by(convention, layers)
    assert total_of(own) + total_of(gap(parts, own)) == total_of(parts)
    assert all(part.amount > 0 for part in parts)


@pytest.mark.parametrize("network", NETWORKS)
def test_our_own_count_is_that_of_the_table(network: str) -> None:
    import archcalc

    layers, totals = tool_layers(network_of(network)), archcalc.analyze(network).totals
    assert (total_of(own_macs(layers)), total_of(own_flops(layers))) == (totals.macs, totals.flops)


def test_the_gap_of_fvcore_names_its_parts() -> None:
    layers = layers_of("resnet50-v1.5")
    parts = gap(counted_by(tool_convention("fvcore"), layers), own_macs(layers))
    assert [(part.factor, part.amount, part.term) for part in parts] == [
        (2, 11_113_984, "batch norm outputs"),
        (1, 100_352, "average pool inputs"),
    ]


# --- --convention ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("tool", "network", "numbers"), cases("measured"))
def test_the_layers_add_up_to_the_total(tool: str, network: str, numbers: dict[str, int]) -> None:
    import archcalc

    counted = archcalc.analyze(network, convention=tool).counted
    assert counted is not None
    assert sum(counted.layers.values()) + counted.beside == counted.total
    assert counted.total == numbers[tool_convention(tool).unit or "params"]


def test_a_batch_multiplies_operations_and_no_params() -> None:
    import archcalc

    one, two = (archcalc.analyze("resnet18", batch=n, convention="fvcore").counted for n in (1, 2))
    assert one is not None
    assert two is not None
    assert (two.total, two.params) == (2 * one.total, one.params)
    keras = archcalc.analyze("resnet18", batch=2, convention="keras").counted
    assert keras is not None
    assert keras.total == keras.params == one.params + 9600


@pytest.mark.parametrize("depth", [1, 2, "layers", "all"])
def test_folded_rows_add_up(depth: int | str) -> None:
    import archcalc

    analysis = archcalc.analyze("resnet50-v1.5", convention="fvcore")
    rows = analysis.rows(depth=depth, columns="params")
    assert sum(row["fvcore"] for row in rows) == 4_111_512_576


def test_the_json_of_a_table_has_the_number_of_the_tool() -> None:
    import archcalc

    data = archcalc.analyze("resnet50-v1.5", convention="fvcore").as_json()["convention"]
    assert (data["name"], data["unit"], data["total"], data["params"]) == (
        "fvcore",
        "macs",
        4_111_512_576,
        25_557_032,
    )
    own = archcalc.analyze("resnet50-v1.5", convention="archcalc").as_json()["convention"]
    assert own == {"name": "archcalc", "mac_is": 2}


def test_a_network_that_a_tool_cannot_count_is_refused() -> None:
    import archcalc
    from archcalc.errors import ArchcalcError

    with pytest.raises(ArchcalcError, match="thop has no rule for rbf or subsample"):
        archcalc.analyze("lenet5", convention="thop")


def test_an_op_that_was_not_confirmed_is_never_a_silent_zero() -> None:
    ops = {layer.op for layer in tool_layers(network_of("vit-b-16"))}
    for name in tool_names():
        assert bool(tool_convention(name).uncounted(ops)) == (name != "macs-only")
