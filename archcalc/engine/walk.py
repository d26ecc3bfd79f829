"""The one loop over the layers of a network, for every kind of dimension."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from archcalc.engine.claims import Findings
from archcalc.errors import Problem, SpecError
from archcalc.network import INPUT, Network, Node
from archcalc.ops.base import Claim, Cost, Inputs, Volume, Weight

MAX_VALUES = 10**18
"""Values of one layer; more than anybody computes, few enough that no product of sizes runs away."""


class Step(NamedTuple):
    """One layer worked out: what it reads (``xs``), what it puts out (``y``), what it stores and what it costs.

    ``like`` is the number of the first layer with the same op and the same input, whose figures are the same.
    """

    number: int
    node: Node
    xs: Inputs
    y: Volume
    weights: tuple[Weight, ...]
    cost: Cost
    like: int


def walk_or_raise(network: Network, *, aux: bool = True) -> tuple[list[Step], Findings]:
    """Every layer worked out, and what their claims came to; auxiliary heads only if ``aux``.

    Raises SpecError with every layer that does not fit, and with the network's own problems.
    """
    findings = Findings(list(network.problems))
    steps = list(walk(network, findings, aux=aux))
    if findings.problems:
        raise SpecError(findings.problems)
    return steps, findings


def walk(network: Network, findings: Findings, *, aux: bool = True) -> Iterator[Step]:
    """Work out every layer in order; auxiliary heads only if ``aux``.

    Claims go to ``findings``. A layer whose claims fail has no output, and the layers that read it are
    left out, so that one mistake is told once. Of plain ints, the same op on the same input is worked out
    once: deep networks repeat themselves.
    """
    volumes: dict[int, Volume] = {INPUT: network.input}
    seen: dict[tuple[int, Inputs], tuple[Step, list[Claim]]] = {}
    remember = all(type(dim) is int for dim in network.input.dims)
    for number, node in enumerate(network.layers, 1):
        xs = _inputs(node, volumes) if aux or not node.aux else None
        if xs is None:
            continue
        try:
            known = seen.get((id(node.op), xs)) if remember else None
        except TypeError:  # arrays came in by an option: they have no hash
            remember, known = False, None
        if known is not None:
            like, notes = known
            findings.judge(node, notes)
            step = like._replace(number=number, node=node)
        else:
            notes = []
            if not findings.judge(node, node.op.claims(xs), notes):
                continue
            y = node.op.shape(xs)
            if type(y.size) is int and y.size > MAX_VALUES:
                findings.problems.append(_too_large(node))
                continue
            step = Step(number, node, xs, y, tuple(node.op.weights(xs, y)), node.op.cost(xs, y), number)
            if remember:
                seen[id(node.op), xs] = step, notes
        volumes[number] = step.y
        yield step


def _too_large(node: Node) -> Problem:
    return Problem("it puts out more than 10^18 values", node.marks.get(""), node.path, "", node.uses)


def _inputs(node: Node, volumes: Mapping[int, Volume]) -> Inputs | None:
    """The volumes that the layer reads; None if one of them is unknown."""
    try:
        return tuple([volumes[source] for source in node.inputs])
    except KeyError:
        return None
