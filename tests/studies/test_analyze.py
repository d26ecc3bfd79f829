"""``analyze`` for a few quantities: only these are computed, held and printed."""

from __future__ import annotations

import csv
import io
import json
from functools import cache

import pytest

import archcalc
from archcalc.engine.quantities import BY_KEY, QUANTITIES
from archcalc.errors import ArchcalcError
from archcalc.results import Analysis

NETWORKS = ["resnet50", "lenet5"]


@cache
def full(network: str) -> Analysis:
    return archcalc.analyze(network, batch=3)


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("key", BY_KEY)
def test_every_quantity_can_be_asked_for_alone(network: str, key: str) -> None:
    analysis = archcalc.analyze(network, quantities=[key], batch=3)
    quantity = BY_KEY[key]
    of_network = [key] if quantity.is_total else []
    of_layers = [key] if quantity.is_layer_figure else []
    assert analysis.totals.figures == {name: full(network).totals.figures[name] for name in of_network}
    for layer, other in zip(analysis.layers, full(network).layers, strict=True):
        assert layer.figures == {name: other.figures[name] for name in of_layers}
    printed = list(analysis.rows()[0])
    columns = {other.column for other in QUANTITIES}
    assert set(printed) & columns == {*(BY_KEY[name].column for name in of_layers), "output"}
    assert analysis.render("plain") == f"{analysis}\n"


@pytest.mark.parametrize("format", ["plain", "markdown", "latex", "html", "csv", "tsv", "json"])
@pytest.mark.parametrize("options", [{}, {"shares": True}, {"depth": 1}], ids=str)
def test_every_format_prints_what_was_asked_for(format: str, options: dict[str, object]) -> None:
    analysis = archcalc.analyze("resnet50", quantities=["macs", "depth", "buffers"], train="adam", paths=True)
    text = analysis.render(format, **options)
    assert "buffers" in text
    assert "activations" not in text.replace("activations kept for backward", "").replace(
        "kept_activation", ""
    )


def test_the_records_have_the_columns_of_the_quantities() -> None:
    analysis = archcalc.analyze("alexnet", quantities=["macs", "params"])
    (_, first, *_) = csv.DictReader(io.StringIO(analysis.render("csv")))
    assert first == {
        "layer": "conv1",
        "op": "conv",
        "window": "11x11/4",
        "output": "55x55x96",
        "params": "34944",
        "macs": "105415200",
    }
    answer = json.loads(analysis.render("json"))
    assert answer["totals"] == {"params": 62378344, "macs": 1135256096}
    figures = answer["layers"][0].keys() & {quantity.key for quantity in QUANTITIES}
    assert figures == {"params", "macs", "output"}


def test_a_total_that_has_no_column_stands_under_the_table() -> None:
    text = str(archcalc.analyze("vgg16", quantities=["depth"]))
    assert "\ndepth  16\n" in text
    assert "params  " not in text


def test_an_optimizer_needs_the_bytes_of_the_parameters() -> None:
    analysis = archcalc.analyze("vgg16", quantities=["macs"], train="adam")
    assert analysis.training == archcalc.analyze("vgg16", train="adam").training


def test_what_was_not_asked_for_is_an_error() -> None:
    analysis = archcalc.analyze("lenet5", quantities=["macs"])
    with pytest.raises(AttributeError, match="was not asked for it"):
        _ = analysis.totals.params
    with pytest.raises(ArchcalcError, match="the analysis was not asked for 'params'"):
        analysis.rows(columns=["params"])
    with pytest.raises(ArchcalcError, match=r"unknown quantity 'mac' \(did you mean 'macs'\?\)"):
        archcalc.analyze("lenet5", quantities=["mac"])
