"""Values of fields: read by their kind, and every mistake with its place."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from typing import TypeVar

from archcalc.errors import Problem, Source, closest, did_you_mean
from archcalc.importers.as_network import DoesNotFit
from archcalc.importers.caffe.text_format import CaffeField, CaffeMessage

MOST = 2**31 - 1
"""Caffe's sizes are 32 bits wide."""

_FLAGS = {"true": True, "false": False, "True": True, "False": False, "t": True, "f": False, "1": True,
          "0": False}  # fmt: skip

T = TypeVar("T")


class CaffeProblem(Exception):
    """A layer cannot be read; ``place`` is the place of the mistake, or of the layer if it is None."""

    def __init__(self, says: str, place: int | None = None, hint: str = "") -> None:
        super().__init__(says)
        self.place = place
        self.hint = hint


class ProblemList:
    """The problems of a file, and the fields that archcalc does not know."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.problems: list[Problem] = []
        self.unknown: dict[str, int] = {}

    def add(self, says: str, place: int, where: str = "", hint: str = "") -> None:
        self.problems.append(Problem(says, self.source.mark(place), where, hint))

    @contextmanager
    def noted(self, where: str, place: int = 0) -> Iterator[None]:
        """Note what goes wrong with a layer, and go on behind it."""
        try:
            yield
        except CaffeProblem as error:
            self.add(str(error), place if error.place is None else error.place, where, error.hint)
        except DoesNotFit as error:
            self.add(str(error), place, where)

    def check_names(self, message: CaffeMessage, known: Collection[str], tolerates: str = "?") -> None:
        """Note the fields whose names are slips; other unknown ones are those of a fork of Caffe."""
        for field in message.fields:
            if field.name in known or field.name.endswith(tolerates):
                continue
            if closest(field.name, known):
                self.add(f"unknown field '{field.name}'", field.place, "", did_you_mean(field.name, known))
            else:
                self.unknown.setdefault(field.name, field.place)


def scalar(field: CaffeField) -> str:
    """The value of a field that is no message. Raises CaffeProblem."""
    if isinstance(field.value, CaffeMessage):
        raise CaffeProblem(f"'{field.name}' must be a single value, not a message", field.value_place)
    return field.value


class Options:
    """The fields of one message, each read as what it must be. Every method raises CaffeProblem."""

    def __init__(self, message: CaffeMessage, name: str, place: int) -> None:
        self.message = message
        self.name = name
        self.place = place

    def field(self, name: str) -> CaffeField | None:
        """The field with a name, which must not stand twice; None if it is left out."""
        found = self.message.all(name)
        if len(found) > 1:
            raise CaffeProblem(f"'{name}' is given twice", found[1].place)
        return found[0] if found else None

    def text(self, name: str, default: str) -> str:
        field = self.field(name)
        return default if field is None else scalar(field)

    def count(self, name: str, default: int | None = None, least: int = 1) -> int:
        """A whole number; without a default it must be given."""
        field = self.field(name)
        if field is not None:
            return _whole(field, least)
        if default is None:
            raise CaffeProblem(f"it has no '{name}'", self.place)
        return default

    def counts(self, name: str, least: int = 0) -> list[int]:
        """The whole numbers of a field that may stand several times."""
        return [_whole(field, least) for field in self.message.all(name)]

    def flag(self, name: str, default: bool) -> bool:
        return self.word(name, _FLAGS, default)

    def word(self, name: str, words: Mapping[str, T], default: T) -> T:
        """What a word means."""
        field = self.field(name)
        if field is None:
            return default
        word = scalar(field)
        if word not in words:
            hint = did_you_mean(word, [known for known in words if not known.isdigit()])
            raise CaffeProblem(f"'{name}' has no value '{word}'", field.value_place, hint)
        return words[word]

    def number(self, name: str, default: Fraction | int) -> Fraction | int:
        """A decimal, to nine digits: no count depends on it."""
        field = self.field(name)
        return default if field is None else _decimal(field)

    def numbers(self, name: str) -> Sequence[Fraction | int]:
        """The decimals of a field that may stand several times."""
        return [_decimal(field) for field in self.message.all(name)]


def _whole(field: CaffeField, least: int) -> int:
    text = scalar(field)
    try:
        # Hexadecimal numbers begin with 0x, octal ones with 0.
        base = 16 if "x" in text.lower() else 8 if text.lstrip("-").startswith("0") else 10
        number = int(text[:20], base)
    except ValueError:
        number = None
    if number is None or field.quoted or not least <= number <= MOST:
        says = f"'{field.name}' must be a whole number from {least} to {MOST:,}"
        raise CaffeProblem(says, field.value_place)
    return number


def _decimal(field: CaffeField) -> Fraction | int:
    text = scalar(field)
    try:
        value = float(text.rstrip("fF")) if not field.quoted else math.nan
    except ValueError:
        value = math.nan
    if not abs(value) < 1e12:  # neither a nan nor infinite
        raise CaffeProblem(f"'{field.name}' must be a number", field.value_place)
    near = Fraction(f"{value:.9f}")
    return int(near) if near.denominator == 1 else near
