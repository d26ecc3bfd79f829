"""A network counted by the convention of a tool: a sum of named parts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from archcalc.conventions import ARCHCALC
from archcalc.conventions.tool import (
    ABSORBED,
    ADAPTIVE,
    FOLDED,
    GLOBAL,
    OVER_VOLUMES,
    SUBCLASSED,
    TOKENS_FC,
    ToolConvention,
)
from archcalc.conventions.tools import tool_convention, tool_names
from archcalc.dims import Dim
from archcalc.engine.walk import Step, walk_or_raise
from archcalc.errors import ArchcalcError, one_of
from archcalc.network import Network
from archcalc.results import CountedBy
from archcalc.results.conventions import CountPart
from archcalc.studies.tool_figures import value_at
from archcalc.studies.tool_layers import (
    ToolLayer,
    as_written,
    layers_by_path,
    layers_of,
    pool_before_fc,
)

OPS_AS_READ = {
    "bn": "batch norm",
    "relu": "ReLU",
    "maxpool": "max pool",
    "avgpool": "average pool",
    **dict.fromkeys((ADAPTIVE, GLOBAL, OVER_VOLUMES), "average pool"),
    "uneven avgpool": "average pool",
    "adaptive maxpool": "max pool",
    **dict.fromkeys(("plain bn", FOLDED, ABSORBED), "batch norm"),
    **dict.fromkeys(("added parameter", "multiplied parameter"), "parameter"),
    "scaled add": "add",
    "plain layernorm": "layernorm",
    "plain groupnorm": "groupnorm",
    "plain instancenorm": "instancenorm",
    TOKENS_FC: "fc",
    "lrn": "response norm",
    SUBCLASSED: "conv",
}
FIGURES_AS_READ = {
    "values": "outputs",
    "inputs": "inputs",
    "params": "params",
    "buffers": "buffers",
    "(side-1)*values": "comparisons",
    "kernel*values": "window values",
    "(side-1+axes)*values": "operations",
    "(kernel-1+axes)*values": "operations",
    "(kernel-1)*values": "comparisons",
    "(3*channels-1)*positions": "operations",
    "values*weights//channels": "products",
    "values*weights*groups//channels": "products",
    "weights*positions": "products",
    "axes": "axes",
    "values*params//channels": "operations",
    "neighbours*values": "products",
    "(5*channels-1)*positions": "operations",
    "(channels-1)*positions": "additions",
    "steps*values": "outputs by steps",
    "positions*weights": "projections",
    "channels*filled": "outputs of each projection",
    "cells*tokens": "operations",
    "scores": "softmax values",
    "scores*channels//heads": "products",
    "heads*positions*positions": "softmax values",
    "heads*positions*(3*positions-1)": "softmax operations",
}
COMMON = ("biases*positions", "biases*tokens")
SAME_IN_ALL_OPS = {"macs": "MACs", "params": "params", **dict.fromkeys(COMMON, "biases")}
"""Parts that are the same thing in every op."""

MOST_NAMED = 5
"""The most conventions that a message names."""

WITH_BIASES = ("conv", "deconv", "fc")

_PART = re.compile(r"(?:(\d+)\*)?(.+)")


def counted_by(convention: ToolConvention, layers: Sequence[ToolLayer]) -> list[CountPart]:
    """The operations of one image by a convention, in parts that add up to the tool's number."""
    return _parts(_formulas(convention, layers))


def params_by(convention: ToolConvention, layers: Sequence[ToolLayer]) -> list[CountPart]:
    """The parameters by a convention, in parts."""
    return _parts(_formulas(convention, layers, "params"), "params")


def total_by(convention: ToolConvention, layers: Iterable[ToolLayer]) -> Dim:
    """The number of a tool for one image, of layers of any kind of dimension; what it counts, or params."""
    total: Dim = 0
    for layer, formula in _formulas(convention, layers, convention.unit or "params"):
        for factor, figure in _split(formula):
            total = total + layer.times * factor * value_at(layer.worked, figure)
    return total


