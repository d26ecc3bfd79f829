"""A network counted by every convention."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from archcalc.conventions import ARCHCALC
from archcalc.conventions.models import written
from archcalc.conventions.tool import ToolConvention
from archcalc.conventions.tools import tool_convention, tool_names
from archcalc.errors import ArchcalcError, alike, did_you_mean, plain, short
from archcalc.network import Network
from archcalc.results.conventions import (
    CountPart,
    CountTable,
    NetworkCount,
)
from archcalc.studies.counting import (
    counted_by,
    gap,
    merged,
    own_flops,
    own_macs,
    own_params,
    params_by,
    total_of,
    uncounted,
)
from archcalc.studies.tool_layers import ToolLayer, tool_layers


def convention_named(name: str) -> ToolConvention:
    """The convention of a tool, in any spelling of its name. Raises ArchcalcError."""
    names = tool_names()
    meant = [name] if name in names else alike(name, names)
    if len(meant) != 1:
        hint = did_you_mean(name, names) or "'archcalc conventions' lists them"
        raise ArchcalcError(f"unknown convention '{short(name)}' ({hint})")
    return tool_convention(meant[0])


def tool_named(name: str | None) -> ToolConvention | None:
    """The convention of a tool, or None for our own, which every answer has. Raises ArchcalcError."""
    return None if name is None or plain(name) == ARCHCALC.name else convention_named(name)


def count_of(convention: ToolConvention, layers: Sequence[ToolLayer], what: str = "") -> NetworkCount:
    """A network by a convention: its operations, or its params."""
    unit = what or convention.unit or "params"
    if unit == "params":
        parts, own = params_by(convention, layers), own_params(layers)
    else:
        parts = counted_by(convention, layers)
        own = own_macs(layers) if unit == "macs" else own_flops(layers)
    facts = convention.name, convention.version, "params" if what == "params" else convention.calls
    return _count(facts, unit, parts, own)


def _count(
    facts: tuple[str, str, str], unit: str, parts: Sequence[CountPart], own: Sequence[CountPart]
) -> NetworkCount:
    return NetworkCount(*facts, unit, total_of(parts), merged(parts), total_of(own), gap(parts, own))


def own_counts(layers: Sequence[ToolLayer]) -> Iterator[NetworkCount]:
    """Our own MACs and FLOPs."""
    macs, flops = own_macs(layers), own_flops(layers)
    yield _count((ARCHCALC.name, str(ARCHCALC.version), "MACs"), "macs", macs, macs)
    yield _count((ARCHCALC.name, str(ARCHCALC.version), "FLOPs"), "flops", flops, flops)


def counts_of(layers: Sequence[ToolLayer]) -> list[NetworkCount]:
    """The operations by every convention; only our own if a tool would not see every layer."""
    tools = [convention for convention in map(tool_convention, tool_names()) if convention.unit]
    return [*own_counts(layers), *(count_of(one, layers) for one in tools if not uncounted(one, layers))]


def params_of(layers: Sequence[ToolLayer]) -> Iterator[NetworkCount]:
    """The params by every convention that counts them in its own way, after our own."""
    own = own_params(layers)
    yield _count((ARCHCALC.name, str(ARCHCALC.version), "params"), "params", own, own)
    for convention in map(tool_convention, tool_names()):
        if convention.params:
            count = count_of(convention, layers, "params")
            # A tool for operations is told only where its params are others than ours.
            if not convention.unit or count.total != count.own:
                yield count


def count_table(network: Network) -> CountTable:
    """A network counted by every convention."""
    layers = tool_layers(network, written(network.name))
    counts = sorted(counts_of(layers), key=lambda count: count.total)
    tools = [one for one in map(tool_convention, tool_names()) if one.unit and not one.any_op]
    missing = {one.name: tuple(uncounted(one, layers)) for one in tools}
    in_none = sorted(set.intersection(*map(set, missing.values())))
    left_out = tuple((name, ops) for name, ops in missing.items() if ops)
    shape = network.input.dims
    return CountTable(network.name, network.title, shape, tuple(counts), tuple(in_none), left_out)
