"""A chart as an SVG picture, the same bytes every time."""

from __future__ import annotations

from archcalc.render.drawing import VERSION, converter, vega_of
from archcalc.results.plot import Plot

ENDINGS = (".svg",)
ACCEPTS = (Plot,)


def render(chart: Plot) -> str:
    """The picture. Raises ArchcalcError without vl-convert."""
    drawn: str = converter().vegalite_to_svg(vega_of(chart), vl_version=VERSION)
    return f"{drawn}\n"
