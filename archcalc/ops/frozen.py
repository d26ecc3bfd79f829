"""Objects with declared fields: ``@record`` for frozen ones, ``@state`` for those that change.

``dataclasses`` would generate and compile the methods of each class. That takes up to half a millisecond of
every start for each class, and a table needs dozens of them. Here the methods stand once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, FrozenInstanceError, dataclass, field, fields
from typing import Any, ClassVar, Self, TypeVar, dataclass_transform


class _Fields:
    """The fields of a class, and how an object gets their values."""

    __slots__ = ()

    _names: ClassVar[tuple[str, ...]] = ()
    _known: ClassVar[frozenset[str]] = frozenset()
    _defaults: ClassVar[Mapping[str, Any]] = {}
    _makers: ClassVar[tuple[tuple[str, Callable[[], Any]], ...]] = ()
    _required: ClassVar[frozenset[str]] = frozenset()
    _word: ClassVar[str] = "field"

    def __init__(self, *values: Any, **named: Any) -> None:
        if values:
            named.update(zip(self._names, values, strict=False))
        are_known = named.keys() <= self._known and len(values) <= len(self._names)
        if not are_known or not self._required <= named.keys():
            wrong = [*sorted(named.keys() - self._known), *sorted(self._required - named.keys()), "too many"]
            raise TypeError(f"{type(self).__name__}: unknown or missing {self._word} '{wrong[0]}'")
        # Frozen objects refuse assignments: this is the only place that writes.
        given = self.__dict__
        given.update(self._defaults)
        given.update(named)
        for name, make in self._makers:
            if name not in given:
                given[name] = make()
        self.__post_init__()

    def __post_init__(self) -> None:
        """What a class does when its fields have their values, as in a dataclass."""


class State(_Fields):
    """An object whose fields may change; objects are compared by identity."""


class Frozen(_Fields):
    """An object whose fields never change; objects are compared by identity."""

    __slots__ = ()

    @classmethod
    def of_fields(cls, values: dict[str, Any]) -> Self:
        """An object with all its fields in a dict, which it keeps; nothing is checked.

        This is for the thousands of records of a deep network, which are made in one place.
        """
        made = cls.__new__(cls)
        object.__setattr__(made, "__dict__", values)
        return made

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

    def _asdict(self) -> dict[str, Any]:
        # Named tuples have the same method.
        return dict(zip(self._names, self._values(), strict=True))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self._values()

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._names)
        return f"{type(self).__name__}({shown})"


S = TypeVar("S", bound=type[State])
F = TypeVar("F", bound=type[Frozen])


@dataclass_transform(eq_default=False, field_specifiers=(field,))
def state(made: S) -> S:
    """The decorator of a subclass of State: a dataclass with the methods of its base.

    >>> @state
    ... class Tally(State):
    ...     names: list[str] = field(default_factory=list)
    >>> tally = Tally()
    >>> tally.names.append("conv1")
    >>> tally.names, Tally().names
    (['conv1'], [])
    """
    _declare(made)
    return made


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(made: F) -> F:
    """The decorator of a subclass of Frozen or Record: a frozen dataclass with the methods of its base.

    >>> @record
    ... class Size(Record):
    ...     height: int
    ...     width: int = 1
    >>> Size(3), Size(3, width=2) == Size(3, 2), Size(3) == Size(4)
    (Size(height=3, width=1), True, False)
    """
    _declare(made)
    return made


def _declare(made: type[_Fields]) -> None:
    declared = fields(dataclass(init=False, repr=False, eq=False)(made))  # type: ignore[arg-type]
    made._names = tuple([one.name for one in declared])
    made._known = frozenset(made._names)
    made._defaults = {one.name: one.default for one in declared if one.default is not MISSING}
    makers = [(one.name, one.default_factory) for one in declared if one.default_factory is not MISSING]
    made._makers = tuple(makers)
    made._required = made._known - made._defaults.keys() - {name for name, _ in makers}
