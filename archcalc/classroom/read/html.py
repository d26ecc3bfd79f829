"""Answers in a page of HTML: what its tables hold, and what was typed into their fields before it was saved."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple

from archcalc.classroom.read.tabular import LEFT_BLANK, NO_ANSWERS, Rows, TableReader, head_of, plain_cell
from archcalc.classroom.submission import AnswerSheet

_STARTS = re.compile(r"\s*(?>(?:<!--(?>.*?-->)\s*)*)<(?:!doctype\s+html|html|head|body|table)\b", re.I | re.S)
_VALUE = re.compile(r"""(?<![\w-])value\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.I)
_LEFT_OUT = ("script", "style", "title", "h1", "h2", "h3", "h4", "h5", "h6", "del", "s", "strike")
"""Elements whose text is no answer: programs, headings, and what is struck out."""


def looks_like_html(text: str) -> bool:
    """Whether a text begins as a page or as a table of HTML does.

    >>> looks_like_html("<!-- saved --> <!DOCTYPE html>"), looks_like_html("<!-- Ada --> | layer | params |")
    (True, False)
    """
    return _STARTS.match(text) is not None


def read_html(text: str, name: str) -> AnswerSheet:
    """The answers of all tables with a column of layers; what looks like answers beside them is told."""
    tables, prose, open_tag = _parsed(text)
    table = TableReader()
    if open_tag:
        table.miss(open_tag.line, f"<{open_tag.name}>", "is closed nowhere: what follows it is not read")
    for rows in tables:
        heads = ((place, head) for place, (_, cells) in enumerate(rows) if (head := head_of(cells)))
        top, head = next(heads, (len(rows), None))
        for line, cells in rows[:top]:
            if any(map(str.isdecimal, "".join(cells))):
                table.miss(line, " | ".join(cells[:50]), NO_ANSWERS)
        if head:
            table.read(head, rows[top][0], rows[top + 1 :])
    table.beside(prose, 0, len(prose))
    return table.sheet(name)


def _parsed(text: str) -> tuple[list[Rows], list[str], _Tag | None]:
    """The rows of all tables, what stands outside of their cells, line by line, and what is left out to the end.

    >>> page = "<p>Ada<table><tr><th>layer<th>params<tr><td>conv1<td><input value='34,944'></table>"
    >>> _parsed(page)
    ([[(1, ['layer', 'params']), (1, ['conv1', '34,944'])]], ['Ada'], None)
    """
    tables: list[list[tuple[int, list[list[str]]]]] = [[]]
    prose: list[list[str]] = [[] for _ in range(text.count("\n") + 1)]
    left_out: _Tag | None = None
    cell: list[str] | None = None
    for tag in _tags(text):
        if left_out is None and tag.name in _LEFT_OUT:
            left_out = tag
        elif left_out and tag.name == f"/{left_out.name}":
            left_out = None
        if left_out:
            continue
        if tag.name in (
            "table",
            "/table",
        ):  # of a table in another none is lost: they stand one after the other
            tables.append([])
        if tag.name == "tr" or (tag.name in ("td", "th") and not tables[-1]):
            tables[-1].append((tag.line, []))
        if tag.name in ("td", "th"):
            cell = []
            tables[-1][-1][1].append(cell)
        elif tag.name in ("table", "/table", "tr", "/tr", "/td", "/th"):
            cell = None
        if cell is None:
            for line, part in enumerate(tag.text.split("\n"), tag.line - 1):
                prose[line].append(unescape(part))
        else:
            cell += [
                _typed(tag) if tag.name == "input" else " " * (tag.name in ("br", "p")),
                unescape(tag.text),
            ]
    found = [
        [(line, [plain_cell("".join(parts)) for parts in cells]) for line, cells in rows] for rows in tables
    ]
    return [rows for rows in found if rows], ["".join(parts) for parts in prose], left_out


def _typed(tag: _Tag) -> str:
    found = _VALUE.search(tag.inside)
    return unescape(found[found.lastindex or 0]) if found else LEFT_BLANK


class _Tag(NamedTuple):
    """A tag (``/td`` closes one), what stands in it, and the text up to the next one; ``line`` is where that begins."""

    line: int
    name: str
    inside: str
    text: str


def _tags(text: str) -> Iterator[_Tag]:
    """The tags of a page, in a time linear in its length; a comment, and the beginning, is one without a name.

    The parser of the standard library is quadratic in what is not closed: a page of 1 MiB can take it hours.

    >>> [tag[1:] for tag in _tags("1<td align=right>3 &lt; 4<!-- <td>5 -->6<br/>")]
    [('', '', '1'), ('td', 'align=right', '3 &lt; 4'), ('', '', '6'), ('br', '', '')]
    """
    line = 1
    is_comment = False
    for place, piece in enumerate(text.split("<")):
        is_comment = is_comment or piece.startswith("!--")
        inside, closed, after = piece.partition("-->" if is_comment else ">") if place else ("", ">", piece)
        line += inside.count("\n")
        if closed:
            name, _, attributes = ("" if is_comment else " ".join(inside.split())).partition(" ")
            yield _Tag(line, name.rstrip("/").lower(), attributes, after)
            is_comment = False
        line += after.count("\n")
