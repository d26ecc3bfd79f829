"""The section of docs/conventions.md about the tools, made from their conventions."""

from __future__ import annotations

from collections.abc import Iterator

import archcalc
from archcalc.conventions.tool import OTHERS, ToolConvention
from archcalc.render.convention_list import UNITS
from archcalc.render.sums import as_sum
from archcalc.results.conventions import ExplainedConvention


def tools_section() -> str:
    """A part for each tool: what it counts, its oddities, and its number for ResNet-50."""
    names = [convention.name for convention in archcalc.list_conventions().tools]
    return "\n".join(line for name in names for line in _tool(archcalc.explain_convention(name)))


def _tool(explained: ExplainedConvention) -> Iterator[str]:
    convention, example = explained.convention, explained.example
    closest = f"`{convention.calls}`, closest to {UNITS[convention.unit]}"
    yield f"### {convention.name}\n"
    yield f"{convention.tool} {convention.version} ({convention.source}). Its number: {closest}.\n"
    yield f"{convention.says}\n"
    yield "| op | as a layer | as a function |"
    yield "|---|---|---|"
    yield from _formulas(convention)
    yield ""
    yield from (f"- {text}" for text in convention.oddities)
    yield f"- {explained.network}: {example.total:,} = {as_sum(example.parts)}\n"


def _formulas(convention: ToolConvention) -> Iterator[str]:
    counts = convention.counts or convention.params
    for ops in [*counts, *([] if OTHERS in counts else [OTHERS])]:
        op = ops.split(", ")[0]
        plain = convention.formula(op) if convention.unit else convention.formula_of_params(op)
        functions = convention.formula(op, functional=True) if convention.unit else plain
        yield f"| {ops} | `{plain}` | `{functions}` |"
