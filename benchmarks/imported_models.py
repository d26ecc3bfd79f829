"""Modules of other libraries, imported: params, MACs and output as PyTorch counts; the spec read back.

``python benchmarks/imported_models.py torchvision``, or ``timm 4`` for every fourth model of timm in a random
order (seed 18), or ``onnx`` for the models of torchvision in files of both exporters of PyTorch (needs
onnxscript). A line of JSON for each model or file. docs/import-coverage.md says what came out.
"""

from __future__ import annotations

import json
import math
import random
import re
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import torch
from helpers import exported_models
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


WAYS = ("torchscript", "torchscript-training", "dynamo")


def judged_files(name: str) -> Iterator[dict[str, Any]]:
    """A model of torchvision in ONNX files; one file at a time is on the disk."""
    size = 299 if name == "inception_v3" else 224
    counts = exported_models.counted(_with_values(name), torch.empty(1, 3, size, size))
    for way in WAYS:
        row: dict[str, Any] = {"name": name, "exporter": way}
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"{name}.onnx"
            exported_models.export(_with_values(name), torch.randn(1, 3, size, size), path, way)
            changed = folded(name, path, counts["norms"])
            start = time.process_time()
            try:
                found = archcalc.analyze(str(path))
            except ArchcalcError as error:
                yield row | {"refused": str(error).splitlines()[:3]}
                continue
            row["ms"] = round(1000 * (time.process_time() - start))
            row |= {
                "params": [found.totals.params, counts["params"] + changed["params"]],
                "macs": [found.totals.macs, counts["macs"] + changed["macs"]],
                "folded": changed,
                "reads_back": same_figures(archcalc.load(str(path))),
            }
            right = found.layers[-1].output == tuple(counts["output"])
            row["exact"] = right and all(row[what][0] == row[what][1] for what in ("params", "macs"))
        yield row


def _with_values(name: str) -> Any:
    """A module with values that differ from array to array: exporters merge equal arrays."""
    options = {"aux_logits": False, "init_weights": False} if name in oracle.HEADED else {}
    return exported_models.with_own_weights(getattr(models(), name)(weights=None, **options))


def folded(name: str, path: Path, norms: int) -> dict[str, int]:
    """What the exporter computed beforehand, from the records of ``onnx``: params and MACs more or less.

    A batch norm in a convolution leaves one vector of two, and none if the convolution has a bias. Tables of
    biases become a bias for each pair of positions. Swin v2: the first product of the positions is done.
    """
    import onnx

    graph = onnx.load(str(path), load_external_data=False).graph
    sizes = {tensor.name: math.prod(tensor.dims) for tensor in graph.initializer}
    left = sum(sizes[node.input[1]] for node in graph.node if node.op_type == "BatchNormalization")
    params = (left - norms) * (2 if name.endswith("_bn") else 1)
    kind = exported_models.NOTES[1]
    kept = {info.name for info in graph.value_info if any(note.key == kind for note in info.metadata_props)}
    pairs, distances = 49 * 49, 13 * 13
    for tensor in graph.initializer:
        is_weight = tensor.name in kept or re.fullmatch(
            r".*(weight|bias|_table)|(val|onnx::MatMul)_.*", tensor.name
        )
        if tensor.data_type == onnx.TensorProto.FLOAT and not is_weight and not sizes[tensor.name] % pairs:
            params += sizes[tensor.name] // pairs * (pairs - distances)
    blocks = sum(name.endswith("cpb_mlp.0.bias") for name in sizes) if name.startswith("swin_v2") else 0
    done = blocks if not any(name.endswith("coords_table") for name in sizes) else 0
    return {"params": params - done * 2 * 512, "macs": -done * 15 * 15 * 2 * 512}


def main() -> None:
    warnings.simplefilter("ignore")
    if sys.argv[1] == "onnx":
        for name in sys.argv[2:] or oracle.names():
            for row in judged_files(name):
                print(json.dumps(row), flush=True)
        return
    library, every = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1
    for name, module, dims in of_torchvision() if library == "torchvision" else of_timm(every):
        print(json.dumps(judged(name, module, dims)), flush=True)


if __name__ == "__main__":
    main()
