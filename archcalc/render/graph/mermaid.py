"""A diagram for Mermaid: a block ``mermaid`` in the Markdown of GitHub and GitLab draws it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from archcalc.render.graph.shapes import box_lines, frame_label
from archcalc.render.graph.words import volume_of
from archcalc.results.diagram import Box, Diagram

SHADES = 4
"""Shades of boxes by their share."""


def picture(diagram: Diagram) -> str:
    """The text of the diagram, with a subgraph for each frame."""
    numbers: dict[str, str] = {"": "input"}
    _number(diagram.root, numbers)
    lines = [
        "---",
        f"title: {_title(diagram)}",
        "---",
        "flowchart TB",
        f'  input["{escaped(diagram.input_name)}<br/>{escaped(volume_of(diagram.input))}"]',
        *_boxes(diagram.root, diagram, numbers, "  "),
        *(f"  {numbers[source]} --> {numbers[target]}" for source, target in diagram.links),
        *(f"  classDef share{shade} fill:{color},color:#222" for shade, color in enumerate(_COLORS)),
        "  classDef aux stroke-dasharray:4 3",
        "",
    ]
    return "\n".join(lines)


_COLORS = ("#ffffff", "#d5ecf9", "#a4d6f2", "#56b4e9")


def _number(box: Box, numbers: dict[str, str]) -> None:
    for inner in box.inside:
        numbers.setdefault(inner.path, f"n{len(numbers)}")
        _number(inner, numbers)


def _boxes(box: Box, diagram: Diagram, numbers: Mapping[str, str], indent: str) -> Iterator[str]:
    for inner in box.inside:
        name = numbers[inner.path]
        if not inner.inside:
            label = "<br/>".join(map(escaped, box_lines(inner, diagram)))
            yield f'{indent}{name}["{label}"]:::share{_shade(inner, diagram)}'
            if inner.aux:
                yield f"{indent}class {name} aux"
            continue
        yield f'{indent}subgraph {name}["{escaped(frame_label(inner, diagram))}"]'
        yield from _boxes(inner, diagram, numbers, f"{indent}  ")
        yield f"{indent}end"


def _shade(box: Box, diagram: Diagram) -> int:
    """The shade of a box: the darkest for the largest share."""
    most = max((float(one.share) for one in _innermost(diagram.root)), default=0.0)
    return min(int(SHADES * float(box.share) / most), SHADES - 1) if most else 0


def _innermost(box: Box) -> Iterator[Box]:
    if not box.inside:
        yield box
    for inner in box.inside:
        yield from _innermost(inner)


def escaped(text: str) -> str:
    """A text that Mermaid shows as it is: every sign that could mean something is a code.

    >>> escaped('3x3 "conv"; <b>')
    '3x3 #34;conv#34;#59; #60;b#62;'
    """
    return re.sub(r"[^\w \-+.,/:()×→]", lambda sign: f"#{ord(sign[0])};", text)


def _title(diagram: Diagram) -> str:
    """The title as a text of YAML."""
    text = f"{diagram.network}: {diagram.title}".replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(letter if letter.isprintable() else " " for letter in text) + '"'
