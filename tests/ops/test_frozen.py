"""Frozen records, and ops as frozen records of their options."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, field, fields, replace

import pytest

from archcalc.ops import OPS
from archcalc.ops.base import Volume
from archcalc.ops.frozen import Frozen, Record, State, record, state


def test_options_are_given_by_name_and_the_others_have_their_defaults() -> None:
    conv = OPS["conv"](filters=96, kernel=11, stride=4)
    assert (conv.filters, conv.kernel, conv.stride, conv.bias) == (96, 11, 4, True)
    assert repr(conv).startswith("Conv(filters=96, kernel=11, stride=4, ")


@pytest.mark.parametrize("options", [{"filters": 8}, {"filters": 8, "kernel": 3, "kernal": 3}])
def test_an_unknown_or_a_missing_option_is_refused(options: dict[str, int]) -> None:
    with pytest.raises(TypeError, match=r"unknown or missing option 'kern[ae]l'"):
        OPS["conv"](**options)


def test_an_op_cannot_be_changed() -> None:
    pool = OPS["maxpool"](kernel=3)
    with pytest.raises(FrozenInstanceError):
        pool.kernel = 2
    with pytest.raises(FrozenInstanceError):
        pool.other = 2
    with pytest.raises(FrozenInstanceError):
        del pool.kernel
    assert vars(pool) == vars(OPS["maxpool"](kernel=3))


def test_an_op_is_replaced_copied_and_pickled() -> None:
    pool = OPS["maxpool"](kernel=3)
    assert replace(pool, kernel=2).kernel == 2
    assert vars(copy.deepcopy(pool)) == vars(pickle.loads(pickle.dumps(pool))) == vars(pool)


@record
class Size(Record):
    height: int
    width: int = 1


@record
class Named(Size):
    name: str = ""


@record
class Thing(Frozen):
    size: int


@state
class Tally(State):
    start: int
    counts: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def test_a_state_changes_and_shares_nothing_with_another() -> None:
    one, two = Tally(1), Tally(1, notes=["a"])
    one.counts["conv"] = 1
    one.start = 2
    assert (one.start, one.notes, two.start, two.counts, two.notes) == (2, [], 1, {}, ["a"])
    assert one != copy.deepcopy(one)
    with pytest.raises(TypeError, match="Tally: unknown or missing field 'start'"):
        Tally()  # type: ignore[call-arg]


def test_a_record_is_made_by_place_and_by_name() -> None:
    assert vars(Size(3)) == vars(Size(height=3)) == {"width": 1, "height": 3}
    assert Named(3, 2, "a") == Named(3, name="a", width=2)
    assert repr(Named(3, name="a")) == "Named(height=3, width=1, name='a')"
    assert [field.name for field in fields(Named)] == ["height", "width", "name"]


@pytest.mark.parametrize(
    ("values", "named", "wrong"),
    [
        ((), {}, "height"),
        ((1,), {"depth": 2}, "depth"),
        ((), {"depth": 2}, "depth"),
        ((1, 2, 3), {}, "too many"),
    ],
)
def test_an_unknown_or_a_missing_field_is_refused(
    values: tuple[int, ...], named: dict[str, int], wrong: str
) -> None:
    with pytest.raises(TypeError, match=f"Size: unknown or missing field '{wrong}'"):
        Size(*values, **named)


def test_a_record_cannot_be_changed() -> None:
    size = Size(3)
    with pytest.raises(FrozenInstanceError):
        size.height = 4
    with pytest.raises(FrozenInstanceError):
        del size.width
    assert replace(size, height=4) == Size(4)
    assert copy.deepcopy(size) == pickle.loads(pickle.dumps(size)) == size


def test_a_volume_is_a_record_of_two_fields() -> None:
    volume = Volume((5, 4), 3)
    assert (volume.size, volume.rank, repr(volume)) == (60, 2, "Volume(spatial=(5, 4), channels=3)")
    assert copy.deepcopy(volume) == pickle.loads(pickle.dumps(volume)) == volume != Volume((4, 5), 3)
    assert len({volume, Volume((5, 4), 3)}) == 1
    with pytest.raises(FrozenInstanceError):
        volume.size = 1


def test_records_are_compared_by_their_fields_and_other_frozen_objects_by_identity() -> None:
    assert Size(3) == Size(3, 1) != Size(3, 2)
    assert hash(Size(3)) == hash(Size(width=1, height=3))
    assert Size(3) != Named(3)
    thing = Thing(3)
    assert thing == thing != Thing(3)
    assert len({thing, Thing(3)}) == 2
