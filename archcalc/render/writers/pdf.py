"""A chart or a diagram as a PDF page, for papers."""

from __future__ import annotations

from typing import Any

from archcalc.render import report_of
from archcalc.render.drawing import converter
from archcalc.results.diagram import Diagram
from archcalc.results.plot import Plot

ENDINGS = (".pdf",)
ACCEPTS = (Plot, Diagram)


def render(result: Any, **options: Any) -> bytes:
    """The picture. Raises ArchcalcError if the package that draws it is missing."""
    drawn: bytes = converter().svg_to_pdf(report_of(result, **options).own["svg"]())
    return drawn
