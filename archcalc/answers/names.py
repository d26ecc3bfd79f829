"""Names of layers in lecture notation, with what they say: CONV1, MAX POOL 1, CONV3-64, FC-4096, CONV2..12."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from archcalc.ops import OPS

MAX_RANGE = 100
"""Layers of one ``CONV2..12``."""

_WORDS = r"(?:max|avg|average)[ -]?pool|conv|pool|norm|lrn|fc|input|relu|soft-?max|dropout"
_MARKS = (
    r"(?P<kernel>[0-9]{1,3}(?:x[0-9]{1,3})?)-(?P<filters>[0-9]{1,9})",  # CONV3-64
    r"-(?P<units>[0-9]{1,9})",  # FC-4096
    r"(?P<first>[0-9]{1,3})\.\.(?P<last>[0-9]{1,3})",  # CONV2..12
    r"\s[0-9]{1,2}(?=\s?(?:->|:|\Z))",  # CONV 1 ->
    r"(?<=[lLmM])\s[0-9]{1,2}(?=\s[0-9])",  # MAX POOL 1 3x3 filters: no count of filters stands before a pool's
    r"[SsIlOoBZ]?[0-9]{0,3}",  # CONV1; and CONVS, which OCR makes of CONV5
)
_NAME = re.compile(rf"(?P<name>(?P<word>{_WORDS})(?:{'|'.join(_MARKS)}))(?![\w-])\s*", re.IGNORECASE)
_ANY_OP = re.compile(r"(?P<name>[A-Z][A-Z0-9_]{1,20}): (?=\[)")


class Name(NamedTuple):
    """The name of a layer, the op it stands for, and what options it holds."""

    text: str
    op: str
    options: Mapping[str, Any]
    implied: Mapping[str, Any]
    copies: tuple[str, ...] = ()
    end: int = 0


def name_of(text: str) -> Name | None:
    """The name of a layer at the start of a text, with what it says of it.

    >>> name_of("CONV3-64: [224x224x64]").options, name_of("CONV3-64").implied
    ({'kernel': (3, 3), 'filters': 64}, {'stride': 1, 'pad': 1})
    >>> name_of("MAX POOL1").op, name_of("CONV2..4").copies, name_of("conv3-o4d")
    ('maxpool', ('CONV2', 'CONV3', 'CONV4'), None)
    """
    match = _NAME.match(text)
    if match is None:
        # as `archcalc table --style cs231n` calls ops that no slide has a word for
        match = _ANY_OP.match(text)
        op = match["name"].lower() if match else ""
        return Name(match["name"], op, {}, {}, (), match.end("name")) if match and op in OPS else None
    op, implied = _op(match["word"])
    options: dict[str, Any] = {}
    if match["kernel"]:
        if op != "conv":
            return None
        options = {"kernel": kernel_of(match["kernel"]), "filters": int(match["filters"])}
        implied |= same_size(options["kernel"])
    if match["units"]:
        if op != "fc":
            return None
        options = {"units": int(match["units"])}
    copies = _copies(match)
    return None if copies is None else Name(match["name"], op, options, implied, copies, match.end())


def _op(word: str) -> tuple[str, dict[str, Any]]:
    """The op of a word, and that it is only implied: POOL without MAX."""
    word = re.sub(r"[ -]", "", word.lower()).replace("average", "avg")
    if word == "pool":
        return "maxpool", {"op": "maxpool"}
    return {"norm": "lrn"}.get(word, word), {}


def same_size(kernel: tuple[int, ...]) -> dict[str, Any]:
    """CONV3-64 keeps the size: stride 1 and a pad of half the kernel, which only an odd one has."""
    if not all(side % 2 for side in kernel):
        return {"stride": 1}
    pads = tuple((side - 1) // 2 for side in kernel)
    return {"stride": 1, "pad": pads[0] if len(set(pads)) == 1 else pads}


def _copies(match: re.Match[str]) -> tuple[str, ...] | None:
    """The names that a range stands for; none for a name alone, None for a range that is none."""
    if not match["first"]:
        return ()
    first, last = int(match["first"]), int(match["last"])
    if not first < last < first + MAX_RANGE:
        return None
    return tuple(f"{match['word']}{number}" for number in range(first, last + 1))


def kernel_of(text: str) -> tuple[int, ...]:
    """The sides of a kernel: ``3``, ``3x3``, ``7x1``."""
    sides = tuple(int(side) for side in re.split(r"\s?[x*]\s?", text))
    return sides if len(sides) == 2 else sides * 2
