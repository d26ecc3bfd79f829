"""Totals and comparisons of networks, without layout."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

from archcalc.results import FORMAT, Analysis, Layer, Shape, plain
from archcalc.results.accuracy import PublishedAccuracy, published
from archcalc.results.printable import Printable

PARTIAL = " (partial)"
"""Stands behind the label of a network with layers of which it is not known what they compute."""


class Metric(NamedTuple):
    """One line of a comparison: a figure of every network, and its ratio to the base (None without one)."""

    metric: str
    values: tuple[Any, ...]
    ratios: tuple[Fraction | None, ...]


class StagePart(NamedTuple):
    """The figures of one network in one stage."""

    layers: int
    output: Shape
    params: int
    macs: int
    activations: int


class Stage(NamedTuple):
    """One stage of a comparison, with the part of each network; None if a network has no such stage."""

    name: str
    parts: tuple[StagePart | None, ...]

    def as_json(self) -> dict[str, Any]:
        """An item of ``stages``."""
        return {"stage": self.name, "parts": plain(self.parts)}


class Change(NamedTuple):
    """A layer in which another network differs from the base.

    ``old`` and ``new`` are the layers, None if one is missing; ``what`` has the fields that differ.
    """

    path: str
    old: Layer | None
    new: Layer | None
    what: tuple[tuple[str, Any, Any], ...]

    def as_json(self) -> dict[str, Any]:
        """An item of ``layers`` under ``changes``."""
        kind = "added" if self.old is None else "removed" if self.new is None else "changed"
        differences = [{"what": what, "old": plain(old), "new": plain(new)} for what, old, new in self.what]
        return {"path": self.path, "change": kind, "differences": differences}


class ComparedNetwork(NamedTuple):
    """One network of a comparison with its label; ``remarks`` are wrong figures in the literature.

    ``is_as_written``: its settings are those of its spec, about which the literature writes.
    """

    label: str
    analysis: Analysis
    accuracy: tuple[PublishedAccuracy, ...] = ()
    remarks: tuple[str, ...] = ()
    is_as_written: bool = False

    def as_json(self) -> dict[str, Any]:
        """An item of ``networks``: the table without its layers, and what is published."""
        # The stages say more in a comparison than two long lists of layers.
        table = self.analysis.as_json(())
        del table["layers"]
        return {
            **table,
            "label": self.label,
            "accuracy": plain(self.accuracy),
            "remarks": list(self.remarks),
        }


def compared(label: str, analysis: Analysis, about: Any = None) -> ComparedNetwork:
    """A network with the accuracies and remarks of its spec (``about``).

    With other settings ``about`` is None: published figures do not apply to them. The label says if the
    totals are partial.
    """
    if analysis.partial:
        label += PARTIAL
    if about is None:
        return ComparedNetwork(label, analysis)
    return ComparedNetwork(label, analysis, published(about.accuracy), about.remarks(), is_as_written=True)


@dataclass(frozen=True, slots=True, repr=False)
class TotalsTable(Printable):
    """The totals of networks, a row for each."""

    networks: tuple[ComparedNetwork, ...]

    def as_json(self) -> dict[str, Any]:
        """The JSON of ``archcalc totals``."""
        return {"format": FORMAT, "networks": plain(self.networks)}


@dataclass(frozen=True, slots=True, repr=False)
class Comparison(Printable):
    """Networks side by side; ``by`` is "resolution" or "scope": what a stage is."""

    networks: tuple[ComparedNetwork, ...]
    base: int
    metrics: tuple[Metric, ...]
    by: str
    stages: tuple[Stage, ...]
    changes: tuple[tuple[str, tuple[Change, ...]], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The JSON of ``archcalc compare``."""
        answer: dict[str, Any] = {
            "format": FORMAT,
            "networks": plain(self.networks),
            "base": self.networks[self.base].label,
            "rows": plain(self.metrics),
            "by": self.by,
            "stages": plain(self.stages),
            "accuracy": [
                {"network": network.label, **plain(one)}
                for network in self.networks
                for one in network.accuracy
            ],
        }
        if self.changes:
            answer["changes"] = [
                {"network": label, "layers": plain(changes)} for label, changes in self.changes
            ]
        return answer
