"""The unraveled view: ways through a network, by length."""

from __future__ import annotations

from math import comb

import pytest

import archcalc
from archcalc.errors import Source
from archcalc.language.parse import parse
from archcalc.studies.analyze import analyze

UNITS = """\
name: units
settings: {n: 3}
input: [8, 8, 4]
layers:
  - repeat: n
    layers:
      - add: {residual: [{conv: 4, kernel: 3, pad: 1}, {conv: 4, kernel: 3, pad: 1}], shortcut: []}
  - {fc: 10}
"""


@pytest.mark.parametrize("n", [0, 1, 3, 54])
def test_n_residual_units_make_2_to_the_n_ways(n: int) -> None:
    network = parse(Source("units.yaml", UNITS)).bind(None, {"n": n})
    assert analyze(network, paths=True).paths == {2 * k + 1: comb(n, k) for k in range(n + 1)}


def test_a_sequence_has_one_way_of_its_depth() -> None:
    analysis = archcalc.analyze("vgg16")
    assert analysis.paths is None  # only counted when asked for
    assert analyze(archcalc.load("vgg16"), paths=True).paths == {16: 1}


def test_the_longest_way_is_the_depth() -> None:
    for name in ("alexnet", "lenet5", "nin-cifar10"):
        analysis = analyze(archcalc.load(name), paths=True)
        assert analysis.paths is not None
        assert max(analysis.paths) == analysis.totals.depth


GATED = """\
name: gated
input: [8, 8, 4]
layers:
  - multiply: {signal: [{conv: 4, kernel: 1}], gate: [{avgpool: global}, {fc: 4}, sigmoid]}
"""


def test_a_gate_is_no_way() -> None:
    network = parse(Source("gated.yaml", GATED)).bind()
    analysis = analyze(network, paths=True)
    assert analysis.paths == {1: 1}
    assert analysis.totals.depth == 1
