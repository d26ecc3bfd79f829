"""Costs of networks in tests: ``assert_costs`` fails with a table of what differs. Needs no test framework."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, NamedTuple, TypeAlias

import archcalc
from archcalc.errors import ArchcalcError, did_you_mean
from archcalc.guard.budgets import SYMBOLS, parse_budget
from archcalc.language.printed import Figure, judge, read
from archcalc.network import Network
from archcalc.render import units
from archcalc.render.check import percent
from archcalc.render.formats import render
from archcalc.render.grid import Cell, Grid, Head, Page, Report
from archcalc.results import Analysis, Layer, Totals
from archcalc.studies.audit.lookup import TEXTS, FigureLookup

Number: TypeAlias = int | Fraction

_HEADS = (
    Head("layer", "layer", numeric=False),
    Head("figure", "figure", numeric=False),
    Head("expected", "expected"),
    Head("actual", "actual"),
    Head("difference", "difference"),
    Head("percent", "percent"),
)


class _Miss(NamedTuple):
    """A figure that is not as expected; ``aim`` is the number that it should be, or should stay within."""

    layer: str
    figure: str
    expected: Any
    actual: Any
    aim: Number | None = None


def assert_costs(
    target: str | Network | Analysis,
    settings: Mapping[str, Any] | None = None,
    *,
    layers: Mapping[str, Mapping[str, Any]] | None = None,
    **figures: Any,
) -> None:
    """Assert what a network costs: ``figures`` are its totals, ``layers`` has those of layers and scopes by path.

    ``target`` is a name, a path to a spec, a network or an analysis. A whole number or a shape must be the exact
    one; a text is a figure as papers print it, which the exact one must round to (``"25.6M"``), or a limit in the
    language of budgets (``"<= 25M"``, ``"< 1.05 * 24M"``). Raises AssertionError with every figure that differs,
    ValueError for a figure that there is none of, TypeError for what no figure can be compared with, and as
    ``archcalc.load``.

    >>> assert_costs("alexnet", params="62.4M", depth=8, macs="<= 1.2G")
    >>> assert_costs("alexnet", layers={"conv1": {"params": 34_944, "output": (55, 55, 96)}})
    >>> assert_costs("alexnet", params=60_000_000, layers={"fc6": {"output": (4069,)}})
    Traceback (most recent call last):
    AssertionError: alexnet: 2 figures are not as expected
    <BLANKLINE>
    layer  figure    expected      actual  difference  percent
    ----------------------------------------------------------
    total  params  60,000,000  62,378,344  +2,378,344    +4.0%
    fc6    output        4069        4096           –        –
    """
    __tracebackhide__ = True
    if settings and not isinstance(target, str):
        raise TypeError("settings are for a spec; a network or an analysis has its own already")
    analysis = target if isinstance(target, Analysis) else archcalc.analyze(target, settings)
    missed = [
        miss
        for layer, asked in {"": figures, **(layers or {})}.items()
        for miss in _missed(analysis, layer, asked)
    ]
    if missed:
        raise AssertionError(_table(analysis.network, missed))


def _missed(analysis: Analysis, layer: str, asked: Mapping[str, Any]) -> Iterator[_Miss]:
    found = FigureLookup(analysis, layer)
    if not found.has_layer():
        hint = did_you_mean(layer, [one.path for one in analysis.layers])
        yield _Miss(layer, "", "a layer", f"none{f' ({hint})' if hint else ''}")
        return
    for name, expected in asked.items():
        if name not in found:
            raise ValueError(_unknown(analysis, layer, name))
        ok, aim = _judged(f"{layer}: {name}" if layer else name, name, expected, found)
        if not ok:
            yield _Miss(layer, name, expected, found[name], aim)


def _unknown(analysis: Analysis, layer: str, name: str) -> str:
    own = next((list(one.options) for one in analysis.layers if one.path == layer), [])
    known = {*Layer._fields, "params", *own} if layer else {*Totals._fields, *TEXTS}
    hint = did_you_mean(name, known - {name})  # what there is, but not for this network, is no way out
    of = f"{layer} of {analysis.network}" if layer else analysis.network
    return f"{of} has no figure '{name}'{f' ({hint})' if hint else ''}"


def _judged(where: str, name: str, expected: Any, figures: FigureLookup) -> tuple[bool, Number | None]:
    """Whether a figure is as expected, and which number that is. Raises TypeError, ValueError for what it cannot be."""
    actual = figures[name]
    if not isinstance(expected, str):
        if _kind(expected) is None or _kind(expected) != _kind(actual):
            raise TypeError(f"{where} is {_print(actual)}, which is never equal to {expected!r}")
        return actual == (tuple(expected) if isinstance(expected, list) else expected), _number(expected)
    try:
        if expected.lstrip().startswith(SYMBOLS):
            budget = parse_budget(f"{name} {expected}")
            value, limit = budget.sides(figures)
            return budget.holds(value, limit), limit
        return judge(expected, actual) != "disagrees", _number_of(expected, actual)
    except (ArchcalcError, ValueError) as error:
        raise ValueError(f"{where}: {error}") from None


def _kind(value: Any) -> str | None:
    """What a figure is; only those of one kind can be equal."""
    if isinstance(value, bool):
        return "statement"
    if isinstance(value, int | Fraction):
        return "number"
    return "shape" if isinstance(value, list | tuple) else "word" if isinstance(value, str) else None


def _number(value: Any) -> Number | None:
    return value if _kind(value) == "number" else None


def _number_of(text: str, actual: Any) -> Number | None:
    """The number that a printed figure says, if it is about one."""
    figure = read(text) if _kind(actual) == "number" else None
    return figure.value if isinstance(figure, Figure) else None


def _table(network: str, missed: list[_Miss]) -> str:
    count = f"{len(missed)} figure{' is' if len(missed) == 1 else 's are'} not as expected"
    grid = Grid(f"{network}: {count}", _HEADS, tuple(map(_row, missed)))
    return render("plain", Report(lambda: grid, dict), Page()).rstrip("\n")


def _row(miss: _Miss) -> tuple[Cell, ...]:
    change = None if miss.aim is None else miss.actual - miss.aim
    grown = units.NONE if change is None else f"{'+' if change > 0 else ''}{units.count(_whole(change))}"
    share = percent(Fraction(change) / miss.aim if change is not None and miss.aim else None)
    texts = (
        miss.layer or "total",
        miss.figure or units.NONE,
        _print(miss.expected),
        _print(miss.actual),
        grown,
        share,
    )
    return tuple(Cell(text, text) for text in texts)


def _whole(value: Number) -> Number:
    return int(value) if value == int(value) else value


def _print(value: Any) -> str:
    """A figure as text.

    >>> _print(1234), _print((55, 55, 96)), _print("25.6M"), _print(True)
    ('1,234', '55x55x96', '25.6M', 'True')
    """
    if _kind(value) == "shape" and all(isinstance(one, int) for one in value):
        return units.shape(value)
    return units.count(value) if _kind(value) == "number" else str(value)
