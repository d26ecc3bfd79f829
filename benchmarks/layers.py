"""Analysis time per layer: it must not grow from 10 to 100,000 layers.

Two towers are measured. One repeats a layer, so that its op is worked out once. In the other every layer has
another op. Target: under 20 microseconds per layer for the analysis of a network that is built.
"""

from __future__ import annotations

import gc
import time

from archcalc.errors import Source
from archcalc.language.parse import parse
from archcalc.studies.analyze import analyze

TOWERS = {"repeated": "conv: 16", "all different": "conv: 10 + i % 7"}
SPEC = """\
name: tower
settings: {{n: 1}}
input: [32, 32, 16]
layers:
  - repeat: n
    as: i
    layers: [{{{conv}, kernel: 3, pad: 1, then: relu}}]
"""


def main() -> None:
    print("tower             layers   build, us a layer   analysis, us a layer")
    for name, conv in TOWERS.items():
        spec = parse(Source("tower.yaml", SPEC.format(conv=conv)))
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
            print(f"{name:14} {layers:9,} {1e6 * build:19.1f} {1e6 * work:22.1f}")


if __name__ == "__main__":
    main()
