"""SpecItems as YAML: short ones in braces, long ones line by line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap
from typing import Any

from archcalc.language.folding.defaults import Defaults
from archcalc.language.folding.items import LAYERS, REPEAT, ExpressionText, SpecBlock, SpecItem
from archcalc.language.folding.names import NamedItem
from archcalc.language.write import value_text
from archcalc.ops import OPS

MOST_COLUMNS = 100
MOST_INLINE = 3
"""Layers of a branch that stand in one line."""


class SpecText:
    """Writes items with the arguments of their blocks, without what the defaults of the file say."""

    def __init__(self, blocks: Mapping[str, SpecBlock], defaults: Defaults) -> None:
        self.blocks = blocks
        self.defaults = defaults

    def lines(self, items: Sequence[NamedItem], indent: int) -> Iterator[str]:
        """A list, one item after the other."""
        for named in items:
            yield from self._lines_of(named, indent)

    def _lines_of(self, named: NamedItem, indent: int) -> Iterator[str]:
        space = " " * indent
        if (flow := self._flow(named)) and len(space) + 2 + len(flow) <= MOST_COLUMNS:
            yield f"{space}- {flow}"
            return
        keys = self._keys(named)
        (first, main), *others = keys.items()
        parts = named.parts
        if parts and named.item.kind != REPEAT:
            yield f"{space}- {first}:"
            for name, part in parts.items():
                yield from self._part(name, part, indent + 4)
        else:
            yield f"{space}- {first}: {'' if main is None else text_of(main)}".rstrip()
        for key, value in others:
            yield from _wrapped(f"{space}  {key}: {text_of(value)}", indent + 2 + len(f"{key}: ["))
        if named.item.kind == REPEAT:
            yield from self._part(LAYERS, parts[LAYERS], indent + 2)

    def _part(self, name: str, part: Sequence[NamedItem], indent: int) -> Iterator[str]:
        space = " " * indent
        flow = self.inline(part)
        if flow and len(space) + len(name) + 2 + len(flow) <= MOST_COLUMNS:
            yield f"{space}{text_of(name)}: {flow}"
            return
        yield f"{space}{text_of(name)}:"
        yield from self.lines(part, indent + 2)

    def inline(self, part: Sequence[NamedItem]) -> str:
        """A list in one line; empty if that is hard to read."""
        flows = [self._flow(named) for named in part]
        return f"[{', '.join(flows)}]" if all(flows) and len(flows) <= MOST_INLINE else ""

    def _flow(self, named: NamedItem) -> str:
        """An item in one line; empty if it has branches."""
        keys = self._keys(named)
        if named.item.kind == REPEAT:
            inner = self.inline(named.parts[LAYERS])
            return f"{{repeat: {text_of(keys[REPEAT])}, layers: {inner}}}" if inner else ""
        if named.parts:
            return ""
        return text_of(keys) if list(keys.values()) != [None] else named.item.kind

    # --- the keys of an item ----------------------------------------------------------------------------

    def _keys(self, named: NamedItem) -> dict[str, Any]:
        """The keys and values that are written, without branches."""
        item = named.item
        if item.kind == REPEAT:
            return {REPEAT: item.options["times"]}
        keys = self._arguments(item) if item.kind in self.blocks else self._options(item)
        if item.kind in OPS:
            then = [self._follower(after) for after in item.then]
            if then != self.defaults.then(item.kind):
                keys["then"] = then[0] if len(then) == 1 else then
        when = {name: value for name, value in item.branches.items() if value is not True}
        if when or item.present is not True:
            keys["when"] = when or item.present
        if named.name:
            keys["name"] = named.name
        if named.sources:
            keys["from"] = named.sources if len(named.sources) > 1 else named.sources[0]
        if named.same_as:
            keys["same_as"] = named.same_as
        return keys

    def _options(self, item: SpecItem) -> dict[str, Any]:
        written, main = self.defaults.written(item)
        # Where branches stand, the main option has no place but its own key.
        value = None if item.parts else written.pop(main, None)
        return {item.kind: value, **written}

    def _follower(self, item: SpecItem) -> Any:
        keys = self._options(item)
        return item.kind if keys == {item.kind: None} else keys

    def _arguments(self, item: SpecItem) -> dict[str, Any]:
        """The arguments of a use: those without a default by their order, the others by their names."""
        defaults = self.blocks[item.kind].arguments
        ordered = [item.options[name] for name, default in defaults.items() if default is None]
        named = {
            name: item.options[name]
            for name, default in defaults.items()
            if default is not None and item.options[name] != default
        }
        main: Any = (ordered[0] if len(ordered) == 1 else ordered) if ordered else None
        return {item.kind: main, **named}


def _wrapped(line: str, indent: int) -> list[str]:
    """A line, or several if it is long; a list goes on below its first item."""
    return (
        wrap(
            line,
            MOST_COLUMNS,
            subsequent_indent=" " * indent,
            drop_whitespace=True,
            break_long_words=False,
            break_on_hyphens=False,
        )
        if len(line) > MOST_COLUMNS and line.endswith("]")
        else [line]
    )


def text_of(value: Any) -> str:
    """A value in the spec language; an expression as it is."""
    if isinstance(value, ExpressionText):
        return str(value)
    if isinstance(value, Mapping):
        (first, main), *others = value.items()
        texts = [f"{first}: " if main is None else f"{first}: {text_of(main)}"]
        return f"{{{', '.join([*texts, *(f'{key}: {text_of(one)}' for key, one in others)])}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(text_of, value))}]"
    return value_text(value)
