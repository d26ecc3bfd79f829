"""Answers in a table: CSV, a Markdown table anywhere in a text, or a LaTeX tabular."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence

from archcalc.classroom.read.noise import by_line, clean
from archcalc.classroom.read.number import answer, asked_by, in_unit, plain, without_marks
from archcalc.classroom.read.prose import missed
from archcalc.classroom.read.yaml import NAME_KEYS, is_total
from archcalc.classroom.submission import QUANTITIES, Answer, AnswerSheet, Unread
from archcalc.errors import did_you_mean, printable, short

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

NOT_ASKED = ("–", "—", "--", "---")
"""What a worksheet prints where there is nothing to ask."""

LEFT_BLANK = "____"
"""What stands for a field of a worksheet that nothing is written into."""

NO_ANSWERS = "a table without a column 'layer' and one of figures: it is not read"

DELIMITERS = ",;\t"

MAX_PREAMBLE = 50
"""Lines of a CSV text among which its headings must be: a name, a title and sep=; may stand above them."""

_RULE = re.compile(r"\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?\Z")
_STRAY = re.compile(r"[^|]*\|[^0-9]*[0-9]")
_ANSWERS = re.compile(r"[^:{}]{1,80}:[ \t]*\{.*[0-9]")
_SEPARATOR = re.compile(r"sep=.\Z")
_RULES_OF_LATEX = re.compile(
    r"\\(?:hline|toprule|midrule|bottomrule|(?:cline|cmidrule)(?:\([^()]*\))?\{[^{}]*\})\s*"
)
_END_OF_ROW = re.compile(r"\\\\(?:\[[^\[\]]*\])?\s*(?:%.*)?\Z")
_UNDERLINED = re.compile(r"\\underline\s*\{\\hspace\*?\{[^{}]*\}\s*\}")

Rows = Sequence[tuple[int, list[str]]]
"""The rows of a table with the numbers of their lines."""


def looks_like_markdown(text: str) -> bool:
    """Whether there is a Markdown table with a column of layers."""
    return any(head_of(cells) is not None for _, cells in _markdown_tables(text.splitlines()))


def looks_like_latex(text: str) -> bool:
    """Whether there is a LaTeX tabular with a column of layers."""
    return "\\begin{tab" in text and any(
        head_of(_latex_cells(line)) for line in text.splitlines() if "&" in line
    )


def looks_like_csv(text: str) -> bool:
    """Whether one of the first lines heads a column of layers and one of figures."""
    return _csv_head(text.splitlines()) is not None


def read_markdown(text: str, name: str) -> AnswerSheet:
    """The answers of all Markdown tables with a column of layers; what looks like answers beside them is told."""
    lines = text.splitlines()
    table = TableReader()
    tables = list(_markdown_tables(lines))
    starts = [start for start, _ in tables]
    end = 0
    for (start, cells), following in zip(tables, [*starts[1:], len(lines)], strict=True):
        table.beside(lines, end, start)
        end = next((place for place in range(start + 2, following) if "|" not in lines[place]), following)
        if (head := head_of(cells)) is not None:
            rows = [(place + 1, _split(lines[place])) for place in range(start + 2, end)]
            table.read(head, start + 1, rows)
        else:
            table.miss(start + 1, " | ".join(cells), NO_ANSWERS)
    table.beside(lines, end, len(lines))
    return table.sheet(name)


def read_latex(text: str, name: str) -> AnswerSheet:
    """The answers of all LaTeX tabulars with a column of layers, a row on each line."""
    lines = text.splitlines()
    table = TableReader()
    head: tuple[int, list[str]] | None = None
    line, rows = 0, list[tuple[int, list[str]]]()
    for number, raw in enumerate([*lines, "\\end{tabular}"], 1):
        cells = _latex_cells(raw) if "&" in raw else []
        if head is None:
            head, line, rows = head_of(cells), number, []
            if head is None and cells and any(map(str.isdecimal, raw)):
                table.miss(number, raw, "stands in no table with a column 'layer' and one of figures")
        elif "\\end{tab" in raw:
            table.read(head, line, rows)
            head = None
        elif cells:
            rows.append((number, cells))
        elif any(map(str.isdecimal, _RULES_OF_LATEX.sub("", raw))):
            table.miss(number, raw, "stands between the rows of a table and is none")
    return table.sheet(name)


def read_csv(text: str, name: str) -> AnswerSheet:
    """The answers of a CSV text; commas, semicolons or tabs part the columns. What stands above them is told."""
    lines = text.splitlines()
    table = TableReader()
    found = _csv_head(lines)
    if found is not None:
        start, delimiter, head = found
        table.beside(lines, 0, start)
        table.read(
            head, start + 1, [row for row in _csv_rows(lines, start + 1, delimiter, table) if any(row[1])]
        )
    return table.sheet(name)


def _csv_head(lines: Sequence[str]) -> tuple[int, str, tuple[int, list[str]]] | None:
    """Where the headings of a CSV text stand, what parts them, and the headings."""
    for place, line in enumerate(lines[:MAX_PREAMBLE]):
        delimiter = _delimiter(line)
        head = head_of(_cells(line, delimiter)) if delimiter else None
        if head is not None:
            return place, delimiter, head
    return None


def _csv_rows(
    lines: Sequence[str], start: int, delimiter: str, table: TableReader
) -> Iterator[tuple[int, list[str]]]:
    """The rows below a line; a quoted cell may go over several."""
    reader = csv.reader((f"{line}\n" for line in lines[start:]), delimiter=delimiter, strict=True)
    number = start + 1
    try:
        for cells in reader:
            # two lines in one cell are two things
            yield number, [without_marks(cell.strip().replace("\n", "; ")) for cell in cells]
            number = start + reader.line_num + 1
    except csv.Error as error:
        table.miss(number, lines[number - 1], f"no row of CSV, and from here on nothing is read: {error}")


def _markdown_tables(lines: Sequence[str]) -> Iterable[tuple[int, list[str]]]:
    """Where a table begins (the place of its header among the lines), with the cells of its header."""
    for number, line in enumerate(lines[1:]):
        if "|" in lines[number] and _RULE.match(line.strip()) and not _RULE.match(lines[number].strip()):
            yield number, _split(lines[number])


def _split(line: str) -> list[str]:
    bare = line.strip().removeprefix("|")
    bare = bare[:-1] if bare.endswith("|") and not bare.endswith("\\|") else bare
    return [plain_cell(cell) for cell in re.split(r"(?<!\\)\|", bare)]


def _latex_cells(line: str) -> list[str]:
    """The cells of a row of a tabular.

    >>> _latex_cells(r"\\hline conv1 & $55 \\times 55 \\times 96$ & \\underline{\\hspace{6em}} \\\\")
    ['conv1', '55 * 55 * 96', '____']
    """
    bare = _END_OF_ROW.sub("", _RULES_OF_LATEX.sub("", line).strip())
    return [plain_cell(_UNDERLINED.sub(LEFT_BLANK, cell)) for cell in re.split(r"(?<!\\)&", bare)]


def plain_cell(cell: str) -> str:
    """A cell without marks of Markdown and LaTeX; a dash is kept as it is."""
    bare = re.sub(r"\\([_#%&])", r"\1", cell).strip()
    return bare if bare in NOT_ASKED else plain(without_marks(bare))


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]
    except csv.Error:
        return [line]


def _delimiter(line: str) -> str:
    """What parts the columns: the sign that makes most of them."""
    return max(DELIMITERS, key=line.count) if any(sign in line for sign in DELIMITERS) else ""


def head_of(cells: Sequence[str]) -> tuple[int, list[str]] | None:
    """The column of layers and the headings, if it is the head of a table of answers."""
    names = [place for place, cell in enumerate(cells) if cell.lower() in NAME_KEYS]
    if not names or not any(asked_by(cell)[0] for cell in cells):
        return None
    return names[0], list(cells)


class TableReader:
    """The answers of the tables of one text while they are read."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.unread: list[Unread] = []

    def sheet(self, name: str) -> AnswerSheet:
        return AnswerSheet(name, "", (), tuple(self.answers), by_line(self.unread))

    def miss(self, line: int, text: str, why: str) -> None:
        self.unread.append(Unread(line, short(" ".join(text.split()), 100), why))

    def beside(self, lines: Sequence[str], start: int, end: int) -> None:
        """Lines outside of the tables: prose, but for what looks like an answer."""
        for place in range(start, end):
            line = lines[place][:1000]
            if line.startswith("#") or not any(map(str.isdecimal, line)) or _SEPARATOR.match(line):
                continue
            if _STRAY.match(line) or _ANSWERS.match(line) or missed(clean(line, place + 1), False):
                self.miss(place + 1, line, "looks like an answer, but stands in no table")

    def read(self, head: tuple[int, list[str]], line: int, rows: Rows) -> None:
        """The rows of one table."""
        named, headings = head
        asked = {place: asked_by(heading) for place, heading in enumerate(headings) if place != named}
        self._columns(head, line, rows, [place for place, (quantity, _) in asked.items() if not quantity])
        for number, cells in rows:
            if not any(cells[len(headings) :]):
                cells = cells[: len(headings)]
            if len(cells) != len(headings):
                count = "1 cell" if len(cells) == 1 else f"{len(cells)} cells"
                why = f"{count} for {len(headings)} columns (a number with commas needs quotes)"
                self.miss(number, " | ".join(cells[:50]), why)
                continue
            layer = cells[named]
            if not layer:
                self.miss(number, " | ".join(cells[:50]), "the row names no layer")
                continue
            total = is_total(layer)
            for place, (quantity, unit) in asked.items():
                # A dash is not asked; nor is, of a total, what is left empty: it has no kernel and no output.
                if quantity and cells[place] not in NOT_ASKED and (cells[place] or not total):
                    found = answer("" if total else layer, quantity, in_unit(cells[place], unit), number)
                    self.answers.append(found)

    def _columns(self, head: tuple[int, list[str]], line: int, rows: Rows, unasked: Iterable[int]) -> None:
        """Tell of columns that hold something and answer nothing; one on the left of the layers counts the rows."""
        named, headings = head
        for place in unasked:
            heading = headings[place]
            if (
                not heading
                and place > named
                and any(len(cells) > place and cells[place] for _, cells in rows)
            ):
                self.miss(line, "", f"column {place + 1} has no heading: it is not read")
            elif heading.lower() not in IGNORED:
                hint = did_you_mean(heading, QUANTITIES)
                says = f"no quantity is called '{short(heading)}'{f' ({hint})' if hint else ''}"
                self.unread.append(Unread(line, printable(heading), says))
