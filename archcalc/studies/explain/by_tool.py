"""How a tool counts each layer: its formula, with the numbers of the layer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from archcalc.conventions.tool import NAMES, NOTHING, ToolConvention
from archcalc.engine.walk import Step
from archcalc.network import Network
from archcalc.results import CountedBy
from archcalc.results.explain import DerivationStep
from archcalc.studies.counting import counted_network
from archcalc.studies.tool_figures import figure_of
from archcalc.studies.tool_layers import ToolLayer, as_written, layers_by_path

_NAME = re.compile(rf"\b({'|'.join(NAMES)})\b")

BESIDE = "a pooling before the first fc"


class ToolDerivation(NamedTuple):
    """The count of a tool, and the step of every layer, by path."""

    counted: CountedBy
    steps: Mapping[str, DerivationStep]

    def terms(self) -> Sequence[tuple[str, int]]:
        """The parts of its total: the layers that count, and what belongs to no layer."""
        beside = [(BESIDE, self.counted.beside)] if self.counted.beside else []
        return [*self.counted.layers.items(), *beside]


def by_tool(
    tool: ToolConvention, network: Network, steps: Sequence[Step], *, batch: int, aux: bool
) -> ToolDerivation:
    """Derive the count of a tool. Raises ArchcalcError if it would not see every layer."""
    counted = counted_network(tool, network, batch=batch, aux=aux)
    images = batch if tool.unit else 1
    layers = layers_by_path(steps, as_written(network))
    derived = {path: _step(tool, layer, counted.layers.get(path, 0), images) for path, layer in layers}
    return ToolDerivation(counted, derived)


def _step(tool: ToolConvention, layer: ToolLayer, value: int, images: int) -> DerivationStep:
    formula = (
        tool.formula(layer.op, functional=layer.functional)
        if tool.unit
        else tool.formula_of_params(layer.op, functional=layer.functional)
    )
    source = f"{tool.tool} {tool.version}"
    if layer.reused and tool.last_call_only:
        formula, source = NOTHING, f"{source}: of a module that is called several times, the last call counts"
    elif layer.functional:
        source = f"{source}: a call of a function"
    numbers = _NAME.sub(lambda name: str(figure_of(layer, name[0])), formula)
    if images != 1 and formula != NOTHING:
        formula, numbers = f"N*({formula})", f"{images}*({numbers})"
    return DerivationStep(tool.name, _dots(formula), _dots(numbers), value, source)


def _dots(formula: str) -> str:
    return formula.replace("*", "·")
