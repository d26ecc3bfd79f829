"""What a GPU measured, beside what archcalc says: benchmarks/results/h100-2026-11-26.json."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest

from archcalc.timing.load import read_timings

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results" / "h100-2026-11-26.json"
STORED = json.loads(RESULTS.read_text(encoding="utf-8"))


def test_nothing_is_faster_than_its_lower_bound() -> None:
    runs = [run for timing in read_timings(str(RESULTS)) for run in timing.runs]
    measured = [(run.measured.median, run.lower_bound_ms or 0) for run in runs if run.measured]
    steps = [(step["measured_ms"], step["lower_bound_ms"]) for step in STORED["training"]]
    assert (len(measured), len(steps)) == (164, 22)
    assert all(took >= bound for took, bound in [*measured, *steps])


def test_the_page_shows_the_tables_of_the_script() -> None:
    script = runpy.run_path(str(ROOT / "benchmarks" / "gpu_reading.py"))
    page = (ROOT / "docs" / "time.md").read_text(encoding="utf-8")
    assert f"{script['BEGIN']}\n{script['report']()}{script['END']}" in page


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "amp"])
def test_the_allocated_memory_grows_with_the_batch_as_fit_says(dtype: str) -> None:
    """Between 1 and 128 images. cuDNN chooses another algorithm for another batch, so its workspace, a
    constant besides, may differ: by 0.1 GiB of 10, or 2 %."""
    steps = {step["batch"]: step for step in STORED["training"]
             if (step["network"], step["dtype"]) == ("resnet50", dtype)}  # fmt: skip
    theirs, ours = (steps[128][key] - steps[1][key] for key in ("peak_bytes", "kept_bytes"))
    assert theirs == pytest.approx(ours, rel=0.02)


def test_the_module_of_archcalc_is_as_fast_as_the_original() -> None:
    """Of 128 images, where launching kernels does not decide; 3 % is more than two runs differ by. The spec
    of ConvNeXt has convolutions, as its paper draws them, where torchvision's code has nn.Linear."""
    large = [row for row in STORED["originals"] if row["batch"] == 128 and row["network"] != "convnext-tiny"]
    assert len(large) == 10
    assert all(row["ours_ms"] == pytest.approx(row["theirs_ms"], rel=0.03) for row in large)
