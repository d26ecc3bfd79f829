"""What a new user meets first: the help, its examples, hints, completion."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import click
import pytest
from click.shell_completion import BashComplete
from helpers.console import run

from archcalc.cli import cli
from archcalc.cli._commands import GROUPS, OTHERS

COMMANDS = cli.list_commands(click.Context(cli))


def wrong(*args: str) -> str:
    done = run(*args)
    assert done.returncode == 2
    assert done.stdout == ""
    return done.stderr


# --- the help ----------------------------------------------------------------------------------------------


def test_every_command_is_in_one_group_with_one_example() -> None:
    listed = [example.split()[0] for examples in GROUPS.values() for example in examples]
    assert sorted(listed) == COMMANDS


def test_the_help_fits_on_a_screen() -> None:
    lines = run("--help").stdout.splitlines()
    assert 24 <= len(lines) <= 46
    assert max(map(len, lines)) <= 80
    assert [line[:-1] for line in lines if line.endswith(":") and line[0] != " "] == [*GROUPS, "Options"]
    assert OTHERS not in lines


@pytest.mark.parametrize("example", [example for examples in GROUPS.values() for example in examples])
def test_an_example_of_the_help_is_a_command(
    example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("answers.csv").touch()
    name, *args = example.split()
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    command.make_context(name, args, parent=click.Context(cli))  # else it raises


def test_help_is_a_command_too() -> None:
    assert run("help").stdout == run("--help").stdout
    assert run("help", "table").stdout == run("table", "--help").stdout
    assert "No such command 'tabel'. Did you mean 'table'?" in wrong("help", "tabel")


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("vgg16", "Did you mean 'archcalc table vgg16'?"),
        ("VGG-16", "Did you mean 'archcalc table VGG-16'?"),
        ("vg16", "Did you mean 'archcalc table vgg16'?"),
        ("mine.yaml", "Did you mean 'archcalc table mine.yaml'?"),
        ("VGG 16", "Did you mean \"archcalc table 'VGG 16'\"?"),
        ("Tabel", "Did you mean 'table'?"),
        ("gibberish", "No such command 'gibberish'.\n"),
        ("show", "Did you mean 'archcalc table'?"),
        ("Conv", "Did you mean 'archcalc ops conv'?"),
    ],
)
def test_a_word_that_is_no_command(word: str, says: str) -> None:
    assert says in wrong(word)


# --- completion --------------------------------------------------------------------------------------------


def offered(line: str) -> list[str]:
    """What the shell offers for the last word of a line."""
    *words, last = line.split(" ")
    completer = BashComplete(cli, {}, "archcalc", "_ARCHCALC_COMPLETE")
    return [item.value for item in completer.get_completions(words, last)]


VGGS = ["11", "11-bn", "11-lrn", "13", "13-bn", "16", "16-bn", "16-c", "19", "19-bn"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("com", ["compare", "completion"]),
        ("table VG", [f"vgg{n}" for n in VGGS]),
        ("table vgg16 --columns params,ma", ["params,macs", "params,macs_share"]),
        ("totals vgg16 --columns params,mem", ["params,memory", "params,memory_bytes"]),
        ("compare vgg16 vgg19 --columns top5", ["top5_error", "top5"]),
        ("list --columns al", ["aliases"]),
        ("table vgg16 --set si", ["size="]),
        ("table VGG-16 --set size=", []),
        ("compare vgg16 alexnet --batch 2 --set r", []),
        ("sweep alexnet --set r", ["rounding="]),
        ("sweep vgg16 --sort siz", ["size"]),
        ("formula vgg16 --free size,H,b", ["size,H,batch"]),
        ("explain alexnet CONV", ["conv1", "conv2", "conv3", "conv4", "conv5"]),
        ("explain googlenet inception_3a/1", ["inception_3a/1x1"]),
        ("ops con", ["concat", "concat_positions", "conv"]),
        ("device h2", ["h200"]),
        ("fit vgg16 --device gtx580-3", ["gtx580-3gb"]),
        ("time vgg16 --peaks h2", ["h200"]),
        ("quiz alexnet --blank output,pa", ["output,params", "output,param_bytes"]),
        ("grade a.csv --key alexnet --set cl", ["classes="]),
        ("list --family vg", ["vgg"]),
        ("table vgg16 --format mar", ["markdown"]),
        ("completion z", ["zsh"]),
        ("nosuch --x ", []),
        ("table nowhere --set ", []),
        ("table nowhere.yaml --set ", []),
        ("table - --set ", []),
        ("table --set ", []),
    ],
)
def test_what_is_completed(
    line: str, words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if line.startswith("nosuch"):
        assert set(offered(line)) == set(COMMANDS)
    else:
        assert offered(line) == words


def test_specs_of_this_folder_are_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net3.yaml").write_text("name: net3\ninput: [8]\nsettings: {units: 4}\nlayers: [{fc: units}]\n")
    Path("bad.yaml").write_text("name: [\n")
    assert offered("table net") == ["net3.yaml"]
    assert offered("table net3.yaml --set ") == ["units="]
    assert offered("table bad.yaml --set ") == []
    assert offered("explain net3.yaml ") == ["fc1"]


def test_completion_reads_no_terminal() -> None:
    """A network ``-`` would wait for the user, who has only pressed Tab."""
    done = run(
        env={
            "_ARCHCALC_COMPLETE": "bash_complete",
            "COMP_WORDS": "archcalc table - --set ",
            "COMP_CWORD": "4",
        }
    )
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell_is_printed(shell: str) -> None:
    done = run("completion", shell)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"_ARCHCALC_COMPLETE={shell}_complete" in done.stdout
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=done.stdout, text=True, check=True, env=dict(os.environ))


def test_another_shell_is_refused() -> None:
    assert "is not one of 'bash', 'zsh', 'fish'" in wrong("completion", "tcsh")


# --- options in other words --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "same"),
    [
        (["--format", "md"], ["--format", "markdown"]),
        (["--format", "tex"], ["--format", "latex"]),
        (["--format", "txt"], ["--format", "plain"]),
        (["--format", "JSON"], ["--format", "json"]),
        (["--dtype", "fp16"], ["--dtype", "float16"]),
        (["--dtype", "half"], ["--dtype", "float16"]),
        (["--dtype", "BF16"], ["--dtype", "bfloat16"]),
        (["--dtype", "double"], ["--dtype", "float64"]),
        (["--batch", "1k"], ["--batch", "1000"]),
        (["--batch", "1.5K"], ["--batch", "1500"]),
        (["--units", "m"], ["--units", "M"]),
    ],
)
def test_an_option_in_other_words_is_the_same(given: list[str], same: list[str]) -> None:
    command = cli.get_command(click.Context(cli), "table")
    assert command is not None
    one, other = (command.make_context("table", ["lenet5", *args]).params for args in (given, same))
    assert one == other


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--batch", "k"], "'k' is not a valid whole number"),
        (["--batch", "0k"], "not in the range"),
        (["--batch", "1.5"], "'1.5' is not a valid whole number"),
        (["--batch", "1.2345k"], "'1.2345k' is not a valid whole number"),
        (["--batch", "9999999M"], "not in the range"),
        (["--dtype", "fp8"], "is not one of"),
        (["--format", "xlsx"], "is not one of"),
    ],
)
def test_nonsense_is_refused(args: list[str], says: str) -> None:
    assert says in wrong("table", "lenet5", *args)


def test_time_takes_them_too() -> None:
    given = ["time", "vgg16", "--device", "h100", "--format", "json"]
    assert (
        run(*given, "--batch", "1k", "--dtype", "half").stdout
        == run(*given, "--batch", "1000", "--dtype", "float16").stdout
    )
