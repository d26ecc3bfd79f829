"""Groups the lines of lecture notation into sheets: decides where a table starts and ends."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from archcalc.classroom.read.lecture import rows
from archcalc.classroom.read.lecture.layers import kernel_of
from archcalc.classroom.read.lecture.rows import MAX_ROWS, SPATIAL, ParsedLine
from archcalc.classroom.read.noise import CleanLine, by_line, unread
from archcalc.classroom.read.prose import is_sentence, missed, numbers_layers
from archcalc.classroom.submission import Answer, AnswerRow, AnswerSheet, UnreadLine
from archcalc.errors import ArchcalcError, short

MAX_GAP = 4
"""A table ends after more other lines than these."""

MIN_NAMES = 3
"""A table needs at least this many names in sequence, each alone on its line.

Fewer are a heading or the text of a picture.
"""

_HEADING = re.compile(r"\s{0,3}#{1,6}\s+(.*\S)")
"""A heading of Markdown."""

_BETWEEN_ROWS = "this line is between table rows but is not a row"


class Tables:
    """Collects the sheets of a text line by line."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.sheets: list[AnswerSheet] = []
        self.columns: Sequence[AnswerSheet] = ()
        self.first_column = 0
        self.draft: Draft | None = None
        self.between: list[tuple[CleanLine, ParsedLine | None]] = []
        self.gap = 0
        self.orphans: list[UnreadLine] = []
        self.count = 0
        self.heading = ""

    def take(self, line: CleanLine) -> None:
        """Read one line."""
        if match := _HEADING.match(line.raw):
            self._head(match[1], line)
            return
        parsed = rows.read(line)
        if parsed is None:
            if any(map(str.isalnum, line.raw)):
                self._skip(line)
        elif parsed.kind == "bare":
            self._bare(line, parsed)
        elif parsed.kind in ("row", "slide"):
            self._row(line, parsed)
        elif parsed.kind == "part":
            self._part(line, parsed)
        else:
            self._total(line, parsed)

    def _head(self, heading: str, line: CleanLine) -> None:
        """A heading ends the table above it, and what stands below belongs to the heading."""
        if self.draft and (self.draft.rows or self.draft.answers):
            self._close()
        self.heading = heading.strip(" #*")

    def add_columns(self, sheets: Sequence[AnswerSheet]) -> None:
        """Add the sheets of a table with one network per column."""
        self._close()
        first, *others = sheets
        self.columns = (first._replace(unread=by_line([*self.orphans, *first.unread])), *others)
        self.orphans = []
        self.first_column = len(self.sheets)
        self.sheets += self.columns
        self._count_rows(sum(len(sheet.rows) for sheet in sheets))

    def add_totals(self, answers: Mapping[int, Answer], refused: UnreadLine | None) -> None:
        """Add totals to the columns above; the keys are the places of the columns."""
        self._close()
        for column, answer in answers.items():
            place = self.first_column + column
            sheet = self.sheets[place]
            self.sheets[place] = sheet._replace(answers=(*sheet.answers, answer))
        if refused:
            self.orphans.append(refused)

    def finish(self) -> list[AnswerSheet]:
        """All sheets.

        Unread lines outside of sheets belong to the next sheet, at the end of the text to the last.
        """
        self._close()
        if self.orphans and self.sheets:
            last = self.sheets[-1]
            self.sheets[-1] = last._replace(unread=by_line([*last.unread, *self.orphans]))
        elif self.orphans:
            self.sheets = [
                AnswerSheet(self.name, "", (), (), by_line(self.orphans), line=self.orphans[0].line)
            ]
        return self.sheets

    def _skip(self, line: CleanLine) -> None:
        """Keep a line that was not read until it is clear whether it is inside a table."""
        self.between.append((line, None))
        self.gap += 1

    def _bare(self, line: CleanLine, parsed: ParsedLine) -> None:
        """A name alone: it continues the table directly above, or belongs to a list of names."""
        self.between.append((line, parsed))
        if self.draft and self.draft.rows and len(self.between) == 1 and not self._starts_sheet(parsed):
            self._settle(inside=True)
        elif len(names := self._names()) >= MIN_NAMES:
            follows = len(names) == len(self.between) and self.draft and not self._starts_sheet(names[0][1])
            self._start_with(names, new=not follows)

    def _names(self) -> list[tuple[CleanLine, ParsedLine]]:
        """The names directly above, each alone on its line; INPUT starts a list of names."""
        names: list[tuple[CleanLine, ParsedLine]] = []
        for line, parsed in reversed(self.between):
            if parsed is None:
                break
            names.append((line, parsed))
            if parsed.rows[0].op == "input":
                break
        return names[::-1]

    def _start_with(self, names: list[tuple[CleanLine, ParsedLine]], new: bool) -> None:
        """Make rows of the names directly above, in a new sheet or in the open one."""
        if new:
            del self.between[len(self.between) - len(names) :]
            self._open(names[0][0].number)
            self.between = [*names]
        self._settle(inside=True)

    def _row(self, line: CleanLine, parsed: ParsedLine) -> None:
        # Names directly above a row belong to its table: a slide lists INPUT and CONV1 before the figures.
        names = self._names()
        if names and (self._starts_sheet(names[0][1]) or not self._continues()):
            self._start_with(names, new=True)
        elif self._starts_sheet(parsed) or not self._continues():
            self._open(line.number)
        else:
            self._settle(inside=True)
        self._add(line, parsed)

    def _continues(self) -> bool:
        """Whether the open table may continue here."""
        return self.draft is not None and self.gap <= MAX_GAP

    def _starts_sheet(self, parsed: ParsedLine) -> bool:
        """Whether a row starts a new sheet: an input, a row behind totals, or a repeated slide."""
        row, draft = parsed.rows[0], self.draft
        if draft is None or not draft.rows:
            return False
        if row.op == "input" or draft.has_totals:
            return True
        if parsed.kind == "slide" and row.name in draft.names:
            return True
        # A conv directly behind an fc may be squeeze and excitation; after a gap, it is the start of another
        # table.
        return self.gap > 0 and row.op in SPATIAL and draft.rows[-1].op == "fc"

    def _part(self, line: CleanLine, parsed: ParsedLine) -> None:
        """``Output volume: 27x27x96`` belongs to the layer above."""
        draft = self.draft
        row = draft.rows[-1] if draft and draft.rows and self._continues() else None
        given = {answer.quantity for answer in parsed.answers}
        if (
            draft is None
            or row is None
            or row.op == "input"
            or given & {answer.quantity for answer in row.answers}
        ):
            self._skip(line)
            return
        self._settle(inside=True)
        draft = self.draft or draft
        answers = tuple(answer._replace(layer=row.name) for answer in parsed.answers)
        draft.rows[-1] = row._replace(answers=(*row.answers, *answers))
        draft.note(line, parsed)

    def _total(self, line: CleanLine, parsed: ParsedLine) -> None:
        """A total belongs to the table above it, or below it."""
        starts = parsed.kind == "depth" and self.draft is not None and bool(self.draft.rows)
        if starts or not self._continues():
            self._open(line.number)
        self._settle(inside=True)
        self._add(line, parsed)
        if self.draft and self.draft.rows:
            self.draft.has_totals = True

    def _add(self, line: CleanLine, parsed: ParsedLine) -> None:
        draft = self.draft or self._open(line.number)
        draft.rows += parsed.rows
        draft.names.update(row.name for row in parsed.rows)
        draft.answers += parsed.answers
        draft.note(line, parsed)
        self._count_rows(len(parsed.rows))

    def _count_rows(self, count: int) -> None:
        self.count += count
        if self.count > MAX_ROWS:
            raise ArchcalcError(f"{short(self.name)}: more than {MAX_ROWS:,} rows")

    def _open(self, number: int) -> Draft:
        self._close()
        self.draft = Draft(number, self.heading)
        return self.draft

    def _close(self) -> None:
        self._settle(inside=False)
        if self.draft:
            self.draft.unread += self.orphans
            self.orphans = []
            self.sheets.append(self.draft.sheet(self.name))
        self.draft = None

    def _settle(self, inside: bool) -> None:
        """Decide about the lines since the last row: names inside a table are rows, others are reported.

        Outside of a table, only lines that look like rows are reported.
        """
        # Emptied before the loop, because _add may open a sheet and so settle again.
        between, self.between, self.gap = self.between, [], 0
        numbered = False
        for line, parsed in between:
            if parsed and inside:
                self._add(line, parsed)
            elif why := missed(line, numbered) or (_BETWEEN_ROWS if inside and not is_sentence(line) else ""):
                (self.draft.unread if self.draft else self.orphans).append(unread(line, why))
            numbered = numbers_layers(line)


