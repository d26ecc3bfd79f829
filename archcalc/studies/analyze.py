"""The exact table of a network, computed with plain ints."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from typing import Any

from archcalc.conventions import ARCHCALC, DTYPES, OPTIMIZERS
from archcalc.engine.figures import figures_of, readings_of
from archcalc.engine.memory import kept_for_backward
from archcalc.engine.quantities import BY_KEY, LAYER_FIGURES, TOTALS, Quantity
from archcalc.engine.reading import LayerReading, Pass
from archcalc.engine.receptive import ReceptiveField, receptive_fields
from archcalc.engine.segment_totals import BY_SEGMENT, OF_BUFFERS, totals_of_blocks
from archcalc.engine.totals import totals as totals_of
from archcalc.engine.walk import Step, steps_of
from archcalc.engine.worked import Worked
from archcalc.engine.worked_segments import WorkedSegment, blocks_or_raise
from archcalc.errors import ArchcalcError, did_you_mean, short
from archcalc.network import Gate, Input, Network
from archcalc.ops.axes import resolved
from archcalc.ops.collector import without_collection
from archcalc.results import Analysis, CountedBy, ExpectedStep, Layer, Totals, TrainingMemory
from archcalc.results.deferred import Deferred, DeferredFigures


@without_collection
def analyze(
    network: Network,
    quantities: Collection[str] | None = None,
    *,
    batch: int = 1,
    dtype: str = "float32",
    aux: bool = False,
    train: str | None = None,
    paths: bool = False,
    convention: str | None = None,
) -> Analysis:
    """Work out every layer and the totals.

    ``quantities`` are the keys of the quantities to compute (default: all). ``batch`` multiplies activations
    and operations, never weights. ``aux`` includes the auxiliary heads.
    ``train`` names an optimizer and adds the memory of a training step. ``paths`` adds the number of paths
    from input to output, by length (the unraveled view). ``convention`` adds the count of a tool.
    Raises SpecError with every layer that does not fit, and with the network's own problems; ArchcalcError
    for an unknown quantity or convention, and for a network that a tool cannot count.
    """
    wanted = _wanted(quantities, train)
    run = Pass(batch, DTYPES[dtype])
    walked = _Walked(network, run, aux)
    _ = walked.blocks  # a layer that does not fit is refused at once
    of_layers = [quantity for quantity in LAYER_FIGURES if quantity.key in wanted]
    totals = Totals(figures=walked.totals([quantity.key for quantity in TOTALS if quantity.key in wanted]))
    return Analysis(
        network=network.name,
        title=network.title,
        family=network.family,
        year=network.year,
        source=network.source,
        input=network.input.dims,
        settings=network.settings,
        batch=batch,
        dtype=dtype,
        layers=Deferred(lambda: _layers(walked, of_layers)),
        totals=totals,
        convention=ARCHCALC,
        assumptions=Deferred(walked.assumptions),
        training=_training(network, walked.steps, totals, run, train) if train else None,
        expected=_expected(walked.steps, batch) if network.segment.has_gates else None,
        paths=_paths(network, walked.steps) if paths else None,
        has_aux=network.segment.has_aux,
        quantities=None if quantities is None else tuple(wanted),
        shared=network.shared,
        inputs={name: x.dims for name, x in network.named_inputs.items()},
        counted=_counted(convention, network, batch=batch, aux=aux) if convention else None,
        partial=network.open_layers,
    )


def _counted(name: str, network: Network, **run: Any) -> CountedBy | None:
    """The count by the convention of a tool; None for our own, which every analysis has."""
    from archcalc.studies.counting import counted_network  # few tables need it
    from archcalc.studies.reconcile import tool_named

    tool = tool_named(name)
    return counted_network(tool, network, **run) if tool else None


class _Walked:
    """The layers of a network and their sums, each worked out when it is asked for."""

    def __init__(self, network: Network, run: Pass, aux: bool) -> None:
        self.network = network
        self.run = run
        self.aux = aux

    @cached_property
    def blocks(self) -> WorkedSegment:
        """The blocks. Raises SpecError if the network has problems, or if a layer does not fit."""
        return blocks_or_raise(self.network, aux=self.aux)

    @cached_property
    def steps(self) -> list[Step]:
        """Every layer."""
        return steps_of(self.network, self.blocks.layers)

    @cached_property
    def fields(self) -> list[ReceptiveField]:
        """The receptive field of every layer."""
        by_number = receptive_fields(self.network, self.steps)
        return [by_number[step.number] for step in self.steps]

    def totals(self, keys: Sequence[str]) -> Mapping[str, Any]:
        """The totals with these keys."""
        of_segments = [key for key in keys if BY_KEY[key].total in BY_SEGMENT]
        others = [key for key in keys if key not in of_segments]

        @without_collection
        def make(key: str) -> Mapping[str, Any]:
            if key in of_segments:
                # Buffers are followed only if a total of them is read.
                wanted = [other for other in of_segments if _is_of_buffers(other) == _is_of_buffers(key)]
                return totals_of_blocks(self.network, self.blocks, wanted, self.run)
            fields = self.fields if any(BY_KEY[key].by_place for key in others) else ()
            return totals_of(self.network, self.steps, others, self.run, fields)

        return DeferredFigures(keys, make)

    def assumptions(self) -> Sequence[str]:
        """The notes of its claims."""
        notes = [f"{step.node.path}: {claim.says()}" for step in self.steps for claim in step.worked.notes]
        # Both axes of a square layer have the same to say.
        return tuple(dict.fromkeys(notes))


def _is_of_buffers(key: str) -> bool:
    return BY_KEY[key].total in OF_BUFFERS


def _paths(network: Network, steps: Sequence[Step]) -> Mapping[int, int]:
    from archcalc.engine.paths import path_lengths  # few tables need it

    return path_lengths(network, steps)


def _wanted(quantities: Collection[str] | None, train: str | None) -> Collection[str]:
    """The keys of the quantities to compute, in the order of the list."""
    if quantities is None:
        return BY_KEY.keys()
    for key in quantities:
        if key not in BY_KEY:
            hint = did_you_mean(key, BY_KEY) or f"known: {', '.join(BY_KEY)}"
            raise ArchcalcError(f"unknown quantity '{short(key)}' ({hint})")
    # The memory of a training step is made of the bytes of the parameters.
    asked = {*quantities, "param_bytes"} if train else quantities
    return [key for key in BY_KEY if key in asked]


@without_collection
def _layers(walked: _Walked, quantities: Sequence[Quantity]) -> Sequence[Layer]:
    """The records of all layers, with the figures of these quantities."""
    run = walked.run
    of_place = readings_of([quantity.key for quantity in quantities if quantity.by_place])
    of_work = readings_of([quantity.key for quantity in quantities if not quantity.by_place])
    keys = [quantity.key for quantity in quantities]
    fields = walked.fields if of_place else [None] * len(walked.steps)
    paths = [walked.network.input_name, *[node.path for node in walked.network.layers]]
    # Equal layers have equal figures; only those of the receptive field depend on the place. A layer that
    # does not change the field passes the same record on.
    without_place: dict[Worked, tuple[dict[str, Any], dict[str, Any]]] = {}
    placed: dict[int, dict[str, Any]] = {}
    layers = []
    for (_, node, worked), field in zip(walked.steps, fields, strict=True):
        known = without_place.get(worked)
        if known is None:
            shared = figures_of(worked, run)
            shared.work_out(of_work)
            # The figures of the place have their place in the order already.
            known = _facts(worked, run.batch), {key: shared.get(key) for key in keys}
            without_place[worked] = known
        by_place = placed.get(id(field))
        if by_place is None:
            reading = LayerReading(worked, run, field)
            by_place = placed[id(field)] = {key: read(reading) for key, read in of_place}
        facts, figures = known
        own = {
            "path": node.path,
            "inputs": tuple([paths[source] for source in node.inputs]),
            "figures": figures | by_place,
            "follower": node.follower,
            "aux": node.aux,
            # Of a block that is shared as a whole, only some layers have arrays.
            "same_as": paths[node.same_as] if worked.shared else "",
        }
        layers.append(Layer.of_fields(facts | own))
    return layers


def _facts(worked: Worked, batch: int) -> dict[str, Any]:
    """The fields of a layer that depend only on its op and its input."""
    op = worked.op
    return {
        "op": op.name,
        "input": tuple([x.dims for x in worked.xs]),
        "output": worked.y.dims,
        # The sizes of an input are its output.
        "options": {} if isinstance(op, Input) else resolved(op, worked.xs[0].rank),
        "weight_shapes": {weight.name: weight.shape for weight in worked.weights},
        "operations": {kind: batch * count for kind, count in worked.cost.items()},
        "weighted": op.weighted,
    }


def _training(
    network: Network, steps: Sequence[Step], totals: Totals, run: Pass, optimizer: str
) -> TrainingMemory:
    # Gradients are as many as the parameters, and have the same type.
    kept = kept_for_backward(network, steps)
    kept_bytes = (run.batch * kept.values + kept.fixed_values) * run.value_bytes + run.batch * kept.bytes
    optimizer_bytes = OPTIMIZERS[optimizer] * totals.param_bytes
    return TrainingMemory(
        optimizer=optimizer,
        param_bytes=totals.param_bytes,
        gradient_bytes=totals.param_bytes,
        optimizer_bytes=optimizer_bytes,
        kept_activation_bytes=kept_bytes,
        total_bytes=2 * totals.param_bytes + optimizer_bytes + kept_bytes,
    )


def _expected(steps: Sequence[Step], batch: int) -> ExpectedStep | None:
    """The average training step of a network whose branches survive with a probability."""
    # The layers of a branch have the same gates: their MACs are added before they are multiplied.
    macs_behind: dict[tuple[Gate, ...], int] = {}
    for step in steps:
        gates = step.node.gates
        macs_behind[gates] = macs_behind.get(gates, 0) + step.worked.cost.get("macs", 0)
    branches = {gate for gates in macs_behind for gate in gates}
    if not branches:
        return None
    macs = Fraction(0)
    for gates, count in macs_behind.items():
        macs += count * math.prod([Fraction(gate.survival) for gate in gates], start=Fraction(1))
    return ExpectedStep(
        len(branches), sum((Fraction(gate.survival) for gate in branches), Fraction(0)), batch * macs
    )
