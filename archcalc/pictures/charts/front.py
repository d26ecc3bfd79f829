"""All combinations of some settings as a cloud, and the best of them as a line: the Pareto front."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archcalc.errors import ArchcalcError
from archcalc.language.ranges import parse_ranges
from archcalc.language.settings import parse_names
from archcalc.pictures import vega
from archcalc.pictures.charts import only_one
from archcalc.pictures.look import COLORS, Look
from archcalc.results.plot import Plot
from archcalc.results.sweep import Sweep
from archcalc.studies.library_free import sweep

SAYS = "the networks of a sweep, and its Pareto front: --set width=16:128 --columns params,max:macs"

MOST = 4000
"""Points of the cloud that are drawn; of more, every second, third, ... one."""


def chart(
    networks: Sequence[Any],
    look: Look,
    *,
    set: Sequence[str] = (),
    columns: Sequence[str] | str | None = None,
    where: str | None = None,
    batch: int = 1,
    dtype: str = "float32",
) -> Plot:
    """The first column upwards, the second to the right; less is better, but for ``max:NAME``."""
    network = only_one("front", networks)
    goals = list(parse_names(columns)) or ["params", "macs"]
    if len(goals) != 2:
        raise ArchcalcError("a chart 'front' has two columns: --columns params,macs")
    if not set:
        raise ArchcalcError("a chart 'front' needs settings with values: --set width=16:128:16")
    names = [goal.partition(":")[2] or goal for goal in goals]
    ranges = parse_ranges(list(set))
    show = [*ranges, *[name for name in names if name not in ranges]]
    run: dict[str, Any] = {"where": where, "batch": batch, "dtype": dtype}
    cloud, front = sweep(network, ranges, show, **run), sweep(network, ranges, show, pareto=goals, **run)
    rows = sorted(_rows(front), key=lambda row: row[names[1]])
    title = f"{cloud.network}: {cloud.matched:,} networks, and the best of them"
    notes = [f"the line: no other network is better in both; better is {_better(goals)}"]
    every = -(-cloud.size // MOST)
    if every > 1:
        notes.append(f"of the other networks, 1 of {every} is drawn")
    spec = vega.whole(look, title, notes, _drawn(_rows(cloud)[::every], rows, names, look))
    return Plot("front", title, rows, spec, names[1], (names[0],), tuple(notes))


def _better(goals: Sequence[str]) -> str:
    """What better means: less params and more macs.

    >>> _better(["params", "max:macs"])
    'less params and more macs'
    """
    words = [goal.partition(":") for goal in goals]
    return " and ".join(f"more {name}" if colon else f"less {least}" for least, colon, name in words)


def _rows(swept: Sweep) -> list[dict[str, Any]]:
    # JavaScript has no numbers but floats; lists, such as depths, are words there.
    return [
        {name: value if isinstance(value, int | float) else str(value) for name, value in row.items()}
        for row in swept.rows()
    ]


def _drawn(
    cloud: Sequence[dict[str, Any]], front: Sequence[dict[str, Any]], names: Sequence[str], look: Look
) -> dict[str, Any]:
    y, x = (vega.amount(name, name, axis={"format": vega.COUNT}) for name in names)
    place = {"x": x, "y": y, "tooltip": vega.tips(*(front[0] if front else names))}
    return {
        "width": look.wide,
        "height": round(0.7 * look.wide),
        "layer": [
            vega.mark("circle", place, cloud, size=14, opacity=0.35, color=COLORS[5]),
            vega.mark("line", {"x": x, "y": y}, front, color=COLORS[1], interpolate="step-after"),
            vega.mark("circle", place, front, size=30, opacity=1, color=COLORS[1]),
        ],
    }
