"""The letters of a derivation: traced ints, each with the name that the lectures give it, as a kind to pour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archcalc.dims import Dim
from archcalc.dims.traced import Traced
from archcalc.engine.pour import DimPlace, ToKind
from archcalc.ops.options import Option
from archcalc.results.explain import Value

LETTERS = {
    "filters": "K",
    "planes": "K",
    "units": "K",
    "kernel": "F",
    "stride": "S",
    "pad": "P",
    "dilation": "d",
    "groups": "G",
    "multiplier": "M",
    "output_pad": "A",
    "output": "O",
    "factor": "U",
    "size": "n",
}
"""The letter of an option in a formula; any other goes by its name."""

AXES = {1: ("W",), 2: ("H", "W"), 3: ("Z", "H", "W")}
"""The letter of each spatial axis; Z, as D is the number of channels."""

ALWAYS = ("stride", "pad")
"""Options that the lectures write even where they change nothing: 2·0, /1."""


class Alphabet:
    """Gives numbers their names, each name to one number, and remembers them."""

    def __init__(self) -> None:
        self.given: dict[str, Value] = {}

    def name(self, value: Any, name: str) -> Any:
        """A number with a name."""
        self.given[name] = value
        return Traced(value, name)


def axis_names(rank: int, square: bool) -> Sequence[str]:
    """The letter of every axis; of a square layer all have one."""
    return ("W",) * rank if square else AXES.get(rank, ())


def suffix_of(place: int, count: int) -> str:
    """What tells the inputs of a layer apart: a, b, c, or numbers if they are many."""
    return chr(ord("a") + place) if count <= 26 else f"_{place + 1}"


class Letters:
    """Traced ints as a kind to pour into a layer: each size gets the letter that the lectures give it."""

    def __init__(self, names: Alphabet, square: bool, rank: int) -> None:
        self.names = names
        self.square = square
        self.rank = rank

    def of_input(self, number: int, count: int) -> ToKind:
        """The kind for one of the inputs: W1, D1, or with a letter behind where there are several."""
        suffix = suffix_of(number, count) if count > 1 else ""

        def kind(place: DimPlace, size: Dim) -> Dim:
            (axis,) = place.at
            sides = axis_names(len(place.value) - 1, self.square)
            return self.names.name(size, f"{sides[axis]}1" if axis < len(sides) else f"D1{suffix}")

        return kind

    def of_option(self, place: DimPlace, size: Dim) -> Dim:
        """The kind for options; a number that changes nothing stays plain, and vanishes from the formulas."""
        option, value = place.option, place.value
        if option is None or _changes_nothing(option, value):
            return size
        letter = LETTERS.get(option.name, option.name)
        if not place.at:
            return self.names.name(size, letter)
        axis, *side = place.at
        # Axes that are alike share a letter, and so do the two sides of an even padding.
        if len(set(value)) > 1:
            letter += AXES[self.rank][axis].lower()
        if side and value[axis][0] != value[axis][1]:
            letter += "ab"[side[0]]
        return self.names.name(size, letter)


def _changes_nothing(option: Option, value: Any) -> bool:
    return value == option.default and value in (0, 1) and option.name not in ALWAYS
