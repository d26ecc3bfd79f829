"""One figure as people write it: ``35K``, ``224*224*64=3.2M``, ``$24\\text{M} * 4 \\text{ bytes} \\sim 96MB$``."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import NamedTuple

from archcalc.printed import Figure, Shape, read
from archcalc.sheet import Answer
from archcalc.spec.expr import ExprError, parse

MAX_LENGTH = 200

_LATEX = (
    (re.compile(r"\\(?:text|mathbf|mathrm|textbf|texttt)\s*\{([^{}]*)\}"), r"\1"),
    (re.compile(r"\\(?:times|cdot|ast)\b"), "*"),
    (re.compile(r"\\(?:sim|approx|simeq)\b"), "~="),
    (re.compile(r"\\[,;! ]|\\quad|\$|\*\*"), " "),
    (re.compile(r"[−–]"), "-"),
    (re.compile(r"[×·∗]"), "*"),
)
_EQUALS = re.compile(r"~?=|≈|~")
_FACTOR = re.compile(r"(?<![\w.])([0-9][0-9,]*(?:\.[0-9]+)?) ?([KMGkmg])(?![A-Za-z])")
_COUNTED = re.compile(
    r"(?<=[\s0-9KMGTkmgt])(macs?|flops?|ops|operations|parameters|params?|values|neurons|weights|units|bytes|byte)\.?\Z",
    re.IGNORECASE,
)
_BYTES = re.compile(r"[0-9 ](?:[KMGTkmgt]i?)?B\Z")
_UNITS = {
    "mac": "macs",
    "flop": "flops",
    "byte": "bytes",
    "param": "params",
    "parameters": "params",
    "operations": "ops",
}
_SIZES = re.compile(r"\(?\[?\s*[0-9]+(?:\s*[x*,]\s*[0-9]+)+\s*\]?\)?\Z")

EMPTY = ("", "?", "...", "…", "_", "-", "–")
"""What is written where nothing is."""


class Written(NamedTuple):
    """What a text comes to, what it counts (if that is said), and what its arithmetic comes to (if there is any)."""

    given: Figure | Shape
    unit: str
    worked: Fraction | None


def answer(layer: str, quantity: str, text: str, line: int) -> Answer:
    """The answer that a text is; one that cannot be read says why.

    >>> answer("conv1", "weights", "(11*11*3)*96 = 35K", 1).worked
    Fraction(34848, 1)
    >>> answer("conv1", "params", "about a lot", 1).why
    "'about a lot' is no figure such as 1,728, 138M, 15.3 billion, 55x55x96 or 233 MiB"
    """
    text = " ".join(text.split())
    bare = plain(text)
    if set(bare) <= set("_ ") or bare in EMPTY:
        return Answer(layer, quantity, "", line, None)
    try:
        found = written(bare, quantity)
    except ValueError as error:
        return Answer(layer, quantity, text, line, None, why=str(error))
    return Answer(layer, quantity, text, line, found.given, found.unit, found.worked)


def plain(text: str) -> str:
    """A text without LaTeX and Markdown marks.

    >>> plain(r"$224*224*64=3.2\\text{M}$"), plain("**[55x55x96]**")
    ('224*224*64=3.2M', '[55x55x96]')
    """
    for pattern, with_what in _LATEX:
        text = pattern.sub(with_what, text)
    return " ".join(text.split())


def written(text: str, quantity: str = "") -> Written:
    """What a plain text comes to. Raises ValueError.

    >>> written("(3*3*64)*64 = 36,864")[1:]
    ('', Fraction(36864, 1))
    >>> written("24M * 4 bytes ~= 96MB")[1:]
    ('bytes', Fraction(96000000, 1))
    >>> written("55x55x96", "output").given
    (55, 55, 96)
    """
    if len(text) > MAX_LENGTH:
        raise ValueError("it is too long for a figure")
    *terms, last = (part.strip() for part in _EQUALS.split(text))
    terms = [term for term in terms if term]
    if quantity in ("output", "kernel", "receptive_field") and _SIZES.match(last):
        last = re.sub(r"\s*[*,]\s*", "x", last.strip("([ ])"))
    elif _is_sum(last) and not terms:
        terms, last = [last], ""
    worked = _worked(terms[-1]) if terms else None
    if not last and worked is not None:
        return Written(Figure(worked, (Fraction(1),)), "", worked)
    number, unit = _unit(last.rstrip("!"))
    return Written(read(number), unit, worked)


def _unit(text: str) -> tuple[str, str]:
    """A number and what it counts.

    >>> _unit("4.1 GFLOPs"), _unit("138M parameters"), _unit("58.1 MiB"), _unit("4096")
    (('4.1 G', 'flops'), ('138M', 'params'), ('58.1 MiB', 'bytes'), ('4096', ''))
    """
    if match := _COUNTED.search(text):
        word = match[1].lower()
        unit = _UNITS.get(word, word)
        number = text[: match.start()].rstrip()
        return number, unit
    return text, "bytes" if _BYTES.search(text) else ""


def _is_sum(text: str) -> bool:
    return bool(re.fullmatch(r"[0-9KMGkmg.,()x* +/-]*[0-9)] ?[*+/-] ?[0-9(][0-9KMGkmg.,()x* +/-]*", text))


def _worked(text: str) -> Fraction | None:
    """What arithmetic comes to; None if it is none. x stands for a product between numbers."""
    bare = re.sub(r"\b(?:bytes?|values?)\b", "", text)
    bare = re.sub(r"(?<=[0-9)])\s*x\s*(?=[0-9(])", "*", bare)
    bare = _FACTOR.sub(lambda found: f"({found[1]}*{_SCALES[found[2].lower()]})", bare)
    bare = re.sub(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))", "", bare)
    try:
        value = parse(bare).evaluate({})
    except ExprError:
        return None
    return Fraction(value) if isinstance(value, int | Fraction) and not isinstance(value, bool) else None


_SCALES = {"k": 1000, "m": 1000**2, "g": 1000**3}
