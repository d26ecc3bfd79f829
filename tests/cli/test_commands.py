"""The commands as a user runs them: what they print, where, and how they end."""

from __future__ import annotations

import csv
import io
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from helpers.console import on_terminal, plain, run

from archcalc.cli import Commands, cli

TINY = """\
name: tiny
input: [8, 8, 3]
layers:
  - {conv: 4, kernel: 3, pad: 1, then: relu, name: conv1}
  - {maxpool: 2, stride: 2, name: pool1}
  - {fc: 10, name: fc}
"""


def test_version() -> None:
    done = run("--version")
    assert (done.returncode, done.stdout) == (0, "archcalc 0.1.0\n")


def test_no_command_prints_help_and_is_bad_usage() -> None:
    done = run()
    assert done.returncode == 2
    assert "Usage: archcalc" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    "command", Commands("x").list_commands(cli.make_context("archcalc", ["--x"], resilient_parsing=True))
)
def test_every_command_has_help_and_a_line_in_the_group(command: str) -> None:
    group, own = run("--help"), run(command, "--help")
    assert own.returncode == group.returncode == 0
    assert "archcalc" in own.stdout
    line = next(line for line in group.stdout.splitlines() if line.split()[:1] == [command])
    assert line.endswith(".")
    assert len(line) <= 100


def test_the_issue_figures_of_vgg16() -> None:
    done = run("table", "vgg16")
    for figure in ("138,357,544", "138,344,128", "15,470,264,320", "15,237,608", "16 weighted layers"):
        assert figure in done.stdout
    assert done.stderr == ""
    assert "\x1b" not in done.stdout


def test_alexnet_of_the_lectures() -> None:
    done = run("table", "alexnet")
    conv1 = next(line for line in done.stdout.splitlines() if line.startswith("conv1"))
    assert "55x55x96" in conv1
    assert "34,944" in conv1
    assert "34,848" in run("table", "alexnet", "--columns", "weights").stdout
    assert "62,378,344" in done.stdout
    assert "60,965,224" in run("table", "alexnet-2gpu").stdout


def test_alexnet_at_224_is_refused_with_what_would_fit() -> None:
    done = run("table", "alexnet", "--set", "size=224")
    assert done.returncode == 2
    assert "(224 - 11 + 2·0)/4 + 1 = 54.25" in done.stderr
    assert "223 and 227" in done.stderr
    assert done.stdout == ""


def test_alexnet_at_224_rounded_down_says_so() -> None:
    done = run("table", "alexnet", "--set", "size=224", "--set", "rounding=floor")
    assert done.returncode == 0
    assert "4 windows rounded down: conv1, pool1, pool2, pool3 (--notes explains each)." in done.stdout
    noted = run("table", "alexnet", "--set", "size=224", "--set", "rounding=floor", "--notes").stdout
    assert "Window of conv1: (224 - 11 + 2·0)/4 + 1 = 54.25, rounded down to 54." in noted
    data = json.loads(
        run("table", "alexnet", "--set", "size=224", "--set", "rounding=floor", "--format", "json").stdout
    )
    assert data["totals"]["params"] == 50844008
    assert any("54.25" in text for text in data["assumptions"])


def test_a_misspelt_option_shows_line_and_caret() -> None:
    done = run("table", "-", stdin=TINY.replace("kernel", "kernal"))
    assert done.returncode == 2
    first, line, caret = done.stderr.splitlines()[:3]
    assert first == "<stdin>:4:15: error: conv1: conv has no option 'kernal' (did you mean 'kernel'?)"
    assert line.endswith("  - {conv: 4, kernal: 3, pad: 1, then: relu, name: conv1}")
    assert caret.index("^") == line.index("kernal")


