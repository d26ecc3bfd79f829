"""What the commands ``conventions`` and ``reconcile`` answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from archcalc.conventions import Convention
from archcalc.conventions.tool import ToolConvention
from archcalc.ops.frozen import Record, record
from archcalc.results.printable import Printable
from archcalc.results.values import plain

FORMAT = 1


class CountPart(NamedTuple):
    """A named part of a count: ``factor`` times ``amount``. ``op`` is empty for a part of several ops."""

    term: str
    factor: int
    amount: int
    op: str = ""

    @property
    def value(self) -> int:
        """What it adds to the sum."""
        return self.factor * self.amount

    def as_json(self) -> dict[str, Any]:
        """The part in the JSON of ``archcalc reconcile``."""
        return {"term": self.term, "count": self.amount, "factor": self.factor, "value": self.value}


class NetworkCount(NamedTuple):
    """A network counted by a convention: the total, and the parts that add up to it.

    ``unit`` says what our own number is that it is compared with: ``macs``, ``flops`` or ``params``. ``gap``
    are the parts that must be added to our number to get the total.
    """

    convention: str
    version: str
    calls: str
    unit: str
    total: int
    parts: Sequence[CountPart]
    own: int
    gap: Sequence[CountPart]

    def as_json(self) -> dict[str, Any]:
        """The count in the JSON of ``archcalc reconcile``."""
        facts = {
            key: getattr(self, key) for key in ("convention", "version", "calls", "unit", "total", "own")
        }
        parts = [part.as_json() for part in self.parts]
        return {**facts, "parts": parts, "gap": [part.as_json() for part in self.gap]}


@record
class ConventionList(Printable, Record):
    """Our own convention, and those of other tools by name."""

    own: Convention
    tools: tuple[ToolConvention, ...]

    def as_json(self) -> list[dict[str, Any]]:
        """The JSON of ``archcalc conventions``."""
        own = {"name": self.own.name, "version": str(self.own.version), "unit": "flops", "calls": "FLOPs"}
        return [{**own, "says": " ".join(self.own.says())}, *map(_facts, self.tools)]


def _facts(convention: ToolConvention) -> dict[str, Any]:
    return {key: getattr(convention, key) for key in ("name", "version", "unit", "calls", "says")}


@record
class ExplainedConvention(Printable, Record):
    """The convention of a tool, and what it gives for a network that everybody knows."""

    convention: ToolConvention
    example: NetworkCount
    network: str

    __hash__ = None  # type: ignore[assignment]  # the formulas are a mapping

    def as_json(self) -> dict[str, Any]:
        """The JSON of ``archcalc conventions NAME``."""
        facts: dict[str, Any] = plain(self.convention._asdict())
        return {"format": FORMAT, **facts, "example": {"network": self.network, **self.example.as_json()}}


@record
class CountTable(Printable, Record):
    """A network counted by every convention, the smallest number first.

    ``not_in_tools`` are its ops of which we do not know what any tool counts; then only our own numbers are
    left. ``left_out`` has the tools that are not in the table, with the ops for which we know no rule of
    theirs.
    """

    network: str
    title: str
    input: tuple[int, ...]
    counts: tuple[NetworkCount, ...]
    not_in_tools: tuple[str, ...] = ()
    left_out: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The JSON of ``archcalc reconcile NETWORK``."""
        counts = [count.as_json() for count in self.counts]
        head = {"format": FORMAT, "network": self.network, "input": list(self.input)}
        left_out = {name: list(ops) for name, ops in self.left_out}
        missing = {"not_in_tools": list(self.not_in_tools), "left_out": left_out}
        return {**head, "conventions": counts, **missing}


class Explanation(NamedTuple):
    """A way to get a number: a convention, and what differs from the network as it was named.

    ``batch`` and ``passes`` (training as three forward passes) multiply the count. ``exact`` is false for a
    number that agrees to its printed digits only. ``way`` says how the model is written in PyTorch, if not as
    torchvision writes it.
    """

    network: str
    settings: Mapping[str, Any]
    way: str
    aux: bool
    batch: int
    passes: int
    counted: NetworkCount
    value: int
    exact: bool

    def as_json(self) -> dict[str, Any]:
        """The explanation in the JSON of ``archcalc reconcile``."""
        facts = {"convention": self.counted.convention, "network": self.network}
        how = {"settings": plain(dict(self.settings)), "batch": self.batch, "aux": self.aux, "way": self.way}
        return {**facts, **how, "passes": self.passes, "value": self.value, "exact": self.exact}


