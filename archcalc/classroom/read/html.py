"""Answers in HTML: the tables of a page, and what was typed into their fields before the page was saved."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple

from archcalc.classroom.read.arranged import Rows, plain_cell
from archcalc.classroom.read.table import LEFT_BLANK, TableReader
from archcalc.classroom.submission import AnswerSheet
from archcalc.errors import Source

_STARTS = re.compile(r"\s*(?>(?:<!--(?>.*?-->)\s*)*)<(?:!doctype\s+html|html|head|body|table)\b", re.I | re.S)
_VALUE = re.compile(r"""(?<![\w-])value\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.I)

SKIPPED = ("script", "style", "title", "h1", "h2", "h3", "h4", "h5", "h6", "del", "s", "strike")
"""Elements that hold no answers: programs, headings, and crossed-out text."""

TABLE_TAGS = ("table", "/table")
CELL_TAGS = ("td", "th")
ENDS_CELL = (*TABLE_TAGS, "tr", "/tr", "/td", "/th")
BREAKS = ("br", "p")
"""Tags that separate words."""


def recognises(text: str) -> bool:
    """Whether a text begins like an HTML page or table.

    >>> recognises("<!-- saved --> <!DOCTYPE html>"), recognises("<!-- Ada --> | layer | params |")
    (True, False)
    """
    return _STARTS.match(text) is not None


def read(source: Source) -> list[AnswerSheet]:
    """Read all tables with a column of layers. Other lines that look like answers are reported."""
    page = _Page(source.text)
    table = TableReader()
    if page.skipping:
        why = "this element is not closed, so the text after it is not read"
        table.miss(page.skipping.line, f"<{page.skipping.name}>", why)
    for rows in page.filled_tables():
        if not table.read_table(rows):
            table.miss_table(rows)
    prose = page.prose()
    table.read_between(prose, 0, len(prose))
    return table.sheets(source.name)


class _Page:
    """The tables of a page, and its prose: the text outside their cells, line by line.

    >>> page = _Page("<p>Ada<table><tr><th>layer<th>params<tr><td>conv1<td><input value='34,944'></table>")
    >>> page.filled_tables(), page.prose(), page.skipping
    ([[(1, ['layer', 'params']), (1, ['conv1', '34,944'])]], ['Ada'], None)
    """

    def __init__(self, text: str) -> None:
        self.tables: list[list[tuple[int, list[list[str]]]]] = [[]]
        self._prose: list[list[str]] = [[] for _ in range(text.count("\n") + 1)]
        self.skipping: _Tag | None = None  # the open element whose text is skipped
        self._cell: list[str] | None = None  # the open cell; None outside of all cells
        for tag in _tags(text):
            if not self._is_skipped(tag):
                self._open_or_close(tag)
                self._add_text(tag)

    def filled_tables(self) -> list[Rows]:
        """The rows of all tables that have any, with plain cells."""
        return [
            [(line, [plain_cell("".join(texts)) for texts in cells]) for line, cells in rows]
            for rows in self.tables
            if rows
        ]

    def prose(self) -> list[str]:
        return ["".join(texts) for texts in self._prose]

    def _is_skipped(self, tag: _Tag) -> bool:
        """Whether a tag, with the text behind it, is inside an element without answers."""
        if self.skipping is None and tag.name in SKIPPED:
            self.skipping = tag
        elif self.skipping and tag.name == f"/{self.skipping.name}":
            self.skipping = None
        return self.skipping is not None

    def _open_or_close(self, tag: _Tag) -> None:
        """Open or close a table, a row or a cell.

        Closing tags are optional in HTML, so an opening one closes too.
        """
        if tag.name in TABLE_TAGS:
            # The rest of a table around this one becomes another table, so no row is lost.
            self.tables.append([])
        if tag.name == "tr" or (tag.name in CELL_TAGS and not self.tables[-1]):
            self.tables[-1].append((tag.line, []))
        if tag.name in CELL_TAGS:
            self._cell = []
            self.tables[-1][-1][1].append(self._cell)
        elif tag.name in ENDS_CELL:
            self._cell = None

    def _add_text(self, tag: _Tag) -> None:
        """Add the text behind a tag to the open cell, else to the prose of its lines."""
        if self._cell is None:
            for line, text in enumerate(tag.text.split("\n"), tag.line - 1):
                self._prose[line].append(unescape(text))
        else:
            own_text = _typed(tag) if tag.name == "input" else " " * (tag.name in BREAKS)
            self._cell += [own_text, unescape(tag.text)]


def _typed(tag: _Tag) -> str:
    """What was typed into a field."""
    value = _VALUE.search(tag.attributes)
    return unescape(value[value.lastindex or 0]) if value else LEFT_BLANK


class _Tag(NamedTuple):
    """A tag (``/td`` closes one), its attributes, and the text up to the next tag.

    The text begins on ``line``.
    """

    line: int
    name: str
    attributes: str
    text: str


def _tags(text: str) -> Iterator[_Tag]:
    """Yield the tags of a page in linear time; a comment, and the start of the page, are tags without a name.

    The parser of the standard library takes quadratic time for unclosed tags: hours for a page of 1 MiB.

    >>> [tag[1:] for tag in _tags("1<td align=right>3 &lt; 4<!-- <td>5 -->6<br/>")]
    [('', '', '1'), ('td', 'align=right', '3 &lt; 4'), ('', '', '6'), ('br', '', '')]
    """
    line = 1
    is_comment = False
    for place, piece in enumerate(text.split("<")):
        # A comment goes on until "-->", over as many pieces as it takes.
        is_comment = is_comment or piece.startswith("!--")
        inside, closed, after = piece.partition("-->" if is_comment else ">") if place else ("", ">", piece)
        line += inside.count("\n")
        if closed:
            name, _, attributes = ("" if is_comment else " ".join(inside.split())).partition(" ")
            yield _Tag(line, name.rstrip("/").lower(), attributes, after)
            is_comment = False
        line += after.count("\n")
