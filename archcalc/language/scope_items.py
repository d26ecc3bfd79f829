"""Items that hold layers: uses of blocks, repeats and auxiliary heads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, NamedTuple

from archcalc.errors import Mark, Problem
from archcalc.language.arithmetic import is_number, shown
from archcalc.language.builder import MAX_BLOCK_DEPTH, MAX_LAYERS, BuildContext, Builder, NamingScope
from archcalc.language.items import Item, ItemHead, Items, build_items
from archcalc.language.values import SpecProblem, Value


class Argument(NamedTuple):
    """One argument of a block."""

    name: str
    default: Value | None


@dataclass(slots=True)
class Block:
    """A block of the spec: an op that the user defines."""

    name: str
    arguments: list[Argument]
    mark: Mark
    body: Items = field(default_factory=list)


class BlockItem(Item):
    """One use of a block."""

    def __init__(self, head: ItemHead, block: Block, given: Mapping[str, Value]) -> None:
        super().__init__(head)
        self.block = block
        self.given = given

    def build(self, builder: Builder, context: BuildContext, above: int) -> int:
        self._check_depth(context)
        entry = self.head.one_input(builder, context, above)
        # A block sees the settings and its arguments, not the values around its use.
        values = dict(context.settings)
        for name, default in self.block.arguments:
            value = self.given.get(name) or default
            if value is not None:
                # A given value is an expression of the use, a default one of the definition.
                values[name] = value.get(context.values if name in self.given else values)
        name = self.head.take_name(builder, context)
        uses = (*context.uses, (self._use(), self.head.mark))
        inner = context.named(self.head.mark, name, entry, values=values, uses=uses)
        end = build_items(self.block.body, builder, inner, entry)
        context.naming.nodes[name] = end
        return end

    def _use(self) -> str:
        return f"block '{self.block.name}' is used at"

    def _check_depth(self, context: BuildContext) -> None:
        if len(context.uses) < MAX_BLOCK_DEPTH:
            return
        message = f"blocks are nested deeper than {MAX_BLOCK_DEPTH} levels"
        hint = ""
        if any(use == self._use() for use, _ in context.uses):
            message = f"block '{self.block.name}' uses itself more than {MAX_BLOCK_DEPTH} levels deep"
            hint = "add a 'when' that ends the recursion"
        raise SpecProblem(Problem(message, self.head.mark, "", hint))


class RepeatItem(Item):
    """Layers that are built a number of times, or once for each item of a list."""

    def __init__(self, head: ItemHead, times: Value, names: Sequence[str], items: Items) -> None:
        super().__init__(head)
        self.times = times
        self.names = names
        self.items = items

    def build(self, builder: Builder, context: BuildContext, above: int) -> int:
        above = self.head.one_input(builder, context, above)
        scopes: dict[str, NamingScope] = {}
        for number, item in self._rounds(context):
            builder.count_step(self.head.mark)
            # One name is the round or, in a list, the item; two names are both.
            loop_values = (item,) if len(self.names) == 1 else (number, item)
            values = {**context.values, **dict(zip(self.names, loop_values, strict=False))}
            inner = context.deeper(self.head.mark, values=values)
            if self.head.name is None:
                above = build_items(self.items, builder, inner, above)
                continue
            name = self.head.name.evaluate(values)
            if name not in scopes:  # rounds of the same name share a scope
                builder.name(context, name, self.head.kind, self.head.name.mark)
                scopes[name] = context.naming.inner(name, above)
            above = build_items(self.items, builder, replace(inner, naming=scopes[name]), above)
            context.naming.nodes[name] = above
        return above

    def _rounds(self, context: BuildContext) -> Iterator[tuple[int, Any]]:
        """The number of every round (from 1) and its item. Raises SpecProblem."""
        times = self.times.get(context.values)
        if isinstance(times, list | tuple):
            yield from enumerate(times, 1)
        elif type(times) is int and 0 <= times <= MAX_LAYERS:
            for number in range(1, times + 1):
                yield number, number
        else:
            raise SpecProblem(_bad_times(times, self.times.mark))


def _bad_times(times: Any, mark: Mark) -> Problem:
    if type(times) is int and times > 0:
        return Problem(f"{times:,} rounds are more than the limit of {MAX_LAYERS:,} layers", mark)
    is_free = is_number(times) and not isinstance(times, int | Fraction)
    hint = "the number of rounds cannot be free" if is_free else ""
    return Problem(
        f"repeat must be a whole number of at least 0 or a list, not {shown(times)}", mark, "", hint
    )


class AuxItem(Item):
    """An auxiliary head: layers beside the main path, not in the totals by default."""

    def __init__(self, head: ItemHead, items: Items) -> None:
        super().__init__(head)
        self.items = items

    def build(self, builder: Builder, context: BuildContext, above: int) -> int:
        entry = self.head.one_input(builder, context, above)
        name = self.head.take_name(builder, context)
        inner = context.named(self.head.mark, name, entry, aux=True)
        context.naming.nodes[name] = build_items(self.items, builder, inner, entry)
        return above  # the main path goes on as if the head were not there
