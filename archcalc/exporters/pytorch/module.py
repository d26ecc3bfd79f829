"""The file: its docstring, its imports, the classes from the inner ones to the network."""

from __future__ import annotations

import re
import textwrap

from archcalc.errors import ArchcalcError
from archcalc.exporters.as_placed import placed_layers
from archcalc.exporters.as_refusal import check_inputs, refusal
from archcalc.exporters.pytorch.blocks import BlockFinder, Group, with_holes
from archcalc.exporters.pytorch.classes import WIDTH, ClassWriter
from archcalc.exporters.pytorch.helpers import HELPERS, needed_helpers
from archcalc.exporters.pytorch.names import FreeNames, class_name, in_docstring
from archcalc.network import Network
from archcalc.ops.base import Volume


def source_of(network: Network) -> str:
    """The network as a Python file. Raises ArchcalcError with every layer that cannot be written."""
    if not network.output:
        raise ArchcalcError(f"{network.name} cannot be written for PyTorch: it has no layer")
    check_inputs(network, "PyTorch")
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
    return _file(network, list(finder.groups.values()), whole)


def _file(network: Network, groups: list[Group], whole: Group) -> str:
    written = [group for group in groups if not group.is_inline]
    names = _names(network, written, whole)
    classes = [ClassWriter(group, names).text(f"The block {in_docstring(group.name)}.") for group in written]
    classes.append(ClassWriter(whole, names).text(_figures(network)))
    text = "\n\n\n".join(classes)
    text = "\n\n\n".join([*needed_helpers(text), text])
    imports = ["import torch"] if re.search(r"(?<!\w)torch\.", text) else []
    imports += ["import torch.nn.functional as F"] if re.search(r"(?<!\w)F\.", text) else []
    return "\n".join([_docstring(network), "", *imports, "from torch import nn", "", "", text, ""])


def _names(network: Network, groups: list[Group], whole: Group) -> dict[int, str]:
    """The names of the classes: the most used class of a block has the name of the block."""
    taken = FreeNames(frozenset(HELPERS))
    title = re.split(r" \(|, |: ", network.title)[0]
    names = {id(whole): taken.free(class_name(title or network.name))}
    first: dict[str, Group] = {}
    for group in sorted(groups, key=lambda group: -group.uses):
        plain = class_name(group.name)
        difference = _difference(group, first.setdefault(group.name, group))
        names[id(group)] = taken.free(plain, f"{plain}{difference}", before_number="")
    return names


def _difference(group: Group, other: Group) -> str:
    """What a class has that another one of the same block lacks, or lacks itself, as the end of its name."""
    mine, theirs = ({row.path.partition("/")[0] for row in one.body.rows} for one in (group, other))
    for word, more in (("With", mine - theirs), ("Without", theirs - mine)):
        if more:
            return f"{word}{class_name(min(more))}"
    return ""


def _docstring(network: Network) -> str:
    about = in_docstring(network.title or network.name)
    if not network.source:
        return f'"""{about}."""'
    source = textwrap.fill(f"Source: {in_docstring(network.source)}", WIDTH)
    return f'"""{about}.\n\n{source}\n"""'


def _figures(network: Network) -> str:
    """What the class computes, for its docstring."""
    params, macs, output = 0, 0, network.input
    for layer in placed_layers(network):
        arrays = layer.op.weights(layer.xs, layer.y)
        params += sum(weight.count for weight in arrays if weight.role != "buffer")
        macs += layer.op.cost(layer.xs, layer.y).get("macs", 0)
        output = layer.y if layer.number == network.output else output
    counts = f"{params:,} parameters; {macs:,} multiply-accumulates for one image."
    return f"Input: {_sizes(network.input)}. Output: {_sizes(output)}.\n\n    {counts}\n    "


def _sizes(volume: Volume) -> str:
    return " x ".join(["N", *map(str, (volume.channels, *volume.spatial))])