def test_a_spec_on_stdin_and_in_a_file_give_the_same(tmp_path: Path) -> None:
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY)
    assert run("table", "-", stdin=TINY).stdout == run("table", str(path)).stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["tabel"], "Did you mean 'table'?"),
        (["table"], "Missing argument 'NETWORK'"),
        (["table", "vgg17"], "did you mean 'vgg1"),
        (["table", "vgg16", "--format", "jsno"], "Did you mean 'json'?"),
        (["table", "vgg16", "--dtype", "float8"], "is not one of"),
        (["table", "vgg16", "--batch", "0"], "not in the range"),
        (
            ["table", "vgg16", "--depth", "none"],
            "'none' is not a valid depth: it must be a whole number of at least 1, 'layers' or 'all'",
        ),
        (["table", "vgg16", "--columns", "parms"], "did you mean 'params'?"),
        (["table", "vgg16", "--set", "sice=3"], "did you mean 'size'?"),
        (["table", "vgg16", "--set", "size"], "--set takes NAME=VALUE"),
        (
            ["table", "vgg16", "--set", "size=wide"],
            "size of vgg16 must be a number (default: 224), not 'wide'",
        ),
        (["table", "vgg16", "--set", "size=9**9**9"], "grows beyond"),
        (["table", "vgg16", "--set", "convs=[1,2"], "is not a valid value"),
        (["table", "nowhere.yaml"], "nowhere.yaml: No such file or directory"),
        (["table", "."], "unknown network '.'"),
        (["table", "vgg16", "-o", "out.doc"], "unknown ending '.doc'; use "),
        (["table", "vgg16", "-o", "no/such/folder/x.csv"], "cannot write no/such/folder/x.csv"),
        (["list", "nosuchnet"], "no network matches nosuchnet"),
        (["ops", "cov"], "did you mean 'conv'?"),
        (["schema", "-o", "no/such/x.json"], "cannot write"),
    ],
)
def test_bad_usage_is_told_in_a_sentence(
    args: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(*args)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.slow
def test_an_output_file_is_whole_or_absent(tmp_path: Path) -> None:
    path = tmp_path / "vgg.csv"
    done = run("table", "vgg16", "-o", str(path))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    _, *rows, total = csv.DictReader(io.StringIO(path.read_text()))
    assert sum(int(row["params"]) for row in rows) == int(total["params"]) == 138357544
    assert [entry.name for entry in tmp_path.iterdir()] == ["vgg.csv"]
    failed = run("table", "vgg17", "-o", str(tmp_path / "other.csv"))
    assert failed.returncode == 2
    assert not (tmp_path / "other.csv").exists()


def test_an_output_that_cannot_be_replaced_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "x.csv").mkdir()
    done = run("table", "vgg16", "-o", str(tmp_path / "x.csv"))
    assert done.returncode == 2
    assert "is a directory" in done.stderr
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.csv"]


