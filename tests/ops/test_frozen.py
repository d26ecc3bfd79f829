"""Ops as frozen records of their options."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, replace

import pytest

from archcalc.ops import OPS


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
