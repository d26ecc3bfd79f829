"""Lines of lecture notation, one after the other, into sheets: where a table starts and ends, and what is between."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from archcalc.classroom.read.lecture import rows
from archcalc.classroom.read.lecture.layers import kernel_of
from archcalc.classroom.read.lecture.rows import MAX_ROWS, SPATIAL, ParsedLine
from archcalc.classroom.read.noise import CleanLine, by_line, unread
from archcalc.classroom.read.prose import missed, numbers_layers
from archcalc.classroom.submission import Answer, AnswerRow, AnswerSheet, Unread
from archcalc.errors import ArchcalcError, short

MAX_GAP = 4
"""Lines of something else that end a table."""

MIN_NAMES = 3
"""Names alone on their lines are a table if there are so many in a row; less is a heading, or the text of a figure."""

_INSIDE = "stands between the rows of a table and is none"


class Tables:
    """The sheets of a text while its lines are taken."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.sheets: list[AnswerSheet] = []
        self.columns: Sequence[AnswerSheet] = ()
        self.first_column = 0
        self.draft: Draft | None = None
        self.between: list[tuple[CleanLine, ParsedLine | None]] = []
        self.gap = 0
        self.orphans: list[Unread] = []
        self.count = 0

    def take(self, line: CleanLine) -> None:
        """One line."""
        found = rows.read(line)
        if found is None:
            if any(map(str.isalnum, line.raw)):
                self._skip(line)
        elif found.kind == "bare":
            self._bare(line, found)
        elif found.kind in ("row", "slide"):
            self._row(line, found)
        elif found.kind == "part":
            self._part(line, found)
        else:
            self._total(line, found)

    def add_columns(self, sheets: Sequence[AnswerSheet]) -> None:
        """The sheets of a table of columns."""
        self._close()
        first, *others = sheets
        self.columns = (first._replace(unread=by_line([*self.orphans, *first.unread])), *others)
        self.orphans = []
        self.first_column = len(self.sheets)
        self.sheets += self.columns
        self._counted(sum(len(sheet.rows) for sheet in sheets))

    def add_totals(self, answers: Mapping[int, Answer], refused: Unread | None) -> None:
        """Totals of the columns above, by column."""
        self._close()
        for column, answer in answers.items():
            place = self.first_column + column
            sheet = self.sheets[place]
            self.sheets[place] = sheet._replace(answers=(*sheet.answers, answer))
        if refused:
            self.orphans.append(refused)

    def finish(self) -> list[AnswerSheet]:
        """All sheets. What could not be read outside of them stands in the one below it, in the end in the last."""
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
        """A line that was not read."""
        self.between.append((line, None))
        self.gap += 1

    def _bare(self, line: CleanLine, found: ParsedLine) -> None:
        """A name alone: part of the table that it follows without a gap, or of a list of names."""
        self.between.append((line, found))
        if self.draft and self.draft.rows and len(self.between) == 1 and not self._anew(found):
            self._settle(inside=True)
        elif len(names := self._names()) >= MIN_NAMES:
            follows = len(names) == len(self.between) and self.draft and not self._anew(names[0][1])
            self._start_with(names, new=not follows)

    def _names(self) -> list[tuple[CleanLine, ParsedLine]]:
        """The names alone that stand directly above; INPUT starts a list of them."""
        names: list[tuple[CleanLine, ParsedLine]] = []
        for line, found in reversed(self.between):
            if found is None:
                break
            names.append((line, found))
            if found.rows[0].op == "input":
                break
        return names[::-1]

    def _start_with(self, names: list[tuple[CleanLine, ParsedLine]], new: bool) -> None:
        """The names directly above are rows, of a new sheet or of the one that is open."""
        if new:
            del self.between[len(self.between) - len(names) :]
            self._open(names[0][0].number)
            self.between = [*names]
        self._settle(inside=True)

    def _row(self, line: CleanLine, found: ParsedLine) -> None:
        names = self._names()
        if names and (self._anew(names[0][1]) or not self._continues()):
            self._start_with(names, new=True)
        elif self._anew(found) or not self._continues():
            self._open(line.number)
        else:
            self._settle(inside=True)
        self._add(line, found)

    def _continues(self) -> bool:
        """Whether the open table may go on here."""
        return self.draft is not None and self.gap <= MAX_GAP

    def _anew(self, found: ParsedLine) -> bool:
        """Whether a row cannot belong to the open table: it starts one, or repeats one on a slide of one layer."""
        row, draft = found.rows[0], self.draft
        if draft is None or not draft.rows:
            return False
        if row.op == "input" or draft.has_totals:
            return True
        if found.kind == "slide" and row.name in draft.names:
            return True
        # squeeze and excitation goes on behind its fc; a slide that shows the end of a table again has a gap
        return self.gap > 0 and row.op in SPATIAL and draft.rows[-1].op == "fc"

    def _part(self, line: CleanLine, found: ParsedLine) -> None:
        """``Output volume: 27x27x96``, of the layer above it."""
        draft = self.draft
        row = draft.rows[-1] if draft and draft.rows and self._continues() else None
        given = {answer.quantity for answer in found.answers}
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
        answers = tuple(answer._replace(layer=row.name) for answer in found.answers)
        draft.rows[-1] = row._replace(answers=(*row.answers, *answers))
        draft.note(line, found)

    def _total(self, line: CleanLine, found: ParsedLine) -> None:
        """A total, of the table that it stands under, or over."""
        starts = found.kind == "depth" and self.draft is not None and bool(self.draft.rows)
        if starts or not self._continues():
            self._open(line.number)
        self._settle(inside=True)
        self._add(line, found)
        if self.draft and self.draft.rows:
            self.draft.has_totals = True

    def _add(self, line: CleanLine, found: ParsedLine) -> None:
        draft = self.draft or self._open(line.number)
        draft.rows += found.rows
        draft.names.update(row.name for row in found.rows)
        draft.answers += found.answers
        draft.note(line, found)
        self._counted(len(found.rows))

    def _counted(self, count: int) -> None:
        self.count += count
        if self.count > MAX_ROWS:
            raise ArchcalcError(f"{short(self.name)}: more than {MAX_ROWS:,} rows are no lecture notes")

    def _open(self, number: int) -> Draft:
        self._close()
        self.draft = Draft(number)
        return self.draft

    def _close(self) -> None:
        self._settle(inside=False)
        if self.draft:
            self.draft.unread += self.orphans
            self.orphans = []
            self.sheets.append(self.draft.sheet(self.name))
        self.draft = None

    def _settle(self, inside: bool) -> None:
        """What stood since the last row: inside a table all of it counts, outside only what looks like a row."""
        between, self.between, self.gap = self.between, [], 0
        numbered = False
        for line, found in between:
            if found and inside:
                self._add(line, found)
            elif why := missed(line, numbered) or (_INSIDE if inside else ""):
                (self.draft.unread if self.draft else self.orphans).append(unread(line, why))
            numbered = numbers_layers(line)


# --- one sheet while its lines are read ------------------------------------------------------------------

_SIZED_NAME = re.compile(r"conv[0-9x]+-[0-9]+\Z", re.IGNORECASE)
_POOL_SIZE = re.compile(r"(?:(?:max|avg|average)[ -]?)?pool([0-9]{1,3}(?:x[0-9]{1,3})?)\Z", re.IGNORECASE)


class Draft:
    """Its rows, answers and remarks as they come."""

    def __init__(self, line: int) -> None:
        self.line = line
        self.rows: list[AnswerRow] = []
        self.names: set[str] = set()
        self.answers: list[Answer] = []
        self.unread: list[Unread] = []
        self.repairs: list[Unread] = []
        self.biases = True
        self.has_totals = False

    def note(self, line: CleanLine, found: ParsedLine) -> None:
        """What a line that was read says beside its figures."""
        self.unread += found.unread
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
        )


def _with_pools_sized(rows: Sequence[AnswerRow]) -> tuple[AnswerRow, ...]:
    """Beside CONV3-64, the number of POOL2 is its size and not its place; 2x2 is at stride 2."""
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
