"""archcalc grade as a teaching assistant runs it: files, classes, formats, exit codes."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
import unittest
from pathlib import Path

import pytest
from helpers import console
from junitparser import JUnitXml

from archcalc.classroom.batch import mistake_ids

RIGHT = "conv1: {output: 55x55x96, params: 34944}\n"
WRONG = "conv1: {output: 54x54x96, params: 34848}\npool1: {output: 26x26x96}\n"


def run(*args: str, stdin: str = "", cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return console.run("grade", *args, stdin=stdin, cwd=cwd)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A class with every kind of student."""
    made = tmp_path / "class"
    made.mkdir()
    (made / "ada.yaml").write_text(RIGHT)
    (made / "bob.csv").write_text("layer,output,params\nconv1,54x54x96,34848\npool1,26x26x96,0\n")
    (made / "broken.yaml").write_text("conv1: {output: [55\n")
    (made / "binary.txt").write_bytes(bytes(range(256)) * 10)
    (made / "empty.md").write_text("")
    (made / "deep.json").write_text("[" * 50_000)
    (made / "huge.txt").write_text("x" * 3_000_000)
    (made / ".hidden").write_text(WRONG)
    (made / "eve").mkdir()
    (made / "eve" / "answers.md").write_text("| layer | output |\n|---|---|\n| conv1 | 55x55x96 |\n")
    (made / "link.yaml").symlink_to("/etc/passwd")
    return made


