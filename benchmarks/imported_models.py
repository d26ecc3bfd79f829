"""Modules of other libraries, imported: params, MACs and output as PyTorch counts; the spec read back.

``python benchmarks/imported_models.py torchvision``, or ``timm 4`` for every fourth model of timm in a random
order (seed 18). A line of JSON for each model. docs/import-coverage.md says what came out.
"""

from __future__ import annotations

import json
import random
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import torch
from helpers import torchvision_oracle as oracle
from helpers.read_back import same_figures
from helpers.torchvision_models import models
from torch.utils.flop_counter import FlopCounterMode

import archcalc
from archcalc.errors import ArchcalcError

SEED = 18


def of_torchvision() -> Iterator[tuple[str, Any, tuple[int, ...]]]:
    for name in oracle.names():
        size = 299 if name == "inception_v3" else 224
        yield name, oracle.module(name), (1, 3, size, size)


def of_timm(every: int) -> Iterator[tuple[str, Any, tuple[int, ...]]]:
    models()  # timm imports torchvision, which needs its schemas
    import timm

    names = timm.list_models()
    random.Random(SEED).shuffle(names)
    for name in names[::every]:
        try:
            with torch.device("meta"):
                module = timm.create_model(name)
        except (NotImplementedError, RuntimeError):  # it looks at values while it is built
            module = timm.create_model(name)
        yield name, module.eval(), (1, *(module.default_cfg.get("input_size") or (3, 224, 224)))


def counted(module: Any, dims: tuple[int, ...]) -> tuple[int, int, tuple[int, ...]]:
    """Params, MACs and the output, as PyTorch has them."""
    module = module.to("meta")
    with torch.enable_grad(), FlopCounterMode(display=False) as counter:
        output = module(torch.empty(*dims, device="meta"))
    if isinstance(output, tuple | list):
        output = output[0]
    params = sum(values.numel() for values in module.parameters())
    return params, counter.get_total_flops() // 2, tuple(output.shape[1:])


def judged(name: str, module: Any, dims: tuple[int, ...]) -> dict[str, Any]:
    row: dict[str, Any] = {"name": name, "family": type(module).__module__.rpartition(".")[2]}
    start = time.process_time()
    try:
        network = archcalc.load(module, input=dims)
    except ArchcalcError as error:
        return row | {"refused": str(error).splitlines()[:3]}
    row["ms"] = round(1000 * (time.process_time() - start))
    found = archcalc.analyze(network, aux=True)
    plain = archcalc.analyze(network)
    params, macs, output = counted(module, dims)
    ours = plain.layers[-1].output
    row |= {"params": [found.totals.params, params], "macs": [plain.totals.macs, macs]}
    row["output"] = oracle.trimmed(ours[-1:] + ours[:-1]) == oracle.trimmed(output)
    row["exact"] = found.totals.params == params and plain.totals.macs == macs
    row["reads_back"] = same_figures(network)
    return row


def main() -> None:
    warnings.simplefilter("ignore")
    library, every = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1
    for name, module, dims in of_torchvision() if library == "torchvision" else of_timm(every):
        print(json.dumps(judged(name, module, dims)), flush=True)


if __name__ == "__main__":
    main()
