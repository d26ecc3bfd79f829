"""Pictures of networks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from archcalc.language.find import listed
from archcalc.language.settings import Settings, parse_names

if TYPE_CHECKING:
    from archcalc.language.find import Target, Targets
    from archcalc.network import Network
    from archcalc.results.diagram import Diagram
    from archcalc.results.page import ReportPage
    from archcalc.results.plot import Plot


def plot(
    kind: str,
    targets: Targets = (),
    *,
    style: str = "paper",
    width: int | None = None,
    dark: bool = False,
    title: str | None = None,
    **options: Any,
) -> Plot:
    """A chart of networks, as data in Vega-Lite.

    Parameters:
        kind: a name of ``plot_kinds``.
        targets: networks, as for ``compare``.
        style: ``paper`` (a column of a paper) or ``slide``.
        width: the width of the drawing in points, without its axes; None: the width of the style.
        dark: light ink on a dark ground.
        title: another title; an empty one leaves it out.
        options: the options of this kind, with the names of ``archcalc plot`` (``columns``, ``protocol``,
            ``device``, ``set``, ...).

    Raises:
        SpecError: a spec has mistakes.
        ArchcalcError: a network, kind or option does not exist.

    >>> made = plot("layers", "alexnet", columns="params")
    >>> made.drawn[0]["layer"], made.drawn[0]["params"]
    ('conv1', 34944)
    """
    from archcalc.pictures.charts import draw
    from archcalc.pictures.look import look_of

    return draw(kind, listed(targets), look_of(style, width, dark, title), options)


def plot_kinds() -> Mapping[str, str]:
    """The kinds of charts, each with what it shows.

    >>> "balls" in plot_kinds()
    True
    """
    from archcalc.pictures.charts import kinds

    return kinds()


def graph(
    target: Target | Network,
    settings: Settings | None = None,
    *,
    depth: int | str | None = None,
    costs: Sequence[str] | str = (),
    batch: int = 1,
    aux: bool = False,
) -> Diagram:
    """A network as a diagram: boxes for layers and blocks, with their outputs and costs.

    Parameters:
        target, settings: as for ``analyze``.
        depth: how many levels of blocks are opened; ``"all"``: every level; None: what one picture can show.
        costs: the figures in the boxes; none: MACs and params. The first one shades the boxes.
        batch: images in one pass.
        aux: include auxiliary heads.

    Raises:
        SpecError: the spec has mistakes.
        ArchcalcError: the network or a figure does not exist.

    >>> drawn = graph("resnet50", depth=2)
    >>> [(box.name, box.times) for box in drawn.root.inside[2].inside]
    [('conv2_1', 1), ('conv2_2', 2)]
    """
    from archcalc.pictures.diagram import diagram_of
    from archcalc.studies.library import analyze

    return diagram_of(analyze(target, settings, batch=batch, aux=aux), parse_names(costs), depth)


def report(
    targets: Targets,
    settings: Settings | None = None,
    *,
    batch: int = 1,
    dtype: str = "float32",
    aux: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> ReportPage:
    """One page about networks: tables, derivations, diagram, charts, and what the literature prints.

    Parameters:
        targets: 1 to 12 networks, as for ``compare``.
        settings: settings of every target that is text, as for ``load``.
        batch, dtype, aux: as for ``analyze``.
        progress: called with the number of networks that are done, and of all.

    Raises:
        SpecError: a spec has mistakes.
        ArchcalcError: a network does not exist, or there are too many.

    >>> page = report("lenet5").render("html")
    >>> page.startswith("<!DOCTYPE html>")
    True
    """
    from archcalc.pictures.page import page_of

    return page_of(listed(targets), settings, progress, batch=batch, dtype=dtype, aux=aux)
