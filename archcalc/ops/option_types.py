"""The types of the options of ops.

An option (``options``) is a dataclass field with a type from this file. A type reads and checks the values
of a spec. It also describes what it accepts, in words for ``archcalc ops``, the docs and errors, and as a
JSON Schema. A size may be of any kind of dimension; only plain ints are checked here, and the engine judges
the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, TypeAlias

from archcalc.dims import Dim, is_rational
from archcalc.errors import one_of

Schema: TypeAlias = dict[str, Any]

Table: TypeAlias = tuple[tuple[int, ...], ...]
"""A value of Lists."""

Rational: TypeAlias = int | Fraction
"""A value of Number."""

Sizes: TypeAlias = Dim | tuple[Dim, ...]
"""A value of PerAxis: one size for all spatial axes, or one for each (rows first)."""

Zeros: TypeAlias = Sizes | tuple[tuple[Dim, Dim], ...] | str
"""A value of Padding: as PerAxis, or pairs of zeros before and after each axis, or a word."""

EXPRESSION: Schema = {"type": "string", "description": "an expression over the settings, such as 2*width"}

_ONE_TO_THREE: Schema = {"minItems": 1, "maxItems": 3}  # one value for each spatial axis


class OptionType:
    """One kind of option value. ``read`` turns a plain value into the option's, or raises ValueError."""

    words: Sequence[str] = ()

    def read(self, value: object) -> Any:
        raise NotImplementedError

    def takes(self, value: object) -> bool:
        """Whether it is a value of this option."""
        try:
            self.read(value)
        except ValueError:
            return False
        return True

    def schema(self) -> Schema:
        raise NotImplementedError

    def accepts(self) -> str:
        """What it accepts, as a phrase for an error and for the manual."""
        raise NotImplementedError

    def refuse(self, value: object) -> ValueError:
        return ValueError(f"must be {self.accepts()}, not {_shown(value)}")


def _shown(value: object) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(_shown(item) for item in value)}]"
    if value is None or isinstance(value, bool):
        return {None: "nothing", True: "true", False: "false"}[value]
    return f"'{value}'" if isinstance(value, str) else str(value)


def _is_dim(value: object, least: int) -> bool:
    """Whether a value can be a size. A decimal, a word or a flag cannot, nor a plain int below ``least``."""
    if isinstance(value, int):
        return not isinstance(value, bool) and value >= least
    # Kinds of dimension are not known here by type; all of them floor-divide.
    return (
        hasattr(value, "__floordiv__")
        and not isinstance(value, float)
        and getattr(value, "denominator", 1) == 1
    )


class Count(OptionType):
    """A whole number: of filters, units, groups."""

    def __init__(self, least: int = 1, words: Sequence[str] = ()) -> None:
        self.least = least
        self.words = words

    def read(self, value: object) -> Dim:
        value = whole(value)
        if value in self.words if isinstance(value, str) else _is_dim(value, self.least):
            return value
        raise self.refuse(value)

    def schema(self) -> Schema:
        return {"anyOf": [{"type": "integer", "minimum": self.least}, *_enum(self.words), EXPRESSION]}

    def accepts(self) -> str:
        return one_of([f"a whole number of at least {self.least}", *(f"'{word}'" for word in self.words)])


class Times(OptionType):
    """How often something is built, such as layers on each other: a plain number, which no setting varies."""

    most = 1000

    def read(self, value: object) -> int:
        value = whole(value)
        if type(value) is int and 1 <= value <= self.most:
            return value
        raise self.refuse(value)

    def schema(self) -> Schema:
        return {"anyOf": [{"type": "integer", "minimum": 1, "maximum": self.most}, EXPRESSION]}

    def accepts(self) -> str:
        return f"a whole number from 1 to {self.most}"


class PerAxis(Count):
    """A whole number for every spatial axis, or a list with one for each (rows first: height, width)."""

    def read(self, value: object) -> Sizes:
        if not isinstance(value, list | tuple):
            return super().read(value)
        items = tuple(whole(item) for item in value)
        if 1 <= len(items) <= 3 and all(_is_dim(item, self.least) for item in items):
            return items
        raise self.refuse(value)

    def schema(self) -> Schema:
        one: Schema = {"type": "integer", "minimum": self.least}
        several: Schema = {"type": "array", "items": {"anyOf": [one, EXPRESSION]}, **_ONE_TO_THREE}
        return {"anyOf": [one, several, *_enum(self.words), EXPRESSION]}

    def accepts(self) -> str:
        number = f"a whole number of at least {self.least}"
        return one_of([number, "one for each axis", *(f"'{word}'" for word in self.words)])


