"""One HTML page that loads no other file."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from archcalc.render.grid import BLANK, Cell, Grid, Head
from archcalc.render.report import Page, Report

ENDINGS = (".html", ".htm")
RECORDS = False

_STYLE = (
    "body{font:14px/1.4 system-ui,sans-serif;margin:2em;color:#222}"
    "table{border-collapse:collapse;font-variant-numeric:tabular-nums}"
    "th,td{padding:.15em .7em;border-bottom:1px solid #ddd;text-align:left;white-space:nowrap}"
    ".scroll{overflow:auto;max-height:90vh}thead th,thead td{position:sticky;top:0;background:#fff}"
    "@media print{.scroll{max-height:none;overflow:visible}}"
    "th{border-bottom:2px solid #888}td.n,th.n{text-align:right}"
    "tfoot td{border-top:2px solid #888;font-weight:bold}"
    "dl{display:grid;grid-template-columns:max-content auto;gap:.1em 1em;margin:1em 0}"
    "dt{color:#666}dd{margin:0}"
    "h2{font-size:1.2em}p{color:#666;margin:.2em 0}"
    ".good{color:#1a7f37}.bad{color:#c62828}.doubtful{color:#8a6100}"
    "input{font:inherit;width:9em;border:0;border-bottom:1px solid #222}"
)


def render(report: Report, page: Page) -> str:
    grid = report.grid()
    return _page(grid.title, _body(grid))


def fragment(report: Report) -> str:
    """The tables without a page around them: a notebook has a page and a style already."""
    return "\n".join(_body(report.grid()))


def image(svg: str, title: str) -> str:
    """A picture inside a page. As an image of its own it cannot mix up its names with those of another."""
    from base64 import b64encode

    data = b64encode(svg.encode()).decode()
    return f'<img style="max-width:100%" alt="{escape(title)}" src="data:image/svg+xml;base64,{data}">'


def _body(grid: Grid) -> list[str]:
    body = [line for table in grid.tables() for line in _titled(table)]
    if grid.facts:
        body += ["<dl>", *(f"<dt>{escape(a)}</dt><dd>{escape(b)}</dd>" for a, b in grid.facts), "</dl>"]
    return [*body, *(f"<p>{escape(note)}</p>" for note in grid.notes)]


def document(title: str, parts: Sequence[str | Grid]) -> str:
    """A whole page: a title, and below it paragraphs and tables."""
    body = [[f"<p>{_lines(part)}</p>"] if isinstance(part, str) else _titled(part) for part in parts]
    return _page(title, [f"<h1>{escape(title)}</h1>", *(line for lines in body for line in lines)])


_KEPT = " oninput=\"event.target.setAttribute('value', event.target.value)\""
"""What is typed becomes a part of the page, so that a browser saves it with the page."""


def _page(title: str, body: Sequence[str]) -> str:
    kept = _KEPT if any("<input" in line for line in body) else ""
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title>",
            f"<style>{_STYLE}</style></head><body{kept}>",
            *body,
            "</body></html>",
            "",
        ]
    )


def _titled(grid: Grid) -> list[str]:
    return [f"<h2{_classes(grid.tone)}>{escape(grid.title)}</h2>", *table(grid)]


def table(grid: Grid) -> list[str]:
    """A table in a box of its own, in which it scrolls; its headings stay in sight."""
    heads = "".join(map(_head, grid.heads))
    label = escape(grid.title) or "table"
    box = f'<div class="scroll" tabindex="0" role="region" aria-label="{label}">'
    lines = [box, "<table>", f"<thead><tr>{heads}</tr></thead>", "<tbody>"]
    lines += [_row(grid, row) for row in grid.rows]
    lines.append("</tbody>")
    if grid.totals:
        lines.append(f"<tfoot>{_row(grid, grid.totals)}</tfoot>")
    return [*lines, "</table>", "</div>"]


def _head(head: Head) -> str:
    # A screen reader would read an empty heading.
    name = "th" if head.header else "td"
    return f"<{name}{_classes('n' * head.numeric)}>{escape(head.header)}</{name}>"


def _row(grid: Grid, row: Sequence[Cell]) -> str:
    cells = []
    for head, cell in zip(grid.heads, row, strict=True):
        field = _field(cell.text, f"{row[0].text}, {head.header}")
        cells.append(f"<td{_classes('n' * head.numeric, cell.tone)}>{field}</td>")
    return f"<tr>{''.join(cells)}</tr>"


def _classes(*names: str) -> str:
    """The classes of an element as an attribute; nothing without any."""
    given = [name for name in names if name]
    quote = '"' if len(given) > 1 else ""
    return f" class={quote}{' '.join(given)}{quote}" if given else ""


def _lines(text: str) -> str:
    """A paragraph; a line to write a name on is a field."""
    return escape(text).replace(4 * BLANK, '<input aria-label="Name">')


def _field(text: str, label: str) -> str:
    """A text; a blank is a field to write into, a line on paper."""
    return f'<input aria-label="{escape(label)}">' if text == BLANK else escape(text)
