"""Which convention gives the numbers of a document, row by row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from archcalc.classroom.published import PublishedNumber, network_named, numbers_in
from archcalc.classroom.read.source import read_submission
from archcalc.conventions.tools import tool_convention, tool_names
from archcalc.errors import ArchcalcError, Source, did_you_mean, one_of, printable
from archcalc.language.find import load
from archcalc.language.printed import figure_agreement
from archcalc.language.settings import Settings, settings_of
from archcalc.results.conventions import ExplainedNumber, JudgedDocument, JudgedRow
from archcalc.studies.library import names
from archcalc.studies.listing import list_networks
from archcalc.studies.number_search import NumberSearch, same_network

MOST_NAMED = 4
"""The most networks that are named in a message."""


def judge_document(path: str, network: str = "", settings: Settings | None = None) -> JudgedDocument:
    """Judge every number of a table of models, or the totals that a tool has printed for a network.

    Without a ``network``, a print is taken as that of the network with its parameters. Raises ArchcalcError
    for a file without such numbers, and for a print of a network that nobody named.
    """
    source: Source = read_submission(path)
    found, file = numbers_in(source), printable(source.name)
    changed = settings_of(settings)
    numbers, tool = found.numbers, found.printed.tool if found.printed else ""
    if network:
        load(network)  # an unknown network is refused
    elif found.without_network:
        raise ArchcalcError(f"{file}: which network has these numbers? archcalc reconcile NETWORK {file}")
    if found.printed:
        network = network or _with_params(numbers, file, tool)
        numbers = [number._replace(network=network) for number in numbers]
    elif network:
        numbers = [_about(number, network) for number in numbers]
    judged = [_judged(number, changed, tool) for number in numbers]
    return JudgedDocument(source.name, tuple(_likely_first(judged, tool)), tool, tuple(found.not_judged))


def _about(number: PublishedNumber, network: str) -> PublishedNumber:
    """The number as one of a network, unless its row names another one."""
    named = network_named(number.network)
    is_other = named and not _is_same(named, network)
    return number if is_other else number._replace(network=network)


def _is_same(name: str, other: str) -> bool:
    """Whether two names mean one network, perhaps in other forms."""
    (spec, variant), (other_spec, other_variant) = load(name), load(other)
    is_one = spec.source.name == other_spec.source.name
    return is_one and same_network(spec, variant) == same_network(spec, other_variant)


def _with_params(numbers: Sequence[PublishedNumber], file: str, tool: str) -> str:
    """The network that has the parameters of a print. Raises ArchcalcError if none or several are meant."""
    params = next((one.number.figure for one in numbers if one.number.counts == "params"), None)
    known = list_networks().networks if params else ()
    meant = [one.name for one in known if params and figure_agreement(params, one.params) != "disagrees"]
    operations = [one for one in numbers if one.number.counts == "operations"]
    if len(meant) > 1 and operations:
        right = [
            name for name in meant if all(_explained(name, one, {}, tool).explanations for one in operations)
        ]
        meant = right or meant
    if len(meant) != 1:
        found = f"it may be {one_of(meant[:MOST_NAMED])}" if meant else "no network here has its params"
        raise ArchcalcError(f"{file}: which network is this? {found}: archcalc reconcile NETWORK {file}")
    return meant[0]


def _judged(number: PublishedNumber, settings: Mapping[str, Any], tool: str) -> JudgedRow:
    name = network_named(number.network)
    row = JudgedRow(number.line, name or number.network, number.column, number.number.text)
    if not name:
        hint = did_you_mean(number.network, names())
        return row._replace(why=f"unknown network{f' ({hint})' if hint else ''}")
    size = {"size": number.size} if number.size and "size" not in settings else {}
    return row._replace(explained=_explained(name, number, {**settings, **size}, tool))


def _explained(name: str, number: PublishedNumber, settings: Mapping[str, Any], tool: str) -> ExplainedNumber:
    """The explanations of a number; one that a tool has printed is judged by what that tool counts."""
    return _search(name, tuple(settings.items())).explain(number.number, tools=_conventions_of(tool))


def _conventions_of(tool: str) -> frozenset[str]:
    """The conventions of a tool; none for a tool that only counts params."""
    return frozenset(name for name in tool_names() if tool and tool_convention(name).tool == tool)


@cache
def _search(name: str, settings: tuple[tuple[str, Any], ...]) -> NumberSearch:
    spec, variant = load(name, strict=True)
    usual = spec.bind(variant).settings
    given = dict(settings)
    # The size of the input of a sequence is its length. One that the network does not have says nothing.
    size = given.pop("size", None)
    name_of_size = next((key for key in ("size", "tokens") if key in usual), "")
    if size is not None and usual.get(name_of_size) not in (None, size):
        given = {name_of_size: size, **given}
    return NumberSearch(spec, variant, given)


def _likely_first(rows: Sequence[JudgedRow], tool: str) -> list[JudgedRow]:
    """The rows, with the explanation first that is by the tool of a print, else the one whose convention
    explains most numbers of the same column.
    """
    told = Counter((row.column, name) for row in rows for name in row.conventions)
    own = _conventions_of(tool)

    def place(row: JudgedRow, name: str) -> tuple[bool, int]:
        return name not in own, -told[row.column, name]

    def likely(row: JudgedRow) -> JudgedRow:
        if not row.explained or not row.explained.explanations:
            return row
        ranked = sorted(row.explained.explanations, key=lambda one: place(row, one.counted.convention))
        return row._replace(explained=row.explained._replace(explanations=ranked))

    return [likely(row) for row in rows]
