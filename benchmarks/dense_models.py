"""Networks of ours beside modules and model files by other authors; writes tests/facts/dense-models.csv.

``python benchmarks/dense_models.py FOLDER``: FOLDER/owner/name is a checkout of each repository in MODELS, at
its commit. docs/zoo.md says what came out.
"""

from __future__ import annotations

import ast
import csv
import importlib.util
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import torch
from helpers.dense_oracle import differences, ours, outline
from helpers.prototxt_module import Prototxt
from torch import nn

import archcalc

FACTS = Path(__file__).parents[1] / "tests" / "facts" / "dense-models.csv"


class Model(NamedTuple):
    """A file of a repository at a commit, what makes a module of its text, and the shape of its input."""

    network: str
    repository: str
    commit: str
    file: str
    build: Callable[[Path], nn.Module]
    shape: tuple[int, ...]


HEAD = """import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

"""


def classes(path: Path, *names: str, **globals_: Any) -> Any:
    """A module with these classes of a file (or all): some files train a network when they are imported."""
    text = path.read_text(encoding="utf-8")
    nodes = [node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]
    parts = [ast.get_source_segment(text, node) or "" for node in nodes if not names or node.name in names]
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "module.py"
        copy.write_text(HEAD + "\n\n".join(parts), encoding="utf-8")
        spec = importlib.util.spec_from_file_location("module", copy)
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        vars(module).update(globals_)
        spec.loader.exec_module(module)
    return module


def prototxt(channels: int, axes: int) -> Callable[[Path], nn.Module]:
    return lambda path: Prototxt(path.read_text(encoding="utf-8"), channels, axes)


def _unet(**options: Any) -> Callable[[Path], nn.Module]:
    return lambda path: classes(path).UNet(**options)


def _of_pytorch(name: str) -> Callable[[Path], nn.Module]:
    return lambda path: getattr(classes(path, name, nz=100, ngf=64, ndf=64, nc=3), name)(1).main


def _i3d(path: Path) -> nn.Module:
    # The mean over time is left to the caller.
    return nn.Sequential(classes(path).InceptionI3d(), nn.AdaptiveAvgPool1d(1))


def _darknet(path: Path) -> nn.Module:
    """The convolutions of a file of darknet; the fc layers of this file are not those of the paper."""
    layers: list[nn.Module] = []
    channels = 3
    for section in re.findall(r"\[(\w+)\]([^\[]*)", path.read_text(encoding="utf-8")):
        options = dict(re.findall(r"(\w+)= *(\w+)", section[1]))
        size, stride = int(options.get("size", 1)), int(options.get("stride", 1))
        if section[0] == "convolutional":
            filters = int(options["filters"])
            layers.append(nn.Conv2d(channels, filters, size, stride, size // 2))
            channels = filters
        elif section[0] == "maxpool":
            layers.append(nn.MaxPool2d(size, stride))
        elif section[0] == "local":
            break
    fully_connected = [nn.Linear(7 * 7 * 1024, 4096), nn.Linear(4096, 7 * 7 * 30)]
    return nn.Sequential(*layers, nn.Flatten(), *fully_connected, nn.Unflatten(1, (30, 7, 7)))


UNET = ("jvanvugt/pytorch-unet", "7e57722", "unet.py")
VNET = ("faustomilletari/VNet", "584c150", "Prototxt/test_noPooling_ResNet_cinque.prototxt")
FCN = ("shelhamer/fcn.berkeleyvision.org", "1305c73")
SEGNET = ("alexgkendall/SegNet-Tutorial", "bb68b64", "Models/segnet_inference.prototxt")
I3D = ("piergiaj/pytorch-i3d", "05783d1", "pytorch_i3d.py")
C3D = ("DavideA/c3d-pytorch", "1111ccf", "C3D_model.py")
DARKNET = ("pjreddie/darknet", "f6afaabc", "cfg/yolov1.cfg")
DCGAN = ("pytorch/examples", "77f55b9", "dcgan/main.py")

MODELS = [
    Model("unet-valid", *UNET, _unet(), (1, 572, 572)),
    Model("unet-padded", *UNET, _unet(padding=True), (1, 512, 512)),
    Model("vnet-caffe", *VNET, prototxt(1, 3), (1, 128, 128, 64)),
    Model("fcn-32s", *FCN, "voc-fcn32s/val.prototxt", prototxt(3, 2), (3, 500, 500)),
    Model("fcn-16s", *FCN, "voc-fcn16s/val.prototxt", prototxt(3, 2), (3, 500, 500)),
    Model("fcn-8s", *FCN, "voc-fcn8s/deploy.prototxt", prototxt(3, 2), (3, 500, 500)),
    Model("segnet", *SEGNET, prototxt(3, 2), (3, 360, 480)),
    Model("c3d", *C3D, lambda path: classes(path).C3D(), (3, 16, 112, 112)),
    Model("i3d", *I3D, _i3d, (3, 64, 224, 224)),
    Model("yolo-v1", *DARKNET, _darknet, (3, 448, 448)),
    Model("dcgan-generator-pytorch", *DCGAN, _of_pytorch("Generator"), (100, 1, 1)),
    Model("dcgan-discriminator-pytorch", *DCGAN, _of_pytorch("Discriminator"), (3, 64, 64)),
]


def main() -> None:
    folder = Path(sys.argv[1])
    with FACTS.open("w", encoding="utf-8", newline="") as file:
        facts = csv.writer(file, lineterminator="\n")
        facts.writerow(["network", "source", "output", "params", "buffers", "macs", "times"])
        for model in MODELS:
            with torch.device("meta"):
                module = model.build(folder / model.repository / model.file).eval()
            found = outline(module, model.shape)
            wrong = differences(ours(archcalc.analyze(model.network)), found)
            print(f"{model.network:28} {'; '.join(wrong) or 'exact'}")
            source = f"{model.repository} @{model.commit} {model.file}"
            facts.writerow([model.network, source, _sizes(found.output), found.params, found.buffers, "", ""])
            for work, times in sorted(found.work.items()):
                facts.writerow([model.network, "", _sizes(work.output), work.params, "", work.macs, times])


def _sizes(sizes: tuple[int, ...]) -> str:
    return "x".join(map(str, sizes))


if __name__ == "__main__":
    main()
