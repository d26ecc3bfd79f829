"""An analysis works out what is read, and not before; a layer that does not fit is refused at once."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

import archcalc
from archcalc.engine import segment_totals
from archcalc.engine.quantities import TOTALS
from archcalc.errors import SpecError
from archcalc.results.deferred import Deferred, DeferredFigures
from archcalc.studies import analyze as studied


@pytest.fixture
def walks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The networks whose layers were listed one by one."""
    listed: list[str] = []
    steps_of = studied.steps_of

    def watched(network: Any, *args: Any) -> Any:
        listed.append(network.name)
        return steps_of(network, *args)

    monkeypatch.setattr(studied, "steps_of", watched)
    return listed


def test_sums_the_depth_and_the_peak_need_no_layers(
    walks: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    totals = archcalc.analyze("resnet152").totals
    with monkeypatch.context() as nothing_follows_buffers:
        nothing_follows_buffers.delattr(segment_totals, "peak_of_blocks")
        assert (totals.params, totals.macs, totals.depth) == (60_192_808, 11_282_415_616, 152)
    assert totals.peak_activations > 0
    assert walks == []
    assert totals.receptive_field == (1507, 1507)
    assert walks == ["resnet152"]


def test_layers_are_walked_once(walks: list[str]) -> None:
    analysis = archcalc.analyze("resnet152")
    assert len(analysis.layers) == 515
    assert analysis.layers[-1].output == (1000,)
    assert analysis.assumptions
    assert analysis.totals.receptive_field == (1507, 1507)
    assert walks == ["resnet152"]


def test_a_layer_that_does_not_fit_is_refused_at_once() -> None:
    with pytest.raises(SpecError):
        archcalc.analyze("alexnet", ["size=224"])


def test_all_totals_are_there_before_one_is_read() -> None:
    totals = archcalc.analyze("lenet5").totals
    assert list(totals.figures) == [quantity.key for quantity in TOTALS]
    assert "macs" in totals.figures
    assert "accuracy" not in totals.figures
    assert totals.figures == dict(totals.figures)
    with pytest.raises(KeyError):
        totals.figures["accuracy"]


def test_an_analysis_survives_a_pickle() -> None:
    analysis = archcalc.analyze("lenet5", paths=True)
    copy = pickle.loads(pickle.dumps(analysis))
    assert copy == analysis
    assert copy.layers == tuple(analysis.layers)


def test_a_deferred_sequence_is_made_once() -> None:
    made = []

    def make() -> str:
        made.append("once")
        return "abc"

    letters = Deferred(make)
    assert made == []
    assert [*letters, letters[0], letters[1:], len(letters)] == ["a", "b", "c", "a", ("b", "c"), 3]
    assert made == ["once"]
    assert letters == ("a", "b", "c") == letters
    assert letters != ["a", "b", "c"]
    assert hash(letters) == hash(("a", "b", "c"))


def test_deferred_figures_come_together() -> None:
    asked = []

    def make(key: str) -> dict[str, int]:
        asked.append(key)
        return {"a": 1, "b": 2} if key in "ab" else {"c": 3}

    figures = DeferredFigures(["a", "b", "c"], make)
    assert [figures["b"], figures["a"], figures["c"]] == [2, 1, 3]
    assert asked == ["b", "c"]
