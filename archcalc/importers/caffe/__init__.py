"""Caffe: the layers of a prototxt file as a network.

``text_format`` reads the text, ``model`` finds the layers of the test phase and the input, and ``translate``
goes through the layers. How each of them becomes a layer stands in ``layers`` (conv, pools, norms), ``joins``
(several inputs or outputs), ``forms`` (reshape, crop) and ``pointwise`` (activations).

No package is needed: protobuf would need a compiled ``caffe.proto``, and it refuses the fields of forks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archcalc.network import Network

ENDINGS = (".prototxt",)


def read(path: str, input: str = "") -> Network:
    """The network in a prototxt file. Raises ArchcalcError."""
    from archcalc.importers.caffe.translate import network_in

    return network_in(path, input)
