"""The letters of a derivation: each size of a layer gets the letter that the lectures use for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archcalc.dims import Dim
from archcalc.dims.traced import Traced
from archcalc.engine.pour import DimPlace, ToKind
from archcalc.ops.base import Inputs
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
    "heads": "h",
    "head_width": "d",
    "windows": "M",
    "relative_units": "R",
    "vocabulary": "V",
}
"""The letter of an option in a formula; any other option is called by its name."""

AXES = {1: ("W",), 2: ("H", "W"), 3: ("Z", "H", "W")}
"""The letter of each spatial axis; Z, as D is the number of channels."""

ALWAYS = ("stride", "pad")
"""Options that the lectures write even if they change nothing: 2·0, /1."""


class Alphabet:
    """The names of one derivation, with their numbers."""

    def __init__(self) -> None:
        self.given: dict[str, Value] = {}

    def name(self, value: Any, name: str) -> Any:
        """Give a number a name."""
        self.given[name] = value
        return Traced(value, name)


def axis_names(rank: int, square: bool) -> Sequence[str]:
    """The letter of each axis; the axes of a square layer share one."""
    return ("W",) * rank if square else AXES.get(rank, ())


def suffix_of(place: int, count: int) -> str:
    """The letter that names one of several inputs (a, b, c); a number if the inputs are many."""
    return chr(ord("a") + place) if count <= 26 else f"_{place + 1}"


class Letters:
    """A kind of dimension for ``pour``: traced ints, each with the letter of its place."""

    def __init__(self, names: Alphabet, square: bool, xs: Inputs) -> None:
        self.names = names
        self.square = square
        self.rank = xs[0].rank
        # A flat gate has no sides.
        self.alike = len({x.spatial for x in xs if x.spatial}) <= 1

    def of_input(self, number: int, count: int) -> ToKind:
        """The kind for one input: W1, D1. If the layer has several inputs, D1 gets a suffix: D1a, D1b.

        So do the sides of inputs that differ in them.
        """
        suffix = suffix_of(number, count) if count > 1 else ""

        def kind(place: DimPlace, size: Dim) -> Dim:
            (axis,) = place.at
            # The channels come last.
            sides = axis_names(len(place.value) - 1, self.square)
            if axis < len(sides):
                return self.names.name(size, f"{sides[axis]}1{'' if self.alike else suffix}")
            return self.names.name(size, f"D1{suffix}")

        return kind

    def of_option(self, place: DimPlace, size: Dim) -> Dim:
        """The kind for options; a number that changes nothing stays plain, so no formula shows it."""
        option, value = place.option, place.value
        if option is None or _changes_nothing(option, value):
            return size
        letter = LETTERS.get(option.name, option.name)
        if not place.at:
            return self.names.name(size, letter)
        axis, *side = place.at
        # Equal axes share a letter, and so do the two sides of an equal padding.
        if len(set(value)) > 1:
            letter += AXES[len(value)][axis].lower()
        if side and value[axis][0] != value[axis][1]:
            letter += "ab"[side[0]]
        return self.names.name(size, letter)


def _changes_nothing(option: Option, value: Any) -> bool:
    return value == option.default and value in (0, 1) and option.name not in ALWAYS
