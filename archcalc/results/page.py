"""The result of ``archcalc report``: everything that a page shows about some networks."""

from __future__ import annotations

from typing import Any

from archcalc.ops.frozen import Record, record
from archcalc.results import FORMAT, Analysis, plain
from archcalc.results.accuracy import PublishedAccuracy
from archcalc.results.audit import Audit
from archcalc.results.compare import Comparison
from archcalc.results.diagram import Diagram
from archcalc.results.explain import LayerDerivation
from archcalc.results.plot import Plot
from archcalc.results.printable import Printable


@record
class NetworkPage(Record):
    """What a page shows about one network: its table, the derivation of each layer, pictures, and what papers
    and lectures print (``audit`` is None if the spec quotes nothing).
    """

    label: str
    analysis: Analysis
    derivations: tuple[LayerDerivation, ...]
    diagram: Diagram
    plots: tuple[Plot, ...]
    audit: Audit | None
    accuracy: tuple[PublishedAccuracy, ...]


@record
class ReportPage(Printable, Record):
    """A page about networks; with several of them it has a comparison."""

    title: str
    networks: tuple[NetworkPage, ...]
    comparison: Comparison | None

    def as_json(self) -> dict[str, Any]:
        """The tables of the networks."""
        return {"format": FORMAT, "networks": [plain(one.analysis) for one in self.networks]}
