"""Activations that programs write in several steps: ``x * sigmoid(x)`` is one layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from archcalc.importers.as_network import fraction, made
from archcalc.ops.base import Op

X = "x"
"""The values that an activation reads."""

MOST_STEPS = 12
"""No activation is written in more steps."""


def joined(kind: str, *parts: Any) -> Any:
    """A sum or product in one form: without inner ones, numbers as one number, the rest in order."""
    flat: list[Any] = []
    for part in parts:
        flat += part[1:] if isinstance(part, tuple) and part[0] == kind else [part]
    number = 0.0 if kind == "add" else 1.0
    for part in flat:
        if isinstance(part, float):
            number = number + part if kind == "add" else number * part
    rest = sorted((part for part in flat if not isinstance(part, float)), key=repr)
    if number != (0.0 if kind == "add" else 1.0):
        rest.append(number)
    return rest[0] if len(rest) == 1 else (kind, *rest)


def plus(*parts: Any) -> Any:
    return joined("add", *parts)


def times(*parts: Any) -> Any:
    return joined("mul", *parts)


def _rounded(tree: Any) -> Any:
    """A tree with its numbers to three digits: files write √2 and π as they like."""
    if isinstance(tree, float):
        return float(f"{tree:.3g}")
    return tuple(map(_rounded, tree)) if isinstance(tree, tuple) else tree


_HARD = times(1 / 6, ("clip", 0.0, 6.0, plus(X, 3.0)))
_CUBIC = times(0.79788, plus(X, times(0.044715, ("pow", X, 3.0))))
_ACTIVATIONS = {
    ("relu", X): ("relu", {}),
    ("sigmoid", X): ("sigmoid", {}),
    ("tanh", X): ("tanh", {}),
    ("softplus", X): ("softplus", {}),
    ("hardsigmoid", X): ("hardsigmoid", {}),
    ("hardswish", X): ("hardswish", {}),
    ("clip", 0.0, 6.0, X): ("relu6", {}),
    _HARD: ("hardsigmoid", {}),
    times(X, _HARD): ("hardswish", {}),
    times(X, ("hardsigmoid", X)): ("hardswish", {}),
    times(X, ("sigmoid", X)): ("silu", {}),
    times(X, ("tanh", ("softplus", X))): ("mish", {}),
    times(0.5, X, plus(1.0, ("erf", times(0.70711, X)))): ("gelu", {}),
    times(0.5, X, plus(1.0, ("tanh", _CUBIC))): ("gelu", {"form": "tanh"}),
}
_KNOWN: Mapping[Any, tuple[str, Mapping[str, Any]]] = {
    _rounded(tree): op for tree, op in _ACTIVATIONS.items()
}


def activation_of(tree: Any) -> Op | None:
    """The activation that computes a tree; None if there is none."""
    found = _KNOWN.get(_rounded(tree))
    if found is not None:
        return made(found[0], **found[1])
    if tree[0] == "clip" and tree[3] == X:
        return made("hardtanh", low=fraction(tree[1]), high=fraction(tree[2]))
    return None


def steps_of(tree: Any) -> int:
    """The number of parts of a tree."""
    return 1 + sum(map(steps_of, tree)) if isinstance(tree, tuple) else 1


class Pending:
    """Operations on single values that may be part of an activation: ``x * sigmoid(x)`` is one layer.

    ``tree`` says what is computed of the values of ``base``. It becomes a layer when something else reads it.
    If no activation computes the whole tree, it is the last ``step`` of the layers of its ``parts``. ``last``
    is that step as a tree of its own, where the step of files may be a whole activation.
    """

    def __init__(
        self,
        base: Any,
        tree: Any,
        node: Any,
        parts: Sequence[Any] = (),
        step: Any = None,
    ) -> None:
        self.base = base
        self.tree = tree
        self.node = node
        self.parts = parts
        self.step = step
        self.last: Any = None
        self.signal: Any = None

    @property
    def axes(self) -> Any:
        """The axes of its tensor."""
        return self.base.axes
