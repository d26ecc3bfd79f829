"""Caffe: a network as a prototxt file, which BVLC's Caffe and archcalc read.

``graph`` goes through the layers, ``layers`` says what each op is in Caffe, ``text`` writes the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archcalc.network import Network

TITLE = "Caffe"
ENDINGS = (".prototxt",)


def write(network: Network) -> str:
    """The network as prototxt. Raises ArchcalcError if Caffe lacks one of its layers."""
    from archcalc.exporters.caffe.graph import prototxt

    return prototxt(network)
