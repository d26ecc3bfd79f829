"""What a student hands in: figures of layers and of the whole network, as they were written.

A sheet knows no network: it holds what is written, and what could not be read.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from fractions import Fraction
from types import MappingProxyType
from typing import Any, NamedTuple

from archcalc.language.printed import Figure, Shape

QUANTITIES: Mapping[str, tuple[str, ...]] = {
    "output": (
        "output volume",
        "output size",
        "output shape",
        "output dim",
        "output dims",
        "output dimensions",
        "dimensions",
        "activation shape",
        "feature map size",
        "volume",
        "size",
        "shape",
        "out",
    ),
    "params": (
        "parameters",
        "param",
        "number of parameters",
        "number of params",
        "num parameters",
        "num params",
        "no. of parameters",
        "no. of params",
        "of params",
        "of parameters",
        "learnable parameters",
    ),
    "weights": ("weight", "params without biases"),
    "biases": ("bias",),
    "norm_params": ("norm", "gamma and beta"),
    "activations": ("memory", "values", "neurons", "activation", "activation size", "memory values"),
    "activation_bytes": ("bytes", "memory bytes", "memory in bytes", "activation memory"),
    "param_bytes": ("params bytes", "bytes of params"),
    "macs": ("mac", "multiply-accumulates", "mults", "multiply-adds", "mult-adds", "madds"),
    "flops": ("flop", "floating point operations"),
    "receptive_field": ("rf", "receptive field", "receptive field size", "field"),
    "jump": ("effective stride",),
    "depth": ("weight layers", "layers"),
}
"""What can be asked of a layer or in total, with the other names that people write for it."""

DECLARED = ("filters", "kernel", "stride", "pad", "groups", "dilation", "units")
"""What a row says of its layer rather than works out: options, checked but worth no points of themselves."""


class Answer(NamedTuple):
    """One figure as it is written.

    ``layer`` is as the student names it, empty for the whole network; ``quantity`` is one of QUANTITIES or
    DECLARED. ``given`` is None where the text cannot be read (``why`` says why), and where the place was left
    empty (``text`` is empty too). ``unit`` is what is counted, if that is written (bytes, macs, flops, ...), and
    ``worked`` what the arithmetic in front of the result comes to (224*224*64 of 224*224*64=3.2M).
    """

    layer: str
    quantity: str
    text: str
    line: int
    given: Figure | Shape | None
    unit: str = ""
    worked: Fraction | None = None
    why: str = ""


class AnswerRow(NamedTuple):
    """One line in lecture notation: a layer, what the line says of it, and its figures.

    ``op`` is the op that the line describes (conv, maxpool, lrn, fc, softmax, ... or input), ``options`` are those
    that it states (``{"filters": 96, "kernel": (11, 11), "stride": 4, "pad": 0}``), ``implied`` those that the
    notation leaves to the reader (CONV3-64 means stride 1 and a pad of 1) with what they were taken for.
    """

    name: str
    op: str
    options: Mapping[str, Any]
    implied: Mapping[str, Any]
    answers: tuple[Answer, ...]
    line: int


class Unread(NamedTuple):
    """A line, or a part of one, that could not be read."""

    line: int
    text: str
    why: str


class AnswerSheet(NamedTuple):
    """Everything that one table or list of answers says.

    ``rows`` is empty unless it is in lecture notation. ``answers`` are those that stand in no row: all of them in
    the other formats, and the totals. ``repairs`` tell how damaged signs were read ("56°56" as 56*56); nothing
    else is guessed. ``biases`` is False where the sheet says that its params do not count biases.
    """

    name: str
    title: str
    rows: tuple[AnswerRow, ...]
    answers: tuple[Answer, ...]
    unread: tuple[Unread, ...] = ()
    repairs: tuple[Unread, ...] = ()
    biases: bool = True
    line: int = 1

    def figures(self) -> tuple[Answer, ...]:
        """Every answer, those of the rows first."""
        return (*(answer for row in self.rows for answer in row.answers), *self.answers)


def quantity_of(word: str) -> str:
    """The quantity that a word means; empty if none.

    >>> quantity_of("Output Volume"), quantity_of("# params"), quantity_of("MACs"), quantity_of("colour")
    ('output', 'params', 'macs', '')
    """
    plain = " ".join(word.lower().replace("_", " ").replace("#", " ").split())
    return _WORDS.get(plain, "")


_WORDS = {
    word.replace("_", " "): name
    for name, others in (*QUANTITIES.items(), *((name, ()) for name in DECLARED))
    for word in (name, *others)
}


class Rubric(NamedTuple):
    """What answers are worth.

    ``points`` by quantity, ``cells`` by layer and quantity (they come first); ``credit`` is the share of its points
    that an answer keeps, by verdict or by mistake. ``asked`` are the quantities asked of every layer (of every layer
    in ``layers`` if there are any) and ``totals`` those asked in total: what is missing among them costs, and nothing
    else is worth points. ``scale``: the points of a submission where everything is right.
    """

    points: Mapping[str, Fraction] = MappingProxyType({})
    cells: Mapping[tuple[str, str], Fraction] = MappingProxyType({})
    credit: Mapping[str, Fraction] = MappingProxyType({})
    asked: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()
    totals: tuple[str, ...] = ()
    scale: Fraction | None = None

    def worth(self, layer: str, quantity: str) -> Fraction:
        """The points of a cell: 1, but for what a row says of its layer, and what is not asked where something is."""
        if (layer, quantity) in self.cells:
            return self.cells[layer, quantity]
        asks = self._asks(layer, quantity)
        if (self.asked or self.totals) and not asks:
            return Fraction(0)
        return self.points.get(quantity, Fraction(asks or quantity not in DECLARED))

    def _asks(self, layer: str, quantity: str) -> bool:
        if not layer:
            return quantity in self.totals
        return quantity in self.asked and (not self.layers or layer in self.layers)

    def share(self, verdict: str, mistakes: Collection[str]) -> Fraction:
        """The share of its points that an answer keeps; of several mistakes the one that costs most counts."""
        if verdict == "wrong" and mistakes:
            return min(
                self.credit.get(mistake, self.credit.get("wrong", Fraction(0))) for mistake in mistakes
            )
        return self.credit.get(verdict, Fraction(verdict in ("right", "rounded", "truncated", "carried")))
