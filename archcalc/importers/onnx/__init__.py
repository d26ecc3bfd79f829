"""ONNX: the graph of a file as a network.

``wire`` reads protobuf and skips the weights, ``model`` makes records of it, ``values`` says what a tensor
is, and ``translate`` goes through the nodes. How a node becomes a layer stands in ``layers`` (conv, pools,
norms), ``forms`` (reshape, transpose) and ``pointwise`` (sums, products, activations).

No package is needed: importing ``onnx`` alone takes longer than reading a whole network here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archcalc.network import Network

ENDINGS = (".onnx",)


def read(path: str, input: str = "") -> Network:
    """The network in an ONNX file. Raises ArchcalcError."""
    from archcalc.importers.onnx.translate import network_in

    return network_in(path, input)
