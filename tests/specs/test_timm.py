"""Networks of ours beside the recorded figures of timm's modules.

``benchmarks/timm_models.py`` builds the modules, compares them with ours layer by layer, and writes
``facts/timm.csv``: params, buffers, and the MACs of convolutions, fc layers and attention as PyTorch counts
them.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import archcalc

with open(Path(__file__).parents[1] / "facts" / "timm.csv", newline="", encoding="utf-8") as file:
    ROWS = list(csv.DictReader(file))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_a_network_has_the_figures_of_timms_module(row: dict[str, str]) -> None:
    found = archcalc.analyze(row["name"])
    assert found.input[:2] == (int(row["size"]),) * 2
    totals = found.totals
    assert [totals.params, totals.buffers, totals.macs] == [
        int(row[key]) for key in ("params", "buffers", "macs")
    ]
