"""Charts in Vega-Lite: the few parts that ours are made of, as plain dicts.

Vega-Lite is a description of charts in JSON (https://vega.github.io/vega-lite). No package is needed to
write one; ``render/writers/svg.py`` and its neighbours draw it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from archcalc.pictures.look import Look

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"

COUNT = ".3~s"
"""How an axis writes counts: 15.5G."""

Vega = dict[str, Any]


def whole(look: Look, title: str, subtitle: Sequence[str], body: Mapping[str, Any]) -> Vega:
    """A chart of its parts (``layer``, ``hconcat`` or ``vconcat``)."""
    heading: Vega = {"text": look.title if look.title is not None else title}
    if subtitle:
        heading["subtitle"] = wrapped(subtitle, look)
    return {"$schema": SCHEMA, "title": heading, "config": look.config(), **body}


def wrapped(sentences: Sequence[str], look: Look) -> list[str]:
    """Sentences in lines that are no wider than the drawing."""
    import textwrap

    letters = max(2 * look.wide // look.letters, 30)
    return [line for sentence in sentences for line in textwrap.wrap(sentence, letters)]


def data(rows: Sequence[Mapping[str, Any]]) -> Vega:
    """Rows that stand in the chart itself."""
    return {"values": [dict(row) for row in rows]}


def amount(name: str, title: str | None = None, **more: Any) -> Vega:
    """A number along an axis, or as a size; ``more`` are words of Vega-Lite (``scale``, ``axis``)."""
    return {"field": name, "type": "quantitative", "title": title, **more}


def word(name: str, title: str | None = None, **more: Any) -> Vega:
    """A word along an axis or as a colour, in the order of the rows."""
    return {"field": name, "type": "nominal", "title": title, "sort": None, **more}


def tips(*names: str) -> list[Vega]:
    """What a page shows while the pointer is on a mark."""
    return [{"field": name} for name in names]


def mark(
    kind: str, encoding: Mapping[str, Any], rows: Sequence[Mapping[str, Any]] | None = None, **more: Any
) -> Vega:
    """Marks of one kind (``bar``, ``circle``, ``line``, ``text``, ...); ``more`` are its properties."""
    made: Vega = {"mark": {"type": kind, **more}, "encoding": dict(encoding)}
    return made if rows is None else {"data": data(rows), **made}


def log_scale(low: float, high: float) -> Vega:
    """A logarithmic scale between two numbers."""
    return {"type": "log", "domain": [low, high], "nice": False}
