"""What the cells of a row hold: figures, and sizes of one volume that stand in several columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from archcalc.classroom.read.arranged import NOT_ASKED, Rows
from archcalc.classroom.read.headings import DETAILS, FILTER, IGNORED, SIDES, STANDARD, Heading, TableHead
from archcalc.classroom.read.labels import in_unit
from archcalc.classroom.submission import Answer
from archcalc.language.printed import Figure

_DIGIT = re.compile(r"[0-9]")
_KERNEL = re.compile(r"\(?[0-9]{1,2}\s?[xX×*,]\s?[0-9]{1,2}\)?\Z")
_MAP = re.compile(r"[\[(]?([0-9]{1,9})(?:\s?[xX×*,]\s?([0-9]{1,9}))?[\])]?\Z")
"""A map without its channels: 55x55, or 55 for both sides."""


def by_cells(head: TableHead, rows: Rows) -> TableHead:
    """The columns, where the cells tell what they hold.

    An "activation" above words is a function (relu), and not a number of values. A "filter" is the size of a
    kernel, a number of filters, or both. A "depth" beside 55x55 is a number of channels.
    """
    columns = list(head.columns)
    for place in head.places("activations"):
        text = "".join(cells[place] for _, cells in rows if len(cells) > place)
        if any(map(str.isalpha, text)) and not any(map(str.isdecimal, text)):
            columns[place] = Heading(IGNORED)
    for place in head.places(FILTER):
        filled = [cells[place] for _, cells in rows if len(cells) > place and _DIGIT.search(cells[place])]
        is_kernel, is_count = all(map(_KERNEL.match, filled)), all(map(str.isdecimal, filled))
        columns[place] = Heading("kernel" if is_kernel else "filters" if is_count else DETAILS)
    for place in head.places("depth"):
        outputs = [cells[at] for at in head.places("output") for _, cells in rows if len(cells) > at]
        if any((found := _MAP.match(text)) and found[2] for text in outputs):
            columns[place] = Heading("c")
    return head._replace(columns=tuple(columns))


def has_sides(head: TableHead) -> bool:
    """Whether height, width and channels have a column each."""
    return all(len(head.places(side)) == 1 for side in SIDES)


def channels_beside(head: TableHead) -> int | None:
    """The place of the column with the channels of the maps in the column of outputs, if there is one."""
    channels, outputs = head.places("c") or head.places("filters"), head.places("output")
    return channels[0] if len(channels) == len(outputs) == 1 and not has_sides(head) else None


def _with_channels(text: str, channels: str) -> str:
    """A map with the channels of another column; any other text stays.

    >>> _with_channels("55x55", "96"), _with_channels("55", "96"), _with_channels("-", "4096")
    ('55x55x96', '55x55x96', '4096')
    >>> _with_channels("55x55x96", "96"), _with_channels("4096", "")
    ('55x55x96', '4096')
    >>> _with_channels("4096", "4096"), _with_channels("1", "4096")
    ('4096', '1x1x4096')
    """
    match = _MAP.match(text)
    if not channels.isdecimal() or not (match or text in ("-", *NOT_ASKED)):
        return text
    # One size is the side of a map, unless it repeats the length of a vector.
    if match is None or (match[2] is None and channels in ("1", match[1])):
        return match[1] if match else channels
    return f"{match[1]}x{match[2] or match[1]}x{channels}"


def figures_in(cells: Sequence[str], head: TableHead) -> Iterator[tuple[int, Heading, str]]:
    """The cells of a row that may hold an answer, with their places and columns."""
    beside = channels_beside(head)
    for place, column in enumerate(head.columns):
        if column.is_asked and place != head.layer_column:
            text = in_unit(cells[place], column.unit)
            is_map = beside is not None and column.meaning == "output"
            yield place, column, _with_channels(text, cells[beside or 0]) if is_map else text
    if has_sides(head):
        places = [head.places(side)[0] for side in SIDES]
        sizes = [size for place in places if (size := cells[place]) not in (*NOT_ASKED, "-", "")]
        yield places[0], Heading("output"), "x".join(sizes)


def in_order(given: Answer, order: str) -> Answer:
    """The answer with the sizes of its volume in the standard order."""
    shape = given.given
    if order == STANDARD or shape is None or isinstance(shape, Figure) or len(shape) != len(order):
        return given
    return given._replace(given=tuple(shape[order.index(side)] for side in STANDARD))
