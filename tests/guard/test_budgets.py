"""Budgets: how they are written, which networks they are about, and whether they hold."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from helpers.project import configure

import archcalc
from archcalc.errors import ArchcalcError
from archcalc.guard.budgets import parse_budget
from archcalc.results.check import BudgetResult, CheckReport

pytestmark = pytest.mark.usefixtures("folder")


NET = """\
name: {name}
input: [8, 8, 3]
layers:
  - {{conv: {n}, kernel: 1, bias: false, name: conv1}}
  - {{fc: 10, bias: false, name: fc}}
"""
# conv1: 3n weights, 192n MACs; fc: 640n of both.


def specs(**widths: int) -> None:
    Path("specs").mkdir(exist_ok=True)
    for name, n in widths.items():
        Path(f"specs/{name}.yaml").write_text(NET.format(name=name, n=n))


def budgets(text: str = "", *limits: str) -> tuple[BudgetResult, ...]:
    if text:
        configure(f"[tool.archcalc.budget]\n{text}\n")
    return archcalc.check(limits=limits, locked=False).budgets


def outcome(found: tuple[BudgetResult, ...]) -> list[tuple[str, str, bool]]:
    return [(one.spec, one.expression, one.ok) for one in found]


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("'*' = {params = 700}", "params <= 700"),
        ("'*' = {params = '700'}", "params <= 700"),
        ("'*' = {params = '<= 0.7K'}", "params <= 0.7K"),
        ("'*' = {params = '< 643 + 1'}", "params < 643 + 1"),
        ("'*' = {params = '>= 1'}", "params >= 1"),
        ("'*' = {params = '== 643'}", "params == 643"),
        ("'*' = {params = '=700'}", "params <= 700"),
        ("'*' = 'params <= 700'", "params <= 700"),
        ("'*' = ['params <= 700']", "params <= 700"),
        ("net.params = 700", "params <= 700"),
        ("net = {'fc.params' = 640}", "fc.params <= 640"),
        ("net = {activation_bytes = '1KiB'}", "activation_bytes <= 1KiB"),
    ],
)
def test_both_forms_of_a_budget(text: str, expression: str) -> None:
    specs(net=1)
    assert outcome(budgets(text)) == [("net", expression, True)]


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("params=25M", 25_000_000),
        ("params = 25M", 25_000_000),
        ("params<=25M", 25_000_000),
        ("params <= 4.2G", 4_200_000_000),
        ("param_bytes <= 512MiB", 512 * 2**20),
        ("param_bytes <= 1.5KiB", 1536),
        ("param_bytes <= 2TB", 2 * 10**12),
        ("param_bytes <= 2T", 2 * 10**12),
        ("params <= 9009000000000000000000000", 9009 * 10**21),
        ("params <= 10**30 + 0.5M", 10**30 + 500_000),
        ("params <= 1e299", 10**299),
        ("params <= 2*10 + 5", 25),
        ("params <= 1/3", Fraction(1, 3)),
    ],
)
def test_a_flag_as_people_write_it(text: str, limit: int | Fraction) -> None:
    budget = parse_budget(text)
    assert (budget.symbol, budget.sides({"params": 7, "param_bytes": 7})) == ("<=", (7, limit))


NOT_IN_BYTES = {
    "params <= 1MB": "MB are bytes, and params is not in bytes (write M without B or compare param_bytes)",
    "1KiB >= params": "KiB are bytes, and params is not in bytes (write K without B or compare param_bytes)",
    "macs <= 1.05 * 2GB": "GB are bytes, and macs is not in bytes (write G without B)",
    "fc.params + fc.buffers <= 1MB": "MB are bytes, and params is not in bytes",
    "slide_activations=1MiB": "MiB are bytes, and slide_activations is not in bytes",
    "depth <= 3KB": "KB are bytes, and depth is not in bytes (write K without B)",
}


@pytest.mark.parametrize("text", NOT_IN_BYTES)
def test_bytes_are_refused_for_a_count(text: str) -> None:
    with pytest.raises(ArchcalcError) as caught:
        parse_budget(text)
    assert NOT_IN_BYTES[text] in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["4 * params <= 1MB", "params*4 + activation_bytes <= 2GiB", "fc.param_bytes <= 3KB", "size <= 1MB"],
)
def test_bytes_are_accepted_for_bytes_and_products(text: str) -> None:
    assert parse_budget(text).text == text


def test_a_budget_of_a_count_beyond_10_to_the_18() -> None:
    specs(net=1)
    (one,) = archcalc.check(limits=["macs < 729405036000000000000"], locked=False).budgets
    assert (one.limit, one.ok) == (729405036000000000000, True)


BAD = {
    "": "a number or a name is missing",
    "params": "a comparison such as <= is missing",
    "params <=": "a number or a name is missing",
    "params <= 3 <= 4": "comparisons cannot be chained",
    "params != 3": "expected a comparison such as <=",
    "params <= 3X": "unknown unit 'X'",
    "params <= 3 M": "expected the end, found 'M'",
    "params <= 3 and macs <= 4": "expected the end, found 'and'",
    "params <= macs / 0": "division by zero",
    "params <= 'no'": "unknown network 'no'",
    "params <= vgg61": r"unknown network 'vgg61' \(did you mean 'vgg1",
    "parms <= 3": r"unknown figure 'parms' \(did you mean 'params'\?\)",
    "fc.parms <= 3": r"unknown figure 'fc.parms' \(did you mean 'params'\?\)",
    "output <= 3": "unknown figure 'output'",
    "fc.output <= 3": r"a budget compares numbers, not \[10\]",
    "fc.output == 3": r"a budget compares numbers, not \[10\]",
    "pattern == 3": "a budget compares numbers, not 'CONV-FC'",
    "peak_layer <= 3": "a budget compares numbers",
    "params <= true": "a budget compares numbers, not true",
    "params <= [3]": r"a budget compares numbers, not \[3\]",
    "params <= 9**9**9": "grows beyond",
    "params <= __import__('os')": "unknown function '__import__'",
    "fc66.params <= 3": "matches no network or layer",
}


@pytest.mark.parametrize(("text", "says"), BAD.items(), ids=BAD)
def test_what_is_no_budget_is_told_in_a_sentence(text: str, says: str) -> None:
    specs(net=1)
    with pytest.raises(ArchcalcError, match=says) as caught:
        budgets("", text)
    assert "\n" not in str(caught.value)


# --- what they are about ------------------------------------------------------------------------------


def test_by_network_by_pattern_and_by_file() -> None:
    specs(small=1, large=3)
    Path("specs/large.yaml").rename("specs/file.yml")
    for pattern, about in {
        "large": ["large"],
        "l*": ["large"],
        "[ls]*": ["large", "small"],
        "file.yml": ["large"],
        "*.yml": ["large"],
        "specs/*.yml": ["large"],
        "specs/*": ["large", "small"],
        "*": ["large", "small"],
    }.items():
        assert [one.spec for one in budgets(f"{pattern!r} = {{params = 1000}}")] == about, pattern


@pytest.mark.parametrize("pattern", ["nett", "specs", "Net", "other/*.yaml", "*.yml", tuple("x")])
def test_a_pattern_that_is_about_nothing_is_told(pattern: str) -> None:
    specs(net=1)
    with pytest.raises(
        ArchcalcError, match=r"pyproject.toml .*: the budget 'params <= 3' matches no network"
    ):
        budgets(f"net = {{params = 1000}}\n'{''.join(pattern)}' = {{params = 3}}")


def test_a_misspelt_pattern_is_told_though_another_has_the_same_budget() -> None:
    specs(net=1)
    with pytest.raises(ArchcalcError, match=r"pyproject.toml nett: "):
        budgets("net = {params = 1000}\nnett = {params = 1000}")


def test_of_a_part_only_its_own_budgets_are_asked() -> None:
    specs(small=1, large=3)
    configure("[tool.archcalc.budget]\nlarge = {params = 3}\nsmall = {params = 1000}\n")
    found = archcalc.check("specs/small.yaml", locked=False)
    assert outcome(found.budgets) == [("small", "params <= 1000", True)]
    with pytest.raises(ArchcalcError, match="matches no network"):
        archcalc.check("specs/small.yaml", "nope.params <= 3", locked=False)


def test_per_layer_where_there_is_one() -> None:
    specs(net=1)
    Path("specs/other.yaml").write_text(NET.format(name="other", n=2).replace("name: fc", "name: head"))
    assert outcome(budgets("'*' = {'fc.params' = 639, 'conv1.macs' = 400}")) == [
        ("net", "fc.params <= 639", False),
        ("net", "conv1.macs <= 400", True),
        ("other", "conv1.macs <= 400", True),
    ]


def test_relative_to_other_networks() -> None:
    specs(net=2, base=1)
    (one,) = budgets("net = ['macs <= 1.5 * base']")
    assert (one.value, one.limit, one.ok) == (1664, Fraction(3, 2) * 832, False)
    (one,) = budgets("net = ['params <= 0.001 * lenet5']")
    assert (one.value, one.limit, one.ok) == (1286, 60, False)
    (one,) = budgets("net = [\"fc.params <= 'resnet50-v1.5'\"]")
    assert (one.value, one.limit) == (1280, 2_049_000)
    (one,) = budgets("net = [\"params <= 'resnet50-v1.5'.macs\"]")
    assert one.limit == archcalc.analyze("resnet50-v1.5").totals.macs
    (one,) = budgets("net = ['2 * base >= params']")
    assert (one.value, one.limit, one.ok, one.margin) == (1286, 1286, True, 0)


def test_the_margin_says_how_much_is_left() -> None:
    specs(net=1)
    margins = {
        one.expression: (one.margin, one.ok)
        for one in budgets("", *["params<=700", "params>=700", "params<643"])
    }
    assert margins == {"params<=700": (57, True), "params>=700": (-57, False), "params<643": (0, False)}


def test_a_new_lock_lifts_no_budget() -> None:
    specs(net=1)
    configure("[tool.archcalc.budget]\nnet = {params = 700}\n")
    archcalc.lock()
    assert archcalc.check().ok
    specs(net=2)
    archcalc.lock()
    found: CheckReport = archcalc.check()
    assert found.differences == ()
    assert outcome(found.budgets) == [("net", "params <= 700", False)]
    assert not found.ok
