"""A report as one HTML page that loads no other file: summary, layers, diagram, charts, quotations."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from importlib.resources import files
from typing import Any

from archcalc.conventions import ARCHCALC
from archcalc.errors import MissingPackage, printable
from archcalc.render import units
from archcalc.render.graph.svg import picture
from archcalc.render.grid import Cell, Grid, Head, Tone
from archcalc.render.page.derivations import Derivations
from archcalc.render.page.layers import layers_table
from archcalc.render.report import Report
from archcalc.results import VERSION
from archcalc.results.accuracy import MEASURES
from archcalc.results.page import NetworkPage, ReportPage

SUMMARY = (
    ("params", "params"), ("macs", "MACs"), ("flops", "FLOPs"), ("depth", "weighted layers"),
    ("slide_activations", "memory (values)"), ("peak_activation_bytes", "peak memory (bytes)"),
)  # fmt: skip
"""The figures at the top, with their labels."""


def report(page: ReportPage) -> Report:
    return Report(lambda: _summary(page), page.as_json, own={"html": lambda: html(page)})


def _summary(page: ReportPage) -> Grid:
    """The figures of the networks as a table, for the formats that are no page."""
    heads = (Head("network", "network", numeric=False, keep=100), *_heads())
    rows = []
    for one in page.networks:
        figures = [one.analysis.totals.figures[key] for key, _ in SUMMARY]
        cells = [Cell(value, units.count(value)) for value in figures]
        rows.append((Cell(one.label, one.label), *cells))
    return Grid(page.title, heads, tuple(rows), notes=("the page itself: -o report.html",))


def _heads() -> list[Head]:
    return [Head(key, label, keep=50 - place) for place, (key, label) in enumerate(SUMMARY)]


def html(page: ReportPage) -> str:
    """The page."""
    derivations = Derivations()
    sections = [
        line for number, one in enumerate(page.networks) for line in _network(one, number, derivations)
    ]
    names = [(f"network-{number}", one.label) for number, one in enumerate(page.networks)]
    if page.comparison is not None:
        names.insert(0, ("comparison", "side by side"))
        side_by_side = _fragment(page.comparison).replace("<h2", "<h3").replace("</h2>", "</h3>")
        sections = [*_section("comparison", "Side by side", [side_by_side]), *sections]
    names.append(("counting", "how it counts"))
    nav = "".join(f'<li><a href="#{name}">{_text(says)}</a></li>' for name, says in names)
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{_text(page.title)} - archcalc</title>",
            f"<style>{_file('page.css')}</style></head><body>",
            f'<header><h1>{_text(page.title)}</h1><nav aria-label="Sections"><ul>{nav}</ul></nav></header>',
            "<main>",
            *sections,
            *_section("counting", "How it counts", _counting()),
            f"</main><footer><p>archcalc {VERSION}</p></footer>",
            *_DIALOG,
            f'<script type="application/json" id="derivations">{_json(derivations.as_data())}</script>',
            f"<script>{_file('page.js')}</script></body></html>",
            "",
        ]
    )


_DIALOG = (
    '<dialog id="derivation" aria-labelledby="derivation-title">',
    '<form method="dialog"><button autofocus>Close</button></form>',
    '<h2 id="derivation-title"></h2><div></div></dialog>',
)
"""What shows the derivation of a layer."""


def _network(one: NetworkPage, number: int, derivations: Derivations) -> Iterator[str]:
    analysis = one.analysis
    title = f"{one.label}: {analysis.title}" if analysis.title else one.label
    figures = "".join(
        f"<div><dt>{_text(label)}</dt><dd>{units.count(analysis.totals.figures[key])}</dd></div>"
        for key, label in SUMMARY
    )
    facts = [
        units.inputs(analysis.input, analysis.inputs),
        f"batch {analysis.batch}",
        analysis.dtype,
        *([analysis.source] if analysis.source else []),
    ]
    body = [
        f'<p class="facts">{_text("; ".join(filter(None, facts)))}</p>',
        f'<dl class="cards">{figures}</dl>',
        "<h3>Layers</h3>",
        *layers_table(one, number, derivations),
        "<h3>Diagram</h3>",
        *_scrolling(f"Diagram of {one.label}", _unique(picture(one.diagram), number)),
        "<h3>Charts</h3>",
        *_charts(one),
    ]
    if one.accuracy:
        body += ["<h3>Published accuracy, in percent</h3>", _table(_accuracy(one))]
    if one.audit is not None:
        body += ["<h3>What papers and lectures print</h3>", '<div class="words">']
        body += [_table(_quotations(one)), "</div>"]
    yield from _section(f"network-{number}", title, body)


def _charts(one: NetworkPage) -> Iterator[str]:
    from archcalc.render.drawing import svg

    for plot in one.plots:
        try:
            drawn = svg(plot)
        except MissingPackage as missing:
            yield f"<p>{_text(str(missing))}</p>"
            return
        yield from _scrolling(f"{one.label}: {plot.title}", drawn)


def _scrolling(label: str, picture: str) -> Iterator[str]:
    """A picture in a box in which it scrolls."""
    yield f'<div class="scroll picture" tabindex="0" role="region" aria-label="{_text(label)}">'
    yield f"{picture}</div>"


def _unique(svg: str, number: int) -> str:
    """A picture whose names differ from those of the other pictures of the page."""
    return svg.replace('id="to"', f'id="to{number}"').replace("url(#to)", f"url(#to{number})")


def _accuracy(one: NetworkPage) -> Grid:
    heads = [Head(key, label) for key, label in MEASURES.items()]
    heads += [Head(key, key, numeric=False) for key in ("protocol", "source", "of")]
    rows = [tuple(Cell(value, value or units.NONE) for value in entry) for entry in one.accuracy]
    return Grid(f"Published accuracy of {one.label}", tuple(heads), tuple(rows))


_TONES: Mapping[str, Tone] = {"exact": "good", "rounded": "good", "truncated": "good", "disagrees": "bad"}


def _quotations(one: NetworkPage) -> Grid:
    names = ("printed", "computed", "verdict", "layer", "figure", "source", "because")
    rows = []
    for claim in one.audit.claims if one.audit else ():
        computed = "" if claim.computed is None else _computed(claim.computed)
        verdict = claim.verdict.replace("_", " ")
        words = [claim.says, computed, verdict, claim.layer, claim.quantity]
        cells = [Cell(word, word) for word in (*words, "; ".join(claim.sources), claim.because)]
        cells[2] = cells[2]._replace(tone=_TONES.get(claim.verdict, ""))
        rows.append(tuple(cells))
    return Grid(
        f"What is printed about {one.label}",
        tuple(Head(name, name, numeric=False) for name in names),
        tuple(rows),
    )


def _computed(value: Any) -> str:
    if isinstance(value, tuple | list):
        return "x".join(map(str, value))
    return units.count(value) if type(value) is int else str(value)


def _counting() -> list[str]:
    return [f"<p>{_text(sentence)}</p>" for sentence in ARCHCALC.says()]


def _section(name: str, title: str, body: Sequence[str]) -> list[str]:
    heading = f'<h2 id="{name}-title">{_text(title)}</h2>'
    return [f'<section id="{name}" aria-labelledby="{name}-title">', heading, *body, "</section>"]


def _fragment(result: Any) -> str:
    from archcalc.render import html_of

    return html_of(result)


def _table(grid: Grid) -> str:
    from archcalc.render.formats.html import table

    return "\n".join(table(grid))


def _text(text: str) -> str:
    return escape(printable(text))


def _json(value: Mapping[str, Any]) -> str:
    """Data inside a script: no text can end the script."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _file(name: str) -> str:
    return files(__name__).joinpath(name).read_text(encoding="utf-8")
