"""Receptive fields: the input positions that really reach a value, and figures from the literature."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

import archcalc
from archcalc.engine.claims import Findings
from archcalc.engine.receptive import ReceptiveField, receptive_fields
from archcalc.engine.walk import walk
from archcalc.network import Network, Node
from archcalc.ops import OPS
from archcalc.ops.base import Op, Volume


def op(name: str, **options: object) -> Op:
    return OPS[name](**options)


def conv(kernel: object, **options: object) -> Op:
    return op("conv", filters=1, kernel=kernel, **options)


def fields(net: Network) -> dict[str, ReceptiveField]:
    findings = Findings()
    steps = list(walk(net, findings))
    assert not findings.problems
    found = receptive_fields(net, steps)
    return {step.node.path: found[step.number] for step in steps} | {"input": found[0]}


def chain(sides: Sequence[int], *ops: Op) -> ReceptiveField:
    """The field of the last of these ops, one after the other."""
    nodes = [Node(f"{number}", op, (number - 1,)) for number, op in enumerate(ops, 1)]
    return fields(Network("chain", Volume(tuple(sides), 1), nodes))[f"{len(ops)}"]


# --- against the positions that reach a value ------------------------------------------------------------


def touched(op: Op, x: Volume, at: int) -> set[int]:
    """The input positions along the one axis that output position ``at`` is made of."""
    (axis,) = op.axes(x)
    step = getattr(op, "dilation", 1)
    taps = (at * axis.stride - axis.before + tap * step for tap in range(op.kernel))
    return {position for position in taps if 0 <= position < axis.size}


def reaching(net: Network, number: int, at: int) -> set[int]:
    """The positions of the network's input from which something comes to one position of a layer."""
    if number == 0:
        return {at}
    node = net.layers[number - 1]
    positions: set[int] = set()
    for source in node.inputs:
        x = volume_of(net, source)
        here = {at} if node.op.reach((x,)) is None else touched(node.op, x, at)
        positions |= {far for near in here for far in reaching(net, source, near)}
    return positions


def volume_of(net: Network, number: int) -> Volume:
    if number == 0:
        return net.input
    node = net.layers[number - 1]
    return node.op.shape(tuple(volume_of(net, source) for source in node.inputs))


@st.composite
def windows(draw) -> Op:
    kernel, stride, pad = draw(st.integers(1, 4)), draw(st.integers(1, 3)), draw(st.integers(0, 3))
    if draw(st.booleans()):
        return conv(kernel, stride=stride, pad=pad, dilation=draw(st.integers(1, 3)))
    return op("maxpool", kernel=kernel, stride=stride, pad=min(pad, kernel - 1))


def check(net: Network, last: int) -> None:
    """A value in the middle sees as many positions as its field is long; the next sees a jump further."""
    found = fields(net)[net.layers[last - 1].path]
    middle = volume_of(net, last).spatial[0] // 2
    here, there = (reaching(net, last, at) for at in (middle, middle + 1))
    assert (max(here) - min(here) + 1,) == found.size
    assert (min(there) - min(here),) == found.jump


@given(st.lists(windows(), min_size=1, max_size=4))
def test_a_chain_sees_what_reaches_it(ops):
    # Long enough that no padding is seen in the middle: 4 layers of extent <= 10 and stride <= 3.
    nodes = [Node(f"{number}", op, (number - 1,)) for number, op in enumerate(ops, 1)]
    check(Network("chain", Volume((2000,), 1), nodes), len(ops))


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=3))
def test_branches_see_together_what_any_of_them_sees(drawn):
    """Branches padded off-centre: whatever keeps the size, so that they can be added."""
    nodes = []
    for kernel, before, _ in drawn:
        before = min(before, kernel - 1)
        nodes.append(Node(f"{len(nodes) + 1}", conv(kernel, pad=((before, kernel - 1 - before),)), (0,)))
    nodes.append(Node("sum", op("add"), tuple(range(1, len(nodes) + 1))))
    net = Network("branches", Volume((60,), 1), nodes)
    check(net, len(nodes))
    found = fields(net)["sum"]
    assert found.smallest == (min(kernel for kernel, _, _ in drawn),)
    ends = {(kernel - 1 - 2 * min(before, kernel - 1)) for kernel, before, _ in drawn}
    assert found.aligned == (len(ends) == 1)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=4), st.integers(0, 3), st.integers(1, 2))
