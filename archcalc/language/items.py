"""The items of a layer list, building: each adds its layers to a network, for every use and every setting.

Ops, blocks, branches, repeats and auxiliary heads; ``blocks`` reads what is written into them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, NamedTuple

from archcalc.errors import Mark, Problem
from archcalc.language.builder import (
    MAX_BLOCK_DEPTH,
    MAX_LAYERS,
    BuildContext,
    Builder,
    NamingScope,
    bad_name,
)
from archcalc.language.expressions import is_number, shown
from archcalc.language.values import AlreadyReported, Fields, SpecProblem, Value
from archcalc.network import UNKNOWN, Gate
from archcalc.ops.base import Op
from archcalc.ops.options import is_rational


class Arg(NamedTuple):
    """One argument of a block."""

    name: str
    default: Value | None


@dataclass(slots=True)
class Block:
    """A block of the spec: an op that the user defines."""

    name: str
    args: list[Arg]
    mark: Mark
    body: Items = field(default_factory=list)


class ItemHead(NamedTuple):
    """What every item has: its place, and its name, inputs and condition if written."""

    mark: Mark
    kind: str
    name: tuple[Mark, Callable[[Mapping[str, Any]], str]] | None
    sources: tuple[tuple[str, Mark], ...]
    when: Value | None

    def skipped(self, inside: BuildContext) -> bool:
        if self.when is None:
            return False
        answer = self.when.get(inside.scope)
        if not isinstance(answer, bool):
            hint = "" if isinstance(answer, list) else "compare it, as in i > 1"
            raise SpecProblem(
                Problem(f"when must be true or false, not {shown(answer)}", self.when.mark, "", hint)
            )
        return not answer

    def written_name(self, inside: BuildContext) -> str | None:
        return self.name[1](inside.scope) if self.name else None

    def take_name(self, builder: Builder, inside: BuildContext) -> str:
        return builder.name(
            inside, self.written_name(inside), self.kind, self.name[0] if self.name else self.mark
        )

    def inputs(self, builder: Builder, inside: BuildContext, at: int) -> list[int]:
        return builder.sources(inside, self.sources) if self.sources else [at]

    def one_input(self, builder: Builder, inside: BuildContext, at: int, what: str = "") -> int:
        sources = self.inputs(builder, inside, at)
        if len(sources) > 1:
            says = f"{what or self.kind} takes one input, not {len(sources)}"
            raise SpecProblem(Problem(says, self.sources[1][1]))
        return sources[0]


class Item:
    """One entry of a layer list."""

    def __init__(self, named: ItemHead) -> None:
        self.named = named

    def build(self, builder: Builder, inside: BuildContext, at: int) -> int:
        """Add the item's layers behind node ``at``; the node that the next item follows."""
        raise NotImplementedError


class BrokenItem(Item):
    """An entry that could not be read; the problem was told."""

    def build(self, builder: Builder, inside: BuildContext, at: int) -> int:
        raise AlreadyReported


Items = list[Item]


def build_items(items: Items, builder: Builder, inside: BuildContext, at: int) -> int:
    """Build a layer list; what an item that fails would have put out is UNKNOWN."""
    for item in items:
        try:
            builder.spend(item.named.mark)
            if not item.named.skipped(inside):
                at = item.build(builder, inside, at)
        except SpecProblem as error:
            builder.fail(error.problem, inside.room.path_of(_give_up(item, inside)), inside.uses)
            at = UNKNOWN
        except AlreadyReported:
            _give_up(item, inside)
            at = UNKNOWN
    return at


def _give_up(item: Item, inside: BuildContext) -> str:
    """What a failed item is called; whoever reads it is not to blame."""
    room = inside.room
    try:
        name = item.named.written_name(inside)
    except (SpecProblem, AlreadyReported):
        name = None
    if name is None and item.named.kind == "repeat":
        return "repeat"
    if name is None:
        room.torn = True
        name = room.numbered(item.named.kind)
    room.names.setdefault(name, UNKNOWN)
    return item.named.kind if bad_name(name) else name


