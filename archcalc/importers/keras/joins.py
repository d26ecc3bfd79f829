"""Layers with several inputs, and the operations of functional models: ``x + y``, ``x * 2``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archcalc.importers.as_network import made
from archcalc.importers.keras.fields import KerasProblem
from archcalc.importers.keras.graph import KerasCall, KerasReader, KerasTensor, tensors_in
from archcalc.importers.keras.layers import KerasTranslator
from archcalc.importers.keras.pointwise import constant_of, function, plus, times

_MAKES_ONE = "archcalc joins inputs whose shapes differ only where an axis has one value"


def _spread(inputs: Sequence[KerasTensor]) -> list[KerasTensor]:
    """The inputs, first one that has the shape of the output. Raises KerasProblem."""
    if len({len(tensor.dims) for tensor in inputs}) > 1:
        raise KerasProblem(_MAKES_ONE)
    dims = tuple(map(max, zip(*(tensor.dims for tensor in inputs), strict=True)))
    whole = [tensor for tensor in inputs if tensor.dims == dims]
    fits = all(size in (1, most) for tensor in inputs for size, most in zip(tensor.dims, dims, strict=True))
    if not whole or not fits:
        shapes = " and ".join(dict.fromkeys("x".join(map(str, tensor.dims)) for tensor in inputs))
        raise KerasProblem(f"{_MAKES_ONE}, not {shapes}")
    first = inputs.index(whole[0])
    return [inputs[first], *inputs[:first], *inputs[first + 1 :]]


def add(call: KerasCall, reader: KerasReader) -> KerasTensor:
    inputs = _spread(call.inputs(2))
    if not all(reader.is_flat(tensor) for tensor in inputs):
        inputs = [reader.maps(call, tensor) for tensor in inputs]
    return reader.add(call, made("add"), *inputs)._replace(dims=inputs[0].dims)


def multiply(call: KerasCall, reader: KerasReader) -> KerasTensor:
    """A product; its gates may stay flat."""
    first, *gates = _spread(call.inputs(2))
    if not all(reader.is_flat(gate) for gate in gates):
        first = reader.maps(call, first)
    return reader.add(call, made("multiply"), first, *gates)._replace(dims=first.dims)


def average(call: KerasCall, reader: KerasReader) -> KerasTensor:
    return function(call, reader, "scale", add(call, reader))


def _of_two(name: str) -> KerasTranslator:
    """A function of the values of two inputs."""

    def translate(call: KerasCall, reader: KerasReader) -> KerasTensor:
        first, second = call.inputs(2, 2)
        if _spread([first, second])[0] is not first:
            raise KerasProblem("the first of its inputs must have the shape of the output")
        both_flat = reader.is_flat(first) and reader.is_flat(second)
        inputs = [first, second] if both_flat else [reader.maps(call, one) for one in (first, second)]
        return function(call, reader, name, *inputs)

    return translate


def concatenate(call: KerasCall, reader: KerasReader) -> KerasTensor:
    inputs = call.inputs()
    axis = call.config.get("axis") if call.config.get("axis") is not None else call.kwargs.get("axis", -1)
    if len(inputs) == 1:
        return inputs[0]
    count = len(inputs[0].dims)
    if not isinstance(axis, int) or not (-count <= axis < 0 or 0 < axis <= count):
        raise KerasProblem(f"its inputs have no axis {axis}")
    place = axis % (count + 1)
    if place != count:
        maps = [reader.maps(call, tensor) for tensor in inputs]
        return reader.add(call, made("concat_positions", axis=place), *maps)
    if len({tensor.dims[:-1] for tensor in inputs}) > 1:
        raise KerasProblem("its inputs must have the same sizes but for the channels")
    if not all(reader.is_flat(tensor) for tensor in inputs):
        inputs = [reader.maps(call, tensor) for tensor in inputs]
    y = reader.add(call, made("concat"), *inputs)
    return y._replace(dims=(*inputs[0].dims[:-1], y.channels))


def scaled_sum(call: KerasCall, reader: KerasReader) -> KerasTensor:
    """The layer of keras.applications' Inception-ResNet: its second input has a factor."""
    x, residual = call.inputs(2, 2)
    if x.dims != residual.dims:
        raise KerasProblem(_MAKES_ONE)
    y = reader.add(call, made("add", scale=call.config.number("scale", default=None)), residual, x)
    return y._replace(dims=x.dims)


# --- operations ---------------------------------------------------------------------------------------------


def _sum(call: KerasCall, reader: KerasReader) -> KerasTensor:
    """A sum of two tensors, or of a tensor and a constant."""
    call, value = _all_inputs(call), constant_of(call)
    return add(call, reader) if value is None else plus(call, reader, call.input(), value)


def _difference(call: KerasCall, reader: KerasReader) -> KerasTensor:
    call, value = _all_inputs(call), constant_of(call)
    return subtract(call, reader) if value is None else plus(call, reader, call.input(), -value)


def _product(call: KerasCall, reader: KerasReader) -> KerasTensor:
    call, value = _all_inputs(call), constant_of(call)
    return multiply(call, reader) if value is None else times(call, reader, call.input(), value)


def _quotient(call: KerasCall, reader: KerasReader) -> KerasTensor:
    """A quotient of two tensors, or by a constant; a constant may be a list, one for each channel."""
    call, value = _all_inputs(call), constant_of(call)
    if len(call.inputs()) > 1:
        return divide(call, reader)
    return times(call, reader, call.input(), 1 / value if value else None)


def _all_inputs(call: KerasCall) -> KerasCall:
    """The call with the tensors among its named arguments."""
    return call._replace(args=[*call.args, *tensors_in(list(call.kwargs.values()))])


subtract, divide, maximum, minimum = map(_of_two, ("sub", "div", "maximum", "minimum"))


def _of_one(name: str) -> KerasTranslator:
    return lambda call, reader: function(call, reader, name, _all_inputs(call).input())


JOINS: Mapping[str, KerasTranslator] = {
    "Add": add,
    "Subtract": subtract,
    "Maximum": maximum,
    "Minimum": minimum,
    "Multiply": multiply,
    "Average": average,
    "Concatenate": concatenate,
    "CustomScaleLayer": scaled_sum,
}

OPERATIONS: Mapping[str, KerasTranslator] = {
    "add": _sum,
    "subtract": _difference,
    "sub": _difference,
    "multiply": _product,
    "mul": _product,
    "divide": _quotient,
    "truedivide": _quotient,
    "truediv": _quotient,
    "concatenate": concatenate,
    "concat": concatenate,
    **{
        name: _of_one(name) for name in ("abs", "cos", "exp", "log", "negative", "reciprocal", "rsqrt", "sin")
    },
    **{name: _of_one(name) for name in ("sqrt", "square")},
}
"""Operations of ``keras.ops`` and of TensorFlow, in small letters without ``_``."""
