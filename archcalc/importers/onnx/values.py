"""What a tensor of the graph is: values of a layer, a constant, or an activation that is not whole yet."""

from __future__ import annotations

import math
from typing import NamedTuple, TypeAlias

from archcalc.importers.as_activations import Pending
from archcalc.importers.as_calls.values import Computed, Stored
from archcalc.importers.onnx.model import Number


class Known(NamedTuple):
    """A tensor that does not depend on the input.

    ``values`` are None where they are not read (weights) or not known. ``params`` are the names of the stored
    weights from which it comes; ``plain``: it is that one weight, perhaps in another form. ``macs`` is the
    work that computes it from them. ``from_shape``: it is computed from the shape of a layer.
    """

    dims: tuple[int, ...]
    values: tuple[Number, ...] | None = None
    params: frozenset[str] = frozenset()
    plain: bool = False
    macs: int = 0
    from_shape: bool = False

    @property
    def scalar(self) -> Number | None:
        """Its only value, if it has one."""
        return self.values[0] if self.values is not None and len(self.values) == 1 else None

    @property
    def size(self) -> int:
        return math.prod(self.dims)

    @property
    def stored(self) -> Stored:
        """The constant as the argument of a call."""
        number = None if self.params or self.scalar is None else float(self.scalar)
        return Stored(self.dims, self.params, self.plain, number, self.macs)


Value: TypeAlias = Computed | Known | Pending

Made: TypeAlias = Value | Stored
"""What reading a node gives; a node that reads a layer never gives constants."""

BROKEN = Known((), None, frozenset(["(broken)"]))
"""Stands for the output of a node that failed: what reads it is not reported again."""


def dims_of_value(value: Value) -> tuple[int, ...]:
    """The shape of a tensor."""
    dims: tuple[int, ...] = value.base.dims if isinstance(value, Pending) else value.dims
    return dims
