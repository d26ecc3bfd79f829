"""Variants per second of a million ResNet-50 variants (width x size): with arrays, plain ints, and PyTorch.

PyTorch builds the layers of op.torch on the meta device, runs them on a meta input, and counts with
torch.utils.flop_counter.FlopCounterMode. Targets: over 2,000,000 variants per second, at least 10,000 times
PyTorch's rate. Everything runs in one process. The slow ways are measured on a few variants.
"""

from __future__ import annotations

import time
from typing import Any

import archcalc
from archcalc.engine.claims import Findings
from archcalc.engine.walk import walk
from archcalc.language.find import load
from archcalc.network import INPUT

NETWORK = "resnet50-v1.5"
WIDTHS, SIZES = range(16, 1016), range(32, 1032)
SAMPLE = [(16, 64), (64, 224), (100, 333)]


def main() -> None:
    rates = {}
    for jobs in (1, 2):
        best = min(timed(lambda jobs=jobs: arrays(jobs)) for _ in range(3))
        rates[f"arrays, {jobs} thread{'s' * (jobs > 1)}"] = len(WIDTHS) * len(SIZES) / best
    rates["plain ints"] = len(SAMPLE) / min(timed(ints) for _ in range(3))
    try:
        framework()
        rates["torch, meta device, FlopCounterMode"] = len(SAMPLE) / min(timed(framework) for _ in range(3))
    except ModuleNotFoundError:
        print("torch is not installed: left out")
    slowest = min(rates.values())
    for name, rate in rates.items():
        print(f"{name:36} {rate:14,.1f} variants/s {rate / slowest:12,.0f}x")


def timed(work: Any) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def arrays(jobs: int) -> None:
    result = archcalc.sweep(NETWORK, {"width": WIDTHS, "size": SIZES}, jobs=jobs)
    assert result.size == len(WIDTHS) * len(SIZES)


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
