"""PyTorch: a program or an exported file as a network.

``source`` finds and builds the module of a program. ``trace`` runs it once on tensors without values, and
``pt2`` goes through the nodes of a file of torch.export: both give the calls of PyTorch's functions.
``vocabulary`` has the names of these functions, and says which file of ``as_calls`` translates a call.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archcalc.network import Network

PREFIX = "torch:"
ENDINGS = (".pt2",)
OPTIONS = ("args", "opaque")


def read(
    target: Any, input: str = "", args: Mapping[str, Any] | None = None, opaque: bool = False
) -> Network:
    """The network of a module, of a program ``torch:package.module:callable``, or in a ``.pt2`` file.

    Raises ArchcalcError.
    """
    if not isinstance(target, str):
        from archcalc.importers.torch.source import network_of_module

        return network_of_module(target, input, type(target).__name__, opaque=opaque)
    if target.startswith(PREFIX):
        from archcalc.importers.torch.source import network_of_program

        return network_of_program(target, input, args or {}, opaque=opaque)
    from archcalc.importers.torch.pt2 import network_in

    return network_in(target, input, opaque=opaque)
