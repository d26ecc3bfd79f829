"""``archcalc quiz`` as a teaching assistant runs it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from helpers import console

SHEET = ("alexnet", "--blank", "output,params")


def run(*args: str, code: int = 0, cwd: Path | None = None, **env: str) -> tuple[str, str]:
    done = console.run("quiz", *args, cwd=cwd, env=env)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout, done.stderr


def test_a_worksheet_and_its_key(tmp_path: Path) -> None:
    out, err = run(*SHEET, "--key", "key.md", cwd=tmp_path)
    assert err == ""
    assert out.startswith("# Worksheet: alexnet\n")
    assert "| conv1 | conv+relu | 96 filters 11x11, stride 4, pad 0 | ____ | ____ |" in out
    assert "Key: alexnet" in out
    assert "34,944" in (tmp_path / "key.md").read_text(encoding="utf-8")
    assert os.listdir(tmp_path) == ["key.md"]


@pytest.mark.slow
def test_the_same_command_prints_the_same_bytes() -> None:
    drawn = [*SHEET, "--share", "30%", "--vary", "--seed", "7"]
    assert run(*drawn, PYTHONHASHSEED="1") == run(*drawn, PYTHONHASHSEED="2")
    assert run(*drawn)[0] != run(*drawn[:-1], "8")[0]


def test_a_key_spec_is_a_network(tmp_path: Path) -> None:
    run("resnet18", "--blank", "params", "--vary", "--key-spec", "mine.yaml", cwd=tmp_path)
    done = console.run("table", "mine.yaml", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("resnet18-varied")


def test_settings_are_part_of_the_key() -> None:
    out, _ = run("vgg16", "--blank", "output", "--set", "size=192")
    assert "Key: vgg16 --set size=192" in out
    assert "input 192x192x3" in out


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "begins"), [("a.md", "# W"), ("a.tex", "\\documentclass"), ("a.html", "<!DOCTYPE")]
)
def test_the_ending_picks_the_format(file: str, begins: str, tmp_path: Path) -> None:
    out, _ = run(*SHEET, "-o", file, cwd=tmp_path)
    assert out == ""
    assert (tmp_path / file).read_text(encoding="utf-8").startswith(begins)


@pytest.mark.slow
def test_a_worksheet_for_every_student(tmp_path: Path) -> None:
    (tmp_path / "names").write_text("Ada Lovelace\n\nŁukasz\n", encoding="utf-8")
    out, err = run(*SHEET, "--vary", "--students", "names", "-o", "sheets", cwd=tmp_path)
    assert (out, err) == ("", "")
    names = ("Ada Lovelace", "Łukasz")
    # What is handed out has no key beside it.
    assert set(os.listdir(tmp_path / "sheets")) == {"keys", *(f"{name}.md" for name in names)}
    keys = tmp_path / "sheets" / "keys"
    assert set(os.listdir(keys)) == {f"{name}{end}" for name in names for end in ("-key.md", ".yaml")}
    files = [path.relative_to(tmp_path / "sheets") for path in (tmp_path / "sheets").rglob("*.*")]
    assert len(files) == 6
    specs = {(keys / f"{name}.yaml").read_text() for name in names}
    assert len(specs) == 2
    alone = run(*SHEET, "--vary", "--students", "names", "-o", "again", cwd=tmp_path)
    assert alone == ("", "")
    for file in files:
        assert (tmp_path / "sheets" / file).read_bytes() == (tmp_path / "again" / file).read_bytes()


@pytest.mark.slow
def test_a_number_of_students(tmp_path: Path) -> None:
    run(*SHEET, "--students", "10", "-o", "sheets", "--format", "html", cwd=tmp_path)
    assert len(os.listdir(tmp_path / "sheets")) == 10 + 1
    assert len(os.listdir(tmp_path / "sheets" / "keys")) == 20
    assert (tmp_path / "sheets" / "student-01.html").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("names", "says"),
    [
        ("ada\n../evil\n", "names:2: '../evil' is not a valid file name"),
        ("a/b\n", "is not a valid file name"),
        ("a\\b\n", "is not a valid file name"),
        ("..\n", "is not a valid file name"),
        (".hidden\n", "is not a valid file name"),
        ("-rf\n", "is not a valid file name"),
        ("a..b\n", "is not a valid file name"),
        ("a:b\n", "is not a valid file name"),
        ("Ada L.\n", "no dot last"),
        ("a\x1b[31m\n", "is not a valid file name"),
        ("x" * 81, "is not a valid file name"),
        ("ada\nAda\n", "would overwrite the files of 'ada'"),
        ("ada\nada-key\n", "would overwrite the files of 'ada'"),
        ("\n\n", "0 names"),
    ],
)
def test_names_that_are_no_files_are_refused(names: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "names").write_text(names, encoding="utf-8")
    out, err = run(*SHEET, "--students", "names", "-o", "sheets", code=2, cwd=tmp_path)
    assert out == ""
    assert says in err
    assert "\x1b" not in err
    assert os.listdir(tmp_path) == ["names"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["alexnet"], "--blank"),
        (["alexnet", "--blank", "prams"], "did you mean 'params'"),
        ([*SHEET, "--share", "0%"], "above 0% and at most 100%"),
        ([*SHEET, "--share", "101%"], "101%"),
        ([*SHEET, "--share", "half"], "not a valid percentage (such as 50%)"),
        ([*SHEET, "--cells", "999"], "cannot make 999 blanks"),
        ([*SHEET, "--students", "3"], "needs a folder"),
        ([*SHEET, "--students", "3", "-o", "x", "--key", "k.md"], "needs a folder"),
        ([*SHEET, "--students", "0", "-o", "x"], "from 1 to"),
        ([*SHEET, "--students", "99999999999", "-o", "x"], "from 1 to"),
        ([*SHEET, "-o", "x.csv"], "unknown ending '.csv'; use .md, .tex or .html"),
        ([*SHEET, "-o", "x"], "the file name has no ending; use .md, .tex or .html"),
        ([*SHEET, "-o", "."], ". is a folder: --students writes into one"),
        ([*SHEET, "--key", "k.csv"], "k.csv: unknown ending '.csv'"),
        ([*SHEET, "--key", "-"], "files of their own"),
        ([*SHEET, "-o", "x.md", "--rubric", "-"], "files of their own"),
        ([*SHEET, "--share", "50%", "--cells", "3"], "use one of them"),
        ([*SHEET, "-o", "x.md", "--key", "./x.md"], "files of their own"),
        ([*SHEET, "--format", "latx"], "Did you mean 'latex'"),
        (["alxnet", "--blank", "params"], "did you mean 'alexnet'"),
        (["alexnet", "--blank", "params", "--set", "size=224"], "does not fit"),
        (["bn-inception", "--blank", "params", "--vary"], "cannot be varied"),
        (
            ["stochastic-depth-110", "--blank", "params", "--key-spec", "x.yaml"],
            "cannot be written as a flat spec",
        ),
    ],
)
def test_bad_usage_is_told_and_writes_nothing(args: list[str], says: str, tmp_path: Path) -> None:
    out, err = run(*args, code=2, cwd=tmp_path)
    assert out == ""
    assert says in err
    assert os.listdir(tmp_path) == []
