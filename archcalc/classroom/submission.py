"""What a student hands in: figures of layers and of the whole network, as they are written.

An answer sheet is independent of any network: it holds what is written, and what could not be read.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from archcalc.engine import quantities
from archcalc.language.printed import Figure, Shape

QUANTITIES: Mapping[str, tuple[str, ...]] = {
    quantity.key: quantity.words for quantity in quantities.QUANTITIES if quantity.asked
}
"""Quantities of a layer or of the whole network, with other words that people write for them."""

DECLARED = ("filters", "kernel", "stride", "pad", "groups", "dilation", "units")
"""Options that a row states about its layer.

They are checked, but worth no points unless a rubric asks them.
"""

LAYER_LABELS = ("layer", "path", "name", "row", "layer name")
"""Headings and keys under which the name of a layer stands."""

REMARKS = (
    "name",
    "student",
    "title",
    "note",
    "notes",
    "comment",
    "input",
    "op",
    "type",
    "format",
    "source",
    "settings",
    "options",
)
"""Keys that stand beside answers but hold none."""

NO_LAYERS = ("layers", "answers")
"""Keys in YAML under which the layers stand."""


class Answer(NamedTuple):
    """One figure as it is written.

    ``layer`` is the name that the student uses; it is empty for the whole network. ``quantity`` is one of
    QUANTITIES or DECLARED. ``given`` is None if the text cannot be read (``why`` gives the reason), if the
    field is empty (``text`` is empty too), or if the text is a word for nothing (``is_nothing``).
    ``unit`` is the unit that is written, if any (bytes, macs, flops, ...). ``computed`` is the result of the
    arithmetic next to the figure: of 224*224*64 in 224*224*64=3.2M. ``row`` numbers the rows of all tables
    from 1 on, because several of them may stand on one line; it is 0 outside of tables. ``kind`` is what the
    row says about the kind of its layer, beside the name.
    """

    layer: str
    quantity: str
    text: str
    line: int
    given: Figure | Shape | None
    unit: str = ""
    computed: Fraction | None = None
    why: str = ""
    row: int = 0
    kind: str = ""

    @property
    def is_nothing(self) -> bool:
        """Whether the text says that there is no such figure: -, N/A, none."""
        return self.given is None and bool(self.text) and not self.why


class AnswerRow(NamedTuple):
    """One line in lecture notation: a layer, its options, and its figures.

    ``op`` is the op that the line describes (conv, maxpool, lrn, fc, softmax, ... or input). ``options`` are
    stated (``{"filters": 96, "kernel": (11, 11), "stride": 4, "pad": 0}``). ``implied`` are options that the
    notation leaves to the reader, with the values assumed for them (CONV3-64 has stride 1 and pad 1).
    """

    name: str
    op: str
    options: Mapping[str, Any]
    implied: Mapping[str, Any]
    answers: tuple[Answer, ...]
    line: int


class UnreadLine(NamedTuple):
    """A line, or a part of one, that could not be read."""

    line: int
    text: str
    why: str


class AnswerSheet(NamedTuple):
    """The answers of one table or list.

    ``rows`` is empty unless the sheet is in lecture notation. ``answers`` are all answers outside of rows:
    the totals, and in the other formats every answer. ``repairs`` say how damaged signs were read ("56°56" as
    56*56); nothing else is guessed. ``biases`` is False if the sheet says that its params do not count
    biases. ``heading`` is the heading of the text above it. ``tool`` is the program that
    printed the sheet, if any: its figures may also count as it counts.
    ``is_ordered`` says whether its rows stand in the order in which the layers run. ``about`` is the network
    that the sheet names: the totals of several networks are a sheet each. ``notes`` say what else a reader
    should know, such as what is not compared.
    """

    name: str
    title: str
    rows: tuple[AnswerRow, ...]
    answers: tuple[Answer, ...]
    unread: tuple[UnreadLine, ...] = ()
    repairs: tuple[UnreadLine, ...] = ()
    biases: bool = True
    line: int = 1
    heading: str = ""
    tool: str = ""
    is_ordered: bool = True
    about: str = ""
    notes: tuple[str, ...] = ()

    def figures(self) -> tuple[Answer, ...]:
        """All answers; those of the rows come first."""
        return (*(answer for row in self.rows for answer in row.answers), *self.answers)


def quantity_of(word: str) -> str:
    """The quantity that a word means; empty if it means none.

    >>> quantity_of("Output Volume"), quantity_of("# params"), quantity_of("MACs"), quantity_of("colour")
    ('output', 'params', 'macs', '')
    """
    words = " ".join(word.lower().replace("_", " ").replace("#", " ").split())
    return _WORDS.get(words, "")


# Made from the list of quantities, so that a new quantity can be answered without a change here.
_WORDS = {
    word.replace("_", " "): name
    for name, others in (*QUANTITIES.items(), *((name, ()) for name in DECLARED))
    for word in (name, *others)
}
