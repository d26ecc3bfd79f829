"""Answers in YAML or JSON: ``conv1: {output: 55x55x96, params: 34848}``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from archcalc.classroom.read.number import SHAPED, answer, asked_by, in_unit
from archcalc.classroom.submission import QUANTITIES, Answer, AnswerSheet, Unread, quantity_of
from archcalc.errors import Problem, Source, did_you_mean, printable, short
from archcalc.language.nodes import Entry, Map, Node, Scalar, Seq, read

TOTAL = ("total", "totals", "network", "sum", "overall", "grand total", "whole network")
"""What people call the whole network."""

NAME_KEYS = ("layer", "path", "name", "row", "layer name")
"""Under which a record names its layer."""


_KEY = re.compile(r"\s*(?:- )?[\"']?([A-Za-z_ ]{1,40})[\"']?[ \t]*:")
_MAPPING = re.compile(r"\s*(?:[{\[]|(?:- )?[\"']?[\w./ -]{1,80}[\"']?:(?:\s|\Z))")
_BLOCK = re.compile(r"[ \t]*(?:- )?[^\s:{}][^:{}]{0,80}:[ \t]*$")


def is_total(name: str) -> bool:
    """Whether a name is that of the whole network.

    >>> is_total("TOTAL:"), is_total("fc8")
    (True, False)
    """
    return name.lower().strip(" :.*") in TOTAL


def looks_structured(text: str) -> bool:
    """Whether a text is YAML or JSON: braces around a quantity, or one indented below its layer.

    >>> looks_structured("conv1: {output: 55x55x96}"), looks_structured("CONV3-64: [224x224x64] memory: 3.2M")
    (True, False)
    >>> looks_structured("conv1:\\n  params: 34,944"), looks_structured("After CONV1:\\nParameters: 35K")
    (True, False)
    """
    lines = text.splitlines()[:1000]
    return any(
        _has_quantity(line.partition("{")[2]) or (_is_below(above, line) and _has_quantity(line))
        for above, line in zip(["{", *lines], lines, strict=False)
    )


def _is_below(above: str, line: str) -> bool:
    """Whether a line stands deeper than the key above it, or in the braces that open there."""
    deeper = len(line) - len(line.lstrip()) > len(above) - len(above.lstrip())
    return deeper and (bool(_BLOCK.match(above)) or above.rstrip().endswith(("{", "[")))


def is_mapping(line: str) -> bool:
    """Whether a line may be one of YAML or JSON: a key and its colon, or a bracket.

    >>> is_mapping("conv1: {output: [55"), is_mapping("conv1,55x55x96,34944")
    (True, False)
    """
    return bool(_MAPPING.match(line))


def _has_quantity(line: str) -> bool:
    """Whether a key of a line, after a comma too, is a quantity."""
    return any(
        (match := _KEY.match(part)) and quantity_of(match[1].strip()) for part in line[:2000].split(",")
    )


def read_structured(source: Source) -> AnswerSheet:
    """The answers of a YAML or JSON text. Raises SpecError where it is neither.

    A layer has a mapping of quantities; quantities at the top, or under ``total``, are of the whole network. Layers
    may also be a list of records with a ``layer`` or a ``name``, as in archcalc's own JSON.
    """
    problems: list[Problem] = []
    root = read(source, problems)
    reader = _Reader()
    reader.node(root, "")
    refused = [Unread(problem.mark.line if problem.mark else 1, "", problem.says) for problem in problems]
    return AnswerSheet(source.name, "", (), tuple(reader.answers), (*reader.unread, *refused))


class _Reader:
    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.unread: list[Unread] = []

    def node(self, node: Node, layer: str) -> None:
        """What stands under a layer, or at the top."""
        if isinstance(node, Map) and not layer and "layer" in dict(_named(node)):
            self.record(node)
        elif isinstance(node, Map):
            for key, entry in node.entries.items():
                self.entry(key, entry, layer)
        elif isinstance(node, Seq):
            for item in node.items:
                self.record(item)
        elif node.text:
            self.miss(node, node.text, "an answer needs a layer and a quantity: conv1: {output: 55x55x96}")

    def entry(self, key: str, entry: Entry, layer: str) -> None:
        value = entry.value
        quantity, unit = asked_by(key)
        if key.lower() in _REMARKS and (layer or key.lower() != "input"):
            return
        if isinstance(value, Map) or (isinstance(value, Seq) and _records(value)):
            self.node(value, "" if is_total(key) or key.lower() in ("layers", "answers") else key)
        elif quantity:
            text = in_unit(_text(value, "x" if quantity in SHAPED else ", "), unit)
            self.answers.append(answer(layer, quantity, text, entry.key.mark.line))
        elif key.lower() == "input" and not layer:
            self.answers.append(answer("input", "output", _text(value, "x"), entry.key.mark.line))
        else:
            hint = "a number with commas needs quotes" if key.isdecimal() else did_you_mean(key, QUANTITIES)
            self.miss(entry.key, key, f"'{short(key)}' is no quantity{f' ({hint})' if hint else ''}")

    def record(self, item: Node) -> None:
        """One layer of a list."""
        names = dict(_named(item))
        if not isinstance(item, Map) or not names:
            self.miss(item, _text(item), "a record needs a 'layer'")
            return
        name = next(iter(names.values()))
        for other, entry in item.entries.items():
            if other not in names:
                self.entry(other, entry, "" if is_total(name) else name)

    def miss(self, node: Node, text: str, why: str) -> None:
        self.unread.append(Unread(node.mark.line, printable(text), why))


_REMARKS = (
    "name",
    "student",
    "title",
    "note",
    "notes",
    "comment",
    "input",
    "op",
    "type",
    "format",
    "source",
    "settings",
    "options",
)
"""Keys that stand beside answers and are none."""


def _records(node: Seq) -> bool:
    return any(isinstance(item, Map) for item in node.items)


def _named(item: Node) -> Iterator[tuple[str, str]]:
    """The keys that name the layer of a record, the most telling first."""
    if isinstance(item, Map):
        for key in NAME_KEYS:
            entry = item.entries.get(key)
            if entry is not None and isinstance(entry.value, Scalar) and entry.value.text:
                yield key, entry.value.text


def _text(node: Node, comma: str = ", ") -> str:
    """A value as one text, a null as nothing; ``comma`` joins a list, whose sizes may be those of a volume."""
    if isinstance(node, Scalar):
        return "" if node.value is None else node.text
    if isinstance(node, Seq):
        return comma.join(_text(item) for item in node.items)
    return ""
