"""Symbols over networks of the zoo: numbers in a closed form give the table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

import pytest
from helpers.examples import examples
from helpers.laws import check_closed_form, closed_form
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("sympy")

import archcalc
from archcalc.network import Network
from archcalc.ops.base import Volume


def of_the_zoo(name: str) -> Any:
    """A network of the zoo for settings, H and W."""

    def bind(chosen: Mapping[str, Any]) -> Network:
        network = archcalc.load(name, {key: value for key, value in chosen.items() if key not in "HW"})
        dims = list(network.input.dims)
        for key, place in (("H", -3), ("W", -2)):
            dims[place] = chosen.get(key, dims[place])
        return Network(
            network.name, Volume(tuple(dims[:-1]), dims[-1]), network.layers, output=network.output
        )

    return bind


ZOO = [
    ("resnet50-v1.5", "width,H,W"),
    ("resnet18", "size,width,classes,batch"),
    ("densenet121", "growth,reduction"),
    ("densenet-bc-100-k12", "growth"),
    ("vgg16", "size,classes,batch"),
    ("googlenet", "H,W,classes"),
    ("alexnet", "size"),
    ("alexnet-grouped", "size"),
    ("zfnet", "size"),
    ("inception-v3", "size"),
    ("resnext50-32x4d", "groups,width"),
    ("se-resnet50", "reduction,width"),
    ("wrn-28-10", "width,size"),
    ("lenet5", "size"),
    ("xception", "H,W"),
    ("nin-imagenet", "size"),
    ("convnet-pattern", "size,width,hidden"),
    ("alphago-policy", "width,size"),
    ("inception-reduced", "channels,size"),
    ("preresnet200", "width,size"),
    ("alexnet-torchvision", "size"),
]


def networks_of_zoo(pairs: Iterable[tuple[str, str]]) -> Any:
    cases = [
        pytest.param(
            name, free, id=name, marks=[] if name in {"alexnet", "lenet5", "vgg16"} else [pytest.mark.slow]
        )
        for name, free in pairs
    ]
    return pytest.mark.parametrize(("name", "free"), cases)


@pytest.mark.parametrize("divisible", [True, False], ids=["stepped", "rounded"])
@networks_of_zoo(ZOO)
@given(data=st.data())
@examples(6)
def test_numbers_in_the_formulas_of_the_zoo_give_its_tables(
    name: str, free: str, divisible: bool, data: Any
) -> None:
    form = closed_form(name, free, divisible)
    most = {"s": 300, "h": 300, "w": 300} if not divisible else {"s": 12, "h": 12, "w": 12}
    values = {
        symbol: data.draw(
            st.fractions(Fraction(1, 9), 2, max_denominator=9)
            if symbol in form.fractions
            else st.integers(1, most.get(symbol, 70)),
            label=symbol,
        )
        for symbol in form.symbols
    }
    check_closed_form(form, of_the_zoo(name), values)


@pytest.mark.parametrize("divisible", [True, False], ids=["stepped", "rounded"])
@networks_of_zoo(pair for pair in ZOO if pair[0] != "alexnet-torchvision")
def test_the_formulas_of_the_zoo_hold_as_published(name: str, free: str, divisible: bool) -> None:
    """At the defaults, so that the law above is not held by nothing."""
    form = closed_form(name, free, divisible)
    network = archcalc.load(name)
    defaults = {**network.settings, "H": network.input.dims[0], "W": network.input.dims[1], "batch": 1}
    values = {
        symbol: defaults[setting]
        if symbol in form.fractions
        else next(n for n in range(1, 2000) if form.settings[setting].at(**{symbol: n}) == defaults[setting])
        for setting, symbol in form.free.items()
    }
    assert check_closed_form(form, of_the_zoo(name), values)
