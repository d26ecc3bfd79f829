"""Plain ints poured in: the exact table of a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from archcalc.conventions import ARCHCALC, DTYPES, OPTIMIZERS
from archcalc.engine.memory import kept_for_backward, peak
from archcalc.engine.paths import path_lengths
from archcalc.engine.receptive import ReceptiveField, receptive_fields
from archcalc.engine.totals import stored
from archcalc.engine.walk import Step, walk_or_raise
from archcalc.network import INPUT, Network
from archcalc.ops.base import resolved
from archcalc.results import Analysis, Expected, Layer, Totals, Training
from archcalc.studies.rows import summed


def analyze(
    network: Network,
    *,
    batch: int = 1,
    dtype: str = "float32",
    aux: bool = False,
    train: str | None = None,
    paths: bool = False,
) -> Analysis:
    """Work out every layer and the totals.

    ``batch`` multiplies activations and operations, never weights. ``aux`` counts the auxiliary heads in.
    ``train`` names an optimizer and adds the memory of a training step, ``paths`` the ways from input to
    output by length (the unraveled view). Raises SpecError with every layer
    that does not fit, and with the network's own problems.
    """
    steps, findings = walk_or_raise(network, aux=aux)
    fields = receptive_fields(network, steps)
    layers = _layers(network, steps, fields, batch)
    totals = _totals(network, steps, layers, batch, DTYPES[dtype])
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
        layers=layers,
        totals=totals,
        convention=ARCHCALC,
        # Both axes of a square layer have the same to say.
        assumptions=tuple(dict.fromkeys(f"{note.path}: {note.says}" for note in findings.notes)),
        training=_training(network, steps, totals, batch, DTYPES[dtype], train) if train else None,
        expected=_expected(steps, batch),
        paths=path_lengths(network, steps) if paths else None,
        has_aux=any(node.aux for node in network.layers),
    )


def _layers(
    network: Network,
    steps: Sequence[Step],
    fields: Mapping[int, ReceptiveField],
    batch: int,
) -> tuple[Layer, ...]:
    first: dict[int, Layer] = {}
    found = []
    for step in steps:
        node, field = step.node, fields[step.number]
        place: dict[str, Any] = {
            "path": node.path,
            "inputs": tuple(
                ["input" if source == INPUT else network.layers[source - 1].path for source in node.inputs]
            ),
            "follower": node.follower,
            "aux": node.aux,
            "receptive_field": field.size,
            "smallest_field": field.smallest,
            "jump": field.jump,
            "aligned": field.aligned,
        }
        if step.like in first:
            layer = first[step.like]._replace(**place)
        else:
            layer = first[step.like] = _layer(step, batch, place)
        found.append(layer)
    return tuple(found)


def _layer(step: Step, batch: int, place: dict[str, Any]) -> Layer:
    """A layer at its place; all but the place it owes to its op and its input."""
    op = step.node.op
    connections = op.connections(step.xs, step.y)
    return Layer(
        **place,
        **stored(step.weights),
        op=op.name,
        input=tuple([x.dims for x in step.xs]),
        output=step.y.dims,
        options=resolved(op, step.xs[0].rank),
        weight_shapes={weight.name: weight.shape for weight in step.weights},
        activations=batch * step.y.size,
        macs=batch * step.cost.get("macs", 0),
        flops=batch * ARCHCALC.flops(step.cost),
        operations={kind: batch * count for kind, count in step.cost.items()},
        connections=None if connections is None else batch * connections,
        slide_activations=batch * step.y.size if op.counts_as_memory else 0,
        weighted=op.weighted,
    )


def _totals(
    network: Network, steps: Sequence[Step], layers: Sequence[Layer], batch: int, value_bytes: int
) -> Totals:
    most = peak(network, steps)
    params = sum(layer.params for layer in layers)
    sums = summed(layers)
    sums["slide_activations"] += batch * network.input.size
    connections = [layer.connections for layer in layers if layer.connections is not None]
    counted = all(layer.connections is not None for layer in layers if layer.slide_activations)
    return Totals(
        params=params,
        **sums,
        conv_fc_outputs=sum(layer.activations for layer in layers if layer.weighted),
        peak_activations=batch * most.values,
        peak_layer=most.path,
        activation_bytes=sums["activations"] * value_bytes,
        slide_activation_bytes=sums["slide_activations"] * value_bytes,
        peak_activation_bytes=batch * most.values * value_bytes,
        param_bytes=params * value_bytes,
        depth=_depth(network, steps),
        receptive_field=layers[-1].receptive_field if layers else (),
        connections=sum(connections) if counted and connections else None,
    )


def _depth(network: Network, steps: Sequence[Step]) -> int:
    """The longest path of weighted layers."""
    depths = {INPUT: 0}
    for step in steps:
        depths[step.number] = max(depths[source] for source in step.node.signals) + step.node.op.depth()
    return depths[network.output or INPUT]


def _training(
    network: Network, steps: Sequence[Step], totals: Totals, batch: int, value_bytes: int, optimizer: str
) -> Training:
    kept = kept_for_backward(network, steps)
    kept_bytes = (batch * kept.values + kept.fixed_values) * value_bytes + batch * kept.bytes
    optimizer_bytes = OPTIMIZERS[optimizer] * totals.param_bytes
    return Training(
        optimizer=optimizer,
        param_bytes=totals.param_bytes,
        gradient_bytes=totals.param_bytes,
        optimizer_bytes=optimizer_bytes,
        kept_activation_bytes=kept_bytes,
        total_bytes=2 * totals.param_bytes + optimizer_bytes + kept_bytes,
    )


def _expected(steps: Sequence[Step], batch: int) -> Expected | None:
    """The average training step of a network with surviving branches."""
    gates = {gate for step in steps for gate in step.node.gates}
    if not gates:
        return None
    macs = Fraction(0)
    for step in steps:
        survival = Fraction(1)
        for gate in step.node.gates:
            survival *= gate.survival
        macs += survival * step.cost.get("macs", 0)
    return Expected(len(gates), sum((Fraction(gate.survival) for gate in gates), Fraction(0)), batch * macs)
