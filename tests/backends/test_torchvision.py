"""Modules that others wrote: torchvision's weights in the module of our spec give torchvision's answers."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import pytest
from helpers.marks import slow_except
from helpers.zoo import FAST_NETWORKS

import archcalc

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
if find_spec("torchvision") is None:
    pytest.skip("torchvision is not installed", allow_module_level=True)

vision = pytest.importorskip("helpers.vision", reason="PyTorch is not installed")

# Both run the same kernels on the same numbers, so that on one machine the answers are the same to the bit.
# They need not be on another: a sum of n float32 products, in another order, differs by about sqrt(n) *
# 2**-24 of its size, which is 4e-6 for the 4608 products of a 3x3 convolution on 512 channels. A hundred such
# layers one behind the other, normalised in between, stay well below this.
TOLERANCE = 2e-4


def before_softmax(module: Any, x: Any) -> Any:
    """What the last layer of ours reads: torchvision's modules end there."""
    seen = []
    handle = module.layers[str(module.output)].register_forward_pre_hook(
        lambda _, inputs: seen.append(inputs[0])
    )
    module(x)
    handle.remove()
    return seen[0]


@pytest.mark.slow
@pytest.mark.parametrize("name", vision.TWINS)
@torch.no_grad()
def test_torchvisions_weights_give_torchvisions_answers(name: str) -> None:
    theirs, ours = vision.theirs(name), vision.ours(name)
    vision.load(ours, theirs)
    network = archcalc.load(name)
    assert network.layers[ours.output - 1].op.name == "softmax"
    x = torch.randn(
        (1, network.input.channels, *network.input.spatial), generator=torch.Generator().manual_seed(1)
    )
    expected, found = theirs(x), before_softmax(ours, x)
    assert found.shape == expected.shape
    assert (found - expected).abs().max() <= TOLERANCE * expected.abs().max()
    assert expected.std() > 0.01 * expected.abs().max()


@pytest.mark.slow
@torch.no_grad()
def test_other_weights_give_other_answers() -> None:
    """That the test above can fail."""
    theirs, ours = vision.theirs("resnet18"), vision.ours("resnet18")
    vision.load(ours, theirs)
    x = torch.randn((1, 3, 224, 224))
    expected = theirs(x)
    next(ours.parameters()).mul_(1.01)
    assert (before_softmax(ours, x) - expected).abs().max() > TOLERANCE * expected.abs().max()


@pytest.mark.parametrize("name", slow_except(FAST_NETWORKS, vision.TWINS))
def test_what_both_know_is_counted_alike(name: str) -> None:
    """As many trained values, and as many of batch normalisation."""
    from helpers.torchvision_models import COMPUTED

    with torch.device("meta"):
        theirs = vision.theirs(name)
    totals = archcalc.analyze(name).totals
    assert sum(array.numel() for array in theirs.parameters()) == totals.params
    statistics = [array for key, array in theirs.named_buffers() if not key.endswith(COMPUTED)]
    assert sum(array.numel() for array in statistics) == totals.buffers
