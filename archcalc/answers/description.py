"""What a row says of its layer in words: 96 11x11 filters at stride 4, pad 0."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from archcalc.answers.names import kernel_of

_KERNEL = r"(?<![0-9x*])(?P<kernel>[0-9]{1,3}\s?[x*]\s?[0-9]{1,3})(?![0-9]|\s?[x*])"
_COUNTED_KERNEL = rf"(?:(?<![0-9])(?P<filters>[0-9]{{1,9}}) )?{_KERNEL}"
_FILTERS = r"(?<![0-9])(?P<filters>[0-9]{1,9}) filters?\b"
_STRIDE = r"\bstride(?: of)?[ =:]*(?P<stride>[0-9]{1,4})(?![0-9])"
_PAD = r"\bpad(?:ding)?(?: of)?[ =:]*(?P<pad>[0-9]{1,4})(?![0-9])"
_UNITS = r"(?<![0-9])(?P<units>[0-9]{1,9}) (?:neurons|units)\b"
_SAYS: Mapping[str, tuple[re.Pattern[str], ...]] = {
    op: tuple(re.compile(piece, re.IGNORECASE) for piece in pieces)
    for op, pieces in {
        "conv": (_COUNTED_KERNEL, _FILTERS, _STRIDE, _PAD),
        "maxpool": (_KERNEL, _STRIDE, _PAD),
        "avgpool": (_KERNEL, _STRIDE, _PAD),
        "fc": (_UNITS,),
    }.items()
}
"""What a line says of a layer of each op; what is said of no other op is not read of it."""

_FILLERS = re.compile(
    r"\b(?:applied|at|with|and|filters?|(?:local )?(?:response )?normali[sz]ation|layers?|images?)\b|->|[,;:.]",
    re.IGNORECASE,
)

NEURONS = _SAYS["fc"][0]


def said(text: str, op: str) -> tuple[dict[str, Any], str]:
    """The options that a description states, and what is left of it.

    >>> said("96 11x11 filters at stride 4, pad 0", "conv")
    ({'filters': 96, 'kernel': (11, 11), 'stride': 4, 'pad': 0}, '')
    >>> said("3x3 filters at stride 2 twice", "maxpool")
    ({'kernel': (3, 3), 'stride': 2}, 'twice')
    """
    options: dict[str, Any] = {}
    for piece in _SAYS.get(op, ()):
        match = piece.search(text)
        if match and not options.keys() & (found := dict(_options(match))).keys():
            options.update(found)
            text = f"{text[: match.start()]} {text[match.end() :]}"
    return options, " ".join(_FILLERS.sub(" ", text).split())


def _options(match: re.Match[str]) -> Iterator[tuple[str, Any]]:
    for key, value in match.groupdict().items():
        if value is not None:
            yield key, kernel_of(value) if key == "kernel" else int(value)


def implied_by(op: str, options: Mapping[str, Any], volume: str | None) -> dict[str, Any]:
    """The options that a row of that op leaves to the reader."""
    if op == "conv" and "stride" in options and "pad" not in options:
        return {"pad": 0}
    sides = re.split(r"\s?[x*]\s?", volume) if volume else ()
    if op == "fc" and sides and "units" not in options and set(sides[:-1]) <= {"1"}:
        return {"units": int(sides[-1])}
    return {}
