"""Analysis against the number of layers: microseconds a layer must not grow from 10 to 100,000 layers.

Target: under 20 microseconds a layer for the analysis of a network that is built.
"""

from __future__ import annotations

import gc
import time

from archcalc.errors import Source
from archcalc.spec.load import parse
from archcalc.studies.analyze import analyze

SPEC = """\
name: tower
settings: {n: 1}
input: [32, 32, 16]
layers:
  - repeat: n
    as: i
    layers: [{conv: 16, kernel: 3, pad: 1, then: relu}]
"""


def main() -> None:
    spec = parse(Source("tower.yaml", SPEC))
    print("  layers    build, us a layer    analysis, us a layer")
    for layers in (10, 100, 1000, 10_000, 100_000):
        rounds = max(1, 20_000 // layers)
        build = work = float("inf")
        for _ in range(3):
            gc.collect()
            start = time.perf_counter()
            for _ in range(rounds):
                network = spec.bind(None, {"n": layers // 2})
            middle = time.perf_counter()
            for _ in range(rounds):
                analyze(network)
            build = min(build, (middle - start) / rounds / layers)
            work = min(work, (time.perf_counter() - middle) / rounds / layers)
        print(f"{layers:8,} {1e6 * build:20.1f} {1e6 * work:23.1f}")


if __name__ == "__main__":
    main()
