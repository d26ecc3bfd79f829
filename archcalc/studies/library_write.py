"""Networks as specs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archcalc.language.find import network_of
from archcalc.language.settings import Settings

if TYPE_CHECKING:
    from archcalc.network import Network


def to_yaml(target: str | Network, settings: Settings | None = None) -> str:
    """A network as a spec with one line for each layer; it reads back to the same figures.

    The side of a square input and the units of the last layer are its settings size and classes.

    Parameters:
        target: a model of another program (``net.onnx``), a name, a path to a spec, or a network.
        settings: settings to change, as for ``load``; of a target that is text.

    Raises:
        SpecError: the spec has mistakes.
        ArchcalcError: the network or the file does not exist, or a flat spec cannot express it.

    >>> print(to_yaml("lenet5-lecture").partition("layers:")[2].splitlines()[1])
      - {conv: 6, kernel: 5, name: conv1, then: [tanh]}
    """
    from archcalc.language.write import write

    return write(network_of(target, settings, strict=True), settings=True)
