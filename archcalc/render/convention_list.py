"""The conventions as a table, and one of them explained."""

from __future__ import annotations

from archcalc.conventions.tool import NAMES, OTHERS, ToolConvention
from archcalc.render.grid import Cell, Grid, Head
from archcalc.render.report import Report
from archcalc.render.sums import as_sum
from archcalc.results.conventions import ConventionList, ExplainedConvention

_LIST = (
    Head("name", "convention", numeric=False, keep=100),
    Head("version", "version", numeric=False, keep=40),
    Head("calls", "its number", numeric=False, keep=80),
    Head("unit", "counts", numeric=False, keep=90),
    Head("says", "how", numeric=False, keep=70, least=24),
)
_FORMULAS = (
    Head("op", "op", numeric=False, keep=100),
    Head("formula", "counts", numeric=False, keep=90),
    Head("functional", "as a function", numeric=False, keep=80),
)
UNITS = {"macs": "MACs", "flops": "FLOPs", "": "params", "params": "params"}


def listing(conventions: ConventionList) -> Report:
    """All conventions as a report; our own definitions stand below."""
    own = conventions.own

    def row(name: str, version: str, calls: str, unit: str, says: str) -> tuple[Cell, ...]:
        return tuple(Cell(text, text) for text in (name, version, calls, UNITS[unit], says))

    def grid() -> Grid:
        if not conventions.tools:
            return Grid(f"Convention {own.id}", (), (), notes=tuple(own.says()))
        first = row(own.name, str(own.version), "FLOPs", "flops", "The default: see below.")
        rows = (
            first,
            *(row(one.name, one.version, one.calls, one.unit, one.says) for one in conventions.tools),
        )
        notes = (
            *own.says(),
            "One convention: archcalc conventions fvcore. One network: archcalc reconcile vgg16.",
        )
        return Grid(f"{len(rows)} conventions; archcalc counts by {own.id}", _LIST, rows, notes=notes)

    return Report(grid, conventions.as_json)


def report(explained: ExplainedConvention) -> Report:
    """One convention as a report: its formulas, and its number for a network that everybody knows."""
    return Report(lambda: _grid(explained), explained.as_json)


def _grid(explained: ExplainedConvention) -> Grid:
    convention, example = explained.convention, explained.example
    rows = tuple(_formula(convention, ops) for ops in _ops(convention))
    title = f"{convention.name} {convention.version}: {convention.calls}, closest to {UNITS[convention.unit]}"
    facts = [
        ("how", convention.says),
        *(("oddity", text) for text in convention.oddities),
        ("source", convention.source),
        ("checked", convention.checked),
        (explained.network, f"{example.total:,} = {as_sum(example.parts)}"),
    ]
    names = [name for name in NAMES if any(name in cell.text for row in rows for cell in row[1:])]
    facts += [(name, NAMES[name]) for name in names]
    return Grid(title, _FORMULAS, rows, facts=tuple(facts))


def _ops(convention: ToolConvention) -> list[str]:
    """The ops with formulas of their own, every other op last."""
    formulas = {**convention.counts, **convention.params, **convention.functional}
    ops = [op for ops in formulas for op in ops.split(", ") if op != OTHERS]
    return [*dict.fromkeys(ops), OTHERS]


def _formula(convention: ToolConvention, op: str) -> tuple[Cell, ...]:
    plain = convention.formula(op) if convention.unit else convention.formula_of_params(op)
    functional = convention.formula(op, functional=True) if convention.unit else plain
    return tuple(Cell(text, text) for text in (op, plain, functional))
