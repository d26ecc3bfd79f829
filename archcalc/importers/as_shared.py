"""Layers that use the arrays of others, in files that only say the names of the arrays of each layer."""

from __future__ import annotations

from collections import Counter

from archcalc.importers.as_network import LayerList


def tie_layers(layers: LayerList, merged: bool = True) -> list[str]:
    """Tie each layer to the first one that has its op and all its arrays. The names of arrays left out.

    Left out are weights that several layers use and that still count for each of them: the layers have
    different ops or sizes, or share some of their arrays only.

    A norm is tied only if it stands behind layers that are tied, as the other norm does: exporters store
    equal arrays once, so norms that were never trained have the same arrays, too. Without ``merged`` the file
    comes from an exporter that does not: layers that read the same arrays share them.
    """
    first: dict[object, int] = {}
    alike = list(range(len(layers.input_names)))
    """By the number of a layer: the first one that does the same with other values."""

    users: Counter[str] = Counter()
    for number in range(len(alike), len(layers.volumes)):
        node = layers.nodes[number - 1]
        trained = layers.trained(number)
        names = layers.arrays.get(number, ())
        is_known = len(names) == len(trained)
        by_name = is_known and (not merged or any(weight.role == "weight" for weight in trained))
        arrays = [(name, weight.shape) for name, weight in zip(names, trained, strict=False)]
        reads = () if by_name else tuple(alike[source] for source in node.inputs)
        op = (node.op.name, repr(vars(node.op))) if merged or not trained else ()
        key = (op, tuple(arrays), reads) if is_known else number
        earlier = first.setdefault(key, number)
        alike.append(earlier)
        if trained and earlier != number and (by_name or layers.nodes[earlier - 1].inputs != node.inputs):
            layers.tie(number, earlier)
        else:
            users.update(
                name for name, weight in zip(names, trained, strict=False) if weight.role == "weight"
            )
    return [name for name, count in users.items() if count > 1]
