"""assert_costs: what it accepts, what it refuses, and what a failure tells."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

import archcalc
from archcalc.testing import assert_costs

ALEXNET = archcalc.analyze("alexnet")
CONV1 = {
    "params": 34_944,
    "output": (55, 55, 96),
    "kernel": [11, 11],
    "macs": "105M",
    "op": "conv",
    "aligned": True,
}


@pytest.mark.parametrize(
    "costs",
    [
        {},
        {"params": 62_378_344, "macs": 1_135_256_096, "depth": 8, "peak_layer": "conv1"},
        {"params": "62,378,344"},
        {
            "params": "62.4M",
            "macs": "1.14G",
            "param_bytes": "238 MiB",
            "pattern": "CONV-POOL-CONV-POOL-CONV-CONV-CONV"
         "-POOL-FC-FC-FC"},
        {"params": "<= 62.4M", "macs": "< 18 * params + 13M", "depth": ">= 8"},
        {"params": "== weights + biases"},
        {"layers": {"conv1": CONV1, "fc6": {"output": "4096"}}},
        {"layers": {"conv1": {}}},
    ],
)  # fmt: skip
def test_what_a_network_costs(costs: dict[str, Any]) -> None:
    assert_costs(ALEXNET, **costs)


@pytest.mark.parametrize(
    "target",
    ["alexnet", "examples/tiny.yaml", archcalc.load("vgg11"), ALEXNET],
    ids=["name", "path", "network", "table"],
)
def test_what_it_is_asked_of(
    target: Any, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.chdir(request.config.rootpath)
    table = target if target is ALEXNET else archcalc.analyze(target)
    assert_costs(target, params=table.totals.params)
    with pytest.raises(AssertionError, match="1 figure is not as expected"):
        assert_costs(target, params=table.totals.params + 1)


def test_settings_and_scopes() -> None:
    costs = archcalc.analyze("resnet18", {"size": 192}).totals
    assert_costs("resnet18", {"size": 192}, macs=costs.macs)
    with pytest.raises(AssertionError):
        assert_costs("resnet18", macs=costs.macs)


def test_what_a_failure_tells() -> None:
    with pytest.raises(AssertionError) as failure:
        assert_costs(
            ALEXNET,
            params=62_378_345,
            macs="1.2G",
            flops="<= 2G",
            depth=8,
            layers={
                "conv1": {"output": (55, 55, 64), "params": 34_944},
                "conv6": {"params": 1},
                "fc8": {"op": "conv"},
            },
        )
    title, empty, head, rule, *rows = str(failure.value).splitlines()
    assert (title, empty, set(rule)) == ("alexnet: 6 figures are not as expected", "", {"-"})
    assert head.split() == ["layer", "figure", "expected", "actual", "difference", "percent"]
    assert ["|".join(row.split()) for row in rows] == [
        "total|params|62,378,345|62,378,344|-1|-0.0%",
        "total|macs|1.2G|1,135,256,096|-64,743,904|-5.4%",
        "total|flops|<=|2G|2,273,831,679|+273,831,679|+13.7%",
        "conv1|output|55x55x64|55x55x96|–|–",
        "conv6|–|a|layer|none|(did|you|mean|'conv5'?)|–|–",
        "fc8|op|conv|fc|–|–",
    ]


@pytest.mark.parametrize(
    ("costs", "error", "says"),
    [
        ({"parms": 1}, ValueError, "alexnet has no figure 'parms' (did you mean 'params'?)"),
        ({"connections": 1}, ValueError, "alexnet has no figure 'connections'"),
        ({"_fields": 1}, ValueError, "alexnet has no figure '_fields'"),
        (
            {"layers": {"conv1": {"kernal": 3}}},
            ValueError,
            "conv1 of alexnet has no figure 'kernal' (did you mean 'k",
        ),
        ({"params": 62.4}, TypeError, "params is 62,378,344, which is never equal to 62.4"),
        ({"params": True}, TypeError, "params is 62,378,344, which is never equal to True"),
        ({"params": None}, TypeError, "params is 62,378,344, which is never equal to None"),
        ({"params": (1, 2)}, TypeError, "params is 62,378,344, which is never equal to (1, 2)"),
        (
            {"layers": {"conv1": {"output": 96}}},
            TypeError,
            "conv1: output is 55x55x96, which is never equal to 96",
        ),
        ({"params": "many"}, ValueError, "params: 'many' is not a number or volume"),
        ({"params": "<= x"}, ValueError, "params: the budget 'params <= x': unknown name 'x'"),
        ({"params": "<="}, ValueError, "params: the budget 'params <='"),
        (
            {"settings": {"size": 1}},
            TypeError,
            "settings apply to a spec; a network or an analysis already has its own",
        ),
    ],
)  # fmt: skip
def test_what_is_refused(costs: dict[str, Any], error: type[Exception], says: str) -> None:
    with pytest.raises(error) as failure:
        assert_costs(ALEXNET, **costs)
    assert str(failure.value).startswith(says)


def test_it_needs_no_test_framework() -> None:
    script = "import sys, archcalc.testing; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"pytest", "_pytest", "click", "rich", "numpy", "sympy"} & set(loaded)
