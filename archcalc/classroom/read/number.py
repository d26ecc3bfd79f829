"""One figure as people write it: ``35K``, ``224*224*64=3.2M``, ``24M * 4 bytes ~= 96MB``."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import NamedTuple

from archcalc.classroom.read.marks import plain_text, remembered, without_markdown
from archcalc.classroom.read.volume import volume
from archcalc.classroom.submission import DECLARED, Answer
from archcalc.engine.quantities import QUANTITIES
from archcalc.errors import printable, short
from archcalc.language.expressions import parse
from archcalc.language.printed import Figure, Shape, before_count, read_figure
from archcalc.language.tokens import ExprError
from archcalc.ops import OPS
from archcalc.ops.options import axis_options

MAX_LENGTH = 200

_ABOUT = re.compile(r"(?:about|approx\.?|approximately|circa|ca\.|roughly)\s+(?=[0-9])", re.IGNORECASE)
_SIDE = re.compile(r"\s*([A-Za-z]{1,8})\s*[=:]\s*([0-9]{1,12})\s*(?:[,;*]|[xX](?=\s))?")
_SIDES = {
    "h": 0,
    "height": 0,
    "w": 1,
    "width": 1,
    "d": 2,
    "depth": 2,
    "c": 2,
    "channels": 2,
    "k": 2,
    "filters": 2,
}
_SEVERAL = re.compile(r"[0-9]\s*[,;]\s*[A-Za-z]|[0-9]\s*;")
_FORMULA = re.compile(r"[-+*/()]")
_GROUPED = re.compile(
    r"[1-9][0-9]{0,2}(?:(?P<by>[ '’_])[0-9]{3}(?:(?P=by)[0-9]{3})*"
    r"|(?:\.[0-9]{3})+(?=,|\Z)|(?:\.[0-9]{3}){2,})(?![0-9])"
)
"""Thousands separators outside of English: 34 944, 34'944, 1.234.567, 34.944,5, and 34.944 without a unit.