def test_where_centred_branches_meet_the_largest_field_counts(halves, other, stride):
    """Branches of odd kernels, padded to keep the size: their fields lie around one centre."""
    nodes = [Node("stem", conv(3, stride=stride, pad=1), (0,))]
    for number, half in enumerate(halves, 1):
        nodes.append(Node(f"{number}", conv(2 * half + 1, pad=half), (number,)))
    nodes.append(Node("side", conv(2 * other + 1, pad=other), (1,)))
    nodes.append(Node("sum", op("add"), (len(nodes) - 1, len(nodes), 1)))
    nodes.append(Node("relu", op("relu"), (len(nodes),)))
    nodes.append(Node("pool", op("maxpool", kernel=2, stride=2), (len(nodes),)))
    check(Network("branches", Volume((200,), 1), nodes), len(nodes))


# --- by hand ---------------------------------------------------------------------------------------------


FIELDS = [
    pytest.param([conv(3)], (3, 3), (1, 1), id="one 3x3"),
    pytest.param([conv(3), conv(3)], (5, 5), (1, 1), id="two 3x3 see 5x5"),
    pytest.param([conv(3), conv(3), conv(3)], (7, 7), (1, 1), id="three 3x3 see 7x7"),
    pytest.param([conv(11, stride=4)], (11, 11), (4, 4), id="AlexNet conv1"),
    pytest.param(
        [conv(11, stride=4), op("maxpool", kernel=3, stride=2)], (19, 19), (8, 8), id="AlexNet pool1"
    ),
    pytest.param([conv((1, 7)), conv((7, 1))], (7, 7), (1, 1), id="one axis after the other"),
    pytest.param([conv(3, dilation=2)], (5, 5), (1, 1), id="dilated"),
    pytest.param(
        [conv(3), op("relu"), op("bn"), op("lrn"), op("dropout")], (3, 3), (1, 1), id="point by point"
    ),
    pytest.param([op("maxpool", kernel=2, stride=2), op("upsample", factor=2)], (2, 2), (1, 1), id="back up"),
    pytest.param(
        [op("upsample", factor=2), conv(3)],
        (2, 2),
        (Fraction(1, 2), Fraction(1, 2)),
        id="finer than the input",
    ),
    pytest.param(
        [op("upsample", factor=2, mode="linear")],
        (2, 2),
        (Fraction(1, 2), Fraction(1, 2)),
        id="a value in between is made of two",
    ),
    pytest.param(
        [conv(2, stride=2), op("deconv", filters=1, kernel=4, stride=2)],
        (4, 4),
        (1, 1),
        id="a deconv sees two",
    ),
    pytest.param([op("adaptive_avgpool", output=4)], (8, 8), (8, 8), id="adaptive, whole"),
    pytest.param([op("pad", pad=3), conv(3)], (3, 3), (1, 1), id="padding is not seen"),
    pytest.param(
        [conv(3), op("avgpool", kernel="global")], (3, 3), (1, 1), id="a global pool repeats its input"
    ),
    pytest.param([conv(3), op("fc", units=2), op("relu")], (3, 3), (1, 1), id="so does fc, and what follows"),
]


@pytest.mark.parametrize(("ops", "size", "jump"), FIELDS)
def test_fields_by_hand(ops, size, jump):
    found = chain((32, 32), *ops)
    assert (found.size, found.jump) == (size, jump)
    assert found.smallest == size
    assert found.aligned


def test_an_input_sees_itself():
    found = fields(archcalc.load("vgg16"))["input"]
    assert (found.size, found.smallest, found.jump, found.aligned) == ((1, 1), (1, 1), (1, 1), True)


@pytest.mark.parametrize(
    ("path", "size", "jump"),
    [("conv1_1", 3, 1), ("conv1_2", 5, 1), ("pool1", 6, 2), ("conv3_3", 40, 4), ("pool5", 212, 32)],
)
def test_vgg16(path, size, jump):
    """Araujo et al. 2019, table 1: VGG-16 sees 212 pixels with an effective stride of 32."""
    (found,) = [
        field for name, field in fields(archcalc.load("vgg16")).items() if name.rpartition("/")[2] == path
    ]
    assert (found.size, found.jump) == ((size, size), (jump, jump))
