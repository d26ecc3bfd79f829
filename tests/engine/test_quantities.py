"""The one list of quantities: its records fit together, and an analysis computes those that are asked for."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest

import archcalc
from archcalc.engine.quantities import BY_KEY, QUANTITIES
from archcalc.engine.quantities.record import SUMS
from archcalc.engine.totals import TALLIES
from archcalc.guard.entry import lock_entry
from archcalc.guard.lockfile import parse, text_of
from archcalc.ops.costs import OPERATIONS
from archcalc.results.lock import LOCKED, LOCKED_AT_FIRST, Lock
from archcalc.studies.analyze import analyze


def test_records_refer_to_records() -> None:
    assert len(BY_KEY) == len(QUANTITIES)
    for quantity in QUANTITIES:
        assert {*quantity.follows, *filter(None, [quantity.values])} <= BY_KEY.keys(), quantity
        assert set(quantity.made_of) <= {*BY_KEY, *OPERATIONS}, quantity
        assert quantity.total is None or quantity.total in {*SUMS, *TALLIES}
        assert quantity.of or quantity.total, quantity
        assert quantity.meaning
        assert quantity.meaning[-1] != "."


def test_no_word_and_no_label_means_two_quantities() -> None:
    for asked in (True, False):
        words = [word for quantity in QUANTITIES if quantity.asked is asked for word in quantity.words]
        assert len(words) == len(set(words))
    labels = [quantity.label for quantity in QUANTITIES]
    assert len(labels) == len(set(labels))


def test_a_worksheet_says_what_every_quantity_counts() -> None:
    assert BY_KEY["macs"].convention == "MACs are the multiply-accumulates for one image, without biases"
    # A new record needs no sentence of its own.
    assert replace(BY_KEY["macs"], asked_as="").convention == "MACs: multiply-accumulates"


def test_only_what_is_asked_for_is_worked_out() -> None:
    network = archcalc.load("alexnet")
    few, whole = analyze(network, ("macs", "depth")), analyze(network)
    assert list(few.totals.figures) == ["macs", "depth"]
    assert (few.totals.macs, few.totals.depth) == (whole.totals.macs, whole.totals.depth)
    assert [layer.figures for layer in few.layers] == [{"macs": layer.macs} for layer in whole.layers]
    with pytest.raises(
        AttributeError, match="this Layer has no 'receptive_field': the analysis was not asked"
    ):
        few.layers[0].receptive_field  # noqa: B018
    with pytest.raises(AttributeError, match="this Totals has no 'params': the analysis was not asked"):
        few.totals.params  # noqa: B018


def test_a_training_step_asks_for_what_it_needs() -> None:
    training = analyze(archcalc.load("lenet5"), ("macs",), train="adam").training
    assert training is not None
    assert training.param_bytes == 4 * 60_000


def test_a_misspelled_figure_gets_a_suggestion() -> None:
    analysis = archcalc.analyze("lenet5")
    with pytest.raises(AttributeError, match=r"Layer has no attribute 'mac' \(did you mean 'macs'\?\)"):
        analysis.layers[0].mac  # noqa: B018
    assert not hasattr(analysis.totals, "_private")


def test_records_of_figures_are_copied() -> None:
    layer = archcalc.analyze("lenet5").layers[0]
    assert copy.copy(layer) == layer == copy.deepcopy(layer)


# --- a quantity that is new since a lock was written -------------------------------------------------------


def test_a_lock_says_which_quantities_it_holds() -> None:
    lock = Lock("archcalc/1", {}, {"lenet5": lock_entry(archcalc.load("lenet5"))})
    assert parse(text_of(lock).encode()) == lock
    assert lock.quantities == LOCKED


def test_a_lock_without_the_list_holds_what_the_first_ones_held() -> None:
    lock = Lock("archcalc/1", {}, {"lenet5": lock_entry(archcalc.load("lenet5")).only(LOCKED_AT_FIRST)})
    text = "\n".join(line for line in text_of(lock).splitlines() if '"quantities"' not in line)
    assert parse(text.encode()) == lock._replace(quantities=LOCKED_AT_FIRST)


def test_the_first_quantities_are_locked_still() -> None:
    assert set(LOCKED_AT_FIRST) <= set(LOCKED)
