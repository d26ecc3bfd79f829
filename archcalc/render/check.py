"""What check found: only what differs, layer by layer, and budgets that do not hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any

from archcalc.errors import printable
from archcalc.render import units
from archcalc.render.grid import Cell, Grid, Head, Report
from archcalc.render.junit import Case, Failure, Suite
from archcalc.results.check import Budgeted, Checked, Difference, LocalName, telling

_HEADS = (
    Head("layer", "layer", numeric=False, keep=100),
    Head("quantity", "quantity", numeric=False, keep=95),
    Head("old", "locked", keep=90),
    Head("new", "now", keep=99),
    Head("change", "difference", keep=60),
    Head("percent", "percent", keep=70),
    Head("place", "line", numeric=False, keep=80),
)
_BUDGETS = (
    Head("spec", "network", numeric=False, keep=100),
    Head("expression", "budget", numeric=False, keep=95),
    Head("value", "now", keep=99),
    Head("limit", "limit", keep=90),
    Head("margin", "margin", keep=80),
    Head("percent", "percent", keep=70),
    Head("ok", "", numeric=False, keep=97),
    Head("source", "set by", numeric=False, keep=50),
)


def report(checked: Checked) -> Report:
    """The differences and the budgets."""
    return Report(lambda: _printable(_grid(checked)), checked.as_json)


def _printable(grid: Grid) -> Grid:
    """The tables without control characters: files and budgets may be called anything."""
    return grid._replace(
        title=printable(grid.title),
        rows=tuple(tuple(cell._replace(text=printable(cell.text)) for cell in row) for row in grid.rows),
        notes=tuple(map(printable, grid.notes)),
        also=tuple(map(_printable, grid.also)),
    )


def _grid(checked: Checked) -> Grid:
    parts = [_differences(network, found) for network, found in checked.by_network().items()]
    if checked.budgets:
        parts.append(_budget_grid(checked.budgets))
    notes = tuple(_notes(checked))
    if not parts:
        return Grid(verdict(checked), (), (), notes=notes)
    first, *more = parts
    return first._replace(also=tuple(more), notes=notes)


def verdict(checked: Checked) -> str:
    """The outcome in one sentence."""
    if checked.ok:
        outcome = ["as locked"] * checked.locked + ["within budget"] * bool(checked.budgets)
        return f"{_counted(len(checked.networks), 'network')} {', '.join(outcome)}".strip()
    differ = len({one.network for one in checked.differences if one.spec})
    over = sum(not budget.ok for budget in checked.budgets)
    found = ["another convention"] * any(one.kind == "convention" for one in checked.differences)
    found += [f"{_counted(differ, 'network')} not as locked"] * bool(differ)
    found += [f"{_counted(over, 'budget')} exceeded"] * bool(over)
    return " and ".join(found)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _differences(network: LocalName, found: Sequence[Difference]) -> Grid:
    files = dict.fromkeys(one.place.file for one in found)
    rows = tuple(map(_row, telling(found)))
    return Grid(f"{network.name or 'the lock'} ({', '.join(files)})", _HEADS, rows)


def _row(one: Difference) -> tuple[Cell, ...]:
    ratio = one.ratio
    place = f"{one.place} ({one.cause})" if one.cause else str(one.place)
    return (
        Cell(one.layer, one.layer or ("total" if one.kind == "changed" else units.NONE)),
        Cell(one.quantity, what(one)),
        Cell(one.old, figure(one.old)),
        Cell(one.new, figure(one.new)),
        Cell(one.change, one.note if one.layer and one.note else change(one)),
        Cell(None if ratio is None else float(100 * ratio), percent(ratio)),
        Cell(str(one.place), place),
    )


def what(one: Difference) -> str:
    """What differs, in a word or two."""
    words = {
        "added": "new layer",
        "removed": "layer is gone",
        "renamed": "renamed",
        "new": "no entry in the lock",
        "gone": "no such network any more",
    }
    return words.get(one.kind, one.quantity)


def figure(value: Any) -> str:
    """An old or new figure in print."""
    if value is None:
        return units.NONE
    if isinstance(value, tuple):
        return " ".join(map(units.shape, value)) if isinstance(value[0], tuple) else units.shape(value)
    return units.count(value) if isinstance(value, int | Fraction) else str(value)


def change(one: Difference) -> str:
    """How much a count grew, in print."""
    return units.NONE if one.change is None else f"{one.change:+,}"


def percent(ratio: Fraction | None) -> str:
    """A growth in percent, with its sign.

    >>> percent(Fraction(1, 3)), percent(Fraction(-1, 200)), percent(Fraction(1, 3000)), percent(None)
    ('+33.3%', '-0.5%', '+0.03%', '–')
    """
    if ratio is None:
        return units.NONE
    value = float(100 * ratio)
    digits = next(
        (digits for digits in range(1, 6) if round(value, digits)), 1
    )  # what changed never shows as 0
    return f"{value:+.{digits}f}%"


def _budget_grid(budgets: Iterable[Budgeted]) -> Grid:
    named = {one.network for one in budgets}
    shared = {name for name, times in Counter(one.name for one in named).items() if times > 1}
    rows = tuple(
        (
            Cell(one.spec, str(one.network) if one.spec in shared else one.spec),
            Cell(one.expression, one.expression),
            Cell(one.value, figure(one.value)),
            Cell(one.limit, figure(one.limit)),
            Cell(one.margin, f"{'+' if one.margin > 0 else ''}{figure(one.margin)}"),
            Cell(None, percent(one.share)),
            Cell(one.ok, "ok" if one.ok else "exceeded"),
            Cell(one.source, one.source),
        )
        for one in budgets
    )
    return Grid("Budgets", _BUDGETS, rows)


def _notes(checked: Checked) -> Iterator[str]:
    said = ((one.note, one.spec) for one in checked.differences if one.note and not one.layer)
    for note, specs in _grouped(said):
        named = ", ".join(specs[:5]) + (f" and {len(specs) - 5} more" if len(specs) > 5 else "")
        yield f"{named}: {note}" if named else note
    if checked.differences or checked.budgets:
        yield f"{verdict(checked)}."
    if checked.differences:
        hidden = len(checked.differences) - len(telling(checked.differences))
        if hidden:
            yield f"{hidden} differences that follow from these are left out; --format json has all."
        yield "'archcalc lock' accepts the differences; budgets stay as they are."


def _grouped(pairs: Iterable[tuple[str, str]]) -> Iterable[tuple[str, list[str]]]:
    found: dict[str, dict[str, None]] = {}
    for note, spec in pairs:
        found.setdefault(note, {})[spec] = None
    return [(note, [spec for spec in specs if spec]) for note, specs in found.items()]


def sentence(one: Difference) -> str:
    """A difference in one printable line, for an annotation.

    >>> from archcalc.results.check import Place
    >>> sentence(Difference("changed", "net", "conv1", "macs", 200, 250, Place("net.yaml", 4, 5)))
    'net conv1: macs 200 -> 250 (+50, +25.0%)'
    """
    where = f"{one.spec} {one.layer or 'total' * (one.kind == 'changed')}".strip() or "the lock"
    return printable(f"{where}: {_said(one)}")


def _said(one: Difference) -> str:
    if one.kind in ("changed", "convention"):
        grown = f" ({change(one)}, {percent(one.ratio)})" if one.change is not None else ""
        return f"{one.quantity} {figure(one.old)} -> {figure(one.new)}{grown}"
    if one.kind == "renamed":
        return f"was {one.old}"
    return f"{what(one)}{f' ({one.note})' if one.layer else ''}"


SIDES = {"<=": "over", "<": "over", ">=": "short of", ">": "short of", "==": "off"}
"""On which side of its limit a value is that should not be there."""


def budget_sentence(one: Budgeted) -> str:
    """A budget in one printable line.

    >>> from archcalc.results.check import Place
    >>> budget_sentence(Budgeted("net", "depth >= 8", 6, ">=", 8, False, Place("net.yaml"), "--max"))
    'net: depth >= 8: 6, 2 (25.0%) short of 8'
    """
    margin, side = figure(abs(one.margin)), "left of" if one.ok else SIDES[one.symbol]
    share = percent(abs(one.share) if one.share is not None else None).lstrip("+")
    says = f"{figure(one.value)}, {margin} ({share}) {side} {figure(one.limit)}"
    return printable(f"{one.spec}: {one.expression}: {says}")


def suites(checked: Checked) -> list[Suite]:
    """What was found as suites of JUnit: a case for every network's lock, and for every budget."""
    found = dict.fromkeys(checked.networks, ()) | checked.by_network()
    lock = [
        Case(
            "lock",
            str(network),
            tuple(Failure(one.kind, sentence(one), str(one.place)) for one in telling(differ)),
        )
        for network, differ in found.items()
    ]
    budgets = [
        Case(
            str(one.network),
            one.expression,
            () if one.ok else (Failure("budget", budget_sentence(one), str(one.place)),),
        )
        for one in checked.budgets
    ]
    return [Suite("lock", tuple(lock)), *([Suite("budgets", tuple(budgets))] if budgets else [])]
