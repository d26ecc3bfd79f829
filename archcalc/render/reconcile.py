"""A network by every convention, and the explanations of numbers, as tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archcalc.render import units
from archcalc.render.convention_list import UNITS
from archcalc.render.grid import Cell, Grid, Head
from archcalc.render.report import Report
from archcalc.render.sums import as_sum
from archcalc.results.conventions import (
    CountTable,
    ExplainedNumber,
    Explanation,
    NetworkCount,
    Reconciliation,
)

_COUNTS = (
    Head("convention", "convention", numeric=False, keep=100),
    Head("calls", "its number", numeric=False, keep=80),
    Head("unit", "counts", numeric=False, keep=60),
    Head("total", "total", keep=95),
    Head("gap", "more than our number", keep=70),
    Head("parts", "sum", numeric=False, keep=50, least=20),
)
_EXPLANATIONS = (
    Head("number", "number", numeric=False, keep=95),
    Head("convention", "convention", numeric=False, keep=100),
    Head("calls", "its number", numeric=False, keep=70),
    Head("value", "value", keep=90),
    Head("agrees", "agrees", numeric=False, keep=80),
    Head("network", "network", numeric=False, keep=85),
)


MOST = 8
"""The most explanations of a number that are shown to people."""

MOST_SIBLINGS = 2


def table(counted: CountTable) -> Report:
    """A network by every convention as a report."""

    def grid() -> Grid:
        title = f"{counted.network}: {counted.title}, input {units.shape(counted.input)}, by convention"
        rows = tuple(_count_row(count) for count in counted.counts)
        return Grid(title, _COUNTS, rows, notes=tuple(_notes(counted)))

    return Report(grid, counted.as_json)


def _count_row(count: NetworkCount) -> tuple[Cell, ...]:
    more = count.total - count.own
    return (
        Cell(count.convention, count.convention),
        Cell(count.calls, count.calls),
        Cell(count.unit, UNITS[count.unit]),
        Cell(count.total, f"{count.total:,}"),
        Cell(more, f"{more:+,}" if more else "0"),
        Cell(as_sum(count.parts), as_sum(count.parts)),
    )


def _notes(counted: CountTable) -> Iterator[str]:
    if counted.not_in_tools:
        ops = ", ".join(counted.not_in_tools)
        yield f"What tools count of these ops was not confirmed, so no tool is listed: {ops}."
    elif counted.left_out:
        tools = ", ".join(f"{name} ({_few(ops)})" for name, ops in counted.left_out)
        yield f"Left out, as no rule for these ops could be confirmed: {tools}."
    yield "How each of them counts: archcalc conventions NAME."


def _few(ops: Sequence[str]) -> str:
    """The first ops of a list, and how many more there are."""
    more = f" and {len(ops) - 2} more" if len(ops) > 3 else ""
    return ", ".join(ops[:2] if more else ops) + more


def report(reconciled: Reconciliation) -> Report:
    """The explanations of numbers as a report; records are one table of all numbers."""

    def grid() -> Grid:
        first, *others = [_number_grid(reconciled, number) for number in reconciled.numbers]
        found = [one for number in reconciled.numbers for one in number.explanations[:MOST]]
        facts = tuple(dict.fromkeys(map(_gap, found)))
        return first._replace(also=tuple(others), facts=facts, notes=_advice(reconciled))

    return Report(grid, reconciled.as_json, lambda: _records(reconciled))


def _records(reconciled: Reconciliation) -> Grid:
    rows = [row for number in reconciled.numbers for row in _rows(number, number.explanations)]
    return Grid("", _EXPLANATIONS, tuple(rows))


def _number_grid(reconciled: Reconciliation, number: ExplainedNumber) -> Grid:
    found, read_as = number.explanations, f" (read as {number.read_as})" if number.read_as else ""
    if not found:
        near = "; the nearest are" if number.nearest else ", and no convention comes near it"
        title = f"{reconciled.network}: nothing explains {number.number}{read_as}{near}"
        return Grid(title, _EXPLANATIONS[1:], _shown(number, number.nearest), tone="bad")
    ways = "1 explanation" if len(found) == 1 else f"{len(found)} explanations"
    more = f"; the first {MOST} are" if len(found) > MOST else ""
    title = f"{reconciled.network}: {ways} of {number.number}{read_as}{more}"
    return Grid(title, _EXPLANATIONS[1:], _shown(number, found[:MOST]), tone="good")


def _shown(number: ExplainedNumber, found: Sequence[Explanation]) -> tuple[tuple[Cell, ...], ...]:
    return tuple(row[1:] for row in _rows(number, found))


def _rows(number: ExplainedNumber, found: Sequence[Explanation]) -> Iterator[tuple[Cell, ...]]:
    for one in found:
        agrees = "exactly" if one.exact else "as printed" if number.explanations else "no"
        network = form_of(one)
        yield (
            Cell(number.number, number.number),
            Cell(one.counted.convention, one.counted.convention),
            Cell(one.counted.calls, one.counted.calls),
            Cell(one.value, f"{one.value:,}"),
            Cell(agrees, agrees),
            Cell(network, network),
        )


def form_of(one: Explanation) -> str:
    """The network of an explanation, with what differs from its defaults."""
    changes = [
        *(f"{name}={value}" for name, value in one.settings.items()),
        *[one.way] * bool(one.way),
        *["with auxiliary heads"] * one.aux,
        *[f"batch {one.batch}"] * (one.batch != 1),
        *[f"{one.passes} passes (training)"] * (one.passes != 1),
    ]
    return ", ".join([one.network, *changes])


def _gap(one: Explanation) -> tuple[str, str]:
    """How the count differs from our own, as a sum of named parts."""
    counted = one.counted
    own, more = f"our {UNITS[counted.unit]}: {counted.own:,}", counted.total - counted.own
    return counted.convention, f"{own}; {more:+,} = {as_sum(counted.gap)}" if more else f"as {own}"


def _advice(reconciled: Reconciliation) -> tuple[str, ...]:
    """What else can be seen, and what else can be tried for a number that nothing explains."""
    notes = [note for number in reconciled.numbers for note in _hints(number)]
    if not reconciled.ok:
        more = (
            "with three digits also other sizes, classes and tokens; with four also batches, training, and "
        )
        more += "two changes at once"
        tried = "every convention, other forms of the network and auxiliary heads"
        notes.append(f"Tried: {tried}; {more}.")
    return tuple(notes)


def _hints(number: ExplainedNumber) -> Iterator[str]:
    more = len(number.explanations) - MOST
    if more > 0:
        yield f"and {more} more of {number.number}: --format json or csv has all."
    if number.meant:
        yield f"{number.number} has no unit: did you mean {number.meant}?"
    if number.siblings:
        yield f"{number.number} is a number of {siblings_of(number)}: another network of the family."


def siblings_of(number: ExplainedNumber) -> str:
    """The other networks of the family that have a number, and by which convention."""
    return " and ".join(
        f"{one.network} ({one.counted.convention})" for one in number.siblings[:MOST_SIBLINGS]
    )
