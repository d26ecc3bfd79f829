"""Layers in lecture notation: names with options in them (CONV3-64, CONV2..12), and descriptions in words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from archcalc.classroom.read.lecture.figures import output
from archcalc.classroom.submission import AnswerRow
from archcalc.ops import OPS

MAX_RANGE = 100
"""Layers of one ``CONV2..12``."""

LAYER_WORDS = (
    r"(?:max|avg|average)[ _-]?pool(?:ing)?|conv(?:olution(?:al)?)?|pool(?:ing)?|norm|lrn"
    r"|fc|fully[ -]connected|dense|linear|input|relu|soft-?max|dropout"
)
_MARKS = (
    r"(?P<kernel>[0-9]{1,3}(?:x[0-9]{1,3})?)-(?P<filters>[0-9]{1,9})",  # CONV3-64
    r"-(?P<units>[0-9]{1,9})",  # FC-4096
    r"(?P<first>[0-9]{1,3})\.\.(?P<last>[0-9]{1,3})",  # CONV2..12
    r"\s[0-9]{1,2}(?=\s?(?:->|:|\Z))",  # CONV 1 ->
    r"(?<=[lLmM])\s[0-9]{1,2}(?=\s[0-9])",  # MAX POOL 1 3x3 filters: a pool has no number of filters
    r"[0-9]{1,2}_[0-9]{1,2}",  # CONV1_2
    r"[SsIlOoBZ]?[0-9]{0,3}",  # CONV1; and CONVS, as OCR misreads CONV5
)
_NAME = re.compile(rf"(?P<name>(?P<word>{LAYER_WORDS})(?:{'|'.join(_MARKS)}))(?![\w-])\s*", re.IGNORECASE)
_ANY_OP = re.compile(r"(?P<name>[A-Z][A-Z0-9_]{1,20}): (?=\[)")


class Name(NamedTuple):
    """The name of a layer, its op, and the options in the name.

    ``end`` is where the name ends in the text.
    """

    text: str
    op: str
    options: Mapping[str, Any]
    implied: Mapping[str, Any]
    copies: tuple[str, ...] = ()
    end: int = 0


def name_of(text: str) -> Name | None:
    """The name of a layer at the start of a text, with the options in the name.

    >>> name_of("CONV3-64: [224x224x64]").options, name_of("CONV3-64").implied
    ({'kernel': (3, 3), 'filters': 64}, {'stride': 1, 'pad': 1})
    >>> name_of("MAX POOL1").op, name_of("CONV2..4").copies, name_of("conv3-o4d")
    ('maxpool', ('CONV2', 'CONV3', 'CONV4'), None)
    """
    match = _NAME.match(text)
    if match is None:
        # `archcalc table --style cs231n` prints the names of ops for which slides have no word
        match = _ANY_OP.match(text)
        op = match["name"].lower() if match else ""
        return Name(match["name"], op, {}, {}, (), match.end("name")) if match and op in OPS else None
    op, implied = _op(match["word"])
    options: dict[str, Any] = {}
    if match["kernel"]:
        # A number in this form has a meaning for convolutions only, so POOL3-64 is not guessed at.
        if op != "conv":
            return None
        options = {"kernel": kernel_of(match["kernel"]), "filters": int(match["filters"])}
        implied |= _same_size(options["kernel"])
    if match["units"]:
        if op != "fc":
            return None
        options = {"units": int(match["units"])}
    copies = _copies(match)
    return None if copies is None else Name(match["name"], op, options, implied, copies, match.end())


_OPS = {
    "norm": "lrn",
    **dict.fromkeys(("convolution", "convolutional"), "conv"),
    **dict.fromkeys(("fullyconnected", "dense", "linear"), "fc"),
}


def _op(word: str) -> tuple[str, dict[str, Any]]:
    """The op of a word, and whether it is only implied, as in POOL without MAX."""
    word = re.sub(r"[ _-]", "", word.lower()).replace("average", "avg").removesuffix("ing")
    if word == "pool":
        return "maxpool", {"op": "maxpool"}
    return _OPS.get(word, word), {}


def _same_size(kernel: tuple[int, ...]) -> dict[str, Any]:
    """CONV3-64 keeps the size: stride 1, and a pad of half the kernel, which must be odd."""
    if not all(side % 2 for side in kernel):
        return {"stride": 1}
    pads = tuple((side - 1) // 2 for side in kernel)
    return {"stride": 1, "pad": pads[0] if len(set(pads)) == 1 else pads}


def _copies(match: re.Match[str]) -> tuple[str, ...] | None:
    """The names that a range means; empty for a single name, None for an invalid range."""
    if not match["first"]:
        return ()
    first, last = int(match["first"]), int(match["last"])
    if not first < last < first + MAX_RANGE:
        return None
    return tuple(f"{match['word']}{number}" for number in range(first, last + 1))


def kernel_of(text: str) -> tuple[int, ...]:
    """The sides of a kernel: ``3``, ``3x3``, ``7X1``.

    >>> kernel_of("3"), kernel_of("7X1")
    ((3, 3), (7, 1))
    """
    # The cells of a heading come here as they are written, with X too.
    sides = tuple(int(side) for side in re.split(r"\s?[xX*]\s?", text))
    return sides if len(sides) == 2 else sides * 2


# --- one layer in a cell of a column, or alone on its line -----------------------------------------------

_SQUARE_CONV = re.compile(r"([0-9]{1,3})[x*]([0-9]{1,3}) conv, ([0-9]{1,9})\Z", re.IGNORECASE)
_SIZED_FC = re.compile(r"fc (?P<units>[0-9]{1,9})\Z", re.IGNORECASE)
_IMAGE = re.compile(r"input \((?P<size>[0-9]{1,9} ?[x*] ?[0-9]{1,9}) RGB image\)\Z", re.IGNORECASE)


def cell(text: str, number: int) -> AnswerRow | None:
    """A cell of a column: ``conv3-64``, ``3x3 conv, 64``, ``FC 4096``, ``input (224x224 RGB image)``.

    >>> cell("conv1-256", 9)[:4]
    ('conv1-256', 'conv', {'kernel': (1, 1), 'filters': 256}, {'stride': 1, 'pad': 0})
    """
    if match := _IMAGE.match(text):
        size = re.sub(r" ?[xX*] ?", "x", match["size"])
        volume = output("input", f"{size}x3", number)  # RGB means 3 channels
        return AnswerRow("input", "input", {}, {}, (volume._replace(text=f"{size} RGB"),), number)
    if match := _SQUARE_CONV.match(text):
        kernel = (int(match[1]), int(match[2]))
        return AnswerRow(
            text, "conv", {"kernel": kernel, "filters": int(match[3])}, _same_size(kernel), (), number
        )
    if (match := _SIZED_FC.match(text)) and int(match["units"]) >= 10:
        # FC 6 is the number of a layer; a larger number must be its size, and is recorded as implied
        return AnswerRow(text, "fc", {}, {"units": int(match["units"])}, (), number)
    name = name_of(text)
    if name is None or name.end != len(text) or name.copies:
        return None
    return AnswerRow(name.text, name.op, name.options, name.implied, (), number)


# --- descriptions in words: 96 11x11 filters at stride 4, pad 0 ------------------------------------------

_KERNEL = r"(?<![0-9x*])(?P<kernel>[0-9]{1,3}\s?[x*]\s?[0-9]{1,3})(?![0-9]|\s?[x*])"
_COUNTED_KERNEL = rf"(?:(?<![0-9])(?P<filters>[0-9]{{1,9}})(?:\s?@\s?| ))?{_KERNEL}"
_FILTERS = r"(?<![0-9])(?P<filters>[0-9]{1,9}) filters?\b"
_SIDE = r"\bf\s?=\s?(?P<kernel>[0-9]{1,3})(?![0-9x*])"
_STRIDE = r"\b(?:strides?(?: of)?[ =:]*|s\s?=\s?)(?P<stride>[0-9]{1,4})(?![0-9])"
_PAD = r"\b(?:pad(?:ding)?(?: of)?[ =:]*|p\s?=\s?)(?P<pad>[0-9]{1,4})(?![0-9])"
_UNITS = r"(?<![0-9])(?P<units>[0-9]{1,9}) (?:neurons|units)\b"
_DESCRIPTIONS: Mapping[str, tuple[re.Pattern[str], ...]] = {
    op: tuple(re.compile(piece, re.IGNORECASE) for piece in pieces)
    for op, pieces in {
        "conv": (_COUNTED_KERNEL, _FILTERS, _SIDE, _STRIDE, _PAD),
        "maxpool": (_KERNEL, _SIDE, _STRIDE, _PAD),
        "avgpool": (_KERNEL, _SIDE, _STRIDE, _PAD),
        "fc": (_UNITS,),
    }.items()
}
"""The options that can be described, by op."""

_FILLERS = re.compile(
    r"\b(?:applied|at|with|and|filters?|(?:local )?(?:response )?normali[sz]ation|layers?|images?)\b"
    r"|->|[,;:.]",
    re.IGNORECASE,
)

NEURONS = _DESCRIPTIONS["fc"][0]


def options_in(text: str, op: str) -> tuple[dict[str, Any], str]:
    """The options in a description, and the rest of its text.

    >>> options_in("96 11x11 filters at stride 4, pad 0", "conv")
    ({'filters': 96, 'kernel': (11, 11), 'stride': 4, 'pad': 0}, '')
    >>> options_in("3x3 filters at stride 2 twice", "maxpool")
    ({'kernel': (3, 3), 'stride': 2}, 'twice')
    """
    options: dict[str, Any] = {}
    for piece in _DESCRIPTIONS.get(op, ()):
        match = piece.search(text)
        # An option that is stated twice counts once; the rest stays in the text and is reported.
        if match and not options.keys() & (stated := dict(_options(match))).keys():
            options.update(stated)
            text = f"{text[: match.start()]} {text[match.end() :]}"
    return options, " ".join(_FILLERS.sub(" ", text).split())


def _options(match: re.Match[str]) -> Iterator[tuple[str, Any]]:
    for key, value in match.groupdict().items():
        if value is not None:
            yield key, kernel_of(value) if key == "kernel" else int(value)


def implied_by(op: str, options: Mapping[str, Any], volume: str | None) -> dict[str, Any]:
    """The options that a row of this op leaves to the reader."""
    if op == "conv" and "stride" in options and "pad" not in options:
        return {"pad": 0}
    sides = re.split(r"\s?[x*]\s?", volume) if volume else ()
    if op == "fc" and sides and "units" not in options and set(sides[:-1]) <= {"1"}:
        return {"units": int(sides[-1])}
    return {}
