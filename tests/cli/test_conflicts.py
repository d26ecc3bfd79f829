"""Options that exclude each other are refused in one sentence that says the way out; none is ignored."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from archcalc.cli import cli
from archcalc.cli._conflicts import RECORDS, excludes
from archcalc.render import formats

ANSWERS = str(Path(__file__).parents[2] / "examples" / "answers.yaml")
AUTOGRADER = ["--key", "alexnet", "--rubric", ANSWERS, "--autograder", "x.zip"]
SWEEP = ["sweep", "resnet18", "--set", "width=8:24:8"]


def run(*args: str) -> Result:
    return CliRunner().invoke(cli, list(args))


EXCLUDED = [
    (["table", "vgg16", "--style", "cs231n", "--format", "json"], "--style cs231n", "--format json"),
    (["table", "vgg16", "--style", "cs231n", "-o", "x.csv"], "--style cs231n", "-o x.csv"),
    (["table", "vgg16", "--style", "cs231n", "--units", "M"], "--style cs231n", "--units"),
    (["table", "vgg16", "--style", "cs231n", "--batch", "2"], "--style cs231n", "--batch"),
    (["table", "vgg16", "--format", "csv", "--units", "M"], "--format csv", "--units M"),
    (["table", "vgg16", "-o", "x.csv", "--train", "adam"], "-o x.csv", "--train"),
    (["table", "vgg16", "--format", "json", "--columns", "params"], "--format json", "--columns"),
    (["table", "vgg16", "-o", "x.json", "--shares"], "-o x.json", "--shares"),
    (["table", "vgg16", "--format", "json", "--notes"], "--format json", "--notes"),
    (["table", "vgg16", "-o", "x.tsv", "--notes"], "-o x.tsv", "--notes"),
    (["table", "vgg16", "--style", "cs231n", "--notes"], "--style cs231n", "--notes"),
    (["compare", "vgg16", "alexnet", "--format", "csv", "--notes"], "--format csv", "--notes"),
    (["compare", "vgg16", "alexnet", "--format", "csv", "--layout", "chw"], "--format csv", "--layout chw"),
    (["compare", "vgg16", "alexnet", "--format", "json", "--stages"], "--format json", "--stages"),
    (["compare", "vgg16", "alexnet", "--no-ratio", "--base", "alexnet"], "--no-ratio", "--base"),
    (["list", "--format", "json", "--units", "auto"], "--format json", "--units auto"),
    (["list", "--format", "json", "--columns", "params"], "--format json", "--columns"),
    (["totals", "vgg16", "-o", "x.csv", "--digits", "2"], "-o x.csv", "--digits"),
    (["totals", "vgg16", "-o", "x.json", "--columns", "params"], "-o x.json", "--columns"),
    (["totals", "vgg16", "--units", "exact", "--digits", "2"], "--units exact", "--digits"),
    (["table", "vgg16", "--format", "json", "--digits", "2"], "--format json", "--digits"),
    ([*SWEEP, "-o", "x.parquet", "--units", "M"], "-o x.parquet", "--units M"),
    (["formula", "vgg16", "--python", "--format", "json"], "--python", "--format json"),
    (["formula", "vgg16", "--python", "-o", "x.tex"], "--python", "-o x.tex"),
    (["formula", "vgg16", "-o", "x.py", "--layers"], "-o x.py", "--layers"),
    (["time", "--from", "x.json", "--device", "h100"], "--from", "--device"),
    (["time", "alexnet", "--from", "x.json"], "--from", "network"),
    (["device", "--calibrate", "--devices", "x.yaml"], "--calibrate", "--devices"),
    (["lock", "--check", "--set", "size=3"], "--check", "--set"),
    (["verify", "lenet5", "--all"], "--all", "network"),
    (["quiz", "lenet5", "--blank", "params", "--share", "50%", "--cells", "3"], "--share", "--cells"),
    (["quiz", "lenet5", "--blank", "params", "--students", "3", "--key", "k.md"], "--students", "--key"),
    (["grade", ANSWERS, *AUTOGRADER], "--autograder", "answers"),
    (["grade", *AUTOGRADER, "--format", "gradescope"], "--autograder", "--format"),
    (["grade", *AUTOGRADER, "-o", "x.json"], "--autograder", "-o"),
    (["grade", ANSWERS, "--key", "alexnet", "--return", "x", "-o", "x.csv"], "--return", "-o"),
    (["grade", ANSWERS, "--key", "alexnet", "--return", "x", "--each", "y"], "--return", "--each"),
]


@pytest.mark.parametrize(("args", "option", "other"), EXCLUDED, ids=lambda value: " ".join(value[-3:]))
def test_what_excludes_each_other_is_refused(
    args: list[str], option: str, other: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(*args)
    assert (done.exit_code, done.stdout) == (2, "")
    says = done.stderr.splitlines()[-1]
    assert says.startswith(f"Error: {option} ")
    assert f"; it takes no {other} (" in says
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["grade", ANSWERS, "--batch", "2"], "--batch changes the network of --key; name it with --key"),
        (["grade", ANSWERS, "--key", "alexnet", "--each", "x"], "ANSWERS must be a folder"),
        (["grade", ANSWERS, "--key", "alexnet", "--return", "x"], "ANSWERS must be a folder"),
        (["grade", "--key", "alexnet", "--autograder", "x"], "--autograder asks what a rubric says"),
        (["grade", "--rubric", ANSWERS, "--autograder", "x"], "--autograder contains the key"),
        (["grade", "--key", "alexnet"], "Missing argument 'ANSWERS'"),
        (["device", "--threads", "2"], "--threads is for measuring; measure with --calibrate"),
    ],
)
def test_what_needs_something_else_says_what(args: list[str], says: str) -> None:
    done = run(*args)
    assert done.exit_code == 2
    assert says in done.stderr


@pytest.mark.parametrize(
    "args",
    [
        ["table", "lenet5", "--style", "cs231n", "--format", "plain"],
        ["table", "lenet5", "--style", "cs231n", "--style", "table", "--units", "M"],
        ["table", "lenet5", "--format", "csv", "--units", "exact", "--layout", "hwc"],
        ["table", "lenet5", "--format", "json", "--train", "adam", "--paths", "--layout", "chw"],
        ["list", "lenet", "--format", "csv"],
    ],
    ids=" ".join,
)
def test_what_agrees_is_not_refused(args: list[str]) -> None:
    assert run(*args).exit_code == 0


LEFT_OUT = {
    ("compare", "--layers", "json"),  # it has them anyway
    ("formula", "--layers", "json"),
    ("time", "--layers", "json"),
    *(("list", "--long", format) for format in ("csv", "json", "tsv")),
    *(("fit", option, rows) for option in ("--reserve", "--fragmentation") for rows in ("csv", "tsv")),
    ("sweep", "--dtype", ""),  # it is for columns of bytes
}
"""Options that change nothing there, as they should; without a format: in any."""

CHANGING = {
    "table resnet18": """--depth 1;--columns params;--columns all;--shares;--train adam;--paths;--units M;
        --layout chw;--batch 3;--dtype float16;--notes""",
    "table resnet50": "--depth layers;--depth 1",
    "table googlenet --style cs231n": "--aux;--train adam;--paths;--batch 3;--dtype float16;--depth 1",
    "compare alexnet vgg16": "--base vgg16;--layers;--units M;--layout chw;--batch 3;--dtype float16;--notes",
    "list vgg": "--units M",
    "list": "--units M;--long;--family vgg;--year 2015:",
    "explain lenet5": "--batch 3;--dtype float16",
    "formula vgg16 --free size": "--layers;--depth 1;--no-assume;--python;--batch 3",
    "sweep resnet18 --set width=8:24:8": """--show macs;--where macs<1;--pareto params;--sort -params;--top 1;
        --batch 3;--dtype float16;--units M""",
    "time vgg16": """--device t4;--batch 3;--dtype float16;--layers;--no-tf32;--train;--framework graph;
        --launch 20;--layout nhwc""",
    "time vgg16 --batch 64": "--tf32",
    "time lenet5 --device h100": "--channels-last;--threads 2;--seconds 0.1;--peaks t4",
    "fit alexnet --device h100": "--train adam;--batch 3;--dtype float16",
    "fit alexnet --device t4 --train --batch 5000": "--reserve 0;--fragmentation 20;--relu copies",
    f"grade {ANSWERS} --key alexnet": "--exact;--no-biases;--reveal;--batch 3;--each x",
    "device": "--threads 2",
}


@pytest.mark.slow
@pytest.mark.parametrize("command", CHANGING)
def test_no_option_is_ignored_in_any_format(command: str) -> None:
    words = command.split()
    if words[0] in ("sweep", "formula"):
        pytest.importorskip({"sweep": "numpy", "formula": "sympy"}[words[0]])
    ignored = []
    for format in [""] if "--style" in words else formats.FORMATS:
        chosen = ["--format", format] if format else []
        plain = run(*words, *chosen)
        for option in CHANGING[command].split(";"):
            name = option.split()[0]
            done = run(*words, *option.split(), *chosen)
            if (done.exit_code, done.output) == (plain.exit_code, plain.output):
                ignored += [(words[0], name, format)]
    assert [one for one in ignored if not LEFT_OUT & {one, (*one[:2], "")}] == []


def test_the_formats_for_programs_are_those_of_the_rules() -> None:
    records = [f"--format {name}" for name in formats.FORMATS if formats.prints_records(name)]
    assert sorted(RECORDS) == records


def test_the_text_of_the_lectures_goes_to_a_text_file(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    assert run("table", "lenet5", "--style", "cs231n", "-o", str(path)).exit_code == 0
    assert "memory:" in path.read_text(encoding="utf-8")


def test_a_variable_or_a_default_is_not_typed() -> None:
    @click.command()
    @click.option("--a", envvar="A_OF_TEST")
    @click.option("--b", default="1")
    @click.option("--yes/--no")
    @excludes("--a", "--no", takes_no=("--b",), because="does it", instead="choose one")
    def command(a: str, b: str, yes: bool) -> None:
        """Do it."""

    def invoke(*args: str, **env: str) -> int:
        return CliRunner(env=env).invoke(command, args).exit_code

    assert invoke("--b", "2", A_OF_TEST="3") == 0
    assert invoke("--a", "3") == 0
    assert invoke("--yes", "--b", "1") == 0
    assert invoke("--a", "3", "--b", "1") == invoke("--no", "--b", "1") == 2


# --- an option that is given twice adds ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "option", "words"),
    [
        (["table", "lenet5"], "--columns", ["params", "macs"]),
        (["totals", "lenet5"], "--columns", ["params", "macs"]),
        (["list", "lenet5"], "--columns", ["params", "macs"]),
        (SWEEP, "--show", ["params", "macs"]),
        ([*SWEEP, "--show", "params,macs"], "--pareto", ["params", "max:macs"]),
        (["quiz", "lenet5"], "--blank", ["params", "macs"]),
        (["formula", "vgg16"], "--free", ["size", "classes"]),
    ],
)
def test_a_list_that_is_given_twice_is_one_list(args: list[str], option: str, words: list[str]) -> None:
    if args[0] == "sweep":
        pytest.importorskip("numpy")
    if args[0] == "formula":
        pytest.importorskip("sympy")
    once = run(*args, option, ",".join(words))
    twice = run(*args, *(part for word in words for part in (option, word)))
    assert once.exit_code == 0
    assert twice.stdout == once.stdout


def test_conditions_that_are_given_twice_must_both_hold() -> None:
    pytest.importorskip("numpy")
    both = run(*SWEEP, "--where", "width == 8 or width == 16", "--where", "width > 8", "--format", "csv")
    assert [line.split(",")[0] for line in both.stdout.splitlines()] == ["width", "16"]


# --- names that are empty, or those of another command -------------------------------------------------


@pytest.mark.parametrize(
    "args",
    [
        ["table", "lenet5", "-o", ""],
        ["schema", "-o", ""],
        ["check", "-o", ""],
        ["quiz", "lenet5", "--blank", "params", "-o", ""],
        ["quiz", "lenet5", "--blank", "params", "--key", ""],
        ["grade", ANSWERS, "--each", ""],
        ["device", "--devices", ""],
    ],
    ids=" ".join,
)
def test_an_empty_file_name_is_refused(args: list[str]) -> None:
    done = run(*args)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "the name of the file is empty" in done.stderr


@pytest.mark.parametrize(
    ("args", "right"),
    [([*SWEEP, "--columns", "macs"], "--show"), (["table", "lenet5", "--show", "macs"], "--columns")],
)
def test_the_word_of_another_command_is_corrected(args: list[str], right: str) -> None:
    done = run(*args)
    assert done.exit_code == 2
    assert f"Did you mean '{right}'?" in done.stderr
