"""Frozen records: ``@record`` makes them, and the methods of all of them stand here once.

``dataclasses`` would generate and compile these methods for each class. That takes up to half a millisecond
of every start for each class, and a table needs dozens of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, FrozenInstanceError, dataclass, field, fields
from typing import Any, ClassVar, TypeVar, dataclass_transform


class Frozen:
    """An object whose fields are given once and never changed; objects are compared by identity."""

    __slots__ = ()

    _names: ClassVar[tuple[str, ...]] = ()
    _known: ClassVar[frozenset[str]] = frozenset()
    _defaults: ClassVar[Mapping[str, Any]] = {}
    _word: ClassVar[str] = "field"

    def __init__(self, *values: Any, **named: Any) -> None:
        # The only place that writes: an assignment is refused below.
        given = self.__dict__
        given.update(self._defaults)
        given.update(zip(self._names, values, strict=False))
        given.update(named)
        if given.keys() != self._known or len(values) > len(self._names):
            wrong = next((name for name in given if name not in self._known), "")
            wrong = wrong or next((name for name in self._names if name not in given), "")
            raise TypeError(f"{type(self).__name__}: unknown or missing {self._word} '{wrong}'")

    def __setattr__(self, name: str, value: Any) -> None:
        raise FrozenInstanceError(f"cannot assign to {self._word} '{name}'")

    def __delattr__(self, name: str) -> None:
        raise FrozenInstanceError(f"cannot delete {self._word} '{name}'")


class Record(Frozen):
    """A frozen object that is equal to another of its class if all fields are equal."""

    __slots__ = ()

    def _values(self) -> tuple[Any, ...]:
        return tuple([getattr(self, name) for name in self._names])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Record) and type(self) is type(other) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self._values()

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._names)
        return f"{type(self).__name__}({shown})"


F = TypeVar("F", bound=type[Frozen])


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(made: F) -> F:
    """The decorator of a class of frozen objects: a dataclass with the methods of its base.

    >>> @record
    ... class Size(Record):
    ...     height: int
    ...     width: int = 1
    >>> Size(3), Size(3, width=2) == Size(3, 2), Size(3) == Size(4)
    (Size(height=3, width=1), True, False)
    """
    of_class = fields(dataclass(init=False, repr=False, eq=False)(made))  # type: ignore[arg-type]
    made._names = tuple([known.name for known in of_class])
    made._known = frozenset(made._names)
    made._defaults = {known.name: known.default for known in of_class if known.default is not MISSING}
    return made