A dot in 34.944 cannot be a decimal point: parameters, values and operations have no fractions.
"""

_DECIMAL_COMMA = re.compile(
    r"\A([0-9]{1,40}),(?=[0-9])(?:(?<=[0-9]{4},)|(?!(?<!\b0,)[0-9]{3}(?![0-9])))(?![0-9]{3},)"
)
"""A comma that can only be a decimal comma: in 34,9k, 0,035M and 1849,688M, but not in 34,944."""

SHAPED = (
    *(quantity.key for quantity in QUANTITIES if quantity.asked and quantity.unit == "sizes"),
    *(name for name in DECLARED if any(name in axis_options(op) for op in OPS.values())),
)
"""Quantities that may have one size per axis; in all others, x is a multiplication sign."""

_POWER = re.compile(r"(\)|(?<![0-9.,])(?!10(?![0-9]))[0-9]{1,9})(?:\^\{?([23])\}?(?![0-9])|([²³]))")
"""A square or a cube. Powers of ten are left: they scale a figure."""

_ASIDE = re.compile(r"\(\s*(=[^=]*)\)\Z")
"""Arithmetic in brackets behind a figure: ``34,944 (= 34,848 + 96)``."""

_EQUALS = re.compile(r"~?=|≈|~")
_FACTOR = re.compile(r"(?<![\w.])([0-9][0-9,]*(?:\.[0-9]+)?) ?([KMGkmg])(?![A-Za-z])")
_COUNTED = re.compile(
    (
        r"(?<=[\s0-9KMGTBkmgt])"
        r"(macs?|flops?|ops|operations|parameters?|params?|values|neurons|weights|units|bytes|byte"
        r"|parametern|gewichte|param[èeáaâ]tres|par[áaâ]metros|pesos|poids)\.?\Z"
    ),
    re.IGNORECASE,
)
_BYTES = re.compile(r"[0-9 ](?:[KMGTkmgt]i?)?B\Z")
_UNITS = {
    "mac": "macs",
    "flop": "flops",
    "byte": "bytes",
    "param": "params",
    **dict.fromkeys(("parameter", "parameters", "parametern", "paramètres", "parámetros"), "params"),
    **dict.fromkeys(("parametros", "parâmetros", "parametres"), "params"),
    **dict.fromkeys(("gewichte", "pesos", "poids"), "weights"),
    "operations": "ops",
}
_GROUPED_BY_COMMAS = re.compile(r"[1-9][0-9]{0,2},[0-9]{3}\Z")
_SIZES = re.compile(r"\(?\[?\s*[0-9]+(?:\s*[x*,]\s*[0-9]+)+\s*\]?\)?\Z")

EMPTY = ("", "?", "...", "…", "_")
"""Texts that stand for an empty field."""

NOTHING = ("-", "–", "—", "--", "---", "n/a", "n.a", "na", "none", "nothing", "not applicable", "nil", "/")
"""Texts that say that a layer has no such figure. They are right where the figure is 0."""


class WrittenNumber(NamedTuple):
    """The figure of a text, its unit (if written), and the result of its arithmetic (if any)."""

    given: Figure | Shape
    unit: str
    computed: Fraction | None


def answer(layer: str, quantity: str, text: str, line: int) -> Answer:
    """The answer in a text; if it cannot be read, the answer holds the reason.

    >>> answer("conv1", "weights", "(11*11*3)*96 = 35K", 1).computed
    Fraction(34848, 1)
    >>> answer("conv1", "params", "about a lot", 1).why
    "'about a lot' is not a number or volume (such as 1,728, 138M, 15.3 billion, 55x55x96 or 233 MiB)"
    """
    shown, number, why = _read(" ".join(text.split()), quantity)
    if number is None:
        return Answer(layer, quantity, shown, line, None, why=why)
    return Answer(layer, quantity, shown, line, number.given, number.unit, number.computed)


@remembered
def _read(text: str, quantity: str) -> tuple[str, WrittenNumber | None, str]:
    """A text as it is shown, its number, and the reason if it has none; both are empty for an empty field."""
    text = text.replace("\\*", "*")  # Markdown demands the backslash
    bare, shown = plain_text(without_markdown(text)), short(text, MAX_LENGTH)
    if set(bare) <= set("_ ") or bare in EMPTY:
        return "", None, ""
    if bare.lower().rstrip(".") in NOTHING:
        return shown, None, ""
    try:
        return shown, written(bare, quantity), ""
    except ValueError as error:
        return shown, None, printable(str(error))


def written(text: str, quantity: str = "") -> WrittenNumber:
    """Read a text without marks. Raises ValueError.

    >>> written("(3*3*64)*64 = 36,864")[1:]
    ('', Fraction(36864, 1))
    >>> written("24M * 4 bytes ~= 96MB")[1:]
    ('bytes', Fraction(96000000, 1))
    >>> written("55x55x96", "output").given, written("W=55, H=27, D=96", "output").given
    ((55, 55, 96), (27, 55, 96))
    >>> written("55x55x96", "activations").computed
    Fraction(290400, 1)
    >>> written("34,944 (= 11²*3*96 + 96)")[1:]
    ('', Fraction(34944, 1))
    """
    # The patterns below backtrack, so they get short texts only.
    if len(text) > MAX_LENGTH:
        raise ValueError("it is too long for a figure")
    if quantity == "output" and (sides := _sides(text)):
        return WrittenNumber(sides, "", None)
    if quantity == "output" and (read := volume(text)):
        return WrittenNumber(read.sizes, "", read.values)
    terms, last = _terms(text, quantity)
    computed = _computed(terms[-1]) if terms else None
    # Without a stated result, the result of the arithmetic is the answer.
    if not last and computed is not None:
        if computed < 0:
            raise ValueError(f"'{text}' is negative if it is a difference")
        return WrittenNumber(Figure(computed), "", computed)
    number, unit = _unit(last.rstrip("!.†‡✓✔ "))
    return WrittenNumber(read_figure(_in_english(number, quantity)), unit, computed)


def _terms(text: str, quantity: str) -> tuple[list[str], str]:
    """The arithmetic of a text, and the figure that the student states as its result.

    The figure is empty if the text is only arithmetic. Raises ValueError for several figures.
    """
    powers_spelled_out = _POWER.sub(_raised, _ABOUT.sub("~", _ASIDE.sub(r"\1", text)))
    *terms, last = (part.strip() for part in _EQUALS.split(powers_spelled_out))
    terms = [term for term in terms if term]
    if _SEVERAL.search(text) or any(map(_is_no_term, terms[1:])):
        raise ValueError(f"'{text}' holds several figures; it is unclear which one is the answer")
    if quantity and quantity not in SHAPED:
        last = re.sub(r"(?<=[0-9)])\s*[xX]\s*(?=[0-9(])", "*", last)
    if (
        quantity in ("output", "kernel", "receptive_field")
        and _SIZES.match(last)
        and not _GROUPED_BY_COMMAS.match(last)
    ):
        return terms, re.sub(r"\s*[*,]\s*", "x", last.strip("([ ])"))
    if _is_sum(last) and _computed(last) is not None:
        # The text is a sum alone, or a figure with its sum behind it: 34,944 = 34,848 + 96.
        figure = terms[0] if len(terms) == 1 and not _is_sum(terms[0]) else ""
        return [*terms, last], figure
    return terms, last


def _sides(text: str) -> Shape | None:
    """A volume whose sides are named, in any order: ``H=55, W=55, D=96``."""
    sides: dict[int, int] = {}
    at = 0
    while match := _SIDE.match(text, at):
        side = _SIDES.get(match[1].lower())
        if side is None or side in sides:
            return None
        sides[side] = int(match[2])
        at = match.end()
    return tuple(sides[side] for side in range(3)) if len(sides) == 3 and not text[at:].strip() else None


def _is_no_term(text: str) -> bool:
    """Whether a text between two equals signs is something other than arithmetic, a figure or a formula."""
    if _FORMULA.search(text) or _computed(text) is not None:
        return False
    try:
        read_figure(_unit(text)[0])
    except ValueError:
        return True
    return False


def _in_english(number: str, quantity: str) -> str:
    """A number with English separators.

    >>> texts = ("34 944", "34'944", "1.234.567", "34.944,5", "34,9k", "34,944")
    >>> [_in_english(text, "params") for text in texts]
    ['34944', '34944', '1234567', '34944.5', '34.9k', '34,944']
    >>> [_in_english(text, "params") for text in ("34.944", "34.944K", "0.944")]
    ['34944', '34.944K', '0.944']
    """
    grouped = _GROUPED.match(number) if quantity not in SHAPED else None
    if grouped:
        number = re.sub(r"[ '’_.]", "", grouped[0]) + number[grouped.end() :]
    number = _TEN_THOUSANDS.sub(lambda sign: _TENS[sign[1]], number)
    number = _SCALE_WORD.sub(lambda word: _SCALE_WORDS[word[1].lower()], number)
    return _DECIMAL_COMMA.sub(r"\1.", number)


def _unit(text: str) -> tuple[str, str]:
    """Split a figure into its number and its unit.

    >>> _unit("4.1 GFLOPs"), _unit("138M parameters"), _unit("58.1 MiB"), _unit("4096")
    (('4.1 G', 'flops'), ('138M', 'params'), ('58.1 MiB', 'bytes'), ('4096', ''))
    >>> _unit("7B parameters"), _unit("7B")
    (('7 billion', 'params'), ('7B', 'bytes'))
    """
    if match := _COUNTED.search(text):
        word = match[1].lower()
        unit = _UNITS.get(word, word)
        return before_count(text[: match.start()]), unit
    return text, "bytes" if _BYTES.search(text) else ""


def _raised(power: re.Match[str]) -> str:
    return f"{power[1]}**{power[2] or {'²': 2, '³': 3}[power[3]]}"


def _is_sum(text: str) -> bool:
    return bool(re.fullmatch(r"[0-9KMGkmg.,()x* +/-]*[0-9)] ?[*+/-] ?[0-9(][0-9KMGkmg.,()x* +/-]*", text))


def _computed(text: str) -> Fraction | None:
    """The result of arithmetic; None if the text is not arithmetic. An x between numbers is a product."""
    bare = re.sub(r"\b(?:bytes?|values?)\b", "", text)
    bare = re.sub(r"(?<=[0-9)])\s*x\s*(?=[0-9(])", "*", bare)
    # 24M * 4 is arithmetic too, but the expression language has no units.
    bare = _FACTOR.sub(lambda match: f"({match[1]}*{_SCALES[match[2].lower()]})", bare)
    bare = re.sub(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))", "", bare)
    try:
        value = parse(bare).evaluate({})
    except ExprError:
        return None
    return Fraction(value) if isinstance(value, int | Fraction) and not isinstance(value, bool) else None


_SCALE_WORDS = {
    **dict.fromkeys(("thousands", "tsd", "tausend", "milliers", "тыс", "千"), "thousand"),
    **dict.fromkeys(("millions", "mio", "millionen", "millones", "milhões", "mln", "млн", "百万"), "million"),
    **dict.fromkeys(("billions", "mrd", "milliarden", "milliards", "млрд", "十亿"), "billion"),
}
_TENS = {"万": "e4", "萬": "e4", "만": "e4", "亿": "e8", "億": "e8", "억": "e8"}
"""Scales of East Asia, which are no powers of a thousand: 3.49万 is 3.49e4."""

_TEN_THOUSANDS = re.compile(rf"(?<=[0-9])\s?([{''.join(_TENS)}])\Z")
_SCALE_WORD = re.compile(rf"(?<=[0-9 ])({'|'.join(_SCALE_WORDS)})\.?\Z", re.IGNORECASE)
"""A scale in another word: 4,5 Mio., 4.5 millions."""

_SCALES = {"k": 1000, "m": 1000**2, "g": 1000**3}
