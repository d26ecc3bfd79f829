"""The whole spec: its head, its defaults, its blocks and its layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from archcalc.errors import ArchcalcError, Source
from archcalc.language.folding.blocks import Found, with_blocks
from archcalc.language.folding.defaults import Defaults
from archcalc.language.folding.items import (
    LAYERS,
    REPEAT,
    SCOPE,
    ExpressionText,
    SpecBlock,
    SpecItem,
    SpecItems,
    in_lists,
)
from archcalc.language.folding.modules import with_scopes
from archcalc.language.folding.names import with_names
from archcalc.language.folding.repeats import with_repeats
from archcalc.language.folding.text import SpecText, text_of
from archcalc.language.folding.tree import tree_of, values_of
from archcalc.language.parse import parse
from archcalc.language.write import flat, free_sizes, head_lines, write
from archcalc.network import INPUT_NAME, Network, Node
from archcalc.ops.base import Op

MOST_LAYERS = 5000
"""A longer network is written as a plain list: comparing its parts would take seconds."""


def write_folded(network: Network) -> str:
    """A network as a spec with blocks and repeats, which reads back to the same layers in the same order.

    The side of a square input and the units of the last layer become the settings size and classes.
    Auxiliary heads are left out: they are in no total. Raises ArchcalcError if no spec can
    express it.

    >>> from archcalc import load
    >>> print(write_folded(load("resnet50")).partition("layers:\\n  - ")[2].splitlines()[2])
      - {stage: [64, 3], stride: 1, name: conv2_x}
    """
    plain = flat(network)
    if len(plain.layers) > MOST_LAYERS:
        return write(network, settings=True)
    ways = (text_of_spec(network, plain, find) for find in (folded, branches_only))
    return next((text for text in ways if reads_back(text, plain)), write(network, settings=True))


def text_of_spec(network: Network, plain: Network, find: Callable[[SpecItems], Found]) -> str:
    """The spec of a network; ``plain`` has the same layers without heads, and ``find`` folds them."""
    kept = [node for node in network.layers if not node.aux]
    layers = [node._replace(path=old.path) for node, old in zip(plain.layers, kept, strict=True)]
    items, blocks = find(tree_of(layers))
    free = free_sizes(plain)
    if "classes" in free:
        items = _with_classes(items, free)
    defaults = Defaults([items, *[block.layers for block in blocks]])
    layout = SpecText({block.name: block for block in blocks}, defaults)
    lines = head_lines(network, free)
    if entries := list(defaults.entries()):
        lines += ["defaults:", *[f"  {kind}: {text_of(entry)}" for kind, entry in entries]]
    if blocks:
        lines += ["blocks:", *_block_lines(blocks, layout)]
    written = list(layout.lines(with_names(items, inputs=[*plain.named_inputs] or [INPUT_NAME]), 2))
    return "\n".join([*lines, "layers:", *written] if written else [*lines, "layers: []"]) + "\n"


def _block_lines(blocks: Sequence[SpecBlock], layout: SpecText) -> Iterator[str]:
    for block in blocks:
        yield f"  {block.name}:"
        if block.arguments:
            names = block.arguments.items()
            written = [name if default is None else text_of({name: default}) for name, default in names]
            yield f"    args: [{', '.join(written)}]"
        yield "    layers:"
        yield from layout.lines(with_names(block.layers, is_block=True), 6)


# --- folding ------------------------------------------------------------------------------------------------


def folded(tree: SpecItems) -> Found:
    """The items with blocks and repeats: those of modules first, then those of merges in no module."""
    items, blocks = with_blocks(in_lists(tree, with_scopes))
    items, blocks = with_blocks(_merges_as_scopes(items), blocks)
    blocks = [block._replace(layers=in_lists(block.layers, with_repeats)) for block in blocks]
    return Found(in_lists(items, with_repeats), blocks)


def branches_only(tree: SpecItems) -> Found:
    """The items as they are."""
    return Found(tree, ())


def _merges_as_scopes(items: SpecItems) -> SpecItems:
    """The list with each merge as a scope of its own, so that it can become a block."""
    return tuple(
        [
            SpecItem(
                SCOPE,
                parts={LAYERS: (item._replace(path=(), reads=None),)},
                path=item.path,
                reads=item.reads,
            )
            if item.parts and item.kind != REPEAT
            else item
            for item in items
        ]
    )


def _with_classes(items: SpecItems, free: dict[str, int]) -> SpecItems:
    """The items with ``classes`` as the width of the last layer that has one, else without this setting."""
    for place in reversed(range(len(items))):
        item = items[place]
        name = {"fc": "units", "conv": "filters"}.get(item.kind, "")
        if name and item.options[name] == free["classes"]:
            changed = item._replace(options={**item.options, name: ExpressionText("classes")})
            return (*items[:place], changed, *items[place + 1 :])
        if name or item.parts:
            break
    del free["classes"]
    return items


# --- the law ------------------------------------------------------------------------------------------------


def reads_back(text: str, network: Network) -> bool:
    """Whether a spec has the layers of a network, in the same order and with the same wires."""
    try:
        again = parse(Source("written", text)).bind()
    except ArchcalcError:
        return False
    return _wiring(again) == _wiring(network) and again.output == network.output


def _wiring(network: Network) -> list[tuple[object, ...]]:
    return [
        (type(node.op), _by_kind(values_of(node.op)), node.inputs, node.follower, _shares(node))
        for node in network.layers
    ]


def _shares(node: Node) -> int:
    """The layer whose arrays a layer uses: a layer without arrays uses none, even in a block that is tied."""
    return node.same_as if type(node.op).weights is not Op.weights else 0


def _by_kind(values: Mapping[str, object]) -> str:
    # As texts: 1 and true are equal in Python.
    return repr(values)
