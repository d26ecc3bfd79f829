"""The names of items: those of their modules where these are words, else the numbers of the language."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

from archcalc.language.builder import MAX_NAME
from archcalc.language.folding.items import (
    ENTRY,
    LAYERS,
    REPEAT,
    SAYS_NOTHING,
    SpecItem,
    SpecItems,
    read_by_name,
    words,
)
from archcalc.network import INPUT_NAME
from archcalc.ops import OPS


class NamedItem(NamedTuple):
    """An item with the names that are written: its own, and those of the items that it reads."""

    item: SpecItem
    name: str
    sources: tuple[str, ...]
    same_as: str
    parts: Mapping[str, Sequence[NamedItem]]


def with_names(
    items: SpecItems, *, is_block: bool = False, inputs: Sequence[str] = (INPUT_NAME,)
) -> list[NamedItem]:
    """The items of a scope with their names. In a block, ``conv2`` is left out: it says nothing.

    ``inputs`` are the names of what the outermost list reads.
    """
    return _List(is_block, inputs).named(items, _Taken(inputs))


class _Taken:
    """The names of one scope, as the reader of a spec gives them."""

    def __init__(self, inputs: Sequence[str] = ()) -> None:
        self.names: set[str] = {INPUT_NAME, *inputs}
        self.counts: Counter[str] = Counter()

    def numbered(self, kind: str) -> str:
        """The name of one more item without a name."""
        while True:
            self.counts[kind] += 1
            name = f"{kind}{self.counts[kind]}"
            if name not in self.names:
                self.names.add(name)
                return name

    def written(self, kind: str, name: str) -> str:
        self.counts[kind] += 1
        self.names.add(name)
        return name


class _List:
    """Names the items of lists."""

    def __init__(self, is_block: bool, inputs: Sequence[str] = (INPUT_NAME,)) -> None:
        self.is_block = is_block
        self.inputs = inputs

    def named(self, items: SpecItems, taken: _Taken) -> list[NamedItem]:
        """The items of one list; the names of its scope so far are ``taken``."""
        wanted = self._wanted(items)
        read = read_by_name(items)
        called: list[str] = []
        named = []
        for place, item in enumerate(items):
            if item.kind == REPEAT:
                named.append(NamedItem(item, "", (), "", {LAYERS: self._rounds(item, taken)}))
                called.append("")
                continue
            name = wanted[place]
            automatic = f"{item.kind}{taken.counts[item.kind] + 1}"
            is_written = bool(name) and name != automatic and name not in taken.names
            called.append(taken.written(item.kind, name) if is_written else taken.numbered(item.kind))
            sources = [
                called[source] if source >= 0 else self.inputs[ENTRY - source] for source in item.reads or ()
            ]
            parts = self._parts(item, taken, called[-1] if is_written or place in read else "")
            written = called[-1] if is_written or place in read else ""
            other = "" if item.same_as is None else called[item.same_as]
            named.append(NamedItem(item, written, tuple(sources), other, parts))
        return named

    def _parts(self, item: SpecItem, taken: _Taken, name: str) -> dict[str, list[NamedItem]]:
        if not name:
            # The branches of a merge without a name stand in the scope around it.
            taken.names |= set(item.parts)
        inner = _List(is_block=True)
        return {
            branch: inner.named(_inside_branch(part, branch), _Taken()) for branch, part in item.parts.items()
        }

    def _rounds(self, repeat: SpecItem, taken: _Taken) -> list[NamedItem]:
        """The items of a repeat; those of all rounds stand in the scope around it."""
        times = repeat.options["times"]
        body = self.named(repeat.layers, taken)
        for _ in range(times - 1 if isinstance(times, int) else 0):
            self.named(repeat.layers, taken)
        return body

    def _wanted(self, items: SpecItems) -> list[str]:
        """A name for each item: as many of its last modules as make it different; empty if it has none."""
        paths = [self._words(item) for item in items]
        wanted = []
        for item, path in zip(items, paths, strict=True):
            # The use of a block is numbered where its module is not enough.
            most = len(path) if item.kind in OPS else 1
            suffixes = [path[-length:] for length in range(1, min(most, len(path)) + 1)]
            alone = next((one for one in suffixes if _count(one, paths) == 1), ())
            name = "_".join(alone)
            wanted.append(name if len(name) <= MAX_NAME else "")
        return wanted

    def _words(self, item: SpecItem) -> tuple[str, ...]:
        path = tuple([part for part in words(item.path) if not numbers_an_op(part)])
        if self.is_block and item.kind not in OPS:
            path = tuple([part for part in path if part.rstrip("0123456789_.-") not in SAYS_NOTHING])
        # That an add is called 'add' says nothing, and so with 'conv' in a block.
        form = rf"{item.kind}\d*" if self.is_block or item.kind in MERGES else item.kind
        if path and item.kind in OPS and re.fullmatch(form, path[-1]):
            return path if len(path) == 1 and form == item.kind else () if item.kind in MERGES else path[:-1]
        return path


@cache
def numbers_an_op(name: str) -> bool:
    """Whether a name is that of an op with a number, which a program has made up.

    >>> numbers_an_op("Conv_12"), numbers_an_op("conv2d_7"), numbers_an_op("conv2_1"), numbers_an_op("fc6")
    (True, True, False, False)
    """
    kind = re.sub(r"_\d+$", "", name)
    plain = kind.lower().replace("_", "").replace("2d", "")
    return kind != name and any(plain in (op.name, *op.other_names) for op in OPS.values())


def _inside_branch(items: SpecItems, branch: str) -> SpecItems:
    """The items of a branch without its name at the start of theirs: ``branch5x5_1`` is 1 there."""
    return tuple(
        [
            item._replace(path=tuple([part.removeprefix(branch).lstrip("_") for part in item.path]))
            for item in items
        ]
    )


MERGES = {name for name, op in OPS.items() if op.many}


def _count(suffix: Sequence[str], paths: Sequence[Sequence[str]]) -> int:
    return sum(path[-len(suffix) :] == suffix for path in paths)
