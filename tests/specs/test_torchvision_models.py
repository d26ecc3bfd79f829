"""Every classification model of torchvision beside our network of that name: totals, output, each layer.

``archcalc verify`` builds a module from our spec, so that a wrong spec passes it. These modules are
torchvision's own. ARCHCALC_GOLDEN=1 writes the outcome into docs/torchvision.md.
"""

from __future__ import annotations

import os
import re
from importlib.util import find_spec
from pathlib import Path

import pytest
from helpers.marks import slow_except

import archcalc
from archcalc.results import Analysis

pytest.importorskip("torch", reason="PyTorch is not installed")
if find_spec("torchvision") is None:
    pytest.skip("torchvision is not installed", allow_module_level=True)

oracle = pytest.importorskip("helpers.torchvision_oracle", reason="PyTorch is not installed")

PAGE = Path(__file__).parents[2] / "docs" / "torchvision.md"
TABLE = re.compile(r"(?<=<!-- outcome: begin -->\n).*?(?=<!-- outcome: end -->)", re.DOTALL)
SAMPLE = {
    "mobilenet_v3_small",
    "regnet_y_400mf",
    "squeezenet1_1",
    "convnext_tiny",
    "googlenet",
    "swin_v2_t",
    "maxvit_t",
}


def alias(name: str) -> str:
    """``resnet50-torchvision`` for ``resnet50``: the name under which we have a model of torchvision."""
    return f"{name.replace('_', '-')}-torchvision"


def ours(name: str) -> Analysis:
    return archcalc.analyze(alias(name), aux=name in oracle.HEADED)


@pytest.mark.parametrize("name", slow_except(SAMPLE, oracle.names()))
def test_a_model_of_torchvision_is_ours_layer_by_layer(name: str) -> None:
    found = ours(name)
    assert oracle.differences(found, oracle.look(name, found.input[0])) == []


def test_the_oracle_sees_a_difference() -> None:
    """That the tests above can fail: a wider gate, and another model."""
    model = oracle.look("mobilenet_v3_small", 224)
    assert oracle.differences(archcalc.analyze("mobilenet-v3-large"), model)
    small = archcalc.analyze("mobilenet-v3-small", settings={"last": 1032})
    assert [line.partition(":")[0] for line in oracle.differences(small, model)][:2] == ["params", "macs"]


@pytest.mark.slow
def test_the_page_holds_the_outcome() -> None:
    lines = [
        "| torchvision | archcalc | input | params | buffers | MACs | layers |",
        "|---|---|---|--:|--:|--:|--:|",
    ]
    for name in oracle.names():
        found = ours(name)
        theirs = oracle.look(name, found.input[0])
        totals = found.totals
        outcome = "" if not oracle.differences(found, theirs) else ", differs"
        sizes = "x".join(map(str, found.input[:2]))
        figures = f"{totals.params:,} | {totals.buffers:,} | {totals.macs:,} | {len(theirs.work)}"
        lines.append(f"| {name} | {found.network}{outcome} | {sizes} | {figures} |")
    fresh = "\n".join(lines) + "\n"
    text = PAGE.read_text(encoding="utf-8")
    if os.environ.get("ARCHCALC_GOLDEN"):
        PAGE.write_text(TABLE.sub(lambda _: fresh, text), encoding="utf-8")
        return
    assert TABLE.findall(text) == [fresh]