def _formulas(
    convention: ToolConvention, layers: Iterable[ToolLayer], what: str = ""
) -> Iterator[tuple[ToolLayer, str]]:
    """Every layer that counts, with its formula: of operations, or of params."""
    look_up = convention.formula_of_params if what == "params" else convention.formula
    known: dict[tuple[str, bool], str] = {}  # a network has many layers of few ops
    for layer in seen_by(convention, layers):
        if what != "params" and layer.reused and convention.last_call_only:
            continue
        key = layer.op, layer.functional
        if key not in known:
            known[key] = look_up(layer.op, functional=layer.functional)
        yield layer, known[key]


class ToolCount(NamedTuple):
    """The count of a tool as a figure of a network, for any kind of dimension."""

    convention: ToolConvention
    images: int = 1

    def total(self, network: Network, steps: Iterable[Step]) -> Dim:
        """The number of the tool for a network that has been walked. Raises ArchcalcError as the table."""
        layers = layers_of(steps, as_written(network))
        refuse_unseen(self.convention, layers, network.name)
        return (self.images if self.convention.unit else 1) * total_by(self.convention, layers)


def seen_by(convention: ToolConvention, layers: Iterable[ToolLayer]) -> Iterable[ToolLayer]:
    """The layers as a tool sees them: only a tool of PyTorch sees how the model is written there."""
    if convention.of_torch:
        return layers
    return (layer._replace(functional=False, reused=False) for layer in layers if not layer.only_torch)


def uncounted(convention: ToolConvention, layers: Iterable[ToolLayer]) -> list[str]:
    """The ops of which we do not know what the tool counts."""
    return convention.uncounted(layer.op for layer in seen_by(convention, layers))


def refuse_unseen(convention: ToolConvention, layers: Iterable[ToolLayer], network: str) -> None:
    """Raise ArchcalcError for a network with a layer of which we do not know what the tool counts."""
    layers = list(layers)
    if unseen := uncounted(convention, layers):
        raise ArchcalcError(
            f"{convention.name} has no rule for {one_of(unseen)} that could be confirmed, so its number for "
            f"{network} is unknown ({_that_count(layers)})"
        )


def _that_count(layers: Sequence[ToolLayer]) -> str:
    """Which conventions count a network."""
    tools = [one for one in map(tool_convention, tool_names()) if one.unit]
    names = [ARCHCALC.name, *(one.name for one in tools if not uncounted(one, layers))]
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"conventions that count it: {', '.join(names[:MOST_NAMED])}{more}"


def can_count(convention: ToolConvention, network: Network) -> bool:
    """Whether we know what a tool counts of every layer. Raises SpecError for a network that does not fit."""
    layers = layers_by_path(walk_or_raise(network)[0], as_written(network))
    return not uncounted(convention, [layer for _, layer in layers])


def counted_network(convention: ToolConvention, network: Network, *, batch: int, aux: bool) -> CountedBy:
    """A network by a convention, layer by layer, if its model is written as torchvision does.

    Raises ArchcalcError if the tool would not see every layer.
    """
    how = as_written(network)
    seen = layers_by_path(walk_or_raise(network, aux=aux)[0], how)
    layers = [layer for _, layer in seen]
    refuse_unseen(convention, layers, network.name)
    images = batch if convention.unit else 1
    by_path = {path: images * total_by(convention, [layer]) for path, layer in seen}
    pools = [*pool_before_fc(layers)] if how.pools_before_fc else []
    beside = images * total_by(convention, pools)
    return CountedBy(
        convention.name, convention.version, convention.calls, convention.unit or "params",
        sum(by_path.values()) + beside, total_of(params_by(convention, layers)),
        {path: value for path, value in by_path.items() if value}, beside,
    )  # fmt: skip


def own_macs(layers: Sequence[ToolLayer]) -> list[CountPart]:
    """The MACs of archcalc: one part."""
    return _parts((layer, "macs") for layer in layers)


