"""Answers in a table: CSV, or a Markdown table anywhere in a text."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence

from archcalc.answers.structured import NAME_KEYS, TOTAL
from archcalc.answers.written import answer, plain
from archcalc.errors import did_you_mean, printable, short
from archcalc.sheet import QUANTITIES, Answer, Sheet, Unread, quantity_of

IGNORED = (
    "",
    "op",
    "type",
    "window",
    "input",
    "rounding",
    "note",
    "notes",
    "comment",
    "kind",
    "#",
    "no",
    "given",
    "then",
)
"""Columns that describe a layer rather than answer."""

NOT_ASKED = ("–", "—")
"""What a worksheet prints where there is nothing to ask."""

DELIMITERS = ",;\t"

_RULE = re.compile(r"\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?\Z")


def looks_like_markdown(text: str) -> bool:
    """Whether there is a Markdown table with a column of layers."""
    return any(_head(cells) is not None for _, cells in _markdown_tables(text.splitlines()))


def looks_like_csv(text: str) -> bool:
    """Whether the first line heads a column of layers and one of figures."""
    line = _first_line(text)
    delimiter = _delimiter(line)
    return bool(delimiter) and _head(_cells(line, delimiter)) is not None


def read_markdown(text: str, name: str) -> Sheet:
    """The answers of all Markdown tables with a column of layers."""
    lines = text.splitlines()
    answers: list[Answer] = []
    unread: list[Unread] = []
    for start, cells in _markdown_tables(lines):
        head = _head(cells)
        if head is None:
            continue
        rows = []
        for number in range(start + 2, len(lines)):
            if "|" not in lines[number]:
                break
            rows.append((number + 1, _split(lines[number])))
        _read_rows(head, start + 1, rows, answers, unread)
    return Sheet(name, "", (), tuple(answers), tuple(unread))


def read_csv(text: str, name: str) -> Sheet:
    """The answers of a CSV text whose first line heads its columns; commas, semicolons or tabs part them."""
    lines = text.splitlines()
    start = next(number for number, line in enumerate(lines) if line.strip())
    delimiter = _delimiter(lines[start])
    head = _head(_cells(lines[start], delimiter))
    answers: list[Answer] = []
    unread: list[Unread] = []
    if head is not None:
        rows = [(number + 1, _cells(lines[number], delimiter)) for number in range(start + 1, len(lines))]
        _read_rows(head, start + 1, [row for row in rows if any(row[1])], answers, unread)
    return Sheet(name, "", (), tuple(answers), tuple(unread))


def _markdown_tables(lines: Sequence[str]) -> Iterable[tuple[int, list[str]]]:
    """Where a table begins (the place of its header among the lines), with the cells of its header."""
    for number, line in enumerate(lines[1:]):
        if _RULE.match(line.strip()) and "|" in lines[number]:
            yield number, _split(lines[number])


def _split(line: str) -> list[str]:
    bare = line.strip().removeprefix("|")
    bare = bare[:-1] if bare.endswith("|") and not bare.endswith("\\|") else bare
    return [_plain(cell) for cell in re.split(r"(?<!\\)\|", bare)]


def _plain(cell: str) -> str:
    """A cell without marks of Markdown; a dash is kept as it is."""
    bare = cell.replace("`", "").replace("\\_", "_").strip()
    return bare if bare in NOT_ASKED else plain(bare)


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]
    except csv.Error:
        return [line]


def _first_line(text: str) -> str:
    return next((line for line in text.splitlines() if line.strip()), "")


def _delimiter(line: str) -> str:
    """What parts the columns: the sign that makes most of them."""
    return max(DELIMITERS, key=line.count) if any(sign in line for sign in DELIMITERS) else ""


def _head(cells: Sequence[str]) -> tuple[int, list[str]] | None:
    """The column of layers and the headings, if it is the head of a table of answers."""
    names = [place for place, cell in enumerate(cells) if cell.lower() in NAME_KEYS]
    if not names or not any(map(quantity_of, cells)):
        return None
    return names[0], list(cells)


def _read_rows(
    head: tuple[int, list[str]],
    line: int,
    rows: Sequence[tuple[int, list[str]]],
    answers: list[Answer],
    unread: list[Unread],
) -> None:
    named, headings = head
    asked = {place: quantity_of(heading) for place, heading in enumerate(headings) if place != named}
    for place, quantity in asked.items():
        heading = headings[place]
        if not quantity and heading.lower() not in IGNORED:
            hint = did_you_mean(heading, QUANTITIES)
            says = f"no quantity is called '{short(heading)}'{f' ({hint})' if hint else ''}"
            unread.append(Unread(line, printable(heading), says))
    for number, cells in rows:
        if len(cells) != len(headings):
            why = f"{len(cells)} cells for {len(headings)} columns (a number with commas needs quotes)"
            unread.append(Unread(number, short(" | ".join(cells)), why))
            continue
        layer = cells[named]
        if not layer:
            unread.append(Unread(number, short(" | ".join(cells)), "the row names no layer"))
            continue
        total = layer.lower() in TOTAL
        for place, quantity in asked.items():
            # A dash is not asked; nor is, of a total, what is left empty: it has no kernel and no output.
            if quantity and cells[place] not in NOT_ASKED and (cells[place] or not total):
                answers.append(answer("" if total else layer, quantity, cells[place], number))
