"""Aligned text without colours: the same to the byte everywhere."""

from __future__ import annotations

from archcalc.render.grid import Page, Report

ENDINGS = (".txt",)
RECORDS = False


def render(report: Report, page: Page) -> str:
    grid = report.grid()
    parts = []
    for part in grid.tables():
        table = part.lines()
        parts += [[part.title], [table.header, table.rule, *table.rows]]
        if table.totals is not None:
            parts[-1] += [table.rule, table.totals]
    parts += [grid.fact_lines(), list(grid.notes)]
    return "\n\n".join("\n".join(part) for part in parts if any(part)) + "\n"
