"""The items of a layer list, reading: what is written is checked once, wherever and however often it is used."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from archcalc.errors import Mark, did_you_mean, short
from archcalc.language.builder import NAME_HINT, bad_name
from archcalc.language.expressions import shown
from archcalc.language.items import (
    AuxItem,
    Block,
    BlockItem,
    Branch,
    BranchItem,
    BrokenItem,
    Item,
    ItemHead,
    Items,
    OpItem,
    RepeatItem,
)
from archcalc.language.nodes import Entry, Map, Node, Scalar, Seq
from archcalc.language.values import Fields, Reader
from archcalc.ops import OPS
from archcalc.ops.base import Op
from archcalc.ops.options import options_of

COMMON = ("name", "from", "when")
"""What every item may have beside its own options."""

MAX_NAME = 200
"""Characters of a name as it is written, with the expressions in it."""

_TEMPLATE = re.compile(r"\{([^{}]*)\}")


@dataclass(slots=True)
class Vocabulary:
    """What the items of one spec may use: its blocks, and the defaults of its ops."""

    reader: Reader
    blocks: dict[str, Block] = field(default_factory=dict)
    defaults: dict[str, Mapping[str, Entry]] = field(default_factory=dict)
    broken_blocks: set[str] = field(default_factory=set)

    def words(self) -> list[str]:
        return [*OPS, *STRUCTURES, *self.blocks]


def read_items(node: Node, words: Vocabulary, known: Collection[str], what: str = "layers") -> Items:
    """A layer list; what cannot be read is told."""
    return [
        read_item(item, words, known) or BrokenItem(_nameless(item))
        for item in words.reader.sequence(node, what)
    ]


def _nameless(node: Node) -> ItemHead:
    """What is known of an item that could not be read: its op, and its name if it has one."""
    name, kind = None, node.text if isinstance(node, Scalar) else "layer"
    if isinstance(node, Map):
        kind = next(iter(node.entries), kind)
        written = node.entries["name"].value if "name" in node.entries else None
        if written is not None:
            text = written.text if isinstance(written, Scalar) else ""
            name = (written.mark, lambda scope: text)
    return ItemHead(node.mark, kind, name, (), None)


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
        words.reader.fail(
            "a layer is a word (relu) or a mapping that begins with its op (conv: 96)", node.mark
        )
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


def _read_named(
    head: Scalar, rest: Mapping[str, Entry], words: Vocabulary, known: Collection[str]
) -> ItemHead:
    reader = words.reader
    when = reader.value(rest["when"].value, known) if "when" in rest else None
    name = _read_name(rest["name"].value, words, known) if "name" in rest else None
    return ItemHead(head.mark, head.text, name, _read_sources(rest, reader), when)


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
        return "".join(
            part if place % 2 == 0 else values_shown[place // 2] for place, part in enumerate(parts)
        )

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
        reader.fail(
            f"the options of {op.name} stand beside it, not inside it", main.mark, label, _beside(op, main)
        )
        return None
    if main is not None and main_name is None:
        hint = "name its branches, {a: [...], b: [...]}" if op.many else f"write just '{op.name}'"
        reader.fail(f"{op.name} has no main argument", main.mark, label, hint)
    elif main is not None and main_name is not None:
        nodes[main_name] = main
    for name, entry in rest.items():
        if name in options:
            if name == main_name and main is not None:
                reader.fail(
                    f"{name} is given twice: it is the main argument of {op.name}", entry.key.mark, label
                )
            nodes[name] = entry.value
        elif name not in COMMON and name not in extra:
            hint = _option_hint(name, [*options, *COMMON, *extra])
            meant.update(option for option in options if f"'{option}'" in hint)
            reader.fail(f"{op.name} has no option '{short(name)}'", entry.key.mark, label, hint)
    missing = [name for name, item in options.items() if item.required and name not in {*nodes, *meant}]
    if missing:
        ways = [f"{op.name if name == main_name else name}: ..." for name in missing]
        reader.fail(
            f"{op.name} needs {' and '.join(missing)}", head.mark, label, f"write {{{', '.join(ways)}}}"
        )
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


def _read_then(
    op: type[Op], rest: Mapping[str, Entry], words: Vocabulary, known: Collection[str]
) -> list[Fields]:
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


def _read_branches(
    node: Map, rest: Mapping[str, Entry], words: Vocabulary, known: Collection[str]
) -> list[Branch]:
    survival: Mapping[str, Entry] = {}
    if "survival" in rest:
        mapping = words.reader.mapping(rest["survival"].value, "survival", "write survival: {branch: 0.8}")
        survival = mapping.entries if mapping else {}
        for name, entry in survival.items():
            if name not in node.entries:
                words.reader.fail(
                    f"there is no branch '{name}'", entry.key.mark, "", did_you_mean(name, node.entries)
                )
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
        lacking = [
            what for what, lacks in (("how often", main is None), ("layers", "layers" not in rest)) if lacks
        ]
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
        named = named._replace(name=_read_name(rest["name"].value, words, inner))
    items = read_items(rest["layers"].value, words, inner)
    return RepeatItem(named, times, names, items) if fine else None


def _read_aux(
    head: Scalar, main: Node | None, rest: Mapping[str, Entry], words: Vocabulary, known: Collection[str]
) -> Item | None:
    fine = _only(rest, COMMON, head, words.reader)
    if main is None:
        words.reader.fail(
            "aux needs the layers of the head", head.mark, "", "write {aux: [...], name: loss1}"
        )
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
