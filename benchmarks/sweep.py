"""Variants of ResNet-50 per second: meshes of width x size, structural settings, plain ints, and PyTorch.

A mesh is computed with arrays by one thread and by two. Depths and the kind of block decide the layers, so
each of their combinations is a network of its own. PyTorch builds the layers of op.torch on the meta device,
runs them on a meta input, and counts with torch.utils.flop_counter.FlopCounterMode. Targets: 6,000,000
variants per second and thread on a mesh of a million, two threads 1.8 times as fast; 20,000 networks per
second. Everything runs in one process, in turns, and the fastest of some turns counts. The slow ways are
measured on a few variants.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import product
from typing import Any

import archcalc
from archcalc.engine.claims import Findings
from archcalc.engine.walk import walk
from archcalc.language.find import load
from archcalc.network import INPUT

NETWORK = "resnet50-v1.5"
WIDTHS, SIZES = range(16, 1016), range(32, 1032)
LARGE = range(16, 4016), range(32, 4032)
DEPTHS = [list(depths) for depths in product(range(1, 6), repeat=4)]
SAMPLE = [(16, 64), (64, 224), (100, 333)]
TURNS = 5


def main() -> None:
    ways: dict[str, tuple[int, Callable[[], Any]]] = {}
    for points, mesh in (("a million points", (WIDTHS, SIZES)), ("16 million points", LARGE)):
        for jobs in (1, 2):
            name = f"{points}, {jobs} thread{'s' * (jobs > 1)}"
            ways[name] = len(mesh[0]) * len(mesh[1]), lambda mesh=mesh, jobs=jobs: arrays(*mesh, jobs)
    ways["depths and block"] = 2 * len(DEPTHS), structural
    ways["width and size one by one"] = len(SAMPLE), ints
    ways["torch, meta device, FlopCounterMode"] = len(SAMPLE), framework
    rates = measured(ways)
    slowest = min(rates.values())
    for name, rate in rates.items():
        print(f"{name:36} {rate:14,.1f} variants/s {rate / slowest:12,.0f}x")
    for points in ("a million points", "16 million points"):
        ratio = rates[f"{points}, 2 threads"] / rates[f"{points}, 1 thread"]
        print(f"{points}, two threads / one: {ratio:.2f}")


def measured(ways: dict[str, tuple[int, Callable[[], Any]]]) -> dict[str, float]:
    """Variants per second of each way."""
    best: dict[str, float] = {}
    for _ in range(TURNS):
        for name, (variants, work) in ways.items():
            try:
                rate = variants / timed(work)
            except ModuleNotFoundError as error:
                print(f"{name}: left out ({error})")
                continue
            best[name] = max(best.get(name, 0), rate)
    return best


def timed(work: Any) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def arrays(widths: range, sizes: range, jobs: int) -> None:
    result = archcalc.sweep(NETWORK, {"width": widths, "size": sizes}, jobs=jobs)
    assert result.size == len(widths) * len(sizes)


def structural() -> None:
    result = archcalc.sweep(NETWORK, {"depths": DEPTHS, "block": ["basic", "bottleneck"]})
    assert result.size == 2 * len(DEPTHS)


SPEC, NAME = load(NETWORK)


def ints() -> None:
    for width, size in SAMPLE:
        archcalc.analyze(SPEC.bind(NAME, {"width": width, "size": size}))


def framework() -> None:
    """Params and MACs by PyTorch; the MACs must be those of the table."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    for width, size in SAMPLE:
        network = SPEC.bind(NAME, {"width": width, "size": size})
        with torch.device("meta"):
            built = [
                (step, step.node.op.torch(torch.nn, step.xs) if not step.node.op.many else None)
                for step in walk(network, Findings())
            ]
            values: dict[int, Any] = {INPUT: torch.empty(1, network.input.channels, *network.input.spatial)}
            params = 0
            with torch.no_grad(), FlopCounterMode(display=False) as counter:
                for step, module in built:
                    inputs = [values[source] for source in step.node.inputs]
                    if module is None:
                        values[step.number] = sum(inputs[1:], inputs[0])
                        continue
                    params += sum(p.numel() for p in module.eval().parameters())
                    values[step.number] = module(*inputs)
        assert params > 0
        assert counter.get_total_flops() == 2 * sum(step.cost.get("macs", 0) for step, _ in built)


if __name__ == "__main__":
    main()
