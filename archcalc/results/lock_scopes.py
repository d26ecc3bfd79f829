"""The lines of a lock in scopes. Equal layers or scopes in a row, numbered one after the other, stand once.

``{"conv2_x": ["conv2_1/conv1: ...", {"conv2_{2..200}": [...]}]}`` is a stage in which the blocks conv2_2 to
conv2_200 are equal. Paths inside a scope start at the scope. A scope has lines of its own if it is a stage
(the first part of a path) or if it stands for several; else it is a part of the paths of its layers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

Lines: TypeAlias = "list[str | dict[str, Lines]]"
"""Layers, each ``path: text``, and scopes, each with its path and its lines."""

_NAME = r"[\w.+-]+"
PATH = f"{_NAME}(?:/{_NAME})*"
"""The path of a layer or of a scope."""

_NUMBER = "(0|[1-9][0-9]{0,17})"
_RUN = re.compile(rf"(.*)\{{{_NUMBER}\.\.{_NUMBER}\}}(.*)\Z")
_NUMBERED = re.compile(rf"(.*?){_NUMBER}([^0-9]*)\Z")
_PATH = re.compile(rf"{PATH}\Z")


# --- folding ------------------------------------------------------------------------------------------


Item: TypeAlias = tuple[list[str], "str | Lines"]
"""The parts of a path, and the text of the layer or the lines of the scope that stands there."""


def folded(parts: Sequence[tuple[str, str | Lines]], is_network: bool = True) -> Lines:
    """The lines of layers and of scopes that are folded already, each with its path, in their order.

    If they are not a whole network, the first parts of their paths are not stages.

    >>> folded([("a", "fc 8"), ("s/b1/x", "fc 8"), ("s/b2", ["x: fc 8"]), ("s/c/x", "fc 8")])
    ['a: fc 8', {'s': [{'b{1..2}': ['x: fc 8']}, 'c/x: fc 8']}]
    """
    # Where all texts differ, nothing stands once for several, and no scope has lines of its own.
    if not is_network and len({content for _, content in parts if isinstance(content, str)}) == len(parts):
        return [f"{path}: {content}" for path, content in parts]
    return _folded([(path.split("/"), content) for path, content in parts], 0, is_network)


@dataclass(slots=True)
class _Run:
    """Equal layers or scopes in a row: the first and the last name, and what each of them holds."""

    first: str
    last: str
    content: str | Lines


def _folded(items: Sequence[Item], depth: int, is_network: bool) -> Lines:
    """The lines of some items that have the first ``depth`` parts of their paths in common."""
    runs: list[_Run] = []
    at = 0
    while at < len(items):
        parts, content = items[at]
        name, end = parts[depth], at + 1
        if _is_scope(items[at], depth):
            while end < len(items) and items[end][0][depth] == name and _is_scope(items[end], depth):
                end += 1
            # A scope that is folded already and stands alone stays as it is.
            if end > at + 1 or len(parts) > depth + 1:
                content = _folded(
                    [item for one in items[at:end] for item in _opened(one, depth)], depth + 1, False
                )
        if runs and runs[-1].content == content and _is_next(runs[-1].last, name):
            runs[-1].last = name
        else:
            runs.append(_Run(name, name, content))
        at = end
    return [line for run in runs for line in _lines(run, is_stage=is_network)]


def _is_scope(item: Item, depth: int) -> bool:
    parts, content = item
    return len(parts) > depth + 1 or not isinstance(content, str)


def _opened(item: Item, depth: int) -> list[Item]:
    """An item of a scope as items inside it; a folded scope that is the scope itself is unfolded."""
    parts, content = item
    if len(parts) > depth + 1 or isinstance(content, str):
        return [item]
    return [([*parts, *path.split("/")], text) for path, text in unfolded(content)]


def _lines(run: _Run, is_stage: bool) -> Lines:
    name = run.first if run.first == run.last else _run_name(run.first, run.last)
    if isinstance(run.content, str):
        return [f"{name}: {run.content}"]
    if is_stage or name != run.first:
        return [{name: run.content}]
    return [
        f"{name}/{line}"
        if isinstance(line, str)
        else {f"{name}/{path}": inner for path, inner in line.items()}
        for line in run.content
    ]


def _is_next(name: str, following: str) -> bool:
    """Whether the last number of a name is one more than that of the name before, and all else is equal."""
    before, after = _NUMBERED.match(name), _NUMBERED.match(following)
    if not before or not after or before[1] != after[1] or before[3] != after[3]:
        return False
    return int(after[2]) == int(before[2]) + 1


def _run_name(first: str, last: str) -> str:
    before, number, after = _NUMBERED.match(first).groups()  # type: ignore[union-attr]
    return f"{before}{{{number}..{last[len(before) : len(last) - len(after)]}}}{after}"


# --- unfolding ----------------------------------------------------------------------------------------


def unfolded(lines: Lines, scope: str = "") -> Iterator[tuple[str, str]]:
    """The path and the text of every layer, in order; ``scope`` stands before the paths.

    >>> list(unfolded(["a{1..2}: fc 8", {"s": ["b: fc 9"]}]))
    [('a1', 'fc 8'), ('a2', 'fc 8'), ('s/b', 'fc 9')]
    """
    for line in lines:
        if isinstance(line, str):
            path, _, text = line.partition(": ")
            for name in _names(path):
                yield scope + name, text
        else:
            for path, inner in line.items():
                for name in _names(path):
                    yield from unfolded(inner, f"{scope}{name}/")


def _names(path: str) -> Iterator[str]:
    """The paths that a path with ``{first..last}`` stands for.

    >>> list(_names("conv2_{9..11}"))
    ['conv2_9', 'conv2_10', 'conv2_11']
    """
    run = _RUN.match(path)
    if run is None:
        yield path
        return
    before, first, last, after = run.groups()
    for number in range(int(first), int(last) + 1):
        yield f"{before}{number}{after}"


@lru_cache(maxsize=1 << 12)
def times(path: str) -> int:
    """How many paths a path stands for; 0 if it is no path.

    >>> times("conv1"), times("conv2_{2..200}"), times("a{2..1}"), times("a b")
    (1, 199, 0, 0)
    """
    if _PATH.match(path):
        return 1
    run = _RUN.match(path)
    if run is None or not _PATH.match(f"{run[1]}0{run[4]}") or "/" in run[4]:
        return 0
    return max(0, int(run[3]) - int(run[2]) + 1)
