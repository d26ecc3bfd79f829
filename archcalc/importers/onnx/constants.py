"""Nodes that compute shapes: a small evaluator of ints for chains such as Shape, Gather, Concat, Reshape."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from archcalc.importers.as_network import ImportProblem
from archcalc.importers.onnx.model import MOST_VALUES, Number, OnnxNode
from archcalc.importers.onnx.values import Known

MOST_MAGNITUDE = 2**63


def evaluated(node: OnnxNode, inputs: Sequence[Known | None]) -> Known | None:
    """The output of a node whose inputs are all known; None if it is not one of these nodes."""
    if node.type not in _EVALUATORS:
        return None
    try:
        return _bounded(_EVALUATORS[node.type](node, inputs))
    except (LookupError, ValueError, TypeError, ArithmeticError, AttributeError, StopIteration):
        raise ImportProblem("its constants do not fit together") from None


def _bounded(known: Known) -> Known:
    if len(known.dims) > 16 or any(dim < 0 for dim in known.dims):
        raise ValueError
    values = known.values
    if values is None or len(values) > MOST_VALUES or any(abs(value) > MOST_MAGNITUDE for value in values):
        return known._replace(values=None)
    if len(values) != known.size:
        raise ValueError
    return known


def _listed(known: Any) -> Known:
    """The constant, whose values must be known."""
    if known.values is None:
        raise ValueError
    return known  # type: ignore[no-any-return]


def whole_numbers(known: Any) -> list[int]:
    """The values of a constant as ints. Raises ImportProblem."""
    if not isinstance(known, Known) or known.values is None:
        raise ImportProblem("its sizes depend on the input, or are too many")
    try:
        return [int(value) for value in known.values]
    except (ValueError, OverflowError):
        raise ImportProblem("its sizes are no whole numbers") from None


def axes_of(node: OnnxNode, given: Any, rank: int) -> list[int]:
    """The axes of a node, from an attribute or (newer files) an input; negative ones count from the end."""
    axes = node.attributes.get("axes")
    axes = [axes] if isinstance(axes, int) else axes
    if axes is None:
        axes = whole_numbers(given) if given is not None else range(rank)
    if not isinstance(axes, list | tuple | range) or not all(-rank <= axis < rank for axis in axes):
        raise ImportProblem("it names an axis that its input does not have")
    return [axis % rank for axis in axes]


def _constant(node: OnnxNode, inputs: Sequence[Any]) -> Known:
    tensor = node.attributes.get("value")
    if tensor is not None:
        return Known(tensor.dims, tensor.values)
    sparse = node.attributes.get("sparse_value")
    if sparse is not None:  # stored, so it is a weight like an initializer
        return Known(sparse.dims, None, node.outputs[0])
    value = next(iter(node.attributes.values()))
    if isinstance(value, tuple):
        return Known((len(value),), value)
    return Known((), (value,) if isinstance(value, int | float) else None)


def _gather(node: OnnxNode, inputs: Sequence[Any]) -> Known:
    data, indices = inputs
    if node.attributes.get("axis", 0) != 0 or len(data.dims) != 1:
        return Known(_gathered_dims(node, data, indices))
    if data.values is None or indices.values is None:
        return Known(indices.dims)
    return Known(indices.dims, tuple(data.values[int(index)] for index in indices.values))


def _gathered_dims(node: OnnxNode, data: Known, indices: Known) -> tuple[int, ...]:
    axis = node.attributes.get("axis", 0) % len(data.dims)
    return (*data.dims[:axis], *indices.dims, *data.dims[axis + 1 :])


def _concat(node: OnnxNode, inputs: Sequence[Any]) -> Known:
    axis = node.attributes.get("axis", 0) % len(inputs[0].dims)
    first = inputs[0].dims
    dims = (*first[:axis], sum(known.dims[axis] for known in inputs), *first[axis + 1 :])
    if len(first) != 1 or any(known.values is None for known in inputs):
        return Known(dims)
    return Known(dims, tuple(value for known in inputs for value in known.values))


def _slice(node: OnnxNode, inputs: Sequence[Any]) -> Known:
    data = _listed(inputs[0])
    if len(data.dims) != 1 or data.values is None:
        raise ValueError
    if len(inputs) > 1:
        start, end = inputs[1].scalar, inputs[2].scalar
        step = inputs[4].scalar if len(inputs) > 4 and inputs[4] else 1
    else:
        (start,), (end,), step = node.attributes["starts"], node.attributes["ends"], 1
    values = data.values[int(start) : int(end) : int(step)]
    return Known((len(values),), values)


def _unsqueeze(node: OnnxNode, inputs: Sequence[Any]) -> Known:
    data = inputs[0]
    given = inputs[1] if len(inputs) > 1 else None
    count = len(node.attributes.get("axes") or whole_numbers(given))
    axes = axes_of(node, given, len(data.dims) + count)
    rest = iter(data.dims)
    dims = tuple(1 if axis in axes else next(rest) for axis in range(len(data.dims) + count))
    return data._replace(dims=dims)  # type: ignore[no-any-return]


def _squeeze(node: OnnxNode, inputs: Sequence[Any]) -> Known:
    data = inputs[0]
    given = inputs[1] if len(inputs) > 1 else None
    axes = axes_of(node, given, len(data.dims))
    dims = tuple(size for axis, size in enumerate(data.dims) if axis not in axes or size != 1)
    return data._replace(dims=dims)  # type: ignore[no-any-return]


def _transpose(node: OnnxNode, inputs: Sequence[Any]) -> Known:
    data = inputs[0]
    order = node.attributes.get("perm") or range(len(data.dims))[::-1]
    # A transposed weight is the same weight; the order of its values does not matter.
    return Known(tuple(data.dims[axis] for axis in order), None, data.name)


def _reshape(node: OnnxNode, inputs: Sequence[Any]) -> Known:
    data, sizes = inputs
    dims = reshaped(data.dims, whole_numbers(sizes))
    return data._replace(dims=dims)  # type: ignore[no-any-return]


def reshaped(dims: Sequence[int], sizes: Sequence[int]) -> tuple[int, ...]:
    """The shape that Reshape gives: 0 keeps a size, -1 is what is left over. Raises ValueError."""
    out = [dims[place] if size == 0 else size for place, size in enumerate(sizes)]
    if out.count(-1) > 1:
        raise ValueError
    if -1 in out:
        rest = math.prod(size for size in out if size != -1)
        out[out.index(-1)] = math.prod(dims) // rest
    if math.prod(out) != math.prod(dims):
        raise ValueError
    return tuple(out)


def _filled(node: OnnxNode, inputs: Sequence[Any]) -> Known:
    """ConstantOfShape."""
    tensor = node.attributes.get("value")
    fill = tensor.values[0] if tensor is not None and tensor.values else 0
    dims = tuple(whole_numbers(inputs[0]))
    count = math.prod(dims)
    return Known(dims, (fill,) * count if 0 <= count <= MOST_VALUES else None)


def _expand(node: OnnxNode, inputs: Sequence[Any]) -> Known:
    """Expand: broadcast to a shape; the values are those of one number, or unknown."""
    dims = tuple(max(size, 1) for size in whole_numbers(inputs[1]))
    scalar, count = inputs[0].scalar, math.prod(dims)
    return Known(dims, (scalar,) * count if scalar is not None and count <= MOST_VALUES else None)


def _same(node: OnnxNode, inputs: Sequence[Any]) -> Known:
    known: Known = inputs[0]
    return known


def _arithmetic(work: Callable[[Any, Any], Number]) -> Callable[[OnnxNode, Sequence[Any]], Known]:
    def evaluate(node: OnnxNode, inputs: Sequence[Any]) -> Known:
        a, b = inputs
        longer = a if len(a.dims) > len(b.dims) or a.size > b.size else b
        if a.values is None or b.values is None:
            return Known(longer.dims)
        if 1 not in (a.size, b.size) and a.dims != b.dims:
            return Known(longer.dims)
        count = longer.size
        left = a.values * count if a.size == 1 else a.values
        right = b.values * count if b.size == 1 else b.values
        return Known(longer.dims, tuple(map(work, left, right)))

    return evaluate


def _divided(a: Number, b: Number) -> Number:
    # ONNX cuts the quotient of ints towards zero.
    if not isinstance(a, int) or not isinstance(b, int):
        return a / b
    return a // b if (a < 0) == (b < 0) else -(-a // b)


_EVALUATORS: dict[str, Callable[[OnnxNode, Sequence[Any]], Known]] = {
    "Constant": _constant,
    "Identity": _same,
    "Cast": _same,
    "Floor": _same,
    "Gather": _gather,
    "Concat": _concat,
    "Slice": _slice,
    "Unsqueeze": _unsqueeze,
    "Squeeze": _squeeze,
    "Transpose": _transpose,
    "Reshape": _reshape,
    "ConstantOfShape": _filled,
    "Expand": _expand,
    "CastLike": _same,
    "Add": _arithmetic(lambda a, b: a + b),
    "Sub": _arithmetic(lambda a, b: a - b),
    "Mul": _arithmetic(lambda a, b: a * b),
    "Div": _arithmetic(_divided),
}
