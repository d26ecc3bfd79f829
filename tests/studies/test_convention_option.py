"""``--convention`` of explain, sweep and audit: the numbers are those of the table."""

from __future__ import annotations

import pytest

import archcalc
from archcalc.errors import ArchcalcError


@pytest.mark.parametrize("tool", ["fvcore", "ptflops", "torchinfo", "keras", "ultralytics-thop"])
@pytest.mark.parametrize("network", ["alexnet-torchvision", "resnet18", "vit-ti-16"])
def test_a_derivation_adds_up_to_the_count(network: str, tool: str) -> None:
    derivation = archcalc.explain(network, convention=tool, batch=3)
    counted = archcalc.analyze(network, convention=tool, batch=3).counted
    assert derivation.counted == counted
    assert counted is not None
    steps = [layer.step(tool) for layer in derivation.layers]
    assert sum(int(step.value) for step in steps if step) + counted.beside == counted.total
    (total,) = [step for step in derivation.totals if step.quantity == tool]
    assert total.value == counted.total


def test_a_step_of_a_tool_is_what_its_formula_says() -> None:
    derivation = archcalc.explain("resnet18", "conv1", convention="ptflops")
    steps = [layer.step("ptflops") for layer in derivation.layers]
    assert [(step.formula, step.substituted, step.value) for step in steps if step] == [
        ("macs + biases·positions", "118013952 + 0·12544", 118_013_952),
        ("2·values", "2·802816", 1_605_632),
        ("2·values", "2·802816", 1_605_632),
    ]


def test_a_layer_that_is_called_again_counts_nothing_in_flopth() -> None:
    derivation = archcalc.explain("resnet18", convention="flopth")
    steps = [layer.step("flopth") for layer in derivation.layers]
    assert any("the last call counts" in step.source and step.value == 0 for step in steps if step)


def test_the_json_and_the_heading_name_the_convention() -> None:
    derivation = archcalc.explain("resnet18", convention="fvcore")
    data = derivation.as_json()["convention"]
    assert (data["name"], data["unit"], data["total"]) == ("fvcore", "macs", 1_819_065_856)
    assert "counted by fvcore" in str(derivation.render("plain"))
    assert "convention" not in archcalc.explain("resnet18", convention="archcalc").as_json()


def test_a_sweep_filters_and_sorts_by_the_count_of_a_tool() -> None:
    swept = archcalc.sweep(
        "vgg16",
        {"size": [64, 96, 128]},
        ["size"],
        convention="ptflops",
        where="ptflops < 4e9",
        sort="-ptflops",
    )
    sizes = [row["size"] for row in swept.rows()]
    assert sizes == [96, 64]
    assert swept.as_json()["convention"]["name"] == "ptflops"
    assert "counted by ptflops" in str(swept.render("plain"))


@pytest.mark.parametrize("tool", ["fvcore", "torchprofile", "netscope", "keras"])
def test_a_sweep_over_structures_counts_as_the_table(tool: str) -> None:
    swept = archcalc.sweep("resnet18", {"classes": [10, 1000], "depths": [[2, 2, 2, 2], [3, 4, 6, 3]]},
                           ["classes", "depths"], convention=tool)  # fmt: skip
    for row in swept.rows():
        settings = {"classes": row["classes"], "depths": list(row["depths"])}
        counted = archcalc.analyze("resnet18", settings, convention=tool).counted
        assert counted is not None
        assert row[tool] == counted.total


def test_what_a_tool_cannot_count_is_refused() -> None:
    with pytest.raises(ArchcalcError, match="thop has no rule for rbf or subsample"):
        archcalc.explain("lenet5", convention="thop")
    with pytest.raises(ArchcalcError, match="did you mean 'thop'"):
        archcalc.sweep("resnet18", {"width": [8]}, convention="thopp")
    with pytest.raises(ArchcalcError, match="has no rule for"):
        archcalc.sweep("lenet5", {"classes": [8, 10]}, convention="thop")


def test_audit_names_the_convention_of_a_disagreement() -> None:
    claims = [claim for claim in archcalc.audit("densenet121").claims if claim.says == "8,062,504"]
    assert [claim.conventions for claim in claims] == [("keras (params)",)]
    senet = archcalc.audit("se-resnet50").claims
    assert ("torchprofile (MACs)",) in [claim.conventions for claim in senet]
    assert all(claim.verdict == "disagrees" for claim in senet if claim.conventions)
