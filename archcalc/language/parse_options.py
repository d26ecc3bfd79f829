"""The options of one use of an op, and the ops in its ``then``."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.errors import short
from archcalc.language.nodes import Entry, Map, Node, Scalar, Seq
from archcalc.language.values import OptionValues
from archcalc.language.vocabulary import (
    COMMON,
    STRUCTURES,
    Vocabulary,
    WrittenItem,
    common_of,
    hint_for,
    hint_for_op,
    is_null,
    written_item,
)
from archcalc.ops import OPS
from archcalc.ops.base import Op
from archcalc.ops.options import options_of

_EXAMPLES = {"filters": "16", "units": "10"}
"""Example values of options in a hint; 3 for any other."""

_SEPARATE = "make it a separate layer"


def read_options(
    op: type[Op], item: WrittenItem, words: Vocabulary, others: Sequence[str]
) -> OptionValues | None:
    """The options of an op, None after a problem. ``others`` are keys of the item that are read elsewhere."""
    reader, options = words.reader, options_of(op)
    before = len(reader.problems)
    if isinstance(item.main, Map):
        names = [f"{name}: ..." for name in item.main.entries if name != _main_option(op)]
        hint = short(f"write {{{', '.join([f'{op.name}: ...', *names])}}}")
        message = f"the options of {op.name} belong beside it, not inside it"
        reader.fail(message, item.main.mark, item.label, hint)
        return None
    nodes = _default_nodes(op, words) | _main_node(op, item, words)
    meant = _add_written(op, item, words, others, nodes)
    # `kernal: 3` is one mistake: do not report the missing kernel too.
    _report_missing(op, item, words, {*nodes, *meant})
    if len(reader.problems) > before:
        return None
    label = item.label
    values = {name: reader.option(node, words.names, options[name], label) for name, node in nodes.items()}
    result = OptionValues(op, values, item.word.mark)
    return result if result.check(reader, label) else None


def _main_option(op: type[Op]) -> str | None:
    """The option that is written as the value of the op: the first one, if the op has such an option."""
    first = next(iter(options_of(op).values()), None)
    return first.name if first and first.main else None


def _default_nodes(op: type[Op], words: Vocabulary) -> dict[str, Node]:
    entries, options = words.defaults.get(op.name, {}), options_of(op)
    return {name: entry.value for name, entry in entries.items() if name in options}


def _main_node(op: type[Op], item: WrittenItem, words: Vocabulary) -> dict[str, Node]:
    """The main argument by the name of its option."""
    name = _main_option(op)
    if item.main is None:
        return {}
    if name is None:
        branches = f"write its branches: {{{op.name}: {{a: [...], b: [...]}}}}"
        hint = branches if op.many else f"write just '{op.name}'"
        words.reader.fail(f"{op.name} takes no main argument", item.main.mark, item.label, hint)
        return {}
    return {name: item.main}


def _add_written(
    op: type[Op], item: WrittenItem, words: Vocabulary, others: Sequence[str], nodes: dict[str, Node]
) -> set[str]:
    """Add the options beside the op, over the defaults; gives the options that misspelt keys seem to mean."""
    options, meant = options_of(op), set[str]()
    for name, entry in item.rest.items():
        if name in options:
            if name == _main_option(op) and item.main is not None:
                message = f"{name} is given twice: it is the main argument of {op.name}"
                words.reader.fail(message, entry.key.mark, item.label)
            nodes[name] = entry.value
        elif name not in COMMON and name not in others:
            hint = _option_hint(name, [*options, *common_of(op), *others])
            meant.update(option for option in options if f"'{option}'" in hint)
            words.reader.fail(f"{op.name} has no option '{short(name)}'", entry.key.mark, item.label, hint)
    return meant


def _option_hint(name: str, known: Sequence[str]) -> str:
    # In {fc: max(10, n)} YAML ends the value at the comma, and `n)` looks like a key.
    if name.count(")") > name.count("(") or name.count("]") > name.count("["):
        return "put an expression with a comma in quotes"
    return hint_for(name, known)


def _report_missing(op: type[Op], item: WrittenItem, words: Vocabulary, given: set[str]) -> None:
    """Report the options that must be written and are not."""
    options, main_name = options_of(op), _main_option(op)
    missing = [name for name, option in options.items() if option.required and name not in given]
    if not missing:
        return
    # An expression might need quotes in the example, so only a plain number or word is repeated.
    main = item.main.text if isinstance(item.main, Scalar) and item.main.text.isalnum() else "..."
    first = _EXAMPLES.get(main_name or "", "3") if main_name in missing else main
    example = [f"{op.name}: {first}", *(f"{name}: 3" for name in missing if name != main_name)]
    message = f"{op.name} needs {' and '.join(map(_with_article, missing))}"
    words.reader.fail(message, item.word.mark, item.label, f"write {{{', '.join(example)}}}")


def _with_article(name: str) -> str:
    if name.endswith("s"):
        return name
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"


def read_followers(op: type[Op], item: WrittenItem, words: Vocabulary) -> Sequence[OptionValues]:
    """The ops in the ``then`` of an item, else in the ``then`` of its defaults."""
    if "then" in item.rest:
        return _followers(item.rest["then"], words)
    entry = words.defaults.get(op.name, {}).get("then")
    if entry is None:
        return ()
    if op.name in words.default_followers:
        return words.default_followers[op.name]
    before = len(words.reader.problems)
    followers = _followers(entry, words)
    # Followers with a mistake are read again, because they break every layer that has them.
    if len(words.reader.problems) == before:
        words.default_followers[op.name] = followers
    return followers


def _followers(entry: Entry, words: Vocabulary) -> Sequence[OptionValues]:
    nodes = entry.value.items if isinstance(entry.value, Seq) else (entry.value,)
    followers = [_read_follower(node, words) for node in nodes if not is_null(node)]
    return [follower for follower in followers if follower is not None]


def _read_follower(node: Node, words: Vocabulary) -> OptionValues | None:
    """An op in a ``then``: it gets the defaults of its op, except for their ``then``."""
    item = written_item(node)
    if item is None:
        words.reader.fail("'then' must be an op or a list of ops", node.mark)
        return None
    word, mark = item.word.text, item.word.mark
    if word not in OPS or OPS[word].many:
        if word in OPS or word in words.blocks or word in STRUCTURES:
            message = f"'{word}' cannot be in 'then': only ops with one input can"
            words.reader.fail(message, mark, "", _SEPARATE)
        else:
            words.reader.fail(f"unknown op '{short(word)}'", mark, "", hint_for_op(word, OPS))
        return None
    for name in COMMON:
        if name in item.rest:
            key = item.rest[name].key
            words.reader.fail(f"an op in 'then' cannot have '{name}'", key.mark, "", _SEPARATE)
    return read_options(OPS[word], item, words, COMMON)
