"""PyTorch: a network as a Python file with modules of ``torch.nn``, which does not need archcalc.

An op says itself which module it is (``op.torch``): ``record`` hands it a namespace that writes down the
calls. ``actions`` makes expressions of them, ``blocks`` finds the classes, ``names`` makes identifiers of
paths, ``classes`` and ``forward`` write the text, and ``helpers`` has the few classes that torch lacks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archcalc.network import Network

TITLE = "PyTorch"
ENDINGS = (".py",)


def write(network: Network) -> str:
    """The network as Python. Raises ArchcalcError if archcalc cannot write one of its layers."""
    from archcalc.exporters.pytorch.module import source_of

    return source_of(network)
