"""A network counted by the convention of a tool: a sum of named parts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache
from typing import NamedTuple

from archcalc.conventions import ARCHCALC
from archcalc.conventions.models import AS_LAYERS, Written, written
from archcalc.conventions.tool import ADAPTIVE, LAST_SOFTMAX, ToolConvention
from archcalc.dims import ceil_div, prod
from archcalc.engine.figures import figures_of
from archcalc.engine.reading import ONE_IMAGE
from archcalc.engine.walk import Step, walk_or_raise
from archcalc.engine.worked import Worked
from archcalc.errors import ArchcalcError, one_of
from archcalc.language.expressions import Expression, parse
from archcalc.network import Network
from archcalc.ops.base import per_axis
from archcalc.ops.pool import AdaptiveAvgPool
from archcalc.results import CountedBy
from archcalc.results.conventions import CountPart

OPS_AS_READ = {
    "bn": "batch norm",
    "relu": "ReLU",
    "maxpool": "max pool",
    "avgpool": "average pool",
    ADAPTIVE: "average pool",
    "uneven avgpool": "average pool",
    "adaptive maxpool": "max pool",
    "plain bn": "batch norm",
    "scaled add": "add",
    "lrn": "response norm",
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
}
COMMON = ("biases*positions",)
SAME_IN_ALL_OPS = {"macs": "MACs", "params": "params", "biases*positions": "biases"}
"""Parts that are the same thing in every op."""

WITH_BIASES = ("conv", "deconv", "fc")

_PART = re.compile(r"(?:(\d+)\*)?(.+)")


class ToolLayer(NamedTuple):
    """A layer as tools see it, and how often an equal one stands in the network.

    ``functional``: the model calls a function for it. ``reused``: it is a call of a module before the last.
    """

    op: str
    worked: Worked
    functional: bool = False
    reused: bool = False
    times: int = 1


def tool_layers(network: Network, how: Written = AS_LAYERS, *, aux: bool = False) -> list[ToolLayer]:
    """The layers of a network as tools see them, if its model is written so; auxiliary heads only if ``aux``.

    Raises SpecError for a network that does not fit.
    """
    times = Counter(layer for _, layer in _seen(network, how, aux=aux))
    layers = [layer._replace(times=count) for layer, count in times.items()]
    return [*layers, *_pool_before_fc(layers)] if how.pools_before_fc else layers


def _seen(network: Network, how: Written, *, aux: bool) -> list[tuple[str, ToolLayer]]:
    """Every layer by its path, as tools see it."""
    steps, _ = walk_or_raise(network, aux=aux)
    ops = [op_as_tools_see(step.worked) for step in steps]
    return [
        (
            step.node.path,
            ToolLayer(op, step.worked, _is_among(how.functional, op, step), _is_among(how.reused, op, step)),
        )
        for op, step in zip(ops, steps, strict=True)
    ]


def _is_among(patterns: Sequence[str], op: str, step: Step) -> bool:
    path = step.node.path
    return any(pattern in (op, path) or fnmatchcase(path, pattern) for pattern in patterns)


def op_as_tools_see(worked: Worked) -> str:
    """The op of a layer, or the form of it that tools count in another way (``conventions.tool``)."""
    op, x, y = worked.op, worked.xs[0], worked.y
    name = op.name
    if name in ("maxpool", "avgpool") and op.window == "global":
        return f"adaptive {name}"
    if name == "adaptive_avgpool":
        even = all(size % part == 0 for size, part in zip(x.spatial, y.spatial, strict=False))
        return ADAPTIVE if even else "uneven avgpool"
    if name == "bn" and not any(weight.role == "norm" for weight in worked.weights):
        return "plain bn"
    if name == "add" and getattr(op, "scale", 1) != 1:
        return "scaled add"
    if name == "upsample" and getattr(op, "mode", "") == "linear":
        return "linear upsample"
    # The softmax of a classifier is a part of the loss in PyTorch, and not of the model.
    is_last = name == "softmax" and all(side == 1 for side in y.spatial)
    return LAST_SOFTMAX if is_last else name


def _pool_before_fc(layers: Sequence[ToolLayer]) -> Iterator[ToolLayer]:
    for layer in layers:
        (x, *_) = layer.worked.xs
        if layer.op == "fc" and prod(x.spatial) > 1:
            yield ToolLayer(ADAPTIVE, Worked(AdaptiveAvgPool(output=x.spatial), (x,), x))
            return


def counted_by(convention: ToolConvention, layers: Sequence[ToolLayer]) -> list[CountPart]:
    """The operations of one image by a convention, in parts that add up to the tool's number."""
    return _parts(
        (layer, convention.formula(layer.op, functional=layer.functional))
        for layer in layers
        if not (layer.reused and convention.last_call_only)
    )


