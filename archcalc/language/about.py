"""What a spec says of its networks beside their layers: names, sources, and what the literature prints."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from archcalc.errors import Problem, SpecError, short
from archcalc.language.builder import NAME_HINT
from archcalc.language.expressions import Evaluate, ExprError, Scope, shown
from archcalc.language.figure_expressions import parse_quantity
from archcalc.language.nodes import Entry, Map, Node, Scalar
from archcalc.language.printed import PublishedClaim, printable_as
from archcalc.language.values import Reader, Value, place_of

ABOUT = ("title", "year", "source", "aliases", "accuracy", "claims")
"""What describes a network and is no setting; a variant may have it too."""

CLAIM_KEYS = ("what", "says", "source", "layer", "because", "ocr")
ACCURACY_KEYS = ("top1_error", "top5_error", "top1", "top5", "protocol", "source")

_PERCENT = re.compile(r"\d{1,3}(\.\d{1,4})?\Z")
_NETWORK = re.compile(r"[\w.+-]{1,80}\Z")


NOT_COMPUTABLE = {
    "top1_error": "accuracy is measured",
    "top5_error": "accuracy is measured",
    "year": "a date of publication",
    "training": "how it was trained",
    "hardware": "what it ran on",
    "competition": "the result of a competition",
    "unreadable": "nothing can be read off it",
}
"""What the literature says of a network that its layers do not tell, and why not."""


class Accuracy(NamedTuple):
    """Percentages as published (top1_error, top5_error, top1, top5) with how they were measured; never computed."""

    figures: Mapping[str, str]
    protocol: str
    source: str


class About(NamedTuple):
    """What a spec says of one of its networks."""

    name: str
    title: str
    year: int | None
    source: str
    aliases: tuple[str, ...]
    claims: tuple[PublishedClaim, ...]
    accuracy: tuple[Accuracy, ...]
    settings: Mapping[str, Value]

    def remarks(self) -> tuple[str, ...]:
        """The figures of the whole network that the literature prints and that disagree, with the reason."""
        return tuple(
            f"{f'{claim.what} ' if claim.what.isidentifier() else ''}{claim.says} ({'; '.join(claim.sources)}) "
            f"disagrees: {claim.because}"
            for claim in self.claims
            if claim.because and not claim.layer
        )

    def matches(self, words: Sequence[str], family: str) -> bool:
        """Whether its name, title, family or an alias contains one of the words."""
        text = " ".join((self.name, family, self.title, *self.aliases)).lower()
        return any(word.lower() in text for word in words)


def read_name(node: Node, reader: Reader) -> str:
    name = reader.text(node, "name")
    if name and not _NETWORK.match(name):
        reader.fail(f"'{short(name)}' is no name for a network", node.mark, "", NAME_HINT)
    return name


def read_about(
    name: str, entries: Mapping[str, Entry], settings: Mapping[str, Value], reader: Reader
) -> About:
    texts = {key: reader.text(entries[key].value, key) for key in ("title", "source") if key in entries}
    year = None
    if "year" in entries:
        node = entries["year"].value
        value = node.value if isinstance(node, Scalar) else None
        if type(value) is int:
            year = value
        else:
            reader.fail("year must be a whole number", node.mark)
    aliases: tuple[str, ...] = ()
    if "aliases" in entries:
        aliases = tuple(
            read_name(item, reader) for item in reader.sequence(entries["aliases"].value, "aliases")
        )
    claims = tuple(_read_claims(entries["claims"].value, reader)) if "claims" in entries else ()
    accuracy = tuple(_read_accuracy(entries["accuracy"].value, reader)) if "accuracy" in entries else ()
    return About(
        name, texts.get("title", ""), year, texts.get("source", ""), aliases, claims, accuracy, settings
    )


def _records(
    node: Node, reader: Reader, what: str, one: str, keys: Sequence[str]
) -> Iterator[tuple[Map, Mapping[str, str]]]:
    """The mappings of a list, each with its entries as texts."""
    for item in reader.sequence(node, what):
        mapping = reader.mapping(item, one)
        if mapping is not None:
            reader.known_keys(mapping, keys, one)
            yield (
                mapping,
                {key: reader.text(entry.value, f"'{key}'") for key, entry in mapping.entries.items()},
            )


def _read_accuracy(node: Node, reader: Reader) -> Sequence[Accuracy]:
    found = []
    for mapping, texts in _records(node, reader, "accuracy", "an accuracy", ACCURACY_KEYS):
        figures = {key: texts[key] for key in ACCURACY_KEYS[:4] if key in texts}
        hint = "write {top1_error: 24.01, top5_error: 7.02, protocol: 1 crop 224, source: ...}"
        for key, text in figures.items():
            if not _PERCENT.match(text):
                reader.fail(
                    f"{key} must be a percentage, not '{text}'", mapping.entries[key].value.mark, "", hint
                )
        if not figures or "source" not in texts:
            reader.fail("an accuracy needs a figure and its 'source'", mapping.mark, "", hint)
        found.append(Accuracy(figures, texts.get("protocol", ""), texts.get("source", "")))
    return found


def _read_claims(node: Node, reader: Reader) -> Sequence[PublishedClaim]:
    found = []
    for mapping, texts in _records(node, reader, "claims", "a claim", CLAIM_KEYS):
        missing = [key for key in ("what", "says", "source") if key not in mapping.entries]
        if missing:
            hint = "write {what: params, says: 138M, source: ...}"
            lacks = " and no ".join(f"'{key}'" for key in missing)
            reader.fail(f"the claim has no {lacks}", mapping.mark, "", hint)
        what, says, source, layer, because, ocr = (texts.get(key, "") for key in CLAIM_KEYS)
        value = None if what in NOT_COMPUTABLE or not what else _read_quantity(mapping, what, reader)
        sources = tuple(part.strip() for part in source.split(";") if part.strip())
        if source and not sources:
            reader.fail("'source' names no document", mapping.entries["source"].value.mark)
        found.append(PublishedClaim(what, says, sources, layer, because, ocr, value, mapping.mark))
    return found


def _read_quantity(mapping: Map, what: str, reader: Reader) -> Evaluate | None:
    """What works a quantity out; what it cannot is told where the claim is written, by SpecError."""
    node = mapping.entries["what"].value

    def problem(error: ExprError) -> Problem:
        mark = place_of(node, error.column) if isinstance(node, Scalar) else node.mark
        return Problem(f"this is no figure: {error.says}", mark, "", error.hint)

    try:
        quantity = parse_quantity(what)
    except ExprError as error:
        told = problem(error)
        reader.fail(told.says, told.mark or node.mark, "", told.hint)
        return None

    def evaluate(figures: Scope) -> Any:
        try:
            value = quantity.evaluate(figures)
            if not printable_as(value):
                raise ExprError(f"nothing that is printed is {shown(value)}")
        except ExprError as error:
            raise SpecError([problem(error)]) from None
        return value

    return evaluate
