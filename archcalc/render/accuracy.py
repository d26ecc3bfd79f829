"""Published accuracies in tables of networks: their columns, the protocol that they share, their sources."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from archcalc.errors import ArchcalcError, one_of
from archcalc.render.networks import NetworkColumn, NetworkRow
from archcalc.results.accuracy import MEASURES, PublishedAccuracy, choose_protocol, protocol_of

PRIORITY = 72
"""Of the first measure, for narrow terminals; the others follow."""


def _percent(measure: str) -> Callable[[NetworkRow], str]:
    return lambda row: row.accuracy.percent(measure) if row.accuracy else ""


def _column(key: str, header: str, priority: int) -> NetworkColumn:
    what = header if "error" in header else f"{header} accuracy"
    return NetworkColumn(key, header, f"published {what}, in percent", _percent(key), "percent", priority)


ACCURACY_COLUMNS = tuple(
    _column(key, header, PRIORITY - place) for place, (key, header) in enumerate(MEASURES.items())
)


def _of_entry(key: str) -> NetworkColumn:
    return NetworkColumn(key, key, key, lambda row: getattr(row.accuracy, key, None), "word")


def with_origin(columns: Sequence[NetworkColumn]) -> list[NetworkColumn]:
    """The columns of records: behind accuracies stand their protocol and source."""
    return [*columns, *map(_of_entry, ("protocol", "source") if measures_of(columns) else ())]


def measures_of(columns: Sequence[NetworkColumn]) -> list[str]:
    """The measures of accuracy among the columns."""
    return [column.key for column in columns if column.key in MEASURES]


def shown_protocol(
    accuracies: Sequence[Sequence[PublishedAccuracy]], asked: str | None, columns: Sequence[NetworkColumn]
) -> str:
    """The protocol of the accuracies in a table with these columns; ``accuracies`` are those of each network.

    Raises ArchcalcError for a protocol that no network has, or that no column can show.
    """
    if asked is not None and not measures_of(columns):
        raise ArchcalcError(f"a protocol needs a column of accuracies: {one_of(list(MEASURES))}")
    return choose_protocol(asked, accuracies, measures_of(columns))


def accuracy_facts(
    rows: Sequence[NetworkRow], columns: Sequence[NetworkColumn], protocol: str
) -> tuple[tuple[str, str], ...]:
    """By which protocol the networks were tested, and who says so; nothing without a column of accuracies."""
    measures = measures_of(columns)
    if not measures:
        return ()
    facts = [("accuracy", protocol or "none is published")]
    for row in rows:
        if row.accuracy is not None and any(map(row.accuracy.percent, measures)):
            sizes = row.accuracy.protocol.removeprefix(protocol_of(row.accuracy)).strip()
            at = f", at {sizes}" if sizes else ""
            facts.append(("", f"{row.label}{at}: {row.accuracy.source}{_turned(row.accuracy, measures)}"))
    return tuple(facts)


def _turned(accuracy: PublishedAccuracy, measures: Sequence[str]) -> str:
    """Says that a measure is 100 minus what is printed."""
    if all(getattr(accuracy, measure) or not accuracy.percent(measure) for measure in measures):
        return ""
    return "; 100 minus the accuracy" if accuracy.top1 or accuracy.top5 else "; 100 minus the error"
