"""The items of a layer list. Each is read once and builds its layers for every use and every setting.

Here: the head of an item, and ops. ``branches``: merges with branches. ``scope_items``: blocks, repeats,
auxiliary heads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import field
from typing import NamedTuple

from archcalc.errors import Mark, Problem
from archcalc.language.arithmetic import shown
from archcalc.language.builder import BuildContext, Builder, name_problem
from archcalc.language.evaluators import Read, Scope
from archcalc.language.segments import BuiltSegment, Dependence, Key
from archcalc.language.values import AlreadyReported, OptionValues, SpecProblem, Value
from archcalc.network import UNKNOWN
from archcalc.ops.base import Op
from archcalc.ops.frozen import Record, State, record, state


@record
class ItemName(Record):
    """A name as it is written, which may hold expressions: ``conv{i}``."""

    mark: Mark
    evaluate: Callable[[Scope], str]
    expressions: Sequence[Value] = ()

    def written(self, values: Scope) -> tuple[str, Mark]:
        """The name for these values, and its place."""
        return self.evaluate(values), self.mark


@record
class ItemHead(Record):
    """What every item has: its place and kind, and what of its common keys is written."""

    mark: Mark
    kind: str
    name: ItemName | None
    sources: tuple[ItemName, ...]
    when: Value | None
    same_as: ItemName | None = None

    def skipped(self, context: BuildContext) -> bool:
        """Whether its condition leaves the item out. Raises SpecProblem."""
        return self.when is not None and not holds(self.when, context.values)

    def written_name(self, context: BuildContext) -> str | None:
        return self.name.evaluate(context.values) if self.name else None

    def take_name(self, builder: Builder, context: BuildContext) -> str:
        """The name of the item, which no other layer of its scope can have after this."""
        mark = self.name.mark if self.name else self.mark
        # Found before the name is taken: a layer cannot share with itself.
        other = builder.partner(context, self.same_as.written(context.values)) if self.same_as else ""
        name = builder.name(context, self.written_name(context), self.kind, mark)
        if self.same_as:
            builder.tie(context, name, other, self.same_as.mark)
        return name

    def inputs(self, builder: Builder, context: BuildContext, above: int) -> list[int]:
        if not self.sources:
            return [above]
        return builder.sources(context, [source.written(context.values) for source in self.sources])

    def one_input(self, builder: Builder, context: BuildContext, above: int, kind: str = "") -> int:
        sources = self.inputs(builder, context, above)
        if len(sources) > 1:
            message = f"{kind or self.kind} takes one input, not {len(sources)}"
            raise SpecProblem(Problem(message, self.sources[1].mark))
        return sources[0]


class Item:
    """One entry of a layer list."""

    block: Block | None = None
    """The block that it uses."""

    def __init__(self, head: ItemHead) -> None:
        self.head = head

    def inside(self) -> Iterable[Item]:
        """The items that stand inside it."""
        return ()

    def values(self) -> Iterator[Value]:
        """The values that it reads in its scope, without those of the items inside."""
        yield from [self.head.when] if self.head.when else []
        for name in (self.head.name, *self.head.sources, self.head.same_as):
            yield from name.expressions if name else []

    def reads(self) -> Iterator[Read]:
        """What it reads in its scope, with the items inside."""
        for value in self.values():
            yield from value.reads
        for item in self.inside():
            yield from item.reads()

    def build(self, builder: Builder, context: BuildContext, above: int) -> int:
        """Add the layers of the item below node ``above``; the node that the next item reads."""
        raise NotImplementedError


Items = list[Item]


def holds(when: Value, values: Scope) -> bool:
    """Whether a condition is true. Raises SpecProblem."""
    condition = when.evaluate(values)
    if not isinstance(condition, bool):
        hint = "" if isinstance(condition, list) else "write a comparison, such as i > 1"
        message = f"'when' must be true or false, not {shown(condition)}"
        raise SpecProblem(Problem(message, when.mark, "", hint))
    return condition


class Argument(NamedTuple):
    """One argument of a block."""

    name: str
    default: Value | None


@state
class Block(State):
    """A block of the spec: an op that the user defines."""

    name: str
    arguments: list[Argument]
    mark: Mark
    body: Items = field(default_factory=list)
    dependence: Dependence | None = None  # what its layers depend on, once this is known
    segments: dict[Key, BuiltSegment] = field(default_factory=dict)  # its layers, by what they depend on


class BrokenItem(Item):
    """An entry that could not be read; its problem is already reported."""

    def build(self, builder: Builder, context: BuildContext, above: int) -> int:
        raise AlreadyReported


def build_items(items: Items, builder: Builder, context: BuildContext, above: int) -> int:
    """Build a layer list; the output of an item that fails is UNKNOWN, so that the rest is checked too."""
    for item in items:
        try:
            builder.count_step(item.head.mark)
            if not item.head.skipped(context):
                above = item.build(builder, context, above)
        except SpecProblem as error:
            where = context.naming.path_of(_give_up(item, context))
            builder.fail(error.problem, where, context.all_uses)
            above = UNKNOWN
        except AlreadyReported:
            _give_up(item, context)
            above = UNKNOWN
    return above


def _give_up(item: Item, context: BuildContext) -> str:
    """The name of an item that failed; layers that read it get UNKNOWN and no problem of their own."""
    naming = context.naming
    naming.segment.failed = True
    try:
        name = item.head.written_name(context)
    except (SpecProblem, AlreadyReported):
        name = None
    # A repeat without a name takes no number, so nothing is misnumbered.
    if name is None and item.head.kind == "repeat":
        return "repeat"
    if name is None:
        naming.misnumbered = True
        name = naming.numbered(item.head.kind)
    # Keep a layer that has the name already: the failed one may be its duplicate.
    naming.nodes.setdefault(name, UNKNOWN)
    return item.head.kind if name_problem(name) else name


class OpItem(Item):
    """One op with its options, and the ops in its ``then``."""

    def __init__(self, head: ItemHead, options: OptionValues, followers: Sequence[OptionValues]) -> None:
        super().__init__(head)
        self.options = options
        self.followers = followers

    def values(self) -> Iterator[Value]:
        yield from super().values()
        for options in (self.options, *self.followers):
            yield from options.values.values()

    def build(self, builder: Builder, context: BuildContext, above: int) -> int:
        sources = self.head.inputs(builder, context, above)
        op = self.options.build(context.values)
        _check_number_of_inputs(op, sources, self.head)
        name = self.head.take_name(builder, context)
        return self.add(builder, context, name, op, sources)

    def add(self, builder: Builder, context: BuildContext, name: str, op: Op, sources: Sequence[int]) -> int:
        """Add the op and its followers; a layer that reads the name reads the last of them."""
        path = context.naming.inner_path_of(name)
        number = builder.add(context, path, op, sources, self.options.marks)
        context.naming.nodes[name] = self.follow(builder, context, path, number, is_row=True)
        return context.naming.nodes[name]

    def follow(self, builder: Builder, context: BuildContext, path: str, number: int, *, is_row: bool) -> int:
        """Add the followers of a node, in the row of its layer if there is one; the number of the last."""
        uses: dict[str, int] = {}
        for follower in self.followers:
            kind = follower.op.name
            uses[kind] = uses.get(kind, 0) + 1
            inner = f"{path}/{kind}" if uses[kind] == 1 else f"{path}/{kind}{uses[kind]}"
            builder.count_step(follower.marks[""])
            op = follower.build(context.values)
            number = builder.add(context, inner, op, [number], follower.marks, follower=is_row)
        return number


def _check_number_of_inputs(op: Op, sources: Sequence[int], head: ItemHead) -> None:
    if op.many and len(sources) < 2:
        hint = f"write branches, {{{op.name}: {{a: [...], b: [...]}}}}, or from: [a, b]"
        raise SpecProblem(Problem(f"{op.name} needs at least two inputs", head.mark, "", hint))
    most = 2 if op.second_input else 1
    if not op.many and len(sources) > most:
        takes = f"{op.name} takes {'one or two inputs' if op.second_input else 'one input'}"
        raise SpecProblem(Problem(f"{takes}, not {len(sources)}", head.sources[most].mark))
