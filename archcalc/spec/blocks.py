"""The items of a layer list: ops, blocks, branches, repeats and auxiliary heads.

Each kind of item is read in two steps. ``read_item`` checks what is written, once; ``build`` adds its
layers to a network, for every use and every setting.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from archcalc.errors import Mark, Problem, did_you_mean
from archcalc.network import UNKNOWN, Gate
from archcalc.ops import OPS
from archcalc.ops.base import Op
from archcalc.ops.options import options_of
from archcalc.spec.bind import MAX_BLOCK_DEPTH, Builder, Inside, Room
from archcalc.spec.expr import ExprError, truth
from archcalc.spec.fields import Fields, Reader, Told, Unreadable, Value
from archcalc.spec.reader import Entry, Map, Node, Scalar, Seq

COMMON = ("name", "from", "when")
"""What every item may have beside its own options."""

_TEMPLATE = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Arg:
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


@dataclass(slots=True)
class Vocabulary:
    """What the items of one spec may use: its blocks, and the defaults of its ops."""

    reader: Reader
    blocks: dict[str, Block] = field(default_factory=dict)
    defaults: dict[str, Mapping[str, Entry]] = field(default_factory=dict)

    def words(self) -> list[str]:
        return [*OPS, *STRUCTURES, *self.blocks]


@dataclass(frozen=True, slots=True)
class Named:
    """What every item has: its place, and its name, inputs and condition if written."""

    mark: Mark
    kind: str
    name: tuple[Mark, Callable[[Mapping[str, Any]], str]] | None
    sources: tuple[tuple[str, Mark], ...]
    when: Value | None

    def skipped(self, inside: Inside) -> bool:
        if self.when is None:
            return False
        try:
            return not truth(self.when.get(inside.scope))
        except ExprError as error:
            raise Unreadable(Problem(f"when: {error.says}", self.when.mark)) from None

    def written_name(self, inside: Inside) -> str | None:
        return self.name[1](inside.scope) if self.name else None

    def take_name(self, builder: Builder, inside: Inside) -> str:
        return builder.name(inside, self.written_name(inside), self.kind, self.name[0] if self.name else self.mark)

    def inputs(self, builder: Builder, inside: Inside, at: int) -> list[int]:
        return builder.sources(inside, self.sources) if self.sources else [at]

    def one_input(self, builder: Builder, inside: Inside, at: int) -> int:
        sources = self.inputs(builder, inside, at)
        if len(sources) > 1:
            raise Unreadable(Problem(f"{self.kind} takes one input, not {len(sources)}", self.sources[1][1]))
        return sources[0]


class Item:
    """One entry of a layer list."""

    def __init__(self, named: Named) -> None:
        self.named = named

    def build(self, builder: Builder, inside: Inside, at: int) -> int:
        """Add the item's layers behind node ``at``; the node that the next item follows."""
        raise NotImplementedError


class BrokenItem(Item):
    """An entry that could not be read; the problem was told."""

    def build(self, builder: Builder, inside: Inside, at: int) -> int:
        raise Told


Items = list[Item]


def build_items(items: Items, builder: Builder, inside: Inside, at: int) -> int:
    """Build a layer list; what an item that fails would have put out is UNKNOWN."""
    for item in items:
        try:
            builder.spend(item.named.mark)
            if not item.named.skipped(inside):
                at = item.build(builder, inside, at)
        except Unreadable as error:
            builder.fail(error.problem, inside.room.path_of(_give_up(item, inside)), inside.uses)
            at = UNKNOWN
        except Told:
            _give_up(item, inside)
            at = UNKNOWN
    return at


def _give_up(item: Item, inside: Inside) -> str:
    """What a failed item is called; whoever reads it is not to blame."""
    try:
        name = item.named.written_name(inside)
    except (Unreadable, Told):
        name = None
    if name:
        inside.room.names.setdefault(name, UNKNOWN)
    return name or item.named.kind


