"""A diagram as an SVG picture, drawn without any package; the same bytes every time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import pairwise
from typing import NamedTuple

from archcalc.render.graph.layered import Point
from archcalc.render.graph.shapes import (
    INNER,
    LETTER,
    LINE,
    Area,
    BoxShape,
    FrameShape,
    LabelShape,
    Shape,
    drawing,
)
from archcalc.results.diagram import Diagram

FULL = (86, 180, 233)
"""The colour of the box with the largest share; the others are lighter."""


class Ink(NamedTuple):
    """The colours of a picture."""

    ground: str
    line: str
    frame: str
    text: str


LIGHT = Ink("#ffffff", "#555555", "#f4f4f4", "#222222")
DARK = Ink("#1b1b1b", "#aaaaaa", "#262626", "#e6e6e6")


def picture(diagram: Diagram, dark: bool = False) -> str:
    """The SVG of a diagram."""
    ink, drawn = DARK if dark else LIGHT, drawing(diagram)
    wide, high, title = number(drawn.width), number(drawn.height), escape(drawn.title)
    size = f'width="{wide}" height="{high}" viewBox="0 0 {wide} {high}"'
    to = 'id="to" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"'
    arrow = f'<path d="M0 0L8 4L0 8z" fill="{ink.line}"/>'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">',
            f"<title>{title}</title>",
            f"<style>{_style(ink)}</style>",
            f"<defs><marker {to}>{arrow}</marker></defs>",
            f'<rect width="100%" height="100%" fill="{ink.ground}"/>',
            f'<text class="t" x="{number(INNER)}" y="{number(1.3 * LINE)}">{title}</text>',
            *(line for shape in drawn.shapes for line in _drawn(shape)),
            "</svg>",
            "",
        ]
    )


def _style(ink: Ink) -> str:
    return (
        f"text{{font:11px Arial,Helvetica,Liberation Sans,sans-serif;fill:#222}}"
        f".t{{font-weight:bold;font-size:14px;fill:{ink.text}}}"
        f".h{{font-weight:bold}}.m{{text-anchor:middle}}"
        f".f{{font-weight:bold;fill:{ink.text}}}.g{{fill:{ink.frame}}}"
        f".e{{fill:none;stroke:{ink.line};stroke-width:1.2}}.s{{stroke:#777;stroke-width:.8}}"
        f".b{{fill:{ink.frame};stroke:{ink.line};stroke-width:.6}}.a{{stroke-dasharray:4 3}}"
    )


def _drawn(shape: Shape) -> Iterator[str]:
    if isinstance(shape, FrameShape):
        rectangle = f'<rect class="b{_dashed(shape.aux)}" rx="6" {_area(shape.area)}/>'
        yield f"<g><title>{escape(shape.tip)}</title>{rectangle}</g>"
    elif isinstance(shape, LabelShape):
        wide, high = len(shape.text) * LETTER, LINE - 2
        behind = Area(shape.x - 2, shape.y - high + 3, wide, high)
        yield f'<rect class="g" {_area(behind)}/>'
        yield f'<text class="f" x="{number(shape.x)}" y="{number(shape.y)}">{escape(shape.text)}</text>'
    elif isinstance(shape, BoxShape):
        rectangle = (
            f'<rect class="s{_dashed(shape.aux)}" rx="4" {_area(shape.area)} fill="{_fill(shape.part)}"/>'
        )
        yield f"<g><title>{escape(shape.tip)}</title>{rectangle}"
        for place, line in enumerate(shape.lines):
            x, y = shape.area.x + shape.area.width / 2, shape.area.y + INNER / 2 + LINE * (place + 0.75)
            kind = "m" if place else "m h"
            yield f'<text class="{kind}" x="{number(x)}" y="{number(y)}">{escape(line)}</text>'
        yield "</g>"
    else:
        arrow = ' marker-end="url(#to)"' if shape.has_arrow else ""
        yield f'<path class="e" d="{_path(shape.points)}"{arrow}/>'


def _dashed(aux: bool) -> str:
    return " a" if aux else ""


def _area(area: Area) -> str:
    names = ("x", "y", "width", "height")
    return " ".join(f'{name}="{number(value)}"' for name, value in zip(names, area, strict=True))


def _fill(part: float) -> str:
    return "#" + "".join(f"{round(255 - part * (255 - full)):02x}" for full in FULL)


def _path(points: Sequence[Point]) -> str:
    """A line through points, which leads straight down at each of them."""
    text = f"M{number(points[0][0])} {number(points[0][1])}"
    for (x0, y0), (x1, y1) in pairwise(points):
        middle = number((y0 + y1) / 2)
        bend = f"C{number(x0)} {middle} {number(x1)} {middle} {number(x1)} {number(y1)}"
        text += f"V{number(y1)}" if x0 == x1 else bend
    return text


def number(value: float) -> str:
    """A coordinate, short and the same on every machine."""
    return f"{round(value, 1):g}"