def test_a_closed_pipe_is_no_error() -> None:
    done = subprocess.run(
        f"{shlex.quote(sys.executable)} -m archcalc table vgg16 --depth all | head -3; "
        "echo ${PIPESTATUS[0]}",
        shell=True,
        executable="/bin/bash",
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stdout.splitlines()
    assert len(lines) == 4
    assert lines[-1] in ("0", "141")
    assert done.stderr == ""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
def test_a_full_disk_is_told_in_a_sentence() -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-m", "archcalc", "table", "vgg16"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 2
    assert done.stderr == "archcalc: error: cannot write to standard output: No space left on device\n"


def test_an_interrupted_command_gives_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither 1, the answer is no, nor a traceback."""

    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Commands, "get_command", lambda *_: click.Command("check", callback=interrupted))
    done = CliRunner().invoke(cli, ["check"])
    assert (done.exit_code, done.output) == (130, "\narchcalc: interrupted\n")


def test_a_pipe_does_not_depend_on_the_terminal() -> None:
    assert run("table", "vgg16", env={"COLUMNS": "40"}).stdout == run("table", "vgg16").stdout


def test_ascii_output_stays_readable() -> None:
    done = run("table", "vgg16", env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert done.returncode == 0
    assert "138,357,544" in done.stdout
    assert done.stdout.isascii()


@pytest.mark.slow
@pytest.mark.parametrize("columns", [40, 80, 200])
def test_no_line_is_wider_than_the_terminal(columns: int) -> None:
    shown = on_terminal("table", "vgg16", columns=columns)
    assert "\x1b[" in shown
    lines = plain(shown).splitlines()
    assert max(map(len, lines)) <= columns
    assert "138,357,544" in shown
    assert ("Hidden, terminal" in shown) == (columns < 200)


def test_no_color_is_respected() -> None:
    assert "\x1b[" not in on_terminal("table", "vgg16", columns=100, NO_COLOR="1")
    assert "\x1b[" not in on_terminal("table", "vgg16", columns=100, TERM="dumb")


def test_list_as_json_has_the_contract_keys() -> None:
    records = json.loads(run("list", "vgg", "--format", "json").stdout)
    assert {"name", "family", "year", "title", "input", "params", "macs"} <= set(records[0])
    assert {record["name"] for record in records} >= {"vgg11", "vgg16", "vgg19"}


def test_train_adds_up() -> None:
    data = json.loads(run("table", "vgg16", "--train", "adam", "--batch", "2", "--format", "json").stdout)
    training = data["training"]
    parts = ("param_bytes", "gradient_bytes", "optimizer_bytes", "kept_activation_bytes")
    assert training["total_bytes"] == sum(training[part] for part in parts)
    assert training["optimizer_bytes"] == 2 * 4 * 138357544


def test_lecture_style() -> None:
    lines = run("table", "vgg16", "--style", "cs231n").stdout.splitlines()
    assert (
        " ".join(lines[1].split())
        == "CONV3-64: [224x224x64] memory: 224*224*64=3.2M params: (3*3*3)*64 = 1,728"
    )
    assert " ".join(lines[3].split()) == "POOL2: [112x112x64] memory: 112*112*64=800K params: 0"
    assert lines[-1].startswith("TOTAL params: 138.4M")


def test_internal_errors_say_how_to_report(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from archcalc import cli as package

    def fail(**kwargs: object) -> None:
        raise ZeroDivisionError("boom")

    monkeypatch.setattr(package.cli, "main", fail)
    with pytest.raises(SystemExit) as ended:
        package.main()
    assert ended.value.code == 3
    assert "please report it" in capsys.readouterr().err


def test_completion_knows_every_network() -> None:
    from archcalc.language.find import all_networks, names_at_a_glance

    assert names_at_a_glance() == sorted(about.name for about in all_networks())
    done = run(
        env={"_ARCHCALC_COMPLETE": "bash_complete", "COMP_WORDS": "archcalc table vgg1", "COMP_CWORD": "2"}
    )
    offered = {line.partition(",")[2] for line in done.stdout.splitlines()}
    assert {"vgg11", "vgg16", "vgg19"} <= offered
    assert "resnet50" not in offered


def test_an_input_that_looks_reordered_is_doubted_on_stderr(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(TINY.replace("[8, 8, 3]", "[3, 8, 8]"), encoding="utf-8")
    done = run("table", str(path), "--format", "json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["input"] == [3, 8, 8]
    first, line, caret = done.stderr.splitlines()
    assert first == (
        f"{path}:2:9: warning: input [3, 8, 8] has 8 channels: is it channels first? "
        "(write [8, 8, 3] or layout: chw; if it is right, write layout: hwc)"
    )
    assert caret.index("^") == line.index("3, 8, 8")
    # A command that reads a spec twice warns once; a stated layout silences it.
    assert run("compare", str(path), "lenet5").stderr.count("warning") == 1
    chw = path.read_text(encoding="utf-8").replace("layers:", "layout: chw\nlayers:")
    done = run("table", "-", "--format", "json", stdin=chw)
    assert (json.loads(done.stdout)["input"], done.stderr) == ([8, 8, 3], "")
