"""The result of ``list``: the built-in networks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from archcalc.results import Shape, plain
from archcalc.results.printable import Printable


class ListedNetwork(NamedTuple):
    """One line of the list of networks; ``input`` in the order H, W, C."""

    name: str
    family: str
    year: int | None
    title: str
    input: Shape
    params: int
    macs: int
    depth: int
    aliases: tuple[str, ...]


@dataclass(frozen=True, repr=False)
class Listing(Printable):
    """The list of networks, by family (the oldest first), year and params."""

    networks: tuple[ListedNetwork, ...]

    def as_json(self) -> list[dict[str, Any]]:
        """The JSON of ``archcalc list``."""
        networks: list[dict[str, Any]] = plain(self.networks)
        return networks
