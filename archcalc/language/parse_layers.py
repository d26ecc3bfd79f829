"""Layer lists: nodes -> items. An item is checked once, wherever and however often it is used."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from archcalc.errors import Mark, did_you_mean, short
from archcalc.language.arithmetic import shown
from archcalc.language.builder import name_problem
from archcalc.language.evaluators import Scope
from archcalc.language.items import (
    Block,
    Branch,
    BranchItem,
    BrokenItem,
    Item,
    ItemHead,
    ItemName,
    Items,
    OpItem,
)
from archcalc.language.nodes import Entry, Map, Node, Scalar, Seq
from archcalc.language.parse_options import read_followers, read_options
from archcalc.language.scope_items import AuxItem, BlockItem, RepeatItem
from archcalc.language.values import ValueReader
from archcalc.language.vocabulary import COMMON, Vocabulary, WrittenItem, written_item
from archcalc.ops import OPS

MAX_NAME = 200
"""Characters of a name as it is written, with the expressions in it."""

_TEMPLATE = re.compile(r"\{([^{}]*)\}")


def read_items(node: Node, words: Vocabulary, what: str = "layers") -> Items:
    """The items of a layer list; an entry with a problem becomes a BrokenItem."""
    return [
        read_item(entry, words) or BrokenItem(_broken_head(entry))
        for entry in words.reader.sequence(node, what)
    ]


def read_item(node: Node, words: Vocabulary) -> Item | None:
    """One entry of a layer list, None after a problem."""
    item = written_item(node)
    if item is None:
        message = "a layer must be a word (relu) or a mapping that starts with its op (conv: 96)"
        words.reader.fail(message, node.mark)
        return None
    word = item.word.text
    if word == "repeat":
        return _read_repeat(item, words)
    if word == "aux":
        return _read_aux(item, words)
    if word in words.blocks:
        return _read_block_use(item, words)
    if word in OPS:
        return _read_op(item, words)
    if word not in words.broken_blocks:  # the problem of a broken block is reported at its definition
        words.unknown_word(item)
    return None


# --- heads ------------------------------------------------------------------------------------------------


def _broken_head(node: Node) -> ItemHead:
    """The head of an item with a problem: other layers can still read it by its name."""
    name, kind = None, node.text if isinstance(node, Scalar) else "layer"
    if isinstance(node, Map):
        kind = next(iter(node.entries), kind)
        written = node.entries["name"].value if "name" in node.entries else None
        if written is not None:
            text = written.text if isinstance(written, Scalar) else ""
            name = ItemName(written.mark, lambda values: text)
    return ItemHead(node.mark, kind, name, (), None)


def _read_head(item: WrittenItem, words: Vocabulary, name_words: Vocabulary | None = None) -> ItemHead:
    """The keys that every item may have; the name may read other names than the condition (in a repeat)."""
    rest = item.rest
    when = words.reader.value(rest["when"].value, words.names) if "when" in rest else None
    name = _read_name(rest["name"].value, name_words or words) if "name" in rest else None
    return ItemHead(item.word.mark, item.word.text, name, _read_sources(rest, words.reader), when)


def _read_name(node: Node, words: Vocabulary) -> ItemName:
    """A name, in which {expression} means its value."""
    text = words.reader.text(node, "name")
    if len(text) > MAX_NAME:
        words.reader.fail(f"a name may have at most {MAX_NAME} characters", node.mark)
        text = ""
    parts = _TEMPLATE.split(text)  # text and expressions alternate
    quote = 0 if isinstance(node, Scalar) and node.plain else 1
    expressions = []
    for number in range(1, len(parts), 2):
        # Every part before has a brace behind it, and the text may begin with a quote.
        column = sum(len(part) + 1 for part in parts[:number]) + quote
        expression = Scalar(node.source, node.line, node.column + column, parts[number], True)
        expressions.append(words.reader.expression(expression, words.names))

    # Texts and expressions alternate, and a text comes last.
    pairs = [*zip(parts[::2], expressions, strict=False)]

    def evaluate(values: Scope) -> str:
        return "".join([text + _name_part(written.get(values)) for text, written in pairs]) + parts[-1]

    return ItemName(node.mark, evaluate, expressions)


def _name_part(value: Any) -> str:
    return value if isinstance(value, str) else shown(value)


def _read_sources(rest: Mapping[str, Entry], reader: ValueReader) -> tuple[tuple[str, Mark], ...]:
    if "from" not in rest:
        return ()
    node = rest["from"].value
    nodes = node.items if isinstance(node, Seq) else (node,)
    if not nodes:
        reader.fail("'from' must name at least one layer", node.mark)
    names = [(reader.text(item, "'from'"), item.mark) for item in nodes]
    return tuple((name, mark) for name, mark in names if name)


# --- ops --------------------------------------------------------------------------------------------------


def _read_op(item: WrittenItem, words: Vocabulary) -> Item | None:
    op, problems = OPS[item.word.text], words.reader.problems
    branches: Sequence[Branch] = ()
    if op.many and isinstance(item.main, Map):
        branches = _read_branches(item.main, item, words)
        if not branches:
            return None
        item = WrittenItem(item.word, None, item.rest)
    # A problem inside a branch breaks the layer there, not the merge.
    before = len(problems)
    options = read_options(op, item, words, ("then", "survival") if branches else ("then",))
    followers = read_followers(op, item, words)
    head = _read_head(item, words)
    if options is None or len(problems) > before:
        return None
    return BranchItem(head, options, followers, branches) if branches else OpItem(head, options, followers)


def _read_branches(main: Map, item: WrittenItem, words: Vocabulary) -> list[Branch]:
    reader = words.reader
    survival: Mapping[str, Entry] = {}
    if "survival" in item.rest:
        mapping = reader.mapping(item.rest["survival"].value, "survival", "write survival: {branch: 0.8}")
        survival = mapping.entries if mapping else {}
        for name, entry in survival.items():
            if name not in main.entries:
                hint = did_you_mean(name, main.entries)
                reader.fail(f"unknown branch '{short(name)}'", entry.key.mark, "", hint)
    branches = []
    for name, entry in main.entries.items():
        if invalid := name_problem(name, "branch"):
            reader.fail(invalid[0], entry.key.mark, "", invalid[1])
        value = reader.value(survival[name].value, words.names) if name in survival else None
        items = read_items(entry.value, words, f"branch '{name}'")
        branches.append(Branch(name, entry.key.mark, items, value))
    if len(branches) < 2:
        hint = "an empty branch, b: [], is the identity"
        reader.fail(f"{item.word.text} needs at least two branches", main.mark, "", hint)
    return branches


# --- blocks, repeats, auxiliary heads ---------------------------------------------------------------------


def _read_block_use(item: WrittenItem, words: Vocabulary) -> Item | None:
    block, reader = words.blocks[item.word.text], words.reader
    before = len(reader.problems)
    nodes = _arguments(block, item, words)
    names = [argument.name for argument in block.arguments]
    for name, node in nodes.items():
        if name not in names:
            mark = item.rest[name].key.mark if name in item.rest else node.mark
            is_then = name == "then"
            hint = "write 'then' inside the block" if is_then else did_you_mean(name, [*names, *COMMON])
            reader.fail(f"{block.name} has no argument '{short(name)}'", mark, item.label, hint)
    missing = [name for name, default in block.arguments if default is None and name not in nodes]
    if missing:
        reader.fail(f"{block.name} needs {' and '.join(missing)}", item.word.mark, item.label, _usage(block))
    head = _read_head(item, words)
    given = {name: reader.value(node, words.names, loose=True) for name, node in nodes.items()}
    return None if len(reader.problems) > before else BlockItem(head, block, given)


def _arguments(block: Block, item: WrittenItem, words: Vocabulary) -> dict[str, Node]:
    """The arguments of one use: by position (a value or a list), or by name (a mapping, or beside it)."""
    main, reader = item.main, words.reader
    nodes: dict[str, Node] = {}
    if isinstance(main, Map):
        nodes = {name: entry.value for name, entry in main.entries.items()}
    elif main is not None:
        positional = main.items if isinstance(main, Seq) else (main,)
        most = len(block.arguments)
        if len(positional) > most:
            limit = f"{most} argument{'s' * (most > 1)}, not {len(positional)}" if most else "no arguments"
            reader.fail(f"{block.name} takes {limit}", main.mark, item.label, _usage(block))
        names = [argument.name for argument in block.arguments]
        nodes = dict(zip(names, positional, strict=False))
    for name, entry in item.rest.items():
        if name in COMMON:
            continue
        if name in nodes:
            reader.fail(f"{name} is given twice", entry.key.mark, item.label, _usage(block))
        nodes[name] = entry.value
    return nodes


def _usage(block: Block) -> str:
    if not block.arguments:
        return f"write just '{block.name}'"
    names = ", ".join(argument.name for argument in block.arguments)
    optional = [argument.name for argument in block.arguments if argument.default is not None]
    more = f"; {' and '.join(optional)} can be left out" if optional else ""
    return f"write {{{block.name}: [{names}]}}{more}"


def _check_keys(item: WrittenItem, allowed: Sequence[str], reader: ValueReader) -> bool:
    """Whether a structure has no other keys; reports them."""
    before = len(reader.problems)
    for name, entry in item.rest.items():
        if name not in allowed:
            hint = did_you_mean(name, allowed) if name != "then" else "write 'then' at a layer inside"
            reader.fail(f"{item.word.text} has no option '{short(name)}'", entry.key.mark, item.label, hint)
    return len(reader.problems) == before


def _read_repeat(item: WrittenItem, words: Vocabulary) -> Item | None:
    reader = words.reader
    are_keys_fine = _check_keys(item, ("as", "layers", *COMMON), reader)
    parts = {"a number of rounds": item.main is not None, "layers": "layers" in item.rest}
    missing = [part for part, is_there in parts.items() if not is_there]
    if item.main is None or missing:
        # With a wrong key the hint is at that key: it may be a misspelt 'layers'.
        hint = "write {repeat: 3, as: i, layers: [...]}" if are_keys_fine else ""
        reader.fail(f"repeat needs {' and '.join(missing)}", item.word.mark, "", hint)
        return None
    times = reader.value(item.main, words.names)
    names = _loop_names(item.rest["as"].value, reader) if "as" in item.rest else []
    if names is None:
        return None
    inner = words.with_names(names)
    head = _read_head(item, words, inner)
    items = read_items(item.rest["layers"].value, inner)
    return RepeatItem(head, times, names, items) if are_keys_fine else None


def _loop_names(node: Node, reader: ValueReader) -> list[str] | None:
    """The names in ``as``, None after a problem: the round or the item, or both."""
    nodes = node.items if isinstance(node, Seq) else (node,)
    scalars = [item for item in nodes if isinstance(item, Scalar)]
    if not 1 <= len(nodes) <= 2 or len(scalars) < len(nodes):
        reader.fail("'as' must be one or two names", node.mark, "", "write as: i, or as: [i, item]")
        return None
    names = [reader.variable(item, "loop variable") for item in scalars]
    if len(set(names)) < len(names):
        reader.fail("the two names in 'as' must differ", node.mark)
    return names


def _read_aux(item: WrittenItem, words: Vocabulary) -> Item | None:
    are_keys_fine = _check_keys(item, COMMON, words.reader)
    if item.main is None:
        hint = "write {aux: [...], name: loss1}"
        words.reader.fail("aux needs layers", item.word.mark, "", hint)
    if item.main is None or not are_keys_fine:
        return None
    return AuxItem(_read_head(item, words), read_items(item.main, words, "aux"))
