"""Remembering what was worked out: the latest result of a method, or as many results as a limit allows."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

T = TypeVar("T")
K = TypeVar("K")

MOST = 4096
"""How many results one memory keeps; a sweep has more."""


def remember(memory: dict[K, T], key: K, value: T, most: int = 0) -> None:
    """Keep a result under its key; when the memory is full, the oldest is forgotten.

    >>> known = {1: "one", 2: "two"}
    >>> remember(known, 3, "three", most=2)
    >>> known
    {2: 'two', 3: 'three'}
    """
    if len(memory) >= (most or MOST):
        # Another thread may forget at the same time.
        memory.pop(next(iter(memory)), None)
    memory[key] = value


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
