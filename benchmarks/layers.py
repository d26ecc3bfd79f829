"""The time to build and to analyse one layer: it must not grow from 10 to 1,000,000 layers.

Two towers are measured. One repeats a conv and a ReLU. In the other every conv has another number of filters,
so no two layers are the same. "Totals" is the time for params, MACs and depth alone, with the building.
Microseconds of CPU per layer. Targets: under 4 if the layers are repeated, under 15 if all are different.
A spec may have 200,000 layers and rounds. This limit is lifted here, to see that the time stays flat.

    python benchmarks/layers.py [--most 1000000]
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from typing import NamedTuple

from measure import markdown
from peer_tools import TOTALS, read_everything, read_totals

from archcalc.errors import Source
from archcalc.language.parse import parse
from archcalc.studies.analyze import analyze

TOWERS = {"repeated": "16", "all different": "i"}
"""The number of filters of conv number i."""

SPEC = """\
name: tower
settings: {{n: 1}}
input: [32, 32, 16]
layers:
  - repeat: n
    as: i
    layers: [{{conv: {filters}, kernel: 3, pad: 1, then: relu}}]
"""
ROUNDS, ENOUGH = 3, 2000
"""Rounds; a round works on at least so many layers."""


class PerLayer(NamedTuple):
    """CPU seconds per layer."""

    build: float
    analysis: float
    totals: float
    """Building included."""


def main() -> None:
    parser = argparse.ArgumentParser(description="the time of one layer")
    parser.add_argument("--most", type=int, default=1_000_000)
    most = parser.parse_args().most
    rows = []
    for tower in TOWERS:
        for layers in sizes(most):
            one = per_layer(tower, layers)
            figures = [one.build, one.analysis, one.build + one.analysis, one.totals]
            rows.append((tower, f"{layers:,}", *[f"{1e6 * seconds:.2f}" for seconds in figures]))
    heads = ("tower", "layers", "build, us", "analysis, us", "both, us", "totals, us")
    print(markdown(heads, rows))


def lift_limit() -> None:
    """Allow any number of layers, in every module that reads the limit."""
    for module in list(sys.modules.values()):
        if hasattr(module, "MAX_LAYERS"):
            module.MAX_LAYERS = 10**9


def sizes(most: int) -> list[int]:
    return [size for power in range(1, 10) if (size := 10**power) <= most]


def per_layer(tower: str, layers: int) -> PerLayer:
    """The minimum of several rounds; one round of a large tower."""
    best = [float("inf")] * 3
    for _ in range(ROUNDS if layers <= 100_000 else 1):
        times = max(1, ENOUGH // layers)
        rounds = [_one_round(tower, layers) for _ in range(times)]
        best = [
            min(old, sum(new) / times / layers)
            for old, new in zip(best, zip(*rounds, strict=True), strict=True)
        ]
    return PerLayer(*best)


def _one_round(tower: str, layers: int) -> tuple[float, float, float]:
    lift_limit()
    spec = parse(Source("tower.yaml", SPEC.format(filters=TOWERS[tower])))
    gc.collect()
    start = time.process_time()
    network = spec.bind(None, {"n": layers // 2})
    built = time.process_time()
    read_everything(analyze(network))
    analysed = time.process_time()
    del network
    spec = parse(Source("tower.yaml", SPEC.format(filters=TOWERS[tower])))  # it remembers nothing
    gc.collect()
    again = time.process_time()
    read_totals(analyze(spec.bind(None, {"n": layers // 2}), TOTALS))
    return built - start, analysed - built, time.process_time() - again


if __name__ == "__main__":
    main()
