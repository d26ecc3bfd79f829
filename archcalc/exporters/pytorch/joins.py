"""What ops are in PyTorch that have several inputs, or whose module says less than their layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from archcalc.exporters.as_placed import Placed
from archcalc.exporters.as_refusal import check_options
from archcalc.exporters.pytorch.attention import attention
from archcalc.exporters.pytorch.record import ModuleCall, needed


class Action(NamedTuple):
    """A step of a layer: a module, an expression, or both.

    ``use`` is the expression: ``{m}`` is the module and ``{0}``, ``{1}`` are the values that it reads.
    ``plain`` is the same without the module, for modules that store nothing.
    """

    module: ModuleCall | None = None
    use: str = "{m}({0})"
    plain: str = ""


def parameter(shape: Sequence[int]) -> ModuleCall:
    """An array that is trained and belongs to no module."""
    return ModuleCall("nn.Parameter", (("shape", tuple(shape), shape),))


def _concat(layer: Placed) -> list[Action]:
    return [Action(use=f"torch.cat([{', '.join(_places(layer))}], 1)")]


def _places(layer: Placed) -> list[str]:
    return [f"{{{place}}}" for place in range(len(layer.xs))]


def _add(layer: Placed) -> list[Action]:
    places = _places(layer)
    missing = [layer.y.channels - x.channels for x in layer.xs]
    if layer.op.channels == "zero-pad":
        # PyTorch names the sides of the last axis first.
        sides = [f"{'0, ' * 2 * x.rank}0, {more}" for x, more in zip(layer.xs, missing, strict=True)]
        places = [
            f"F.pad({place}, ({side}))" if more else place
            for place, side, more in zip(places, sides, missing, strict=True)
        ]
    if layer.op.scale != 1:
        places[0] = f"{float(layer.op.scale)} * {places[0]}"
    return [Action(use=" + ".join(places))]


def _multiply(layer: Placed) -> list[Action]:
    first, *gates = layer.xs
    spread = ["" if x.rank == first.rank else f"[:, :{', None' * first.rank}]" for x in (first, *gates)]
    factors = [f"{place}{more}" for place, more in zip(_places(layer), spread, strict=True)]
    return [Action(use=" * ".join(factors))]


def _trained_values(layer: Placed) -> list[Action]:
    op, (x,) = layer.op, layer.xs
    check_options(op, "how", "per", "tokens")
    if op.prepends:
        call = parameter((1, x.channels, op.tokens))
        return [Action(call, "torch.cat([{m}.expand(len({0}), -1, -1), {0}], 2)")]
    shape = {
        "value": (x.channels, *x.spatial),
        "position": x.spatial,
        "channel": (x.channels, *(1,) * x.rank),
        "all": (1,),
    }[op.per]
    return [Action(parameter(shape), "{0} + {m}" if op.how == "add" else "{0} * {m}")]


def _attention(layer: Placed) -> list[Action]:
    call = attention(layer)
    return [Action(call, "{m}({0}, {1})" if len(layer.xs) == 2 else "{m}({0})")]


def _dropout(layer: Placed) -> list[Action]:
    return [Action(ModuleCall("nn.Dropout", needed(p=float(layer.op.rate))))]


OWN: Mapping[str, Callable[[Placed], list[Action]]] = {
    "add": _add,
    "attention": _attention,
    "concat": _concat,
    "dropout": _dropout,
    "multiply": _multiply,
    "parameter": _trained_values,
}
"""Ops whose module says less than their layer: they need the number of inputs or the axes."""
