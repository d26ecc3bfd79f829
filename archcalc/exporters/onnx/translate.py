"""The layers of a network one after the other, and every layer that ONNX lacks at once."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.dims import Dim
from archcalc.errors import ArchcalcError
from archcalc.exporters.as_placed import Placed, placed_layers
from archcalc.exporters.as_refusal import NotInFormat, refusal
from archcalc.exporters.onnx.attention import ATTENTION
from archcalc.exporters.onnx.graph import OnnxWriter
from archcalc.exporters.onnx.layers import LAYERS
from archcalc.exporters.onnx.moves import MOVES
from archcalc.exporters.onnx.pointwise import POINTWISE
from archcalc.exporters.onnx.reductions import REDUCTIONS
from archcalc.exporters.onnx.tokens import TOKENS
from archcalc.network import INPUT, Network

TRANSLATORS = {**LAYERS, **MOVES, **POINTWISE, **REDUCTIONS, **TOKENS, **ATTENTION}

MAY_DO_NOTHING = ("crop", "pad", "shuffle", "slice")


VIEWS = ("input", "pixel_unshuffle", "rearrange", "reshape", "transpose")
"""Readers see these in the layer that reads them."""


def model_of(network: Network) -> bytes:
    """The network as a file. Raises ArchcalcError with every layer that ONNX lacks."""
    if not network.output:
        raise ArchcalcError(f"{network.name} cannot be written for ONNX: it has no layer")
    if all(node.aux or node.op.name in VIEWS for node in network.layers):
        raise ArchcalcError(f"{network.name} cannot be written for ONNX: readers find no layer in mere moves")
    writer = OnnxWriter(network)
    reasons: dict[str, list[str]] = {}
    placed: dict[int, Placed] = {}
    for layer in placed_layers(network):
        placed[layer.number] = layer
        try:
            if not _shares_like_a_reader(layer, placed.get(network.layers[layer.number - 1].same_as)):
                raise NotInFormat("readers of ONNX would count these shared weights twice")
            if layer.op.name in MAY_DO_NOTHING and not _moves(layer):
                raise NotInFormat("readers of ONNX leave out a layer that changes nothing")
            if layer.op.name not in TRANSLATORS:
                raise NotInFormat(f"archcalc has no node of ONNX for {layer.op.name}")
            TRANSLATORS[layer.op.name](layer, writer)
        except NotInFormat as error:
            reasons.setdefault(str(error), []).append(layer.path)
            writer.tensors[layer.number] = writer.tensors[INPUT]
    if reasons:
        raise refusal(network, "ONNX", reasons)
    return writer.file(network.output)


def _shares_like_a_reader(layer: Placed, other: Placed | None) -> bool:
    """Whether a reader sees that a layer uses the arrays of another one: they have the same trained arrays.

    The statistics of a norm are no trained arrays.
    """
    if other is None or not [*layer.op.weights(layer.xs, layer.y)]:
        return True
    return bool(_trained(layer)) and _trained(layer) == _trained(other)


def _trained(layer: Placed) -> list[tuple[str, Sequence[Dim]]]:
    arrays = layer.op.weights(layer.xs, layer.y)
    return [(weight.name, weight.shape) for weight in arrays if weight.role != "buffer"]


def _moves(layer: Placed) -> bool:
    """Whether a layer that moves values moves any."""
    (x, *_) = layer.xs
    return bool(layer.y != x or (layer.op.name == "shuffle" and layer.op.groups not in (1, x.channels)))
