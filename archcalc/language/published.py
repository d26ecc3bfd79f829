"""What the literature prints about a network: claims and accuracies, read from its description.

``about`` imports this module when a command asks for them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from archcalc.errors import Mark, Problem, SpecError
from archcalc.language.arithmetic import shown
from archcalc.language.evaluators import Evaluate, Scope
from archcalc.language.figure_expressions import parse_quantity
from archcalc.language.nodes import Entry, Map, Node, Scalar
from archcalc.language.printed import printable_as
from archcalc.language.tokens import ExprError
from archcalc.language.values import ValueReader, place_of

CLAIM_KEYS = ("what", "says", "source", "layer", "because", "ocr")
ACCURACY_KEYS = ("top1_error", "top5_error", "top1", "top5", "protocol", "source", "of")

_STATED = re.compile(r"\{([^{}=]+?) = ([^{}]+)\}")
"""A number in a reason, and the expression that gives it: ``{5.71 billion = macs}``."""

_PERCENT = re.compile(r"\d{1,3}(\.\d{1,4})?\Z")

NOT_COMPUTABLE = {
    "top1_error": "accuracy is measured",
    "top5_error": "accuracy is measured",
    "year": "a date of publication",
    "training": "how it was trained",
    "hardware": "what it ran on",
    "competition": "the result of a competition",
    "unreadable": "nothing can be read off it",
}
"""Published facts that cannot be computed from the layers, each with the reason."""


class StatedNumber(NamedTuple):
    """A number in the reason of a disagreement, and what computes it."""

    says: str
    expression: str
    value: Evaluate


class PublishedClaim(NamedTuple):
    """A figure that the literature prints about a network or one of its layers."""

    what: str
    says: str
    sources: tuple[str, ...]
    layer: str
    because: str  # the reason of a disagreement
    ocr: str  # what the document says, if ``says`` is a text that its scan damaged
    value: Evaluate | None  # computes ``what`` from figures by name; None if it cannot be computed
    mark: Mark
    stated: tuple[StatedNumber, ...] = ()  # the numbers in ``because``

    def remark(self) -> str:
        """The disagreement in a sentence."""
        # An expression as ``what`` is a statement, which ``says`` repeats in words.
        quantity = f"{self.what} " if self.what.isidentifier() else ""
        return f"{quantity}{self.says} ({'; '.join(self.sources)}) disagrees: {self.because}"


class Accuracy(NamedTuple):
    """Published percentages (top1_error, top5_error, top1, top5) and their protocol; never computed.

    ``of`` says which network was measured, if it was another one.
    """

    figures: Mapping[str, str]
    protocol: str
    source: str
    of: str = ""


def _records(
    entries: Mapping[str, Entry], reader: ValueReader, list_name: str, record_name: str, keys: Sequence[str]
) -> Iterator[tuple[Map, Mapping[str, str]]]:
    """The mappings of a list, each with its entries as texts."""
    for item in reader.sequence(entries[list_name].value, list_name) if list_name in entries else ():
        mapping = reader.mapping(item, record_name)
        if mapping is not None:
            reader.known_keys(mapping, keys, record_name)
            texts = {key: reader.text(entry.value, f"'{key}'") for key, entry in mapping.entries.items()}
            yield mapping, texts


def read_accuracy(entries: Mapping[str, Entry], reader: ValueReader) -> tuple[Accuracy, ...]:
    """The accuracies in a description."""
    accuracies = []
    for mapping, texts in _records(entries, reader, "accuracy", "an accuracy entry", ACCURACY_KEYS):
        figures = {key: texts[key] for key in ACCURACY_KEYS[:4] if key in texts}
        hint = "write {top1_error: 24.01, top5_error: 7.02, protocol: 1 crop 224, source: ...}"
        for key, text in figures.items():
            if not _PERCENT.match(text):
                mark = mapping.entries[key].value.mark
                reader.fail(f"{key} must be a percentage, not '{text}'", mark, "", hint)
        if not figures or "source" not in texts:
            reader.fail("an accuracy entry needs a percentage and a 'source'", mapping.mark, "", hint)
        protocol, source, of = (texts.get(key, "") for key in ACCURACY_KEYS[4:])
        accuracies.append(Accuracy(figures, protocol, source, of))
    return tuple(accuracies)


def read_claims(entries: Mapping[str, Entry], reader: ValueReader) -> tuple[PublishedClaim, ...]:
    """The claims in a description."""
    claims = []
    for mapping, texts in _records(entries, reader, "claims", "a claim", CLAIM_KEYS):
        missing = [key for key in ("what", "says", "source") if key not in mapping.entries]
        if missing:
            hint = "write {what: params, says: 138M, source: ...}"
            keys = " and ".join(f"'{key}'" for key in missing)
            reader.fail(f"the claim needs {keys}", mapping.mark, "", hint)
        what, says, source, layer, because, ocr = (texts.get(key, "") for key in CLAIM_KEYS)
        value = None
        if what and what not in NOT_COMPUTABLE:
            value = _read_quantity(mapping.entries["what"].value, what, reader)
        stated = tuple(_read_stated(mapping.entries["because"].value, because, reader)) if because else ()
        because = _STATED.sub(r"\1", because)
        sources = tuple(part.strip() for part in source.split(";") if part.strip())
        if source and not sources:
            reader.fail("'source' must name a document", mapping.entries["source"].value.mark)
        claims.append(PublishedClaim(what, says, sources, layer, because, ocr, value, mapping.mark, stated))
    return tuple(claims)


def _read_stated(node: Node, because: str, reader: ValueReader) -> Iterator[StatedNumber]:
    """The numbers in a reason, each with its expression."""
    for match in _STATED.finditer(because):
        value = _read_quantity(node, match[2], reader, match.start(2))
        if value is not None:
            yield StatedNumber(match[1], match[2], value)


def _read_quantity(node: Node, what: str, reader: ValueReader, start: int = 0) -> Evaluate | None:
    """The evaluator of a quantity, which begins at a column of a text. It raises SpecError, with the place,
    if the quantity has no value.
    """

    # The same problem can be found now, in the text, or later, with the figures of a network.
    def problem(error: ExprError) -> Problem:
        mark = place_of(node, start + error.column) if isinstance(node, Scalar) else node.mark
        return Problem(f"not a valid quantity: {error.message}", mark, "", error.hint)

    try:
        quantity = parse_quantity(what)
    except ExprError as error:
        reader.problems.append(problem(error))
        return None

    def evaluate(figures: Scope) -> Any:
        try:
            value = quantity.evaluate(figures)
            if not printable_as(value):
                raise ExprError(f"{shown(value)} cannot be compared with a printed figure")
        except ExprError as error:
            raise SpecError([problem(error)]) from None
        return value

    return evaluate