class ExplainedNumber(NamedTuple):
    """A number, and the ways to get it; if there is none, the nearest.

    ``read_as`` says how the number was read, if its unit has two meanings: ``528MiB`` for 528MB. For a number
    that nothing explains, ``siblings`` are other networks of the family that have it, and ``meant`` is the
    number with a unit that may be missing.
    """

    number: str
    explanations: Sequence[Explanation]
    nearest: Sequence[Explanation]
    read_as: str = ""
    siblings: Sequence[Explanation] = ()
    meant: str = ""

    def as_json(self) -> dict[str, Any]:
        """The number in the JSON of ``archcalc reconcile``."""
        best = self.explanations[0].counted.gap if self.explanations else ()
        return {
            "number": self.number,
            "explanations": [one.as_json() for one in self.explanations],
            "gap": [part.as_json() for part in best],
            "nearest": [one.as_json() for one in self.nearest],
            "read_as": self.read_as,
            "siblings": [one.as_json() for one in self.siblings],
            "did_you_mean": self.meant,
        }


@record
class Reconciliation(Printable, Record):
    """Numbers for a network, each explained or not."""

    network: str
    title: str
    numbers: tuple[ExplainedNumber, ...]

    __hash__ = None  # type: ignore[assignment]  # settings are a mapping

    @property
    def ok(self) -> bool:
        """Whether every number is explained."""
        return all(number.explanations for number in self.numbers)

    def as_json(self) -> dict[str, Any]:
        """The JSON of ``archcalc reconcile NETWORK NUMBER``; the keys of a single number stand at the top."""
        numbers = [number.as_json() for number in self.numbers]
        head = {"format": FORMAT, "network": self.network}
        return {**head, **numbers[0]} if len(numbers) == 1 else {**head, "numbers": numbers}


class JudgedRow(NamedTuple):
    """A number of a document: its explanations, or ``why`` it was not judged."""

    line: int
    network: str
    column: str
    number: str
    explained: ExplainedNumber | None = None
    why: str = ""

    @property
    def ok(self) -> bool:
        """Whether the number is explained."""
        return bool(self.explained and self.explained.explanations)

    @property
    def conventions(self) -> tuple[str, ...]:
        """The conventions that give the number, each once."""
        found = self.explained.explanations if self.explained else ()
        return tuple(dict.fromkeys(one.counted.convention for one in found))

    def as_json(self) -> dict[str, Any]:
        """A row in the JSON of ``archcalc reconcile FILE``."""
        told = (self.explained or ExplainedNumber(self.number, (), ())).as_json()
        facts = {"line": self.line, "network": self.network, "column": self.column, "number": self.number}
        return {**facts, "ok": self.ok, "why": self.why, **told, "number": self.number}


class NotJudged(NamedTuple):
    """A row, a table or a line of a document without a number that can be judged, and why."""

    line: int
    text: str
    why: str


class JudgedColumn(NamedTuple):
    """A column of a document: how many numbers it has, and how many of them each convention gives."""

    column: str
    numbers: int
    conventions: Mapping[str, int]


@record
class JudgedDocument(Printable, Record):
    """The numbers of models in a document, each explained or not; ``tool`` is the program that printed it.

    ``not_judged`` are the rows and tables about numbers of which none is judged.
    """

    file: str
    judged: tuple[JudgedRow, ...]
    tool: str = ""
    not_judged: tuple[NotJudged, ...] = ()

    __hash__ = None  # type: ignore[assignment]  # settings are a mapping

    @property
    def ok(self) -> bool:
        """Whether every number is explained."""
        return all(row.ok for row in self.judged)

    @property
    def columns(self) -> list[JudgedColumn]:
        """What each column counts; the conventions that give most of its numbers come first."""
        found = []
        for column in dict.fromkeys(row.column for row in self.judged):
            rows = [row for row in self.judged if row.column == column]
            told = Counter(name for row in rows for name in row.conventions)
            found.append(JudgedColumn(column, len(rows), dict(told.most_common())))
        return found

    def as_json(self) -> dict[str, Any]:
        """The JSON of ``archcalc reconcile FILE``."""
        rows = [row.as_json() for row in self.judged]
        columns = [column._asdict() for column in self.columns]
        head = {"format": FORMAT, "file": self.file, "tool": self.tool, "ok": self.ok}
        others = [part._asdict() for part in self.not_judged]
        return {**head, "rows": rows, "columns": plain(columns), "not_judged": others}
