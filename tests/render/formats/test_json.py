"""The JSON of any data: its layout, and layers that share what they have in common."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from typing import Any

import pytest
from helpers.examples import examples
from hypothesis import given
from hypothesis import strategies as st

import archcalc
from archcalc.render.formats import render
from archcalc.render.grid import Grid
from archcalc.render.report import Report
from archcalc.results.folding import fold
from archcalc.results.values import Joined


def text_of(data: Any) -> str:
    return render("json", Report(lambda: Grid("", (), ()), lambda: data))


FLAT_LIST = re.compile(r"\[\n((?:[^\n\[\]{}]*\n)+?) *\]")


def layout_of(data: Any) -> str:
    """The layout as Python's own module makes it: an indent of one, and lists of scalars on one line."""
    text = json.dumps(data, ensure_ascii=False, indent=1)
    return (
        FLAT_LIST.sub(lambda found: f"[{' '.join(map(str.strip, found[1].split(chr(10))[:-1]))}]", text)
        + "\n"
    )


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
DATA = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@examples(200)
@given(data=DATA)
def test_the_layout_is_that_of_the_standard_library(data: Any) -> None:
    assert text_of(data) == layout_of(data)


def test_a_key_that_is_no_text_becomes_one() -> None:
    data = [{1: "one", False: "a flag", None: [], 2.5: {}}, {True: "a flag that Python takes for 1"}]
    assert text_of(data) == layout_of(data)


def test_what_json_cannot_hold_is_refused() -> None:
    with pytest.raises(TypeError, match="Fraction is not JSON serializable"):
        text_of({"share": Fraction(1, 3)})


@examples(30)
@given(parts=st.lists(st.dictionaries(st.text(), SCALARS), max_size=3))
def test_an_object_in_parts_is_written_as_one(parts: list[dict[str, Any]]) -> None:
    """Also if a part belongs to several objects, at other depths of the data."""
    apart = [{f"{number} {key}": value for key, value in part.items()} for number, part in enumerate(parts)]
    joined = Joined(*apart)
    assert text_of([joined, {"a": joined}]) == layout_of([joined.as_json(), {"a": joined.as_json()}])


@pytest.mark.parametrize(
    "name", ["lenet5", "alexnet-2gpu", "googlenet", "resnet152", "stochastic-depth-110", "neocognitron"]
)
@pytest.mark.parametrize("depth", ["all", None, 1])
def test_a_layer_that_shares_its_parts_is_the_layer_alone(name: str, depth: int | str | None) -> None:
    """Alone, a layer has nothing to share. Texts are compared, because in Python True is equal to 1."""
    analysis = archcalc.analyze(name, aux=True)
    rows = fold(analysis.layers, depth)
    for layout in ("hwc", "chw"):
        together = analysis.as_json(rows, layout)["layers"]
        alone = [analysis.as_json([row], layout)["layers"][0] for row in rows]
        assert json.dumps(together) == json.dumps(alone)
        assert text_of(analysis.json_data(rows, layout)) == layout_of(analysis.as_json(rows, layout))


def test_equal_layers_share_a_part() -> None:
    layers = archcalc.analyze("resnet152").json_data()["layers"]
    assert len(layers) == 515
    _, works, places, last = (
        len({id(part) for part in parts}) for parts in zip(*(layer.parts for layer in layers), strict=True)
    )
    assert works == last < 250
    assert places < 150
