"""Answers in YAML or JSON: ``conv1: {output: 55x55x96, params: 34848}``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from archcalc.classroom.read.headings import column_of
from archcalc.classroom.read.labels import in_unit, is_total
from archcalc.classroom.read.number import SHAPED, answer
from archcalc.classroom.read.plain import read_plain
from archcalc.classroom.submission import (
    LAYER_LABELS,
    NO_LAYERS,
    QUANTITIES,
    REMARKS,
    Answer,
    AnswerSheet,
    UnreadLine,
    quantity_of,
)
from archcalc.errors import Problem, Source, did_you_mean, printable, short
from archcalc.language.nodes import Entry, Map, Node, Scalar, Seq

OWN_RECORDS = ("weight_shapes", "operations", "convention", "settings", "options", "paths", "training")
"""Keys in the JSON of ``archcalc table`` whose values are about no figure that is asked."""

_KEY = re.compile(r"\s*(?:- )?[\"']?([A-Za-z_ ]{1,40})[\"']?[ \t]*:")
_MAPPING = re.compile(r"\s*(?:[{\[]|(?:- )?[\"']?[\w./ -]{1,80}[\"']?:(?:\s|\Z))")
_BLOCK = re.compile(r"[ \t]*(?:- )?[^\s:{}][^:{}]{0,80}:[ \t]*$")


def recognises(text: str) -> bool:
    """Whether a text is YAML or JSON: a quantity stands in braces, or is indented below its layer.

    >>> recognises("conv1: {output: 55x55x96}"), recognises("CONV3-64: [224x224x64] memory: 3.2M")
    (True, False)
    >>> recognises("conv1:\\n  params: 34,944"), recognises("After CONV1:\\nParameters: 35K")
    (True, False)
    """
    # The first lines decide: a long text in another format is not searched to its end.
    lines = text.splitlines()[:1000]
    return any(
        _has_quantity(line.partition("{")[2]) or (_is_below(above, line) and _has_quantity(line))
        for above, line in zip(["{", *lines], lines, strict=False)
    )


def _is_below(above: str, line: str) -> bool:
    """Whether a line is indented below the key above it, or stands in the braces that open there."""
    is_deeper = len(line) - len(line.lstrip()) > len(above) - len(above.lstrip())
    return is_deeper and (bool(_BLOCK.match(above)) or above.rstrip().endswith(("{", "[")))


def is_mapping(line: str) -> bool:
    """Whether a line may be YAML or JSON: it starts with a key and a colon, or with a bracket.

    >>> is_mapping("conv1: {output: [55"), is_mapping("conv1,55x55x96,34944")
    (True, False)
    """
    return bool(_MAPPING.match(line))


def _has_quantity(line: str) -> bool:
    """Whether a key on this line is a quantity; a key may also follow a comma."""
    return any(
        (match := _KEY.match(part)) and quantity_of(match[1].strip()) for part in line[:2000].split(",")
    )


def read(source: Source) -> list[AnswerSheet]:
    """Read a YAML or JSON text. Raises SpecError if it is neither.

    A layer has a mapping of quantities. Quantities at the top, or under ``total``, belong to the whole
    network. Layers may also be a list of records with a ``layer`` or a ``name``, as in the JSON that archcalc
    prints.
    """
    if (answers := read_plain(source.text)) is not None:
        return [AnswerSheet(source.name, "", (), answers)]
    if '"networks"' in source.text and (networks := _networks(source)):
        sheets = [_of_network(source.name, network) for network in networks]
        return [sheet for sheet in sheets if sheet.answers]
    return [read_any(source)]


def read_any(source: Source) -> AnswerSheet:
    """Read any YAML or JSON text. Raises SpecError if it is neither."""
    from archcalc.language.compose import read_nodes

    problems: list[Problem] = []
    root = read_nodes(source, problems)
    reader = _Reader(is_own=_is_own(root))
    reader.node(root, "")
    refused = [
        UnreadLine(problem.mark.line if problem.mark else 1, "", problem.message) for problem in problems
    ]
    return AnswerSheet(source.name, "", (), tuple(reader.answers), (*reader.unread, *refused))


def _is_own(root: Node) -> bool:
    """Whether this is the JSON of ``archcalc table``."""
    return isinstance(root, Map) and {"format", "network", "layers"} <= root.entries.keys()


def _networks(source: Source) -> list[Map]:
    """The networks in the JSON of ``archcalc compare``; none in any other text."""
    from archcalc.language.compose import read_nodes

    root = read_nodes(source, [])
    entry = root.entries.get("networks") if isinstance(root, Map) and "format" in root.entries else None
    items = entry.value.items if entry and isinstance(entry.value, Seq) else ()
    return [item for item in items if isinstance(item, Map) and {"network", "totals"} <= item.entries.keys()]


def _of_network(name: str, network: Map) -> AnswerSheet:
    """The totals of one network of several."""
    reader = _Reader(is_own=True)
    reader.node(network.entries["totals"].value, "")
    about = _text(network.entries["network"].value)
    return AnswerSheet(name, about, (), tuple(reader.answers), line=network.mark.line, about=about)


class _Reader:
    """Collects the answers of a text."""

    def __init__(self, is_own: bool = False) -> None:
        self.is_own = is_own
        self.answers: list[Answer] = []
        self.unread: list[UnreadLine] = []

    def node(self, node: Node, layer: str) -> None:
        """Read what stands under a layer, or at the top (an empty ``layer``)."""
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
        """Read one key and its value: a quantity, a layer, or a remark."""
        value = entry.value
        heading = column_of(key)
        quantity, unit = (heading.meaning, heading.unit) if heading.is_asked else ("", "")
        if key.lower() in REMARKS and (layer or key.lower() != "input"):
            return
        # What archcalc prints besides the figures that it asks.
        if self.is_own and (layer or key != "input") and _is_beside(key, value, quantity):
            return
        # {layers: [...]} and {conv1: {...}} look alike: only the key says whether it is a layer.
        if isinstance(value, Map) or _records(value):
            self.node(value, "" if is_total(key) or key.lower() in NO_LAYERS else key)
        elif quantity:
            text = in_unit(_text(value, "x" if quantity in SHAPED else ", "), unit)
            self.answers.append(answer(layer, quantity, text, entry.key.mark.line))
        elif key.lower() == "input" and not layer:
            self.answers.append(answer("input", "output", _text(value, "x"), entry.key.mark.line))
        else:
            # {params: 34,944} is a params of 34 and a key 944.
            hint = "a number with commas needs quotes" if key.isdecimal() else did_you_mean(key, QUANTITIES)
            self.miss(entry.key, key, f"unknown quantity '{short(key)}'{f' ({hint})' if hint else ''}")

    def record(self, item: Node) -> None:
        """Read one layer of a list."""
        names = dict(_named(item))
        if not isinstance(item, Map) or not names:
            self.miss(item, _text(item), "a record needs a 'layer'")
            return
        name = next(iter(names.values()))
        for other, entry in item.entries.items():
            if other not in names:
                self.entry(other, entry, "" if is_total(name) else name)

    def miss(self, node: Node, text: str, why: str) -> None:
        self.unread.append(UnreadLine(node.mark.line, printable(text), why))


def _is_beside(key: str, value: Node, quantity: str) -> bool:
    """Whether an entry of the JSON that archcalc prints holds no figure that a worksheet asks."""
    return key in OWN_RECORDS or not (quantity or isinstance(value, Map) or _records(value))


def _records(node: Node) -> bool:
    return isinstance(node, Seq) and any(isinstance(item, Map) for item in node.items)


def _named(item: Node) -> Iterator[tuple[str, str]]:
    """Yield the keys that name the layer of a record, and the names; the clearest key comes first."""
    if isinstance(item, Map):
        for key in LAYER_LABELS:
            entry = item.entries.get(key)
            if entry is not None and isinstance(entry.value, Scalar) and entry.value.text:
                yield key, entry.value.text


def _text(node: Node, comma: str = ", ") -> str:
    """A value as one text.

    A null is empty. ``comma`` joins the items of a list, such as the sizes of a volume.
    """
    if isinstance(node, Scalar):
        return "" if node.value is None else node.text
    if isinstance(node, Seq):
        return comma.join(_text(item) for item in node.items)
    return ""
