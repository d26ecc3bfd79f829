"""Network -> YAML as a person writes it: branches, blocks with arguments, repeats.

1. ``tree``: the graph becomes a series-parallel tree, a list of items. A merge whose inputs lie one after the
   other in front of it gets branches. Any other wire stays a ``from``.
2. ``modules``: the layers of one module stand together in a scope, if one wire goes in and one comes out.
3. ``blocks``: from the innermost scopes outwards, scopes that are alike (``alike``: up to numbers, and up to a
   few layers that only some of them have) become uses of one block. Values that differ become its arguments
   (``arguments``), each named by what it sets: ``filters``, ``stride``, ``depth``. All other scopes are opened.
4. ``repeats``: items that follow each other and are the same become a repeat.
5. ``names``, ``defaults`` and ``text`` write the items.

The order of the layers never changes. What is written is read back and compared, layer by layer; if anything
differs, the network is written as a plain list.
"""

from __future__ import annotations

from archcalc.errors import ArchcalcError, Source
from archcalc.language.folding.alike import MISSING
from archcalc.language.folding.blocks import Found, with_blocks
from archcalc.language.folding.defaults import Defaults
from archcalc.language.folding.items import SCOPE, Expression, Item, Items, in_lists
from archcalc.language.folding.modules import with_scopes
from archcalc.language.folding.names import with_names
from archcalc.language.folding.repeats import with_repeats
from archcalc.language.folding.text import Layout
from archcalc.language.folding.tree import tree_of
from archcalc.language.write import flat, free_sizes, head_lines, value_text, write
from archcalc.network import Network

__all__ = ["MISSING", "write_folded"]

MOST_LAYERS = 5000
"""A longer network is written as a plain list: comparing its parts would take seconds."""


def write_folded(network: Network) -> str:
    """A network as a spec with blocks and repeats; it reads back to the same layers in the same order.

    The side of a square input and the units of the last layer become the settings size and classes.
    Auxiliary heads are left out: they are in no total. Raises ArchcalcError if no spec can express it.
    """
    plain = flat(network)
    if len(plain.layers) <= MOST_LAYERS:
        text = _folded(plain, network)
        if _reads_back(text, plain):
            return text
    return write(network, settings=True)


def _folded(plain: Network, network: Network) -> str:
    kept = [node for node in network.layers if not node.aux]
    layers = [node._replace(path=old.path) for node, old in zip(plain.layers, kept, strict=True)]
    items, blocks = found(tree_of(Network(network.name, network.input, layers)))
    free = free_sizes(plain)
    if "classes" in free:
        items = _with_classes(items, free)
    lists = [items, *[block.layers for block in blocks]]
    defaults = Defaults(lists)
    layout = Layout({block.name: block for block in blocks}, defaults)
    lines = head_lines(network, free)
    if entries := dict(defaults.entries()):
        lines.append("defaults:")
        lines += [f"  {kind}: {layout_text(entry)}" for kind, entry in entries.items()]
    if blocks:
        lines.append("blocks:")
    for block in blocks:
        lines.append(f"  {block.name}:")
        if block.arguments:
            written = [
                name if default is None else f"{{{name}: {value_text(default)}}}"
                for name, default in block.arguments.items()
            ]
            lines.append(f"    args: [{', '.join(written)}]")
        lines.append("    layers:")
        lines += layout.lines(with_names(block.layers, is_block=True), 6)
    lines.append("layers:")
    lines += layout.lines(with_names(items), 2)
    return "\n".join(lines) + "\n"


def layout_text(entry):
    from archcalc.language.folding.text import _text
    return "{" + ", ".join(f"{k}: {_text(v)}" for k, v in entry.items()) + "}"


def found(items: Items) -> Found:
    """The items with blocks and repeats."""
    items, blocks = with_blocks(in_lists(items, with_scopes))
    items, blocks = with_blocks(_merges_as_scopes(items), blocks)
    blocks = [block._replace(layers=in_lists(block.layers, with_repeats)) for block in blocks]
    return Found(in_lists(items, with_repeats), blocks)


def _merges_as_scopes(items: Items) -> Items:
    """The list with each merge that stands in no module as a scope of its own."""
    from archcalc.language.folding.items import LAYERS

    return tuple(
        Item(SCOPE, parts={LAYERS: (item._replace(path=(), reads=None),)}, path=item.path, reads=item.reads)
        if item.parts and item.kind != "repeat"
        else item
        for item in items
    )


def _with_classes(items: Items, free: dict[str, int]) -> Items:
    """The items with ``classes`` as the units of the last layer; else without this setting."""
    for place in reversed(range(len(items))):
        item = items[place]
        if item.kind == "fc" and item.options["units"] == free["classes"]:
            changed = item._replace(options={**item.options, "units": Expression("classes")})
            return (*items[:place], changed, *items[place + 1 :])
        if item.parts or item.options.get("units"):
            break
    del free["classes"]
    return items


def _reads_back(text: str, plain: Network) -> bool:
    from archcalc.language.parse import parse

    try:
        again = parse(Source("written", text)).bind()
    except ArchcalcError as error:
        print(error)
        return False
    pairs = list(zip(again.layers, plain.layers, strict=False))
    return len(again.layers) == len(plain.layers) and all(
        type(a.op) is type(b.op) and repr(a.op) == repr(b.op) and a.inputs == b.inputs and a.follower == b.follower
        and a.same_as == b.same_as
        for a, b in pairs
    )
