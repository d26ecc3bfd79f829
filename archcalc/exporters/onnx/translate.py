"""The layers of a network one after the other, and every layer that ONNX lacks at once."""

from __future__ import annotations

from archcalc.errors import ArchcalcError
from archcalc.exporters.as_placed import Placed, placed_layers
from archcalc.exporters.as_refusal import NotInFormat, refusal
from archcalc.exporters.onnx.graph import OnnxWriter
from archcalc.exporters.onnx.layers import LAYERS
from archcalc.exporters.onnx.pointwise import POINTWISE
from archcalc.network import INPUT, Network

TRANSLATORS = {**LAYERS, **POINTWISE}


MOVES = ("crop", "pad", "shuffle", "slice")


def model_of(network: Network) -> bytes:
    """The network as a file. Raises ArchcalcError with every layer that ONNX lacks."""
    if not network.output:
        raise ArchcalcError(f"{network.name} cannot be written for ONNX: it has no layer")
    writer = OnnxWriter(network)
    reasons: dict[str, list[str]] = {}
    for layer in placed_layers(network):
        try:
            if not _shares_like_a_reader(network, layer):
                raise NotInFormat("readers of ONNX would count these shared weights twice")
            if layer.op.name in MOVES and not _moves(layer):
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


def _shares_like_a_reader(network: Network, layer: Placed) -> bool:
    """Whether a reader sees that a layer uses the arrays of another one (``importers.as_shared``).

    The two must be alike. And norms that were never trained have equal arrays, too, so a norm must read a
    layer that is tied as it is.
    """
    number = network.layers[layer.number - 1].same_as
    roles = {weight.role for weight in layer.op.weights(layer.xs, layer.y)}
    if not (number and roles):
        return True
    other = network.layers[number - 1]
    if layer.op.name != other.op.name or vars(layer.op) != vars(other.op):
        return False
    if "weight" in roles:
        return True
    sources = zip(layer.inputs, other.inputs, strict=True)
    return all(one and other and network.layers[one - 1].same_as == other for one, other in sources)


def _moves(layer: Placed) -> bool:
    """Whether a layer that moves values moves any."""
    (x, *_) = layer.xs
    return bool(layer.y != x or (layer.op.name == "shuffle" and layer.op.groups not in (1, x.channels)))
