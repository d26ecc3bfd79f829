"""A diagram in the language of Graphviz."""

from __future__ import annotations

from typing import Any

from archcalc.render import report_of
from archcalc.results.diagram import Diagram

ENDINGS = (".dot", ".gv")
ACCEPTS = (Diagram,)


def render(diagram: Diagram, **options: Any) -> str:
    """The text of the diagram."""
    return report_of(diagram, **options).own["dot"]()
