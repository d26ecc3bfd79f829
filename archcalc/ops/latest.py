"""Remember the latest result of a method: the claims, the shape and the reach of a layer ask in turn."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

T = TypeVar("T")


def latest(method: Callable[[Any, Any], T]) -> Callable[[Any, Any], T]:
    """A method of an op that works out once what it is asked several times in turn about one input.

    An op and a volume never change, so the same two objects have the same result. Objects are compared by
    identity, because an array cannot be looked up by its value.
    """
    last: tuple[Any, Any, T] | None = None

    @wraps(method)
    def ask(op: Any, x: Any) -> T:
        nonlocal last
        known = last  # read and written at once: another thread may ask at the same time
        if known is None or known[0] is not op or known[1] is not x:
            known = last = op, x, method(op, x)
        return known[2]

    return ask