# --- one sheet while its lines are read ------------------------------------------------------------------

_SIZED_NAME = re.compile(r"conv[0-9x]+-[0-9]+\Z", re.IGNORECASE)
_POOL_SIZE = re.compile(r"(?:(?:max|avg|average)[ -]?)?pool([0-9]{1,3}(?:x[0-9]{1,3})?)\Z", re.IGNORECASE)


class Draft:
    """Collects the rows and answers of one sheet."""

    def __init__(self, line: int, heading: str = "") -> None:
        self.line = line
        self.heading = heading
        self.rows: list[AnswerRow] = []
        self.names: set[str] = set()
        self.answers: list[Answer] = []
        self.unread: list[UnreadLine] = []
        self.repairs: list[UnreadLine] = []
        self.biases = True
        self.has_totals = False

    def note(self, line: CleanLine, parsed: ParsedLine) -> None:
        """Note what a line holds besides its figures."""
        self.unread += parsed.unread
        self.repairs += line.repairs
        self.biases = self.biases and line.counts_biases

    def sheet(self, name: str) -> AnswerSheet:
        return AnswerSheet(
            name,
            "",
            _with_pools_sized(self.rows),
            tuple(self.answers),
            by_line(self.unread),
            tuple(self.repairs),
            self.biases,
            self.line,
            self.heading,
        )


def _with_pools_sized(rows: Sequence[AnswerRow]) -> tuple[AnswerRow, ...]:
    """In a table with CONV3-64, the number in POOL2 is its size, not its position; 2x2 has stride 2."""
    if any(_SIZED_NAME.match(row.name) for row in rows):
        return tuple(map(_pool_sized, rows))
    return tuple(rows)


def _pool_sized(row: AnswerRow) -> AnswerRow:
    match = _POOL_SIZE.match(row.name)
    if match is None or "kernel" in row.options:
        return row
    kernel = kernel_of(match[1])
    implied = {"stride": 2} if kernel == (2, 2) and "stride" not in row.options else {}
    return row._replace(options={**row.options, "kernel": kernel}, implied={**row.implied, **implied})