class OpItem(Item):
    """One op with its options, and what is written in its ``then``."""

    def __init__(self, named: ItemHead, fields: Fields, followers: Sequence[Fields]) -> None:
        super().__init__(named)
        self.fields = fields
        self.followers = followers

    def build(self, builder: Builder, inside: BuildContext, at: int) -> int:
        sources = self.named.inputs(builder, inside, at)
        op = self.fields.build(inside.scope)
        _right_number(op, sources, self.named)
        name = self.named.take_name(builder, inside)
        number = builder.add(inside, inside.room.path_of(name), op, sources, self.fields.marks)
        number = self.build_followers(builder, inside, name, number)
        inside.room.names[name] = number
        return number

    def build_followers(self, builder: Builder, inside: BuildContext, name: str, number: int) -> int:
        path = inside.room.path_of(name)
        used: dict[str, int] = {}
        for fields in self.followers:
            kind = fields.op.name
            used[kind] = used.get(kind, 0) + 1
            own = kind if used[kind] == 1 else f"{kind}{used[kind]}"
            builder.spend(fields.marks[""])
            number = builder.add(
                inside, f"{path}/{own}", fields.build(inside.scope), [number], fields.marks, follower=True
            )
        return number


def _right_number(op: Op, sources: Sequence[int], named: ItemHead) -> None:
    if op.many and len(sources) < 2:
        hint = f"write branches, {{{op.name}: {{a: [...], b: [...]}}}}, or from: [a, b]"
        raise SpecProblem(Problem(f"{op.name} takes two inputs or more", named.mark, "", hint))
    if not op.many and len(sources) > 1:
        raise SpecProblem(Problem(f"{op.name} takes one input, not {len(sources)}", named.sources[1][1]))


class Branch(NamedTuple):
    """One way through a merging op."""

    name: str
    mark: Mark
    items: Items
    survival: Value | None


class BranchItem(OpItem):
    """A merging op with its branches."""

    def __init__(
        self, named: ItemHead, fields: Fields, followers: Sequence[Fields], branches: Sequence[Branch]
    ) -> None:
        super().__init__(named, fields, followers)
        self.branches = branches

    def build(self, builder: Builder, inside: BuildContext, at: int) -> int:
        start = self.named.one_input(builder, inside, at, f"a branched {self.named.kind}")
        op = self.fields.build(inside.scope)
        survivals = [_probability(branch.survival, inside.scope) for branch in self.branches]
        name = self.named.take_name(builder, inside)
        outer = inside.room
        if self.named.name:
            outer = NamingScope(inside.room.path_of(name), inside.room, start)
        around = inside.deeper(self.named.mark, room=outer)
        ends = [
            self._branch(branch, survival, builder, around, start)
            for branch, survival in zip(self.branches, survivals, strict=True)
        ]
        number = builder.add(inside, inside.room.path_of(name), op, ends, self.fields.marks)
        number = self.build_followers(builder, inside, name, number)
        inside.room.names[name] = number
        return number

    def _branch(
        self,
        branch: Branch,
        survival: Fraction | int | None,
        builder: Builder,
        inside: BuildContext,
        start: int,
    ) -> int:
        name = inside.room.unused(branch.name)
        inside.room.taken[name] = branch.mark
        room = NamingScope(inside.room.path_of(name), inside.room, start)
        gates = inside.gates if survival is None else (*inside.gates, Gate(room.path, survival))
        return build_items(branch.items, builder, replace(inside, room=room, gates=gates), start)


def _probability(value: Value | None, scope: Mapping[str, Any]) -> Fraction | int | None:
    if value is None:
        return None
    survival = value.get(scope)
    if is_rational(survival) and 0 <= survival <= 1:
        return survival
    raise SpecProblem(
        Problem(f"survival must be a probability from 0 to 1, not {shown(survival)}", value.mark)
    )


