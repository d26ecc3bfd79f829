"""ONNX: a network as a graph, which ONNX Runtime, Netron and archcalc read.

``translate`` goes through the layers, ``graph`` has the nodes of the file, and ``wire`` writes them as
protobuf. Which nodes each op is stands in ``layers`` (convolutions, pools, norms, joins), ``moves``,
``pointwise``, ``reductions``, ``tokens`` (matrices, trained values, words), and in ``attention`` with
``windows`` and ``scores``. The package ``onnx`` is not needed: to import it takes longer than to write a
whole network here.

The values of the weights are zeros, and no byte of them is stored: a ``Constant`` node with a sparse value
of no entries has the type and the shape of a stored array. So the file of VGG-16 has a few kilobytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archcalc.network import Network

TITLE = "ONNX"
ENDINGS = (".onnx",)


def write(network: Network) -> bytes:
    """The network as an ONNX file. Raises ArchcalcError if ONNX lacks one of its layers."""
    from archcalc.exporters.onnx.translate import model_of

    return model_of(network)
