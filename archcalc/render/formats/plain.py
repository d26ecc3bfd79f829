"""Aligned text without colours: the same to the byte everywhere."""

from __future__ import annotations

from archcalc.render.report import Page, Report

ENDINGS = (".txt",)
RECORDS = False


def render(report: Report, page: Page) -> str:
    grid = report.grid()
    paragraphs: list[list[str]] = []
    for table in grid.tables():
        lines = table.lines()
        paragraphs += [[table.title], [lines.header, lines.rule, *lines.rows]]
        if lines.totals is not None:
            paragraphs[-1] += [lines.rule, lines.totals]
    paragraphs += [grid.fact_lines(), list(grid.notes)]
    # A table without a title, and an answer without notes, leave no empty paragraph.
    return "\n\n".join("\n".join(lines) for lines in paragraphs if any(lines)) + "\n"
