"""Networks as specs, and as models for other programs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from archcalc.language.find import network_of
from archcalc.language.settings import Input, Settings

if TYPE_CHECKING:
    from archcalc.language.find import FilePath, Target
    from archcalc.network import Network


def to_yaml(
    target: Target | Network,
    settings: Settings | None = None,
    *,
    input: Input | None = None,
    flat: bool = False,
) -> str:
    """A network as a spec, with blocks, repeats and branches; it reads back to the same figures.

    The side of a square input and the units of the last layer are its settings size and classes.

    Parameters:
        target: a model of another program (``net.onnx``, a module), a name, a path to a spec, or a network.
        settings: settings to change, as for ``load``; of a target that is no network.
        input: the shape of the input of a model, as for ``load``.
        flat: write a plain list, with one line for each layer.

    Raises:
        SpecError: the spec has mistakes.
        ArchcalcError: the network or the file does not exist, or no spec can express it.

    >>> print(to_yaml("lenet5-lecture", flat=True).partition("layers:")[2].splitlines()[1])
      - {conv: 6, kernel: 5, name: conv1, then: [tanh]}
    >>> print(to_yaml("googlenet").partition("layers:")[2].splitlines()[2].strip())
    "1x1": [{conv: n1x1, kernel: 1}]
    """
    network = network_of(target, settings, strict=True, input=input)
    if flat:
        from archcalc.language.write import write

        return write(network, settings=True)
    from archcalc.language.folding.spec import write_folded

    return write_folded(network)


def export(target: Target | Network, path: FilePath, settings: Settings | None = None) -> None:
    """Write a network as a model for another program, without weights. The ending of the file is the format.

    ``.onnx`` is ONNX, ``.py`` a PyTorch module, ``.prototxt`` a net of Caffe. The model has the same layers
    and the same figures; auxiliary heads are left out.

    Parameters:
        target: a name, a path to a spec, a model of another program, or a network.
        path: the file, such as ``net.onnx``. An old file is replaced.
        settings: settings to change, as for ``load``; of a target that is text.

    Raises:
        SpecError: the spec has mistakes.
        ArchcalcError: the network does not exist, the ending of the file is unknown, the format lacks layers
            of the network, or the file cannot be written.

    Example:
        export("resnet50", "resnet50.onnx")
    """
    from archcalc.engine.worked_segments import blocks_or_raise
    from archcalc.exporters import exported, exporter_of
    from archcalc.files import write_whole

    path = os.fspath(path)
    exporter_of(path)  # an unknown ending is told before the network is read
    network = network_of(target, settings, strict=True)
    blocks_or_raise(network)  # a layer that does not fit is refused
    write_whole(path, exported(network, path))