class NewAxes(Count):
    """The sizes of new spatial axes: a number for one axis, or a list with one for each; or a word."""

    def __init__(self, *words: str) -> None:
        super().__init__(words=words)

    def read(self, value: object) -> tuple[Dim, ...] | str:
        if isinstance(value, str):
            word: str = super().read(value)
            return word
        items = tuple(whole(item) for item in (value if isinstance(value, list | tuple) else [value]))
        if 1 <= len(items) <= 3 and all(_is_dim(item, self.least) for item in items):
            return items
        raise self.refuse(value)

    def schema(self) -> Schema:
        one: Schema = {"anyOf": [{"type": "integer", "minimum": self.least}, EXPRESSION]}
        return {"anyOf": [one, {"type": "array", "items": one, **_ONE_TO_THREE}, *_enum(self.words)]}

    def accepts(self) -> str:
        number = f"a whole number of at least {self.least}"
        return one_of([number, "a list of up to three", *(f"'{word}'" for word in self.words)])


class Padding(PerAxis):
    """Zeros around the input: one number, one for each axis, [before, after] pairs, or a word."""

    def __init__(self, words: Sequence[str] = ("same", "valid")) -> None:
        super().__init__(least=0, words=words)

    def read(self, value: object) -> Zeros:
        if not isinstance(value, list | tuple) or not any(isinstance(item, list | tuple) for item in value):
            return super().read(value)
        pairs = tuple(tuple(map(whole, item)) if isinstance(item, list | tuple) else () for item in value)
        if len(pairs) <= 3 and all(len(pair) == 2 and all(_is_dim(n, 0) for n in pair) for pair in pairs):
            return pairs
        raise self.refuse(value)

    def schema(self) -> Schema:
        side: Schema = {"anyOf": [{"type": "integer", "minimum": 0}, EXPRESSION]}
        pair: Schema = {"type": "array", "items": side, "minItems": 2, "maxItems": 2}
        lists = [{"type": "array", "items": one, **_ONE_TO_THREE} for one in (side, pair)]
        return {"anyOf": [{"type": "integer", "minimum": 0}, *lists, *_enum(self.words), EXPRESSION]}

    def accepts(self) -> str:
        numbers = ["a whole number of at least 0", "one for each axis", "[before, after] for each axis"]
        return one_of([*numbers, *(f"'{word}'" for word in self.words)])


class Choice(OptionType):
    """One word of a few."""

    def __init__(self, *words: str) -> None:
        self.words = words

    def read(self, value: object) -> str:
        if isinstance(value, str) and value in self.words:
            return value
        raise self.refuse(value)

    def schema(self) -> Schema:
        return {"anyOf": [*_enum(self.words), EXPRESSION]}

    def accepts(self) -> str:
        return one_of([f"'{word}'" for word in self.words])


class Flag(OptionType):
    """true or false, or one of a few words."""

    def __init__(self, *words: str) -> None:
        self.words = words

    def read(self, value: object) -> bool | str:
        if isinstance(value, bool) or (isinstance(value, str) and value in self.words):
            return value
        raise self.refuse(value)

    def schema(self) -> Schema:
        return {"anyOf": [{"type": "boolean"}, *_enum(self.words), EXPRESSION]}

    def accepts(self) -> str:
        return one_of(["true", "false", *(f"'{word}'" for word in self.words)])


class Number(OptionType):
    """A decimal that changes no shape and no count, within bounds. It may be ``low``, but not ``above``."""

    def __init__(self, low: int | None = None, high: int | None = None, above: int | None = None) -> None:
        self.low = low
        self.high = high
        self.above = above

    def read(self, value: object) -> Rational:
        if is_rational(value):
            low = self.low is None or value >= self.low
            above = self.above is None or value > self.above
            if low and above and (self.high is None or value <= self.high):
                return value
        raise self.refuse(value)

    def schema(self) -> Schema:
        bounds = {"minimum": self.low, "maximum": self.high, "exclusiveMinimum": self.above}
        number = {"type": "number"} | {name: bound for name, bound in bounds.items() if bound is not None}
        return {"anyOf": [number, EXPRESSION]}

    def accepts(self) -> str:
        if self.low is not None and self.high is not None:
            return f"a number from {self.low} to {self.high}"
        return "a number" if self.above is None else f"a number above {self.above}"


class Lists(OptionType):
    """A list of lists of whole numbers of at least 0: which input maps each filter reads."""

    def read(self, value: object) -> Table:
        rows = value if isinstance(value, list | tuple) else ()
        if rows and all(
            isinstance(row, list | tuple) and row and all(type(n) is int and n >= 0 for n in row)
            for row in rows
        ):
            return tuple(tuple(row) for row in rows)
        raise self.refuse(value)

    def schema(self) -> Schema:
        row: Schema = {"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 1}
        return {"type": "array", "items": row, "minItems": 1}

    def accepts(self) -> str:
        return "a list that gives each filter the list of input maps it reads"


def _enum(words: Sequence[str]) -> list[Schema]:
    return [{"enum": list(words)}] if words else []


def whole(value: Any) -> Any:
    """A decimal that is whole, such as 1.5*64, as an int; anything else as it is."""
    is_whole = getattr(value, "denominator", None) == 1 and not isinstance(value, bool)
    return value.numerator if is_whole else value
