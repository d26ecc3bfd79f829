"""An answer in the forms that formats print, and the page that it is printed on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any

from archcalc.ops.frozen import Record, record

if TYPE_CHECKING:
    from archcalc.render.grid import Grid


@record
class Report(Record):
    """An answer in its forms; each is made when a format asks for it.

    ``grid`` is the layout for people, ``data`` the plain data of JSON, ``flat`` the table of records for
    machines (None: the rows of the layout are the records). ``document`` is a text with tables in it: for
    the format its title, and its paragraphs and tables (None: the answer is not such a text). ``own`` has the
    formats in which the answer is no table, such as a picture, with what makes the text.
    """

    grid: Callable[[], Grid]
    data: Callable[[], Any]
    flat: Callable[[], Grid] | None = None
    document: Callable[[str], tuple[str, Sequence[str | Grid]]] | None = None
    own: Mapping[str, Callable[[], str]] = field(default_factory=dict)

    def records(self) -> Grid:
        """The table for machines: a row for each thing, raw values, every column."""
        return (self.flat or self.grid)()


@record
class Page(Record):
    """What a text is written on: columns of a terminal (None: as wide as it comes), and whether it shows
    colours.
    """

    width: int | None = None
    color: bool = False
    unicode: bool = True
