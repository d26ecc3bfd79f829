"""``assert_costs`` for tests: it fails with a table of the figures that differ. Needs no test framework."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, NamedTuple, TypeAlias

import archcalc
from archcalc.errors import ArchcalcError, did_you_mean
from archcalc.guard.budgets import SYMBOLS, parse_budget
from archcalc.language.find import Target
from archcalc.language.printed import Figure, agreement, read_figure
from archcalc.network import Network
from archcalc.render import units
from archcalc.render.check import percent
from archcalc.render.formats import render
from archcalc.render.grid import Cell, Grid, Head
from archcalc.render.report import Page, Report
from archcalc.results import Analysis
from archcalc.studies.audit.lookup import LAYER_FIELDS, TEXTS, FigureLookup

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
    """A figure that is not as expected; ``aim`` is the expected number, or the limit."""

    layer: str
    figure: str
    expected: Any
    actual: Any
    aim: Number | None = None


def assert_costs(
    target: Target | Network | Analysis,
    settings: Mapping[str, Any] | None = None,
    *,
    layers: Mapping[str, Mapping[str, Any]] | None = None,
    **figures: Any,
) -> None:
    """Assert the costs of a network.

    ``figures`` are totals; ``layers`` has figures of layers or scopes, by path.
    ``target`` is a name, a path to a spec, a network or an analysis; ``settings`` belong to the spec.
    An expected figure is one of these:

    * a whole number or a shape, which must be exact;
    * a printed figure such as ``"25.6M"``: the exact figure must round to it;
    * a limit in the language of budgets, such as ``"<= 25M"`` or ``"< 1.05 * 24M"``.

    Raises AssertionError with every figure that differs, ValueError for an unknown figure, TypeError for a
    value that cannot equal the figure, and the errors of ``archcalc.load``.

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
    __tracebackhide__ = True  # pytest then shows the line of the test, not of this function
    if settings and isinstance(target, Network | Analysis):
        raise TypeError("settings apply to a spec; a network or an analysis already has its own")
    analysis = target if isinstance(target, Analysis) else archcalc.analyze(target, settings)
    misses = [
        miss
        for layer, expected in {"": figures, **(layers or {})}.items()
        for miss in _misses(analysis, layer, expected)
    ]
    if misses:
        raise AssertionError(_table(analysis.network, misses))


def _misses(analysis: Analysis, layer: str, expected_figures: Mapping[str, Any]) -> Iterator[_Miss]:
    """The figures of one layer, or the totals, that are not as expected."""
    figures = FigureLookup(analysis, layer)
    if not figures.has_layer():
        hint = did_you_mean(layer, [row.path for row in analysis.layers])
        yield _Miss(layer, "", "a layer", f"none{f' ({hint})' if hint else ''}")
        return
    for name, expected in expected_figures.items():
        if name not in figures:
            raise ValueError(_unknown(analysis, layer, name))
        where = f"{layer}: {name}" if layer else name
        is_ok, aim = _matches(where, name, expected, figures)
        if not is_ok:
            yield _Miss(layer, name, expected, figures[name], aim)


def _unknown(analysis: Analysis, layer: str, name: str) -> str:
    options = next((list(row.options) for row in analysis.layers if row.path == layer), [])
    names = {*LAYER_FIELDS, *options} if layer else {*analysis.totals.figures, *TEXTS}
    # The name itself may be a field that has no value for this network; it would be no help as a hint.
    hint = did_you_mean(name, names - {name})
    of = f"{layer} of {analysis.network}" if layer else analysis.network
    return f"{of} has no figure '{name}'{f' ({hint})' if hint else ''}"


def _matches(where: str, name: str, expected: Any, figures: FigureLookup) -> tuple[bool, Number | None]:
    """Whether a figure is as expected, and the expected number or limit.

    Raises TypeError for a value of another kind, ValueError for a text that cannot be read.
    """
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
        return agreement(expected, actual) != "disagrees", _number_of(expected, actual)
    except (ArchcalcError, ValueError) as error:
        raise ValueError(f"{where}: {error}") from None


def _kind(value: Any) -> str | None:
    """The kind of a figure; two figures of different kinds are never equal."""
    if isinstance(value, bool):  # before the numbers: True would equal 1
        return "statement"
    if isinstance(value, int | Fraction):
        return "number"
    return "shape" if isinstance(value, list | tuple) else "word" if isinstance(value, str) else None


def _number(value: Any) -> Number | None:
    return value if _kind(value) == "number" else None


def _number_of(text: str, actual: Any) -> Number | None:
    """The number in a printed figure; None if the actual figure is not a number."""
    figure = read_figure(text) if _kind(actual) == "number" else None
    return figure.value if isinstance(figure, Figure) else None


def _table(network: str, misses: list[_Miss]) -> str:
    count = f"{len(misses)} figure{' is' if len(misses) == 1 else 's are'} not as expected"
    grid = Grid(f"{network}: {count}", _HEADS, tuple(map(_row, misses)))
    return render("plain", Report(lambda: grid, dict), Page()).rstrip("\n")


def _row(miss: _Miss) -> tuple[Cell, ...]:
    # Only numbers have a distance; for a shape or a word the two columns stay empty.
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
    if _kind(value) == "shape" and all(isinstance(size, int) for size in value):
        return units.shape(value)
    return units.count(value) if _kind(value) == "number" else str(value)
