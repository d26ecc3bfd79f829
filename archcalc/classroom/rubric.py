"""The points of answers, from a rubric in YAML, and the options of grading.

::

    points: {output: 1, params: 2}          # per quantity; 1 if it is not named
    cells: {conv1: {params: 5}}             # of a single layer
    credit: {carried: 1, forgot-bias: 0.5}  # the share that is kept, by verdict or by mistake
    ask: {layers: [output, params], total: [params]}   # what must be answered
    of: [conv1, conv2, fc6]                 # asked of these layers only
    total: 100                              # the points if everything is right
    names: {first conv: conv1}              # what students call a layer
    headings: {Anzahl: params}              # what students write above a column; layer for their names
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from archcalc.classroom.submission import DECLARED, QUANTITIES, quantity_of
from archcalc.errors import Source, SpecError, did_you_mean
from archcalc.language.nodes import Map, Node, Scalar
from archcalc.language.values import ValueReader
from archcalc.ops.frozen import Record, record

KEYS = ("points", "cells", "credit", "ask", "of", "total", "names", "headings")
VERDICTS = ("right", "rounded", "truncated", "carried", "wrong", "missing", "unreadable", "unread")
KEEP_ALL = ("right", "rounded", "truncated", "carried")
"""Verdicts that cost no points, unless the rubric says so."""

LAYER = "layer"
"""What a heading means above the names of layers."""

MOST_POINTS = 10_000
NOTHING, ALL = Fraction(0), Fraction(1)
"""Shares of points."""

_NEED_ASK = {
    "total": "without it, one right answer alone would earn the full points",
    "of": "it names the layers to which the asked quantities apply",
}


class Rubric(NamedTuple):
    """The points of answers.

    ``points`` are given by quantity, ``cells`` by layer and quantity; ``cells`` take precedence. ``credit``
    is the share of its points that an answer keeps, by verdict or by mistake. ``asked`` are the quantities
    asked of every layer (of those in ``layers``, if there are any), and ``totals`` those asked of the whole
    network. If anything is asked, a missing answer costs its points, and answers to other questions earn
    none. ``scale`` is the points of a submission in which everything is right. ``names`` and ``headings`` are
    words of students, in small letters, and the layers and quantities that they mean.
    """

    points: Mapping[str, Fraction] = MappingProxyType({})
    cells: Mapping[tuple[str, str], Fraction] = MappingProxyType({})
    credit: Mapping[str, Fraction] = MappingProxyType({})
    asked: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()
    totals: tuple[str, ...] = ()
    scale: Fraction | None = None
    names: Mapping[str, str] = MappingProxyType({})
    headings: Mapping[str, str] = MappingProxyType({})

    def worth(self, layer: str, quantity: str) -> Fraction:
        """The points of a right answer: 1, or as the rubric says.

        Options that a row states are worth 0 unless they are asked. If the rubric asks anything, everything
        else is worth 0 too.
        """
        if (layer, quantity) in self.cells:
            return self.cells[layer, quantity]
        is_asked = self._asks(layer, quantity)
        if (self.asked or self.totals) and not is_asked:
            return NOTHING
        return self.points.get(quantity, ALL if is_asked or quantity not in DECLARED else NOTHING)

    def _asks(self, layer: str, quantity: str) -> bool:
        if not layer:
            return quantity in self.totals
        return quantity in self.asked and (not self.layers or layer in self.layers)

    def asking(self, questions: Iterable[tuple[str, str]]) -> Rubric:
        """The rubric that asks these questions and those of its own cells, and no others; the points stay."""
        worth = {question: self.worth(*question) for question in (*self.cells, *questions)}
        return self._replace(
            points=dict.fromkeys((*QUANTITIES, *DECLARED), NOTHING),
            cells={question: points for question, points in worth.items() if points},
            asked=(),
            layers=(),
            totals=(),
        )

    def share(self, verdict: str, mistakes: Collection[str]) -> Fraction:
        """The share of its points that an answer keeps.

        Of several mistakes, the most expensive one decides.
        """
        if verdict == "wrong" and mistakes:
            wrong = self.credit.get("wrong", NOTHING)
            return min(self.credit.get(mistake, wrong) for mistake in mistakes)
        return self.credit.get(verdict, ALL if verdict in KEEP_ALL else NOTHING)


@record
class GradingOptions(Record):
    """How answers are graded.

    ``exact``: a rounded figure is wrong. ``biases``: whether params count biases; None means as the answers
    say. ``batch`` and ``dtype`` belong to the answer key.
    """

    rubric: Rubric | None = None
    exact: bool = False
    biases: bool | None = None
    batch: int = 1
    dtype: str = "float32"
    layout: Literal["hwc", "chw"] | None = None


def read_rubric(source: Source, mistakes: Collection[str]) -> Rubric:
    """Read a rubric from YAML; ``mistakes`` are the ids that ``credit`` may name. Raises SpecError."""
    from archcalc.language.compose import read_nodes

    reader = ValueReader()
    root = read_nodes(source, reader.problems)
    mapping = reader.mapping(root, "a rubric", "points: {output: 1}")
    rubric = _rubric(mapping, reader, mistakes) if mapping else Rubric()
    if reader.problems:
        raise SpecError(reader.problems)
    return rubric


def _rubric(mapping: Map, reader: ValueReader, mistakes: Collection[str]) -> Rubric:
    reader.known_keys(mapping, KEYS, "a rubric")
    entries = {key: entry.value for key, entry in mapping.entries.items()}
    points = _shares(entries.get("points"), "points", reader, MOST_POINTS)
    credit = _credit(entries.get("credit"), reader, mistakes)
    asked, totals = _asked(entries.get("ask"), reader)
    for key, reason in _NEED_ASK.items():
        # Points of single cells are questions too, so a total of them needs no 'ask'.
        if key in entries and not (asked or totals or (key == "total" and "cells" in entries)):
            reader.fail(f"'{key}' needs 'ask': {reason}", entries[key].mark, key)
    layers = reader.sequence(entries["of"], "of") if "of" in entries else ()
    return Rubric(
        {_quantity(key, _key_node(entries["points"], key), reader): value for key, value in points.items()},
        _cells(entries.get("cells"), reader),
        credit,
        asked,
        tuple(reader.text(layer, "a layer") for layer in layers),
        totals,
        _number(entries["total"], "total", reader, MOST_POINTS) if "total" in entries else None,
        _words(entries.get("names"), "names", reader),
        _headings(entries.get("headings"), reader),
    )


def _words(node: Node | None, what: str, reader: ValueReader) -> Mapping[str, str]:
    """Words of students, in small letters, and what they mean."""
    mapping = reader.mapping(node, what) if node else None
    entries = mapping.entries if mapping else {}
    return {" ".join(key.lower().split()): reader.text(entry.value, what) for key, entry in entries.items()}


def _headings(node: Node | None, reader: ValueReader) -> Mapping[str, str]:
    meanings = _words(node, "headings", reader)
    for key, entry in node.entries.items() if isinstance(node, Map) else ():
        if meanings[" ".join(key.lower().split())] != LAYER:
            _quantity(meanings[" ".join(key.lower().split())], entry.value, reader)
    return meanings


def _credit(node: Node | None, reader: ValueReader, mistakes: Collection[str]) -> Mapping[str, Fraction]:
    """Read the shares that are kept, by verdict, mistake, or pair of mistakes (joined by a plus)."""
    credit = _shares(node, "credit", reader, 1)
    allowed = [*VERDICTS, *mistakes]
    for key in credit:
        if node and not set(key.split("+")) <= set(allowed):
            hint = did_you_mean(key, allowed)
            reader.fail(f"'{key}' is not a verdict or a mistake", _key_node(node, key).mark, "credit", hint)
    return credit


def _shares(node: Node | None, what: str, reader: ValueReader, most: int) -> Mapping[str, Fraction]:
    mapping = reader.mapping(node, what) if node else None
    entries = mapping.entries if mapping else {}
    return {key: _number(entry.value, f"{what} of {key}", reader, most) for key, entry in entries.items()}


def _key_node(node: Node, key: str) -> Node:
    """The node of a key, which holds its line and column."""
    return node.entries[key].key if isinstance(node, Map) else node


def _number(node: Node, what: str, reader: ValueReader, most: int) -> Fraction:
    value = _plain_number(node)
    if isinstance(value, int | Fraction) and not isinstance(value, bool) and 0 <= value <= most:
        return Fraction(value)
    reader.fail(f"{what} must be a number from 0 to {most:,}", node.mark)
    return Fraction(0)


def _plain_number(node: Node) -> Any:
    """The value of a whole number or a decimal. Expressions, which a spec may have, are not numbers here."""
    if not isinstance(node, Scalar) or not isinstance(node.value, str):
        return node.value if isinstance(node, Scalar) else None
    # Read from the text, because a float of 0.1 is not exactly a tenth.
    return Fraction(node.text) if re.fullmatch(r"[0-9]{1,6}\.[0-9]{1,6}", node.text) else None


def _quantity(word: str, node: Node, reader: ValueReader) -> str:
    quantity = quantity_of(word)
    if not quantity:
        hint = did_you_mean(word, [*QUANTITIES, *DECLARED])
        reader.fail(f"unknown quantity '{word}'", node.mark, "", hint)
    return quantity


def _cells(node: Node | None, reader: ValueReader) -> Mapping[tuple[str, str], Fraction]:
    mapping = reader.mapping(node, "cells", "conv1: {params: 5}") if node else None
    cells = {}
    for layer, entry in mapping.entries.items() if mapping else ():
        name = "" if layer == "total" else layer
        for key, value in _shares(entry.value, layer, reader, MOST_POINTS).items():
            cells[name, _quantity(key, _key_node(entry.value, key), reader)] = value
    return cells


def _asked(node: Node | None, reader: ValueReader) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The quantities asked of layers, and those asked of the whole network.

    A plain list asks them of layers.
    """
    if node is None:
        return (), ()
    if not isinstance(node, Map):
        return _quantities(node, reader), ()
    reader.known_keys(node, ("layers", "total"), "ask")
    layers, total = (node.entries.get(key) for key in ("layers", "total"))
    return (
        _quantities(layers.value, reader) if layers else (),
        _quantities(total.value, reader) if total else (),
    )


def _quantities(node: Node, reader: ValueReader) -> tuple[str, ...]:
    items = reader.sequence(node, "ask")
    return tuple(_quantity(reader.text(item, "a quantity"), item, reader) for item in items)
