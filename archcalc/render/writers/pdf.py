"""A chart as a PDF page, for papers."""

from __future__ import annotations

from archcalc.render.drawing import VERSION, converter, vega_of
from archcalc.results.plot import Plot

ENDINGS = (".pdf",)
ACCEPTS = (Plot,)


def render(chart: Plot) -> bytes:
    """The picture. Raises ArchcalcError without vl-convert."""
    drawn: bytes = converter().vegalite_to_pdf(vega_of(chart), vl_version=VERSION)
    return drawn