class OpItem(Item):
    """One op with its options, and what is written in its ``then``."""

    def __init__(self, named: Named, fields: Fields, followers: Sequence[Fields]) -> None:
        super().__init__(named)
        self.fields = fields
        self.followers = followers

    def build(self, builder: Builder, inside: Inside, at: int) -> int:
        sources = self.named.inputs(builder, inside, at)
        op = self.fields.build(inside.scope)
        _right_number(op, sources, self.named)
        name = self.named.take_name(builder, inside)
        number = builder.add(inside, inside.room.path_of(name), op, sources, self.fields.marks)
        number = self.build_followers(builder, inside, name, number)
        inside.room.names[name] = number
        return number

    def build_followers(self, builder: Builder, inside: Inside, name: str, number: int) -> int:
        path = inside.room.path_of(name)
        used: dict[str, int] = {}
        for fields in self.followers:
            kind = fields.op.name
            used[kind] = used.get(kind, 0) + 1
            own = kind if used[kind] == 1 else f"{kind}{used[kind]}"
            number = builder.add(
                inside, f"{path}/{own}", fields.build(inside.scope), [number], fields.marks, follower=True
            )
        return number


def _right_number(op: Op, sources: Sequence[int], named: Named) -> None:
    if op.many and len(sources) < 2:
        hint = f"write branches, {{{op.name}: {{a: [...], b: [...]}}}}, or from: [a, b]"
        raise Unreadable(Problem(f"{op.name} takes several inputs", named.mark, "", hint))
    if not op.many and len(sources) > 1:
        raise Unreadable(Problem(f"{op.name} takes one input, not {len(sources)}", named.sources[1][1]))


@dataclass(frozen=True, slots=True)
class Branch:
    """One way through a merging op."""

    name: str
    mark: Mark
    items: Items
    survival: Value | None


class BranchItem(OpItem):
    """A merging op with its branches."""

    def __init__(self, named: Named, fields: Fields, followers: Sequence[Fields], branches: Sequence[Branch]) -> None:
        super().__init__(named, fields, followers)
        self.branches = branches

    def build(self, builder: Builder, inside: Inside, at: int) -> int:
        start = self.named.one_input(builder, inside, at)
        op = self.fields.build(inside.scope)
        name = self.named.take_name(builder, inside)
        outer = inside.room
        if self.named.name:
            outer = Room(inside.room.path_of(name), inside.room, start)
        ends = [self._branch(branch, builder, replace(inside, room=outer), start) for branch in self.branches]
        number = builder.add(inside, inside.room.path_of(name), op, ends, self.fields.marks)
        number = self.build_followers(builder, inside, name, number)
        inside.room.names[name] = number
        return number

    def _branch(self, branch: Branch, builder: Builder, inside: Inside, start: int) -> int:
        name = inside.room.unused(branch.name)
        inside.room.taken[name] = branch.mark
        room = Room(inside.room.path_of(name), inside.room, start)
        gates = inside.gates
        if branch.survival is not None:
            gates = (*gates, Gate(room.path, _probability(branch.survival, inside.scope)))
        return build_items(branch.items, builder, replace(inside, room=room, gates=gates), start)


def _probability(value: Value, scope: Mapping[str, Any]) -> Fraction | int:
    survival = value.get(scope)
    if isinstance(survival, int | Fraction) and not isinstance(survival, bool) and 0 <= survival <= 1:
        return survival
    raise Unreadable(Problem(f"survival must be a probability from 0 to 1, not {survival}", value.mark))


