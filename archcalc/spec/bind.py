"""Building a network: where layers get their numbers, their names and their inputs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from archcalc.errors import Mark, Problem, did_you_mean
from archcalc.network import INPUT, Gate, Node
from archcalc.ops.base import Op
from archcalc.spec.fields import Unreadable

MAX_LAYERS = 200_000
MAX_BLOCK_DEPTH = 20

_NAME = re.compile(r"[\w.+-]{1,80}\Z")


class Overgrown(Exception):
    """The spec makes more layers than anybody can want; building stops."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.says)
        self.problem = problem


@dataclass(slots=True)
class Room:
    """One scope: the names in it, and how often each op was used."""

    path: str = ""
    parent: Room | None = None
    entry: int = INPUT
    names: dict[str, int] = field(default_factory=dict)
    taken: dict[str, Mark] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def path_of(self, name: str) -> str:
        return f"{self.path}/{name}" if self.path else name

    def find(self, name: str) -> int | None:
        """The node of that name, here or in the scopes around; ``input`` is what enters this scope."""
        if name == "input":
            return self.entry
        room: Room | None = self
        while room is not None:
            if name in room.names:
                return room.names[name]
            room = room.parent
        return None

    def visible(self) -> list[str]:
        return [*self.names, *(self.parent.visible() if self.parent else ())]

    def numbered(self, kind: str) -> str:
        """A free name for one more layer of that kind: conv1, conv2, ..."""
        while True:
            self.counts[kind] = self.counts.get(kind, 0) + 1
            name = f"{kind}{self.counts[kind]}"
            if name not in self.taken:
                return name

    def unused(self, name: str) -> str:
        """The name, or the name with a number if it is taken."""
        number, free = 1, name
        while free in self.taken:
            number += 1
            free = f"{name}_{number}"
        return free


@dataclass(frozen=True, slots=True)
class Inside:
    """Where items are being built: the room, the names in scope, and what their layers inherit."""

    room: Room
    scope: Mapping[str, Any]
    uses: tuple[tuple[str, Mark], ...] = ()
    gates: tuple[Gate, ...] = ()
    aux: bool = False
    depth: int = 0


@dataclass(slots=True)
class Builder:
    """The layers so far, and every problem met on the way."""

    layers: list[Node] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    work: int = 0

    def spend(self, mark: Mark) -> None:
        """Count one step of building; a spec that never ends is stopped here."""
        self.work += 1
        if self.work > MAX_LAYERS:
            says = f"the spec makes more than {MAX_LAYERS:,} layers"
            raise Overgrown(Problem(says, mark, "", "repeats and blocks multiply"))

    def fail(self, problem: Problem, where: str, uses: tuple[tuple[str, Mark], ...]) -> None:
        self.problems.append(Problem(problem.says, problem.mark, problem.where or where, problem.hint, uses))

    def name(self, inside: Inside, written: str | None, kind: str, mark: Mark) -> str:
        """The name of a layer or scope in its room: as written, else from its kind."""
        room = inside.room
        name = room.numbered(kind) if written is None else written
        if not _NAME.match(name):
            hint = "letters, digits and _ . + - make a name"
            raise Unreadable(Problem(f"'{name[:80]}' is no name for a layer", mark, "", hint))
        if name == "input":
            raise Unreadable(Problem("'input' is the name of what enters a scope", mark))
        if name in room.taken:
            first = room.taken[name]
            hint = f"first at line {first.line}"
            raise Unreadable(Problem(f"the name '{name}' is used twice", mark, room.path_of(name), hint))
        if written is not None:
            room.counts[kind] = room.counts.get(kind, 0) + 1
        room.taken[name] = mark
        return name

    def add(
        self,
        inside: Inside,
        path: str,
        op: Op,
        inputs: Sequence[int],
        marks: Mapping[str, Mark],
        follower: bool = False,
    ) -> int:
        """One more layer; its number."""
        self.spend(marks[""])
        self.layers.append(Node(path, op, tuple(inputs), follower, inside.aux, inside.gates, marks, inside.uses))
        return len(self.layers)

    def sources(self, inside: Inside, names: Sequence[tuple[str, Mark]]) -> list[int]:
        """The nodes that a ``from`` names. Raises Unreadable."""
        found = []
        for name, mark in names:
            number = inside.room.find(name)
            if number is None:
                hint = did_you_mean(name, ["input", *inside.room.visible()]) or "only earlier layers can be read"
                raise Unreadable(Problem(f"from: there is no earlier layer '{name}' here", mark, "", hint))
            found.append(number)
        return found
