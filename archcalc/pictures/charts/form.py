"""A figure of a network while one of its settings changes: the closed form, drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from archcalc.engine.quantities import BY_KEY
from archcalc.errors import ArchcalcError, MissingPackage
from archcalc.language.ranges import parse_ranges
from archcalc.language.settings import Settings, parse_names
from archcalc.pictures import vega
from archcalc.pictures.charts import only_one
from archcalc.pictures.look import Look
from archcalc.results.plot import Plot
from archcalc.studies.library_free import formula, sweep

SAYS = "a figure while one setting changes: --set size=32:512:16 --columns macs"

LONGEST = 120
"""Characters of a formula that stands above a chart."""


def chart(
    networks: Sequence[Any],
    look: Look,
    *,
    set: Sequence[str] = (),
    columns: Sequence[str] | str | None = None,
    batch: int = 1,
    dtype: str = "float32",
) -> Plot:
    """The figure over the values of the setting; of several networks a line each."""
    ranges = parse_ranges(list(set))
    moving = [name for name, values in ranges.items() if len(values) > 1]
    if len(moving) != 1:
        raise ArchcalcError("a chart 'form' needs one setting with a range: --set size=32:512:16")
    keys = list(parse_names(columns)) or ["macs"]
    if len(keys) > 1:
        raise ArchcalcError(
            f"a chart 'form' shows one figure, and {len(keys)} were given: --columns {keys[0]}"
        )
    (key,) = keys
    label = BY_KEY[key].label if key in BY_KEY else key
    rows, notes = [], []
    for network in networks or [only_one("form", networks)]:
        swept = sweep(network, ranges, [moving[0], key], batch=batch, dtype=dtype)
        rows += [
            {"network": swept.network, moving[0]: row[moving[0]], key: _number(row[key])}
            for row in swept.rows()
        ]
        fixed = {name: values[0] for name, values in ranges.items() if name != moving[0]}
        notes += _forms(network, moving[0], key, fixed, batch, swept.network)
        if swept.invalid:
            notes.append(f"{swept.invalid} values of {moving[0]} are no valid network of {swept.network}")
    if not rows:
        raise ArchcalcError(f"no value of {moving[0]} is a valid network")
    title = f"{label} by {moving[0]}"
    encoding = {
        "x": vega.amount(moving[0], moving[0], scale={"zero": False}),
        "y": vega.amount(key, label, axis={"format": vega.COUNT}),
        "color": vega.word("network", legend=None if len(networks) == 1 else {}),
        "tooltip": vega.tips("network", moving[0], key),
    }
    line = vega.mark("line", encoding, rows, point={"size": 12})
    body = {"width": look.wide, "height": round(0.6 * look.wide), "layer": [line]}
    spec = vega.whole(look, title, notes, body)
    return Plot("form", title, rows, spec, moving[0], (key,), tuple(notes))


def _number(value: Any) -> Any:
    return value if isinstance(value, int | float | None) else float(value)


def _forms(network: Any, name: str, key: str, fixed: Settings, batch: int, label: str) -> list[str]:
    """The closed form as a line above the chart, where SymPy is installed and the form is short."""
    try:
        form = formula(network, [name], fixed, batch=batch, layers=False)
    except (MissingPackage, ArchcalcError):
        return []  # the chart stands without it: a setting may decide how the network is built
    expression = form.totals.get(key)
    symbol = form.free.get(name, "")
    meaning = f", {name} = {form.settings[name]}" if str(form.settings.get(name)) != symbol else ""
    written = f"{label}: {key} = {expression}{meaning}".replace("**", "^").replace("*", "·")
    return [written] if expression is not None and len(written) <= LONGEST else []
