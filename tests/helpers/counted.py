"""Work that is counted and not timed: the count is the same on every machine, slow or busy."""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from types import ModuleType
from typing import Any, SupportsIndex

import pytest

from archcalc.errors import Source


@dataclass
class Work:
    """Counts of work: calls and returns of functions, lines read, characters given to patterns."""

    steps: int = 0
    lines: int = 0
    characters: int = 0
    widest: int = 0
    """The most characters that a pattern was given at once."""

    def at_most(self, times: float, other: Work, slack: int) -> bool:
        """Whether every count is at most so many times the other's, and a little more."""
        mine, its = (self.steps, self.lines, self.characters), (other.steps, other.lines, other.characters)
        return all(a <= times * b + slack for a, b in zip(mine, its, strict=True))


def steps(work: Callable[[], object]) -> int:
    """The calls and returns of functions, those written in C among them, while ``work`` runs."""
    ticks = count()
    tick = ticks.__next__

    def profile(frame: Any, event: str, arg: Any) -> None:
        tick()

    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        work()
    finally:
        sys.setprofile(before)
    return tick()


@dataclass
class _Pattern:
    """A pattern that notes how much text it is given."""

    pattern: re.Pattern[str]
    work: Work
    names: tuple[str, ...] = field(default=("match", "search", "fullmatch", "finditer", "findall", "split"))

    def __getattr__(self, name: str) -> Any:
        does = getattr(self.pattern, name)
        if name not in (*self.names, "sub", "subn"):
            return does

        def noted(*given: Any, **named: Any) -> Any:
            text, *after = given if name in self.names else given[1:]
            length = len(text) - (after[0] if after and name in self.names[:5] else 0)
            self.work.characters += length
            self.work.widest = max(self.work.widest, length)
            return does(*given, **named)

        return noted


class _Lines(list[str]):
    """Lines that note how many of them are looked at."""

    work: Work

    def __getitem__(self, at: SupportsIndex | slice) -> Any:
        found = super().__getitem__(at)
        self.work.lines += len(found) if isinstance(at, slice) else 1
        return found

    def __iter__(self) -> Iterator[str]:
        for line in super().__iter__():
            self.work.lines += 1
            yield line


def _noting(value: Any, work: Work) -> Any:
    """A value of a module whose patterns note what they are given; the value itself if it has no pattern."""
    if isinstance(value, re.Pattern):
        return _Pattern(value, work)
    if isinstance(owner := getattr(value, "__self__", None), re.Pattern):
        return getattr(_Pattern(owner, work), value.__name__)
    if type(value) in (tuple, list):
        inner = [_noting(one, work) for one in value]
        return type(value)(inner) if any(a is not b for a, b in zip(inner, value, strict=True)) else value
    if type(value) is dict:
        noting = {key: _noting(one, work) for key, one in value.items()}
        return noting if any(noting[key] is not one for key, one in value.items()) else value
    return value


def note(monkeypatch: pytest.MonkeyPatch, package: ModuleType) -> Work:
    """From here on, the patterns of a package and the lines of texts note what they are used for."""
    work = Work()
    for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        module = importlib.import_module(found.name)
        for name, value in vars(module).copy().items():
            if not name.startswith("__") and (noting := _noting(value, work)) is not value:
                monkeypatch.setattr(module, name, noting)
    plain = Source.lines.fget  # type: ignore[attr-defined]

    def lines(source: Source) -> list[str]:
        found = _Lines(plain(source))
        found.work = work
        return found

    monkeypatch.setattr(Source, "lines", property(lines))
    return work
