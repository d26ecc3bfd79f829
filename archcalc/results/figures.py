"""Records whose figures are attributes: ``record.macs`` is the figure ``macs``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from archcalc.engine.quantities import BY_KEY
from archcalc.errors import did_you_mean, short
from archcalc.ops.frozen import Record, record
from archcalc.results.printable import brief_repr


@record
class Figures(Record):
    """Figures by the keys of their quantities (``engine/quantities``).

    ``record.macs`` is the figure ``macs``.
    """

    figures: Mapping[str, Any]

    # Type checkers do not see this function: else they would accept every misspelled name.
    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            # Python calls this only if no field and no property has that name.
            if not name.startswith("_") and name in self.figures:
                return self.figures[name]
            raise AttributeError(self._lacks(name))

    __hash__ = None  # type: ignore[assignment]  # the figures are a mapping

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.figures]

    def __repr__(self) -> str:
        fields = {name: getattr(self, name) for name in self._names if name != "figures"}
        return brief_repr(type(self).__name__, {**fields, **self.figures})

    def _lacks(self, name: str) -> str:
        """Why the attribute does not exist."""
        what = type(self).__name__
        if name.startswith("_"):
            return f"{what} has no attribute '{name}'"
        if name in BY_KEY:
            return f"this {what} has no '{name}': the analysis was not asked for it"
        known = {*self.figures, *vars(self)} - {"figures"}
        return f"{what} has no attribute '{short(name)}' ({did_you_mean(name, known) or 'see its figures'})"


# Annotations without values make no attributes. They tell type checkers and editors which figures exist; a
# new quantity works without a line here. The classes are no dataclasses, so that these names are no fields.


class NamesOfFigures:
    """The figures that layers and networks have."""

    params: int
    weights: int
    biases: int
    norm_params: int
    buffers: int
    macs: int
    flops: int
    activations: int
    slide_activations: int
    activation_bytes: int
    moved_bytes: int
    quantised_param_bytes: int
    accumulator_bytes: int
    receptive_field: tuple[Any, ...]
    connections: int | None


class NamesOfLayerFigures(NamesOfFigures):
    """The figures that layers have."""

    smallest_field: tuple[Any, ...]
    jump: tuple[Any, ...]
    aligned: bool


class NamesOfTotals(NamesOfFigures):
    """The figures that networks have."""

    conv_fc_outputs: int
    peak_activations: int
    peak_layer: str
    slide_activation_bytes: int
    peak_activation_bytes: int
    param_bytes: int
    depth: int
