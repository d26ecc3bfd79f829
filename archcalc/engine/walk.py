"""The one loop over the layers of a network, for every kind of dimension."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from archcalc.engine.claims import Findings, Note
from archcalc.errors import SpecError
from archcalc.network import INPUT, Network, Node
from archcalc.ops.base import Cost, Inputs, Op, Volume, Weight


class Step(NamedTuple):
    """One layer worked out: its ``op`` reads ``xs``, puts out ``y``, stores ``weights`` and costs ``cost``.

    ``like`` is the number of the first layer with the same op and the same input, whose figures are the same.
    """

    number: int
    node: Node
    op: Op
    xs: Inputs
    y: Volume
    weights: tuple[Weight, ...]
    cost: Cost
    like: int


def walk_or_raise(network: Network, *, aux: bool = True) -> tuple[list[Step], Findings]:
    """Every layer of plain ints worked out, and what their claims came to; auxiliary heads only if ``aux``.

    Raises SpecError with every layer that does not fit, and with the network's own problems.
    """
    findings = Findings()
    return steps_or_raise(network, findings, aux=aux), findings


def steps_or_raise(network: Network, findings: Findings, *, aux: bool = True) -> list[Step]:
    """As ``walk_or_raise``, for the kind of dimension that ``findings`` are for."""
    findings.problems += network.problems
    steps = list(walk(network, findings, aux=aux))
    if findings.problems:
        raise SpecError(findings.problems)
    return steps


def walk(network: Network, findings: Findings, *, aux: bool = True) -> Iterator[Step]:
    """Work out every layer in order; auxiliary heads only if ``aux``.

    Claims go to ``findings``. A layer whose claims fail has no output, and the layers that read it are left
    out: so one mistake is reported once.
    """
    volumes: dict[int, Volume] = {INPUT: network.input}
    # Deep networks repeat themselves: the same op on the same input is worked out once.
    known: dict[tuple[int, Inputs], tuple[Step, list[Note]]] = {}
    for number, node in enumerate(network.layers, 1):
        # A layer of a left-out head, or behind a failed layer, has no input here.
        xs = _inputs(node, volumes) if aux or not node.aux else None
        if xs is None:
            continue
        work = id(node.op), xs
        # Arrays have no hash: they are not looked up.
        done = known.get(work) if findings.remembers else None
        if done is not None:
            first, notes = done
            # The notes of the first layer hold for this one too, under its own path.
            findings.notes += [note._replace(path=node.path) for note in notes]
            step = first._replace(number=number, node=node)
        else:
            noted = len(findings.notes)
            worked_out = _work_out(number, node, xs, findings)
            if worked_out is None:
                continue
            step = worked_out
            if findings.remembers:
                known[work] = step, findings.notes[noted:]
        volumes[number] = step.y
        yield step


def _work_out(number: int, node: Node, xs: Inputs, findings: Findings) -> Step | None:
    """One layer; None if a claim makes it impossible."""
    op = node.op
    if not findings.judge(node, op.claims(xs)):
        return None
    # A layer that is too large must not be computed: products of its sizes would grow without end.
    y = op.shape(xs)
    if not findings.limit(node, y):
        return None
    return Step(number, node, op, xs, y, tuple(op.weights(xs, y)), op.cost(xs, y), number)


def _inputs(node: Node, volumes: Mapping[int, Volume]) -> Inputs | None:
    """The volumes that the layer reads; None if one of them is unknown."""
    try:
        return tuple(map(volumes.__getitem__, node.inputs))
    except KeyError:
        return None
