"""The result of ``archcalc graph``: a network as boxes in boxes, with edges between them."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from archcalc.ops.frozen import Record, record
from archcalc.results import FORMAT, Shape, plain
from archcalc.results.printable import Printable

ENTRY = -1
"""Stands, in the edges of a box, for what the box reads."""

EXIT = -2
"""Stands, in the edges of a box, for what others read of the box."""


@record
class Box(Record):
    """A layer, or a block whose layers are shown inside it or folded.

    ``name`` is the last part of ``path``. ``says`` is the op with its window. ``times`` boxes like this one
    follow each other; figures are those of all of them. ``share`` is their part of the first figure.
    ``edges`` lead between the numbers of ``inside``, from ENTRY and to EXIT.
    """

    path: str
    name: str
    says: str
    output: Shape
    figures: Mapping[str, int]
    share: Fraction = Fraction(0)
    times: int = 1
    aux: bool = False
    inside: tuple[Box, ...] = ()
    edges: tuple[tuple[int, int], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """A box with the boxes inside it."""
        return {
            "path": self.path,
            "op": self.says,
            "output": list(self.output),
            "times": self.times,
            "aux": self.aux,
            **{key: plain(value) for key, value in self.figures.items()},
            "inside": [box.as_json() for box in self.inside],
            "edges": [list(edge) for edge in self.edges],
        }


@record
class Diagram(Printable, Record):
    """A network as a diagram. ``root`` has the network's boxes, ``costs`` the keys of the figures shown.

    ``links`` are the edges between the innermost boxes, by path; "" is the (first) input of the network.
    """

    network: str
    title: str
    input: Shape
    root: Box
    links: tuple[tuple[str, str], ...]
    costs: tuple[str, ...]
    input_name: str = "input"

    def as_json(self) -> dict[str, Any]:
        """The JSON of ``archcalc graph``; in ``edges``, -1 is what a box reads, and -2 what others read."""
        return {
            "format": FORMAT,
            "network": self.network,
            "title": self.title,
            "input": list(self.input),
            "costs": list(self.costs),
            "root": self.root.as_json(),
            "links": [list(link) for link in self.links],
        }
