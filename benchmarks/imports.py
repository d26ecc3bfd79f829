"""Importing a model beside the tools that people use for it: ratios of CPU time, in one run.

``python benchmarks/imports.py``; needs torchvision, and torchinfo for the modules or onnx_tool for the files.
Every time is the least of several, and the two of a pair take turns.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import torch
from helpers import torchvision_oracle as oracle
from helpers.exported_models import export, with_own_weights

import archcalc

MODULES = ("resnet18", "resnet50", "mobilenet_v2", "densenet121", "efficientnet_b0", "vit_b_16", "swin_t")
FILES = ("resnet50", "mobilenet_v2", "vit_b_16")
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


def files(names: Sequence[str]) -> None:
    """From an ONNX file with its weights, as torch.onnx.export writes it."""
    import onnx_tool

    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"{name}.onnx"
            module = oracle.module(name).to_empty(device="cpu")
            export(with_own_weights(module), torch.randn(1, 3, 224, 224), path, "torchscript")

            def theirs(path: Path = path) -> None:
                with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):
                    onnx_tool.model_profile(str(path), save_profile=os.devnull)

            row(name, partial(archcalc.analyze, str(path)), theirs, "onnx_tool")


def main() -> None:
    warnings.simplefilter("ignore")
    names = sys.argv[1:]
    if find_spec("torchinfo"):
        modules(names or MODULES)
    if find_spec("onnx_tool"):
        files(names or FILES)


if __name__ == "__main__":
    main()
