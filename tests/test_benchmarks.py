"""The benchmarks: what they say about other tools is right, and the page that they write has its places.

No test asserts a time.
"""

from __future__ import annotations

from pathlib import Path

import layers
import measure
import peer_tools
import peers
import pytest

import archcalc

ROOT = Path(__file__).parent.parent
PRINTED = {
    ("vgg16", "torchinfo"): 15_483_821_032,
    ("vgg16", "fvcore"): 15_470_289_408,
    ("resnet50-v1.5", "torchinfo"): 4_089_238_376,
    ("resnet50-v1.5", "fvcore"): 4_111_512_576,
    ("alexnet-torchvision", "torchinfo"): 714_682_664,
    ("alexnet-torchvision", "fvcore"): 714_197_696,
    ("densenet121", "torchinfo"): 2_834_246_312,
    ("densenet121", "fvcore"): 2_865_546_752,
}
"""The MACs that a tool printed for torchvision's model of the same network (torchinfo 1.8, fvcore 0.1.5)."""


@pytest.mark.parametrize(("network", "tool"), PRINTED)
def test_the_named_conventions_explain_what_a_tool_printed(network: str, tool: str) -> None:
    totals = archcalc.analyze(network, quantities=["params", "macs"]).totals
    ours = peer_tools.Answer(totals.params, totals.macs)
    theirs = peer_tools.Answer(totals.params, PRINTED[network, tool])
    assert theirs.macs != ours.macs
    params, macs = peers.agreement(tool, network, theirs, ours)
    assert params == "same"
    assert macs.startswith("same + ")


def test_a_difference_without_a_convention_is_shown() -> None:
    assert peers.explained(103, 100, {"biases": 2}) == "103: +3, not explained"
    assert peers.explained(103, 100, {"biases": 2, "BN": 1, "add": 0}) == "same + biases, BN"
    assert peers.explained(None, 100, {}) == "not counted"


def test_both_ways_of_archcalc_give_the_same_answer() -> None:
    every, totals = (tool.prepare("vgg16", Path())() for tool in peer_tools.TOOLS[:2])
    assert every == totals == (138_357_544, 15_470_264_320)


def test_the_layers_of_the_other_tower_are_all_different() -> None:
    spec = layers.parse(
        layers.Source("tower.yaml", layers.SPEC.format(filters=layers.TOWERS["all different"]))
    )
    network = spec.bind(None, {"n": 5})
    convs = [layer for layer in archcalc.analyze(network).layers if layer.op == "conv"]
    assert [layer.output[-1] for layer in convs] == [1, 2, 3, 4, 5]


def test_a_table_is_written_into_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (ROOT / "docs" / "performance.md").read_text("utf-8")
    (tmp_path / "docs").mkdir()
    page = tmp_path / "docs" / "performance.md"
    page.write_text(text, "utf-8")
    monkeypatch.setattr(measure, "ROOT", tmp_path)
    for name in ("peers", "targets"):
        measure.publish(name, f"the table of {name}", write=True)
        assert f"<!-- {name} -->\nthe table of {name}\n<!-- end -->" in page.read_text("utf-8")
    with pytest.raises(AssertionError):
        measure.publish("nothing", "", write=True)
