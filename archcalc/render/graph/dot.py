"""A diagram for Graphviz: ``dot -Tsvg graph.dot``."""

from __future__ import annotations

from collections.abc import Iterator

from archcalc.errors import printable
from archcalc.render.graph.shapes import box_lines, frame_label
from archcalc.render.graph.words import volume_of
from archcalc.results.diagram import Box, Diagram


def picture(diagram: Diagram) -> str:
    """The text of the diagram, with a cluster for each frame."""
    lines = [
        f"digraph {quoted(diagram.network)} {{",
        f"  label={quoted(printable(diagram.title))} labelloc=t fontname=Helvetica",
        '  node [shape=box style="rounded,filled" fillcolor=white fontname=Helvetica fontsize=10]',
        "  edge [arrowsize=0.6]",
        f'  "" [label={quoted(diagram.input_name, volume_of(diagram.input))}]',
        *_boxes(diagram.root, diagram, "  "),
        *(f"  {quoted(source)} -> {quoted(target)}" for source, target in diagram.links),
        "}",
        "",
    ]
    return "\n".join(lines)


def _boxes(box: Box, diagram: Diagram, indent: str) -> Iterator[str]:
    for inner in box.inside:
        if not inner.inside:
            dashed = ' style="rounded,filled,dashed"' if inner.aux else ""
            label = quoted(*box_lines(inner, diagram))
            # Graphviz mixes the colours itself: hue, saturation by the share, value.
            share = f"0.556 {min(float(inner.share) * 2, 0.6):.3f} 1.0"
            yield f'{indent}{quoted(inner.path)} [label={label} fillcolor="{share}"{dashed}]'
            continue
        yield f"{indent}subgraph {quoted('cluster_' + inner.path)} {{"
        yield f"{indent}  label={quoted(frame_label(inner, diagram))} style=rounded fontsize=10"
        yield from _boxes(inner, diagram, f"{indent}  ")
        yield f"{indent}}}"


def quoted(*lines: str) -> str:
    """Lines as one text of the language.

    >>> print(quoted('a "b"', "c\\\\"))
    "a \\"b\\"\\nc\\\\"
    """
    return '"' + "\\n".join(line.replace("\\", "\\\\").replace('"', '\\"') for line in lines) + '"'
