"""Which of the tensors that a file stores are trained. A file rarely says it, so names and uses tell."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from functools import cached_property

from archcalc.importers.as_calls.graph import MOST_AXES
from archcalc.importers.onnx.model import OnnxModel
from archcalc.importers.onnx.values import Known

# Names that torch makes up for weights that it has changed, such as a conv with its norm worked in.
_MADE_UP = re.compile(r"(onnx::\w+_\d+|val_\d+)\Z")

# Names that it gives to what it has computed: constants, masks and waves. Other names are those of weights.
_CONSTANT = re.compile(r"(val|arange|cos|full|full_like|masked_fill|ones|sin|tril|triu|where|zeros)(_\d+)?\Z")

# The names of the parameters of modules, such as attention.scale.
_IN_MODULE = re.compile(r"[A-Za-z_]\w*(\.\w+)+\Z")


def is_made_up(name: str) -> bool:
    """Whether a name says nothing about the module of a weight.

    >>> is_made_up("onnx::Conv_193"), is_made_up("layer1.0.conv1.weight")
    (True, False)
    """
    return bool(_MADE_UP.match(name))


class StoredTensors:
    """The tensors that a file stores."""

    def __init__(self, model: OnnxModel) -> None:
        self.model = model
        self.sizes = {name: math.prod(tensor.dims) for name, tensor in model.tensors.items()}
        """The number of values of each weight."""

        for node in model.nodes:
            sparse = node.attributes.get("sparse_value")
            if sparse is not None and node.outputs:
                self.sizes[node.outputs[0]] = math.prod(sparse.dims)

    @cached_property
    def says_kinds(self) -> bool:
        """Whether the file says which of its tensors are parameters."""
        return any(info.kind for info in self.model.shapes.values())

    def kind(self, name: str) -> str:
        """``PARAMETER`` or ``BUFFER``, if the file says it; else empty."""
        info = self.model.shapes.get(name)
        return info.kind if info is not None else ""

    def known(self, name: str) -> Known:
        """A stored tensor: a weight, or a constant."""
        tensor = self.model.tensors[name]
        is_number = tensor.values is not None and len(tensor.values) == 1
        # A single number is a constant, unless it has the name of a parameter of a module.
        is_named = not _CONSTANT.match(name) and (not is_number or bool(_IN_MODULE.match(name)))
        kind = self.kind(name)
        if kind != "PARAMETER" if kind else not (tensor.is_float and is_named):
            return Known(tensor.dims, tensor.values)
        return Known(tensor.dims, tensor.values, frozenset([name]), True)

    def may_train(self, name: str) -> bool:
        """Whether a tensor that is no weight by its kind is one as the bias or the scale of a layer."""
        return name in self.model.tensors and not _CONSTANT.match(name) and self.kind(name) != "BUFFER"

    def operand(self, name: str, known: Known, how: str, dims: Sequence[int]) -> Known:
        """A tensor that is added to one with the shape ``dims`` (``how``: add), or multiplied by it.

        A value for each place of one axis is a weight. An exporter that says what is trained also computes
        some constants beforehand: such factors along several axes are waves and masks.
        """
        along = [size for size in known.dims if size > 1]
        is_vector = len(along) == 1 and along[0] in dims[1:]
        if (
            name not in self.model.tensors
            or self.kind(name)
            or (known.params and (is_vector or how == "add"))
        ):
            return known
        if is_vector:
            return known._replace(params=frozenset([name]), plain=True)
        return known._replace(params=frozenset(), plain=False) if self.says_kinds else known

    def of_product(self, name: str, first: Known, second: Known) -> tuple[Known, Known]:
        """The factors of a product of constants. The second one, called ``name``, is a matrix of weights.

        The first may be the places of positions: two or three coordinates each, which are no weights.
        """
        if name in self.model.tensors:
            second = second._replace(params=frozenset([name]), plain=True)
        if second.plain and first.plain and first.dims[-1] <= MOST_AXES:
            first = first._replace(params=frozenset(), plain=False)
        return first, second
