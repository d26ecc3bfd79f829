"""Pictures of networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archcalc.network import Network
    from archcalc.results.plot import Plot


def plot(
    kind: str,
    targets: Sequence[str | Network] | str = (),
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

    networks = [targets] if isinstance(targets, str) else list(targets)
    return draw(kind, networks, look_of(style, width, dark, title), options)


def plot_kinds() -> Mapping[str, str]:
    """The kinds of charts, each with what it shows.

    >>> "balls" in plot_kinds()
    True
    """
    from archcalc.pictures.charts import kinds

    return kinds()
