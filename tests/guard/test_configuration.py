"""[tool.archcalc] in pyproject.toml: where it is found, what it may say; budgets, none of which is lost."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

import archcalc
from archcalc.errors import ArchcalcError
from archcalc.guard import configuration as config
from archcalc.guard.budgets import parse_budget
from archcalc.guard.configuration import Config
from archcalc.results.check import BudgetResult, CheckReport

NET = """\
name: {name}
input: [8, 8, 3]
layers:
  - {{conv: {n}, kernel: 1, bias: false, name: conv1}}
  - {{fc: 10, bias: false, name: fc}}
"""
# conv1: 3n weights, 192n MACs; fc: 640n of both.


pytestmark = pytest.mark.usefixtures("folder")


def project(text: str, at: str = ".") -> None:
    Path(at, "pyproject.toml").write_text(text)


def specs(**widths: int) -> None:
    Path("specs").mkdir(exist_ok=True)
    for name, n in widths.items():
        Path(f"specs/{name}.yaml").write_text(NET.format(name=name, n=n))


def budgets(text: str = "", *limits: str) -> tuple[BudgetResult, ...]:
    if text:
        project(f"[tool.archcalc.budget]\n{text}\n")
    return archcalc.check(limits=limits, locked=False).budgets


def outcome(found: tuple[BudgetResult, ...]) -> list[tuple[str, str, bool]]:
    return [(one.spec, one.expression, one.ok) for one in found]


# --- where it is found --------------------------------------------------------------------------------


def test_found_upwards() -> None:
    project("[tool.archcalc]\nformat = 'json'\n")
    Path("a/b").mkdir(parents=True)
    assert config.read("a/b").format == "json"
    assert config.read("a/b/net.yaml").format == "json"
    assert config.read(".").path == str(Path("pyproject.toml").absolute())


def test_the_nearest_with_a_section_counts() -> None:
    project("[tool.archcalc]\nformat = 'json'\n")
    Path("a/b").mkdir(parents=True)
    project("[project]\nname = 'a'\n", "a")
    assert config.read("a/b").format == "json"
    project("[tool.archcalc]\n", "a/b")
    assert config.read("a/b").format == ""
    assert config.read("a").format == "json"


def test_none_is_none() -> None:
    assert config.read(".") == Config()
    project("[tool.other]\nx = 1\n")
    assert config.read(".") == Config()


def test_a_file_without_the_word_is_not_parsed() -> None:
    project("this [is no TOML")
    assert config.read(".") == Config()


def test_a_folder_of_that_name_is_no_file() -> None:
    Path("pyproject.toml").mkdir()
    assert config.read(".") == Config()


WRONG = {
    "broken": ("[tool.archcalc]\nspecs = [", r"pyproject.toml: .*\(at end of document\)"),
    "twice": ("[tool.archcalc]\n[tool.archcalc]", r"pyproject.toml: .*line 2"),
    "no text": ("# archcalc \udcff", "pyproject.toml: "),
    "no table": ("[tool]\narchcalc = 3", r"\[tool.archcalc\] must be a table, not 3"),
    "an unknown key": ("[tool.archcalc]\nbugdet = {}", r"has no key 'bugdet' \(did you mean 'budget'\?\)"),
    "specs of a number": ("[tool.archcalc]\nspecs = 3", "specs must be a list of texts, not 3"),
    "specs of numbers": ("[tool.archcalc]\nspecs = [3]", r"specs must be a list of texts, not \[3\]"),
    "a format that is none": ("[tool.archcalc]\nformat = 3", "format must be a text, not 3"),
    "budgets in a list": ("[tool.archcalc]\nbudget = [1]", "budget must be a table such as"),
    "a budget for nothing": (
        "[tool.archcalc.budget]\n'' = 'params <= 3'",
        r"'' matches no network; '\*' matches all",
    ),
    "a budget of a number": (
        "[tool.archcalc.budget]\nnet = 3",
        "budget 'net' must be a list of texts, not 3",
    ),
    "a decimal": (
        "[tool.archcalc.budget]\nnet = {params = 2.5}",
        "budget 'net' params must be a text, not 2.5",
    ),
    "a flag": ("[tool.archcalc.budget]\nnet = {params = true}", "params must be a text, not True"),
    "a date": ("[tool.archcalc.budget]\nnet = 2026-01-01", "must be a list of texts, not datetime.date"),
}


@pytest.mark.parametrize(("text", "says"), WRONG.values(), ids=WRONG)
def test_what_it_may_not_say_is_told_in_a_sentence(text: str, says: str) -> None:
    Path("pyproject.toml").write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(ArchcalcError, match=says) as caught:
        config.read(".")
    assert str(caught.value).startswith("pyproject.toml: ")
    assert "\n" not in str(caught.value)


def test_specs_of_a_project_are_relative_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    project("[tool.archcalc]\nspecs = ['models', 'extra/*.yaml']\n")
    for name in ("models", "extra", "other"):
        Path(name).mkdir()
        Path(f"{name}/{name}.yaml").write_text(NET.format(name=name, n=2))
    archcalc.lock()
    assert sorted(path.parent.name for path in Path().glob("*/archcalc.lock")) == ["extra", "models"]
    monkeypatch.chdir("other")
    assert [one.name for one in archcalc.check().networks] == ["extra", "models"]
    Path("../extra/new.yaml").write_text(NET.format(name="new", n=2))
    Path("../extra/extra.yaml").unlink()
    assert [(one.kind, one.spec) for one in archcalc.check().differences] == [
        ("new", "new"),
        ("gone", "extra"),
    ]


# --- budgets as they are written ----------------------------------------------------------------------


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
        ("params <= 512MiB", 512 * 2**20),
        ("params <= 1.5KiB", 1536),
        ("params <= 2TB", 2 * 10**12),
        ("params <= 2*10 + 5", 25),
        ("params <= 1/3", Fraction(1, 3)),
    ],
)
def test_a_flag_as_people_write_it(text: str, limit: int | Fraction) -> None:
    budget = parse_budget(text)
    assert (budget.symbol, budget.sides({"params": 7})) == ("<=", (7, limit))


BAD = {
    "": "a number or a name is missing",
    "params": "a comparison such as <= is missing",
    "params <=": "a number or a name is missing",
    "params <= 3 <= 4": "comparisons cannot be chained",
    "params != 3": "expected a comparison such as <=",
    "params <= 3X": "there is no unit 'X'",
    "params <= 3 M": "expected the end, found 'M'",
    "params <= 3 and macs <= 4": "expected the end, found 'and'",
    "params <= macs / 0": "division by zero",
    "params <= 'no'": "there is no network 'no'",
    "params <= vgg61": r"there is no network 'vgg61' \(did you mean 'vgg1",
    "parms <= 3": r"there is no figure 'parms' \(did you mean 'params'\?\)",
    "fc.parms <= 3": r"there is no figure 'fc.parms' \(did you mean 'params'\?\)",
    "output <= 3": "there is no figure 'output'",
    "fc.output <= 3": r"a budget compares numbers, not \[10\]",
    "fc.output == 3": r"a budget compares numbers, not \[10\]",
    "pattern == 3": "a budget compares numbers, not 'CONV-FC'",
    "peak_layer <= 3": "a budget compares numbers",
    "params <= true": "a budget compares numbers, not true",
    "params <= [3]": r"a budget compares numbers, not \[3\]",
    "params <= 9**9**9": "grows beyond",
    "params <= __import__('os')": "there is no function '__import__'",
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
    project("[tool.archcalc.budget]\nlarge = {params = 3}\nsmall = {params = 1000}\n")
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
    project("[tool.archcalc.budget]\nnet = {params = 700}\n")
    archcalc.lock()
    assert archcalc.check().ok
    specs(net=2)
    archcalc.lock()
    found: CheckReport = archcalc.check()
    assert found.differences == ()
    assert outcome(found.budgets) == [("net", "params <= 700", False)]
    assert not found.ok
