"""A diagram as shapes with places: frames, boxes and lines, which SVG and TikZ draw."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple, TypeAlias

from archcalc.errors import printable
from archcalc.render.graph.layered import Layout, Point, layout
from archcalc.render.graph.words import costs, heading, volume
from archcalc.results.diagram import ENTRY, EXIT, Box, Diagram

LETTER, LINE, INNER = 6.6, 15.0, 8.0
"""The width of a letter, the height of a line, and the room between a frame and what it holds."""

ONE_LINE = 34
"""Letters of a line that holds the op and the output."""


class Area(NamedTuple):
    """The left upper corner, the width and the height of a shape."""

    x: float
    y: float
    width: float
    height: float


class FrameShape(NamedTuple):
    """The frame of a block."""

    area: Area
    tip: str
    aux: bool


class LabelShape(NamedTuple):
    """The label of a frame; lines that lead into the frame go behind it."""

    x: float
    y: float
    text: str


class BoxShape(NamedTuple):
    """A layer or a folded block; ``part`` is its share of the largest share, from 0 to 1."""

    area: Area
    lines: Sequence[str]
    tip: str
    aux: bool
    part: float


class LineShape(NamedTuple):
    """An edge through points; it bends where two points differ in x."""

    points: Sequence[Point]
    has_arrow: bool


Shape: TypeAlias = FrameShape | LabelShape | BoxShape | LineShape


class Drawing(NamedTuple):
    """The title of a diagram, its size, and its shapes; a later shape covers an earlier one."""

    title: str
    width: float
    height: float
    shapes: Sequence[Shape]


class _Placed(NamedTuple):
    """A box with its size and, of a box with others inside, where these are."""

    box: Box
    width: float
    height: float
    inside: Sequence[_Placed] = ()
    drawn: Layout | None = None


def drawing(diagram: Diagram) -> Drawing:
    """The shapes of a diagram."""
    root = _place(_with_input(diagram), diagram)
    title = printable(f"{diagram.network}: {diagram.title}")
    width = max(root.width, len(title) * LETTER * 1.4) + 2 * INNER
    top = 2 * LINE
    shapes = [*_shapes(root, (width - root.width) / 2, top, diagram, _most(diagram.root) or Fraction(1))]
    return Drawing(title, width, top + root.height + INNER, shapes)


def _with_input(diagram: Diagram) -> Box:
    """The boxes of a network, with one for its input."""
    root = diagram.root
    first = Box(diagram.input_name, diagram.input_name, "", diagram.input, dict.fromkeys(diagram.costs, 0))
    edges = [
        (0 if source == ENTRY else source + 1, target + 1 if target >= 0 else target)
        for source, target in root.edges
    ]
    return replace(root, inside=(first, *root.inside), edges=tuple(edges))


def _most(box: Box) -> Fraction:
    """The largest share of a box without boxes inside."""
    return max((_most(inner) for inner in box.inside), default=box.share)


def box_lines(box: Box, diagram: Diagram) -> list[str]:
    """The lines of a box: its heading, its op and output, and its costs."""
    together = f"{box.says} → {volume(box)}" if box.says else volume(box)
    work = [together] if len(together) <= ONE_LINE else [box.says, volume(box)]
    return [printable(line) for line in (heading(box), *work, costs(box, diagram)) if line]


def frame_label(box: Box, diagram: Diagram) -> str:
    """The label of a frame: its heading and its costs."""
    return printable(": ".join(filter(None, (heading(box), costs(box, diagram)))))


def _place(box: Box, diagram: Diagram) -> _Placed:
    if not box.inside:
        lines = box_lines(box, diagram)
        width = max(map(len, lines), default=1) * LETTER + 2 * INNER
        return _Placed(box, width, len(lines) * LINE + INNER)
    inside = [_place(inner, diagram) for inner in box.inside]
    drawn = layout([(one.width, one.height) for one in inside], box.edges)
    if not box.path:
        return _Placed(box, drawn.width, drawn.height, inside, drawn)
    label = len(frame_label(box, diagram)) * LETTER
    return _Placed(box, max(drawn.width, label) + 2 * INNER, drawn.height + LINE, inside, drawn)


def _shapes(placed: _Placed, x: float, y: float, diagram: Diagram, most: Fraction) -> Iterator[Shape]:
    box, area = placed.box, Area(x, y, placed.width, placed.height)
    tip = printable(f"{box.path or diagram.network}: {costs(box, diagram) or 'no costs'}")
    if placed.drawn is None:
        yield BoxShape(area, box_lines(box, diagram), tip, box.aux, float(box.share / most))
        return
    left, top = x + (placed.width - placed.drawn.width) / 2, y + (LINE if box.path else 0)
    lines = []
    for (source, target), way in placed.drawn.ways.items():
        points = [(left + right, top + down) for right, down in way]
        if source == ENTRY and box.path:
            points.insert(0, (points[0][0], y))  # from the frame
        lines.append(LineShape(points, target != EXIT))
    if box.path:
        yield FrameShape(area, tip, box.aux)
    yield from lines
    if box.path:
        yield LabelShape(x + INNER, y + 0.9 * LINE, frame_label(box, diagram))
    for inner, (right, down) in zip(placed.inside, placed.drawn.corners, strict=True):
        yield from _shapes(inner, left + right, top + down, diagram, most)
