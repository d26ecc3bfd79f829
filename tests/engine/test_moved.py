"""Moved bytes: by hand, as the roofline counts them, over kinds of dimension, and where quantities stand."""

from __future__ import annotations

import json
from typing import Any

import pytest
from helpers.marks import slow_except
from helpers.zoo import FAST_SPECS, SPECS

import archcalc
from archcalc.errors import Source
from archcalc.guard.budgets import parse_budget
from archcalc.guard.entry import lock_entry
from archcalc.language.parse import parse
from archcalc.network import Network
from archcalc.render.analysis import report
from archcalc.results.compare import ComparedNetwork
from archcalc.results.folding import fold
from archcalc.studies.analyze import analyze
from archcalc.studies.compare import compare
from archcalc.timing.devices import load_devices
from archcalc.timing.expected import Manner
from archcalc.timing.precision import precision_of
from archcalc.timing.predict import predict_run
from archcalc.timing.roofline import steps_of

SPEC = """\
name: net
settings: {size: 8, width: 4}
input: [size, size, 3]
layers:
  - {conv: width, kernel: 3, pad: 1, name: conv1, then: [bn, relu]}
  - {conv: width, kernel: 1, bias: false, name: conv2}
  - {add: , from: [conv1, conv2], name: sum}
  - dropout
  - flatten
  - {fc: 10, name: fc1}
"""


def by_hand(size: int, width: int, batch: int = 1, value_bytes: int = 4) -> dict[str, int]:
    """What each layer reads and writes for one image, and what it stores, written out."""
    image, maps = 3 * size * size, width * size * size
    per_image = {
        "conv1": image + maps,
        "conv1/bn": 2 * maps,
        "conv1/relu": 2 * maps,
        "conv2": 2 * maps,
        "sum": 3 * maps,
        "dropout": 0,  # nothing to do at inference
        "flatten": 0,  # a view
        "fc1": maps + 10,
    }
    stored = {
        "conv1": 3 * 3 * 3 * width + width,
        "conv1/bn": 2 * width + 2 * width,  # gamma and beta, mean and variance
        "conv2": width * width,
        "fc1": 10 * maps + 10,
    }
    return {name: value_bytes * (batch * count + stored.get(name, 0)) for name, count in per_image.items()}


def net(**settings: int) -> Network:
    return parse(Source("net.yaml", SPEC)).bind(None, settings)


@pytest.mark.parametrize(
    ("batch", "dtype", "value_bytes"), [(1, "float32", 4), (5, "float16", 2), (3, "int8", 1)]
)
def test_by_hand(batch: int, dtype: str, value_bytes: int) -> None:
    found = analyze(net(), batch=batch, dtype=dtype)
    expected = by_hand(8, 4, batch, value_bytes)
    counts = [layer.moved_bytes for layer in found.layers]
    assert counts == list(expected.values())
    assert found.totals.moved_bytes == sum(expected.values())


@pytest.mark.parametrize(
    "spec", slow_except(FAST_SPECS, SPECS, lambda spec: spec.name), ids=lambda spec: spec.name
)
def test_as_the_roofline_counts_them(spec: Any) -> None:
    network, device = spec.bind(None), load_devices()["h100"]
    for batch, dtype in ((1, "float32"), (7, "float16")):
        run = predict_run(network, steps_of(network), precision_of(dtype, device), batch, Manner())
        found = analyze(network, ("moved_bytes",), batch=batch, dtype=dtype)
        assert [layer.moved_bytes for layer in found.layers] == [layer.bytes for layer in run.layers]
        assert found.totals.moved_bytes == sum(layer.bytes for layer in run.layers)


@pytest.mark.parametrize("op", ["dropout: 0.5", "dropout: 0", "dropblock: 0.5", "dropblock: 0"])
def test_what_only_training_does_moves_nothing(op: str) -> None:
    network = parse(Source("net.yaml", f"name: n\ninput: [9, 9, 2]\nlayers: [{{{op}}}]\n")).bind(None, {})
    assert analyze(network).totals.moved_bytes == 0


def test_arrays_and_symbols_and_folded_rows() -> None:
    pytest.importorskip("numpy")
    pytest.importorskip("sympy")
    from archcalc.studies.formula import formula
    from archcalc.studies.sweep import sweep

    def bind(settings: Any) -> Network:
        return parse(Source("net.yaml", SPEC)).bind(None, dict(settings), strict=False)

    points = [(size, width) for size in (1, 5, 16) for width in (2, 9)]
    totals = [sum(by_hand(*point, batch=3).values()) for point in points]
    swept = sweep(bind, {"size": [1, 5, 16], "width": [2, 9]}, ("moved_bytes",), batch=3)
    assert [count for (count,) in swept.tuples()] == totals
    closed = formula(bind, ("size", "width", "batch"))
    symbols = [closed.free[name] for name in ("size", "width", "batch")]
    for point, total in zip(points, totals, strict=True):
        assert closed.totals["moved_bytes"].at(**dict(zip(symbols, (*point, 3), strict=True))) == total
    row = fold(analyze(net()).layers, None)[0]
    counts = by_hand(8, 4)
    assert row.moved_bytes == counts["conv1"] + counts["conv1/bn"] + counts["conv1/relu"]


def test_it_stands_wherever_a_quantity_stands() -> None:
    found, wider = analyze(net()), analyze(net(width=8))
    total = sum(by_hand(8, 4).values())
    answer = json.loads(json.dumps(found.as_json()))
    assert answer["totals"]["moved_bytes"] == sum(layer["moved_bytes"] for layer in answer["layers"]) == total
    grid = report(found, columns=["moved_bytes"]).grid()
    assert [head.header for head in grid.heads] == ["layer", "moved (bytes)"]
    assert grid.totals is not None
    assert grid.totals[1].value == total
    assert "moved_bytes" not in [head.key for head in report(found).grid().heads]
    metrics = {
        metric.metric: metric.values
        for metric in compare([ComparedNetwork("a", found), ComparedNetwork("b", wider)]).metrics
    }
    assert metrics["moved_bytes"] == (total, wider.totals.moved_bytes)
    assert lock_entry(net()).totals["moved_bytes"] == total
    assert parse_budget("moved_bytes <= 10KB").sides(found.totals.figures) == (total, 10_000)
    assert "moved_bytes" in archcalc.sweep_columns()
