"""Reads the networks of a lock file and checks each value: a lock may come from a stranger.

Format 1 had an object for each layer; format 2 has lines, in which equal layers and scopes stand once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

from archcalc.errors import ArchcalcError, short
from archcalc.language.builder import MAX_LAYERS, MAX_NESTING
from archcalc.results import Shape
from archcalc.results.json_reader import JsonValue
from archcalc.results.lock import LOCKED_AT_FIRST, LOCKED_IN_LAYERS, LockedLayer, LockedNetwork, lines_of
from archcalc.results.lock_lines import MOST, SHAPE, WORD, is_line
from archcalc.results.lock_scopes import PATH, Lines, times

_PATH = re.compile(rf"{PATH}\Z")
_WORD = re.compile(rf"{WORD}\Z")
_SHAPE = re.compile(rf"{SHAPE}\Z")

Item = TypeVar("Item")


def networks_of(
    networks: JsonValue, quantities: tuple[str, ...], is_first_format: bool
) -> Mapping[str, LockedNetwork]:
    """The networks of a lock that holds these quantities. Raises ArchcalcError."""
    lines = _LinesReader()

    def read(entry: JsonValue) -> LockedNetwork:
        if is_first_format:
            size, layers = _sizes(entry.get("input")), _first_format(entry, quantities)
        else:
            size, layers = _shape(entry.get("input")), lines.read(entry.get("layers"))
        totals = _counts(entry.get("totals"))
        return LockedNetwork(str(entry.key), name_of(entry.get("spec")), size, layers, totals, quantities)

    return _by_name(networks, read)


def quantities_of(value: JsonValue) -> tuple[str, ...]:
    """The quantities of a lock; the first locks did not list them. Raises ArchcalcError."""
    return LOCKED_AT_FIRST if value.value is None else tuple(map(name_of, value.items()))


def refuse_twice(network: LockedNetwork, file: str) -> None:
    """Raise ArchcalcError if a layer of a network, or a figure of it, occurs twice in the lock ``file``."""
    # Not when the lock is read: for this, equal layers are written out, and most networks are as locked.
    place = f"{file}: networks.{short(network.name)}.layers"
    try:
        layers = network.layers
    except ValueError as error:
        raise ArchcalcError(f"{place}: {short(str(error))}") from None
    paths: set[str] = set()
    for layer in layers:
        if layer.path in paths:
            raise ArchcalcError(f"{place}: the layer '{short(layer.path)}' occurs twice")
        paths.add(layer.path)


class _LinesReader:
    """Reads the layers of networks. Most lines occur often, and each text is looked at once."""

    network: JsonValue

    def __init__(self) -> None:
        self.layers: dict[str, int] = {}  # how many layers a text stands for

    def read(self, value: JsonValue) -> Lines:
        """The lines of a network. Raises ArchcalcError."""
        self.network = value
        if self._count(value, 0) > MAX_LAYERS:
            # A line may stand for many layers, so a short text could ask for more than fits into memory.
            raise value.error(f"these are more than {MAX_LAYERS:,} layers")
        lines: Lines = value.value
        return lines

    def _count(self, value: JsonValue, depth: int) -> int:
        """How many layers some lines stand for. Raises ArchcalcError for a line that is not right."""
        if not isinstance(value.value, list):
            raise value.wrong("a list")
        if depth > MAX_NESTING:
            raise self.network.error("scopes are nested too deeply")
        count = 0
        for number, line in enumerate(value.value):
            if isinstance(line, str):
                path, _, text = line.partition(": ")
                layers = self.layers.get(text)
                if layers is None:
                    layers = self.layers[text] = 1 + text.count(";") if is_line(text) else 0
                layers *= times(path)
            elif isinstance(line, dict) and len(line) == 1:
                path = next(iter(line))
                layers = times(path) and times(path) * self._count(value.item(number).get(path), depth + 1)
            else:
                layers = 0
            if not layers:
                raise value.item(number).wrong(_WANTED)
            count += layers
        return count


_WANTED = "a layer, such as 'fc: fc 84 -> 10 weights 840 macs 840', or a scope with its layers"


# --- the first format ---------------------------------------------------------------------------------


def _first_format(entry: JsonValue, quantities: tuple[str, ...]) -> Lines:
    return lines_of(map(_read_layer, entry.get("layers").items()), quantities)


def _read_layer(row: JsonValue) -> LockedLayer:
    path, op = _matching(row.get("layer"), _PATH, "a path"), _matching(row.get("op"), _WORD, "an op")
    inputs = tuple(map(_sizes, row.get("input").items()))
    if not inputs:
        raise row.get("input").wrong("a list of shapes")
    # Every other key is a count: the lock of a later archcalc may have more of them.
    others = row.value.keys() - {"layer", "op", "input", "output", *LOCKED_IN_LAYERS}
    for name in others:
        if not _WORD.match(name):
            raise row.error(f"the name '{short(name)}' is no quantity")
    # In the order in which lines have them: the file sorted them by name.
    names = [name for name in (*LOCKED_IN_LAYERS, *sorted(others)) if name in row.value]
    figures = {name: count for name in names if (count := _count(row.get(name)))}
    return LockedLayer(path, op, inputs, _sizes(row.get("output")), figures)


# --- values -------------------------------------------------------------------------------------------


def name_of(value: JsonValue) -> str:
    """A name. archcalc writes no control characters into names. Raises ArchcalcError."""
    if not isinstance(value.value, str) or not value.value.isprintable():
        raise value.wrong("a text without control characters")
    return value.value


def _by_name(value: JsonValue, read_item: Any) -> dict[str, Any]:
    """A mapping of which every key is a name."""
    return {_checked_name(value, name): item for name, item in value.mapping(read_item).items()}


def _checked_name(value: JsonValue, name: str) -> str:
    if not name.isprintable():
        raise value.error(f"the name '{short(name)}' has control characters")
    return name


def _matching(value: JsonValue, pattern: re.Pattern[str], wanted: str) -> str:
    text = name_of(value)
    if not pattern.match(text):
        raise value.wrong(wanted)
    return text


def _shape(value: JsonValue) -> Shape:
    text = _matching(value, _SHAPE, "a shape, such as 224x224x3")
    return tuple(map(int, text.split("x")))


def _sizes(value: JsonValue) -> Shape:
    """A shape of the first format."""
    sizes = value.whole_numbers(0, MOST)
    if not sizes:
        raise value.wrong("a shape")
    return sizes


def _counts(value: JsonValue) -> dict[str, int]:
    """Counts by name."""
    counts = value.value
    # Almost always all are right, and then none of them needs a JsonValue that knows its place.
    if isinstance(counts, dict) and all(
        type(count) is int and 0 <= count <= MOST and name.isprintable() for name, count in counts.items()
    ):
        return counts
    return _by_name(value, _count)


def _count(value: JsonValue) -> int:
    return value.whole(0, MOST)
