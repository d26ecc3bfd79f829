"""Work during which Python does not look for cycles.

The collector of cycles looks at every object that lives, again and again while new ones are made. A network
of a million layers makes millions of objects and no garbage: a third of its time would go to the collector.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def without_collection(work: Callable[P, T]) -> Callable[P, T]:
    """A function during which the collector rests; it works as before when the function returns.

    >>> import gc
    >>> gc.isenabled(), without_collection(gc.isenabled)(), gc.isenabled()
    (True, False, True)
    """

    @wraps(work)
    def run(*args: P.args, **named: P.kwargs) -> T:
        if not gc.isenabled():
            return work(*args, **named)
        gc.disable()
        try:
            return work(*args, **named)
        finally:
            gc.enable()

    return run
