"""The builder of one network: it gives layers their numbers, names and inputs, and collects the problems."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from archcalc.errors import Mark, Problem, did_you_mean, short
from archcalc.language.evaluators import Scope
from archcalc.language.segments import SegmentBuilder
from archcalc.language.values import MAX_PROBLEMS, AlreadyReported, SpecProblem
from archcalc.network import INPUT, UNKNOWN, Gate, Node, Uses
from archcalc.ops.base import Op
from archcalc.ops.frozen import State, state

if TYPE_CHECKING:
    from archcalc.language.sharing import Tie

MAX_LAYERS = 200_000
MAX_BLOCK_DEPTH = 20
MAX_NESTING = 60
MAX_PATH = 500
MAX_NAME = 80

_NAME = re.compile(rf"[\w.+-]{{1,{MAX_NAME}}}\Z")

NAME_HINT = "use letters, digits and _ . + -"


@lru_cache(4096)  # a sweep builds the same names again and again
def name_problem(name: str, kind: str = "layer") -> tuple[str, str] | None:
    """The message and the hint for an invalid name of a layer, a branch or a block; None for a valid one."""
    if name == "input":
        article = "an" if kind == "input" else "a"
        return f"'input' cannot be {article} {kind} name: it means the input of the scope", ""
    if _NAME.match(name):
        return None
    hint = NAME_HINT if len(name) <= MAX_NAME else f"use at most {MAX_NAME} characters"
    return f"'{short(name)}' is not a valid {kind} name", hint


class TooManyProblems(Exception):
    """Building stops: the spec makes too many layers or too many problems."""


@state
class NamingScope(State):
    """The names of one scope (a block, a branch, a named repeat or the whole spec)."""

    segment: SegmentBuilder
    path: str = ""  # of the scope, in the network
    inner_path: str = ""  # of the scope, in its segment
    parent: NamingScope | None = None
    entry: int | None = INPUT  # the node that `input` means here; None where the inputs have names
    nodes: dict[str, int] = field(default_factory=dict)  # the node that a name means
    taken: dict[str, Mark] = field(default_factory=dict)  # every name in use, and its place
    counts: dict[str, int] = field(default_factory=dict)  # how often each op was used: conv1, conv2
    copies: dict[str, int] = field(default_factory=dict)  # how often a branch name was used
    inputs: tuple[str, ...] = ()  # the inputs of the network, in its scope, if they have names
    misnumbered: bool = False  # a layer without a name failed, so later numbers may be wrong

    def path_of(self, name: str) -> str:
        return f"{self.path}/{name}" if self.path else name

    def inner_path_of(self, name: str) -> str:
        return f"{self.inner_path}/{name}" if self.inner_path else name

    def inner(self, name: str, entry: int) -> NamingScope:
        """A new scope of that name within this one."""
        path = self.inner_path_of(name)
        self.segment.path = max(self.segment.path, len(path))
        return NamingScope(self.segment, self.path_of(name), path, self, entry)

    def find(self, name: str) -> int | None:
        """The node of that name, here or in an outer scope; ``input`` is the input of this scope."""
        if name == "input":
            return self.entry
        if name in self.nodes:
            return self.nodes[name]
        if self.parent is None:
            return None
        number = self.parent.find(name)
        # A segment numbers its own nodes, so a node outside gets a number there.
        if number is None or number == UNKNOWN or self.parent.segment is self.segment:
            return number
        return self.segment.number_of(name)

    def visible(self) -> list[str]:
        """The names that a layer of this scope can read."""
        return [*self.nodes, *(self.parent.visible() if self.parent else ())]

    def named_path(self, name: str) -> str | None:
        """The path of an earlier layer or block, or of one inside it, here or in an outer scope."""
        first = name.partition("/")[0]
        if first in self.taken:
            return self.path_of(name)
        return self.parent.named_path(name) if self.parent else None

    def all_taken(self) -> list[str]:
        """The names of all earlier layers, blocks and branches, here and in the outer scopes."""
        return [*self.taken, *(self.parent.all_taken() if self.parent else ())]

    def may_be_misnumbered(self) -> bool:
        return self.misnumbered or (self.parent is not None and self.parent.may_be_misnumbered())

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


class BuildContext(NamedTuple):
    """The surroundings of the items being built: names, values, and what their layers inherit.

    What stands around the segment is not part of it: it belongs to each use.
    """

    naming: NamingScope
    values: Scope  # the names that expressions can read
    settings: Scope  # of these, the settings: a block sees nothing else from outside
    outer_uses: Uses = ()  # the uses of the blocks around the segment
    uses: Uses = ()  # the uses of the blocks inside it
    gates: tuple[Gate, ...] = ()
    aux: bool = False
    nesting: int = 0

    @property
    def segment(self) -> SegmentBuilder:
        """The segment that the layers belong to."""
        return self.naming.segment

    @property
    def all_uses(self) -> Uses:
        """The uses of all blocks around, for a message."""
        return self.outer_uses + self.uses

    def deeper(self, mark: Mark, **changes: Any) -> BuildContext:
        """The context one level further in. Raises SpecProblem for too many levels."""
        if self.nesting >= MAX_NESTING:
            message = f"blocks, branches and repeats are nested deeper than {MAX_NESTING}"
            raise SpecProblem(Problem(message, mark))
        nesting, segment = self.nesting + 1, self.segment
        segment.depth = max(segment.depth, nesting - segment.nesting)
        return self._replace(nesting=nesting, **changes)

    def named(self, mark: Mark, name: str, entry: int, **changes: Any) -> BuildContext:
        """As ``deeper``, with a naming scope of that name."""
        return self.deeper(mark, naming=self.naming.inner(name, entry), **changes)


@state
class Builder(State):
    """What the whole network has in common: problems and steps so far, and the layers that share arrays."""

    problems: list[Problem] = field(default_factory=list)
    steps: int = 0
    ties: list[Tie] = field(default_factory=list)

    def count_step(self, mark: Mark) -> None:
        """Count one step of building, to stop a spec that does not end. Raises TooManyProblems."""
        self.steps += 1
        if self.steps > MAX_LAYERS:
            message = f"the spec expands to more than {MAX_LAYERS:,} layers and rounds"
            self.problems.append(Problem(message, mark, "", "nested repeats and blocks multiply"))
            raise TooManyProblems

    def fail(self, problem: Problem, where: str, uses: Uses) -> None:
        """Add a problem of a layer. Raises TooManyProblems."""
        self.problems.append(
            Problem(problem.message, problem.mark, problem.where or where, problem.hint, uses)
        )
        if len(self.problems) >= MAX_PROBLEMS:
            raise TooManyProblems

    def name(self, context: BuildContext, written: str | None, kind: str, mark: Mark) -> str:
        """The name of a layer or scope: as written, else numbered by its kind. Raises SpecProblem."""
        naming = context.naming
        # A numbered name is the name of an op with a free number: nothing can be wrong with it.
        name = naming.numbered(kind) if written is None else written
        if written is not None and (invalid := name_problem(name)):
            message, hint = invalid
            raise SpecProblem(Problem(message, mark, "", hint))
        if name in naming.taken:
            first = naming.taken[name]
            repeated = f"the repeat uses it in every round: write name: '{name}{{i}}' with as: i"
            hint = repeated if first == mark else f"first at line {first.line}"
            raise SpecProblem(Problem(f"the name '{name}' is used twice", mark, naming.path_of(name), hint))
        if len(naming.path) > MAX_PATH:
            raise SpecProblem(Problem(f"the path of the layer is longer than {MAX_PATH} characters", mark))
        if written is not None:
            naming.counts[kind] = naming.counts.get(kind, 0) + 1
        naming.taken[name] = mark
        return name

    def add(
        self,
        context: BuildContext,
        path: str,
        op: Op,
        inputs: Sequence[int],
        marks: Mapping[str, Mark],
        follower: bool = False,
    ) -> int:
        """Add a layer to the segment; the number of its node. The path is the one in the segment."""
        segment = context.naming.segment
        segment.parts.append(
            Node(path, op, tuple(inputs), follower, context.aux, context.gates, marks, context.uses)
        )
        segment.size += 1
        if context.aux:
            segment.has_aux = True
        if context.gates:
            segment.has_gates = True
        return segment.size

    def partner(self, context: BuildContext, written: tuple[str, Mark]) -> str:
        """The path of the layer or block that a ``same_as`` names. Raises SpecProblem."""
        name, mark = written
        path = context.naming.named_path(name)
        if path is None:
            if context.naming.may_be_misnumbered():
                raise AlreadyReported
            hint = did_you_mean(name, context.naming.all_taken()) or "only earlier layers can share theirs"
            raise SpecProblem(
                Problem(f"same_as: no earlier layer '{short(name)}' in this scope", mark, "", hint)
            )
        return path

    def tie(self, context: BuildContext, name: str, other: str, mark: Mark) -> None:
        """The layer or block of that name uses the arrays of the one at the path ``other``."""
        from archcalc.language.sharing import Tie  # few networks need it

        context.segment.shares = True
        self.ties.append(Tie(context.naming.path_of(name), other, mark, context.all_uses))

    def sources(self, context: BuildContext, names: Sequence[tuple[str, Mark]]) -> list[int]:
        """The nodes that a ``from`` names. Raises SpecProblem."""
        numbers = []
        for name, mark in names:
            number = context.naming.find(name)
            if number is None:
                # With a failed layer above, the name may be right and only the numbering wrong.
                if context.naming.may_be_misnumbered():
                    raise AlreadyReported
                inputs = ["input"] * (context.naming.entry is not None)
                hint = did_you_mean(name, [*inputs, *context.naming.visible()])
                hint = hint or "only earlier layers can be read"
                if name == "input":
                    hint = f"the inputs have names: {', '.join(context.naming.inputs)}"
                message = f"from: no earlier layer '{name}' in this scope"
                raise SpecProblem(Problem(message, mark, "", hint))
            numbers.append(number)
        return numbers