class BlockItem(Item):
    """One use of a block."""

    def __init__(self, named: Named, block: Block, written: Mapping[str, Value]) -> None:
        super().__init__(named)
        self.block = block
        self.written = written

    def build(self, builder: Builder, inside: Inside, at: int) -> int:
        if inside.depth >= MAX_BLOCK_DEPTH:
            raise Unreadable(Problem(f"blocks are nested deeper than {MAX_BLOCK_DEPTH}", self.named.mark))
        start = self.named.one_input(builder, inside, at)
        scope = dict(inside.scope)
        for arg in self.block.args:
            value = self.written.get(arg.name) or arg.default
            if value is not None:
                scope[arg.name] = value.get(inside.scope if arg.name in self.written else scope)
        name = self.named.take_name(builder, inside)
        room = Room(inside.room.path_of(name), inside.room, start)
        uses = (*inside.uses, (f"block '{self.block.name}' is used at", self.named.mark))
        end = build_items(
            self.block.body, builder, replace(inside, room=room, scope=scope, uses=uses, depth=inside.depth + 1), start
        )
        inside.room.names[name] = end
        return end


class RepeatItem(Item):
    """Its layers again and again: a number of times, or once for each item of a list."""

    def __init__(self, named: Named, times: Value, names: Sequence[str], items: Items) -> None:
        super().__init__(named)
        self.times = times
        self.names = names
        self.items = items

    def build(self, builder: Builder, inside: Inside, at: int) -> int:
        at = self.named.one_input(builder, inside, at)
        rooms: dict[str, Room] = {}
        for number, item in self._rounds(inside):
            builder.spend(self.named.mark)
            values = (item,) if len(self.names) == 1 else (number, item)
            scope = {**inside.scope, **dict(zip(self.names, values, strict=False))}
            inner = replace(inside, scope=scope)
            if self.named.name is not None:
                name = self.named.name[1](scope)
                if name not in rooms:
                    builder.name(inside, name, self.named.kind, self.named.name[0])
                    rooms[name] = Room(inside.room.path_of(name), inside.room, at)
                inner = replace(inner, room=rooms[name])
            at = build_items(self.items, builder, inner, at)
            for name in rooms:
                inside.room.names[name] = at
        return at

    def _rounds(self, inside: Inside) -> Iterator[tuple[int, Any]]:
        times = self.times.get(inside.scope)
        if isinstance(times, list | tuple):
            yield from enumerate(times, 1)
        elif type(times) is int and times >= 0:
            number = 0
            while number < times:
                number += 1
                yield number, number
        else:
            says = "repeat must be a whole number from 0 up, or a list"
            hint = (
                "" if isinstance(times, str | bool) or times is None else "how often layers repeat cannot be left free"
            )
            raise Unreadable(Problem(says, self.times.mark, "", hint))


class AuxItem(Item):
    """An auxiliary head: layers beside the main path, left out of the totals unless asked for."""

    def __init__(self, named: Named, items: Items) -> None:
        super().__init__(named)
        self.items = items

    def build(self, builder: Builder, inside: Inside, at: int) -> int:
        start = self.named.one_input(builder, inside, at)
        name = self.named.take_name(builder, inside)
        room = Room(inside.room.path_of(name), inside.room, start)
        inside.room.names[name] = build_items(self.items, builder, replace(inside, room=room, aux=True), start)
        return at


# --- reading -----------------------------------------------------------------------------------


def read_items(node: Node, words: Vocabulary, known: Collection[str], what: str = "layers") -> Items:
    """A layer list; what cannot be read is told."""
    return [read_item(item, words, known) or BrokenItem(_nameless(item)) for item in words.reader.sequence(node, what)]


def _nameless(node: Node) -> Named:
    name = None
    if isinstance(node, Map) and "name" in node.entries:
        written = node.entries["name"].value
        text = written.text if isinstance(written, Scalar) else ""
        name = (written.mark, lambda scope: text)
    return Named(node.mark, "layer", name, (), None)


def read_item(node: Node, words: Vocabulary, known: Collection[str]) -> Item | None:
    """One entry of a layer list: a bare word, or a mapping that begins with the op."""
    if isinstance(node, Scalar):
        head, main, rest = node, None, {}
    elif isinstance(node, Map) and node.entries:
        first, *others = node.entries.values()
        head, main, rest = first.key, first.value, {entry.key.text: entry for entry in others}
    else:
        words.reader.fail("a layer is a word (relu) or a mapping that begins with its op (conv: 96)", node.mark)
        return None
    word = head.text
    if word in STRUCTURES:
        return STRUCTURES[word](head, main, rest, words, known)
    if word in words.blocks:
        return _read_block_use(head, main, rest, words, known)
    if word in OPS:
        return _read_op(head, main, rest, words, known)
    _unknown_word(head, rest, words)
    return None