# --- one submission ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code"), [(RIGHT, 0), (WRONG, 1), ("conv9: {output: 1x1x1}", 1), ("nothing", 2)]
)
def test_exit_codes(text: str, code: int, tmp_path: Path) -> None:
    (tmp_path / "answers.yaml").write_text(text)
    done = run("answers.yaml", "--key", "alexnet", cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["nowhere.yaml", "--key", "alexnet"], "does not exist"),
        (["-", "--key", "alexnot"], "unknown network 'alexnot' (did you mean 'alexnet'?)"),
        (["-", "--key", "alexnet", "--rubric", "nowhere.yaml"], "does not exist"),
        (["-", "--key", "alexnet", "--format", "gradscope"], "Did you mean 'gradescope'?"),
        (["-", "--key", "alexnet", "--set", "size=224"], "conv1: the window does not fit"),
        (["-"], "no answers found"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_usage_is_a_sentence(args: list[str], says: str) -> None:
    done = run(*args)
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stdout == ""


def test_standard_input_and_the_hint_without_the_answer() -> None:
    done = run("-", "--key", "alexnet", stdin=WRONG)
    assert "conv1 params  The biases are missing" in done.stdout
    assert "weights = F·F·D1·K" in done.stdout
    assert "34,944" not in done.stdout
    shown = run("-", "--key", "alexnet", "--reveal", stdin=WRONG).stdout
    assert "params = weights + biases = 34848 + 96 = 34,944" in shown


def test_a_spec_of_ones_own_and_settings() -> None:
    # With these roundings (224 - 11)/4 + 1 = 54.25 is 54.
    done = run("-", "--key", "alexnet", "--set", "size=224", "--set", "rounding=floor", stdin=WRONG)
    assert "conv1  output    54x54x96  right" in done.stdout


def test_json_is_the_contract() -> None:
    answer = json.loads(run("-", "--key", "alexnet", "--format", "json", stdin=WRONG).stdout)
    assert {"key", "score", "max_score", "cells", "unread"} <= set(answer)
    assert [cell["verdict"] for cell in answer["cells"]] == ["wrong", "wrong", "carried"]
    assert answer["cells"][1]["diagnosis"][0]["mistake"] == "forgot-bias"
    assert "expected" not in answer["cells"][0]
    assert (answer["score"], answer["max_score"]) == (1, 3)


def test_csv_has_a_row_for_every_cell() -> None:
    rows = list(
        csv.DictReader(io.StringIO(run("-", "--key", "alexnet", "--format", "csv", stdin=WRONG).stdout))
    )
    assert [(row["layer"], row["points"], row["max_points"]) for row in rows] == [
        ("conv1", "0", "1"),
        ("conv1", "0", "1"),
        ("pool1", "1", "1"),
    ]


def test_points_of_cells_add_up_in_every_format() -> None:
    shown = run("-", "--key", "alexnet", stdin=WRONG).stdout
    total, most = re.findall(r": (\S+) of (\S+) points", shown)[0]
    cells = re.findall(r"(?:wrong|right|carried) +(\d+) +(\d+)  ", shown)
    assert (sum(int(got) for got, _ in cells), sum(int(of) for _, of in cells)) == (int(total), int(most))


# --- machine formats, read by programs that we did not write ---------------------------------------------


def test_junit_is_read_by_junitparser(tmp_path: Path) -> None:
    path = tmp_path / "grade.xml"
    run("-", "--key", "alexnet", "--format", "junit", "-o", str(path), stdin=WRONG)
    (suite,) = JUnitXml.fromfile(str(path))
    assert (suite.tests, suite.failures, suite.errors) == (3, 2, 0)
    failed = [case for case in suite if not case.is_passed]
    assert [(case.classname, case.name, case.result[0].type) for case in failed] == [
        ("conv1", "output", "forgot-plus-one"),
        ("conv1", "params", "forgot-bias"),
    ]


def test_gradescope_has_the_keys_of_its_own_runner(tmp_path: Path) -> None:
    utils = pytest.importorskip(
        "gradescope_utils.autograder_utils.json_test_runner", reason="gradescope-utils absent"
    )
    decorators = pytest.importorskip("gradescope_utils.autograder_utils.decorators")

    class Cases(unittest.TestCase):
        @decorators.weight(1)
        @decorators.number("1")
        @decorators.visibility("visible")
        @decorators.tags("a")
        def test_one(self) -> None:
            raise AssertionError("wrong")

    stream = io.StringIO()
    utils.JSONTestRunner(stream=stream, buffer=True, visibility="visible").run(
        unittest.defaultTestLoader.loadTestsFromTestCase(Cases)
    )
    theirs = json.loads(stream.getvalue())
    done = run("-", "--key", "alexnet", "--format", "gradescope", stdin=WRONG)
    ours = json.loads(done.stdout)
    assert set(theirs) - {"execution_time", "score", "leaderboard"} <= set(ours)
    for test in ours["tests"]:
        assert set(theirs["tests"][0]) <= set(test)
        for key, value in theirs["tests"][0].items():
            assert isinstance(test[key], (int, float) if isinstance(value, int) else type(value)), key
    assert sum(test["score"] for test in ours["tests"]) == 1
    assert {test["status"] for test in ours["tests"]} == {"passed", "failed"}


# --- a class ------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_broken_file_never_stops_the_class(folder: Path) -> None:
    done = run(str(folder), "--key", "alexnet", "--format", "json")
    assert done.returncode == 2
    assert done.stderr == ""
    students = {one["name"]: one for one in json.loads(done.stdout)["submissions"]}
    assert set(students) == {"ada", "bob", "broken", "binary", "empty", "deep", "huge", "eve", "link"}
    assert {name for name, one in students.items() if "error" in one} == {
        "broken",
        "binary",
        "empty",
        "deep",
        "huge",
        "link",
    }
    assert students["link"]["error"].endswith("links are not followed")
    assert (students["ada"]["score"], students["bob"]["score"], students["eve"]["score"]) == (2, 2, 1)


@pytest.mark.slow
def test_a_class_in_print(folder: Path) -> None:
    shown = run(str(folder), "--key", "alexnet").stdout
    assert shown.startswith("9 submissions against alexnet\n")
    # Bob was asked pool1 too, so Ada is.
    assert re.search(r"^ada +2 +4 +2 +0 +0 +2 +0$", shown, re.MULTILINE)
    assert re.search(r"^binary +0 +4 +0 +0 +0 +0 +4 +check by hand$", shown, re.MULTILINE)
    assert re.search(r"^conv1 +params +2 +1 +50\.0% +forgot-bias +1$", shown, re.MULTILINE)
    assert "empty: " in shown
    assert "\x1b" not in shown


@pytest.mark.slow
def test_feedback_for_every_student(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "feedback"
    done = run(str(folder), "--key", "alexnet", "--each", str(out))
    assert done.stdout.startswith("9 submissions")
    assert sorted(path.name for path in out.iterdir()) == sorted(
        f"{name}.md" for name in ("ada", "bob", "broken", "binary", "empty", "deep", "huge", "eve", "link")
    )
    assert "The biases are missing" in (out / "bob.md").read_text(encoding="utf-8")
    run(str(folder), "--key", "alexnet", "--each", str(out), "--format", "gradescope")
    assert json.loads((out / "empty.json").read_text())["score"] == 0


def test_students_whose_names_are_paths_stay_in_the_folder(tmp_path: Path) -> None:
    made = tmp_path / "class"
    made.mkdir()
    for name in ("..yaml", "a b.yaml", "A B.yaml", "ü.yaml", "-rf.yaml"):
        (made / name).write_text(RIGHT)
    out = tmp_path / "out"
    run(str(made), "--key", "alexnet", "--each", str(out))
    written = sorted(path.name for path in out.iterdir())
    assert len(written) == len({name.lower() for name in written}) == 4  # one begins with a dot
    assert sorted(path.name for path in tmp_path.iterdir()) == ["class", "out"]


@pytest.mark.slow
def test_all_that_a_class_needs_at_once(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "returned"
    done = run(str(folder), "--key", "alexnet", "--return", str(out))
    assert (done.returncode, done.stderr) == (2, "")
    assert done.stdout.startswith("9 submissions")
    files = {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()}
    students = ("ada", "bob", "broken", "binary", "empty", "deep", "huge", "eve", "link")
    feedback = {f"feedback/{name}{ending}" for name in students for ending in (".md", ".html")}
    assert files == {"grades.csv", "class.md", "class.html", *feedback}
    rows = list(csv.DictReader(io.StringIO((out / "grades.csv").read_text(encoding="utf-8"))))
    assert [row["Student"] for row in rows] == sorted(students)
    assert "Mistakes, the most common first" in (out / "class.md").read_text(encoding="utf-8")
    for name in ("broken", "huge"):
        # A sentence for the student, without the lines that show the place.
        text = (out / "feedback" / f"{name}.md").read_text(encoding="utf-8")
        assert re.search(rf"^- Nothing was graded: {name}\.", text, re.MULTILINE)
        assert "^" not in text
        assert str(tmp_path) not in text


def test_the_one_file_of_a_folder_is_the_submission(tmp_path: Path) -> None:
    (tmp_path / "submission" / "unpacked").mkdir(parents=True)
    (tmp_path / "submission" / "unpacked" / "my answers.txt").write_text(RIGHT)
    results = tmp_path / "results.json"
    args = ("--key", "alexnet", "--format", "gradescope", "-o", str(results))
    done = run(str(tmp_path / "submission"), *args)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    answer = json.loads(results.read_text(encoding="utf-8"))
    assert answer["output"] == "my answers.txt against alexnet: 2 of 2 points"
    assert answer["score"] == 2


def test_an_autograder_says_what_to_do_with_it(tmp_path: Path) -> None:
    (tmp_path / "rubric.yaml").write_text("ask: [params]\nof: [conv1, fc6]\ntotal: 12.5\n")
    done = run("--key", "alexnet", "--rubric", "rubric.yaml", "--autograder", "hw.zip", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("hw.zip: an autograder with 2 questions, 12.5 points in all.\n")
    assert (tmp_path / "hw.zip").read_bytes().startswith(b"PK")


@pytest.mark.slow
def test_gradescope_takes_one_submission(folder: Path) -> None:
    done = run(str(folder), "--key", "alexnet", "--format", "gradescope")
    assert done.returncode == 2
    assert "--each FOLDER" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("format", ["gradescope", "junit", "json"])
def test_whoever_waits_for_a_file_finds_there_why_nothing_was_graded(format: str, tmp_path: Path) -> None:
    (tmp_path / "hw.pdf").write_bytes(b"%PDF-1.7\n")
    done = run("hw.pdf", "--key", "alexnet", "--format", format, "-o", "results", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "this is a PDF" in done.stderr
    made = tmp_path / "results"
    assert made.exists() == (format != "json")
    if made.exists():
        assert "this is a PDF" in made.read_text(encoding="utf-8")
    if format == "gradescope":
        assert json.loads(made.read_text(encoding="utf-8"))["score"] == 0


@pytest.mark.slow
def test_a_key_that_is_none_costs_no_student_his_points(tmp_path: Path) -> None:
    (tmp_path / "hw.yaml").write_text("conv1: {params: 34944}\n")
    done = run("hw.yaml", "--key", "nope", "--format", "gradescope", "-o", "results", cwd=tmp_path)
    assert (done.returncode, sorted(path.name for path in tmp_path.iterdir())) == (2, ["hw.yaml"])


def test_an_empty_folder(tmp_path: Path) -> None:
    done = run(str(tmp_path), "--key", "alexnet")
    assert (done.returncode, done.stdout) == (2, "")
    assert "no submissions in this folder" in done.stderr


@pytest.mark.slow
def test_the_junit_of_a_class_has_a_suite_for_each(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "class.xml"
    run(str(folder), "--key", "alexnet", "--format", "junit", "-o", str(path))
    suites = {suite.name: suite for suite in JUnitXml.fromfile(str(path))}
    assert len(suites) == 9
    assert suites["binary"].errors == 1
    # Questions that others have answered, and she has not.
    assert [case.name for case in suites["ada"] if not case.is_passed] == ["output", "params"]
    assert suites["ada"].failures == 2


def test_nobody_is_left_out_of_a_class(tmp_path: Path) -> None:
    made = tmp_path / "class"
    (made / "empty").mkdir(parents=True)
    (made / "deep" / "er").mkdir(parents=True)
    (made / "deep" / "er" / "answers.yaml").write_text(RIGHT)
    (made / "linked").mkdir()
    (made / "linked" / "answers.yaml").symlink_to("/etc/passwd")
    os.mkfifo(made / "pipe.yaml")
    (made / "ada.yaml").write_text(RIGHT)
    (made / "Ada.csv").write_text("layer,params\nconv1,34848\n")
    (made / "bob.yaml").write_text(RIGHT)
    done = run(str(made), "--key", "alexnet", "--format", "json")
    assert (done.returncode, done.stderr) == (2, "")
    students = {one["name"]: one.get("error", "") for one in json.loads(done.stdout)["submissions"]}
    assert {name: error.rpartition(": ")[2] for name, error in students.items()} == {
        "Ada.csv": "",
        "ada.yaml": "",
        "bob": "",
        "deep": "no file in this folder",
        "empty": "no file in this folder",
        "linked": "links are not followed",
        "pipe": "not a regular file",
    }


def test_settings_without_a_key_are_not_ignored() -> None:
    done = run("-", "--set", "size=224", stdin="[227x227x3] INPUT\n")
    assert done.returncode == 2
    assert "--set changes the network of --key; name it with --key" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("format", ["json", "csv", "markdown", "gradescope", "junit"])
def test_no_format_tells_what_a_slide_should_say(format: str, tmp_path: Path) -> None:
    (tmp_path / "slide.txt").write_text(
        "[224x224x3] INPUT\n[55x55x96] CONV1: 96 11x11 filters at stride 4, pad 0\n"
    )
    shown = run("slide.txt", "--no-reveal", "--format", format, cwd=tmp_path).stdout
    assert "CONV1" in shown
    assert "54" not in shown


# --- the list of mistakes --------------------------------------------------------------------------------


def test_every_mistake_that_can_be_named_is_listed() -> None:
    listed = dict(line.split(None, 1) for line in run("--mistakes").stdout.splitlines())
    assert list(listed) == list(mistake_ids())
    assert all(says.endswith(".") for says in listed.values())


# --- worksheets ------------------------------------------------------------------------------------------


BLANKS = {".md": r"____(?!_)", ".tex": r"(?<=\\underline\{)\\hspace\{6em\}", ".html": r'(?<=")(?=>)'}
"""What is written into, by the ending of a worksheet."""


def filled(worksheet: str, key: str, ending: str) -> str:
    """A worksheet with the figures of its key in the blanks: both have the same table."""
    figures = iter(_blanks(_cells(worksheet, ending), _cells(key, ending)))
    table, rest = worksheet[worksheet.index("layer") :], worksheet[: worksheet.index("layer")]
    typed = ' value="{}"' if ending == ".html" else "{}"
    return rest + re.sub(BLANKS[ending], lambda _: typed.format(next(figures)), table)


def _cells(text: str, ending: str) -> list[str]:
    """The texts of a table's cells, row by row."""
    between = {".md": r"\||\n", ".tex": r" & | \\\\\n", ".html": r"</?t[dh][^>]*>"}[ending]
    end = {".md": r"\n\n", ".tex": r"\n\n(?:Key:|\\subsection\*\{How)", ".html": "</table>"}[ending]
    table = re.split(end, text[text.index("layer") :])[0]
    return [cell.strip() for cell in re.split(between, table)]


def _blanks(asked: list[str], known: list[str]) -> list[str]:
    return [answer for blank, answer in zip(asked, known, strict=True) if blank != answer]


@pytest.mark.slow
@pytest.mark.parametrize("ending", BLANKS)
@pytest.mark.parametrize("network", ["lenet5", "alexnet", "resnet18"])
def test_a_class_with_worksheets_of_its_own(network: str, ending: str, tmp_path: Path) -> None:
    sheets, answers = tmp_path / "sheets", tmp_path / "answers"
    form = {".md": "markdown", ".tex": "latex", ".html": "html"}[ending]
    asked = ["--blank", "output,params,macs", "--share", "50%", "--vary", "--students", "3"]
    assert console.run("quiz", network, *asked, "--format", form, "-o", str(sheets)).returncode == 0
    answers.mkdir()
    for name in ("student-1", "student-2", "student-3"):
        sheet = (sheets / f"{name}{ending}").read_text()
        key = (sheets / "keys" / f"{name}-key{ending}").read_text()
        assert re.search(BLANKS[ending], sheet)
        (answers / f"{name}{ending}").write_text(sheet if name == "student-3" else filled(sheet, key, ending))
    done = run(str(answers), "--key", str(sheets), "--format", "json")
    assert done.returncode == 1
    one, two, three = json.loads(done.stdout)["submissions"]
    assert one["score"] == one["max_score"] > 0
    assert two["score"] == two["max_score"] > 0
    assert (three["score"], three["max_score"] > 0) == (0, True)
    assert {cell["verdict"] for cell in three["cells"] if cell["max_points"]} == {"missing"}


def test_a_student_without_a_key(folder: Path, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.mkdir()
    (keys / "ada.yaml").write_text(
        "name: net\ninput: [227, 227, 3]\nlayers:\n  - {conv: 96, kernel: 11, stride: 4, name: conv1}\n"
    )
    shown = run(str(folder), "--key", str(keys)).stdout
    assert "against networks of their own" in shown
    assert re.search(r"^ada +2 +2 ", shown, re.MULTILINE)
    assert "bob: " in shown
    assert "no key for this student" in shown


# --- on a terminal ---------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("columns", [40, 60, 80, 120])
def test_it_fits_the_terminal(columns: int, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(WRONG)
    shown = console.plain(
        console.on_terminal("grade", str(tmp_path / "a.yaml"), "--key", "alexnet", columns=columns, code=1)
    )
    title, *lines = shown.splitlines()
    assert "1 of 3 points" in " ".join([title, *lines])
    assert max(map(len, lines)) <= columns


def test_a_class_without_a_key_is_told_to_name_one(tmp_path: Path) -> None:
    (tmp_path / "ada.yaml").write_text(RIGHT)
    (tmp_path / "bob.yaml").write_text(WRONG)
    ended = run(str(tmp_path))
    assert ended.returncode == 2
    assert "name one with --key" in ended.stderr
    (tmp_path / "bob.yaml").write_text(
        "[227x227x3] INPUT\n[55x55x96] CONV1: 96 11x11 filters at stride 4, pad 0\n"
    )
    assert "name one with --key" not in run(str(tmp_path)).stderr
