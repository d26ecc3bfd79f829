"""Attention as a call of the class ``Attention`` of ``helpers``."""

from __future__ import annotations

from archcalc.exporters.as_placed import Placed
from archcalc.exporters.as_refusal import NotInFormat, check_options
from archcalc.exporters.pytorch.record import ModuleCall, needed


def attention(layer: Placed) -> ModuleCall:
    """The call for an attention. Raises NotInFormat for windows and what belongs to them."""
    op, x = layer.op, layer.xs[0]
    known = ("heads", "kv_heads", "head_width", "bias", "out_bias", "causal", "windows", "relative_bias")
    check_options(op, *known)
    if op.windows is not None or op.relative_bias != "none" or op.bias == "qv":
        raise NotInFormat(
            "archcalc writes no attention in windows, with a table of distances, or with 'qv' biases"
        )
    width = x.channels // op.heads if op.head_width is None else op.head_width
    args = (
        *needed(channels=x.channels, heads=op.heads),
        ("head_width", width, x.channels // op.heads if x.channels % op.heads == 0 else 0),
        ("kv_heads", op.heads if op.kv_heads is None else op.kv_heads, op.heads),
        ("read_channels", layer.xs[-1].channels, x.channels),
        ("qkv_bias", bool(op.bias), True),
        ("out_bias", bool(op.out_bias), True),
        ("causal", bool(op.causal), False),
    )
    return ModuleCall("Attention", args)