def _unknown_word(head: Scalar, rest: Mapping[str, Entry], words: Vocabulary) -> None:
    later = [key for key in rest if key in OPS or key in words.blocks]
    options = options_of(OPS[later[0]]) if later and later[0] in OPS else {}
    if later and (head.text in COMMON or head.text in options):
        words.reader.fail(f"a layer begins with its op: write '{later[0]}' before '{head.text}'", head.mark)
        return
    words.reader.fail(f"there is no op or block '{head.text}'", head.mark, "", did_you_mean(head.text, words.words()))


def _read_named(head: Scalar, rest: Mapping[str, Entry], words: Vocabulary, known: Collection[str]) -> Named:
    reader = words.reader
    when = reader.value(rest["when"].value, known) if "when" in rest else None
    name = _read_name(rest["name"].value, words, known) if "name" in rest else None
    return Named(head.mark, head.text, name, _read_sources(rest, reader), when)


def _read_name(
    node: Node, words: Vocabulary, known: Collection[str]
) -> tuple[Mark, Callable[[Mapping[str, Any]], str]]:
    """A name, in which {expression} stands for its value."""
    text = words.reader.text(node, "name")
    parts = _TEMPLATE.split(text)
    quote = 0 if isinstance(node, Scalar) and node.plain else 1
    values = []
    for place in range(1, len(parts), 2):
        column = sum(len(part) + 1 for part in parts[:place]) + quote
        values.append(words.reader.value(Scalar(parts[place], True, node.mark.shifted(column)), known))

    def name(scope: Mapping[str, Any]) -> str:
        shown = [str(value.get(scope)) for value in values]
        return "".join(part if place % 2 == 0 else shown[place // 2] for place, part in enumerate(parts))

    return node.mark, name


def _read_sources(rest: Mapping[str, Entry], reader: Reader) -> tuple[tuple[str, Mark], ...]:
    if "from" not in rest:
        return ()
    node = rest["from"].value
    items = node.items if isinstance(node, Seq) else (node,)
    if not items:
        reader.fail("from names at least one layer", node.mark)
    return tuple((reader.text(item, "from"), item.mark) for item in items)


def _label(head: Scalar, rest: Mapping[str, Entry]) -> str:
    """What an item is called in an error: its name as written, else its op."""
    node = rest["name"].value if "name" in rest else None
    return node.text if isinstance(node, Scalar) else head.text


def _read_op(
    head: Scalar, main: Node | None, rest: Mapping[str, Entry], words: Vocabulary, known: Collection[str]
) -> Item | None:
    op = OPS[head.text]
    label = _label(head, rest)
    branches: Sequence[Branch] = ()
    if op.many and isinstance(main, Map):
        branches, main = _read_branches(main, rest, words, known), None
    fields = _read_fields(
        op, head, main, rest, words, known, label, extra=("then", "survival") if branches else ("then",)
    )
    followers = _read_then(op, rest, words, known)
    named = _read_named(head, rest, words, known)
    if fields is None:
        return None
    return BranchItem(named, fields, followers, branches) if branches else OpItem(named, fields, followers)


def _read_fields(
    op: type[Op],
    head: Scalar,
    main: Node | None,
    rest: Mapping[str, Entry],
    words: Vocabulary,
    known: Collection[str],
    label: str,
    extra: Sequence[str] = (),
) -> Fields | None:
    """The options of one use of an op: its main argument, its own, and the spec's defaults."""
    reader, options = words.reader, options_of(op)
    nodes = {name: entry.value for name, entry in words.defaults.get(op.name, {}).items() if name in options}
    main_name = next((name for name, item in options.items() if item.main), None)
    before = len(reader.problems)
    meant: set[str] = set()
    if main is not None and not (isinstance(main, Scalar) and main.value is None):
        if main_name is None:
            reader.fail(f"{op.name} has no main argument", main.mark, label, "write its options by name")
        else:
            nodes[main_name] = main
    for name, entry in rest.items():
        if name in options:
            if name == main_name and main_name in nodes:
                reader.fail(f"{name} is given twice: it is the main argument of {op.name}", entry.key.mark, label)
            nodes[name] = entry.value
        elif name not in COMMON and name not in extra:
            hint = did_you_mean(name, [*options, *COMMON, *extra])
            meant.update(option for option in options if f"'{option}'" in hint)
            reader.fail(f"{op.name} has no option '{name}'", entry.key.mark, label, hint)
    missing = [name for name, item in options.items() if item.required and name not in nodes and name not in meant]
    if missing:
        example = f"{op.name}: ..." if missing == [main_name] else f"{missing[0]}: ..."
        reader.fail(f"{op.name} needs {' and '.join(missing)}", head.mark, label, f"write '{example}'")
    if len(reader.problems) > before:
        return None
    fields = Fields(
        op, {name: reader.value(node, known, options[name].type.words) for name, node in nodes.items()}, head.mark
    )
    fields.check(reader, label)
    return fields


def _read_then(op: type[Op], rest: Mapping[str, Entry], words: Vocabulary, known: Collection[str]) -> list[Fields]:
    entry = rest.get("then") or words.defaults.get(op.name, {}).get("then")
    if entry is None:
        return []
    items = entry.value.items if isinstance(entry.value, Seq) else (entry.value,)
    found = [
        _read_follower(item, words, known) for item in items if not (isinstance(item, Scalar) and item.value is None)
    ]
    return [fields for fields in found if fields is not None]


def _read_follower(node: Node, words: Vocabulary, known: Collection[str]) -> Fields | None:
    """An op in a ``then``: it gets the defaults of its op, but no ``then`` of its own."""
    if isinstance(node, Scalar):
        head, main, rest = node, None, {}
    elif isinstance(node, Map) and node.entries:
        first, *others = node.entries.values()
        head, main, rest = first.key, first.value, {entry.key.text: entry for entry in others}
    else:
        words.reader.fail("what follows in then is an op, or a list of ops", node.mark)
        return None
    if head.text not in OPS or OPS[head.text].many:
        says = f"'{head.text}' cannot follow in then"
        words.reader.fail(says, head.mark, "", did_you_mean(head.text, OPS) if head.text not in OPS else "")
        return None
    for name in COMMON:
        if name in rest:
            words.reader.fail(f"what follows in then has no {name} of its own", rest[name].key.mark)
    return _read_fields(OPS[head.text], head, main, rest, words, known, head.text)


def _read_branches(node: Map, rest: Mapping[str, Entry], words: Vocabulary, known: Collection[str]) -> list[Branch]:
    survival: Mapping[str, Entry] = {}
    if "survival" in rest:
        mapping = words.reader.mapping(rest["survival"].value, "survival")
        survival = mapping.entries if mapping else {}
        for name, entry in survival.items():
            if name not in node.entries:
                words.reader.fail(f"there is no branch '{name}'", entry.key.mark, "", did_you_mean(name, node.entries))
    found = []
    for name, entry in node.entries.items():
        value = words.reader.value(survival[name].value, known) if name in survival else None
        items = read_items(entry.value, words, known, f"branch '{name}'")
        found.append(Branch(name, entry.key.mark, items, value))
    if len(found) < 2:
        words.reader.fail("branches come in twos or more", node.mark, "", "an empty branch [] is the identity")
    return found


def _read_block_use(
    head: Scalar, main: Node | None, rest: Mapping[str, Entry], words: Vocabulary, known: Collection[str]
) -> Item | None:
    """Arguments by position (a list), or by name beside a first one."""
    block, reader = words.blocks[head.text], words.reader
    names = [arg.name for arg in block.args]
    label = _label(head, rest)
    nodes: dict[str, Node] = {}
    before = len(reader.problems)
    if isinstance(main, Map):
        nodes = {name: entry.value for name, entry in main.entries.items()}
    elif main is not None and not (isinstance(main, Scalar) and main.value is None):
        positional = main.items if isinstance(main, Seq) else (main,)
        if len(positional) > len(names):
            reader.fail(
                f"{block.name} takes {len(names)} arguments, not {len(positional)}", main.mark, label, _usage(block)
            )
        nodes = dict(zip(names, positional, strict=False))
    for name, entry in rest.items():
        if name in COMMON:
            continue
        if name in nodes:
            reader.fail(f"{name} is given twice", entry.key.mark, label, _usage(block))
        nodes[name] = entry.value
    for name, node in nodes.items():
        if name not in names:
            mark = rest[name].key.mark if name in rest else node.mark
            hint = did_you_mean(name, [*names, *COMMON])
            reader.fail(f"{block.name} has no argument '{name}'", mark, label, hint)
    missing = [arg.name for arg in block.args if arg.default is None and arg.name not in nodes]
    if missing:
        reader.fail(f"{block.name} needs {' and '.join(missing)}", head.mark, label, _usage(block))
    named = _read_named(head, rest, words, known)
    written = {name: reader.value(node, known, loose=True) for name, node in nodes.items()}
    return None if len(reader.problems) > before else BlockItem(named, block, written)


def _usage(block: Block) -> str:
    args = ", ".join(arg.name if arg.default is None else f"{arg.name}?" for arg in block.args)
    return f"it is used as {{{block.name}: [{args}]}}"


def _only(rest: Mapping[str, Entry], allowed: Sequence[str], head: Scalar, reader: Reader) -> bool:
    before = len(reader.problems)
    for name, entry in rest.items():
        if name not in allowed:
            hint = did_you_mean(name, allowed)
            reader.fail(f"{head.text} has no option '{name}'", entry.key.mark, _label(head, rest), hint)
    return len(reader.problems) == before


def _read_repeat(
    head: Scalar, main: Node | None, rest: Mapping[str, Entry], words: Vocabulary, known: Collection[str]
) -> Item | None:
    reader = words.reader
    fine = _only(rest, ("as", "layers", *COMMON), head, reader)
    if main is None or (isinstance(main, Scalar) and main.value is None) or "layers" not in rest:
        reader.fail("repeat needs how often, and layers", head.mark, "", "{repeat: 3, as: i, layers: [...]}")
        return None
    times = reader.value(main, known)
    names: list[str] = []
    if "as" in rest:
        node = rest["as"].value
        names = [reader.text(item, "as") for item in (node.items if isinstance(node, Seq) else (node,))]
        if not 1 <= len(names) <= 2 or not all(name.isidentifier() for name in names):
            reader.fail("as names the round, or [number, item]", node.mark)
    inner = {*known, *names}
    outer = {name: entry for name, entry in rest.items() if name != "name"}
    named = _read_named(head, outer, words, known)
    if "name" in rest:
        named = replace(named, name=_read_name(rest["name"].value, words, inner))
    items = read_items(rest["layers"].value, words, inner)
    return RepeatItem(named, times, names, items) if fine else None


def _read_aux(
    head: Scalar, main: Node | None, rest: Mapping[str, Entry], words: Vocabulary, known: Collection[str]
) -> Item | None:
    if main is None or not _only(rest, COMMON, head, words.reader):
        if main is None:
            words.reader.fail("aux needs the layers of the head", head.mark, "", "{aux: [...], name: loss1}")
        return None
    return AuxItem(_read_named(head, rest, words, known), read_items(main, words, known, "aux"))


STRUCTURES: dict[
    str, Callable[[Scalar, Node | None, Mapping[str, Entry], Vocabulary, Collection[str]], Item | None]
] = {
    "repeat": _read_repeat,
    "aux": _read_aux,
}
"""Words that are neither ops nor blocks."""
