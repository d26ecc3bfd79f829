"""How many paths lead from the input to the output, by their length: the unraveled view."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import gcd
from typing import Any

from archcalc.language.settings import Settings
from archcalc.pictures import vega
from archcalc.pictures.charts import at_least_one
from archcalc.pictures.look import Look
from archcalc.results.plot import Plot
from archcalc.studies.library import analyze

SAYS = "the lengths of the paths from input to output (the unraveled view)"


def chart(networks: Sequence[Any], look: Look, *, set: Settings = ()) -> Plot:
    """A bar for each length: the share of the paths that have it."""
    rows, notes = [], []
    for network in at_least_one("paths", networks):
        analysis = analyze(network, set, paths=True)
        lengths = analysis.paths or {}
        count = sum(lengths.values())
        rows += [
            {
                "network": analysis.network,
                "length": length,
                "paths": str(paths),
                "share": _percent(paths, count),
            }
            for length, paths in lengths.items()
        ]
        notes.append(f"{analysis.network}: {_written(count)} path{'' if count == 1 else 's'}")
    title = "Paths from input to output, by length"
    encoding = {
        "x": vega.amount("length", "weighted layers on the path", axis={"tickMinStep": 1}),
        "y": vega.amount("share", "% of all paths", stack=None),
        "color": vega.word("network", legend=None if len(notes) == 1 else {}),
        "tooltip": vega.tips("network", "length", "paths", "share"),
    }
    bars = vega.mark("bar", encoding, rows, opacity=0.7, size=_wide(rows, look))
    body = {"width": look.wide, "height": look.wide // 2, "layer": [bars]}
    return Plot(
        "paths", title, rows, vega.whole(look, title, notes, body), "length", ("share",), tuple(notes)
    )


def _percent(part: int, whole: int) -> float:
    return round(float(Fraction(100 * part, whole)), 6)


def _written(count: int) -> str:
    """A number of paths: exact, or as a power of two if it is long.

    >>> _written(65536), _written(2**50), _written(10**15)
    ('65,536', '2^50', '1.00e15')
    """
    if count < 10**9:
        return f"{count:,}"
    if count & (count - 1) == 0:
        return f"2^{count.bit_length() - 1}"
    digits = len(str(count)) - 1
    return f"{float(Fraction(count, 10**digits)):.2f}e{digits}"


def _wide(rows: Sequence[dict[str, Any]], look: Look) -> float:
    lengths = {row["length"] for row in rows}
    least = min(lengths, default=0)
    # Two branches of two layers more each: lengths in steps of two.
    step = gcd(*[length - least for length in lengths]) or 1
    return max(round(0.8 * look.wide * step / max(lengths, default=1), 2), 1)
