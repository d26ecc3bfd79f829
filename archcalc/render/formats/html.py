"""One HTML page that needs nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from archcalc.render.grid import Grid, Head, Page, Report

ENDINGS = (".html", ".htm")

_STYLE = (
    "body{font:14px/1.4 system-ui,sans-serif;margin:2em;color:#222}"
    "table{border-collapse:collapse;font-variant-numeric:tabular-nums}"
    "th,td{padding:.15em .7em;border-bottom:1px solid #ddd;text-align:left;white-space:nowrap}"
    "th{border-bottom:2px solid #888}td.n,th.n{text-align:right}tfoot td{border-top:2px solid #888;font-weight:bold}"
    "dl{display:grid;grid-template-columns:max-content auto;gap:.1em 1em;margin:1em 0}dt{color:#666}dd{margin:0}"
    "h2{font-size:1.2em}p{color:#666;margin:.2em 0}"
)


def render(report: Report, page: Page) -> str:
    grid = report.grid()
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(grid.title)}</title>",
            f"<style>{_STYLE}</style></head><body>",
            *(line for part in grid.tables() for line in (f"<h2>{escape(part.title)}</h2>", *_table(part))),
            *(
                ["<dl>", *(f"<dt>{escape(a)}</dt><dd>{escape(b)}</dd>" for a, b in grid.facts), "</dl>"]
                * bool(grid.facts)
            ),
            *(f"<p>{escape(note)}</p>" for note in grid.notes),
            "</body></html>",
            "",
        ]
    )


def _table(grid: Grid) -> list[str]:
    lines = ["<table>", f"<thead>{_row(grid.heads, [head.header for head in grid.heads], 'th')}</thead>", "<tbody>"]
    lines += [_row(grid.heads, [cell.text for cell in row]) for row in grid.rows]
    lines.append("</tbody>")
    if grid.totals:
        lines.append(f"<tfoot>{_row(grid.heads, [cell.text for cell in grid.totals])}</tfoot>")
    return [*lines, "</table>"]


def _row(heads: Sequence[Head], texts: Sequence[str], tag: str = "td") -> str:
    cells = (
        f"<{tag}{' class=n' if head.numeric else ''}>{escape(text)}</{tag}>"
        for head, text in zip(heads, texts, strict=True)
    )
    return f"<tr>{''.join(cells)}</tr>"
