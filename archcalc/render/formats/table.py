"""The table of a terminal: laid out once, styled by rich; columns that do not fit are left out and named."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from archcalc.render.grid import GAP, Cell, Grid, padded, wrap
from archcalc.render.report import Page, Report

ENDINGS: tuple[str, ...] = ()  # a file gets plain text
RECORDS = False

COLORS = {"": "", "good": "green", "bad": "red", "doubtful": "yellow"}
"""The colour of each tone: the eight colours of every terminal, which its user may have chosen."""


class Span(NamedTuple):
    """A part of a line in a colour."""

    style: str
    start: int
    end: int


class Line(NamedTuple):
    """A line with its style, and the parts of it that have another one."""

    text: str
    style: str = ""
    spans: tuple[Span, ...] = ()


def render(report: Report, page: Page) -> str:
    from rich.console import Console
    from rich.text import Text

    width = page.width or 10_000
    grid = report.grid()
    styled: list[Line] = []
    dropped: dict[str, None] = {}
    for table in grid.tables():
        fitting, left_out = table.fitting(width)
        dropped.update(dict.fromkeys(left_out))
        styled += [Line(""), *_table(fitting, width, "─" if page.unicode else "-")]
    styled = styled[1:]
    notes = [*grid.notes]
    if dropped:
        hidden = ", ".join(dropped)
        notes.append(f"Hidden, terminal too narrow: {hidden} (write with -o, or pipe, to see them).")
    if grid.facts:
        styled += [Line(""), *map(Line, grid.fact_lines(width))]
    if notes:
        styled += [Line(""), *(Line(text, "dim") for note in notes for text in wrap(note, width))]
    text = io.StringIO()
    console = Console(
        file=text,
        width=width,
        force_terminal=page.color,
        color_system="standard" if page.color else None,
        highlight=False,
    )
    if page.color:
        # One Text for all: rich wraps and styles a long one much faster than many short ones.
        whole = Text()
        for line in styled:
            start = len(whole)
            whole.append(f"{line.text}\n", line.style or None)
            for span in line.spans:
                whole.stylize(span.style, start + span.start, start + span.end)
        console.print(whole, end="", soft_wrap=False, overflow="fold")
    else:
        console.print("\n".join(line.text for line in styled), markup=False, overflow="fold")
    return "\n".join(line.rstrip() for line in text.getvalue().split("\n"))


def _table(grid: Grid, width: int, stroke: str) -> list[Line]:
    lines = grid.lines()
    widths = grid.widths()
    rule = Line(stroke * min(len(lines.rule), width), "dim")
    title = f"bold {COLORS[grid.tone]}".strip()
    styled = [Line(text, title) for text in wrap(grid.title, width)]
    styled += [Line(""), Line(lines.header, "bold cyan"), rule]
    styled += [
        Line(text, "", tuple(_spans(grid, row, widths)))
        for text, row in zip(lines.rows, grid.rows, strict=True)
    ]
    if lines.totals is not None and grid.totals is not None:
        styled += [rule, Line(lines.totals, "bold", tuple(_spans(grid, grid.totals, widths)))]
    return styled


def _spans(grid: Grid, row: Sequence[Cell], widths: Sequence[int]) -> Iterator[Span]:
    """Where the cells with a tone stand in the line of a row."""
    start = 0
    for cell, head, width in zip(row, grid.heads, widths, strict=True):
        field = padded(cell.text, width, right=head.numeric)
        if cell.tone:
            before = len(field) - len(cell.text) if head.numeric else 0
            yield Span(COLORS[cell.tone], start + before, start + before + len(cell.text))
        start += len(field) + GAP
