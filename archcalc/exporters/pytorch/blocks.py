"""The classes of the file: blocks of the network, compared so that a block that comes again stands once.

A block is its rows, and the numbers in them apart: with the same rows and other numbers it is the same class
with other arguments.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from archcalc.exporters.as_placed import Placed
from archcalc.exporters.as_refusal import NotInFormat
from archcalc.exporters.pytorch.actions import actions_of
from archcalc.exporters.pytorch.joins import Action
from archcalc.exporters.pytorch.record import ModuleCall
from archcalc.network import INPUT, Node, Segment, Use, placed
from archcalc.ops.base import Volume

HOLE = "(number)"
"""Stands in a block for a number that may differ where the block is used."""


class BlockCall(NamedTuple):
    """The use of another block; in a block itself it has holes in the place of ``values``."""

    group: Group
    values: tuple[Any, ...]


class BlockRow(NamedTuple):
    """A layer with its followers, or a block. ``inputs`` are numbers of rows; 0 is the entry."""

    path: str
    scope: str
    actions: tuple[Any, ...]
    inputs: tuple[int, ...]
    word: str

    @property
    def modules(self) -> list[Any]:
        return [action.module for action in self.actions]


class Body(NamedTuple):
    """What a class computes; ``inputs`` is the number of values that it reads."""

    rows: tuple[BlockRow, ...]
    output: int
    inputs: int

    @property
    def is_chain(self) -> bool:
        """Whether it is one module behind the other."""
        in_line = all(row.inputs == (place,) for place, row in enumerate(self.rows))
        plain = all(action.module and action.use == "{m}({0})" for row in self.rows for action in row.actions)
        no_values = all(getattr(module, "name", "") != "nn.Parameter" for module in self.modules)
        return in_line and plain and no_values and self.output == len(self.rows) and self.inputs == 1

    @property
    def modules(self) -> Iterator[Any]:
        return (module for row in self.rows for module in row.modules if module is not None)


class Group:
    """A class of the file: a body, and the numbers of every place where it is used."""

    def __init__(self, name: str, body: Body, is_block: bool) -> None:
        self.name, self.body, self.is_block = name, body, is_block
        self.vectors: list[tuple[Any, ...]] = []
        self.widths: list[tuple[Any, Any]] = []
        """The channels that it reads and gives, at each of these places."""
        self.uses = 0
        self.numbers: Any = None
        """What differs between these places, once it is known (``arguments``)."""

    def add(self, values: tuple[Any, ...], widths: tuple[Any, Any]) -> None:
        self.uses += 1
        if values not in self.vectors:
            self.vectors.append(values)
            self.widths.append(widths)

    @property
    def is_inline(self) -> bool:
        """Whether it stands as an ``nn.Sequential`` where it is used, and has no class."""
        is_one = len(list(self.body.modules)) == 1
        return self.body.is_chain and (is_one or not (self.is_block and self.uses > 1))


def with_holes(body: Body) -> tuple[Body, tuple[Any, ...]]:
    """A body with holes, and the numbers that were there, in their order."""
    values: list[Any] = []

    def cut(module: Any) -> Any:
        if isinstance(module, BlockCall):
            values.extend(module.values)
            return module._replace(values=(HOLE,) * len(module.values))
        if module is None:
            return None
        args = []
        for name, value, default in module.args:
            hole = is_number(value)
            values.extend([value] if hole else [])
            args.append((name, HOLE if hole else value, default))
        return module._replace(args=tuple(args))

    rows = tuple(
        row._replace(actions=tuple(action._replace(module=cut(action.module)) for action in row.actions))
        for row in body.rows
    )
    return body._replace(rows=rows), tuple(values)


def is_number(value: Any) -> bool:
    """Whether an argument is a whole number, or several."""
    several = value if isinstance(value, tuple) else (value,)
    return all(type(one) is int for one in several) and bool(several)


class BlockFinder:
    """The groups of a network, and the reasons why a layer cannot be written."""

    def __init__(self) -> None:
        self.groups: dict[Any, Group] = {}
        self.reasons: dict[str, list[str]] = {}
        self.seen: dict[Any, tuple[Group, tuple[Any, ...], tuple[Volume, ...]]] = {}

    def body(
        self, segment: Segment, inputs: Sequence[Volume], above: str = ""
    ) -> tuple[Body, tuple[Volume, ...]]:
        """The rows of a segment, and the volume of each of its nodes, the entry first."""
        builder = _BodyBuilder(self, inputs, above)
        parts = _expanded(segment)
        reads = Counter(number for part in parts for number in part.inputs if not part.aux)
        reads[segment.output] += 1
        for part in parts:
            builder.add(part, reads)
        output = builder.rows_of.get(segment.output, 0)
        rows = [row if row.actions else row._replace(actions=(Action(use="{0}"),)) for row in builder.rows]
        return _stages(Body(tuple(rows), output, len(inputs))), tuple(builder.volumes)

    def block(self, use: Use, inputs: tuple[Volume, ...], above: str) -> tuple[BlockCall, tuple[Volume, ...]]:
        """The call of a block, and the volumes of its nodes."""
        key = (id(use.segment), inputs, _block_name(use))
        if key not in self.seen:
            body, volumes = self.body(use.segment, inputs, f"{above}{use.path}/")
            name, (holed, values) = _block_name(use), with_holes(body)
            group = self.groups.setdefault(
                (name, holed), Group(name or use.path.rpartition("/")[2], holed, bool(name))
            )
            self.seen[key] = group, values, volumes
        group, values, volumes = self.seen[key]
        group.add(values, (inputs[0].channels, volumes[use.segment.output].channels))
        return BlockCall(group, values), volumes

    def actions(self, layer: Placed, above: str) -> tuple[Action, ...]:
        try:
            return actions_of(layer)
        except NotInFormat as error:
            self.reasons.setdefault(str(error), []).append(above + layer.path)
            return (Action(use="{0}"),)


class _BodyBuilder:
    """The rows of one segment while they are found."""

    def __init__(self, finder: BlockFinder, inputs: Sequence[Volume], above: str) -> None:
        self.finder, self.above = finder, above
        self.outside = {-1 - place if place else INPUT: x for place, x in enumerate(inputs)}
        self.volumes: list[Any] = [inputs[0]]
        self.rows: list[BlockRow] = []
        self.rows_of: dict[int, int] = {INPUT: INPUT}

    def add(self, part: Node | Use, reads: Mapping[int, int]) -> None:
        number = len(self.volumes)
        if part.aux:
            self.volumes += [None] * (part.segment.size if isinstance(part, Use) else 1)
            return
        xs = tuple(self.outside[source] if source <= 0 else self.volumes[source] for source in part.inputs)
        rows = tuple(self.rows_of.get(source, source) for source in part.inputs)
        scope = _above(part.path)
        if isinstance(part, Use):
            call, volumes = self.finder.block(part, xs, self.above)
            self.volumes += volumes[1:]
            last = number - 1 + part.segment.output
            places = ", ".join(f"{{{place}}}" for place in range(len(xs)))
            action = Action(call, f"{{m}}({places})")  # type: ignore[arg-type]
            self.rows.append(BlockRow(part.path, scope, (action,), rows, "block"))
            self.rows_of[last] = len(self.rows)
            return
        y = part.op.shape(xs)
        layer = Placed(number, part.path, part.op, part.inputs, xs, y)
        self.volumes.append(y)
        actions = self.finder.actions(layer, self.above)
        before = self.rows_of.get(number - 1)
        joins = part.follower and part.inputs == (number - 1,) and reads[number - 1] == 1
        if joins and before == len(self.rows) and before:
            row = self.rows[-1]
            self.rows[-1] = row._replace(actions=(*row.actions, *actions))
        else:
            if part.follower:
                scope = _above(scope)
            self.rows.append(BlockRow(part.path, scope, actions, rows, part.op.name))
        self.rows_of[number] = len(self.rows)


def _stages(body: Body) -> Body:
    """Blocks behind each other in one scope as one row with the name of the scope."""
    reads = Counter(number for row in body.rows for number in row.inputs)
    reads[body.output] += 1
    rows: list[BlockRow] = []
    place_of = {number: number for number in range(-body.inputs, 1)}
    for number, row in enumerate(body.rows, 1):
        row = row._replace(inputs=tuple(place_of[source] for source in row.inputs))
        before = rows[-1] if rows else None
        goes_on = row.inputs == (len(rows),) and reads[number - 1] == 1 and row.scope and row.word == "block"
        if before and goes_on and (before.scope, before.word, len(before.inputs)) == (row.scope, "block", 1):
            rows[-1] = before._replace(path=row.scope, actions=(*before.actions, *row.actions))
        else:
            rows.append(row)
        place_of[number] = len(rows)
    rows = [row._replace(scope=_above(row.scope)) if row.path == row.scope else row for row in rows]
    return Body(tuple(rows), place_of[body.output], body.inputs)


def _above(path: str) -> str:
    return path.rpartition("/")[0]


def _block_name(use: Use) -> str:
    """The name of the block that is used; empty for a stage."""
    found = [re.match(r"block '([^']*)'", phrase) for phrase, _ in use.uses[-1:]]
    return found[0][1] if found and found[0] else ""


def _expanded(segment: Segment) -> list[Node | Use]:
    """The parts, with a block as its layers where something around it reads more of it than its output."""
    parts: list[Node | Use] = list(segment.parts)
    while True:
        reads = {number for part in parts for number in part.inputs if not part.aux} | {segment.output}
        before, again = 0, False
        expanded: list[Node | Use] = []
        for part in parts:
            if isinstance(part, Node):
                expanded.append(part)
                before += 1
                continue
            inside = {number - before for number in reads if before < number <= before + part.segment.size}
            if inside <= {part.segment.output} and part.segment.output > 0:
                expanded.append(part)
            else:
                again = True
                expanded += [_lifted(inner, part, before) for inner in part.segment.parts]
            before += part.segment.size
        parts = expanded
        if not again:
            return parts


def _lifted(part: Node | Use, around: Use, before: int) -> Node | Use:
    inputs = tuple(placed(number, before, around.inputs) for number in part.inputs)
    return part._replace(path=f"{around.path}/{part.path}", inputs=inputs, aux=part.aux or around.aux)


def module_values(module: ModuleCall | BlockCall) -> int:
    """How many numbers of a body belong to a module."""
    if isinstance(module, BlockCall):
        return len(module.values)
    return sum(value == HOLE for _, value, _ in module.args)