def own_params(layers: Sequence[ToolLayer]) -> list[CountPart]:
    """The params of archcalc: one part."""
    return _parts(((layer, "params") for layer in layers), "params")


def own_flops(layers: Sequence[ToolLayer]) -> list[CountPart]:
    """The FLOPs of archcalc, in parts: 2 per MAC, and the other operations of every op."""
    others: Counter[str] = Counter()
    for layer in layers:
        rest = {kind: count for kind, count in layer.worked.cost.items() if kind != "macs"}
        others[layer.op] += layer.times * ARCHCALC.flops(rest)
    products = _parts((layer, f"{ARCHCALC.mac_is}*macs") for layer in layers)
    return [*products, *(CountPart(_operations(op), 1, count, op) for op, count in others.items() if count)]


def _operations(op: str) -> str:
    return "biases" if op in WITH_BIASES else f"operations of {_read(op)}"


def total_of(parts: Sequence[CountPart]) -> int:
    """The sum of parts."""
    return sum(part.value for part in parts)


def value_of(formula: str, layer: ToolLayer) -> int:
    """A formula over the figures of one layer."""
    return total_of(_parts(iter([(layer, formula)])))


def gap(parts: Sequence[CountPart], own: Sequence[CountPart]) -> list[CountPart]:
    """What must be added to our own count to get the count of a tool: parts, without those that both have.

    Parts of ``own`` that the tool leaves out have a negative factor.
    """
    ours, theirs, both = _by_op(own), _by_op(parts), {*own} & {*parts}
    left = [part for part in parts if part not in both and ours.get(part.op) != theirs[part.op]]
    missing = [part for part in own if part not in both and theirs.get(part.op) != ours[part.op]]
    return merged(map(_with_op, [*left, *(part._replace(factor=-part.factor) for part in missing)]))


def _with_op(part: CountPart) -> CountPart:
    """The part with the op in its name, if it is the params of one op only."""
    return part._replace(term=_label(part.op, part.term)) if part.op and part.term == "params" else part


def merged(parts: Iterable[CountPart]) -> list[CountPart]:
    """Parts with one part for each term and factor."""
    added: Counter[tuple[str, int]] = Counter()
    for part in parts:
        added[part.term, part.factor] += part.amount
    return [CountPart(term, factor, count) for (term, factor), count in added.items()]


def _by_op(parts: Sequence[CountPart]) -> Mapping[str, int]:
    """The sum of each op; what all ops have in common is under an empty text."""
    values: Counter[str] = Counter()
    for part in parts:
        values[part.op] += part.value
    return values


def _parts(formulas: Iterator[tuple[ToolLayer, str]], base: str = "macs") -> list[CountPart]:
    """Equal parts of all layers together. The ``base`` has one name, whatever op it is of."""
    counts: Counter[tuple[str, int, str]] = Counter()
    for layer, formula in formulas:
        for factor, figure in _split(formula):
            is_base = figure == base
            term = SAME_IN_ALL_OPS[figure] if is_base or figure in COMMON else _label(layer.op, figure)
            # MACs are compared as a whole. Params are compared op by op, as a tool leaves out those of some.
            op = "" if is_base and base == "macs" else layer.op
            counts[term, factor, op] += layer.times * value_at(layer.worked, figure)
    return [CountPart(term, factor, count, op) for (term, factor, op), count in counts.items() if count]


def _label(op: str, figure: str) -> str:
    return f"{_read(op)} {FIGURES_AS_READ.get(figure, figure)}"


def _read(op: str) -> str:
    return OPS_AS_READ.get(op, op)


@cache
def _split(formula: str) -> tuple[tuple[int, str], ...]:
    """The parts of a formula: their factors and their figures."""
    found = [_PART.fullmatch(part) for part in formula.split(" + ")]
    return tuple((int(match[1] or 1), match[2]) for match in found if match and match[2] != "0")
