"""The result of ``list``: the built-in networks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, NamedTuple

from archcalc.ops.frozen import Record, record
from archcalc.results import Shape, plain
from archcalc.results.accuracy import PublishedAccuracy
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


@record
class Listing(Printable, Record):
    """The list of networks, by family (the oldest first), year and params.

    ``whole`` says that no network was left out; what was asked for by its exact name comes first.
    ``accuracy`` has the published accuracies by the names of the networks; they are read
    when they are asked for.
    """

    networks: tuple[ListedNetwork, ...]
    whole: bool = False
    accuracy: Mapping[str, tuple[PublishedAccuracy, ...]] = field(default_factory=dict)

    __hash__ = None  # type: ignore[assignment]  # the accuracies are a mapping

    def as_json(self) -> list[dict[str, Any]]:
        """The JSON of ``archcalc list``."""
        networks: list[dict[str, Any]] = plain(self.networks)
        return networks
