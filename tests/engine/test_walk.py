"""The walk over the layers: what is worked out once, and what is too large."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import FrozenInstanceError

import pytest

from archcalc.engine.claims import Assumptions, Bounds, Masks
from archcalc.engine.walk import Step, walk, walk_or_raise
from archcalc.errors import SpecError
from archcalc.network import Network, Node
from archcalc.ops import OPS
from archcalc.ops.base import Op, Volume


def chain(x: Volume, *ops: Op) -> Network:
    """These ops, one after the other."""
    return Network(
        "chain", x, [Node(f"{op.name}{number}", op, (number - 1,)) for number, op in enumerate(ops, 1)]
    )


def alike(steps: Sequence[Step]) -> list[int]:
    """For each step, the number of the first one that it shares its record with."""
    return [next(first.number for first in steps if first.like == step.like) for step in steps]


def test_a_volume_is_a_value():
    volume = Volume((8, 8), 3)
    assert len({volume, Volume((8, 8), 3)}) == 1
    with pytest.raises(FrozenInstanceError):
        volume.channels = 4


def test_the_same_op_on_the_same_input_is_worked_out_once():
    relu, other = OPS["relu"](), OPS["relu"]()
    steps, _ = walk_or_raise(
        chain(Volume((8, 8), 3), relu, relu, other, OPS["maxpool"](kernel=2, stride=2), relu)
    )
    assert alike(steps) == [1, 1, 3, 4, 5]


def test_layers_of_arrays_are_worked_out_one_by_one():
    np = pytest.importorskip("numpy")
    import archcalc.dims.arrays  # noqa: F401  (makes them a kind of dimension)

    conv, relu = OPS["conv"](filters=np.array([4, 8]), kernel=1), OPS["relu"]()
    steps = list(walk(chain(Volume((8, 8), 3), relu, conv, relu, relu), Masks()))
    assert alike(steps) == [1, 2, 3, 4]
    assert steps[-1].y.channels.tolist() == [4, 8]


def test_a_note_is_told_of_every_layer_that_it_is_about():
    pool, up = OPS["maxpool"](kernel=2, stride=2), OPS["pad"](pad=((0, 3),))
    steps, findings = walk_or_raise(chain(Volume((5,), 3), pool, up, pool))
    assert alike(steps) == [1, 2, 1]
    assert [note.path for note in findings.notes] == ["maxpool1", "maxpool3"]


@pytest.mark.parametrize(("values", "ok"), [(10**18, True), (10**18 + 1, False)])
def test_no_layer_puts_out_more_than_the_most_values(values, ok):
    network = chain(Volume((), values), OPS["relu"](), OPS["relu"]())
    if ok:
        assert len(walk_or_raise(network)[0]) == 2
        return
    with pytest.raises(SpecError) as refused:
        walk_or_raise(network)
    assert [problem.message for problem in refused.value.problems] == [
        "its output has more than 10^18 values"
    ]


def test_an_array_is_too_large_at_some_points_only():
    np = pytest.importorskip("numpy")
    import archcalc.dims.arrays  # noqa: F401  (makes them a kind of dimension)

    fc, findings = OPS["fc"](units=np.array([4, 10**18 + 1])), Masks()
    (step,) = walk(chain(Volume((), 3), fc), findings)
    assert step.y.channels.tolist() == [4, 10**18 + 1]
    assert [(path, mask.tolist()) for path, mask in findings.failed] == [("fc1", [True, False])]
    assert list(walk(chain(Volume((), 3), fc), Masks(proven=True)))


def test_a_symbol_may_be_of_any_size_and_a_number_may_not():
    pytest.importorskip("sympy")
    from archcalc.dims.symbolic import symbol

    findings = Assumptions()
    network = chain(Volume((symbol("s"),), 3), OPS["flatten"](), OPS["fc"](units=10**18 + 1))
    assert [step.node.path for step in walk(network, findings)] == ["flatten1"]
    assert [problem.message for problem in findings.problems] == ["its output has more than 10^18 values"]
    assert findings.assumptions == []


def test_intervals_keep_the_largest_of_all():
    from archcalc.dims.interval import Interval

    findings = Bounds()
    units = OPS["fc"](units=Interval(10, 2 * 10**18))
    steps = list(walk(chain(Volume((), Interval(2, 4)), units, OPS["relu"]()), findings))
    findings.see(*steps[0].cost.values())
    assert len(steps) == 2
    assert (findings.largest, findings.worst) == (2 * 10**18, 8 * 10**18)
