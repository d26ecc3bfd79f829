"""What headings and keys mean: a quantity and its unit, the column of layers, or the whole network."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextvars import ContextVar
from types import MappingProxyType

from archcalc.classroom.read.number import MAX_LENGTH, written
from archcalc.classroom.submission import quantity_of

_TOTAL = ("total", "totals", "network", "sum", "overall", "grand total", "whole network", "σ", "∑")
_HEADED = re.compile(r"(.+?)\s*[(\[]\s*([^()\[\]]+?)\s*[)\]]\Z")
_SCALED = re.compile(r"([KMGT])[ -]?(FLOPs?|MACs?)\Z", re.IGNORECASE)
_ORDER = re.compile(r"(?:h\s*[x*,]\s*w|w\s*[x*,]\s*h)\s*[x*,]\s*[cdk]\Z", re.IGNORECASE)


TAUGHT: ContextVar[Mapping[str, str]] = ContextVar("TAUGHT", default=MappingProxyType({}))
"""Headings of students and the words that they mean, from a rubric, while a submission is read."""


def meant(heading: str) -> str:
    """The heading that a rubric gives for another one; all others stay.

    >>> token = TAUGHT.set({"gewichtszahl": "params"})
    >>> meant("Gewichtszahl"), meant("output")
    ('params', 'output')
    >>> TAUGHT.reset(token)
    """
    return TAUGHT.get().get(" ".join(heading.lower().split()), heading)


def is_total(name: str) -> bool:
    """Whether a name means the whole network.

    >>> is_total("TOTAL:"), is_total("fc8")
    (True, False)
    """
    return name.lower().strip(" :.*") in _TOTAL


def quantity_and_unit(heading: str) -> tuple[str, str]:
    """The quantity that a heading names, and the unit of its column. Both are empty if it names no quantity.

    >>> quantity_and_unit("Memory (MB)"), quantity_and_unit("MACs [G]"), quantity_and_unit("output (HxWxC)")
    (('activations', 'MB'), ('macs', 'G'), ('output', ''))
    >>> quantity_and_unit("GFLOPs"), quantity_and_unit("# Params (M)")
    (('flops', 'G'), ('params', 'M'))
    >>> quantity_and_unit("params (with biases)")
    ('', '')
    """
    if whole := quantity_of(heading):
        return whole, ""
    if scaled := _SCALED.match(heading):
        return quantity_of(scaled[2]), scaled[1].upper()
    match = _HEADED.match(heading[:MAX_LENGTH])
    quantity = quantity_of(match[1]) if match else ""
    if match is None or not quantity:
        return "", ""
    if quantity == "output":
        return (quantity, "") if _ORDER.match(match[2]) else ("", "")
    try:
        # What stands in brackets is a unit if a number with it can be read.
        written(f"1 {match[2]}", quantity)
    except ValueError:
        return "", ""
    return quantity, match[2]


def in_unit(text: str, unit: str) -> str:
    """Add the unit of the column to a figure; a figure with a unit keeps its own."""
    return f"{text} {unit}" if unit and text and text[-1].isdecimal() else text
