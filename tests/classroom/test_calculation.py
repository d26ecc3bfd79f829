"""Calculations: the right one gives the figure of the table, and a changed one a wrong figure."""

from __future__ import annotations

import pytest

import archcalc
from archcalc.classroom.calculation import CALCULATED, Calculation, ImpossibleError, LayerTerm, output_of
from archcalc.engine.claims import Findings
from archcalc.engine.walk import walk
from archcalc.ops.base import Volume


def conv1() -> LayerTerm:
    """The first layer of AlexNet: 96 11x11 filters at stride 4 on 227x227x3."""
    step = next(iter(walk(archcalc.load("alexnet"), Findings())))
    return LayerTerm(step.node.op, step.xs)


def test_a_calculation_gives_the_figures_of_the_table() -> None:
    layer = archcalc.analyze("alexnet", batch=2).layers[0]
    for quantity in CALCULATED:
        if quantity in layer.figures:
            assert Calculation(quantity, (conv1(),), batch=2).result() == layer.figures[quantity], quantity
    assert Calculation("output", (conv1(),)).result() == (55, 55, 96)


def test_a_term_that_is_counted_several_times() -> None:
    assert Calculation("biases", (conv1().but(times=3),), plus=5).result() == 5 + 3 * 96


def test_an_option_that_the_op_has_not_or_has_already_changes_nothing() -> None:
    assert conv1().having(units=10) is None
    assert conv1().having(stride=4) is None
    changed = conv1().having(stride=2)
    assert changed is not None
    assert changed.output().dims == (109, 109, 96)  # (227 - 11)/2 + 1


def test_changes_apply_to_the_terms_that_they_are_about() -> None:
    right = Calculation("macs", (conv1(),))
    assert right.with_changed_terms(lambda term: term.having(units=10)) == []
    (wrong,) = right.with_changed_terms(lambda term: term.having(filters=48))
    assert (right.result(), wrong.result()) == (105_415_200, 52_707_600)  # 55*55*96*11*11*3 and its half
    (doubled,) = right.then(lambda value: 2 * value)
    assert doubled.result() == 210_830_400
    assert right.with_quantity("biases")[0].result() == 96


def test_a_window_that_does_not_fit_is_rounded_down_and_one_that_is_too_large_has_no_output() -> None:
    op = conv1().op
    assert output_of(op, (Volume((224, 224), 3),)).dims == (54, 54, 96)
    with pytest.raises(ImpossibleError):
        output_of(op, (Volume((10, 10), 3),))
