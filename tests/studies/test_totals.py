"""The totals of networks, a row for each: in every form, with one unit for each column."""

from __future__ import annotations

import csv
import io
import json
import re
from fractions import Fraction

import pytest
from helpers.console import on_terminal, plain, run
from hypothesis import given
from hypothesis import strategies as st

import archcalc
from archcalc.errors import ArchcalcError
from archcalc.render import units
from archcalc.render.totals import COLUMNS, SHORT

NETWORKS = ["vgg16", "resnet50", "lenet5", "densenet121"]


def table(*args: str) -> list[list[str]]:
    """The rows that a command prints, the heading first."""
    lines = run(*args).stdout.split("\n\n")[1].splitlines()
    return [re.split("  +", lines[0]), *(line.split() for line in lines[2:])]


def test_each_row_is_the_analysis_of_its_network() -> None:
    rows = archcalc.totals(NETWORKS, batch=3, dtype="float16").rows()
    for name, row in zip(NETWORKS, rows, strict=True):
        totals = archcalc.analyze(name, batch=3, dtype="float16").totals
        assert row["network"] == name
        for column, key in (
            ("params", "params"),
            ("memory_bytes", "slide_activation_bytes"),
            ("macs", "macs"),
        ):
            assert row[column] == getattr(totals, key)


def test_the_library_gives_what_the_command_prints() -> None:
    done = run("totals", *NETWORKS, "--set", "classes=10", "--batch", "2", "--format", "json")
    data = json.loads(done.stdout)
    assert archcalc.totals(NETWORKS, {"classes": 10}, batch=2).as_json() == data
    assert set(data) == {"format", "networks"}


def test_json_has_the_networks_of_a_comparison() -> None:
    compared = archcalc.compare(NETWORKS).as_json()["networks"]
    assert archcalc.totals(NETWORKS).as_json() == {"format": 1, "networks": compared}


def test_the_short_answer_is_a_line() -> None:
    done = run("totals", "vgg16")
    assert "vgg16    138,357,544  15,470,264,320  30,972,235,167      60,950,432     16\n" in done.stdout
    assert len(done.stdout.splitlines()) == 7


def test_a_network_with_settings_of_its_own_and_a_spec_on_stdin() -> None:
    spec = "name: net\ninput: [8, 8, 3]\nlayers: [{fc: 10}]\n"
    done = run("totals", "-", "vgg16:classes=10", "vgg16", "vgg16", "--format", "csv", stdin=spec)
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["network"] for row in rows] == ["'-", "vgg16:classes=10", "vgg16"]
    assert rows[0]["params"] == "1930"
    assert int(rows[2]["params"]) - int(rows[1]["params"]) == 990 * 4097


def test_a_record_has_every_column_with_raw_values() -> None:
    text = archcalc.totals(NETWORKS).render("csv")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert list(rows[0]) == ["network", *COLUMNS, "protocol", "source"]
    assert rows[0]["params"] == "138357544"
    assert rows[0]["input"] == "224x224x3"
    short = archcalc.totals(NETWORKS).render("csv", columns="macs,params")
    assert short.splitlines()[0] == "network,macs,params"


@pytest.mark.parametrize(
    ("word", "key"),
    [
        ("MACs", "macs"),
        ("slide_activations", "memory"),
        ("memory (values)", "memory"),
        ("bytes", "memory_bytes"),
        ("Memory-Bytes", "memory_bytes"),
        ("parameters", "params"),
        ("top-1", "top1"),
        ("top-5 error", "top5_error"),
        ("rf", "receptive_field"),
    ],
)
def test_a_column_by_any_of_its_names(word: str, key: str) -> None:
    assert list(archcalc.totals(["vgg16"]).rows(columns=[word])[0])[:2] == ["network", key]


