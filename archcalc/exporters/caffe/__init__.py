"""Caffe: a network as a prototxt file, which BVLC's Caffe and archcalc read.

``translate`` goes through the layers, ``layers`` says what each op is in Caffe, and ``text`` writes the file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archcalc.network import Network

TITLE = "Caffe"
ENDINGS = (".prototxt",)


def write(network: Network) -> str:
    """The network as prototxt. Raises ArchcalcError if Caffe lacks one of its layers."""
    from archcalc.exporters.caffe.translate import prototxt

    return prototxt(network)
