"""What every importer needs: layers with free names, and what follows a layer folded into its row."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from archcalc.errors import short
from archcalc.network import INPUT, INPUT_NAME, Input, Network, Node
from archcalc.ops import OPS
from archcalc.ops.activation import Activation
from archcalc.ops.base import Claim, Op, Volume, Weight

MOST_LETTERS = 70
"""Characters of one part of a path: a spec allows 80, and a number may follow."""

MOST_SHOWN = 20
"""Nodes that a message lists."""

_NORMS = ("bn", "scale", "layernorm", "groupnorm", "instancenorm", "rmsnorm")


class ImportProblem(Exception):
    """A node or a call cannot become a layer."""


class DoesNotFit(Exception):
    """A layer does not fit its input."""


def spelled(name: str) -> str:
    """A name of another program with the letters of a spec's names.

    >>> spelled("conv2d/kernel:0"), spelled("--")
    ('conv2d_kernel_0', '--')
    """
    return re.sub(r"[^\w.+-]", "_", name)[-MOST_LETTERS:]


class LayerList:
    """The layers of a network, as an importer finds them."""

    def __init__(self, inputs: Mapping[str, Volume]) -> None:
        self.input_names = tuple(inputs)
        self.volumes: list[Volume] = list(inputs.values())
        # As in a network, each input after the first is a layer: they have the numbers before all others.
        self.nodes: list[Node] = [Node(name, _input_op(x), ()) for name, x in [*inputs.items()][1:]]
        self.taken: set[str] = {INPUT_NAME}
        self.copies: Counter[str] = Counter()
        self.arrays: dict[int, tuple[str, ...]] = {}
        """The names of the arrays of layers, for ``tie_layers``."""

    # --- the inputs ---------------------------------------------------------------------------------------

    def is_input(self, number: int) -> bool:
        """Whether a number is that of an input, and of no layer."""
        return number < len(self.input_names)

    def is_unread(self, number: int) -> bool:
        """Whether it is an input that no layer reads so far."""
        return self.is_input(number) and not any(number in node.inputs for node in self.nodes)

    def unused_inputs(self, outputs: Sequence[int]) -> list[str]:
        """The names of the inputs on which no output depends."""
        read = self._read_inputs(_needed(self.nodes, outputs))
        return [name for number, name in enumerate(self.input_names) if number not in read]

    def _read_inputs(self, needed: Collection[int]) -> list[int]:
        """The inputs whose values a layer reads; the first one if there is none."""
        # To tokens that are trained, an input only says where they stand.
        layers = [self.nodes[number - 1] for number in needed if number != INPUT]
        read = {source for node in layers if node.op.name != "derived_tokens" for source in node.inputs}
        return sorted(filter(self.is_input, read)) or [INPUT]

    # --- the layers ---------------------------------------------------------------------------------------

    def add(
        self,
        path: Sequence[str],
        op: Op,
        inputs: Sequence[int],
        same_as: int = 0,
        arrays: Sequence[str] = (),
    ) -> int:
        """Add a layer; its number. Raises DoesNotFit if it does not fit its inputs.

        ``same_as`` is the number of the layer whose arrays it uses, if it has none of its own. ``arrays`` are
        the names of its arrays.
        """
        xs = tuple(self.volumes[number] for number in inputs)
        for claim in op.claims(xs):
            _hold(claim)
        self.volumes.append(op.shape(xs))
        self.nodes.append(Node(self._free("/".join(path)), op, tuple(inputs), same_as=same_as))
        if arrays:
            self.arrays[len(self.nodes)] = tuple(arrays)
        return len(self.nodes)

    def _free(self, path: str) -> str:
        free = path
        while free in self.taken:
            self.copies[path] = max(self.copies[path], 1) + 1
            free = f"{path}_{self.copies[path]}"
        self.taken.add(free)
        return free

    def replace(self, number: int, op: Op) -> None:
        """Give a layer another op with the same output."""
        self.nodes[number - 1] = self.nodes[number - 1]._replace(op=op)

    def tie(self, number: int, other: int) -> None:
        """Let a layer use the arrays of another one."""
        self.nodes[number - 1] = self.nodes[number - 1]._replace(same_as=other)

    def trained(self, number: int) -> list[Weight]:
        """The trained arrays of a layer, in the order of its op."""
        node = self.nodes[number - 1]
        xs = tuple(self.volumes[source] for source in node.inputs)
        return [weight for weight in node.op.weights(xs, self.volumes[number]) if weight.role != "buffer"]

    def mark_heads(self, heads: Collection[int], others: Collection[int]) -> None:
        """Mark the layers that lead to an auxiliary head and to no other output."""
        for number in _needed(self.nodes, heads) - _needed(self.nodes, others):
            if self.is_input(number):
                continue
            self.nodes[number - 1] = self.nodes[number - 1]._replace(aux=True)

    def network(self, name: str, outputs: Sequence[int], source: str) -> Network:
        """The network of the layers that lead to an output; the first output is the network's own.

        Inputs that no layer reads are left out.
        """
        needed = _needed(self.nodes, outputs)
        rows = _rows(
            self.nodes, sorted(number for number in needed if not self.is_input(number)), set(outputs)
        )
        entry, *further = self._read_inputs(needed)
        order = [*further, *(number for row in _with_last(rows, outputs[0], self.nodes) for number in row)]
        placed = dict.fromkeys(range(len(self.input_names)), INPUT)
        placed |= {number: place for place, number in enumerate(order, 1)}
        paths = {number: path for row in rows for number, path in _paths(row, self.nodes)}
        names = self._free_input_names([entry, *further], paths.values()) if further else {entry: INPUT_NAME}
        firsts = {*further, *(row[0] for row in rows)}
        layers = [
            Node(
                names.get(number) or paths[number],
                self.nodes[number - 1].op,
                tuple(placed[source] for source in self.nodes[number - 1].inputs),
                number not in firsts,
                self.nodes[number - 1].aux,
                same_as=placed.get(self.nodes[number - 1].same_as, 0),
            )
            for number in order
        ]
        ties = {node.path: layers[node.same_as - 1].path for node in layers if node.same_as}
        return Network(
            name,
            self.volumes[entry],
            layers,
            source=source,
            output=placed[outputs[0]],
            shared=ties,
            input_name=names[entry],
        )

    def _free_input_names(self, numbers: Sequence[int], paths: Iterable[str]) -> Mapping[int, str]:
        """The names of inputs; no layer and no scope has the same name."""
        taken = {INPUT_NAME, *(path.partition("/")[0] for path in paths)}
        names: dict[int, str] = {}
        for number in numbers:
            name = spelled(self.input_names[number]) or INPUT_NAME
            stem = name if name == INPUT_NAME else f"{name}_input"
            tries = itertools.chain([name, stem], (f"{stem}{count}" for count in itertools.count(1)))
            names[number] = next(free for free in tries if free not in taken)
            taken.add(names[number])
        return names


def _input_op(volume: Volume) -> Input:
    return Input(spatial=volume.spatial, channels=volume.channels)


def _hold(claim: Claim) -> None:
    if not claim.note and claim.relation(claim.left, claim.right) is not True:
        raise DoesNotFit(claim.says())


def _needed(nodes: Sequence[Node], outputs: Collection[int]) -> set[int]:
    needed = set(outputs)
    for number in range(len(nodes), 0, -1):
        if number in needed:
            needed.update(nodes[number - 1].inputs)
    return needed


def _rows(nodes: Sequence[Node], needed: Sequence[int], outputs: Collection[int]) -> list[list[int]]:
    """The layers that are needed in rows: a layer, and the norms and activations that only follow it.

    A row stands where its first layer stood: what follows reads nothing else.
    """
    readers: dict[int, list[int]] = {}
    for number in needed:
        for source in nodes[number - 1].inputs:
            readers.setdefault(source, []).append(number)
    # A layer that shares its arrays is named by another one, so it has a row of its own.
    alone = {node.same_as for node in nodes if node.same_as}
    alone |= {number for number, node in enumerate(nodes, 1) if node.same_as}
    row_of: dict[int, list[int]] = {}
    rows = []
    for number in needed:
        node = nodes[number - 1]
        before = node.inputs[0]
        row = row_of.get(before) if readers[before] == [number] and before not in outputs else None
        follows = row is not None and _follows(node.op, nodes[row[0] - 1].op, nodes[row[-1] - 1].op)
        # The arrays of a whole row are shared, so others do not stand in it.
        is_apart = number in alone or (row is not None and row[0] in alone and _has_arrays(node.op))
        if row is not None and follows and not is_apart:
            row.append(number)
        else:
            row = [number]
            rows.append(row)
        row_of[number] = row
    return rows


def _has_arrays(op: Op) -> bool:
    return type(op).weights is not Op.weights


def _follows(op: Op, head: Op, last: Op) -> bool:
    """Whether an op stands in the ``then`` of a row, as people write it."""
    if op.name in _NORMS:
        return head.weighted and last is head
    return isinstance(op, Activation) and (head.weighted or head.name in ("add", "concat", *_NORMS))


def _with_last(rows: Sequence[list[int]], output: int, nodes: Sequence[Node]) -> Iterable[list[int]]:
    """The rows, that of the output last if no other layer reads it: a spec ends with its output."""
    is_read = any(output in node.inputs for node in nodes)
    last = [row for row in rows if row[-1] == output and not is_read]
    return [row for row in rows if row not in last] + last


def _paths(row: Sequence[int], nodes: Sequence[Node]) -> Iterable[tuple[int, str]]:
    """The paths of a row, with the names that a spec gives to what stands in a ``then``."""
    head = nodes[row[0] - 1].path
    yield row[0], head
    uses: dict[str, int] = {}
    for number in row[1:]:
        kind = nodes[number - 1].op.name
        uses[kind] = uses.get(kind, 0) + 1
        yield number, f"{head}/{kind}" if uses[kind] == 1 else f"{head}/{kind}{uses[kind]}"


def made(name: str, **options: object) -> Op:
    """An op by its name in a spec."""
    return OPS[name](**options)


def collapsed(values: Sequence[Any]) -> Any:
    """One value for all axes where they are alike: ``[3, 3]`` is 3.

    >>> collapsed([3, 3]), collapsed([(1, 1), (0, 0)]), collapsed([(0, 0), (0, 1)])
    (3, (1, 0), ((0, 0), (0, 1)))
    """
    singles = [value[0] if isinstance(value, tuple) and value[0] == value[1] else value for value in values]
    if any(isinstance(single, tuple) for single in singles):
        return tuple(values)  # a list has numbers only, or pairs only
    if singles and all(single == singles[0] for single in singles):
        return singles[0]
    return tuple(singles)


def fraction(value: Any) -> Fraction | int:
    """A float as a short fraction: what a file stores as 0.2 means a fifth."""
    near = Fraction(str(round(float(value), 6)))
    return int(near) if near.denominator == 1 else near


def problem_list(name: str, problems: Mapping[str, str], what: str, way_out: str) -> str:
    """The message about nodes or calls that cannot be read: each with its reason, then the way out."""
    lines = [f"  {short(label, 160)}: {short(says, 200)}" for label, says in problems.items()]
    left_out = len(lines) - MOST_SHOWN
    more = [f"  ... and {left_out} more"] if left_out > 0 else []
    count = f"1 {what}" if len(lines) == 1 else f"{len(lines)} {what}s"
    return "\n".join([f"{name}: archcalc cannot read {count}", *lines[:MOST_SHOWN], *more, way_out])
