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

from archcalc.errors import Mark, Problem, did_you_mean, short
from archcalc.network import UNKNOWN, Gate
from archcalc.ops import OPS
from archcalc.ops.base import Op
from archcalc.ops.options import options_of
from archcalc.spec.bind import MAX_BLOCK_DEPTH, MAX_LAYERS, NAME_HINT, Builder, Inside, Room, bad_name
from archcalc.spec.expr import is_number, shown
from archcalc.spec.fields import Fields, Reader, Told, Unreadable, Value
from archcalc.spec.reader import Entry, Map, Node, Scalar, Seq

COMMON = ("name", "from", "when")
"""What every item may have beside its own options."""

MAX_NAME = 200
"""Characters of a name as it is written, with the expressions in it."""

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
    broken_blocks: set[str] = field(default_factory=set)

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
        answer = self.when.get(inside.scope)
        if not isinstance(answer, bool):
            hint = "" if isinstance(answer, list) else "compare it, as in i > 1"
            raise Unreadable(Problem(f"when must be true or false, not {shown(answer)}", self.when.mark, "", hint))
        return not answer

    def written_name(self, inside: Inside) -> str | None:
        return self.name[1](inside.scope) if self.name else None

    def take_name(self, builder: Builder, inside: Inside) -> str:
        return builder.name(inside, self.written_name(inside), self.kind, self.name[0] if self.name else self.mark)

    def inputs(self, builder: Builder, inside: Inside, at: int) -> list[int]:
        return builder.sources(inside, self.sources) if self.sources else [at]

    def one_input(self, builder: Builder, inside: Inside, at: int, what: str = "") -> int:
        sources = self.inputs(builder, inside, at)
        if len(sources) > 1:
            says = f"{what or self.kind} takes one input, not {len(sources)}"
            raise Unreadable(Problem(says, self.sources[1][1]))
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
    room = inside.room
    try:
        name = item.named.written_name(inside)
    except (Unreadable, Told):
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
            builder.spend(fields.marks[""])
            number = builder.add(
                inside, f"{path}/{own}", fields.build(inside.scope), [number], fields.marks, follower=True
            )
        return number


def _right_number(op: Op, sources: Sequence[int], named: Named) -> None:
    if op.many and len(sources) < 2:
        hint = f"write branches, {{{op.name}: {{a: [...], b: [...]}}}}, or from: [a, b]"
        raise Unreadable(Problem(f"{op.name} takes two inputs or more", named.mark, "", hint))
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
        start = self.named.one_input(builder, inside, at, f"a branched {self.named.kind}")
        op = self.fields.build(inside.scope)
        survivals = [_probability(branch.survival, inside.scope) for branch in self.branches]
        name = self.named.take_name(builder, inside)
        outer = inside.room
        if self.named.name:
            outer = Room(inside.room.path_of(name), inside.room, start)
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
        self, branch: Branch, survival: Fraction | int | None, builder: Builder, inside: Inside, start: int
    ) -> int:
        name = inside.room.unused(branch.name)
        inside.room.taken[name] = branch.mark
        room = Room(inside.room.path_of(name), inside.room, start)
        gates = inside.gates if survival is None else (*inside.gates, Gate(room.path, survival))
        return build_items(branch.items, builder, replace(inside, room=room, gates=gates), start)


def _probability(value: Value | None, scope: Mapping[str, Any]) -> Fraction | int | None:
    if value is None:
        return None
    survival = value.get(scope)
    if isinstance(survival, int | Fraction) and not isinstance(survival, bool) and 0 <= survival <= 1:
        return survival
    raise Unreadable(Problem(f"survival must be a probability from 0 to 1, not {shown(survival)}", value.mark))


