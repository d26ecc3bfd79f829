"""What layers keep for the backward pass on a GPU, as an H100 with PyTorch 2.11 measured it on 2026-11-26.

The recurrent layers are those of benchmarks/results/h100-2026-11-26.json. The others are layers of random
networks: 9,000 networks of seed 31 ran on the GPU; in 363 of them one of these layers kept something else
than on a CPU, always by these rules.
"""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import archcalc
from archcalc.engine.memory import Keeping, kept_by_layer
from archcalc.studies.verify.known import _copy_of_a_slice, _fused_cell, _fused_rms
from archcalc.timing.roofline import steps_of

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results" / "h100-2026-11-26.json"
LAYER: Any = SimpleNamespace()
"""What was observed of the layer; these rules do not need it."""

STORED = json.loads(RESULTS.read_text(encoding="utf-8"))


@pytest.mark.parametrize("row", STORED["recurrent"], ids=lambda row: f"{row['op']}, {row['steps']} steps")
def test_a_recurrent_layer_on_a_gpu_keeps_what_was_measured(row: dict[str, Any], tmp_path: Path) -> None:
    changed = _fused_cell(_on("cuda"), _keeping(row, tmp_path), LAYER)
    assert changed is not None
    assert row["kept_bytes"] == 4 * sum(kept.count for kept in changed.keeping.own)


@pytest.mark.parametrize(("op", "device"), [("lstm: 16", "cpu"), ("gru: 16", "meta"), ("rnn: 16", "cuda")])
def test_no_kernel_computes_the_cell_of_an_rnn_or_elsewhere(op: str, device: str, tmp_path: Path) -> None:
    keeping = _keeping({"op": op, "steps": 7, "channels": 3}, tmp_path)
    assert _fused_cell(_on(device), keeping, SimpleNamespace()) is None  # type: ignore[arg-type]


def _keeping(row: dict[str, Any], folder: Path) -> Keeping:
    return _last([row["steps"], row["channels"]], [row["op"]], folder)


SLICES = [
    # network and layer, sizes of the input, layers, bytes of the copy with a batch of 2
    ("31/9, b1/slice1/bn", [1, 1, 2], ["slice: 1, start: 1", "bn: "], 8),
    ("31/302, x_2/b2/slice1/bn", [4, 6], ["slice: 3", "bn: "], 96),
    ("31/316, b1/b0/slice1/bn", [6, 8, 21], ["slice: 14", "bn: "], 5376),
    ("31/1150, b0/gate1/slice1/bn", [3, 4, 3, 5], ["slice: 2", "bn: "], 576),
    ("31/606, b0_2/bn1: without beta", [7, 5, 6], ["slice: 3", "bn: , beta: false"], None),
    ("31/5018, b0_2/slice1/bn: a vector", [12], ["slice: 2", "bn: "], None),
    ("31/301, gate1/slice1/bn: the whole map", [4, 2, 1], ["slice: 1", "bn: "], None),
]


@pytest.mark.parametrize(
    ("sizes", "layers", "size"), [one[1:] for one in SLICES], ids=next(zip(*SLICES, strict=True))
)
def test_a_batch_normalisation_of_a_slice(
    sizes: list[int], layers: list[str], size: int | None, tmp_path: Path
) -> None:
    keeping = _last(sizes, layers, tmp_path)
    changed = _copy_of_a_slice(_on("cuda"), keeping, LAYER)
    assert _copy_of_a_slice(_on("cpu"), keeping, SimpleNamespace()) is None  # type: ignore[arg-type]
    if size is None:
        assert changed is None
        return
    assert changed is not None
    assert not changed.keeping.values
    assert 8 * changed.keeping.own[-1].count == size


@pytest.mark.parametrize(("gamma", "less"), [("true", 2688), ("false", 0)])
def test_a_normalisation_by_the_root_mean_square(gamma: str, less: int, tmp_path: Path) -> None:
    """31/210, l1: 2,688 bytes less than on a CPU."""
    keeping = _last([7, 8, 6], [f"rmsnorm: , gamma: {gamma}"], tmp_path)
    changed = _fused_rms(_on("cuda"), keeping, LAYER)
    assert (changed is not None) == (less > 0)
    after = changed.keeping if changed else keeping
    assert 8 * (sum(one.count for one in keeping.own) - sum(one.count for one in after.own)) == less


def _on(device: str) -> Any:
    return SimpleNamespace(device=device, batch=2)


def _last(sizes: list[int], layers: list[str], folder: Path) -> Keeping:
    """What the last of these layers keeps on a CPU."""
    spec, items = folder / "net.yaml", "".join(f"  - {{{layer}}}\n" for layer in layers)
    spec.write_text(f"name: n\ninput: {sizes}\nlayers:\n{items}")
    network = archcalc.load(spec)
    return list(kept_by_layer(network, steps_of(network)))[-1]
