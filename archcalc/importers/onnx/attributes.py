"""The numbers that a node states: attributes by their types, and sizes that are constants."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from archcalc.importers.as_network import ImportProblem
from archcalc.importers.onnx.model import OnnxNode
from archcalc.importers.onnx.values import Known


def ints_of(node: OnnxNode, name: str, default: Sequence[int]) -> tuple[int, ...]:
    """A list of whole numbers. Raises ImportProblem."""
    given = node.attributes.get(name)
    if given is None:
        return tuple(default)
    if not isinstance(given, tuple) or not all(isinstance(value, int) for value in given):
        raise ImportProblem(f"its attribute '{name}' is not a list of whole numbers")
    return given


def int_of(node: OnnxNode, name: str, default: int) -> int:
    """A whole number. Raises ImportProblem."""
    given = node.attributes.get(name, default)
    if not isinstance(given, int):
        raise ImportProblem(f"its attribute '{name}' is not a whole number")
    return given


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
