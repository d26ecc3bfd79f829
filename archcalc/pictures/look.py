"""How a chart looks: where it is shown, how wide it is, light or dark."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from archcalc.errors import ArchcalcError, one_of, short

COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Colours that people with any colour vision can tell apart (Okabe and Ito 2008)."""


class Sizes(NamedTuple):
    """What a chart is made for: its width and the size of its letters, in points."""

    width: int
    letters: int


STYLES: Mapping[str, Sizes] = {"paper": Sizes(340, 9), "slide": Sizes(860, 18)}
"""``paper``: a column of a paper; ``slide``: a slide that is read from a distance."""


class Look(NamedTuple):
    """How a chart looks."""

    style: str = "paper"
    width: int | None = None
    dark: bool = False
    title: str | None = None

    @property
    def wide(self) -> int:
        """The width of the drawing in points, without its axes."""
        return self.width or STYLES[self.style].width

    @property
    def letters(self) -> int:
        """The size of its letters, in points."""
        return STYLES[self.style].letters

    @property
    def ink(self) -> str:
        """The colour of texts and lines."""
        return "#e6e6e6" if self.dark else "#222222"

    @property
    def faint(self) -> str:
        """The colour of what stands behind the data."""
        return "#444444" if self.dark else "#dddddd"

    def config(self) -> dict[str, Any]:
        """The part of a Vega-Lite chart that says how everything looks."""
        texts = {"labelFontSize": self.letters, "titleFontSize": self.letters}
        inks = {"labelColor": self.ink, "titleColor": self.ink}
        return {
            "font": "Arial, Helvetica, Liberation Sans, sans-serif",
            "padding": 8,
            "background": "#1b1b1b" if self.dark else "white",
            "view": {"stroke": None},
            "axis": {
                **texts,
                **inks,
                "gridColor": self.faint,
                "domainColor": self.ink,
                "tickColor": self.ink,
                "titleFontWeight": "normal",
                "labelLimit": 0,
            },
            "legend": {**texts, **inks, "titleFontWeight": "normal", "labelLimit": 0},
            "title": {
                "anchor": "start",
                "color": self.ink,
                "subtitleColor": self.ink,
                "fontSize": self.letters + 2,
                "subtitleFontSize": self.letters,
                "offset": self.letters,
            },
            "text": {"fontSize": self.letters, "color": self.ink},
            "range": {"category": list(COLORS)},
        }


def look_of(style: str, width: int | None, dark: bool, title: str | None) -> Look:
    """How a chart shall look. Raises ArchcalcError for a style or a width that does not exist."""
    if style not in STYLES:
        raise ArchcalcError(f"unknown style '{short(style)}' (known: {one_of([*STYLES])})")
    if width is not None and not 100 <= width <= 4000:
        raise ArchcalcError(f"the width of a chart is 100 to 4000 points, not {width}")
    return Look(style, width, dark, title)
