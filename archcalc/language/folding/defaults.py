"""``defaults``: what nearly all uses of an op in a file have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from archcalc.language.folding.items import ExpressionText, SpecItem, SpecItems, inside
from archcalc.ops import OPS
from archcalc.ops.options import SameAs, options_of

FEWEST = 3
"""Uses of an op that have defaults in common."""

SHARE = Fraction(2, 3)
"""How many of them must have a value that is then written once."""


class Defaults:
    """The options and the ``then`` that a file gives to every use of an op."""

    def __init__(self, lists: Iterable[SpecItems]) -> None:
        self._options: dict[str, dict[str, Any]] = {}
        self._then: dict[str, list[Any]] = {}
        uses: dict[str, list[SpecItem]] = {}
        followers = set()
        for items in lists:
            for item in inside(items):
                uses.setdefault(item.kind, []).append(item)
                followers |= {after.kind for after in item.then}
        for kind, found in uses.items():
            # An op that follows others has no 'then' of its own, so it gets no defaults.
            if kind in OPS and OPS[kind].weighted and len(found) >= FEWEST and kind not in followers:
                self._options[kind] = _common_options(kind, found)
                self._then[kind] = _common_then(found)

    def then(self, kind: str) -> list[Any]:
        """What follows each use of an op."""
        return self._then.get(kind, [])

    def written(self, item: SpecItem) -> tuple[dict[str, Any], str]:
        """The options of an item that must be written, and the name of the main one."""
        shared = self._options.get(item.kind, {})
        written, main = {}, ""
        for name, option in options_of(OPS[item.kind]).items():
            value = item.options[name]
            usual = shared[name] if name in shared else usual_value(item, name)
            if (option.required and name not in shared) or value != usual:
                written[name] = value
            main = name if option.main else main
        return written, main

    def entries(self) -> Iterable[tuple[str, Mapping[str, Any]]]:
        """The ops with their defaults, as they are written."""
        for kind, options in self._options.items():
            then = self._then[kind]
            entry = {**options, **({"then": then[0] if len(then) == 1 else then} if then else {})}
            if entry:
                yield kind, entry


def usual_value(item: SpecItem, name: str) -> Any:
    """The value of an option that is not written."""
    default = options_of(OPS[item.kind])[name].default
    if isinstance(default, SameAs):
        other = item.options[default.option]
        return other if isinstance(other, ExpressionText) else default.among(item.options)
    return default


def _common_options(kind: str, items: list[SpecItem]) -> dict[str, Any]:
    common = {}
    for name, option in options_of(OPS[kind]).items():
        counts: Counter[Any] = Counter(item.options[name] for item in items)
        (value, count), *_ = counts.most_common(1)
        is_usual = all(value == usual_value(item, name) for item in items)
        # A main option says what the layer is; an expression belongs to its block.
        # A few layers may differ in a flag; a kernel that they take back is hard to read.
        needed = SHARE * len(items) if isinstance(value, bool) else len(items)
        if not option.main and not isinstance(value, ExpressionText) and not is_usual and count >= needed:
            common[name] = value
    return common


def _common_then(items: list[SpecItem]) -> list[Any]:
    counts = Counter(
        repr([(after.kind, sorted(after.options.items(), key=repr)) for after in item.then]) for item in items
    )
    (form, count), *_ = counts.most_common(1)
    first = next(
        item
        for item in items
        if repr([(after.kind, sorted(after.options.items(), key=repr)) for after in item.then]) == form
    )
    if count < FEWEST or 2 * count <= len(items):
        return []
    defaults = Defaults(())
    then = []
    for after in first.then:
        written, main = defaults.written(after)
        then.append({after.kind: written.pop(main, None), **written} if written else after.kind)
    return then
