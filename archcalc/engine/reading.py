"""What the record of a quantity reads: a computed layer, its pass, and the other quantities of the layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from archcalc.conventions import DTYPES
from archcalc.dims import Dim, is_plain

if TYPE_CHECKING:
    from archcalc.engine.receptive import ReceptiveField
    from archcalc.ops.base import Cost, Inputs, Op, Role, Volume, Weight


class Pass(NamedTuple):
    """A forward pass: how many images it takes, and how many bytes one value has."""

    batch: Dim = 1
    value_bytes: int = DTYPES["float32"]


ONE_IMAGE = Pass()


class WorkedLayer(Protocol):
    """A layer worked out: a step of the walk, or a layer as a student works it out."""

    @property
    def op(self) -> Op: ...
    @property
    def xs(self) -> Inputs: ...
    @property
    def y(self) -> Volume: ...
    @property
    def weights(self) -> tuple[Weight, ...]: ...
    @property
    def shared(self) -> tuple[Weight, ...]: ...
    @property
    def cost(self) -> Cost: ...


class LayerReading(dict[str, Any]):
    """A layer in a pass, and those of its quantities that are worked out, by their keys."""

    __slots__ = ("_is_one_image", "_stored", "batch", "field", "layer", "value_bytes")
    layer: WorkedLayer
    batch: Dim
    value_bytes: int
    field: ReceptiveField | None

    def __init__(self, layer: WorkedLayer, run: Pass, field: ReceptiveField | None = None) -> None:
        self.layer = layer
        self.batch, self.value_bytes = run
        self.field = field
        self._is_one_image = is_plain(self.batch, 1)
        self._stored: dict[Role, Dim] | None = None

    def of_batch(self, count: Dim) -> Dim:
        """What one image counts, times the batch."""
        # Of arrays, a product by 1 would be a copy of each.
        return count if self._is_one_image else self.batch * count

    def stored(self, role: Role) -> Dim:
        """The number of values in the arrays of one role."""
        if self._stored is None:
            self._stored = {}
            for weight in self.layer.weights:
                count, before = weight.count, self._stored.get(weight.role)
                # Not from 0: a symbol or an array would have to add it.
                self._stored[weight.role] = count if before is None else before + count
        return self._stored.get(role, 0)

    def operations(self) -> dict[str, Dim]:
        """The operations of the whole batch by their kind, such as ``macs``."""
        # A caller may have put a kind among the figures under another name, as a derivation does.
        return {
            kind: self[kind] if kind in self else self.of_batch(count)
            for kind, count in self.layer.cost.items()
        }
