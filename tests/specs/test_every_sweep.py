"""Arrays over every spec: each row of a sweep is the table at that point."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.laws import check_sweep
from helpers.marks import slow_except
from helpers.zoo import FAST_SPECS, SPECS

pytest.importorskip("numpy")


@pytest.mark.parametrize(
    "spec", slow_except(FAST_SPECS, SPECS, lambda spec: spec.name), ids=lambda spec: spec.name
)
def test_a_sweep_over_a_spec_of_the_zoo_is_its_tables(spec):
    about = spec.networks()[-1]
    whole = {name: item.default.get({}) for name, item in spec.settings.items() if item.default.constant}
    free: dict[str, list[Any]] = {}
    for name in ("size", "classes", "width", "growth"):
        if isinstance(whole.get(name), int):
            free[name] = (
                [1, whole[name] - 5, whole[name], whole[name] + 7] if name == "size" else [2, whole[name]]
            )
    if free:
        check_sweep(spec, about.name, free)