class BlockItem(Item):
    """One use of a block."""

    def __init__(self, named: Named, block: Block, written: Mapping[str, Value]) -> None:
        super().__init__(named)
        self.block = block
        self.written = written

    def build(self, builder: Builder, inside: Inside, at: int) -> int:
        self._not_too_deep(inside)
        start = self.named.one_input(builder, inside, at)
        scope = dict(inside.settings)
        for arg in self.block.args:
            value = self.written.get(arg.name) or arg.default
            if value is not None:
                scope[arg.name] = value.get(inside.scope if arg.name in self.written else scope)
        name = self.named.take_name(builder, inside)
        room = Room(inside.room.path_of(name), inside.room, start)
        uses = (*inside.uses, (self._use(), self.named.mark))
        within = inside.deeper(self.named.mark, room=room, scope=scope, uses=uses)
        end = build_items(self.block.body, builder, within, start)
        inside.room.names[name] = end
        return end

    def _use(self) -> str:
        return f"block '{self.block.name}' is used at"

    def _not_too_deep(self, inside: Inside) -> None:
        if len(inside.uses) < MAX_BLOCK_DEPTH:
            return
        says = f"blocks are nested deeper than {MAX_BLOCK_DEPTH}"
        hint = ""
        if any(use == self._use() for use, _ in inside.uses):
            says = f"block '{self.block.name}' uses itself more than {MAX_BLOCK_DEPTH} deep"
            hint = "such a block needs a 'when' that ends it"
        raise Unreadable(Problem(says, self.named.mark, "", hint))


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
            inner = inside.deeper(self.named.mark, scope=scope)
            name = self.named.name[1](scope) if self.named.name else None
            if self.named.name and name is not None:
                if name not in rooms:
                    builder.name(inside, name, self.named.kind, self.named.name[0])
                    rooms[name] = Room(inside.room.path_of(name), inside.room, at)
                inner = replace(inner, room=rooms[name])
            at = build_items(self.items, builder, inner, at)
            if name is not None:
                inside.room.names[name] = at
        return at

    def _rounds(self, inside: Inside) -> Iterator[tuple[int, Any]]:
        times = self.times.get(inside.scope)
        if isinstance(times, list | tuple):
            yield from enumerate(times, 1)
        elif type(times) is int and 0 <= times <= MAX_LAYERS:
            for number in range(1, times + 1):
                yield number, number
        else:
            raise Unreadable(_no_times(times, self.times.mark))


def _no_times(times: Any, mark: Mark) -> Problem:
    if type(times) is int and times > 0:
        return Problem(f"{times:,} rounds are more than the {MAX_LAYERS:,} layers that a spec may have", mark)
    free = is_number(times) and not isinstance(times, int | Fraction)
    hint = "how often layers repeat cannot be left free" if free else ""
    return Problem(f"repeat must be a whole number from 0 up or a list, not {shown(times)}", mark, "", hint)


class AuxItem(Item):
    """An auxiliary head: layers beside the main path, left out of the totals unless asked for."""

    def __init__(self, named: Named, items: Items) -> None:
        super().__init__(named)
        self.items = items

    def build(self, builder: Builder, inside: Inside, at: int) -> int:
        start = self.named.one_input(builder, inside, at)
        name = self.named.take_name(builder, inside)
        room = Room(inside.room.path_of(name), inside.room, start)
        within = inside.deeper(self.named.mark, room=room, aux=True)
        inside.room.names[name] = build_items(self.items, builder, within, start)
        return at


# --- reading -----------------------------------------------------------------------------------


def read_items(node: Node, words: Vocabulary, known: Collection[str], what: str = "layers") -> Items:
    """A layer list; what cannot be read is told."""
    return [read_item(item, words, known) or BrokenItem(_nameless(item)) for item in words.reader.sequence(node, what)]


def _nameless(node: Node) -> Named:
    """What is known of an item that could not be read: its op, and its name if it has one."""
    name, kind = None, node.text if isinstance(node, Scalar) else "layer"
    if isinstance(node, Map):
        kind = next(iter(node.entries), kind)
        written = node.entries["name"].value if "name" in node.entries else None
        if written is not None:
            text = written.text if isinstance(written, Scalar) else ""
            name = (written.mark, lambda scope: text)
    return Named(node.mark, kind, name, (), None)


def _split(node: Node) -> tuple[Scalar, Node | None, dict[str, Entry]] | None:
    """The op of an item, its main argument, and the other entries."""
    if isinstance(node, Scalar) and node.value is not None:
        return node, None, {}
    if isinstance(node, Map) and node.entries:
        first, *others = node.entries.values()
        main = None if _is_null(first.value) else first.value
        return first.key, main, {entry.key.text: entry for entry in others}
    return None


def read_item(node: Node, words: Vocabulary, known: Collection[str]) -> Item | None:
    """One entry of a layer list: a bare word, or a mapping that begins with the op."""
    parts = _split(node)
    if parts is None:
        words.reader.fail("a layer is a word (relu) or a mapping that begins with its op (conv: 96)", node.mark)
        return None
    head, main, rest = parts
    word = head.text
    if word in STRUCTURES:
        return STRUCTURES[word](head, main, rest, words, known)
    if word in words.blocks:
        return _read_block_use(head, main, rest, words, known)
    if word in OPS:
        return _read_op(head, main, rest, words, known)
    if word not in words.broken_blocks:
        _unknown_word(head, rest, words)
    return None


