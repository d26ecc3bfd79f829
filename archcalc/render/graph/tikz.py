"""A diagram for LaTeX: a ``tikzpicture`` that needs the package tikz alone."""

from __future__ import annotations

from collections.abc import Iterator

from archcalc.render.formats.latex import escape
from archcalc.render.graph.shapes import INNER, LINE, Area, BoxShape, FrameShape, LabelShape, Shape, drawing
from archcalc.render.graph.svg import FULL, number
from archcalc.results.diagram import Diagram

POINT = 0.75
"""TeX points of a point of the drawing: letters are \\scriptsize."""


def picture(diagram: Diagram) -> str:
    """The text of the diagram: \\input it where the figure stands."""
    drawn = drawing(diagram)
    color = ",".join(map(str, FULL))
    lines = [
        "% \\usepackage{tikz}",
        f"\\begin{{tikzpicture}}[x={POINT}pt,y=-{POINT}pt,font=\\sffamily\\scriptsize,>=stealth]",
        f"\\definecolor{{archcalc}}{{RGB}}{{{color}}}",
        *(line for shape in drawn.shapes for line in _drawn(shape)),
        "\\end{tikzpicture}",
        "",
    ]
    return "\n".join(lines)


def _drawn(shape: Shape) -> Iterator[str]:
    if isinstance(shape, FrameShape):
        yield f"\\draw[rounded corners=3pt,fill=black!4{_dashed(shape.aux)}] {_rectangle(shape.area)};"
    elif isinstance(shape, LabelShape):
        yield _node("base west", shape.x, shape.y, f"\\textbf{{{_text(shape.text)}}}")
    elif isinstance(shape, BoxShape):
        fill = f"archcalc!{round(100 * shape.part)}!white"
        yield f"\\draw[rounded corners=2pt,fill={fill}{_dashed(shape.aux)}] {_rectangle(shape.area)};"
        for row, line in enumerate(shape.lines):
            x, y = shape.area.x + shape.area.width / 2, shape.area.y + INNER / 2 + LINE * (row + 0.75)
            yield _node("base", x, y, _text(line) if row else f"\\textbf{{{_text(line)}}}")
    else:
        arrow = "[->]" if shape.has_arrow else ""
        (x, y), *others = shape.points
        way = f"({_place(x, y)})"
        for x1, y1 in others:
            middle = (y + y1) / 2
            bend = f" .. controls ({_place(x, middle)}) and ({_place(x1, middle)}) .. ({_place(x1, y1)})"
            way += f" -- ({_place(x1, y1)})" if x == x1 else bend
            x, y = x1, y1
        yield f"\\draw{arrow} {way};"


def _node(anchor: str, x: float, y: float, text: str) -> str:
    return f"\\node[anchor={anchor},inner sep=0pt] at ({_place(x, y)}) {{{text}}};"


def _text(text: str) -> str:
    return escape(text).replace("→", "$\\to$").replace("×", "$\\times$")


def _dashed(aux: bool) -> str:
    return ",dashed" if aux else ""


def _rectangle(area: Area) -> str:
    return f"({_place(area.x, area.y)}) rectangle ({_place(area.x + area.width, area.y + area.height)})"


def _place(x: float, y: float) -> str:
    return f"{number(x)},{number(y)}"
