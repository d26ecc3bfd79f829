"""Blocks: scopes that are alike become uses of one block, the innermost scopes first."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeAlias

from archcalc.language.folding.alike import MISSING, Likeness, form_of, together
from archcalc.language.folding.arguments import Defined, define
from archcalc.language.folding.items import (
    LAYERS,
    REPEAT,
    SAYS_NOTHING,
    SCOPE,
    SpecBlock,
    SpecItem,
    SpecItems,
    in_lists,
    inside,
    rows_of,
    words,
)
from archcalc.language.folding.modules import opened
from archcalc.language.vocabulary import COMMON, STRUCTURES
from archcalc.ops import OPS

MOST_ARGUMENTS = 8

MOST_FORMS = 24
"""Scopes of different forms that are compared with each other: more would take seconds."""


_Members: TypeAlias = list[tuple[SpecItem, SpecItems]]
"""Scopes of one form, each with its layers."""


class Found(NamedTuple):
    """SpecItems that use blocks, and the blocks."""

    items: SpecItems
    blocks: Sequence[SpecBlock]


class _Family(NamedTuple):
    """Scopes that are alike, as one list of layers with the values of all."""

    scopes: Sequence[SpecItem]
    layers: SpecItems

    @property
    def modules(self) -> Counter[str]:
        """The names of the modules without their numbers, and how often there is each."""
        return Counter(_base(scope.path) for scope in self.scopes)


def with_blocks(items: SpecItems, blocks: Sequence[SpecBlock] = ()) -> Found:
    """The items without scopes: a scope that is like another one uses a block, any other is opened."""
    blocks = list(blocks)
    while scopes := list(_innermost(items)):
        roles = {block.name: block.roles for block in blocks}
        uses: dict[int, SpecItem] = {}
        for family in _families(scopes, _only_ones(items)):
            name = _block_name(family, [*OPS, *STRUCTURES, *COMMON, "then", *roles])
            defined = define(name, _plain(family.layers), roles)
            if not _is_worth(family, defined):
                continue
            blocks.append(defined.block)
            roles[name] = defined.block.roles
            for scope, values in zip(family.scopes, defined.uses, strict=True):
                uses[id(scope)] = SpecItem(name, values, path=scope.path, reads=scope.reads)
        items = in_lists(items, partial(_without_scopes, scopes=scopes, uses=uses))
    return Found(items, blocks)


def _innermost(items: SpecItems) -> Iterator[SpecItem]:
    """The scopes without scopes in them."""
    for item in items:
        for part in item.parts.values():
            yield from _innermost(part)
        if item.kind == SCOPE and not any(one.kind == SCOPE for one in inside(item.layers)):
            yield item


def _only_ones(items: SpecItems) -> set[int]:
    """The scopes that stand alone in the scope around them: there they are no block of their own."""
    alone = set()
    for scope in inside(items):
        if scope.kind == SCOPE:
            children = list(_children(scope.layers))
            forms: dict[Any, list[SpecItem]] = defaultdict(list)
            for child in children:
                forms[_loose_form(child.layers)].append(child)
            alone |= {id(same[0]) for same in forms.values() if len(same) == 1}
    return alone


def _loose_form(items: SpecItems) -> Any:
    return tuple(item.kind for item in items)


def _children(items: SpecItems) -> Iterator[SpecItem]:
    """The scopes in a list, without those in other scopes."""
    for item in items:
        if item.kind == SCOPE:
            yield item
        else:
            for part in item.parts.values():
                yield from _children(part)


# --- families ----------------------------------------------------------------------------------------------


def _families(scopes: Sequence[SpecItem], alone: set[int]) -> list[_Family]:
    """The scopes that are alike, each family with its layers."""
    lists = _with_counts([scope.layers for scope in scopes])
    forms: dict[Any, _Members] = defaultdict(list)
    for scope, layers in zip(scopes, lists, strict=True):
        forms[form_of(layers)].append((scope, layers))
    families = [
        _Family([scope for scope, _ in members], together([layers for _, layers in members]))
        for members in _most_used(list(forms.values()))
    ]
    merged = _merged(families)
    is_alone = [all(id(scope) in alone for scope in family.scopes) for family in merged]
    return [
        family for family, only in zip(merged, is_alone, strict=True) if len(family.scopes) > 1 and not only
    ]


def _most_used(groups: Sequence[_Members]) -> Sequence[_Members]:
    """The groups with the most scopes, as many as can be compared."""
    return groups if len(groups) <= MOST_FORMS else sorted(groups, key=len, reverse=True)[:MOST_FORMS]


def _merged(families: Sequence[_Family]) -> list[_Family]:
    """Families whose layers differ in a few that only some have become one."""
    likeness = Likeness()
    merged: list[_Family] = []
    for family in families:
        for place, other in enumerate(merged):
            if not other.modules.keys() & family.modules.keys():
                continue
            uses = len(other.scopes), len(family.scopes)
            layers = likeness.of_lists(other.layers, family.layers, uses)
            if layers is not None:
                merged[place] = _Family([*other.scopes, *family.scopes], layers)
                break
        else:
            merged.append(family)
    return merged


def _with_counts(lists: Sequence[SpecItems]) -> list[SpecItems]:
    """Lists in which uses of one block that follow each other are a repeat: their number may differ.

    In many stages the first block has a stride or a projection: then the first stands before the repeat.
    """
    runs = [list(_runs(items)) for items in lists]
    first_differs = any(
        not _same(items[start], items[start + 1])
        for items, spans in zip(lists, runs, strict=True)
        for start, end in spans
        if end - start > 1
    )
    if not first_differs and not any(end - start > 1 for spans in runs for start, end in spans):
        return list(lists)
    return [_counted(items, spans, first_differs) for items, spans in zip(lists, runs, strict=True)]


def _runs(items: SpecItems) -> Iterator[tuple[int, int]]:
    """From where to where uses of one block follow each other, alike but for the first."""
    start = 0
    while start < len(items):
        end = start + 1
        if _is_use(items[start]):
            while end < len(items) and items[end].kind == items[start].kind and items[end].reads is None:
                end += 1
            if all(_same(items[start + 1], item) for item in items[start + 2 : end]):
                yield start, end
        start = end


def _is_use(item: SpecItem) -> bool:
    return item.kind not in OPS and item.kind not in (SCOPE, *STRUCTURES)


def _same(a: SpecItem, b: SpecItem) -> bool:
    return a.kind == b.kind and dict(a.options) == dict(b.options)


def _counted(items: SpecItems, spans: Sequence[tuple[int, int]], first_differs: bool) -> SpecItems:
    if any(item.reads is not None for item in items):
        return items
    for start, end in reversed(spans):
        rest = items[start + first_differs : end]
        body = rest[0] if rest else _unknown(items[start])
        repeat = SpecItem(REPEAT, {"times": len(rest)}, parts={LAYERS: (body._replace(path=()),)})
        items = (*items[: start + first_differs], repeat, *items[end:])
    return items


def _plain(items: SpecItems) -> SpecItems:
    """The layers without repeats that all have one round, or none."""
    plain: list[SpecItem] = []
    for item in items:
        times = set(item.options["times"]) if item.kind == REPEAT else set()
        plain += item.layers if times == {1} else () if times == {0} else (item,)
    return tuple(plain)


def _unknown(use: SpecItem) -> SpecItem:
    """A use whose arguments may be any: it stands in a repeat of no rounds."""
    return use._replace(options=dict.fromkeys(use.options, MISSING))


# --- blocks -------------------------------------------------------------------------------------------------


def _is_worth(family: _Family, defined: Defined) -> bool:
    """Whether the block makes the text shorter, and has few enough arguments to be read."""
    lines = rows_of(defined.block.layers)
    saved = sum(rows_of(scope.layers) for scope in family.scopes) - lines - len(family.scopes) - 3
    # Modules with a name, and stages, are worth a line more: people call the parts of a network so.
    is_known = any(family.modules) or any(map(_is_use, defined.block.layers))
    return saved > (-2 if is_known and len(family.scopes) > 2 else 0) and len(defined.block.arguments) <= min(
        MOST_ARGUMENTS, 2 * lines
    )


def _block_name(family: _Family, taken: Sequence[str]) -> str:
    """The name of a block: the module without its number, else what its layers are."""
    ((module, count),) = family.modules.most_common(1)
    module = module if 2 * count > len(family.scopes) else ""
    name = module or _kind_of_block(family.layers)
    free, copies = name, 1
    while free in taken:
        copies += 1
        free = f"{name}{copies}"
    return free


def _base(path: Sequence[str]) -> str:
    """The module of a scope, as the name of all modules of its kind.

    >>> _base(("inception3a",)), _base(("features", "denselayer12")), _base(("layer1", "0"))
    ('inception', 'denselayer', '')
    """
    if not path or not words(tuple(path[-1:])):
        return ""
    name = re.sub(r"[_.-]*\d+[._-]?[\da-z]?(_x)?$", "", path[-1]).strip("_.-").lower()
    says_nothing = name in SAYS_NOTHING or name.rstrip("0123456789") in OPS
    return name if re.fullmatch(r"[a-z]\w+", name) and not says_nothing else ""


def _kind_of_block(layers: SpecItems) -> str:
    if any(_is_use(item) or (item.kind == REPEAT and _is_use(item.layers[0])) for item in layers):
        return "stage"
    merge = next((item for item in layers if item.parts), None)
    if merge is None:
        convs = [item for item in layers if item.kind == "conv"]
        return "separable" if len(convs) == 2 and _is_depthwise(convs[0]) else "unit"
    if merge.kind != "add":
        return {"concat": "branches", "multiply": "gated"}.get(merge.kind, "unit")
    main = max(merge.parts.values(), key=rows_of)
    kernels = [item.options["kernel"][0] for item in main if item.kind == "conv"]
    depthwise = any(item.kind == "conv" and _is_depthwise(item) for item in main)
    if depthwise and len(kernels) > 1:
        return "inverted"
    return {(1, 3, 1): "bottleneck", (3, 3): "basic"}.get(tuple(kernels), "residual")


def _is_depthwise(conv: SpecItem) -> bool:
    return "depthwise" in conv.options["filters"] or bool(conv.options["groups"] == conv.options["filters"])


def _without_scopes(items: SpecItems, scopes: Sequence[SpecItem], uses: Mapping[int, SpecItem]) -> SpecItems:
    """A list in which the innermost scopes are uses of blocks, or opened."""
    opening = {id(scope) for scope in scopes}
    for place in reversed(range(len(items))):
        if use := uses.get(id(items[place])):
            items = (*items[:place], use, *items[place + 1 :])
        elif id(items[place]) in opening:
            items = opened(items, place)
    return items