OTHER_NAMES = {
    "convolution": "conv",
    "dense": "fc",
    "linear": "fc",
    "fullyconnected": "fc",
    "batchnorm": "bn",
    "batchnormalization": "bn",
    "pool": "maxpool",
    "pooling": "maxpool",
    "averagepool": "avgpool",
    "averagepooling": "avgpool",
    "globalaveragepooling": "avgpool: global",
    "gap": "avgpool: global",
    "convtranspose": "deconv",
    "transposedconv": "deconv",
    "localresponsenorm": "lrn",
    "sum": "add",
    "cat": "concat",
    "concatenate": "concat",
    "mul": "multiply",
    "view": "flatten",
    "outchannels": "filters",
    "strides": "stride",
    "padding": "pad",
    "activation": "then",
    "usebias": "bias",
    "dilationrate": "dilation",
    "poolsize": "kernel",
    "kernelsize": "kernel",
    "inputs": "from",
}
"""What other programs call our ops and options, in small letters without _ and 2d."""


def _hint(word: str, known: Collection[str]) -> str:
    other = OTHER_NAMES.get(re.sub(r"[\W_]|[123]d", "", word.lower()), "")
    return f"did you mean '{other}'?" if other.partition(":")[0] in known else did_you_mean(word, known)


def _unknown_word(head: Scalar, rest: Mapping[str, Entry], words: Vocabulary) -> None:
    later = [key for key in rest if key in OPS or key in words.blocks]
    options = options_of(OPS[later[0]]) if later and later[0] in OPS else {}
    if later and (head.text in COMMON or head.text in options):
        words.reader.fail(f"a layer begins with its op: write '{later[0]}' before '{head.text}'", head.mark)
        return
    hint = _hint(head.text, words.words()) or "'archcalc ops' lists the ops"
    words.reader.fail(f"there is no op or block '{short(head.text)}'", head.mark, "", hint)


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
    if len(text) > MAX_NAME:
        words.reader.fail(f"a name may have at most {MAX_NAME} characters", node.mark)
        text = ""
    parts = _TEMPLATE.split(text)
    quote = 0 if isinstance(node, Scalar) and node.plain else 1
    values = []
    for place in range(1, len(parts), 2):
        column = sum(len(part) + 1 for part in parts[:place]) + quote
        values.append(words.reader.expression(Scalar(parts[place], True, node.mark.shifted(column)), known))

    def name(scope: Mapping[str, Any]) -> str:
        values_shown = [_in_name(value.get(scope)) for value in values]
        return "".join(part if place % 2 == 0 else values_shown[place // 2] for place, part in enumerate(parts))

    return node.mark, name


def _in_name(value: Any) -> str:
    return value if isinstance(value, str) else shown(value)


def _read_sources(rest: Mapping[str, Entry], reader: Reader) -> tuple[tuple[str, Mark], ...]:
    if "from" not in rest:
        return ()
    node = rest["from"].value
    items = node.items if isinstance(node, Seq) else (node,)
    if not items:
        reader.fail("from names at least one layer", node.mark)
    names = [(reader.text(item, "from"), item.mark) for item in items]
    return tuple((name, mark) for name, mark in names if name)


def _label(head: Scalar, rest: Mapping[str, Entry]) -> str:
    """What an item is called in an error: its name as written, else its op."""
    node = rest["name"].value if "name" in rest else None
    return node.text if isinstance(node, Scalar) else head.text


def _read_op(
    head: Scalar, main: Node | None, rest: Mapping[str, Entry], words: Vocabulary, known: Collection[str]
) -> Item | None:
    op = OPS[head.text]
    before = len(words.reader.problems)
    branches: Sequence[Branch] = ()
    if op.many and isinstance(main, Map):
        branches, main = _read_branches(main, rest, words, known), None
        if not branches:
            return None
    inner = len(words.reader.problems) - before  # those of the layers in its branches are their own
    fields = _read_fields(op, head, main, rest, words, known, ("then", "survival") if branches else ("then",))
    followers = _read_then(op, rest, words, known)
    named = _read_named(head, rest, words, known)
    if fields is None or len(words.reader.problems) > before + inner:
        return None
    return BranchItem(named, fields, followers, branches) if branches else OpItem(named, fields, followers)


def _read_fields(
    op: type[Op],
    head: Scalar,
    main: Node | None,
    rest: Mapping[str, Entry],
    words: Vocabulary,
    known: Collection[str],
    extra: Sequence[str] = (),
) -> Fields | None:
    """The options of one use of an op: its main argument, its own, and the spec's defaults."""
    reader, options, label = words.reader, options_of(op), _label(head, rest)
    nodes = {name: entry.value for name, entry in words.defaults.get(op.name, {}).items() if name in options}
    main_name = next((name for name, item in options.items() if item.main), None)
    before = len(reader.problems)
    meant: set[str] = set()
    if isinstance(main, Map):
        reader.fail(f"the options of {op.name} stand beside it, not inside it", main.mark, label, _beside(op, main))
        return None
    if main is not None and main_name is None:
        hint = "name its branches, {a: [...], b: [...]}" if op.many else f"write just '{op.name}'"
        reader.fail(f"{op.name} has no main argument", main.mark, label, hint)
    elif main is not None and main_name is not None:
        nodes[main_name] = main
    for name, entry in rest.items():
        if name in options:
            if name == main_name and main is not None:
                reader.fail(f"{name} is given twice: it is the main argument of {op.name}", entry.key.mark, label)
            nodes[name] = entry.value
        elif name not in COMMON and name not in extra:
            hint = _option_hint(name, [*options, *COMMON, *extra])
            meant.update(option for option in options if f"'{option}'" in hint)
            reader.fail(f"{op.name} has no option '{short(name)}'", entry.key.mark, label, hint)
    missing = [name for name, item in options.items() if item.required and name not in {*nodes, *meant}]
    if missing:
        ways = [f"{op.name if name == main_name else name}: ..." for name in missing]
        reader.fail(f"{op.name} needs {' and '.join(missing)}", head.mark, label, f"write {{{', '.join(ways)}}}")
    if len(reader.problems) > before:
        return None
    values = {name: reader.option(node, known, options[name], label) for name, node in nodes.items()}
    fields = Fields(op, values, head.mark)
    return fields if fields.check(reader, label) else None


def _beside(op: type[Op], main: Map) -> str:
    """How options written below an op are written beside it."""
    main_name = next((name for name, item in options_of(op).items() if item.main), op.name)
    others = [f"{name}: ..." for name in main.entries if name != main_name]
    return short(f"write {{{', '.join([f'{op.name}: ...', *others])}}}")


def _option_hint(name: str, known: Sequence[str]) -> str:
    if name.count(")") > name.count("(") or name.count("]") > name.count("["):
        return "an expression with a comma needs quotes here"
    return _hint(name, known)


def _read_then(op: type[Op], rest: Mapping[str, Entry], words: Vocabulary, known: Collection[str]) -> list[Fields]:
    entry = rest.get("then") or words.defaults.get(op.name, {}).get("then")
    if entry is None:
        return []
    items = entry.value.items if isinstance(entry.value, Seq) else (entry.value,)
    found = [_read_follower(item, words, known) for item in items if not _is_null(item)]
    return [fields for fields in found if fields is not None]


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is None


def _read_follower(node: Node, words: Vocabulary, known: Collection[str]) -> Fields | None:
    """An op in a ``then``: it gets the defaults of its op, but no ``then`` of its own."""
    parts = _split(node)
    if parts is None:
        words.reader.fail("what follows in then is an op, or a list of ops", node.mark)
        return None
    head, main, rest = parts
    if head.text not in OPS or OPS[head.text].many:
        is_other = head.text in OPS or head.text in words.blocks or head.text in STRUCTURES
        hint = "make it a layer of its own" if is_other else _hint(head.text, OPS)
        words.reader.fail(
            f"'{short(head.text)}' cannot follow in then: only ops with one input can", head.mark, "", hint
        )
        return None
    for name in COMMON:
        if name in rest:
            hint = "make it a layer of its own"
            words.reader.fail(f"what follows in then has no {name} of its own", rest[name].key.mark, "", hint)
    return _read_fields(OPS[head.text], head, main, rest, words, known, COMMON)


def _read_branches(node: Map, rest: Mapping[str, Entry], words: Vocabulary, known: Collection[str]) -> list[Branch]:
    survival: Mapping[str, Entry] = {}
    if "survival" in rest:
        mapping = words.reader.mapping(rest["survival"].value, "survival", "write survival: {branch: 0.8}")
        survival = mapping.entries if mapping else {}
        for name, entry in survival.items():
            if name not in node.entries:
                words.reader.fail(f"there is no branch '{name}'", entry.key.mark, "", did_you_mean(name, node.entries))
    found = []
    for name, entry in node.entries.items():
        if bad_name(name):
            words.reader.fail(f"'{short(name)}' is no name for a branch", entry.key.mark, "", NAME_HINT)
        value = words.reader.value(survival[name].value, known) if name in survival else None
        items = read_items(entry.value, words, known, f"branch '{name}'")
        found.append(Branch(name, entry.key.mark, items, value))
    if len(found) < 2:
        says = "one branch has nothing to meet" if found else "there are no branches"
        words.reader.fail(says, node.mark, "", "give two or more; an empty one, b: [], is the identity")
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
    elif main is not None:
        positional = main.items if isinstance(main, Seq) else (main,)
        if len(positional) > len(names):
            reader.fail(
                f"{block.name} takes {_count(len(names), 'argument')}, not {len(positional)}",
                main.mark,
                label,
                _usage(block),
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
            hint = did_you_mean(name, [*names, *COMMON]) if name != "then" else "put it into the block"
            reader.fail(f"{block.name} has no argument '{short(name)}'", mark, label, hint)
    missing = [arg.name for arg in block.args if arg.default is None and arg.name not in nodes]
    if missing:
        reader.fail(f"{block.name} needs {' and '.join(missing)}", head.mark, label, _usage(block))
    named = _read_named(head, rest, words, known)
    written = {name: reader.value(node, known, loose=True) for name, node in nodes.items()}
    return None if len(reader.problems) > before else BlockItem(named, block, written)


def _count(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"


def _usage(block: Block) -> str:
    if not block.args:
        return f"write just '{block.name}'"
    args = ", ".join(arg.name if arg.default is None else f"{arg.name}?" for arg in block.args)
    return f"it is used as {{{block.name}: [{args}]}}"


def _only(rest: Mapping[str, Entry], allowed: Sequence[str], head: Scalar, reader: Reader) -> bool:
    before = len(reader.problems)
    for name, entry in rest.items():
        if name not in allowed:
            hint = did_you_mean(name, allowed) if name != "then" else "put it into the layers"
            reader.fail(f"{head.text} has no option '{name}'", entry.key.mark, _label(head, rest), hint)
    return len(reader.problems) == before


def _read_repeat(
    head: Scalar, main: Node | None, rest: Mapping[str, Entry], words: Vocabulary, known: Collection[str]
) -> Item | None:
    reader = words.reader
    fine = _only(rest, ("as", "layers", *COMMON), head, reader)
    if main is None or "layers" not in rest:
        lacking = [what for what, lacks in (("how often", main is None), ("layers", "layers" not in rest)) if lacks]
        hint = "write {repeat: 3, as: i, layers: [...]}"
        reader.fail(f"repeat needs {' and '.join(lacking)}", head.mark, "", hint if fine else "")
        return None
    times = reader.value(main, known)
    names: list[str] = []
    if "as" in rest:
        node = rest["as"].value
        items_as = node.items if isinstance(node, Seq) else (node,)
        if not 1 <= len(items_as) <= 2 or not all(isinstance(item, Scalar) for item in items_as):
            reader.fail("as names the round, or the round and the item: i, or [i, item]", node.mark)
            return None
        names = [reader.variable(item, "a round") for item in items_as if isinstance(item, Scalar)]
        if len(set(names)) < len(names):
            reader.fail("the round and the item need two names", node.mark)
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
    fine = _only(rest, COMMON, head, words.reader)
    if main is None:
        words.reader.fail("aux needs the layers of the head", head.mark, "", "write {aux: [...], name: loss1}")
    if main is None or not fine:
        return None
    return AuxItem(_read_named(head, rest, words, known), read_items(main, words, known, "aux"))


STRUCTURES: dict[
    str, Callable[[Scalar, Node | None, Mapping[str, Entry], Vocabulary, Collection[str]], Item | None]
] = {
    "repeat": _read_repeat,
    "aux": _read_aux,
}
"""Words that are neither ops nor blocks."""
