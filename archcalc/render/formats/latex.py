"""A LaTeX tabular with booktabs rules, to be put in a table environment of one's own."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.render.grid import Page, Report

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
    parts = [
        f"% {' '.join(grid.title.split())}",
        r"% needs \usepackage{booktabs}",
        rf"\begin{{tabular}}{{{''.join('r' if head.numeric else 'l' for head in grid.heads)}}}",
        r"\toprule",
        _row([head.header for head in grid.heads]),
        r"\midrule",
        *(_row([cell.text for cell in row]) for row in grid.rows),
    ]
    if grid.totals:
        parts += [r"\midrule", _row([cell.text for cell in grid.totals])]
    parts += [r"\bottomrule", r"\end{tabular}"]
    parts += [f"% {line}" for line in (*grid.fact_lines(), *grid.notes)]
    return "\n".join(parts) + "\n"


def _row(texts: Sequence[str]) -> str:
    return " & ".join("".join(_SPECIAL.get(c, c) for c in text) for text in texts) + r" \\"
