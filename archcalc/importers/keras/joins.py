"""Layers with several inputs, and the operations of functional models: ``x + y``, ``x * 2``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archcalc.importers.as_network import made
from archcalc.importers.keras.fields import KerasProblem, rounded
from archcalc.importers.keras.graph import KerasCall, KerasReader, KerasTensor, tensors_in
from archcalc.importers.keras.layers import KerasTranslator
from archcalc.importers.keras.pointwise import CONSTANTS, constant_of, plus, times

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
    reader.note(CONSTANTS)
    return add(call, reader)


def concatenate(call: KerasCall, reader: KerasReader) -> KerasTensor:
    inputs = call.inputs()
    axis = call.config.get("axis") if call.config.get("axis") is not None else call.kwargs.get("axis", -1)
    if len(inputs) == 1:
        return inputs[0]
    if axis not in (-1, len(inputs[0].dims)):
        raise KerasProblem("archcalc concatenates the channels only, the last axis")
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
    """A sum or difference of two tensors, or of a tensor and a constant."""
    value = constant_of(call)
    return (
        add(_all_inputs(call), reader) if value is None else plus(call, reader, call.input(), rounded(value))
    )


def _product(call: KerasCall, reader: KerasReader) -> KerasTensor:
    value = constant_of(call)
    if value is None:
        return multiply(_all_inputs(call), reader)
    return times(call, reader, _all_inputs(call).input(), rounded(value))


def _quotient(call: KerasCall, reader: KerasReader) -> KerasTensor:
    """A tensor by a constant, also by one for each channel."""
    x = call.input()
    if list(tensors_in(list(call.kwargs.values()))):
        raise KerasProblem("archcalc has no layer for the quotient of two tensors")
    value = constant_of(call)
    if not value:
        reader.note(CONSTANTS)
        return x
    return times(call, reader, x, rounded(1 / value))


def _all_inputs(call: KerasCall) -> KerasCall:
    """The call with the tensors among its named arguments."""
    return call._replace(args=[*call.args, *tensors_in(list(call.kwargs.values()))])


JOINS: Mapping[str, KerasTranslator] = {
    "Add": add,
    "Subtract": add,  # a difference takes as many operations as a sum
    "Multiply": multiply,
    "Average": average,
    "Concatenate": concatenate,
    "CustomScaleLayer": scaled_sum,
}

OPERATIONS: Mapping[str, KerasTranslator] = {
    "add": _sum,
    "subtract": _sum,
    "sub": _sum,
    "multiply": _product,
    "mul": _product,
    "divide": _quotient,
    "truedivide": _quotient,
    "truediv": _quotient,
    "concatenate": concatenate,
    "concat": concatenate,
}
"""Operations of ``keras.ops`` and of TensorFlow, in small letters without ``_``."""
