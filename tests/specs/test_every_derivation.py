"""Traced ints over every network: each line of a derivation gives the figure of the table."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.laws import check_derivation
from helpers.marks import slow_except
from helpers.zoo import FAST_SPECS, SPECS, some_of

from archcalc.studies.analyze import analyze
from archcalc.studies.explain import explain


@pytest.mark.parametrize(
    "spec", slow_except(FAST_SPECS, SPECS, lambda spec: spec.name), ids=lambda spec: spec.name
)
def test_every_line_of_the_zoo_is_that_of_the_table(spec: Any) -> None:
    for about in some_of(spec.networks()):
        network = spec.bind(about.name)
        check_derivation(explain(network, aux=True), analyze(network, aux=True))