def params_by(convention: ToolConvention, layers: Sequence[ToolLayer]) -> list[CountPart]:
    """The parameters by a convention, in parts."""
    return _parts(((layer, convention.formula_of_params(layer.op)) for layer in layers), "params")


def counted_network(convention: ToolConvention, network: Network, *, batch: int, aux: bool) -> CountedBy:
    """A network by a convention, layer by layer, if its model is written as torchvision does.

    Raises ArchcalcError if the tool would not see every layer.
    """
    seen = _seen(network, how := written(network.name), aux=aux)
    layers = [layer for _, layer in seen]
    if unseen := convention.uncounted(layer.op for layer in layers):
        raise ArchcalcError(
            f"{convention.name} has no rule for {one_of(unseen)} that could be confirmed, so its number for "
            f"{network.name} is unknown"
        )
    images, count = (batch, counted_by) if convention.unit else (1, params_by)
    by_path = {path: images * total_of(count(convention, [layer])) for path, layer in seen}
    pools = [*_pool_before_fc(layers)] if how.pools_before_fc else []
    beside = images * total_of(count(convention, pools))
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
    ours, theirs = _by_op(own), _by_op(parts)
    left = [part for part in parts if ours.get(part.op) != theirs[part.op]]
    left += [part._replace(factor=-part.factor) for part in own if theirs.get(part.op) != ours[part.op]]
    return merged(left)


def merged(parts: Sequence[CountPart]) -> list[CountPart]:
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
    """Equal parts of all layers together. The ``base`` is one part, whatever op it is of."""
    counts: Counter[tuple[str, int, str]] = Counter()
    for layer, formula in formulas:
        for factor, figure in _split(formula):
            is_base = figure == base
            term = SAME_IN_ALL_OPS[figure] if is_base or figure in COMMON else _label(layer.op, figure)
            counts[term, factor, "" if is_base else layer.op] += layer.times * _value(layer.worked, figure)
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


@cache
def _parsed(figure: str) -> Expression:
    return parse(figure)


def _value(worked: Worked, figure: str) -> int:
    """A figure of a layer, by a formula over the names of ``conventions.tool.NAMES``."""
    figures = figures_of(worked, ONE_IMAGE)
    own = ("params", "weights", "biases", "buffers", "macs")
    if figure in own:
        known: int = figures[figure]
        return known
    x, y = worked.xs[0], worked.y
    window = _window(worked)
    names = {
        **{name: figures[name] for name in own},
        "values": y.size,
        "inputs": sum(volume.size for volume in worked.xs),
        "positions": prod(y.spatial),
        "channels": y.channels,
        "kernel": prod(window),
        "side": window[0] if window else 1,
        "axes": x.rank,
        "groups": worked.op.channel_groups,
    }
    value: int = _parsed(figure).evaluate(names)
    return value


def _window(worked: Worked) -> Sequence[int]:
    """The sides of the window; an adaptive pooling divides its input among its outputs."""
    x, y, op = worked.xs[0], worked.y, worked.op
    if op.window is not None and not op_as_tools_see(worked).startswith(("adaptive", "uneven")):
        return [*per_axis(op.window, x.rank)]
    parts = y.spatial or (1,) * x.rank  # a flat output is one position
    return [ceil_div(size, part) for size, part in zip(x.spatial, parts, strict=True)]
