"""Which convention gives a number: what is found, what is refused, and what is not invented."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import archcalc
from archcalc.conventions.tools import tool_convention, tool_names
from archcalc.errors import ArchcalcError
from archcalc.language.find import network_of
from archcalc.results.conventions import ExplainedNumber, Explanation
from archcalc.studies.counting import uncounted
from archcalc.studies.tool_layers import tool_layers
from archcalc.studies.written_number import written_count

CROSS = """\
name: cross
inputs: {text: [16, 64], image: [49, 64]}
layers:
  - {attention: 4, from: [text, image]}
"""


def explained(network: str, number: str | int, counts: str = "") -> ExplainedNumber:
    (found,) = archcalc.reconcile(network, number, counts=counts).numbers
    return found


def names(found: ExplainedNumber) -> list[str]:
    return [one.counted.convention for one in found.explanations]


def first(network: str, number: str | int) -> Explanation:
    return explained(network, number).explanations[0]


@pytest.mark.parametrize(
    ("number", "convention"),
    [
        (4_089_238_376, "torchinfo"),
        (4_111_512_576, "fvcore timm"),
        (4_132_436_968, "ptflops"),
        (4_089_185_256, "ptflops-aten"),
        (8_178_368_512, "torch"),
        (4_100_300_288, "torchprofile"),
        (4_118_637_568, "flopth"),
        (4_111_916_032, "torchscan"),
        (8_211_108_352, "calflops deepspeed"),
    ],
)
def test_the_answers_for_resnet50_are_each_of_one_way_to_count(number: int, convention: str) -> None:
    assert names(explained("resnet50-v1.5", number)) == convention.split()


def test_a_printed_number_names_every_convention_that_agrees() -> None:
    found = explained("resnet50-v1.5", "4.13G")
    assert {"ptflops", "thop", "ultralytics-thop"} <= set(names(found))
    assert not any(one.exact for one in found.explanations)


def test_torchvision_is_named_for_its_gflops() -> None:
    assert "torchvision" in names(explained("vgg16", "15.47 GFLOPS"))


@pytest.mark.parametrize(
    ("network", "number", "says"),
    [
        ("resnet50", 4_089_184_256, "resnet50-v1.5"),  # the stride stands in the 3x3 convolution
        ("inception-v3", 27_161_264, "inception-v3"),  # with the auxiliary head
        ("vgg16", 2 * 15_470_264_320 * 8, "vgg16"),
        ("alexnet-torchvision", "4.2892G", "alexnet-torchvision"),
    ],
)
def test_other_forms_are_found(network: str, number: str | int, says: str) -> None:
    assert first(network, number).network == says


def test_a_form_says_what_differs() -> None:
    assert first("inception-v3", 27_161_264).aux
    assert first("alexnet-torchvision", "4.2892G").passes == 3
    macs = archcalc.analyze("resnet50-v1.5", ["size=256"]).totals.macs
    assert first("resnet50-v1.5", macs).settings == {"size": 256}
    assert first("vgg16", 16 * 15_483_821_032).batch == 16
    params = archcalc.analyze("resnet50", ["classes=1001"]).totals.params
    assert first("resnet50", params).settings == {"classes": 1001}


def test_what_is_said_can_be_computed_again() -> None:
    one = first("resnet50", archcalc.analyze("resnet50-v1.5", ["size=256"]).totals.macs)
    again = archcalc.analyze(one.network, dict(one.settings)).totals.macs
    assert one.value == again


def test_nothing_is_invented() -> None:
    found = explained("resnet50-v1.5", 4_111_512_577)
    assert found.explanations == ()
    assert found.nearest[0].counted.convention == "fvcore"
    assert not archcalc.reconcile("resnet50-v1.5", 4_111_512_577).ok


def test_params_and_bytes() -> None:
    assert names(explained("densenet121", 8_062_504)) == ["keras"]
    found = explained("vgg16", "138.36M", "params")
    assert names(found) == ["archcalc", "keras"]
    assert first("vgg16", "527.8 MiB").settings == {"dtype": "float32"}


def test_as_flops_leaves_out_what_is_called_macs() -> None:
    everything = set(names(explained("resnet50-v1.5", "4.11G")))
    macs = {"torchscan", "onnx-tool", "timm"}
    assert set(names(explained("resnet50-v1.5", "4.11G", "flops"))) == everything - macs


def test_a_network_that_pytorch_cannot_build_has_our_numbers_only() -> None:
    table = archcalc.count_by_conventions("lenet5")
    assert {count.convention for count in table.counts} == {"archcalc", "macs-only"}
    assert table.not_in_tools == ("rbf", "subsample")


def test_a_table_names_the_tools_that_are_left_out() -> None:
    """Each tool is in the table, or left out with the ops of which its rule is not known."""
    table = archcalc.count_by_conventions("swin-t")
    left_out = dict(table.left_out)
    assert left_out["onnx-tool"] == ("windowed attention",)
    assert "fvcore" not in left_out
    in_table = {count.convention for count in table.counts}
    counting = {name for name in tool_names() if tool_convention(name).unit}
    assert in_table & left_out.keys() == set()
    assert in_table | left_out.keys() == {*counting, "archcalc"}
    assert table.not_in_tools == ()
    assert table.as_json()["left_out"]["netscope"] == ["positions fc", "windowed attention"]


@pytest.mark.parametrize("network", ["segnet", "nfnet-f0", "transformer-base", "coatnet-0"])
@pytest.mark.parametrize("tool", ["torch", "fvcore", "torchinfo"])
def test_another_form_of_an_op_is_never_counted_as_the_op(network: str, tool: str) -> None:
    assert uncounted(tool_convention(tool), tool_layers(network_of(network)))


@pytest.mark.parametrize("text", ["", "abc", "0", "-5", "55x55x96", "4.1 bananas", "12%", "1e999"])
def test_a_number_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ArchcalcError, match="is not a number of operations"):
        written_count(text)


def test_an_unknown_convention_is_refused_with_a_suggestion() -> None:
    with pytest.raises(ArchcalcError, match="did you mean 'fvcore'"):
        archcalc.explain_convention("fvcor")


def test_the_json_has_its_keys() -> None:
    data = json.loads(archcalc.reconcile("resnet50-v1.5", 4_111_512_576).render("json"))
    assert data["number"] == "4111512576"
    assert {"convention", "network", "settings", "batch", "exact"} <= data["explanations"][0].keys()
    assert data["gap"] == [
        {"term": "batch norm outputs", "count": 11_113_984, "factor": 2, "value": 22_227_968},
        {"term": "average pool inputs", "count": 100_352, "factor": 1, "value": 100_352},
    ]
    assert sum(part["value"] for part in data["gap"]) == 22_328_320


@pytest.mark.parametrize("name", [one.name for one in archcalc.list_conventions().tools])
def test_every_convention_is_explained_in_every_format(name: str) -> None:
    explained_one = archcalc.explain_convention(name)
    for form in ("plain", "json", "csv", "markdown", "latex", "html"):
        assert explained_one.render(form)


# --- the same network, and others of its family ---------------------------------------------------------


@pytest.mark.parametrize(
    ("network", "other"),
    [
        ("resnet50", "plain34"),
        ("efficientnet-b0", "efficientnet-b2"),
        ("densenet121", "densenet169"),
        ("swin-t", "swin-s"),
    ],
)
def test_another_network_of_the_family_is_a_hint_and_no_explanation(network: str, other: str) -> None:
    found = explained(network, archcalc.analyze(other).totals.macs)
    assert not found.explanations
    assert found.siblings[0].network == other


def test_a_rounded_number_of_another_network_is_a_hint() -> None:
    found = explained("resnet50", "7.3G")
    assert not found.explanations
    assert "plain34" in [one.network for one in found.siblings]
    answer = archcalc.reconcile("resnet50", "7.3G")
    assert not answer.ok
    assert "plain34" in str(answer)


@pytest.mark.parametrize("number", ["25.6M", "25.56M"])
def test_our_own_value_is_told_first_if_it_agrees(number: str) -> None:
    assert first("resnet50", number).counted.convention == "archcalc"


def test_well_known_tools_are_told_first() -> None:
    assert names(explained("resnet50-v1.5", "4.1G"))[:3] == ["archcalc", "fvcore", "torchvision"]


def test_the_unit_may_mean_something_else() -> None:
    found = explained("vgg16", "528MB")
    assert found.explanations
    assert found.read_as == "528MiB"
    assert explained("inception-v3", "5.7B").read_as == "5.7 billion"
    assert explained("vgg16", "553.43MB").read_as == ""


def test_usual_numbers_of_tokens_are_tried() -> None:
    assert first("bert-base", "11.2G").settings == {"tokens": 128}


def test_a_missing_unit_is_a_hint() -> None:
    assert explained("resnet50", "4.1").meant == "4.1G"


def test_what_is_far_away_is_not_near() -> None:
    assert explained("vgg16", "1.0G").nearest == []


def test_a_gap_of_params_names_the_ops_that_differ() -> None:
    (count,) = [one for one in explained("bert-base", "109.44M").explanations if one.counted.gap]
    parts = {part.term: part.value for part in count.counted.gap}
    assert sum(parts.values()) == count.counted.total - count.counted.own
    assert "params" not in parts


def test_a_network_without_a_rule_names_the_conventions_that_count_it() -> None:
    with pytest.raises(ArchcalcError, match=r"conventions that count it: archcalc, macs-only"):
        archcalc.analyze("lenet5", convention="fvcore")


@pytest.mark.parametrize(
    ("name", "meant"),
    [("vit_base_patch16_224", "vit-b-16"), ("swin_tiny_patch4_window7_224", "swin-t")],
)
def test_names_of_timm_have_a_suggestion(name: str, meant: str) -> None:
    with pytest.raises(ArchcalcError, match=f"did you mean '{meant}'"):
        archcalc.reconcile(name, "17.6G")


def test_cross_attention_is_called_so(tmp_path: Path) -> None:
    file = tmp_path / "cross.yaml"
    file.write_text(CROSS, encoding="utf-8")
    with pytest.raises(ArchcalcError, match="no rule for attention of one input to another"):
        archcalc.analyze(str(file), convention="fvcore")
