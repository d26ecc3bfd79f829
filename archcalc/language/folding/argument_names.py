"""What the arguments of a block are called: by what they set, and where."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import field
from typing import Any, NamedTuple

from archcalc.language.expressions import RESERVED
from archcalc.language.folding.alike import MISSING, Values
from archcalc.language.folding.items import SpecItem, words
from archcalc.ops import OPS
from archcalc.ops.frozen import State, state
from archcalc.ops.options import options_of


class ValuePlace(NamedTuple):
    """Where a value stands: an option of an item in a branch of the block."""

    kind: str
    option: str
    item: SpecItem
    branch: tuple[str, ...]
    is_last: bool
    follows_alike: bool = False  # a repeat of a block behind one more use of it

    @property
    def is_outer(self) -> bool:
        """Whether the value is the width of what the block gives."""
        return self.is_last and not self.branch and self.option in ("filters", "units", "width")

    @property
    def word(self) -> str:
        """The name of the item, if it has one in all uses."""
        names = {words(path)[-1:] for path in self.item.path.known}
        name = names.pop() if len(names) == 1 else ()
        return name[0] if name and name[0] not in OPS and not re.fullmatch(r"\w+?_?\d+", name[0]) else ""


@state
class BlockArgument(State):
    """One argument while it is found: its values, its role, and the places where it stands as it is."""

    values: list[Any]
    role: str
    places: list[ValuePlace] = field(default_factory=list)

    def fits(self, values: Values, change: Callable[[Any], Any] | None = None) -> bool:
        """Whether the argument, changed perhaps, gives the values, as far as both are known."""
        pairs = list(zip(self.values, values, strict=True))
        # An argument that is changed must be known wherever it is needed.
        if change and any(mine is MISSING and theirs is not MISSING for mine, theirs in pairs):
            return False
        known = [pair for pair in pairs if MISSING not in pair]
        # One value that is alike proves nothing.
        is_proof = len({theirs for _, theirs in known}) > 1
        return is_proof and all((change(mine) if change else mine) == theirs for mine, theirs in known)


_WORDS = {word for op in OPS.values() for item in options_of(op).values() for word in item.type.words}
"""Words that mean themselves where an option can have them."""


def named(arguments: Sequence[BlockArgument]) -> list[str]:
    """A name for each argument; all are different."""
    widths = [argument for argument in arguments if argument.role == "width"]
    # What a block gives is its width; the others are inside it.
    outer = [argument for argument in widths if any(place.is_outer for place in argument.places)]
    by_branch = len({argument.places[0].branch for argument in widths}) > 1 and not outer
    names: list[str] = []
    for argument in arguments:
        place = argument.places[-1 if argument.role == "present" else 0]
        if argument.role == "width" and len(widths) > 1 and argument not in outer[-1:]:
            name = _inner_width(argument, widths, by_branch)
        elif argument.role == "present":
            name = _flag(place)
            name = f"with_{name}" if name in names else name
        elif argument.role == "times":
            name = "blocks"
        else:
            name = argument.places[-1].option if argument.role == "width" else place.option
        names.append(_free(name, names))
    return names


def _flag(place: ValuePlace) -> str:
    """The name of a flag that says whether a layer, or a branch, is there."""
    if place.word or place.item.branches:
        return place.word or place.branch[-1]
    is_1x1 = set(place.item.options.get("kernel", ())) & {1}
    if place.kind == "conv" and is_1x1:
        return "project" if "shortcut" in place.branch else "expand"
    return f"with_{place.kind}"


def _inner_width(argument: BlockArgument, widths: Sequence[BlockArgument], by_branch: bool) -> str:
    place = argument.places[0]
    if place.word:
        return place.word
    if place.kind not in OPS:
        return "hidden" if place.option == "filters" else place.option
    if not by_branch or not place.branch:
        return "squeeze" if "gate" in place.branch else "hidden"
    branch = place.branch[-1]
    others = [one for one in widths if one.places[0].branch == place.branch]
    if argument is others[-1]:
        return branch
    reduces = len(others) == 2 and place.item.options.get("kernel", (0,))[0] == 1
    return f"{branch}_{'reduce' if reduces else others.index(argument) + 1}"


def _free(name: str, taken: Sequence[str]) -> str:
    """The name as one that expressions can read, with a number if it is taken."""
    name = re.sub(r"\W", "_", name)
    if not name[0].isalpha():
        name = f"n{name}"
    free, copies = name, 1
    while free in taken or free in RESERVED or free in _WORDS:
        copies += 1
        free = f"{name}{copies}"
    return free
