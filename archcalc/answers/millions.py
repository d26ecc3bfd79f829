"""Table 2 of the VGG paper: numbers of parameters, in millions, of the networks that are columns above it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from archcalc.answers.figures import figure
from archcalc.answers.heading import MAX_COLUMNS, cells_of
from archcalc.answers.noise import MAX_WIDTH, clean, unread
from archcalc.sheet import Answer, Sheet, Unread

_NETWORKS = re.compile(r"networks?\Z", re.IGNORECASE)
_PARAMETERS = re.compile(r"number of parameters(?: \(in millions\))?\Z", re.IGNORECASE)
_MILLIONS = re.compile(r"number of parameters(?:\*\*)? \(in millions\)", re.IGNORECASE)


def totals(lines: Sequence[str], at: int, sheets: Sequence[Sheet]) -> tuple[dict[int, Answer], Unread | None] | None:
    """Numbers of parameters of columns, by the place of the sheet: ``Network`` over ``Number of parameters``.

    They are read where the caption says that they are in millions, and every heading is that of one column above:
    "133" is then what "133M" would be, to the last digit.
    """
    below = at + 1
    if below >= len(lines) or not 2 <= lines[at].count("\t") <= MAX_COLUMNS:
        return None
    heads, numbers = cells_of(lines[at][:MAX_WIDTH]), cells_of(lines[below][:MAX_WIDTH])
    if not (_NETWORKS.match(heads[0]) and _PARAMETERS.match(numbers[0])):
        return None
    line = clean(lines[below].replace("\t", " "), below + 1)
    caption = " ".join([*lines[max(at - 2, 0) : at], numbers[0]])
    titles = [sheet.title for sheet in sheets]
    named = [[part.strip() for part in head.split(",")] for head in heads[1:]]
    if not _MILLIONS.search(caption):
        return {}, unread(line, "whether they are in millions is not said")
    if len(heads) != len(numbers) or any(titles.count(title) != 1 for group in named for title in group):
        return {}, unread(line, "not one number for every column of the table above")
    return {
        titles.index(title): figure("", "params", f"{number} million", below + 1)
        for group, number in zip(named, numbers[1:], strict=True)
        for title in group
    }, None
