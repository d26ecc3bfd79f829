"""What a page about networks shows: tables, derivations, pictures, and what the literature prints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from archcalc.errors import ArchcalcError
from archcalc.language.find import as_text, network_of
from archcalc.language.settings import Settings, settings_of
from archcalc.network import Network
from archcalc.pictures.charts import draw
from archcalc.pictures.diagram import COSTS, diagram_of
from archcalc.pictures.look import Look
from archcalc.results.audit import Audit
from archcalc.results.compare import ComparedNetwork
from archcalc.results.page import NetworkPage, ReportPage
from archcalc.studies.compare import compare, compared_targets, with_own_settings
from archcalc.studies.library import audit, explain

WIDTH = 560
"""Points of a chart."""

CHARTS = ("layers", "memory", "field")
"""The charts of each network."""

MOST = 12
"""Networks of one page: more are a table."""


def page_of(
    targets: Sequence[Any],
    settings: Settings | None,
    progress: Callable[[int, int], None] | None = None,
    **counted: Any,
) -> ReportPage:
    """The page about these networks. ``progress`` is called with the networks that are done, and all of them.

    Raises SpecError and ArchcalcError as ``analyze``, and ArchcalcError for no network or too many.
    """
    if not 1 <= len(targets) <= MOST:
        raise ArchcalcError(f"a report shows 1 to {MOST} networks, and {len(targets)} were given")
    networks = compared_targets(targets, settings, **counted)
    pages = []
    for number, (network, target) in enumerate(zip(networks, targets, strict=True)):
        if progress:
            progress(number, len(networks))
        pages.append(_page(network, target, settings, counted))
    comparison = compare(networks) if len(networks) > 1 else None
    title = " and ".join(one.label for one in networks) if len(networks) < 4 else f"{len(networks)} networks"
    return ReportPage(title, tuple(pages), comparison)


def _page(network: ComparedNetwork, target: Any, settings: Settings | None, counted: Any) -> NetworkPage:
    analysis, look = network.analysis, Look(width=WIDTH)
    built = _built(target, settings)
    plots = [draw(kind, [built], look, {}) for kind in CHARTS]
    return NetworkPage(
        network.label,
        analysis,
        explain(built, **counted).layers,
        diagram_of(analysis, COSTS, None),
        tuple(plots),
        _audit(network, target),
        network.accuracy,
    )


def _built(target: Any, settings: Settings | None) -> Network:
    target = as_text(target)
    if not isinstance(target, str):
        return network_of(target)
    written, own = with_own_settings(target)
    return network_of(written, {**settings_of(settings), **settings_of(own)})


def _audit(network: ComparedNetwork, target: Any) -> Audit | None:
    """What the literature prints about a network as its spec is written; None if there is nothing."""
    text = as_text(target)
    if not isinstance(text, str) or not network.is_as_written:
        return None
    found = audit(text)
    return found if found.claims else None
