"""``archcalc reconcile`` as a user runs it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archcalc.cli import cli


def run(*args: str, stdin: str = "") -> Result:
    return CliRunner().invoke(cli, ["reconcile", *args], input=stdin)


def test_numbers_may_come_from_standard_input() -> None:
    answer = run("resnet50-v1.5", "-", stdin="FLOPs = 4.134G\nParams = 25.557M\n")
    assert answer.exit_code == 0
    assert "2 of 2 numbers explained" in answer.output


def test_another_network_of_the_family_ends_with_1() -> None:
    answer = run("resnet50", "7.3G")
    assert answer.exit_code == 1
    assert "another network of the family" in answer.output


def test_a_unit_may_stand_apart_without_quotes() -> None:
    assert run("vgg16", "15.5", "GFLOPs").output == run("vgg16", "15.5 GFLOPs").output


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["a.md", "b.md"], "one file at a time"),
        (["vgg16", "a.md", "4G"], "one file at a time"),
        (["vgg16", "missing.txt"], "No such file"),
        (["vgg16", "folder/missing"], "No such file"),
        (["vgg16", "missing"], "is not a number"),
    ],
)
def test_what_is_refused(args: list[str], says: str) -> None:
    answer = run(*args)
    assert answer.exit_code
    assert says in str(answer.exception) + answer.output


def test_more_explanations_than_are_shown_are_counted() -> None:
    answer = run("resnet50-v1.5", "4.1G")
    assert "the first 8 are" in answer.output
    assert "--format json or csv has all" in answer.output
    assert run("resnet50-v1.5", "4.1G", "--format", "json").output.count('"convention"') > 8


def test_a_spec_may_come_from_standard_input() -> None:
    spec = Path("specs/vgg.yaml").read_text(encoding="utf-8")
    assert "by convention" in run("-", stdin=spec).output


def test_what_is_not_judged_is_listed(tmp_path: Path) -> None:
    file = tmp_path / "R.md"
    file.write_text("| Model | FLOPs |\n|---|---|\n| vgg16 | 15.5G |\n| vgg19 | ~ |\n", encoding="utf-8")
    assert "Not judged: line 4" in run(str(file)).output