def test_a_column_that_is_named_twice_stands_once() -> None:
    assert list(archcalc.totals(["vgg16"]).rows(columns="macs, MACs,params")[0]) == [
        "network",
        "macs",
        "params",
    ]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"columns": "parms"}, "unknown column 'parms' (did you mean 'params'?)"),
        ({"columns": ""}, "unknown column ''"),
        ({"columns": ["macs", "\x1b[31m"]}, "unknown column '\\x1b[31m'"),
        ({"layout": "chw"}, "no column has sizes"),
    ],
)
def test_what_is_refused(options: dict[str, str], says: str) -> None:
    with pytest.raises(ArchcalcError) as caught:
        archcalc.totals(["vgg16"]).render("plain", **options)
    assert says in str(caught.value)


def test_totals_of_nothing_are_refused() -> None:
    with pytest.raises(ArchcalcError, match="totals takes one network or more"):
        archcalc.totals([])


def test_every_column_prints_something() -> None:
    text = archcalc.totals(NETWORKS).render("markdown", columns=list(COLUMNS), units="auto", layout="chw")
    assert "3x224x224" in text
    assert len(text.splitlines()[2].strip("|").split("|")) == len(COLUMNS) + 1


# --- one unit for each column ------------------------------------------------------------------------------


def test_the_heading_has_the_unit_and_points_stand_below_each_other() -> None:
    lines = archcalc.totals(NETWORKS).render("plain", units="auto").splitlines()
    assert re.split("  +", lines[2])[1:] == ["params (M)", "MACs (G)", "FLOPs (G)", "memory (MiB)", "depth"]
    for column in (10, 20, 32, 46):
        points = {line.find(".", column, column + 12) for line in lines[4:8]}
        assert len(points) == 1


def test_a_fixed_unit_and_its_decimals() -> None:
    heading, vgg16, *_ = table("totals", *NETWORKS, "--units", "M", "--digits", "1")
    assert heading[1:] == ["params (M)", "MACs (M)", "FLOPs (M)", "memory (MiB)", "depth"]
    assert vgg16[1:] == ["138.4", "15,470.3", "30,972.2", "58.1", "16"]


def test_decimals_without_a_unit_ask_for_one() -> None:
    assert table("totals", *NETWORKS, "--digits", "2") == table(
        "totals", *NETWORKS, "--digits", "2", "--units", "auto"
    )


def test_a_small_number_is_not_zero() -> None:
    lines = (
        archcalc.totals(["vgg16", "lenet5"]).render("plain", columns="macs", units="G", digits=2).splitlines()
    )
    assert [line.split()[1] for line in lines[4:6]] == ["15.47", "<0.01"]


@given(
    st.lists(st.integers(0, 10**18), min_size=1, max_size=8),
    st.sampled_from(units.UNITS),
    st.sampled_from([None, 0, 1, 2, 5]),
    st.sampled_from(["count", "values", "bytes"]),
)
def test_a_printed_number_is_right_to_its_last_digit(
    values: list[int], name: str, digits: int | None, of: str
) -> None:
    unit = units.unit_of(values, name, digits, of)
    for value in values:
        text = unit.text(value).replace(",", "")
        if text[0] == "<":
            assert 0 < Fraction(value, unit.scale) < Fraction(text[1:])
            continue
        # Half of the last digit; a float of 53 bits is exact to the 15th digit.
        assert (
            abs(Fraction(text) * unit.scale - value)
            <= Fraction(unit.scale, 2 * 10**unit.digits) + value // 10**15
        )
        assert (text == "0") == (value == 0)


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=8))
def test_every_number_of_a_column_has_the_same_unit(values: list[int]) -> None:
    unit = units.unit_of(values, "auto")
    assert unit.scale == units.SCALES.get(unit.name, 1)
    assert max(unit.digits, 0) <= max(units.DECIMALS)


# --- where it is printed -----------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", [60, 80])
def test_a_narrow_terminal_keeps_the_name_params_and_macs(columns: int) -> None:
    text = plain(on_terminal("totals", *NETWORKS, columns=columns))
    assert max(map(len, text.splitlines())) <= columns
    heading = next(line for line in text.splitlines() if line.startswith("network"))
    assert heading.split()[:3] == ["network", "params", "MACs"]


def test_the_help_names_every_column() -> None:
    said = run("totals", "vgg16", "--columns", "help").stdout
    assert [line.split()[0] for line in said.splitlines()] == list(COLUMNS)
    assert set(SHORT) <= set(COLUMNS)
