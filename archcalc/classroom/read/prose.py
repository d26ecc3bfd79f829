"""Text between the rows of lecture notes: prose, or a line that looks like a row but cannot be read."""

from __future__ import annotations

import re

from archcalc.classroom.read.noise import MAX_WIDTH, CleanLine

MAX_WORDS = 25
"""A line with more words is a sentence."""

_SUSPICIOUS = (
    # a volume: 55x55x96, [19x19], 16@10x10
    re.compile(r"[0-9]\s?[x*]\s?[0-9]{1,9}\s?[x*]\s?[0-9(]|\[[0-9]{1,9}\s?[x*]\s?[0-9]{1,9}\]|[0-9]@[0-9]"),
    # a layer word with a figure: "3x3 conv", "4096 neurons", "stride 2", "conv3-o4d"
    re.compile(r"[0-9] (?:conv|max ?pool|filters?|neurons)\b|\bstride [0-9]|\bconv\w{1,3}-\w", re.IGNORECASE),
    # "CONV1: change from (11x11 ...)", "CONV3,4,5: instead of 384 ..."
    re.compile(r"\b(?:conv|pool|fc|norm)[0-9][0-9,.]{0,9}:[^0-9]*[0-9]", re.IGNORECASE),
    re.compile(r"\b(?:memory|params|parameters) ?:[^0-9]*[0-9]", re.IGNORECASE),
    re.compile(r"total\b[^0-9:]{0,40}:[^0-9]*[0-9]", re.IGNORECASE),
)
_LAYERS_BY_NUMBER = re.compile(r"(?:L[0-9]{1,2}(?: |\Z)){2,}\Z")
_ROW_OF_FIGURES = re.compile(r"[0-9][0-9.,]*[kKmMgG]? [0-9][0-9.,]*[kKmMgG]?\b")

_WORD = re.compile(r"[^\W\d_]{2,}")
FEWEST_WORDS = 4
"""A sentence has at least so many words, and more words than anything else."""

_NOT_A_ROW = "this looks like a row but is not in lecture notation"


def numbers_layers(line: CleanLine) -> bool:
    """Whether a line is ``L1 L2 L3``: a heading above a row of figures."""
    return _LAYERS_BY_NUMBER.match(line.text) is not None


def missed(line: CleanLine, numbered: bool) -> str:
    """The reason to report a line that was not read; empty for prose."""
    if len(line.raw) > MAX_WIDTH:
        return ""
    if numbers_layers(line) or (numbered and _ROW_OF_FIGURES.match(line.text)):
        return "figures of numbered layers; it is unclear which quantity they are"
    if line.text.count(" ") >= MAX_WORDS:
        return ""
    return _NOT_A_ROW if any(pattern.search(line.text) for pattern in _SUSPICIOUS) else ""


def is_sentence(line: CleanLine) -> bool:
    """Whether a line is words, and not a row that OCR damaged.

    >>> from archcalc.classroom.read.noise import clean
    >>> [is_sentence(clean(text, 1)) for text in ("We pool to halve the size.", "[l3xl3] C0NV3 p4d")]
    [True, False]
    """
    parts = line.text.split()
    words = [part for part in parts if _WORD.fullmatch(part.strip(".,;:!?()'\"*_"))]
    return len(words) >= FEWEST_WORDS and 3 * len(words) >= 2 * len(parts)
