"""A Markdown table, as GitHub reads it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from archcalc.render.grid import BLANK, Cell, Grid
from archcalc.render.report import Page, Report

ENDINGS = (".md", ".markdown")
RECORDS = False

_SPECIAL = re.compile(r"[\\|*`<>\[\]]|(?<![^\W_])_|_(?![^\W_])")  # a _ between letters stands for itself


def render(report: Report, page: Page) -> str:
    grid = report.grid()
    parts = [line for table in grid.tables() for line in ("", *_table(table))][1:]
    # A fact without a label continues the one above it.
    facts = [
        f"- {_escape(label)}: {_escape(text)}" if label else f"  - {_escape(text)}"
        for label, text in grid.facts
    ]
    for lines in (facts, [f"- {_escape(note)}" for note in grid.notes]):
        if lines:
            parts += ["", *lines]
    return "\n".join(parts) + "\n"


def document(title: str, parts: Sequence[str | Grid]) -> str:
    """A whole text: a title, and below it paragraphs and tables."""
    blocks = [[_escape(part)] if isinstance(part, str) else _table(part) for part in parts]
    return "\n\n".join(["# " + _escape(title), *("\n".join(block) for block in blocks)]) + "\n"


def _table(grid: Grid) -> list[str]:
    lines = [f"### {_escape(grid.title)}", ""]
    lines.append(_row([_escape(head.header) for head in grid.heads]))
    lines.append("|" + "|".join("--:" if head.numeric else "---" for head in grid.heads) + "|")
    lines.extend(_row([_field(cell) for cell in row]) for row in grid.rows)
    if grid.totals:
        lines.append("|" + "|".join(f" {_total(cell)} " if cell.text else " " for cell in grid.totals) + "|")
    return lines


def _row(texts: Sequence[str]) -> str:
    return "|" + "|".join(f" {text} " for text in texts) + "|"


def _field(cell: Cell) -> str:
    """A formula as GitHub shows it. A | ends the cell, also inside math, so it is written as a command."""
    return f"${cell.math.replace('|', chr(92) + 'vert ')}$" if cell.math else _escape(cell.text)


def _total(cell: Cell) -> str:
    return _field(cell) if cell.math or cell.text == BLANK else f"**{_field(cell)}**"


def _escape(text: str) -> str:
    return BLANK.join(_SPECIAL.sub(r"\\\g<0>", piece) for piece in text.split(BLANK))
