"""Memory: liveness against a simulation with sets of tensors, and cases worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from helpers.examples import examples
from hypothesis import example, given
from hypothesis import strategies as st

from archcalc.engine.claims import Findings
from archcalc.engine.memory import kept_for_backward, peak
from archcalc.engine.walk import Step, walk
from archcalc.network import INPUT, Network, Node
from archcalc.ops import OPS
from archcalc.ops.base import Op, Volume

SIDE = 2  # of every map: four values for each channel


def conv(filters: int) -> Op:
    return OPS["conv"](filters=filters, kernel=1)


def op(name: str, **options: object) -> Op:
    return OPS[name](**options)


def network(channels: int, *layers: tuple[Op, tuple[int, ...]], output: int | None = None) -> Network:
    nodes = [Node(f"{op.name}{number}", op, inputs) for number, (op, inputs) in enumerate(layers, 1)]
    return Network("made by hand", Volume((SIDE, SIDE), channels), nodes, output=output)


def steps_of(net: Network) -> Sequence[Step]:
    findings = Findings()
    steps = list(walk(net, findings))
    assert not findings.problems
    return steps


# --- liveness --------------------------------------------------------------------------------------------


def simulated(net: Network, steps: Sequence[Step]) -> tuple[int, str]:
    """The same question by sets: at each step, which memory is still to be read or just being written?"""
    end = len(net.layers) + 1
    reads: dict[int, set[int]] = {number: set() for number in range(end)}
    for step in steps:
        for source in step.node.inputs:
            reads[source].add(step.number)
    reads[net.output].add(end)  # the answer is read after the last step

    owner = {INPUT: INPUT}  # the node that asked for the memory in which a node's values lie
    size = {INPUT: net.input.size}
    worst, where = size[INPUT], "input"
    for step in steps:
        now, first = step.number, owner[step.node.inputs[0]]
        sharing = {node for node in owner if owner[node] == first}
        wanted_later = {when for node in sharing for when in reads[node] if when > now}
        overwrites = step.node.op.in_place and not wanted_later and size[first] == step.y.size
        if step.node.op.view or overwrites:
            owner[now] = first
        else:
            owner[now], size[now] = now, step.y.size
        live = {owner[now]} | {owner[node] for node in owner if any(when >= now for when in reads[node])}
        total = sum(size[node] for node in live)
        if total > worst:
            worst, where = total, step.node.path
    return worst, where


@st.composite
def graphs(draw):
    """Layers that read any earlier ones. Every map keeps its side, so only channels decide what may meet."""
    channels = [draw(st.integers(1, 6))]
    layers = []
    for number in range(1, draw(st.integers(1, 12)) + 1):
        # the layer above twice as often as any other, or chains that work in place would be rare
        source = draw(st.integers(0, number - 1) | st.just(number - 1))
        alike = [other for other, width in enumerate(channels) if width == channels[source]]
        kind = draw(
            st.sampled_from(
                ["conv", "relu", "relu", "dropout", "scale", "bn", "slice", "maxpool", "add", "concat"]
            )
        )
        inputs, width = (source,), channels[source]
        match kind:
            case "conv":
                width = draw(st.integers(1, 6))
                layer = conv(width)
            case "slice":
                width = draw(st.integers(1, width))
                layer = op("slice", channels=width)
            case "maxpool":
                layer = op("maxpool", kernel=1)
            case "add":
                inputs = (source, *draw(st.lists(st.sampled_from(alike), min_size=1, max_size=2)))
                layer = op("add")
            case "concat":
                inputs = (source, draw(st.integers(0, number - 1)))
                width = sum(channels[other] for other in inputs)
                layer = op("concat")
            case _:
                layer = op(kind)
        channels.append(width)
        layers.append((layer, inputs))
    output = draw(st.none() | st.integers(0, len(layers)))
    return network(channels[0], *layers, output=output)


@given(graphs())
@examples(300)
@example(network(1, (conv(1), (0,)), output=0))
def test_the_peak_is_that_of_the_simulation(net):
    steps = steps_of(net)
    most = peak(net, steps)
    assert (most.values, most.path) == simulated(net, steps)


VALUES = SIDE * SIDE


PEAKS = [
    pytest.param(network(3, (conv(5), (0,))), 3 + 5, "conv1", id="input and output of one layer"),
    pytest.param(network(3, (conv(5), (0,)), (conv(1), (1,))), 3 + 5, "conv1", id="the input is given back"),
    pytest.param(
        network(3, (conv(5), (0,)), (conv(6), (1,))), 5 + 6, "conv2", id="the second layer is wider"
    ),
    pytest.param(network(3, (op("relu"), (0,))), 3, "input", id="in place"),
    pytest.param(network(3, (op("bn"), (0,))), 3 + 3, "bn1", id="not in place"),
    pytest.param(
        network(3, (conv(4), (0,)), (op("relu"), (1,)), (conv(4), (2,))),
        4 + 4,
        "conv3",
        id="relu in place",
    ),
    pytest.param(
        network(3, (conv(4), (0,)), (op("relu"), (1,)), (op("add"), (1, 2))),
        4 + 4 + 4,
        "add3",
        id="relu cannot",
    ),
    pytest.param(
        network(
            4,
            (conv(4), (0,)),
            (op("relu"), (1,)),
            (conv(4), (2,)),
            (op("add"), (3, 0)),
            (op("relu"), (4,)),
        ),
        4 + 4 + 4,
        "conv3",
        id="residual block",
    ),
    pytest.param(
        network(4, (conv(9), (0,)), (op("slice", channels=2), (1,)), (conv(1), (2,))),
        4 + 9,
        "conv1",
        id="a view is no memory of its own",
    ),
    pytest.param(
        network(1, (conv(9), (0,)), (op("slice", channels=2), (1,)), (conv(3), (2,))),
        9 + 3,
        "conv3",
        id="a view holds all that it looks at",
    ),
    pytest.param(
        network(4, (conv(2), (0,)), (op("flatten"), (1,)), (op("relu"), (2,)), (op("fc", units=7), (3,))),
        4 + 2,
        "conv1",
        id="in place through a view",
    ),
    pytest.param(
        network(1, (conv(4), (0,)), (op("slice", channels=2), (1,)), (op("relu"), (2,))),
        4 + 2,
        "relu3",
        id="part of a buffer is not overwritten",
    ),
    pytest.param(
        network(2, (conv(5), (0,)), (conv(1), (0,)), output=2),
        2 + 5,
        "conv1",
        id="what nobody reads is given back",
    ),
    pytest.param(
        network(2, (conv(5), (0,)), (conv(1), (0,)), output=1),
        2 + 5 + 1,
        "conv2",
        id="the answer is kept",
    ),
    pytest.param(
        network(2, (conv(5), (0,)), (op("relu"), (1,)), output=1),
        5 + 5,
        "relu2",
        id="not in place of the answer",
    ),
]


@pytest.mark.parametrize(("net", "channels", "path"), PEAKS)
def test_peaks_by_hand(net, channels, path):
    most = peak(net, steps_of(net))
    assert (most.values, most.path) == (channels * VALUES, path)


# --- what is kept for the backward pass ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("net", "channels"),
    [
        pytest.param(network(3, (conv(5), (0,))), 3, id="a conv keeps its input"),
        pytest.param(network(3, (conv(5), (0,)), (op("relu"), (1,))), 3 + 5, id="a relu keeps its output"),
        pytest.param(
            network(3, (conv(5), (0,)), (op("relu"), (1,)), (conv(2), (2,))),
            3 + 5,
            id="one array is kept once",
        ),
        pytest.param(
            network(3, (conv(5), (0,)), (op("bn"), (1,)), (op("relu"), (2,))),
            3 + 5 + 5,
            id="bn keeps the conv's output",
        ),
        pytest.param(
            network(
                4,
                (conv(4), (0,)),
                (op("relu"), (1,)),
                (conv(4), (2,)),
                (op("add"), (3, 0)),
                (op("relu"), (4,)),
            ),
            4 + 4 + 4,
            id="a sum keeps nothing",
        ),
        pytest.param(
            network(4, (conv(5), (0,)), (op("slice", channels=2), (1,)), (conv(1), (2,))),
            4 + 5,
            id="of a view, all that it looks at",
        ),
        pytest.param(
            network(4, (conv(5), (0,)), (op("flatten"), (1,)), (op("fc", units=1), (2,))),
            4 + 5,
            id="flattened",
        ),
        pytest.param(network(4, (op("multiply"), (0, 0))), 4, id="a square keeps its input once"),
        pytest.param(
            network(4, (op("concat"), (0, 0)), (op("tanh"), (1,))), 8, id="a concatenation keeps nothing"
        ),
    ],
)
def test_values_kept_by_hand(net, channels):
    kept = kept_for_backward(net, steps_of(net))
    assert (kept.values, kept.bytes) == (channels * VALUES, 0)


def test_statistics_and_indices_are_kept_apart():
    net = network(3, (op("bn"), (0,)), (op("maxpool", kernel=2), (1,)), (op("dropout", rate=1), (2,)))
    kept = kept_for_backward(net, steps_of(net))
    # inputs of bn and pool; mean and deviation of 3 channels; 8 bytes for a maximum's place, 1 for a mask
    assert (kept.values, kept.fixed_values, kept.bytes) == (2 * 3 * VALUES, 2 * 3, 3 * 8 + 3 * 1)
