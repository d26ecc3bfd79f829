"""Importing a model beside the tools that people use for it: ratios of CPU time, in one run.

``python benchmarks/imports.py``; needs torchvision and torchinfo, and onnx_tool for the files. Every time is
the least of several, and the two of a pair take turns.
"""

from __future__ import annotations

import os
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from helpers import torchvision_oracle as oracle

import archcalc

ROOT = Path(__file__).parents[1]
MODULES = ("resnet18", "resnet50", "mobilenet_v2", "densenet121", "efficientnet_b0", "vit_b_16", "swin_t")
TIMES = 7


def least(first: Callable[[], Any], second: Callable[[], Any]) -> tuple[float, float]:
    """The least CPU time of both, in milliseconds, after a run that imports what they need."""
    best = [float("inf")] * 2
    for work in (first, second):
        work()
    for _ in range(TIMES):
        for place, work in enumerate((first, second)):
            start = time.process_time()
            work()
            best[place] = min(best[place], 1000 * (time.process_time() - start))
    return best[0], best[1]


def row(name: str, ours: Callable[[], Any], theirs: Callable[[], Any], tool: str) -> None:
    mine, other = least(ours, theirs)
    print(f"{name:18} archcalc {mine:7.1f} ms   {tool} {other:7.1f} ms   {other / mine:5.2f} times")


def modules(names: Sequence[str]) -> None:
    """From a module on the meta device: both run its forward pass once, without values."""
    from torchinfo import summary

    for name in names:
        module = oracle.module(name)
        row(
            name,
            lambda module=module: archcalc.analyze(module, input=(1, 3, 224, 224)),  # type: ignore[misc]
            lambda module=module: summary(module, (1, 3, 224, 224), device="meta", verbose=0),  # type: ignore[misc]
            "torchinfo",
        )


def files() -> None:
    """From an ONNX file."""
    import onnx_tool

    for path in (ROOT / "examples" / "small.onnx", ROOT / "tests" / "importers" / "models" / "shuffled.onnx"):
        row(
            path.stem,
            lambda path=path: archcalc.analyze(str(path)),  # type: ignore[misc]
            lambda path=path: onnx_tool.model_profile(str(path), save_profile=os.devnull),  # type: ignore[misc]
            "onnx_tool",
        )


def main() -> None:
    warnings.simplefilter("ignore")
    names = sys.argv[1:] or MODULES
    modules(names)
    if find_spec("onnx_tool"):
        files()


if __name__ == "__main__":
    main()
