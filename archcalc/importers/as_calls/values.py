"""What a tensor of the program is: values of a layer, or values that do not depend on the input."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from archcalc.importers.as_activations import Pending
from archcalc.importers.as_calls.axes import Axes, dims_of


class Computed(NamedTuple):
    """The values that a layer puts out, or the input (number 0); ``axes`` says where they are."""

    number: int
    axes: Axes

    @property
    def dims(self) -> tuple[int, ...]:
        """The shape of the tensor."""
        return dims_of(self.axes)


class Stored(NamedTuple):
    """Values that do not depend on the input.

    ``params`` are the names of the parameters from which they come. ``plain``: they are the values of that
    one parameter, perhaps in another form. ``number`` is the only value, if it is known. ``macs`` is the work
    that computes them from the parameters. ``part`` says which piece of one parameter they are, if it was
    split.
    """

    dims: tuple[int, ...]
    params: frozenset[str] = frozenset()
    plain: bool = False
    number: float | None = None
    macs: int = 0
    part: str = ""

    @property
    def size(self) -> int:
        return math.prod(self.dims)


Value: TypeAlias = Computed | Stored | Pending


def value_dims(value: Value) -> tuple[int, ...]:
    """The shape of the tensor of a value."""
    return value.base.dims if isinstance(value, Pending) else value.dims


class ModulePlace(NamedTuple):
    """The module that made a call: its path, and whether it is a layer of torch.nn, or has children."""

    path: tuple[str, ...] = ()
    from_torch: bool = False
    extends_torch: bool = False
    leaf: bool = False


@dataclass(frozen=True)
class Call:
    """One call of a function of PyTorch, with values in the place of tensors.

    ``shapes`` are the shapes of the tensors that it gave, ``where`` is the line of the source.
    """

    name: str
    args: Mapping[str, Any]
    shapes: Sequence[tuple[int, ...]]
    module: ModulePlace
    where: str = ""

    def __getitem__(self, name: str) -> Any:
        return self.args.get(name)

    @property
    def label(self) -> str:
        """How a message names it."""
        path = "/".join(self.module.path) or "the model"
        return f"{path} ({self.name})" + (f", {self.where}" if self.where else "")

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of its only output."""
        return self.shapes[0]


BROKEN = Stored((), frozenset(["(broken)"]))
"""Stands for the output of a call that failed: what reads it is not reported again."""

UNSEEN = Stored((), frozenset(["(unseen)"]))
"""Stands for a tensor that appeared without a call, such as the output of a function of another library."""
