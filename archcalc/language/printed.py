"""Figures as papers and slides print them (138M, 1,728, 55x55x96, 233 MiB), and whether a number agrees with one.

Exact arithmetic only: a figure is a fraction and the step of its last digit. K, M, G are powers of
1000 and MB is a million bytes; MiB is a power of 1024.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Literal, NamedTuple, TypeAlias

from archcalc.errors import Mark

Judgement: TypeAlias = Literal["exact", "rounded", "truncated", "disagrees"]

_NUMBER = r"[1-9][0-9]{0,2}(?:,[0-9]{3})+|[0-9]{1,40}"
_TENS = r"(?: ?[x×*] ?10\^|[eE])\+?([0-9]{1,2})"
_FIGURE = re.compile(rf"({_NUMBER})(?:\.([0-9]{{1,40}}))?(?:{_TENS})? ?([A-Za-z]*|%)\Z")
_POWER = re.compile(r"10\^([0-9]{1,2})\Z")
_SHAPE = re.compile(r"(?:([0-9]{1,12})@)?([0-9]{1,12}(?: ?[xX×] ?[0-9]{1,12})+)\Z")

_LETTERS = {"k": 1, "m": 2, "g": 3, "t": 4}
_WORDS = {"thousand": 1, "million": 2, "billion": 3, "trillion": 4}


Shape: TypeAlias = tuple[int, ...]
Computed: TypeAlias = bool | int | Fraction | str | Sequence[int]


class PublishedClaim(NamedTuple):
    """A figure that the literature prints about a network, or about one of its layers.

    ``value`` computes ``what`` from figures by name (``studies/audit/lookup.py``), None if nothing can. ``because``
    explains a disagreement; ``ocr`` is what a document says where its text, here in ``says``, was damaged.
    """

    what: str
    says: str
    sources: tuple[str, ...]
    layer: str
    because: str
    ocr: str
    value: Callable[[Mapping[str, Any]], Any] | None
    mark: Mark


class Figure(NamedTuple):
    """A printed number: its value, the steps that its last meant digit may stand for, smallest first, and its unit.

    Of a value alone every digit is meant, to the last whole one.
    """

    value: Fraction
    steps: tuple[Fraction, ...] = (Fraction(1),)
    unit: Fraction = Fraction(1)


def printable_as(value: object) -> bool:
    """Whether a value is of a kind that can be judged against what is printed.

    >>> printable_as((55, 55, 96)), printable_as({"kernel": 3}), printable_as(None)
    (True, False, False)
    """
    if isinstance(value, list | tuple):
        return bool(value) and all(isinstance(item, int | Fraction) for item in value)
    return isinstance(value, int | Fraction | str)


def read(text: str) -> Figure | Shape:
    """What a printed figure says. Raises ValueError if it is none.

    Trailing zeros before K, M, G may only fill the place, so 800K can mean 800K or 80 ten-thousands; two
    digits at least are taken as meant, so 60M does mean 60M.

    >>> read("55x55x96"), read("16@10x10")
    ((55, 55, 96), (10, 10, 16))
    >>> [int(step) for step in read("800K").steps], [int(step) for step in read("60M").steps]
    ([1000, 10000], [1000000])
    >>> int(read("3.49E+04").value), [int(step) for step in read("3.49 x 10^4").steps]
    (34900, [100])
    """
    text = text.strip().removeprefix("[").removesuffix("]")
    if match := _SHAPE.match(text):
        channels, sides = match.groups()
        shape = tuple(int(side) for side in re.split(r" ?[xX×] ?", sides))
        return (*shape, int(channels)) if channels else shape
    if match := _POWER.match(text):
        return Figure(Fraction(10 ** int(match[1])))
    if match := _FIGURE.match(text):
        value, steps, unit = _figure(match[1].replace(",", ""), match[2] or "", match[4])
        tens = 10 ** int(match[3] or 0)
        return Figure(value * tens, tuple(step * tens for step in steps), unit)
    raise ValueError(f"'{text}' is no figure such as 1,728, 138M, 15.3 billion, 55x55x96 or 233 MiB")


def _figure(whole: str, decimals: str, unit: str) -> Figure:
    scale = _scale(unit)
    step = scale / 10 ** len(decimals)
    digits = whole + decimals
    zeros = len(digits) - len(digits.rstrip("0"))
    free = min(zeros, len(digits.lstrip("0")) - 2) if scale > 1 and not decimals else 0
    return Figure(int(digits) * step, tuple(step * 10**place for place in range(max(free, 0) + 1)), scale)


def _scale(unit: str) -> Fraction:
    """What a unit multiplies by. Bytes are what is counted, so B, bytes and no unit are 1, and so is times."""
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
    raise ValueError(f"'{unit}' is no unit such as K, M, million, MB or MiB")


def judge(says: str, computed: Computed) -> Judgement:
    """How a computed number, or a shape in the order H, W, C, stands to a printed one.

    A statement that is true or false agrees if it is true, whatever the words; a word with the same word.
    Raises ValueError if what is printed is no figure.

    >>> judge("1,728", 1728), judge("35K", 34848), judge("16M", 16777216), judge("60M", 62378344)
    ('exact', 'rounded', 'truncated', 'disagrees')
    >>> judge("1x1x4096", (4096,)), judge("4096", (4096,)), judge("24", (1, 1, 24))
    ('exact', 'exact', 'exact')
    >>> judge("96%", Fraction(9617, 10000)), judge("12 times", Fraction(871, 100)), judge("conv3-64", "CONV3-64")
    ('rounded', 'disagrees', 'exact')
    """
    if isinstance(computed, bool):
        return "exact" if computed else "disagrees"
    if isinstance(computed, str):
        return "exact" if _bare(says) == _bare(computed) else "disagrees"
    return judge_figure(read(says), computed)


def _bare(text: str) -> str:
    return "".join(text.lower().split())


def judge_figure(printed: Figure | Shape, computed: int | Fraction | Sequence[int]) -> Judgement:
    """As ``judge``, of a figure that has been read."""
    if isinstance(computed, int | Fraction):
        return _judge_number(printed, computed) if isinstance(printed, Figure) else "disagrees"
    if isinstance(printed, Figure):  # a bare number is the length of a vector
        return _judge_number(printed, computed[-1]) if len(_trimmed(tuple(computed))) == 1 else "disagrees"
    return "exact" if _same_shape(printed, tuple(computed)) else "disagrees"


def _same_shape(printed: Shape, computed: Shape) -> bool:
    """Shapes are the same whether or not leading sizes of 1, or one last channel, are written."""
    if len(printed) + 1 == len(computed) and computed[-1] == 1:
        computed = computed[:-1]
    return _trimmed(printed) == _trimmed(computed)


def _trimmed(shape: Shape) -> Shape:
    while len(shape) > 1 and shape[0] == 1:
        shape = shape[1:]
    return shape


def _judge_number(figure: Figure, computed: int | Fraction) -> Judgement:
    value, steps, _ = figure
    if computed == value:
        return "exact"
    if not value:  # something is not rounded to nothing: 0M is no answer to everything
        return "disagrees"
    over = computed - value
    if abs(over) >= steps[-1]:  # most are that far off, and no step needs to be tried
        return "disagrees"
    for step in steps:
        if -step <= 2 * over < step:
            return "rounded"
        if 0 <= over < step:
            return "truncated"
    return "disagrees"
