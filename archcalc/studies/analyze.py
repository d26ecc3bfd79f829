"""The exact table of a network, computed with plain ints."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction
from typing import Any

from archcalc.conventions import ARCHCALC, DTYPES, OPTIMIZERS
from archcalc.engine.figures import LayerFigures
from archcalc.engine.memory import kept_for_backward
from archcalc.engine.quantities import BY_KEY, LAYER_FIGURES, TOTALS
from archcalc.engine.reading import Pass
from archcalc.engine.receptive import receptive_fields
from archcalc.engine.totals import totals as totals_of
from archcalc.engine.walk import Step, walk_or_raise
from archcalc.errors import ArchcalcError, did_you_mean, short
from archcalc.network import INPUT, Network
from archcalc.ops.axes import resolved
from archcalc.results import Analysis, ExpectedStep, Layer, Totals, TrainingMemory


def analyze(
    network: Network,
    quantities: Collection[str] | None = None,
    *,
    batch: int = 1,
    dtype: str = "float32",
    aux: bool = False,
    train: str | None = None,
    paths: bool = False,
) -> Analysis:
    """Work out every layer and the totals.

    ``quantities`` are the keys of the quantities to compute (default: all). ``batch`` multiplies activations
    and operations, never weights. ``aux`` includes the auxiliary heads.
    ``train`` names an optimizer and adds the memory of a training step. ``paths`` adds the number of paths
    from input to output, by length (the unraveled view). Raises SpecError with every layer that does not
    fit, and with the network's own problems; ArchcalcError for an unknown quantity.
    """
    wanted = _wanted(quantities, train)
    run = Pass(batch, DTYPES[dtype])
    steps, findings = walk_or_raise(network, aux=aux)
    figures = _figures(network, steps, run, wanted)
    of_network = [quantity.key for quantity in TOTALS if quantity.key in wanted]
    of_layers = [quantity.key for quantity in LAYER_FIGURES if quantity.key in wanted]
    totals = Totals(figures=totals_of(network, steps, of_network, run, figures))
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
        layers=_layers(network, steps, figures, of_layers, batch),
        totals=totals,
        convention=ARCHCALC,
        # Both axes of a square layer have the same to say.
        assumptions=tuple(dict.fromkeys(f"{note.path}: {note.says}" for note in findings.notes)),
        training=_training(network, steps, totals, run, train) if train else None,
        expected=_expected(steps, batch),
        paths=_paths(network, steps) if paths else None,
        has_aux=any(node.aux for node in network.layers),
        quantities=None if quantities is None else tuple(wanted),
    )


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


def _figures(
    network: Network, steps: Sequence[Step], run: Pass, wanted: Collection[str]
) -> list[Mapping[str, Any]]:
    """The wanted figures of every layer."""
    # A total in bytes is computed from the sum of the values, so the layers need the values too.
    needed = dict.fromkeys([*wanted, *(BY_KEY[key].values for key in wanted if BY_KEY[key].values)])
    readings = {key: read for key in needed if (read := BY_KEY[key].of)}
    of_place = {key: read for key, read in readings.items() if BY_KEY[key].by_place}
    shared = {key: read for key, read in readings.items() if key not in of_place}
    fields = receptive_fields(network, steps) if of_place else {}
    # Deep networks repeat themselves: the same op on the same input has the same figures,
    # and a layer that does not change the receptive field passes the same record on.
    of_like: dict[int, LayerFigures] = {}
    of_field: dict[int, LayerFigures] = {}
    figures: list[Mapping[str, Any]] = []
    for step in steps:
        field = fields.get(step.number)
        like, place = step.like, id(field)
        if like not in of_like:
            of_like[like] = LayerFigures(step, run)
            of_like[like].compute(shared)
        if place not in of_field:
            of_field[place] = LayerFigures(step, run, field)
            of_field[place].compute(of_place)
        figures.append({**of_like[like], **of_field[place]})
    return figures


def _layers(
    network: Network,
    steps: Sequence[Step],
    figures: Sequence[Mapping[str, Any]],
    keys: Sequence[str],
    batch: int,
) -> tuple[Layer, ...]:
    of_like: dict[int, dict[str, Any]] = {}
    layers = []
    for step, of_layer in zip(steps, figures, strict=True):
        node = step.node
        if step.like not in of_like:
            of_like[step.like] = _without_place(step, batch)
        inputs = ["input" if source == INPUT else network.layers[source - 1].path for source in node.inputs]
        layers.append(
            Layer(
                figures={key: of_layer[key] for key in keys},
                path=node.path,
                inputs=tuple(inputs),
                follower=node.follower,
                aux=node.aux,
                **of_like[step.like],
            )
        )
    return tuple(layers)


def _without_place(step: Step, batch: int) -> dict[str, Any]:
    """The fields of a layer that depend only on its op and its input."""
    op = step.op
    return {
        "op": op.name,
        "input": tuple([x.dims for x in step.xs]),
        "output": step.y.dims,
        "options": resolved(op, step.xs[0].rank),
        "weight_shapes": {weight.name: weight.shape for weight in step.weights},
        "operations": {kind: batch * count for kind, count in step.cost.items()},
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
    gates = {gate for step in steps for gate in step.node.gates}
    if not gates:
        return None
    macs = Fraction(0)
    for step in steps:
        survival = Fraction(1)
        for gate in step.node.gates:
            survival *= gate.survival
        macs += survival * step.cost.get("macs", 0)
    return ExpectedStep(
        len(gates), sum((Fraction(gate.survival) for gate in gates), Fraction(0)), batch * macs
    )
