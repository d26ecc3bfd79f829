"""The head of an item: the keys that every item may have, and what stands for the head of a broken one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from archcalc.language.arithmetic import shown
from archcalc.language.evaluators import Scope
from archcalc.language.items import ItemHead, ItemName
from archcalc.language.nodes import Entry, Map, Node, Scalar, Seq
from archcalc.language.vocabulary import STRUCTURES, Vocabulary, WrittenItem
from archcalc.ops import OPS

MAX_NAME = 200
"""Characters of a name as it is written, with the expressions in it."""

_TEMPLATE = re.compile(r"\{([^{}]*)\}")


def broken_head(node: Node) -> ItemHead:
    """The head of an item with a problem: other layers can still read it by its name."""
    name, kind = None, node.text if isinstance(node, Scalar) else "layer"
    if isinstance(node, Map):
        kind = next(iter(node.entries), kind)
        written = node.entries["name"].value if "name" in node.entries else None
        if written is not None:
            text = written.text if isinstance(written, Scalar) else ""
            name = ItemName(written.mark, lambda values: text)
    return ItemHead(node.mark, kind, name, (), None)


def read_head(
    item: WrittenItem, words: Vocabulary, name_words: Vocabulary | None = None, *, has_branches: bool = False
) -> ItemHead:
    """The keys that every item may have; the name may read other names than the condition (in a repeat)."""
    rest = item.rest
    written = rest["when"].value if "when" in rest else None
    # Beside branches, a mapping has the conditions of the branches.
    is_of_all = written is not None and not (has_branches and isinstance(written, Map))
    when = words.reader.value(written, words.names) if written and is_of_all else None
    name = _read_name(rest["name"].value, name_words or words) if "name" in rest else None
    sources, same_as = _read_sources(rest, words), _read_partner(item, words)
    return ItemHead(item.word.mark, item.word.text, name, sources, when, same_as)


def _read_partner(item: WrittenItem, words: Vocabulary) -> ItemName | None:
    """The earlier layer or block whose arrays this one uses, and where it is named."""
    entry = item.rest.get("same_as")
    if entry is None:
        return None
    word = item.word.text
    if word in STRUCTURES or (word in OPS and OPS[word].many):
        hint = "write same_as at a layer or block inside"
        words.reader.fail(
            f"{word} cannot have 'same_as': it has no weights", entry.key.mark, item.label, hint
        )
        return None
    return _read_reference(entry.value, words, "'same_as'")


def _read_name(node: Node, words: Vocabulary, what: str = "name") -> ItemName:
    """A name, in which {expression} means its value."""
    text = words.reader.text(node, what)
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


def _read_sources(rest: Mapping[str, Entry], words: Vocabulary) -> tuple[ItemName, ...]:
    if "from" not in rest:
        return ()
    node = rest["from"].value
    nodes = node.items if isinstance(node, Seq) else (node,)
    if not nodes:
        words.reader.fail("'from' must name at least one layer", node.mark)
    names = [_read_reference(item, words, "'from'") for item in nodes]
    return tuple([name for name in names if name])


def _read_reference(node: Node, words: Vocabulary, what: str) -> ItemName | None:
    """The name of an earlier layer; None if there is no text."""
    name = _read_name(node, words, what)
    return name if isinstance(node, Scalar) and node.text.strip() else None
