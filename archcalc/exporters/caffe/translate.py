"""The layers of a network one after the other, and every layer that Caffe lacks at once."""

from __future__ import annotations

from archcalc.errors import ArchcalcError
from archcalc.exporters.as_placed import Placed
from archcalc.exporters.as_refusal import NotInFormat, refusal
from archcalc.exporters.caffe.graph import CaffeWriter, input_layer
from archcalc.exporters.caffe.layers import LAYERS
from archcalc.exporters.caffe.text import lines
from archcalc.network import INPUT, Network


def prototxt(network: Network) -> str:
    """The network in the text format. Raises ArchcalcError with every layer that Caffe lacks."""
    writer = CaffeWriter(network)
    if not writer.kept:
        raise ArchcalcError(f"{network.name} cannot be written for Caffe: it has no layer")
    reasons: dict[str, list[str]] = {}
    for number in writer.kept:
        layer = writer.placed(number)
        try:
            _check(layer, writer)
            if layer.op.name not in LAYERS:
                raise NotInFormat(f"Caffe has no layer for {layer.op.name}")
            LAYERS[layer.op.name](layer, writer)
        except NotInFormat as error:
            reasons.setdefault(str(error), []).append(layer.path)
            writer.blobs[number] = layer.path
        if not layer.y.spatial and (layer.op.name in ("fc", "flatten") or writer.vectors & {*layer.inputs}):
            writer.vectors.add(number)
    if reasons:
        raise refusal(network, "Caffe", reasons)
    data = input_layer(writer.blobs[INPUT], network.input)
    message = {"name": network.name, "layer": [data, *writer.layers]}
    return "".join(f"{line}\n" for line in lines(message))


def _check(layer: Placed, writer: CaffeWriter) -> None:
    """Refuse shared arrays that a reader would count twice (``importers.as_shared``). Raises NotInFormat."""
    number = writer.nodes[layer.number - 1].same_as
    roles = {weight.role for weight in layer.op.weights(layer.xs, layer.y)}
    if not (number and roles):
        return
    other = writer.nodes[number - 1].op
    if "weight" not in roles or layer.op.name != other.name or vars(layer.op) != vars(other):
        raise NotInFormat("readers of Caffe would count these shared weights twice")
