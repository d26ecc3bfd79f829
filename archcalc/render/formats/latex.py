"""A LaTeX tabular with booktabs rules, to be put in a table environment of one's own."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.render.grid import Cell, Grid, Page, Report

ENDINGS = (".tex",)

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "_": r"\_",
    "%": r"\%",
    "&": r"\&",
    "#": r"\#",
    "$": r"\$",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "–": "--",
    "·": r"$\cdot$",
    "×": r"$\times$",
    "<": r"$<$",
    ">": r"$>$",
}


def render(report: Report, page: Page) -> str:
    grid = report.grid()
    parts = [r"% needs \usepackage{booktabs}", *(line for part in grid.tables() for line in _table(part))]
    parts += [f"% {line}" for line in (*grid.fact_lines(), *grid.notes)]
    return "\n".join(parts) + "\n"


def _table(grid: Grid) -> list[str]:
    lines = [
        f"% {' '.join(grid.title.split())}",
        rf"\begin{{tabular}}{{{''.join('r' if head.numeric else 'l' for head in grid.heads)}}}",
        r"\toprule",
        _row([head.header for head in grid.heads]),
        r"\midrule",
        *(_row(row) for row in grid.rows),
    ]
    if grid.totals:
        lines += [r"\midrule", _row(grid.totals)]
    return [*lines, r"\bottomrule", r"\end{tabular}"]


def _row(cells: Sequence[str | Cell]) -> str:
    texts = [Cell(None, cell) if isinstance(cell, str) else cell for cell in cells]
    return " & ".join(f"${cell.math}$" if cell.math else _escape(cell.text) for cell in texts) + r" \\"


def _escape(text: str) -> str:
    return "".join(_SPECIAL.get(c, c) for c in text)
