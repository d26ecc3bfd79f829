"""Segmentation, detection, video and generators beside modules by other authors.

torchvision's modules are built here (a sample always, all with the slow tests). The others were built once,
by benchmarks/dense_models.py, from the authors' own files or from other repositories on GitHub;
tests/facts/dense-models.csv holds what they are. ARCHCALC_GOLDEN=1 writes the outcome into docs/zoo.md.
"""

from __future__ import annotations

import csv
import os
import re
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import pytest
from helpers.marks import slow_except

import archcalc

pytest.importorskip("torch", reason="PyTorch is not installed")
if find_spec("torchvision") is None:
    pytest.skip("torchvision is not installed", allow_module_level=True)

oracle = pytest.importorskip("helpers.dense_oracle", reason="PyTorch is not installed")

ROOT = Path(__file__).parents[2]
FACTS = ROOT / "tests" / "facts" / "dense-models.csv"
PAGE = ROOT / "docs" / "zoo.md"
TABLE = re.compile(r"(?<=<!-- dense: begin -->\n).*?(?=<!-- dense: end -->)", re.DOTALL)
SAMPLE = {"lraspp_mobilenet_v3_large", "deeplabv3_resnet50", "r2plus1d_18", "ssd300_vgg16"}


def alias(name: str) -> str:
    return f"{name.replace('_', '-')}-torchvision"


def ours(name: str, aux: bool = False) -> oracle.Outline:
    return oracle.ours(archcalc.analyze(name, aux=aux))


def has_heads(name: str) -> bool:
    return "aux_loss" in oracle.TORCHVISION[name].options


def recorded() -> dict[str, tuple[str, oracle.Outline]]:
    """The modules of the file: where each is from, and what it is."""
    found: dict[str, tuple[str, oracle.Outline]] = {}
    with FACTS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            sizes = tuple(int(size) for size in row["output"].split("x") if size)
            if row["source"]:
                totals = oracle.Outline(int(row["params"]), int(row["buffers"]), sizes, Counter())
                found[row["network"]] = row["source"], totals
                continue
            work = oracle.Work(sizes, int(row["params"]), int(row["macs"]))
            found[row["network"]][1].work[work] = int(row["times"])
    return found


@pytest.mark.parametrize("name", slow_except(SAMPLE, sorted(oracle.TORCHVISION)))
def test_a_model_of_torchvision_is_ours_layer_by_layer(name: str) -> None:
    assert oracle.differences(ours(alias(name), has_heads(name)), oracle.torchvision(name)) == []


@pytest.mark.parametrize("name", sorted(recorded()))
def test_a_model_of_another_author_is_ours_layer_by_layer(name: str) -> None:
    _, theirs = recorded()[name]
    assert oracle.differences(ours(name), theirs) == []


def test_the_oracle_sees_a_difference() -> None:
    _, theirs = recorded()["unet-valid"]
    assert len(oracle.differences(ours("unet-padded"), theirs)) > 1
    wider = oracle.ours(archcalc.analyze("unet-valid", settings={"classes": 3}))
    assert oracle.differences(wider, theirs)[:2] == [
        "params: 31030658 there, 31030723 here",
        "output: (2, 388, 388) there, (3, 388, 388) here",
    ]


@pytest.mark.slow
def test_the_page_holds_the_outcome() -> None:
    lines = [
        "| network | the same as | output | params | buffers | MACs | layers |",
        "|---|---|---|--:|--:|--:|--:|",
    ]
    for name, (source, theirs) in recorded().items():
        lines.append(line(name, ours(name), source, theirs))
    for name in sorted(oracle.TORCHVISION):
        theirs = oracle.torchvision(name)
        lines.append(line(alias(name), ours(alias(name), has_heads(name)), f"torchvision {name}", theirs))
    fresh = "\n".join(lines) + "\n"
    text = PAGE.read_text(encoding="utf-8")
    if os.environ.get("ARCHCALC_GOLDEN"):
        PAGE.write_text(TABLE.sub(lambda _: fresh, text), encoding="utf-8")
        return
    assert TABLE.findall(text) == [fresh]


def line(name: str, mine: oracle.Outline, source: str, theirs: oracle.Outline) -> str:
    outcome = ", differs" if oracle.differences(mine, theirs) else ""
    output = "x".join(map(str, mine.output)) or "1"
    macs = sum(work.macs * times for work, times in mine.work.items())
    figures = f"{output} | {mine.params:,} | {mine.buffers:,} | {macs:,} | {sum(mine.work.values())}"
    return f"| {name} | {source}{outcome} | {figures} |"
