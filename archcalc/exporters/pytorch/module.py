"""The file: its docstring, its imports, the classes from the inner ones to the network."""

from __future__ import annotations

from archcalc.errors import ArchcalcError
from archcalc.exporters.as_placed import placed_layers
from archcalc.exporters.as_refusal import refusal
from archcalc.exporters.pytorch.blocks import BlockFinder, Group, with_holes
from archcalc.exporters.pytorch.classes import ClassWriter
from archcalc.exporters.pytorch.helpers import HELPERS, needed_helpers
from archcalc.exporters.pytorch.names import FreeNames, class_name, in_docstring
from archcalc.network import Network


def source_of(network: Network) -> str:
    """The network as a Python file. Raises ArchcalcError with every layer that cannot be written."""
    if not network.output:
        raise ArchcalcError(f"{network.name} cannot be written for PyTorch: it has no layer")
    finder = BlockFinder()
    body, _ = finder.body(network.segment, (network.input,))
    shared = [node.path for node in network.layers if node.same_as and not node.aux]
    if shared:
        finder.reasons["archcalc writes no layers that share their weights"] = shared
    if finder.reasons:
        raise refusal(network, "PyTorch", finder.reasons)
    holed, values = with_holes(body)
    whole = Group(network.name, holed, True)
    whole.add(values, (None, None))
    return _file(network, finder, whole)


def _file(network: Network, finder: BlockFinder, whole: Group) -> str:
    taken = FreeNames(frozenset(HELPERS))
    names = {id(whole): taken.free(class_name(network.name))}
    written = [group for group in finder.groups.values() if not group.is_inline]
    for group in sorted(written, key=lambda group: -group.uses):
        names[id(group)] = taken.free(class_name(group.name))
    classes = [ClassWriter(group, names).text(_about(group)) for group in written]
    text = "\n\n\n".join([*classes, ClassWriter(whole, names).text(_figures(network))])
    text = "\n\n\n".join([*needed_helpers(text), text])
    imports = ["import torch"] if "torch." in text else []
    imports += ["import torch.nn.functional as F"] if "F." in text else []
    about = in_docstring(network.title or network.name)
    source = f"\n\nSource: {in_docstring(network.source)}" if network.source else ""
    head = "\n".join([f'"""{about}.{source}', '"""' if source else "", "", *imports, "from torch import nn"])
    if not source:
        head = head.replace(f'{about}.\n\n', f'{about}."""\n\n', 1)
    return f"{head}\n\n\n{text}\n"


def _about(group: Group) -> str:
    return f"The block {in_docstring(group.name)}."


def _figures(network: Network) -> str:
    """What the class computes, as one line."""
    params = macs = 0
    for layer in placed_layers(network):
        arrays = layer.op.weights(layer.xs, layer.y)
        params += sum(weight.count for weight in arrays if weight.role != "buffer")
        macs += layer.op.cost(layer.xs, layer.y).get("macs", 0)
    sizes = " x ".join(["N", *map(str, (network.input.channels, *network.input.spatial))])
    return f"Input {sizes}; {params:,} parameters; {macs:,} multiply-accumulates for one image."
