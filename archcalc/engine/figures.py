"""The figures of one layer: every quantity, worked out when it is first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from archcalc.conventions import DTYPES
from archcalc.dims import Dim
from archcalc.engine.quantities import BY_KEY

if TYPE_CHECKING:
    from archcalc.engine.receptive import ReceptiveField
    from archcalc.ops.base import Cost, Inputs, Op, Volume, Weight


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
    def cost(self) -> Cost: ...


class LayerFigures(dict[str, Any]):
    """The quantities of one layer by their keys, over any kind of dimension.

    A quantity is read once, by its record, and then kept. A caller may put a value in its place:
    the quantities that are made of it go on from there.
    """

    __slots__ = ("batch", "field", "layer", "value_bytes")
    layer: WorkedLayer
    batch: Dim
    value_bytes: int
    field: ReceptiveField | None

    def __init__(self, layer: WorkedLayer, run: Pass, field: ReceptiveField | None = None) -> None:
        super().__init__()
        self.layer = layer
        self.batch, self.value_bytes = run
        self.field = field

    def __missing__(self, key: str) -> Any:
        read = BY_KEY[key].of
        if read is None:
            raise KeyError(key)
        value = self[key] = read(self)
        return value

    def of_batch(self, count: Dim) -> Dim:
        """What one image counts, times the batch."""
        # Of arrays, a product by 1 would be a copy of each.
        return count if type(self.batch) is int and self.batch == 1 else self.batch * count
