"""The skeleton of every table: cells that know their value and their text, laid out once for all dialects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

from archcalc.errors import width_of
from archcalc.render.units import PLACE, POINT

GAP = 2  # spaces between columns

LEAST_NAME = 12
"""Letters that the names of rows keep in the narrowest terminal."""

BLANK = "____"
"""The text of a cell that is to be filled in."""


Tone: TypeAlias = Literal["", "good", "bad", "doubtful"]
"""What a verdict is to the reader. A terminal and an HTML page show it as a colour; the text says it too."""


class Cell(NamedTuple):
    """One field of a table: the value for machines, the text for people; ``math``: a formula also as TeX
    math; ``tone``: of a verdict.
    """

    value: Any
    text: str
    math: str = ""
    tone: Tone = ""


class Head(NamedTuple):
    """One column: its key for machines, its header for people; ``keep`` says which columns stay when room is
    short. Texts of a column with ``least`` are cut to the room that is left, if that many letters fit.
    """

    key: str
    header: str
    numeric: bool = True
    keep: int = 0
    least: int = 0


class Grid(NamedTuple):
    """A table: a title, columns, rows, a row of totals, facts (label, text) and notes below."""

    title: str
    heads: tuple[Head, ...]
    rows: tuple[tuple[Cell, ...], ...]
    totals: tuple[Cell, ...] | None = None
    facts: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    body_only: tuple[int, ...] = ()
    """Rows that are not records (headings between rows): machine formats leave them out."""

    ends: tuple[int, ...] = ()
    """Records about the whole (the input, the totals): ``result.rows()`` leaves them out."""

    also: tuple[Grid, ...] = ()
    """Further tables below this one; facts and notes stand under the last."""

    tone: Tone = ""
    """The tone of the title, if it is a verdict."""

    def tables(self) -> list[Grid]:
        """This table and the tables below it."""
        return [self, *self.also]

    def records(self) -> list[tuple[Cell, ...]]:
        """The rows that are records."""
        return [row for number, row in enumerate(self.rows) if number not in self.body_only]

    def widths(self) -> list[int]:
        """The width of each column."""
        rows = [*self.rows, *([self.totals] if self.totals else [])]
        return [
            max(len(head.header), max((width_of(row[place].text) for row in rows), default=0))
            for place, head in enumerate(self.heads)
        ]

    def fitting(self, width: int) -> tuple[Grid, list[str]]:
        """The table with the columns that fit, and the headers of the hidden ones; at least two stay."""
        full = self.widths()
        widths = [min(head.least or size, size) for head, size in zip(self.heads, full, strict=True)]
        chosen = list(range(len(self.heads)))
        # The least important column goes first, until the others fit.
        for place in sorted(chosen, key=lambda place: self.heads[place].keep):
            if len(chosen) <= 2 or sum(widths[kept] + GAP for kept in chosen) - GAP <= width:
                break
            chosen.remove(place)
        dropped = [head.header or head.key for place, head in enumerate(self.heads) if place not in chosen]
        # The room that is left goes to the columns that are cut, letter by letter to the narrowest.
        room = width - sum(widths[place] + GAP for place in chosen) + GAP
        if room < 0 and chosen and not self.heads[chosen[0]].numeric:
            # Not even two columns fit: a long name is cut, because a table whose lines are folded is hard to
            # read.
            widths[chosen[0]] = min(widths[chosen[0]], max(widths[chosen[0]] + room, LEAST_NAME))
        while room > 0 and (cut := [place for place in chosen if widths[place] < full[place]]):
            widths[min(cut, key=widths.__getitem__)] += 1
            room -= 1
        grid = self._only(chosen) if dropped else self
        short = {at: widths[place] for at, place in enumerate(chosen) if widths[place] < full[place]}
        return grid._cut(short) if short else grid, dropped

    def _cut(self, widths: Mapping[int, int]) -> Grid:
        """The table with the texts of some columns cut to a width, in the row of totals, too."""

        def cut(row: tuple[Cell, ...]) -> tuple[Cell, ...]:
            return tuple(
                cell._replace(
                    text=(cut_to if self.heads[place].least else cut_inside)(cell.text, widths[place])
                )
                if place in widths
                else cell
                for place, cell in enumerate(row)
            )

        totals = cut(self.totals) if self.totals else None
        return self._replace(rows=tuple(map(cut, self.rows)), totals=totals)

    def _only(self, places: Sequence[int]) -> Grid:
        def pick(row: tuple[Cell, ...]) -> tuple[Cell, ...]:
            return tuple(row[place] for place in places)

        return self._replace(
            heads=tuple(self.heads[place] for place in places),
            rows=tuple(pick(row) for row in self.rows),
            totals=pick(self.totals) if self.totals else None,
        )

    def lines(self) -> Lines:
        """The table as aligned text."""
        widths = self.widths()

        def line(texts: Sequence[str]) -> str:
            cells = [
                padded(text, width, right=head.numeric)
                for text, width, head in zip(texts, widths, self.heads, strict=True)
            ]
            return (" " * GAP).join(cells).translate(_SPACES).rstrip()

        return Lines(
            line([head.header for head in self.heads]),
            "-" * (sum(widths) + GAP * (len(widths) - 1)),
            [line([cell.text for cell in row]) for row in self.rows],
            line([cell.text for cell in self.totals]) if self.totals else None,
        )

    def fact_lines(self, width: int | None = None) -> list[str]:
        """The facts with their labels aligned, wrapped to a width if there is one."""
        indent = max((width_of(label) for label, _ in self.facts), default=0) + GAP
        lines = []
        if width and width - indent < 20:  # too little room beside the labels
            for label, text in self.facts:
                lines += [
                    *([label] if label else []),
                    *(" " * GAP + line for line in wrap(text, width - GAP)),
                ]
            return lines
        for label, text in self.facts:
            first, *more = wrap(text, width - indent) if width else [text]
            lines += [f"{padded(label, indent)}{first}", *(" " * indent + line for line in more)]
        return lines


def padded(text: str, width: int, right: bool = False) -> str:
    """A text with spaces up to a width on a terminal; ``right``: the spaces come first."""
    spaces = " " * (width - width_of(text))
    return spaces + text if right else text + spaces


def cut_to(text: str, width: int) -> str:
    """A text of at most that width, with an ellipsis if something was cut.

    >>> cut_to("VGG-16 (configuration D)", 12), cut_to("VGG-16", 12)
    ('VGG-16 (con…', 'VGG-16')
    """
    if width_of(text) <= width:
        return text
    while text and width_of(text) >= width:
        text = text[:-1]
    return f"{text.rstrip()}…"


def cut_inside(text: str, width: int) -> str:
    """As ``cut_to``, but the middle is cut: names that begin alike mostly end differently.

    >>> cut_inside("conv2_x/conv2_1/residual/conv1", 20)
    'conv2_x/co…ual/conv1'
    """
    if width_of(text) <= width:
        return text
    middle = len(text) // 2
    begin, end = text[:middle], text[middle:]
    while begin + end and width_of(begin + end) >= width:
        begin, end = (begin[:-1], end) if len(begin) > len(end) else (begin, end[1:])
    return f"{begin}…{end}"


def wrap(text: str, width: int) -> list[str]:
    """A text in lines of at most that width; a long word stays whole."""
    import textwrap

    return textwrap.wrap(text, max(width, 20), break_long_words=False, break_on_hyphens=False) or [""]


_SPACES = str.maketrans(dict.fromkeys((POINT, PLACE), " "))
"""In a text all letters are equally wide, so a common space will do."""


class Lines(NamedTuple):
    """A table laid out as text."""

    header: str
    rule: str
    rows: list[str]
    totals: str | None
