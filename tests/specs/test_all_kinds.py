"""Every spec with every kind of dimension: the closed form and the sweep say what the table says.

Each kind has its own, longer test beside this one: test_every_derivation, _sweep and _closed_form.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from helpers.examples import examples
from helpers.marks import slow_except
from helpers.zoo import FAST_SPECS, SPECS
from hypothesis import given
from hypothesis import strategies as st

import archcalc
from archcalc.errors import ArchcalcError
from archcalc.language.family import Spec
from archcalc.language.find import spec_files

pytest.importorskip("numpy")
pytest.importorskip("sympy")

FIGURES = ("params", "macs", "flops", "activations")
PREFERRED = ("classes", "width", "channels", "size", "units", "vocabulary")
"""The settings by which a network is varied; the first that its spec has."""


def varied(spec: Spec) -> tuple[str, str] | None:
    """A network of the spec, and a setting of it that is a number."""
    name = spec.networks()[0].name
    setting = next((setting for setting in PREFERRED if setting in spec.settings), None)
    return (name, setting) if setting else None


STEMS = [Path(path).stem for path in spec_files()]
CASES = {stem: case for stem, spec in zip(STEMS, SPECS, strict=True) if (case := varied(spec)) is not None}


@cache
def closed_form(name: str, setting: str) -> Any:
    return archcalc.formula(name, [setting], divisible=False)


def test_every_spec_is_varied() -> None:
    assert set(STEMS) - set(CASES) == set()


@pytest.mark.parametrize("stem", slow_except(FAST_SPECS, CASES))
@examples(4)
@given(value=st.integers(1, 300))
def test_ints_symbols_and_arrays_agree(stem: str, value: int) -> None:
    """Where the table has an answer, so have the others; where it has none, they say so."""
    name, setting = CASES[stem]
    try:
        totals = archcalc.analyze(name, {setting: value}).totals
    except ArchcalcError:
        totals = None
    swept = archcalc.sweep(name, {setting: [value, value + 1]}, [setting, *FIGURES])
    rows = {row[0]: row[1:] for row in swept.tuples()}
    form = closed_form(name, setting)
    at = dict.fromkeys(form.symbols, value)
    if totals is None:
        assert value not in rows
        assert not all(condition.holds(**at) for condition in form.assumptions)
        return
    table = tuple(getattr(totals, figure) for figure in FIGURES)
    assert rows[value] == table
    if all(condition.holds(**at) for condition in form.assumptions):
        assert tuple(form.totals[figure].at(**at) for figure in FIGURES) == table
    else:  # an equality that a spec asks for is the one case that the closed form leaves out
        assert any(condition.sign == "!=" for condition in form.assumptions)
