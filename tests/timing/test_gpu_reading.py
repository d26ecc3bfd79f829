"""What a GPU measured, beside what archcalc says: benchmarks/results/h100-2026-11-26.json."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import archcalc
from archcalc.engine.memory import Keeping
from archcalc.studies.verify.known import _fused_cell
from archcalc.timing.load import read_timings
from archcalc.timing.roofline import steps_of

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


WRONG = {one["network"]: one for one in STORED["verify"]["networks"] if not one["ok"]}


@pytest.mark.parametrize("name", sorted(WRONG))
def test_an_lstm_on_a_gpu_keeps_what_was_measured(name: str) -> None:
    (check,) = [check for check in WRONG[name]["checks"] if check["mismatches"]]
    (theirs,) = [
        text for text in check["mismatches"][0]["theirs"] if text.startswith("an array of the layer")
    ]
    (step,) = [step for step in steps_of(archcalc.load(name)) if step.op.name == "lstm"]
    run: Any = SimpleNamespace(device="cuda")
    changed = _fused_cell(run, Keeping(step, {}, ()), SimpleNamespace())  # type: ignore[arg-type]
    assert changed is not None
    values = sum(kept.count for kept in changed.keeping.own)
    assert theirs == f"an array of the layer itself: {4 * WRONG[name]['batch'] * values:,} bytes"


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_an_lstm_elsewhere_keeps_what_the_op_says(device: str) -> None:
    (step,) = [step for step in steps_of(archcalc.load("char-rnn-128")) if step.op.name == "lstm"]
    run: Any = SimpleNamespace(device=device)
    assert _fused_cell(run, Keeping(step, {}, ()), SimpleNamespace()) is None  # type: ignore[arg-type]
