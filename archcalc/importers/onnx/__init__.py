"""ONNX: the graph of a file as a network.

``wire`` reads protobuf and skips the weights, ``model`` makes records of it, ``trained`` says which tensors
are weights, and ``translate`` goes through the nodes. A node is read as the call of a function of PyTorch,
with the axes and the layers of ``importers.as_calls``. How a node becomes a call stands in ``layers`` (conv,
pools, norms), ``products``, ``forms`` (reshape, transpose), ``reductions`` and ``pointwise`` (sums,
products, activations).

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
