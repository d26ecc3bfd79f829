"""Models of torchvision, exported to ONNX: params, MACs and output as PyTorch counts them."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import archcalc
from archcalc.errors import Source
from archcalc.language.parse import parse

MODELS = (
    "convnext_tiny",
    "densenet121",
    "efficientnet_b0",
    "googlenet",
    "inception_v3",
    "mnasnet1_0",
    "mobilenet_v2",
    "mobilenet_v3_small",
    "regnet_y_400mf",
    "resnet18",
    "resnet50",
    "shufflenet_v2_x1_0",
    "squeezenet1_0",
)

EXPORT = """
import json, sys, types, warnings
import torch
from torch.utils.flop_counter import FlopCounterMode
# Without its compiled ops, torchvision is imported only if it does not describe them.
sys.modules["torchvision._meta_registrations"] = types.ModuleType("none")
import torchvision
warnings.simplefilter("ignore")
folder, *names = sys.argv[1:]
for name in names:
    inception = name in ("googlenet", "inception_v3")
    options = {"aux_logits": False, "init_weights": False} if inception else {}
    model = getattr(torchvision.models, name)(weights=None, **options).eval()
    with torch.no_grad():
        for values in model.parameters():
            if values.dim() == 1:  # the exporter merges equal arrays
                values.copy_(torch.rand_like(values))
    image = torch.randn(1, 3, *[299 if name == "inception_v3" else 224] * 2)
    torch.onnx.export(
        model, (image,), f"{folder}/{name}.onnx", dynamo=False, do_constant_folding=False,
        training=torch.onnx.TrainingMode.PRESERVE,
    )
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        output = model.to("meta")(image.to("meta"))
    params = sum(values.numel() for values in model.parameters())
    print(json.dumps([params, counter.get_total_flops() // 2, list(output.shape[1:])]))
"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (find_spec("torchvision") and find_spec("onnx")), reason="needs torchvision, onnx"
    ),
]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, list[object]]]:
    """The folder of the files, and what PyTorch counts of each model."""
    folder = tmp_path_factory.mktemp("torchvision")
    done = subprocess.run(
        [sys.executable, "-c", EXPORT, str(folder), *MODELS], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]
    return folder, dict(zip(MODELS, lines, strict=True))


@pytest.mark.parametrize("name", MODELS)
def test_figures_are_those_of_the_model(name: str, exported: tuple[Path, dict[str, list[object]]]) -> None:
    folder, counted = exported
    analysis = archcalc.analyze(str(folder / f"{name}.onnx"))
    found = [analysis.totals.params, analysis.totals.macs, list(analysis.layers[-1].output)]
    assert found == counted[name]


@pytest.mark.parametrize("name", MODELS)
def test_the_written_spec_has_the_same_layers(
    name: str, exported: tuple[Path, dict[str, list[object]]]
) -> None:
    path = str(exported[0] / f"{name}.onnx")
    for flat in (False, True):
        written = parse(Source("written.yaml", archcalc.to_yaml(path, flat=flat))).bind()
        pairs = zip(archcalc.analyze(written).layers, archcalc.analyze(path).layers, strict=True)
        assert all((a.op, a.output, a.figures) == (b.op, b.output, b.figures) for a, b in pairs)


@pytest.mark.parametrize(("name", "most"), [("resnet50", 90), ("mobilenet_v2", 70)])
def test_the_written_spec_is_short(
    name: str, most: int, exported: tuple[Path, dict[str, list[object]]]
) -> None:
    assert len(archcalc.to_yaml(str(exported[0] / f"{name}.onnx")).splitlines()) <= most


@pytest.mark.parametrize("name", ["resnet18", "densenet121", "inception_v3"])
def test_figures_are_those_of_the_shipped_spec(
    name: str, exported: tuple[Path, dict[str, list[object]]]
) -> None:
    found, shipped = archcalc.analyze(str(exported[0] / f"{name}.onnx")).totals, archcalc.analyze(name).totals
    assert (found.params, found.macs) == (shipped.params, shipped.macs)
