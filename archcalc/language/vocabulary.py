"""The vocabulary of one spec: the words that a layer can start with, and hints for unknown ones."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Set
from typing import NamedTuple

from archcalc.errors import did_you_mean, plain, short
from archcalc.language.items import Block
from archcalc.language.nodes import Entry, Map, Node, Scalar
from archcalc.language.values import OptionValues, ValueReader
from archcalc.ops import OPS, meant_by_others
from archcalc.ops.options import options_of

COMMON = ("name", "from", "when")
"""The keys that every item may have beside its own options."""

STRUCTURES = ("repeat", "aux")
"""Words that an item can start with, and that are neither ops nor blocks."""

OTHER_KEYS = {"inputs": "from", "activation": "then"}
"""Names of keys of the language in other programs, spelt as ``Op.other_names``."""


class WrittenItem(NamedTuple):
    """An entry of a layer list as it is written: its word, its main argument, and its other keys."""

    word: Scalar
    main: Node | None
    rest: Mapping[str, Entry]

    @property
    def label(self) -> str:
        """The item in a message: its name as written, else its word."""
        node = self.rest["name"].value if "name" in self.rest else None
        return node.text if isinstance(node, Scalar) else self.word.text


def written_item(node: Node) -> WrittenItem | None:
    """A word, or a mapping with one; None for any other node.

    A mapping starts with its word. Programs sort keys ({bias: false, conv: 96}), so a mapping whose op
    stands elsewhere is read too, if the op knows all its other keys.
    """
    if isinstance(node, Scalar) and node.value is not None:
        return WrittenItem(node, None, {})
    if isinstance(node, Map) and node.entries:
        first = node.entries[_word_of(node)]
        others = [entry for entry in node.entries.values() if entry is not first]
        main = None if is_null(first.value) else first.value
        return WrittenItem(first.key, main, {entry.key.text: entry for entry in others})
    return None


def _word_of(node: Map) -> str:
    """The key with the op: the first key, or the only op that knows all other keys."""
    first, *others = node.entries
    # A key may also be the name of an op: pad.
    ops = [key for key in others if key in OPS and _knows(key, node.entries)] if first not in OPS else []
    return ops[0] if len(ops) == 1 else first


def _knows(op: str, keys: Collection[str]) -> bool:
    return {*keys} - {op} <= {*COMMON, "then", *options_of(OPS[op])}


def is_null(node: Node) -> bool:
    """Whether a value is left out."""
    return isinstance(node, Scalar) and node.value is None


class Vocabulary(NamedTuple):
    """The words that items may use here: blocks, defaults of ops, and names that expressions can read."""

    reader: ValueReader
    names: Set[str]
    defaults: Mapping[str, Mapping[str, Entry]]
    blocks: dict[str, Block]
    broken_blocks: set[str]
    default_followers: dict[str, Sequence[OptionValues]]  # of each op, as its defaults give them here

    def with_names(self, names: Collection[str]) -> Vocabulary:
        """The vocabulary inside a block or a repeat, whose expressions can read more names."""
        return self._replace(names={*self.names, *names}, default_followers={})

    def unknown_word(self, item: WrittenItem) -> None:
        """Report an item that starts with no op, block or structure."""
        word = item.word.text
        # `{kernel: 3, conv: 8}`: the op is there, but not first.
        ops = [key for key in item.rest if key in OPS or key in self.blocks]
        options = options_of(OPS[ops[0]]) if ops and ops[0] in OPS else {}
        if ops and (word in COMMON or word in options):
            hint = f"write '{ops[0]}' before '{word}'"
            self.reader.fail("a layer must start with its op", item.word.mark, "", hint)
            return
        hint = hint_for(word, [*OPS, *STRUCTURES, *self.blocks]) or "'archcalc ops' lists the ops"
        self.reader.fail(f"unknown op or block '{short(word)}'", item.word.mark, "", hint)


def hint_for(word: str, known: Collection[str]) -> str:
    """The known word that an unknown one seems to mean, also if it is the word of another program."""
    other = meant_by_others(word) or OTHER_KEYS.get(plain(word), "")
    return f"did you mean '{other}'?" if other.partition(":")[0] in known else did_you_mean(word, known)
