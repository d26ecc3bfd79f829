"""A LaTeX tabular with booktabs rules, to be put into a table environment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from archcalc.render.grid import BLANK, Cell, Grid
from archcalc.render.report import Page, Report
from archcalc.render.units import PLACE, POINT

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
    "⌊": r"$\lfloor$",
    "⌋": r"$\rfloor$",
    "⌈": r"$\lceil$",
    "⌉": r"$\rceil$",
    **{power: f"$^{digit}$" for digit, power in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")},
    "→": r"$\to$",
    "≈": r"$\approx$",
    "−": "$-$",
    "β": r"$\beta$",
    "γ": r"$\gamma$",
    POINT: r"\phantom{.}",
    PLACE: r"\phantom{0}",
}

TIMES = r"\times"

_SIZES = re.compile(r"(?<![\w./-])\d+(?:x\d+)+(?![\w-])")
"""Sizes such as 224x224x64; no part of a name, as in resnext50-32x4d."""


def render(report: Report, page: Page) -> str:
    grid = report.grid()
    tables = [part for table in grid.tables() for part in _parts(table, TALL)]
    wide = any(map(_is_wide, tables))
    lines = [rf"% needs \usepackage{{booktabs{',graphicx' * wide}}}"]
    if wide:
        lines.append("% A table wider than the text is made smaller: fewer columns give larger letters.")
    for table in tables:
        # Tables in one paragraph would stand side by side.
        lines += [*_scaled(table), ""]
    lines += [f"% {line}" for line in (*grid.fact_lines(), *grid.notes)]
    return "\n".join(lines).rstrip("\n") + "\n"


TALL = 40
"""Rows of a table on one page of an article."""

WIDE = 290
"""Points of a table that fits into the text of an article for sure; the text has 345."""


def _parts(grid: Grid, most: int) -> Iterator[Grid]:
    """A table in parts of so many rows: a tabular cannot break across pages."""
    for start in range(0, max(len(grid.rows), 1), most):
        is_last = start + most >= len(grid.rows)
        yield grid._replace(rows=grid.rows[start : start + most], totals=grid.totals if is_last else None)


def _is_wide(grid: Grid) -> bool:
    """Whether a table may be wider than the text: a letter has 5.2 points on average, a gap 12."""
    return sum(5.2 * width + 12 for width in grid.widths()) > WIDE


def _scaled(grid: Grid) -> list[str]:
    """A tabular; TeX measures a wide one, and makes it smaller if it is wider than the text."""
    if not _is_wide(grid):
        return _table(grid)
    fit = r"\ifdim\wd0>\linewidth\resizebox{\linewidth}{!}{\usebox0}\else\usebox0\fi"
    return [r"\noindent\sbox0{%", *_table(grid)[:-1], r"\end{tabular}}%", fit]


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
    lines = [_PREAMBLE, rf"\section*{{{escape(title)}}}"]
    for part in parts:
        if isinstance(part, str):
            lines += [escape(part), ""]
            continue
        lines.append(rf"\subsection*{{{escape(part.title)}}}")
        for cut in _parts(part, ROWS):
            lines += [r"{\footnotesize\fit{", *_table(cut), r"}\par}", ""]
    return "\n".join([*lines, r"\end{document}", ""])


def _table(grid: Grid) -> list[str]:
    lines = [
        f"% {' '.join(grid.title.split())}",
        rf"\begin{{tabular}}{{{''.join('r' if head.numeric else 'l' for head in grid.heads)}}}",
        r"\toprule",
        _row([escape(head.header) for head in grid.heads]),
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
    return f"${cell.math}$" if cell.math else escape(cell.text)


def escape(text: str) -> str:
    escaped = "".join(_SPECIAL.get(c, c) for c in text)
    return _SIZES.sub(lambda sizes: f"${sizes[0].replace('x', TIMES)}$", escaped)
