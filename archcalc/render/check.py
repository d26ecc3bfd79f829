"""The result of check as tables: the differences, layer by layer, and the budgets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any

from archcalc.errors import printable
from archcalc.render import units
from archcalc.render.grid import Cell, Grid, Head
from archcalc.render.report import Report
from archcalc.results.check import BudgetResult, CheckReport, Difference, LocalName, without_implied

_DIFFERENCE_HEADS = (
    Head("layer", "layer", numeric=False, keep=100),
    Head("quantity", "quantity", numeric=False, keep=98),
    Head("old", "locked", keep=90),
    Head("new", "now", keep=99),
    Head("change", "difference", keep=97),
    Head("percent", "percent", keep=96),
    Head("place", "line", numeric=False, keep=80),
)
_BUDGET_HEADS = (
    Head("spec", "network", numeric=False, keep=99, least=10),
    Head("expression", "budget", numeric=False, keep=98, least=10),
    Head("value", "now", keep=97),
    Head("limit", "limit", keep=90),
    Head("margin", "margin", keep=80),
    Head("percent", "percent", keep=70),
    Head("ok", "", numeric=False, keep=100),
    Head("source", "set by", numeric=False, keep=50),
)

MAX_NAMES = 5
"""How many networks a note names before it says "and ... more"."""


# --- tables -------------------------------------------------------------------------------------------


def report(checked: CheckReport) -> Report:
    """The differences and the budgets."""
    return Report(lambda: _printable(_grid(checked)), checked.as_json, lambda: _printable(_records(checked)))


def _records(checked: CheckReport) -> Grid:
    """A row for every difference and for every budget, with the same columns."""
    keys = ("kind", "spec", "layer", "quantity", "old", "new", "limit", "ok", "file", "line")
    records = [{**difference.as_json(), "ok": False} for difference in checked.differences]
    for budget in checked.budgets:
        row = budget.as_json()
        records.append({**row, "kind": "budget", "quantity": row["expression"], "new": row["value"]})
    rows = tuple(tuple(Cell(row.get(key), str(row.get(key, ""))) for key in keys) for row in records)
    return Grid(verdict(checked), tuple(Head(key, key) for key in keys), rows)


def _printable(grid: Grid) -> Grid:
    """The tables without control characters, which names of files and budgets may contain."""
    return grid._replace(
        title=printable(grid.title),
        rows=tuple(tuple(cell._replace(text=printable(cell.text)) for cell in row) for row in grid.rows),
        notes=tuple(map(printable, grid.notes)),
        also=tuple(map(_printable, grid.also)),
    )


def _grid(checked: CheckReport) -> Grid:
    grids = [_difference_grid(network, changes) for network, changes in checked.by_network().items()]
    if checked.budgets:
        grids.append(_budget_grid(checked.budgets))
    notes = tuple(_notes(checked))
    if not grids:
        return Grid(verdict(checked), (), (), notes=notes, tone="good")
    first, *rest = grids
    return first._replace(also=tuple(rest), notes=notes)


def verdict(checked: CheckReport) -> str:
    """The result in one sentence."""
    if checked.ok:
        outcomes = ["as locked"] * checked.locked + ["within budget"] * bool(checked.budgets)
        outcomes += [f"counted by {checked.convention}"] if checked.convention else []
        return f"{_counted(len(checked.networks), 'network')} {', '.join(outcomes)}".strip()
    changed = len({difference.network for difference in checked.differences if difference.spec})
    over = sum(not budget.ok for budget in checked.budgets)
    outcomes = []
    if any(difference.kind == "convention" for difference in checked.differences):
        outcomes.append("another convention")
    if changed:
        differ = "differs" if changed == 1 else "differ"
        outcomes.append(f"{_counted(changed, 'network')} {differ} from the lock")
    if over:
        outcomes.append(f"{_counted(over, 'budget')} exceeded")
    return " and ".join(outcomes)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _difference_grid(network: LocalName, differences: Sequence[Difference]) -> Grid:
    files = dict.fromkeys(difference.place.file for difference in differences)
    rows = tuple(map(_difference_row, without_implied(differences)))
    return Grid(f"{network.name or 'the lock'} ({', '.join(files)})", _DIFFERENCE_HEADS, rows)


def _difference_row(difference: Difference) -> tuple[Cell, ...]:
    layer, ratio = difference.layer, difference.ratio
    place = str(difference.place)
    layer_text = layer or ("total" if difference.kind == "changed" else units.NONE)
    # The notes of totals and of the lock as a whole are long; they stand below the tables.
    change_text = difference.note if layer and difference.note else _change_text(difference)
    return (
        Cell(layer, layer_text),
        Cell(difference.quantity, _what_differs(difference)),
        Cell(difference.old, _figure_text(difference.old)),
        Cell(difference.new, _figure_text(difference.new)),
        Cell(difference.change, change_text, tone="doubtful"),
        Cell(None if ratio is None else float(100 * ratio), percent(ratio), tone="doubtful"),
        Cell(place, f"{place} ({difference.cause})" if difference.cause else place),
    )


def _budget_grid(budgets: Iterable[BudgetResult]) -> Grid:
    networks = {budget.network for budget in budgets}
    # A name that two folders use is shown with its folder.
    folders_with = Counter(network.name for network in networks)
    rows = tuple(
        (
            Cell(budget.spec, str(budget.network) if folders_with[budget.spec] > 1 else budget.spec),
            Cell(budget.expression, budget.expression),
            Cell(budget.value, _figure_text(budget.value)),
            Cell(budget.limit, _figure_text(budget.limit)),
            Cell(budget.margin, f"{'+' if budget.margin > 0 else ''}{_figure_text(budget.margin)}"),
            Cell(None, percent(budget.share)),
            Cell(budget.ok, "ok", tone="good") if budget.ok else Cell(budget.ok, "exceeded", tone="bad"),
            Cell(budget.source, budget.source),
        )
        for budget in budgets
    )
    return Grid("Budgets", _BUDGET_HEADS, rows)


def _notes(checked: CheckReport) -> Iterator[str]:
    for note, networks in _networks_by_note(checked.differences).items():
        names = ", ".join(networks[:MAX_NAMES])
        more = f" and {len(networks) - MAX_NAMES} more" if len(networks) > MAX_NAMES else ""
        yield f"{names}{more}: {note}" if names else note
    if checked.differences or checked.budgets:
        yield f"{verdict(checked)}."
    if checked.differences:
        hidden = len(checked.differences) - len(without_implied(checked.differences))
        if hidden:
            are_hidden = f"{'is' if hidden == 1 else 'are'} hidden; --format json shows all"
            yield f"{_counted(hidden, 'further difference')} implied by these {are_hidden}."
        yield "To accept the differences, run 'archcalc lock'. It does not change budgets."


def _networks_by_note(differences: Iterable[Difference]) -> dict[str, list[str]]:
    """Each note of totals and of the lock as a whole, with the networks that have it."""
    networks: dict[str, list[str]] = {}
    for difference in differences:
        if difference.note and not difference.layer:
            names = networks.setdefault(difference.note, [])
            if difference.spec and difference.spec not in names:
                names.append(difference.spec)
    return networks


# --- words --------------------------------------------------------------------------------------------


def _what_differs(difference: Difference) -> str:
    words = {
        "added": "new layer",
        "removed": "layer removed",
        "renamed": "renamed",
        "new": "not in the lock",
        "gone": "not in any spec",
    }
    return words.get(difference.kind, difference.quantity)


def _figure_text(value: Any) -> str:
    """An old or new figure as text."""
    if value is None:
        return units.NONE
    if isinstance(value, tuple):
        return " ".join(map(units.shape, value)) if isinstance(value[0], tuple) else units.shape(value)
    return units.count(value) if isinstance(value, int | Fraction) else str(value)


def _change_text(difference: Difference) -> str:
    return units.NONE if difference.change is None else f"{difference.change:+,}"


def percent(ratio: Fraction | None) -> str:
    """A relative change in percent, with its sign.

    >>> percent(Fraction(1, 3)), percent(Fraction(-1, 200)), percent(Fraction(1, 3000)), percent(None)
    ('+33.3%', '-0.5%', '+0.03%', '–')
    """
    if ratio is None:
        return units.NONE
    value = float(100 * ratio)
    # As many digits as a small change needs, so that it is not shown as 0.
    digits = next((digits for digits in range(1, 6) if round(value, digits)), 1)
    return f"{value:+.{digits}f}%"


def sentence(difference: Difference) -> str:
    """A difference in one printable line, for an annotation.

    >>> from archcalc.results.check import Place
    >>> sentence(Difference("changed", "net", "conv1", "macs", 200, 250, Place("net.yaml", 4, 5)))
    'net conv1: macs 200 -> 250 (+50, +25.0%)'
    """
    layer = difference.layer or ("total" if difference.kind == "changed" else "")
    where = f"{difference.spec} {layer}".strip() or "the lock"
    return printable(f"{where}: {_change_sentence(difference)}")


def _change_sentence(difference: Difference) -> str:
    if difference.kind in ("changed", "convention"):
        old, new = _figure_text(difference.old), _figure_text(difference.new)
        is_count = difference.change is not None
        grown = f" ({_change_text(difference)}, {percent(difference.ratio)})" if is_count else ""
        return f"{difference.quantity} {old} -> {new}{grown}"
    if difference.kind == "renamed":
        return f"was {difference.old}"
    return f"{_what_differs(difference)}{f' ({difference.note})' if difference.layer else ''}"


SIDES = {"<=": "over", "<": "over", ">=": "short of", ">": "short of", "==": "off"}
"""How the value of a budget that fails lies to the limit."""


def budget_sentence(budget: BudgetResult) -> str:
    """A budget in one printable line.

    >>> from archcalc.results.check import Place
    >>> budget_sentence(BudgetResult("net", "depth >= 8", 6, ">=", 8, False, Place("net.yaml"), "--max"))
    'net: depth >= 8: 6, 2 (25.0%) short of 8'
    """
    # The side says the direction in words, so the numbers need no sign.
    margin, side = _figure_text(abs(budget.margin)), "left of" if budget.ok else SIDES[budget.symbol]
    share = percent(abs(budget.share) if budget.share is not None else None).lstrip("+")
    comparison = f"{_figure_text(budget.value)}, {margin} ({share}) {side} {_figure_text(budget.limit)}"
    return printable(f"{budget.spec}: {budget.expression}: {comparison}")
