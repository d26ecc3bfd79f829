"""Building a network: where layers get their numbers, their names and their inputs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from archcalc.errors import Mark, Problem, did_you_mean, short
from archcalc.language.values import MAX_PROBLEMS, AlreadyReported, SpecProblem
from archcalc.network import INPUT, Gate, Node
from archcalc.ops.base import Op

MAX_LAYERS = 200_000
MAX_BLOCK_DEPTH = 20
MAX_NESTING = 60
MAX_PATH = 500

_NAME = re.compile(r"[\w.+-]{1,80}\Z")


NAME_HINT = "letters, digits and _ . + - make a name"


def bad_name(name: str) -> str:
    """What is wrong with the name of a layer, a branch or a block; empty if nothing is."""
    if name == "input":
        return "'input' is no name for a layer: it is what enters a scope"
    return "" if _NAME.match(name) else f"'{short(name)}' is no name for a layer"


class TooManyProblems(Exception):
    """The spec makes more layers, or more mistakes, than anybody can want; building stops."""


@dataclass(slots=True)
class NamingScope:
    """One scope: the names in it, and how often each op was used."""

    path: str = ""
    parent: NamingScope | None = None
    entry: int = INPUT
    names: dict[str, int] = field(default_factory=dict)
    taken: dict[str, Mark] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    copies: dict[str, int] = field(default_factory=dict)
    torn: bool = False  # a layer without a written name failed, so others may be misnumbered

    def path_of(self, name: str) -> str:
        return f"{self.path}/{name}" if self.path else name

    def find(self, name: str) -> int | None:
        """The node of that name, here or in the scopes around; ``input`` is what enters this scope."""
        if name == "input":
            return self.entry
        room: NamingScope | None = self
        while room is not None:
            if name in room.names:
                return room.names[name]
            room = room.parent
        return None

    def visible(self) -> list[str]:
        return [*self.names, *(self.parent.visible() if self.parent else ())]

    def is_torn(self) -> bool:
        return self.torn or (self.parent is not None and self.parent.is_torn())

    def numbered(self, kind: str) -> str:
        """A free name for one more layer of that kind: conv1, conv2, ..."""
        while True:
            self.counts[kind] = self.counts.get(kind, 0) + 1
            name = f"{kind}{self.counts[kind]}"
            if name not in self.taken:
                return name

    def unused(self, name: str) -> str:
        """The name, or the name with a number if it is taken."""
        free = name
        while free in self.taken:
            self.copies[name] = self.copies.get(name, 1) + 1
            free = f"{name}_{self.copies[name]}"
        return free


@dataclass(frozen=True, slots=True)
class BuildContext:
    """Where items are being built: the room, the names in scope, and what their layers inherit."""

    room: NamingScope
    scope: Mapping[str, Any]
    settings: Mapping[str, Any]
    uses: tuple[tuple[str, Mark], ...] = ()
    gates: tuple[Gate, ...] = ()
    aux: bool = False
    nesting: int = 0

    def deeper(self, mark: Mark, **changes: Any) -> BuildContext:
        """One scope further in. Raises Unreadable where scopes are nested beyond all reason."""
        if self.nesting >= MAX_NESTING:
            says = f"blocks, branches and repeats are nested deeper than {MAX_NESTING}"
            raise SpecProblem(Problem(says, mark))
        return replace(self, nesting=self.nesting + 1, **changes)


@dataclass(slots=True)
class Builder:
    """The layers so far, and every problem met on the way."""

    layers: list[Node] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    work: int = 0

    def spend(self, mark: Mark) -> None:
        """Count one step of building; a spec that never ends is stopped here. Raises Enough."""
        self.work += 1
        if self.work > MAX_LAYERS:
            says = f"the spec unfolds to more than {MAX_LAYERS:,} layers and rounds"
            self.problems.append(Problem(says, mark, "", "repeats and blocks multiply"))
            raise TooManyProblems

    def fail(self, problem: Problem, where: str, uses: tuple[tuple[str, Mark], ...]) -> None:
        """Note a problem of a layer. Raises Enough."""
        self.problems.append(Problem(problem.says, problem.mark, problem.where or where, problem.hint, uses))
        if len(self.problems) >= MAX_PROBLEMS:
            raise TooManyProblems

    def name(self, inside: BuildContext, written: str | None, kind: str, mark: Mark) -> str:
        """The name of a layer or scope in its room: as written, else from its kind."""
        room = inside.room
        name = room.numbered(kind) if written is None else written
        if says := bad_name(name):
            raise SpecProblem(Problem(says, mark, "", "" if name == "input" else NAME_HINT))
        if name in room.taken:
            first = room.taken[name]
            again = f"a repeat makes it again: put the round into it, as in '{name}{{i}}' with 'as: i'"
            hint = again if first == mark else f"first at line {first.line}"
            raise SpecProblem(Problem(f"the name '{name}' is used twice", mark, room.path_of(name), hint))
        if len(room.path) > MAX_PATH:
            raise SpecProblem(Problem(f"the names of its scopes take more than {MAX_PATH} characters", mark))
        if written is not None:
            room.counts[kind] = room.counts.get(kind, 0) + 1
        room.taken[name] = mark
        return name

    def add(
        self,
        inside: BuildContext,
        path: str,
        op: Op,
        inputs: Sequence[int],
        marks: Mapping[str, Mark],
        follower: bool = False,
    ) -> int:
        """One more layer; its number."""
        self.layers.append(
            Node(path, op, tuple(inputs), follower, inside.aux, inside.gates, marks, inside.uses)
        )
        return len(self.layers)

    def sources(self, inside: BuildContext, names: Sequence[tuple[str, Mark]]) -> list[int]:
        """The nodes that a ``from`` names. Raises Unreadable."""
        found = []
        for name, mark in names:
            number = inside.room.find(name)
            if number is None:
                if inside.room.is_torn():
                    raise AlreadyReported
                hint = (
                    did_you_mean(name, ["input", *inside.room.visible()]) or "only earlier layers can be read"
                )
                raise SpecProblem(Problem(f"from: there is no earlier layer '{name}' here", mark, "", hint))
            found.append(number)
        return found
