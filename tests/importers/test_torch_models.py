"""Models of torchvision as programs: params, MACs and output as PyTorch counts them; the spec reads back.

The oracle is the original module: its arrays, and FlopCounterMode. docs/import-coverage.md has all 80 models.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import pytest
from helpers.read_back import same_figures

import archcalc

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
if find_spec("torchvision") is None:
    pytest.skip("torchvision is not installed", allow_module_level=True)

oracle = pytest.importorskip("helpers.torchvision_oracle", reason="PyTorch is not installed")

SAMPLE = (
    "alexnet",
    "convnext_tiny",
    "googlenet",
    "mobilenet_v3_small",
    "regnet_y_400mf",
    "resnet18",
    "shufflenet_v2_x0_5",
    "squeezenet1_1",
    "swin_t",
    "vit_b_32",
)


def counted(module: Any, dims: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
    """MACs and the output, as PyTorch has them."""
    from torch.utils.flop_counter import FlopCounterMode

    with torch.enable_grad(), FlopCounterMode(display=False) as counter:
        output = module(torch.empty(dims, device="meta"))
    return counter.get_total_flops() // 2, tuple(output.shape[1:])


@pytest.mark.parametrize("name", SAMPLE)
def test_a_model_is_exact_and_its_spec_reads_back(name: str) -> None:
    module, dims = oracle.module(name).eval(), (1, 3, 224, 224)
    network = archcalc.load(module, input=dims)
    found = archcalc.analyze(network)
    macs, output = counted(module, dims)
    assert (found.totals.macs, found.layers[-1].output) == (macs, output)
    params = sum(values.numel() for values in module.parameters())
    assert archcalc.analyze(network, aux=True).totals.params == params
    assert same_figures(network)
