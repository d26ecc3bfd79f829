"""A volume as people and tools write it: ``16 by 16 by 64``, ``(None, 20, 20, 8)``, ``[-1, 8, 20, 20]``."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import NamedTuple

from archcalc.language.printed import Shape

MAX_SIZES = 5

_TIMES = r"\s?(?:[xX×*·,]|\bby\b)\s?"
_BATCH = r"(?:None|-1|[NBM]|BS|batch(?:[ _]size)?|\?)"
_VOLUME = re.compile(
    rf"(?:(?:torch|tf)\.|Tensor)?(?:Size|Shape)?[\[(]*(?:(?P<batch>{_BATCH}){_TIMES})?"
    rf"(?P<sizes>[0-9]{{1,12}}(?:{_TIMES}[0-9]{{1,12}})*),?[\])]*(?P<rest>.*)",
    re.IGNORECASE,
)
_CHANNELS = re.compile(r"(?:channels?|feature maps?|maps?|filters?|deep|planes?)\)?", re.IGNORECASE)
_DEPTH = re.compile(rf"(?:with|@)?\s?\(?(?P<depth>[0-9]{{1,9}})\s?{_CHANNELS.pattern}", re.IGNORECASE)
_ORDER = re.compile(r"[\[(]?(?P<order>[CDK][x×*, ]?H[x×*, ]?W|H[x×*, ]?W[x×*, ]?[CDK])[\])]?", re.IGNORECASE)
_COUNT = re.compile(
    r"(?:=|~=|≈|->|→)\s?(?P<count>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,18})(?:\s?(?:values|neurons))?"
)
_NUMBER = re.compile(r"\[?[0-9]*\]?|[1-9][0-9]{0,2},[0-9]{3}")
"""4096 and 4,096 are the length of a vector."""


class WrittenVolume(NamedTuple):
    """A volume, and the number of its values if that is written behind it: ``(20,20,8) = 3200``."""

    sizes: Shape
    values: Fraction | None = None


def volume(text: str) -> WrittenVolume | None:
    """The volume of a text; None for any other text.

    A place for the batch in front is left out. Sizes in the order (CxHxW) come out as HxWxC.

    >>> [volume(text).sizes for text in ("16 by 16 by 64", "(None, 12)", "torch.Size([1, 8, 20, 20])")]
    [(16, 16, 64), (12,), (1, 8, 20, 20)]
    >>> volume("(20,20,8) = 3,200").values, volume("8x20x20 (CxHxW)").sizes, volume("20x20, 8 maps").sizes
    (Fraction(3200, 1), (20, 20, 8), (20, 20, 8))
    >>> volume("4,096"), volume("512 512"), volume("12")
    (None, None, None)
    """
    match = _VOLUME.fullmatch(text.strip().rstrip("."))
    if match is None:
        return None
    sizes = tuple(int(size) for size in re.findall("[0-9]+", match["sizes"]))
    if len(sizes) > MAX_SIZES or re.search(r"[^0-9]0[0-9]", match["sizes"]):
        return None  # 1x1x1,000 has three sizes, and no rule tells where they end
    if _NUMBER.fullmatch(text.strip()):
        return None  # other rules read it
    return _with_rest(sizes, match["rest"].strip())


def _with_rest(sizes: Shape, rest: str) -> WrittenVolume | None:
    """The volume with what stands behind its sizes: its depth, its order, or the number of its values."""
    if not rest or (len(sizes) == 3 and _CHANNELS.fullmatch(rest)):
        return WrittenVolume(sizes)
    if len(sizes) == 2 and (match := _DEPTH.fullmatch(rest)):
        return WrittenVolume((*sizes, int(match["depth"])))
    if len(sizes) >= 2 and (match := _COUNT.fullmatch(rest)):
        return WrittenVolume(sizes, Fraction(match["count"].replace(",", "")))
    if len(sizes) == 3 and (match := _ORDER.fullmatch(rest)):
        channels_first = match["order"][0].upper() != "H"
        return WrittenVolume((*sizes[1:], sizes[0]) if channels_first else sizes)
    return None
