"""Nodes that compute shapes: a small evaluator of ints for chains such as Shape, Gather, Concat, Reshape."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from archcalc.importers.as_calls.spreading import spread_dims
from archcalc.importers.as_network import ImportProblem
from archcalc.importers.onnx.attributes import axes_of, reshaped, whole_numbers
from archcalc.importers.onnx.constant_shapes import CONSTANT_SHAPES
from archcalc.importers.onnx.model import MOST_VALUES, Number, OnnxNode
from archcalc.importers.onnx.values import Known

MOST_MAGNITUDE = 2**63


def evaluated(node: OnnxNode, inputs: Sequence[Known | None]) -> list[Known] | None:
    """The outputs of a node whose inputs are all known; None if it is not one of these nodes.

    What is computed from weights belongs to them.
    """
    given = [known for known in inputs if known is not None]
    try:
        if node.type == "Split":
            outputs = _split(node, inputs)
        elif node.type in _EVALUATORS:
            outputs = [_EVALUATORS[node.type](node, inputs)]
        elif node.type in CONSTANT_SHAPES:
            outputs = [Known(CONSTANT_SHAPES[node.type](node, inputs))]
        else:
            return None
        return [_bounded(_owned(node, known, given)) for known in outputs]
    except (LookupError, ValueError, TypeError, ArithmeticError, AttributeError, StopIteration):
        raise ImportProblem("its constants do not fit together") from None


def _owned(node: OnnxNode, known: Known, inputs: Sequence[Known]) -> Known:
    """A constant with the weights from which it comes."""
    known = known._replace(from_shape=any(one.from_shape for one in inputs))
    if node.type in _WITHOUT_VALUES:
        return known
    params = frozenset[str]().union(*(one.params for one in inputs))
    plain = node.type in _MOVES and inputs[0].plain and inputs[0].size == known.size
    work = sum(one.macs for one in inputs) + _macs(node, inputs, known)
    return known._replace(params=params, plain=plain, macs=work)


def _macs(node: OnnxNode, inputs: Sequence[Known], output: Known) -> int:
    """The multiply-accumulates of a product of constants: a model computes it in every pass."""
    if node.type in ("MatMul", "Gemm"):
        return output.size * inputs[0].dims[0 if node.attributes.get("transA") else -1]
    return output.size * math.prod(inputs[1].dims[1:]) if node.type == "Conv" else 0


def _bounded(known: Known) -> Known:
    if len(known.dims) > 16 or any(dim < 0 for dim in known.dims):
        raise ValueError
    values = known.values
    if values is None or len(values) > MOST_VALUES or any(abs(value) > MOST_MAGNITUDE for value in values):
        return known._replace(values=None)
    if len(values) != known.size:
        raise ValueError
    return known


def _constant(node: OnnxNode, inputs: Sequence[Any]) -> Known:
    tensor = node.attributes.get("value")
    if tensor is not None:
        return Known(tensor.dims, tensor.values)
    sparse = node.attributes.get("sparse_value")
    if sparse is not None:  # stored, so it is a weight like an initializer
        return Known(sparse.dims, None, frozenset([node.outputs[0]]), True)
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
    data = inputs[0]
    if len(inputs) > 1:
        given = [None if known is None else whole_numbers(known) for known in inputs[1:]]
    else:
        given = [node.attributes.get(key) for key in ("starts", "ends", "axes")]
    starts, ends, axes, steps = (*given, None, None)[:4]
    if starts is None or ends is None:
        raise ValueError
    kept = [range(size) for size in data.dims]
    for place, (start, end) in enumerate(zip(starts, ends, strict=True)):
        axis = (axes[place] if axes else place) % len(kept)
        kept[axis] = kept[axis][slice(start, end, steps[place] if steps else 1)]
    return _picked(data, kept, range(len(kept)))


def _picked(data: Known, kept: Sequence[range], order: Sequence[int]) -> Known:
    """The values at some places of each axis, with the axes in another order."""
    dims = tuple(len(kept[axis]) for axis in order)
    if data.values is None:
        return Known(dims)
    steps = [math.prod(data.dims[axis + 1 :]) for axis in range(len(data.dims))]
    places = itertools.product(*([at * steps[axis] for at in kept[axis]] for axis in order))
    return Known(dims, tuple(data.values[sum(place)] for place in places))


def _unsqueeze(node: OnnxNode, inputs: Sequence[Any]) -> Known:
    data: Known = inputs[0]
    given = inputs[1] if len(inputs) > 1 else None
    count = len(node.attributes.get("axes") or whole_numbers(given))
    axes = axes_of(node, given, len(data.dims) + count)
    rest = iter(data.dims)
    dims = tuple(1 if axis in axes else next(rest) for axis in range(len(data.dims) + count))
    return data._replace(dims=dims)


def _squeeze(node: OnnxNode, inputs: Sequence[Any]) -> Known:
    data: Known = inputs[0]
    given = inputs[1] if len(inputs) > 1 else None
    axes = axes_of(node, given, len(data.dims))
    dims = tuple(size for axis, size in enumerate(data.dims) if axis not in axes or size != 1)
    return data._replace(dims=dims)


def _transpose(node: OnnxNode, inputs: Sequence[Any]) -> Known:
    data = inputs[0]
    order = node.attributes.get("perm") or range(len(data.dims))[::-1]
    return _picked(data, [range(size) for size in data.dims], order)


def _reshape(node: OnnxNode, inputs: Sequence[Any]) -> Known:
    data: Known = inputs[0]
    dims = reshaped(data.dims, whole_numbers(inputs[1]))
    return data._replace(dims=dims)


def _filled(node: OnnxNode, inputs: Sequence[Any]) -> Known:
    """ConstantOfShape."""
    tensor = node.attributes.get("value")
    fill = tensor.values[0] if tensor is not None and tensor.values else 0
    dims = tuple(whole_numbers(inputs[0]))
    count = math.prod(dims)
    return Known(dims, (fill,) * count if 0 <= count <= MOST_VALUES else None)


def _expand(node: OnnxNode, inputs: Sequence[Any]) -> Known:
    """Expand: broadcast to a shape; the values are those of one number, or unknown."""
    data: Known = inputs[0]
    dims = spread_dims(data.dims, whole_numbers(inputs[1]))
    return data._replace(dims=dims) if math.prod(dims) == data.size else _spread(data.scalar, dims)


def _spread(number: Number | None, dims: tuple[int, ...]) -> Known:
    count = math.prod(dims)
    return Known(dims, (number,) * count if number is not None and count <= MOST_VALUES else None)


def _same(node: OnnxNode, inputs: Sequence[Any]) -> Known:
    known: Known = inputs[0]
    return known


def _each(work: Callable[..., Number]) -> Callable[[OnnxNode, Sequence[Any]], Known]:
    """A function of the values of one constant, or of several that are spread over each other."""

    def evaluate(node: OnnxNode, inputs: Sequence[Any]) -> Known:
        dims: tuple[int, ...] = ()
        for known in inputs:
            dims = spread_dims(dims, known.dims)
        count = math.prod(dims)
        if count > MOST_VALUES or any(
            known.values is None or known.size not in (1, count) for known in inputs
        ):
            return Known(dims)
        columns = [known.values * count if known.size == 1 else known.values for known in inputs]
        return Known(dims, tuple(work(*row) for row in zip(*columns, strict=False)))

    return evaluate


def _range(node: OnnxNode, inputs: Sequence[Any]) -> Known:
    start, end, step = (known.scalar for known in inputs)
    count = max(math.ceil((end - start) / step), 0)
    return Known((count,), tuple(start + at * step for at in range(count)) if count <= MOST_VALUES else None)


def _padded(node: OnnxNode, inputs: Sequence[Any]) -> Known:
    pads = node.attributes.get("pads") or whole_numbers(inputs[1])
    data, rank = inputs[0], len(inputs[0].dims)
    fill = inputs[2].scalar if len(inputs) > 2 and inputs[2] is not None else 0
    dims = tuple(
        size + before + after for size, before, after in zip(data.dims, pads[:rank], pads[rank:], strict=True)
    )
    if rank != 1 or data.values is None or max(*dims, *pads) > MOST_VALUES or min(pads) < 0:
        return Known(dims)
    return Known(dims, ((fill,) * pads[0] + data.values + (fill,) * pads[1]))


def _split(node: OnnxNode, inputs: Sequence[Any]) -> list[Known]:
    data, count = inputs[0], len(node.outputs)
    axis = node.attributes.get("axis", 0) % len(data.dims)
    given = node.attributes.get("split") or (whole_numbers(inputs[1]) if len(inputs) > 1 else None)
    share = -(-data.dims[axis] // count)
    sizes = given or [min(share, data.dims[axis] - share * part) for part in range(count)]
    return [Known((*data.dims[:axis], size, *data.dims[axis + 1 :])) for size in sizes]


def _divided(a: Number, b: Number) -> Number:
    # ONNX cuts the quotient of ints towards zero.
    if not isinstance(a, int) or not isinstance(b, int):
        return a / b
    return a // b if (a < 0) == (b < 0) else -(-a // b)


def _remainder(a: Number, b: Number) -> Number:
    return a % b


_EVALUATORS: Mapping[str, Callable[[OnnxNode, Sequence[Any]], Known]] = {
    "Constant": _constant,
    "Identity": _same,
    "Cast": _same,
    "CastLike": _same,
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
    "Range": _range,
    "Pad": _padded,
    "Add": _each(lambda a, b: a + b),
    "Sub": _each(lambda a, b: a - b),
    "Mul": _each(lambda a, b: a * b),
    "Div": _each(_divided),
    "Mod": _each(_remainder),
    "Sqrt": _each(math.sqrt),
    "Neg": _each(lambda a: -a),
    "Abs": _each(abs),
    "Equal": _each(lambda a, b: int(a == b)),
    "Not": _each(lambda a: int(not a)),
    "Where": _each(lambda a, b, c: b if a else c),
    "Max": _each(max),
    "Min": _each(min),
}

_MOVES = ("Identity", "Cast", "CastLike", "Unsqueeze", "Squeeze", "Transpose", "Reshape", "Expand")
"""Nodes after which a weight is the same weight in another form."""

_WITHOUT_VALUES = ("Constant", "ConstantOfShape", "Range")
"""Nodes whose output has nothing of the weights that they read."""
