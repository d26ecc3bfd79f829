"""Items that hold layers: uses of blocks, repeats and auxiliary heads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from fractions import Fraction
from typing import Any

from archcalc.errors import Mark, Problem
from archcalc.language.arithmetic import is_number, shown
from archcalc.language.builder import MAX_BLOCK_DEPTH, MAX_LAYERS, BuildContext, Builder, NamingScope
from archcalc.language.evaluators import Read
from archcalc.language.items import Block, Item, ItemHead, ItemName, Items, build_items
from archcalc.language.reads import dependence_of, key_of_block, without
from archcalc.language.scopes import OwnScope, add_scope
from archcalc.language.segments import BuiltSegment, Dependence, Key
from archcalc.language.values import AlreadyReported, SpecProblem, Value


class BlockItem(Item):
    """One use of a block."""

    def __init__(self, head: ItemHead, block: Block, given: Mapping[str, Value]) -> None:
        super().__init__(head)
        self.block: Block = block
        self.given = given
        self._use = f"block '{block.name}' is used at"

    def values(self) -> Iterator[Value]:
        yield from super().values()
        yield from self.given.values()

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
        scope = OwnScope(name, self.head.mark, entry, values, ((self._use, self.head.mark),))
        key = key_of_block(self.block, values, context.settings)
        end = add_scope(builder, context, scope, self.block.body, key, self.block.segments)
        context.naming.nodes[name] = end
        return end

    def _check_depth(self, context: BuildContext) -> None:
        if len(context.all_uses) < MAX_BLOCK_DEPTH:
            return
        message = f"blocks are nested deeper than {MAX_BLOCK_DEPTH} levels"
        hint = ""
        if any(use == self._use for use, _ in context.all_uses):
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
        # The items whose condition has one value for all rounds.
        self._steady = [item for item in items if item.head.when and not self._changes(item.head.when)]
        self._dependence: Dependence | None = None
        self._segments: dict[Key, BuiltSegment] = {}

    def inside(self) -> Items:
        return self.items

    def _changes(self, value: Value) -> bool:
        """Whether a value may differ between the rounds."""
        return any(name in self.names for read in value.reads for name in read.names)

    def values(self) -> Iterator[Value]:
        # The name of a repeat is read in every round.
        yield from [self.times, *([self.head.when] if self.head.when else [])]

    def reads(self) -> Iterator[Read]:
        in_rounds = [read for item in self.items for read in item.reads()]
        if self.head.name:
            in_rounds += [read for value in self.head.name.expressions for read in value.reads]
        yield from (read for value in self.values() for read in value.reads)
        yield from without(in_rounds, self.names)

    def build(self, builder: Builder, context: BuildContext, above: int) -> int:
        above = self.head.one_input(builder, context, above)
        written = self.head.name
        names = self._different_names(written, context) if written else None
        if written and names is not None:
            return self._build_scopes(names, written.mark, builder, context, above)
        scopes: dict[str, NamingScope] = {}
        inner: BuildContext | None = None
        items: Items = []
        for values in self._rounds(context):
            builder.count_step(self.head.mark)
            if inner is None:
                # The rounds have one dict of values, which holds those of the present round.
                inner = context.deeper(self.head.mark, values=values)
                items = self._left(context)
            if written is None:
                above = build_items(items, builder, inner, above)
                continue
            name = written.evaluate(values)
            if name not in scopes:  # rounds of the same name share a scope
                builder.name(context, name, self.head.kind, written.mark)
                scopes[name] = context.naming.inner(name, above)
            above = build_items(items, builder, inner._replace(naming=scopes[name]), above)
            context.naming.nodes[name] = above
        return above

    def _left(self, context: BuildContext) -> Items:
        """The items without those that a condition leaves out of every round."""
        out = []
        for item in self._steady:
            with suppress(SpecProblem, AlreadyReported):  # building reports it in the first round
                out += [item] if item.head.skipped(context) else []
        return [item for item in self.items if item not in out]

    def _different_names(self, written: ItemName, context: BuildContext) -> list[str] | None:
        """The names of the rounds, if each has another one: its layers then stand in a scope of their own."""
        try:
            names = [written.evaluate(values) for values in self._rounds(context)]
        except (SpecProblem, AlreadyReported):
            return None  # building reports it after the rounds before
        return names if len(set(names)) == len(names) else None

    def _build_scopes(
        self, names: Sequence[str], mark: Mark, builder: Builder, context: BuildContext, above: int
    ) -> int:
        if self._dependence is None:
            self._dependence = dependence_of(self.items)
        for written, values in zip(names, self._rounds(context), strict=True):
            builder.count_step(self.head.mark)
            name = builder.name(context, written, self.head.kind, mark)
            key = self._dependence.key(values, context.settings)
            scope = OwnScope(name, self.head.mark, above, values)
            above = add_scope(builder, context, scope, self.items, key, self._segments)
            context.naming.nodes[name] = above
        return above

    def _rounds(self, context: BuildContext) -> Iterator[dict[str, Any]]:
        """The values of every round, always in the same dict. Raises SpecProblem."""
        times = self.times.get(context.values)
        if isinstance(times, list | tuple):
            items: Sequence[Any] = times
        elif type(times) is int and 0 <= times <= MAX_LAYERS:
            items = range(1, times + 1)
        else:
            raise SpecProblem(_bad_times(times, self.times.mark))
        values = dict(context.values)
        for number, item in enumerate(items, 1):
            # One name is the round or, in a list, the item; two names are both.
            loop_values = (item,) if len(self.names) == 1 else (number, item)
            values.update(zip(self.names, loop_values, strict=False))
            yield values


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

    def inside(self) -> Items:
        return self.items

    def build(self, builder: Builder, context: BuildContext, above: int) -> int:
        entry = self.head.one_input(builder, context, above)
        name = self.head.take_name(builder, context)
        inner = context.named(self.head.mark, name, entry, aux=True)
        context.naming.nodes[name] = build_items(self.items, builder, inner, entry)
        return above  # the main path goes on as if the head were not there
