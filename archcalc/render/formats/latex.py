"""A LaTeX tabular with booktabs rules, to be put into a table environment."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.render.grid import BLANK, Cell, Grid
from archcalc.render.report import Page, Report

ENDINGS = (".tex",)
RECORDS = False

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
    "…": r"\ldots{}",
}


def render(report: Report, page: Page) -> str:
    grid = report.grid()
    parts = [r"% needs \usepackage{booktabs}", *(line for table in grid.tables() for line in _table(table))]
    parts += [f"% {line}" for line in (*grid.fact_lines(), *grid.notes)]
    return "\n".join(parts) + "\n"


ROWS = 28  # of a table on one page of a document, with room to write

_PREAMBLE = r"""\documentclass[10pt]{article}
\usepackage[landscape,margin=15mm]{geometry}
\usepackage{graphicx}
\newcommand{\fit}[1]{\sbox0{#1}\ifdim\wd0>\textwidth\resizebox{\textwidth}{!}{\usebox0}\else\usebox0\fi}
\newcommand{\toprule}{\hline}
\newcommand{\midrule}{\hline}
\newcommand{\bottomrule}{\hline}
\renewcommand{\arraystretch}{1.4}
\setlength{\parindent}{0pt}
\setlength{\parskip}{1ex}
\begin{document}"""


def document(title: str, parts: Sequence[str | Grid]) -> str:
    """A whole document of LaTeX's own packages: a title, and below it paragraphs and tables, cut into
    pages.
    """
    lines = [_PREAMBLE, rf"\section*{{{_escape(title)}}}"]
    for part in parts:
        if isinstance(part, str):
            lines += [_escape(part), ""]
            continue
        lines.append(rf"\subsection*{{{_escape(part.title)}}}")
        # A tabular cannot break across pages, so a long table becomes several.
        for start in range(0, len(part.rows), ROWS):
            last = start + ROWS >= len(part.rows)
            cut = part._replace(rows=part.rows[start : start + ROWS], totals=part.totals if last else None)
            lines += [r"{\footnotesize\fit{", *_table(cut), r"}\par}", ""]
    return "\n".join([*lines, r"\end{document}", ""])


def _table(grid: Grid) -> list[str]:
    lines = [
        f"% {' '.join(grid.title.split())}",
        rf"\begin{{tabular}}{{{''.join('r' if head.numeric else 'l' for head in grid.heads)}}}",
        r"\toprule",
        _row([_escape(head.header) for head in grid.heads]),
        r"\midrule",
        *(_row([_field(cell) for cell in row]) for row in grid.rows),
    ]
    if grid.totals:
        lines += [r"\midrule", _row([_field(cell) for cell in grid.totals])]
    return [*lines, r"\bottomrule", r"\end{tabular}"]


def _row(texts: Sequence[str]) -> str:
    return " & ".join(texts) + r" \\"


def _field(cell: Cell) -> str:
    if cell.text == BLANK:
        return r"\underline{\hspace{6em}}"
    return f"${cell.math}$" if cell.math else _escape(cell.text)


def _escape(text: str) -> str:
    return "".join(_SPECIAL.get(c, c) for c in text)
