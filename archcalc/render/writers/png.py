"""A chart as a PNG picture, with two pixels for a point."""

from __future__ import annotations

from archcalc.render.drawing import VERSION, converter, vega_of
from archcalc.results.plot import Plot

ENDINGS = (".png",)
ACCEPTS = (Plot,)


def render(chart: Plot) -> bytes:
    """The picture. Raises ArchcalcError without vl-convert."""
    drawn: bytes = converter().vegalite_to_png(vega_of(chart), vl_version=VERSION, scale=2)
    return drawn
