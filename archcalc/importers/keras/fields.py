"""Values of the configuration: read by their kind, and every mistake with its place."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from typing import Any, NoReturn, TypeGuard, TypeVar

from archcalc.errors import MAX_SHOWN, Problem, Source, SpecError, did_you_mean, short
from archcalc.importers.as_network import DoesNotFit, collapsed
from archcalc.importers.keras.config_file import JsonPath, place_of

MOST = 2**31 - 1

T = TypeVar("T")


class KerasProblem(Exception):
    """A layer cannot be read; ``path`` is where the mistake stands, or None: where the layer stands."""

    def __init__(self, says: str, hint: str = "", path: JsonPath | None = None) -> None:
        super().__init__(says)
        self.hint = hint
        self.path = path


class KerasProblems:
    """The problems of a file."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.problems: list[Problem] = []
        self._known: set[tuple[str, JsonPath]] = set()

    @contextmanager
    def noted(self, where: str, path: JsonPath) -> Iterator[None]:
        """Note what goes wrong with the layer at a path, and go on behind it."""
        try:
            yield
        except KerasProblem as error:
            self._add(str(error), path if error.path is None else error.path, where, error.hint)
        except DoesNotFit as error:
            self._add(str(error), path, where, "")

    def _add(self, says: str, path: JsonPath, where: str, hint: str) -> None:
        if (says, path) in self._known:  # a layer that is called twice has its mistake once
            return
        self._known.add((says, path))
        # To find a place takes time, and later problems are only counted.
        is_shown = len(self.problems) < MAX_SHOWN
        place = place_of(self.source.text, path) if is_shown else len(self.source.text)
        self.problems.append(Problem(says, self.source.mark(place), where, hint))

    def raise_any(self) -> None:
        """Raises SpecError if there are problems."""
        if self.problems:
            raise SpecError(self.problems)


class KerasConfig:
    """The settings of one layer, each read as what it must be. Every method raises KerasProblem."""

    def __init__(self, values: Mapping[str, Any], path: JsonPath) -> None:
        self.values = values
        self.path = path

    def get(self, *names: str) -> Any:
        """The value of the first name that is there; None if there is none."""
        return next((self.values[name] for name in names if self.values.get(name) is not None), None)

    def _must(self, says: str, *names: str) -> NoReturn:
        name = next((name for name in names if self.values.get(name) is not None), None)
        if name is None:
            raise KerasProblem(f"it has no '{names[0]}'")
        raise KerasProblem(f"'{name}' must be {says}", "", (*self.path, name))

    def inner(self, name: str) -> KerasConfig:
        """The settings in an object."""
        value = self.get(name)
        if not isinstance(value, dict):
            self._must("an object", name)
        return KerasConfig(value, (*self.path, name))

    def text(self, name: str, default: str | None = None) -> str:
        value = self.get(name)
        if value is None and default is not None:
            return default
        return value if isinstance(value, str) else self._must("a text", name)

    def flag(self, name: str, default: bool) -> bool:
        value = self.get(name)
        if value is None:
            return default
        return value if isinstance(value, bool) else self._must("true or false", name)

    def whole(self, *names: str, default: int | None = None, least: int = 1) -> int:
        """A whole number; without a default it must be given. Keras 2 and 3 may call it differently."""
        value = self.get(*names)
        if value is None and default is not None:
            return default
        if not is_whole(value, least):
            self._must(f"a whole number from {least} to {MOST:,}", *names)
        return int(value)

    def number(self, *names: str, default: float | None = 0) -> Fraction | int:
        """A decimal, to nine digits: no count depends on it."""
        value = self.get(*names)
        value = default if value is None else value
        return rounded(value) if is_number(value) else self._must("a number", *names)

    def sizes(self, name: str, rank: int, default: int | None = None, least: int = 1) -> Any:
        """A size for all axes, or one for each."""
        value = self.get(name)
        if value is None and default is not None:
            return default
        sizes = value if isinstance(value, list) else [value]
        if len(sizes) not in (1, rank) or not all(is_whole(size, least) for size in sizes):
            self._must(f"a whole number from {least}, or {rank} of them", name)
        return collapsed([int(size) for size in sizes])

    def word(self, name: str, words: Mapping[str, T], default: str | None = None) -> T:
        """What a word means."""
        word = self.text(name, default).lower()
        if word not in words:
            hint = did_you_mean(word, list(words))
            raise KerasProblem(f"'{name}' has no value '{short(word)}'", hint, (*self.path, name))
        return words[word]

    def refuse(self, names: Collection[str], says: str) -> None:
        """Refuse settings that are given and not false."""
        for name in names:
            if self.values.get(name) not in (None, False):
                raise KerasProblem(says, "", (*self.path, name))


def is_whole(value: object, least: int) -> bool:
    if isinstance(value, float) and value.is_integer():  # NumPy's numbers are stored so
        return least <= value <= MOST
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= MOST


def is_number(value: object) -> TypeGuard[float]:
    # No nan and no infinity is smaller.
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12


def rounded(value: float) -> Fraction | int:
    near = Fraction(f"{float(value):.9f}")
    return int(near) if near.denominator == 1 else near
