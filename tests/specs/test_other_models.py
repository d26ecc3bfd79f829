"""Networks of ours beside the recorded figures of models of timm, pytorchcv and Keras.

None of these libraries is needed here. ``benchmarks/other_models.py`` builds their models, and prints the
layers that differ. ARCHCALC_GOLDEN=1 writes the table of docs/torchvision.md.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from helpers.other_models import Recorded, ours, recorded

import archcalc

PAGE = Path(__file__).parents[2] / "docs" / "torchvision.md"
TABLE = re.compile(r"(?<=<!-- other models: begin -->\n).*?(?=<!-- other models: end -->)", re.DOTALL)
ROWS = recorded()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.network)
def test_a_network_has_the_figures_of_the_other_model(row: Recorded) -> None:
    assert ours(archcalc.analyze(row.network, settings=row.settings)) == row.figures


def test_a_difference_is_seen() -> None:
    """Other kernels in one stage: as many layers, but not the same."""
    (row,) = (row for row in ROWS if row.network == "eca-resnet50")
    found = ours(archcalc.analyze(row.network))
    assert (found.layers, found.digest != row.figures.digest) == (row.figures.layers, True)


def test_the_page_holds_the_table() -> None:
    lines = [
        "| archcalc | model | input | params | buffers | MACs | layers |",
        "|---|---|---|--:|--:|--:|--:|",
    ]
    for row in ROWS:
        figures = row.figures
        settings = "".join(f", {name}={value}" for name, value in row.settings.items())
        numbers = " | ".join(
            f"{n:,}" for n in (figures.params, figures.buffers, figures.macs, figures.layers)
        )
        model = f"{row.model} ({row.library})"
        lines.append(f"| {row.network}{settings} | {model} | {figures.input[:-2]} | {numbers} |")
    fresh = "\n".join(lines) + "\n"
    text = PAGE.read_text(encoding="utf-8")
    if os.environ.get("ARCHCALC_GOLDEN"):
        PAGE.write_text(TABLE.sub(lambda _: fresh, text), encoding="utf-8")
        return
    assert TABLE.findall(text) == [fresh]
