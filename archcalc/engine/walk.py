"""The one loop over the layers of a network, for every kind of dimension."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from archcalc.engine.claims import Findings, Note
from archcalc.engine.worked import Worked, given, memory_of, work_out
from archcalc.errors import SpecError
from archcalc.network import INPUT, Network, Node
from archcalc.ops.base import Cost, Inputs, Op, Volume, Weight


class Step(NamedTuple):
    """One layer of a network: its node and its number there, and what is the same for every equal layer."""

    number: int
    node: Node
    worked: Worked

    @property
    def op(self) -> Op:
        """The op, with its options."""
        return self.worked.op

    @property
    def xs(self) -> Inputs:
        """The volumes that it reads."""
        return self.worked.xs

    @property
    def y(self) -> Volume:
        """The volume that it puts out."""
        return self.worked.y

    @property
    def weights(self) -> tuple[Weight, ...]:
        """The arrays that it stores."""
        return self.worked.weights

    @property
    def shared(self) -> tuple[Weight, ...]:
        """The arrays that it uses and another layer stores."""
        return self.worked.shared

    @property
    def shared_names(self) -> tuple[str, ...]:
        """The names of the arrays that it uses and another layer stores."""
        return tuple([weight.name for weight in self.worked.shared])

    @property
    def cost(self) -> Cost:
        """The operations of one image, by kind."""
        return self.worked.cost

    @property
    def like(self) -> int:
        """A number that equal layers share: those with the same op and the same input."""
        return id(self.worked)


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


def steps_of(network: Network, layers: Sequence[Worked | None]) -> list[Step]:
    """The steps of layers that are worked out already; None stands for a layer that is left out."""
    pairs = zip(network.layers, layers, strict=True)
    return [
        Step(number, node, worked) for number, (node, worked) in enumerate(pairs, 1) if worked is not None
    ]


def walk(network: Network, findings: Findings, *, aux: bool = True) -> Iterator[Step]:
    """Work out every layer in order; auxiliary heads only if ``aux``.

    Claims go to ``findings``. A layer whose claims fail has no output, and the layers that read it are left
    out: so one mistake is reported once.
    """
    known = memory_of(findings)
    volumes: dict[int, Volume] = {INPUT: known.shared(network.input) if known else network.input}
    storing = {node.same_as for node in network.layers if node.same_as} if network.shared else ()
    others: dict[int, Worked] = {}  # the layers whose arrays later ones use
    for number, node in enumerate(network.layers, 1):
        if node.aux and not aux:
            continue
        try:
            xs = tuple([volumes[source] for source in node.inputs]) or given(node.op, known)
        except KeyError:
            continue  # behind a failed layer, or behind a head that is left out
        worked = known.find(node.op, xs) if known else None
        if worked is None:
            worked = (known.work_out if known else work_out)(node, xs, findings)
        elif worked.notes:
            findings.notes += [Note(node.path, claim) for claim in worked.notes]
        if worked is not None and node.same_as in others:
            from archcalc.engine.sharing import sharing  # few networks need it

            worked = sharing(worked, others[node.same_as], node, findings)
        if worked is not None:
            if number in storing:
                others[number] = worked
            volumes[number] = worked.y
            yield Step(number, node, worked)
