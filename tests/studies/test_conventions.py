"""Conventions of tools: our counts are the numbers that the tools gave, to the unit."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from archcalc.conventions.models import Written, written
from archcalc.conventions.tool import (
    CONV1D_ATTENTION,
    FORMS,
    LAST_SOFTMAX,
    NAMED_ONLY,
    NAMES,
    NOTHING,
    OTHERS,
    SDPA,
    ToolConvention,
)
from archcalc.conventions.tools import tool_convention, tool_names
from archcalc.language.expressions import parse
from archcalc.language.find import network_of
from archcalc.language.printed import agreement
from archcalc.ops import OPS
from archcalc.results import CountedBy
from archcalc.studies.counting import (
    counted_by,
    counted_network,
    gap,
    own_flops,
    own_macs,
    params_by,
    total_by,
    total_of,
    uncounted,
)
from archcalc.studies.tool_layers import ToolLayer, tool_layers

PEERS = yaml.safe_load((Path(__file__).parents[1] / "facts" / "peers.yaml").read_text(encoding="utf-8"))
NETWORKS = list(PEERS["models"])
FACTS = Path(__file__).parents[1] / "facts"
GPT2_REFUSED = ("torchinfo", "thop", "ultralytics-thop", "torchprofile", "flopth")
LAYERS = yaml.safe_load((FACTS / "peers-layers.yaml").read_text(encoding="utf-8"))
CALLS = yaml.safe_load((FACTS / "peers-calls.yaml").read_text(encoding="utf-8"))


@cache
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
    if uncounted(convention, layers):
        return  # test_what_is_refused_is_known
    if convention.unit:
        assert total_of(counted_by(convention, layers)) == numbers[convention.unit]
        assert total_by(convention, layers) == numbers[convention.unit]
    if "params" in numbers:
        assert total_of(params_by(convention, layers)) == numbers["params"]


@pytest.mark.parametrize("case", [*LAYERS, *CALLS])
def test_our_count_of_one_layer_is_that_of_every_tool(case: str, tmp_path: Path) -> None:
    """Layers as modules, functions, and modules that are called several times."""
    facts = LAYERS.get(case) or CALLS[case]
    spec = tmp_path / "layer.yaml"
    spec.write_text(f"name: layer\ninput: [8, 8, 16]\nlayers: {facts['layers']}\n", encoding="utf-8")
    how = Written(functional=facts.get("functional", ()), reused=facts.get("reused", ()))
    layers = tool_layers(network_of(str(spec)), how)
    conventions = [tool_convention(tool) for tool in facts["counts"]]
    ours = {
        convention.name: total_of(counted_by(convention, layers))
        for convention in conventions
        if not uncounted(convention, layers)
    }
    assert ours == {tool: facts["counts"][tool] for tool in ours}
    assert ours


def test_what_is_refused_is_known() -> None:
    """Of these networks a tool gives a number that comes about in no way that we could confirm."""
    refused = {
        (tool, network)
        for tool, facts in PEERS["measured"].items()
        for network in facts["networks"]
        if uncounted(tool_convention(tool), layers_of(network))
    }
    assert refused == {
        ("flopth", "convnext-tiny"),
        ("flopth", "vit-b-16"),
        ("onnx-tool", "vit-b-16"),
        ("torchprofile", "vit-b-16"),
        *(("calflops", network) for network in ("unet-valid", "unet-padded")),
        ("flopth", "fcn-resnet50"),
        ("onnx-tool", "fcn-resnet50"),
        *((tool, "swin-t") for tool in ("flopth", "onnx-tool")),
        *((tool, "bert-base") for tool in ("flopth", "onnx-tool", "ptflops")),
        *((tool, "gpt2-124m") for tool in GPT2_REFUSED),
    }


@pytest.mark.parametrize(("tool", "network", "numbers"), cases("published"))
def test_our_count_is_the_published_number(tool: str, network: str, numbers: dict[str, Any]) -> None:
    convention, layers = tool_convention(tool), layers_of(network)
    if convention.unit:
        assert agreement(numbers["operations"], total_of(counted_by(convention, layers))) != "disagrees"
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
        layers = layers_of(network)
        if any(layer.op in ("attention", SDPA, CONV1D_ATTENTION) for layer in layers):
            continue  # torch does not see all of it
        macs = total_of(counted_by(tool_convention("macs-only"), layers))
        assert 2 * macs == PEERS["measured"]["torch"]["networks"][network]["flops"]


@pytest.mark.parametrize("name", tool_names())
def test_formulas_use_known_ops_and_figures(name: str) -> None:
    convention = tool_convention(name)
    every = convention.counts, convention.functional, convention.params, convention.functional_params
    for formulas in every:
        for ops, formula in formulas.items():
            unknown = set(ops.split(", ")) - {
                *OPS,
                *FORMS,
                *FORMS.values(),
                OTHERS,
                LAST_SOFTMAX,
                *NAMED_ONLY,
            }
            names = {name for name, _ in parse(formula).names}
            assert (unknown, names - {*NAMES}) == (set(), set())
            assert formula == NOTHING or names


@pytest.mark.parametrize("network", NETWORKS)
def test_the_gap_is_the_sum_of_its_parts(network: str) -> None:
    for name in tool_names():
        check_gap(network, tool_convention(name))


def check_gap(network: str, convention: ToolConvention) -> None:
    layers = layers_of(network)
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


@pytest.mark.parametrize("tool", list(PEERS["measured"]))
def test_the_layers_add_up_to_the_total(tool: str) -> None:
    for network, numbers in PEERS["measured"][tool]["networks"].items():
        if uncounted(tool_convention(tool), layers_of(network)):
            continue
        counted = counted_network(tool_convention(tool), network_of(network), batch=1, aux=False)
        check_sum(tool, counted, numbers)


def check_sum(tool: str, counted: CountedBy, numbers: dict[str, int]) -> None:
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
    layers = tool_layers(network_of("lenet5"))
    for name in tool_names():
        assert bool(uncounted(tool_convention(name), layers)) == (name != "macs-only")


def test_every_tool_of_the_issue_has_its_convention() -> None:
    assert set(tool_names()) == {
        *(
            "macs-only",
            "cs231n",
            "torchinfo",
            "fvcore",
            "ptflops",
            "ptflops-aten",
            "thop",
            "ultralytics-thop",
        ),
        *("calflops", "deepspeed", "torch", "torchprofile", "flopth", "torchscan", "onnx-tool", "keras"),
        *("chainer-cc", "netscope", "convnet-burden", "timm", "torchvision"),
    }


def test_a_formula_is_the_same_for_every_kind_of_dimension() -> None:
    """The count of a sweep is that of the table, at every point."""
    import archcalc

    swept = archcalc.sweep("resnet18", {"width": [16, 40], "size": [64, 100]}, convention="thop")
    for row in swept.rows():
        table = archcalc.analyze(
            "resnet18", [f"width={row['width']}", f"size={row['size']}"], convention="thop"
        )
        assert table.counted is not None
        assert row["thop"] == table.counted.total
