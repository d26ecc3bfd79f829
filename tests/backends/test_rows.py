"""A module computes the same in both orders of memory: channels first while it is observed, else last.

The last order is compared with the modules of PyTorch and torchvision in tests/ops/test_attention.py.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import archcalc
from archcalc.timing.roofline import steps_of

torch = pytest.importorskip("torch", reason="builds PyTorch modules")

TOKENS, MAP = "[6, 8]", "[7, 7, 8]"
NETWORKS = {
    "attention": (TOKENS, ["attention: 4", "layernorm: ", "fc: 5, over: channels"]),
    "causal, shared keys": (TOKENS, ["attention: 4, kv_heads: 2, head_width: 3, causal: true"]),
    "cosines": (TOKENS, ["attention: 2, similarity: cosine"]),
    "class token": (
        TOKENS,
        ["parameter: prepend, tokens: 2", "parameter: add, per: position", "attention: 2"],
    ),
    "lookup": ("[6, 1]", ["embedding: 8, vocabulary: 50", "attention: 2"]),
    "windows": (
        MAP,
        ["attention: 2, windows: 4, shift: 2, fill: true, relative_bias: table", "layernorm: "],
    ),
    "grid": (MAP, ["conv: 8, kernel: 3, pad: 1", "attention: 2, windows: 7, grid: true", "bn: "]),
    "network of positions": (
        MAP,
        ["attention: 4, windows: 7, similarity: cosine, relative_bias: mlp"],
    ),
}


@pytest.mark.parametrize(("volume", "layers"), NETWORKS.values(), ids=NETWORKS)
@torch.no_grad()
def test_both_orders_give_the_same(volume: str, layers: list[str], tmp_path: Path) -> None:
    from archcalc.backends.pytorch import build, inputs_of

    spec = tmp_path / "net.yaml"
    items = "".join(f"  - {{{layer}}}\n" for layer in layers)
    spec.write_text(f"name: n\ninput: {volume}\nlayers:\n{items}")
    network = archcalc.load(str(spec))
    torch.manual_seed(1)
    module: Any = build(network, steps_of(network)).double().eval()
    for array in module.parameters():
        torch.nn.init.uniform_(array, -1.0, 1.0)
    inputs = [10 * x.double() for x in inputs_of(network, 2, "cpu").values()]
    last = module(*inputs)
    for layer in module.modules():
        if hasattr(layer, "is_observed"):
            layer.is_observed = True
    # Float64, and the sums are in another order.
    torch.testing.assert_close(last, module(*inputs), rtol=1e-10, atol=1e-10)
    assert last.abs().max() > 1e-3
