"""Parts of a result that are made when they are read: who asks for the params does not pay for the layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar, overload

T = TypeVar("T")


class Deferred(Sequence[T]):
    """A sequence that equals the tuple of its items; ``make`` gives them when they are read.

    >>> letters = Deferred(lambda: "abc")
    >>> letters[0], len(letters), letters == ("a", "b", "c"), letters
    ('a', 3, True, ('a', 'b', 'c'))
    """

    def __init__(self, make: Callable[[], Sequence[T]]) -> None:
        self._make = make

    @cached_property
    def _items(self) -> tuple[T, ...]:
        return tuple(self._make())

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[T, ...]: ...
    def __getitem__(self, place: int | slice) -> T | tuple[T, ...]:
        return self._items[place]

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[T]:
        return iter(self._items)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, tuple | Deferred) and self._items == tuple(other)

    def __hash__(self) -> int:
        return hash(self._items)

    def __repr__(self) -> str:
        return repr(self._items)

    def __reduce__(self) -> tuple[Any, ...]:
        # What makes the items is a function, which no pickle can hold.
        return tuple, (self._items,)


class DeferredFigures(Mapping[str, Any]):
    """Figures by their keys, each made when it is read; ``make`` gives a figure, with all that come with it.

    >>> figures = DeferredFigures(["params", "macs"], lambda key: {key: len(key)})
    >>> figures["macs"], list(figures), figures
    (4, ['params', 'macs'], {'params': 6, 'macs': 4})
    """

    def __init__(self, keys: Sequence[str], make: Callable[[str], Mapping[str, Any]]) -> None:
        self._keys = dict.fromkeys(keys)
        self._make = make
        self._made: dict[str, Any] = {}

    def __getitem__(self, key: str) -> Any:
        if key not in self._made:
            if key not in self._keys:
                raise KeyError(key)
            self._made.update(self._make(key))
        return self._made[key]

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def __repr__(self) -> str:
        return repr(dict(self))

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (dict(self),)
