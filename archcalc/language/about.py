"""The description of a network beside its layers: names and sources, and where its claims are written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from archcalc.errors import SpecError, short
from archcalc.language.builder import NAME_HINT
from archcalc.language.nodes import Entry, Node, Scalar
from archcalc.language.values import Value, ValueReader
from archcalc.ops.frozen import State, state

if TYPE_CHECKING:
    from archcalc.language.published import Accuracy, PublishedClaim

ABOUT = ("title", "year", "source", "aliases", "accuracy", "claims")
"""The keys that describe a network; a variant may have them too, so no setting can have these names."""

_NETWORK = re.compile(r"[\w.+-]{1,80}\Z")


@state
class About(State):
    """The description of one network of a spec.

    Most of a shipped spec is what the literature prints, and few commands ask for it. So claims and accuracy
    are read when they are asked for, or when ``check`` looks for their mistakes.
    """

    name: str
    title: str
    year: int | None
    source: str
    aliases: tuple[str, ...]
    settings: Mapping[str, Value]
    entries: Mapping[str, Entry]
    """The description as it is written."""

    @cached_property
    def claims(self) -> tuple[PublishedClaim, ...]:
        """The published claims. Raises SpecError if they have mistakes that ``check`` did not look for."""
        self._read()
        return self.claims

    @cached_property
    def accuracy(self) -> tuple[Accuracy, ...]:
        """The published accuracies. Raises as ``claims``."""
        self._read()
        return self.accuracy

    def _read(self) -> None:
        reader = ValueReader()
        self.check(reader)
        if reader.problems:
            del self.claims, self.accuracy  # the next reader gets the same error
            raise SpecError(reader.problems)

    def check(self, reader: ValueReader) -> None:
        """Read claims and accuracy now, and report their mistakes to the reader."""
        from archcalc.language.published import read_accuracy, read_claims

        self.claims = read_claims(self.entries, reader)
        self.accuracy = read_accuracy(self.entries, reader)

    def remarks(self) -> tuple[str, ...]:
        """The published figures of the whole network that are known to disagree, each with the reason."""
        return tuple(claim.remark() for claim in self.claims if claim.because and not claim.layer)


def read_name(node: Node, reader: ValueReader) -> str:
    """The name or an alias of a network."""
    name = reader.text(node, "name")
    if name and not _NETWORK.match(name):
        reader.fail(f"'{short(name)}' is not a valid network name", node.mark, "", NAME_HINT)
    return name


def read_about(
    name: str, entries: Mapping[str, Entry], settings: Mapping[str, Value], reader: ValueReader
) -> About:
    """The description of a network, from the entries of a spec or of a variant."""
    texts = {key: reader.text(entries[key].value, key) for key in ("title", "source") if key in entries}
    year = None
    if "year" in entries:
        node = entries["year"].value
        value = node.value if isinstance(node, Scalar) else None
        if type(value) is int:
            year = value
        else:  # a year in quotes, or a date
            reader.fail("year must be a whole number", node.mark)
    listed = reader.sequence(entries["aliases"].value, "aliases") if "aliases" in entries else ()
    aliases = tuple(read_name(item, reader) for item in listed)
    return About(name, texts.get("title", ""), year, texts.get("source", ""), aliases, settings, entries)
