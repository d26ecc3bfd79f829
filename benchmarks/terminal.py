"""The time of a table with 500 rows on a terminal, compared with the same rows in a rich.Table."""

from __future__ import annotations

import io
import time
from collections.abc import Callable

from rich.console import Console
from rich.table import Table

from archcalc.errors import Source
from archcalc.language.parse import parse
from archcalc.render.analysis import report
from archcalc.render.formats import render
from archcalc.render.report import Page
from archcalc.studies.analyze import analyze

ROWS = 500
SPEC = f"""\
name: tower
input: [32, 32, 16]
layers: [{{repeat: {ROWS}, layers: [{{conv: 16, kernel: 3, pad: 1, then: relu}}]}}]
"""


def main() -> None:
    analysis = analyze(parse(Source("tower.yaml", SPEC)).bind())
    made = report(analysis)
    grid = made.grid()

    def ours() -> None:
        render("table", made, Page(160, color=True))

    def richs() -> None:
        table = Table(*(head.header for head in grid.heads))
        for row in grid.rows:
            table.add_row(*(cell.text for cell in row))
        Console(file=io.StringIO(), width=160, force_terminal=True).print(table)

    mine, theirs = best(ours), best(richs)
    times = f"archcalc {1000 * mine:.0f} ms, rich.Table {1000 * theirs:.0f} ms"
    print(f"{ROWS} rows: {times}, ratio {mine / theirs:.2f}")


def best(action: Callable[[], None]) -> float:
    taken = []
    for _ in range(5):
        start = time.perf_counter()
        action()
        taken.append(time.perf_counter() - start)
    return min(taken)


if __name__ == "__main__":
    main()