class BlockItem(Item):
    """One use of a block."""

    def __init__(self, named: ItemHead, block: Block, written: Mapping[str, Value]) -> None:
        super().__init__(named)
        self.block = block
        self.written = written

    def build(self, builder: Builder, inside: BuildContext, at: int) -> int:
        self._not_too_deep(inside)
        start = self.named.one_input(builder, inside, at)
        scope = dict(inside.settings)
        for arg in self.block.args:
            value = self.written.get(arg.name) or arg.default
            if value is not None:
                scope[arg.name] = value.get(inside.scope if arg.name in self.written else scope)
        name = self.named.take_name(builder, inside)
        room = NamingScope(inside.room.path_of(name), inside.room, start)
        uses = (*inside.uses, (self._use(), self.named.mark))
        within = inside.deeper(self.named.mark, room=room, scope=scope, uses=uses)
        end = build_items(self.block.body, builder, within, start)
        inside.room.names[name] = end
        return end

    def _use(self) -> str:
        return f"block '{self.block.name}' is used at"

    def _not_too_deep(self, inside: BuildContext) -> None:
        if len(inside.uses) < MAX_BLOCK_DEPTH:
            return
        says = f"blocks are nested deeper than {MAX_BLOCK_DEPTH}"
        hint = ""
        if any(use == self._use() for use, _ in inside.uses):
            says = f"block '{self.block.name}' uses itself more than {MAX_BLOCK_DEPTH} deep"
            hint = "such a block needs a 'when' that ends it"
        raise SpecProblem(Problem(says, self.named.mark, "", hint))


class RepeatItem(Item):
    """Its layers again and again: a number of times, or once for each item of a list."""

    def __init__(self, named: ItemHead, times: Value, names: Sequence[str], items: Items) -> None:
        super().__init__(named)
        self.times = times
        self.names = names
        self.items = items

    def build(self, builder: Builder, inside: BuildContext, at: int) -> int:
        at = self.named.one_input(builder, inside, at)
        rooms: dict[str, NamingScope] = {}
        for number, item in self._rounds(inside):
            builder.spend(self.named.mark)
            values = (item,) if len(self.names) == 1 else (number, item)
            scope = {**inside.scope, **dict(zip(self.names, values, strict=False))}
            inner = inside.deeper(self.named.mark, scope=scope)
            name = self.named.name[1](scope) if self.named.name else None
            if self.named.name and name is not None:
                if name not in rooms:
                    builder.name(inside, name, self.named.kind, self.named.name[0])
                    rooms[name] = NamingScope(inside.room.path_of(name), inside.room, at)
                inner = replace(inner, room=rooms[name])
            at = build_items(self.items, builder, inner, at)
            if name is not None:
                inside.room.names[name] = at
        return at

    def _rounds(self, inside: BuildContext) -> Iterator[tuple[int, Any]]:
        times = self.times.get(inside.scope)
        if isinstance(times, list | tuple):
            yield from enumerate(times, 1)
        elif type(times) is int and 0 <= times <= MAX_LAYERS:
            for number in range(1, times + 1):
                yield number, number
        else:
            raise SpecProblem(_no_times(times, self.times.mark))


def _no_times(times: Any, mark: Mark) -> Problem:
    if type(times) is int and times > 0:
        return Problem(f"{times:,} rounds are more than the {MAX_LAYERS:,} layers that a spec may have", mark)
    free = is_number(times) and not isinstance(times, int | Fraction)
    hint = "how often layers repeat cannot be left free" if free else ""
    return Problem(f"repeat must be a whole number from 0 up or a list, not {shown(times)}", mark, "", hint)


class AuxItem(Item):
    """An auxiliary head: layers beside the main path, left out of the totals unless asked for."""

    def __init__(self, named: ItemHead, items: Items) -> None:
        super().__init__(named)
        self.items = items

    def build(self, builder: Builder, inside: BuildContext, at: int) -> int:
        start = self.named.one_input(builder, inside, at)
        name = self.named.take_name(builder, inside)
        room = NamingScope(inside.room.path_of(name), inside.room, start)
        within = inside.deeper(self.named.mark, room=room, aux=True)
        inside.room.names[name] = build_items(self.items, builder, within, start)
        return at
