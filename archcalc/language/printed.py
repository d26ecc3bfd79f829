"""Figures as papers and slides print them (138M, 1,728, 55x55x96, 233 MiB), and how a number agrees with one.

Only exact arithmetic: a figure is a fraction and the step of its last digit. K, M, G are powers of 1000,
MB is a million bytes, MiB is a power of 1024. B is bytes, but billions before what is counted: 0.39B FLOPs.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Literal, NamedTuple, TypeAlias

Agreement: TypeAlias = Literal["exact", "rounded", "truncated", "disagrees"]

_NUMBER = r"[1-9][0-9]{0,2}(?:,[0-9]{3})+|[0-9]{1,40}"
_TENS = r"(?: ?[x×*] ?10\^|[eE])\+?([0-9]{1,2})"
_FIGURE = re.compile(rf"({_NUMBER})(?:\.([0-9]{{1,40}}))?(?:{_TENS})? ?([A-Za-z]*|%)\Z")
_POWER = re.compile(r"10\^([0-9]{1,2})\Z")
_SHAPE = re.compile(r"(?:([0-9]{1,12})@)?([0-9]{1,12}(?: ?[xX×] ?[0-9]{1,12})+)\Z")

_LETTERS = {"k": 1, "m": 2, "g": 3, "t": 4}
_WORDS = {"thousand": 1, "million": 2, "billion": 3, "trillion": 4}

_COUNTED = re.compile(
    r"(?<=[\s0-9KMGTBkmgt])"
    r"(macs?|flops?|ops|operations|parameters?|params|values|neurons|weights|units)\.?\Z",
    re.IGNORECASE,
)
"""A word for what is counted: 15.5 GMACs, 138M parameters."""

_BILLIONS = re.compile(r"(?<=[0-9]) ?[Bb]\Z")

Shape: TypeAlias = tuple[int, ...]
Computed: TypeAlias = bool | int | Fraction | str | Sequence[int]


class Figure(NamedTuple):
    """A printed number.

    The last digit that counts is not always known: 800K may be a number of thousands or of hundred thousands.
    """

    value: Fraction
    steps: tuple[Fraction, ...] = (Fraction(1),)  # what one of the last digit may be worth, smallest first
    unit: Fraction = Fraction(1)


def printable_as(value: object) -> bool:
    """Whether a value is of a kind that can be compared with a printed figure.

    >>> printable_as((55, 55, 96)), printable_as({"kernel": 3}), printable_as(None)
    (True, False, False)
    """
    if isinstance(value, list | tuple):
        return bool(value) and all(isinstance(item, int | Fraction) for item in value)
    return isinstance(value, int | Fraction | str)


def read_figure(text: str) -> Figure | Shape:
    """The number or volume that a text prints. Raises ValueError for any other text.

    Trailing zeros before K, M, G may only fill a place, so 800K can mean 800 thousands or 80 ten-thousands.
    At least two digits count, so 60M means 60 millions.

    >>> read_figure("55x55x96"), read_figure("16@10x10")
    ((55, 55, 96), (10, 10, 16))
    >>> [int(step) for step in read_figure("800K").steps], [int(step) for step in read_figure("60M").steps]
    ([1000, 10000], [1000000])
    >>> int(read_figure("15.5 GMACs").value), int(read_figure("138M parameters").value)
    (15500000000, 138000000)
    >>> int(read_figure("0.39B FLOPs").value), int(read_figure("39B").value)  # B alone: bytes
    (390000000, 39)
    >>> int(read_figure("3.49E+04").value), [int(step) for step in read_figure("3.49 x 10^4").steps]
    (34900, [100])
    """
    text = text.strip().removeprefix("[").removesuffix("]")
    if match := _SHAPE.match(text):
        channels, sides = match.groups()
        shape = tuple(int(side) for side in re.split(r" ?[xX×] ?", sides))
        return (*shape, int(channels)) if channels else shape
    if match := _POWER.match(text):
        return Figure(Fraction(10 ** int(match[1])))
    # What is counted is said by the question; its unit stays: 15.5 GMACs are 15.5 G.
    counted = _COUNTED.search(text)
    if match := _FIGURE.match(before_count(text[: counted.start()]) if counted else text):
        value, steps, unit = _figure(match[1].replace(",", ""), match[2] or "", match[4])
        tens = 10 ** int(match[3] or 0)
        return Figure(value * tens, tuple(step * tens for step in steps), unit)
    raise ValueError(
        f"'{text}' is not a number or volume (such as 1,728, 138M, 15.3 billion, 55x55x96 or 233 MiB)"
    )


def before_count(number: str) -> str:
    """A number that stands before a word for what it counts: there B means billions, not bytes.

    >>> before_count("7B "), before_count("138M")
    ('7 billion', '138M')
    """
    return _BILLIONS.sub(" billion", number.rstrip())


def _figure(whole: str, decimals: str, unit: str) -> Figure:
    scale = _scale(unit)
    step = scale / 10 ** len(decimals)
    digits = whole + decimals
    zeros = len(digits) - len(digits.rstrip("0"))
    # Zeros that may only fill a place, with a unit and without decimals; the first two digits always count.
    fillers = min(zeros, len(digits.lstrip("0")) - 2) if scale > 1 and not decimals else 0
    return Figure(int(digits) * step, tuple(step * 10**place for place in range(max(fillers, 0) + 1)), scale)


def _scale(unit: str) -> Fraction:
    """The factor of a unit. Sizes are counted in bytes, so B and bytes are 1, like no unit and times."""
    letters = unit.lower()
    if letters in ("", "b", "bytes", "times"):
        return Fraction(1)
    if letters == "%":
        return Fraction(1, 100)
    if letters in _WORDS:
        return Fraction(1000 ** _WORDS[letters])
    letter, rest = letters[0], letters[1:]
    if letter in _LETTERS and rest in ("", "b", "ib"):
        return Fraction((1024 if rest == "ib" else 1000) ** _LETTERS[letter])
    raise ValueError(f"unknown unit '{unit}' (such as K, M, million, MB or MiB)")


def agreement(says: str, computed: Computed) -> Agreement:
    """How a computed number, or a shape in the order H, W, C, agrees with a printed one.

    A statement agrees if it is true, whatever the words are; a word agrees with the same word.
    Raises ValueError if the text is not a figure.

    >>> agreement("1,728", 1728), agreement("35K", 34848), agreement("16M", 16777216)
    ('exact', 'rounded', 'truncated')
    >>> agreement("60M", 62378344)
    'disagrees'
    >>> agreement("1x1x4096", (4096,)), agreement("4096", (4096,)), agreement("24", (1, 1, 24))
    ('exact', 'exact', 'exact')
    >>> agreement("96%", Fraction(9617, 10000)), agreement("12 times", Fraction(871, 100))
    ('rounded', 'disagrees')
    >>> agreement("conv3-64", "CONV3-64")
    'exact'
    """
    if isinstance(computed, bool):
        return "exact" if computed else "disagrees"
    if isinstance(computed, str):
        return "exact" if _bare(says) == _bare(computed) else "disagrees"
    return figure_agreement(read_figure(says), computed)


def _bare(text: str) -> str:
    return "".join(text.lower().split())


def figure_agreement(printed: Figure | Shape, computed: int | Fraction | Sequence[int]) -> Agreement:
    """As ``agreement``, for a figure that is already read."""
    if isinstance(computed, int | Fraction):
        return _number_agreement(printed, computed) if isinstance(printed, Figure) else "disagrees"
    if isinstance(printed, Figure):  # one number is the length of a vector
        return (
            _number_agreement(printed, computed[-1]) if len(_trimmed(tuple(computed))) == 1 else "disagrees"
        )
    return "exact" if _same_shape(printed, tuple(computed)) else "disagrees"


def _same_shape(printed: Shape, computed: Shape) -> bool:
    """Whether shapes are the same; leading sizes of 1 and a last single channel may be left out."""
    # A grey image is often printed as 28x28, without its one channel.
    if len(printed) + 1 == len(computed) and computed[-1] == 1:
        computed = computed[:-1]
    return _trimmed(printed) == _trimmed(computed)


def _trimmed(shape: Shape) -> Shape:
    while len(shape) > 1 and shape[0] == 1:
        shape = shape[1:]
    return shape


def _number_agreement(figure: Figure, computed: int | Fraction) -> Agreement:
    value, steps, _ = figure
    if computed == value:
        return "exact"
    if not value:  # nothing rounds to zero: else 0M would agree with every small number
        return "disagrees"
    # A digit more or less is a wrong number; less than that is a matter of rounding.
    over = computed - value
    if abs(over) >= steps[-1]:  # the usual case of a wrong number, decided without the loop
        return "disagrees"
    for step in steps:
        if -step <= 2 * over < step:
            return "rounded"
        if 0 <= over < step:
            return "truncated"
    return "disagrees"
