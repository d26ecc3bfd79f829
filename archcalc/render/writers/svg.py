"""A chart or a diagram as an SVG picture, the same bytes every time."""

from __future__ import annotations

from typing import Any

from archcalc.render import report_of
from archcalc.results.diagram import Diagram
from archcalc.results.plot import Plot

ENDINGS = (".svg",)
ACCEPTS = (Plot, Diagram)


def render(result: Any, **options: Any) -> str:
    """The picture. Raises ArchcalcError if the package that draws it is missing."""
    return report_of(result, **options).own["svg"]()
