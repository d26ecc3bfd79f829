"""The table of a terminal: laid out once, styled by rich; columns that do not fit are left out and named."""

from __future__ import annotations

import io

from archcalc.render.grid import Grid, wrap
from archcalc.render.report import Page, Report

ENDINGS: tuple[str, ...] = ()  # a file gets plain text
RECORDS = False


def render(report: Report, page: Page) -> str:
    from rich.console import Console
    from rich.text import Text

    width = page.width or 10_000
    grid = report.grid()
    styled: list[tuple[str, str]] = []
    dropped: dict[str, None] = {}
    for table in grid.tables():
        fitting, left_out = table.fitting(width)
        dropped.update(dict.fromkeys(left_out))
        styled += [("", ""), *_table(fitting, width, "─" if page.unicode else "-")]
    styled = styled[1:]
    notes = [*grid.notes]
    if dropped:
        hidden = ", ".join(dropped)
        notes.append(f"Hidden, terminal too narrow: {hidden} (write with -o, or pipe, to see them).")
    if grid.facts:
        styled += [("", ""), *((line, "") for line in grid.fact_lines(width))]
    if notes:
        styled += [("", ""), *((line, "dim") for note in notes for line in wrap(note, width))]
    text = io.StringIO()
    console = Console(
        file=text,
        width=width,
        force_terminal=page.color,
        color_system="auto" if page.color else None,
        highlight=False,
    )
    if page.color:
        # One Text for all: rich wraps and styles a long one much faster than many short ones.
        whole = Text()
        for line, style in styled:
            whole.append(f"{line}\n", style or None)
        console.print(whole, end="", soft_wrap=False, overflow="fold")
    else:
        console.print("\n".join(line for line, _ in styled), markup=False, overflow="fold")
    return "\n".join(line.rstrip() for line in text.getvalue().split("\n"))


def _table(grid: Grid, width: int, stroke: str) -> list[tuple[str, str]]:
    lines = grid.lines()
    rule = (stroke * min(len(lines.rule), width), "dim")
    styled = [(line, "bold") for line in wrap(grid.title, width)]
    styled += [("", ""), (lines.header, "bold cyan"), rule, *((row, "") for row in lines.rows)]
    if lines.totals is not None:
        styled += [rule, (lines.totals, "bold")]
    return styled
