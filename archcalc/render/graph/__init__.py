"""A diagram as a report: an outline for a terminal, records, pictures, and the texts of other programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape
from importlib import import_module

from archcalc.engine.quantities import BY_KEY
from archcalc.render import units
from archcalc.render.graph.words import amount, heading, volume
from archcalc.render.grid import Cell, Grid, Head
from archcalc.render.report import Report
from archcalc.results.diagram import Box, Diagram

INDENT = "  "


def report(diagram: Diagram, dark: bool = False) -> Report:
    return Report(
        grid=lambda: _outline(diagram),
        data=diagram.as_json,
        flat=lambda: _records(diagram),
        own={
            "svg": lambda: _of("svg")(diagram, dark),
            "html": lambda: _page(diagram, dark),
            "latex": lambda: _of("tikz")(diagram),
            "dot": lambda: _of("dot")(diagram),
            "mermaid": lambda: _of("mermaid")(diagram),
        },
    )


def _of(name: str) -> Callable[..., str]:
    """The function that draws in a format; only that one is imported."""
    function: Callable[..., str] = import_module(f"{__name__}.{name}").picture
    return function


def _all_boxes(box: Box, level: int = 0) -> Iterator[tuple[Box, int]]:
    """The boxes inside a box, in their order, each with its level."""
    for inner in box.inside:
        yield inner, level
        yield from _all_boxes(inner, level + 1)


def _outline(diagram: Diagram) -> Grid:
    heads = [Head("box", "box", numeric=False, keep=100, least=16), Head("op", "op", numeric=False, keep=70)]
    heads.append(Head("output", "output", numeric=False, keep=80))
    heads += [Head(key, BY_KEY[key].label, keep=60 - place) for place, key in enumerate(diagram.costs)]
    heads.append(Head("share", f"% of {BY_KEY[diagram.costs[0]].label}", keep=50))
    rows = []
    for box, level in _all_boxes(diagram.root):
        words = (INDENT * level + heading(box), box.says, volume(box))
        cells = [Cell(word.strip(), word) for word in words]
        cells += [Cell(box.figures[key], amount(box.figures[key])) for key in diagram.costs]
        rows.append((*cells, Cell(float(box.share), units.share(box.share.numerator, box.share.denominator))))
    title = f"{diagram.network}: {diagram.title}, input {'x'.join(map(str, diagram.input))}"
    note = "a picture: -o graph.svg; text for other programs: -o graph.mmd, -o graph.dot, -o graph.tex"
    return Grid(title, tuple(heads), tuple(rows), notes=(note,))


def _records(diagram: Diagram) -> Grid:
    keys = ["path", "op", "output", "times", "level", *diagram.costs, "share", "reads"]
    rows = []
    for box, level in _all_boxes(diagram.root):
        reads = " ".join(
            source or diagram.input_name for source, target in diagram.links if target == box.path
        )
        values = [box.path, box.says, volume(box), box.times, level]
        values += [*(box.figures[key] for key in diagram.costs), float(box.share), reads]
        rows.append(tuple(Cell(value, str(value)) for value in values))
    return Grid("", tuple(Head(key, key) for key in keys), tuple(rows))


def _page(diagram: Diagram, dark: bool) -> str:
    """A page with the picture; it loads no other file."""
    ground = "#1b1b1b" if dark else "#ffffff"
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(diagram.network)}</title>",
            f"<style>body{{margin: 1em; background: {ground}}}main{{overflow-x: auto}}</style></head>",
            f"<body><main>{_of('svg')(diagram, dark)}</main></body></html>",
            "",
        ]
    )
