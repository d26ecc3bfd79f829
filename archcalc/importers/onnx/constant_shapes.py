"""The shapes of constants whose values do not matter."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from archcalc.importers.as_calls.spreading import spread_dims
from archcalc.importers.onnx.attributes import axes_of
from archcalc.importers.onnx.model import OnnxNode


def _like_first(node: OnnxNode, inputs: Sequence[Any]) -> tuple[int, ...]:
    dims: tuple[int, ...] = inputs[0].dims
    return dims


def _product_dims(node: OnnxNode, inputs: Sequence[Any]) -> tuple[int, ...]:
    a, b = inputs[0].dims, inputs[1].dims
    a = a[::-1] if node.attributes.get("transA") else a
    b = b[::-1] if node.attributes.get("transB") else b
    if a[-1] != b[-2]:
        raise ValueError
    return (*spread_dims(a[:-2], b[:-2]), a[-2], b[-1])


def _reduced_dims(node: OnnxNode, inputs: Sequence[Any]) -> tuple[int, ...]:
    dims = inputs[0].dims
    axes = axes_of(node, inputs[1] if len(inputs) > 1 else None, len(dims))
    if node.attributes.get("keepdims", 1):
        return tuple(1 if axis in axes else size for axis, size in enumerate(dims))
    return tuple(size for axis, size in enumerate(dims) if axis not in axes)


def _picked_dims(node: OnnxNode, inputs: Sequence[Any]) -> tuple[int, ...]:
    """GatherND."""
    data, indices = inputs
    if node.attributes.get("batch_dims", 0):
        raise ValueError
    return (*indices.dims[:-1], *data.dims[indices.dims[-1] :])


CONSTANT_SHAPES: Mapping[str, Callable[[OnnxNode, Sequence[Any]], tuple[int, ...]]] = {
    **dict.fromkeys(
        ("Relu", "Sigmoid", "Tanh", "Erf", "Gelu", "Exp", "Log", "Sin", "Cos", "Reciprocal", "Softmax"),
        _like_first,
    ),
    **dict.fromkeys(("ScatterND", "ScatterElements", "Trilu", "CumSum", "LayerNormalization"), _like_first),
    **dict.fromkeys(("Softplus", "Sign", "Ceil", "Round", "Clip"), _like_first),
    **dict.fromkeys(
        ("Pow", "Greater", "Less", "GreaterOrEqual", "LessOrEqual", "And", "Or"),
        lambda node, inputs: spread_dims(inputs[0].dims, inputs[1].dims),
    ),
    **dict.fromkeys(("MatMul", "Gemm"), _product_dims),
    **dict.fromkeys(("ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceL2"), _reduced_dims),
    "GatherND": _picked_dims,
    "GatherElements": lambda node, inputs: inputs[1].dims,
}
