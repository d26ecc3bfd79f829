"""The settings of a project in pyproject.toml: where they are found, and what they may say."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.project import NET, configure

import archcalc
from archcalc.errors import ArchcalcError
from archcalc.guard import configuration as config
from archcalc.guard.configuration import Config

pytestmark = pytest.mark.usefixtures("folder")


def test_found_upwards() -> None:
    configure("[tool.archcalc]\nformat = 'json'\n")
    Path("a/b").mkdir(parents=True)
    assert config.read("a/b").format == "json"
    assert config.read("a/b/net.yaml").format == "json"
    assert config.read(".").path == str(Path("pyproject.toml").absolute())


def test_the_nearest_with_a_section_counts() -> None:
    configure("[tool.archcalc]\nformat = 'json'\n")
    Path("a/b").mkdir(parents=True)
    configure("[project]\nname = 'a'\n", "a")
    assert config.read("a/b").format == "json"
    configure("[tool.archcalc]\n", "a/b")
    assert config.read("a/b").format == ""
    assert config.read("a").format == "json"


def test_none_is_none() -> None:
    assert config.read(".") == Config()
    configure("[tool.other]\nx = 1\n")
    assert config.read(".") == Config()


def test_a_file_without_the_word_is_not_parsed() -> None:
    configure("this [is no TOML")
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
    configure("[tool.archcalc]\nspecs = ['models', 'extra/*.yaml']\n")
    for name in ("models", "extra", "other"):
        Path(name).mkdir()
        Path(f"{name}/{name}.yaml").write_text(NET.format(name=name))
    archcalc.lock()
    assert sorted(path.parent.name for path in Path().glob("*/archcalc.lock")) == ["extra", "models"]
    monkeypatch.chdir("other")
    assert [one.name for one in archcalc.check().networks] == ["extra", "models"]
    Path("../extra/new.yaml").write_text(NET.format(name="new"))
    Path("../extra/extra.yaml").unlink()
    assert [(one.kind, one.spec) for one in archcalc.check().differences] == [
        ("new", "new"),
        ("gone", "extra"),
    ]
