"""What draws charts: vl-convert, which has Vega and its fonts inside and needs no browser."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from importlib import import_module
from typing import Any

from archcalc.errors import MissingPackage, printable, short
from archcalc.results.plot import Plot

VERSION = "5.21"
"""The version of Vega-Lite; another one may move a label."""

LONGEST = 120
"""Letters of a text. Vega has no limit of its own here: it would cut a text in the middle of an emoji."""


def converter() -> Any:
    """The module ``vl_convert``. Raises ArchcalcError if it is not installed."""
    try:
        return import_module("vl_convert")
    except ModuleNotFoundError:
        raise MissingPackage("a picture", "vl-convert-python") from None


def vega_of(chart: Plot) -> str:
    """The chart as the JSON that Vega-Lite reads."""
    return json.dumps(_shown(chart.vega))


def _shown(value: Any) -> Any:
    """A part of a chart whose texts can be shown: a NUL in a title would end the process of vl-convert."""
    if isinstance(value, str):
        return short(printable(value), LONGEST)
    if isinstance(value, Mapping):
        return {key: _shown(item) for key, item in value.items()}
    return [_shown(item) for item in value] if isinstance(value, list | tuple) else value


def svg(chart: Plot) -> str:
    """The chart as SVG. Raises ArchcalcError without vl-convert."""
    drawn: str = converter().vegalite_to_svg(vega_of(chart), vl_version=VERSION)
    return f"{drawn}\n"


def page(chart: Plot) -> str:
    """A page that shows the chart with tooltips and loads no other file. Raises ArchcalcError."""
    bundle = converter().javascript_bundle(vl_version=VERSION)
    # A name such as </script> would end the script: as an escape it stays text.
    spec = vega_of(chart).replace("<", "\\u003c")
    ground = chart.vega["config"]["background"]
    program = bundle.replace("</script", "<\\/script")
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(chart.title)}</title>",
            f"<style>body{{margin: 1.5em; background: {escape(ground)}}}",
            "#chart{overflow-x: auto}</style></head>",
            '<body><main id="chart"></main>',
            f"<script>{program}</script>",
            f"<script>vegaEmbed('#chart', {spec}, {{renderer: 'svg', actions: false}});</script>",
            "</body></html>",
            "",
        ]
    )
