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


@pytest.mark.parametrize("row", STORED["recurrent"], ids=lambda row: f"{row['op']}, {row['steps']} steps")
def test_a_recurrent_layer_on_a_gpu_keeps_what_was_measured(row: dict[str, Any], tmp_path: Path) -> None:
    changed = _fused_cell(_on("cuda"), _keeping(row, tmp_path), SimpleNamespace())  # type: ignore[arg-type]
    assert changed is not None
    assert row["kept_bytes"] == 4 * sum(kept.count for kept in changed.keeping.own)


@pytest.mark.parametrize(("op", "device"), [("lstm: 16", "cpu"), ("gru: 16", "meta"), ("rnn: 16", "cuda")])
def test_no_kernel_computes_the_cell_of_an_rnn_or_elsewhere(op: str, device: str, tmp_path: Path) -> None:
    keeping = _keeping({"op": op, "steps": 7, "channels": 3}, tmp_path)
    assert _fused_cell(_on(device), keeping, SimpleNamespace()) is None  # type: ignore[arg-type]


def _on(device: str) -> Any:
    return SimpleNamespace(device=device)


def _keeping(row: dict[str, Any], folder: Path) -> Keeping:
    spec = folder / "recurrent.yaml"
    spec.write_text(f"name: r\ninput: [{row['steps']}, {row['channels']}]\nlayers: [{{{row['op']}}}]\n")
    (step,) = steps_of(archcalc.load(str(spec)))
    return Keeping(step, {}, ())


def test_the_module_of_archcalc_is_as_fast_as_the_original() -> None:
    """Of 128 images, where launching kernels does not decide; 3 % is more than two runs differ by. The spec
    of ConvNeXt has convolutions, as its paper draws them, where torchvision's code has nn.Linear."""
    large = [row for row in STORED["originals"] if row["batch"] == 128 and row["network"] != "convnext-tiny"]
    assert len(large) == 10
    assert all(row["ours_ms"] == pytest.approx(row["theirs_ms"], rel=0.03) for row in large)
