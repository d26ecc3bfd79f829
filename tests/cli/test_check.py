"""archcalc lock and check as CI runs them: exit codes, and every format in a reader that we did not write."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

import pytest
from click.testing import CliRunner, Result
from helpers import console
from hypothesis import given
from hypothesis import strategies as st
from junitparser import JUnitXml
from markdown_it import MarkdownIt
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as SarifLog

from archcalc.cli import cli
from archcalc.render.check import report
from archcalc.render.formats import render
from archcalc.render.report import Page
from archcalc.render.writers import github, junit, sarif
from archcalc.results.check import BudgetResult, CheckReport, Difference, Kind, Place

NET = """\
name: net
input: [8, 8, 3]
layers:
  - {conv: 4, kernel: 3, pad: 1, then: relu, name: conv1}
  - {maxpool: 2, stride: 2, name: pool1}
  - {fc: 10, name: fc}
"""
FORMATS = ("text", "json", "github", "junit", "sarif", "markdown")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("specs").mkdir()
    Path("specs/net.yaml").write_text(NET)
    return tmp_path


def run(*args: str) -> Result:
    return CliRunner().invoke(cli, args, prog_name="archcalc")


def changed(before: str = "conv: 4", after: str = "conv: 5") -> None:
    """Lock the network, then change it."""
    assert run("lock").exit_code == 0
    Path("specs/net.yaml").write_text(NET.replace(before, after))


# --- exit codes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", FORMATS)
def test_0_if_all_is_as_locked_and_1_if_not(format: str) -> None:
    assert run("lock").exit_code == 0
    assert run("check", "--format", format).exit_code == 0
    assert run("check", "--format", format, "--max", "params=3").exit_code == 1
    changed()
    assert run("check", "--format", format).exit_code == 1


@pytest.mark.slow
def test_2_if_it_could_not_be_checked() -> None:
    def ends(*args: str) -> int:
        done = console.run(*args)
        assert "Traceback" not in done.stderr
        assert done.stdout == ""
        assert done.stderr
        return done.returncode

    assert ends("check") == 2
    Path("specs/archcalc.lock").write_text("{")
    assert ends("check") == 2
    assert ends("check", "--format", "jsno") == 2
    assert ends("check", "nowhere") == 2
    run("lock")
    assert ends("check", "--max", "parms=3") == 2
    assert ends("lock", "--check", "--set", "n=3") == 2
    Path("specs/net.yaml").write_text("name: net\ninput: [3]\n")
    assert ends("check") == 2
    assert ends("lock") == 2


def test_lock_check_is_check() -> None:
    changed()
    lock = Path("specs/archcalc.lock").read_bytes()
    one, other = run("lock", "--check"), run("check")
    assert (one.exit_code, one.output) == (other.exit_code, other.output)
    assert one.exit_code == 1
    assert Path("specs/archcalc.lock").read_bytes() == lock


def test_lock_says_what_it_did() -> None:
    assert run("lock").stdout == "specs/archcalc.lock: 1 network\n"
    assert run("lock").stdout == "specs/archcalc.lock: unchanged, 1 network\n"
    changed()
    assert run("lock").stdout == "specs/archcalc.lock: 1 network (1 changed)\n"


@pytest.mark.slow
@pytest.mark.parametrize("format", FORMATS)
def test_a_file_name_that_is_no_utf_8_is_told_in_every_format(format: str) -> None:
    path = os.fsdecode(b"specs/a\xff.yaml")
    try:
        os.rename("specs/net.yaml", path)
    except OSError:
        pytest.skip("a file system of Unicode names")
    run("lock")
    Path(path).write_text(NET.replace("conv: 4", "conv: 5"))
    env = {"PYTHONIOENCODING": "utf-8:strict", "GITHUB_STEP_SUMMARY": "summary.md"}
    done = console.run("check", "--format", format, env=env)
    assert (done.returncode, done.stderr) == (1, "")
    again = console.run("check", "--format", format, "-o", "found", env=env)
    assert (again.returncode, again.stderr) == (1, "")
    text = done.stdout
    assert Path("found").read_text(encoding="utf-8") == text
    if format == "json":
        assert json.loads(text)["differences"][0]["file"] == path
    else:
        assert {"sarif": "a%FF.yaml", "junit": "a?.yaml"}.get(format, r"a\udcff.yaml") in text.replace(
            "\\\\", "\\"
        )


# --- text ---------------------------------------------------------------------------------------------


def test_text_says_what_differs_and_nothing_else() -> None:
    changed()
    done = run("check")
    assert (
        done.stdout
        == """\
net (specs/net.yaml)

layer  quantity          locked    now  difference  percent  line
---------------------------------------------------------------------------------------
conv1  output             8x8x4  8x8x5           –        –  specs/net.yaml:4:6
conv1  params               112    140         +28   +25.0%  specs/net.yaml:4:6
conv1  macs               6,912  8,640      +1,728   +25.0%  specs/net.yaml:4:6
pool1  output             4x4x4  4x4x5           –        –  specs/net.yaml:4:6 (conv1)
fc     params               650    810        +160   +24.6%  specs/net.yaml:4:6 (conv1)
fc     macs                 640    800        +160   +25.0%  specs/net.yaml:4:6 (conv1)
total  params               762    950        +188   +24.7%  specs/net.yaml
total  macs               7,552  9,440      +1,888   +25.0%  specs/net.yaml
total  activations          586    730        +144   +24.6%  specs/net.yaml
total  peak_activations     448    512         +64   +14.3%  specs/net.yaml

1 network differs from the lock.
20 further differences implied by these are hidden; --format json shows all.
To accept the differences, run 'archcalc lock'. It does not change budgets.
"""
    )


def test_a_budget_names_its_margin() -> None:
    run("lock")
    Path("pyproject.toml").write_text('[tool.archcalc.budget]\n"n*" = {params = "0.7K", macs = "<= 8K"}\n')
    done = run("check")
    rows = [line.split("  ") for line in done.stdout.splitlines() if line.startswith("net ")]
    assert [[cell.strip() for cell in row if cell] for row in rows] == [
        ["net", "params <= 0.7K", "762", "700", "-62", "-8.9%", "exceeded", "pyproject.toml n*"],
        ["net", "macs <= 8K", "7,552", "8,000", "+448", "+5.6%", "ok", "pyproject.toml n*"],
    ]
    assert "1 budget exceeded." in done.stdout


@pytest.mark.parametrize(
    ("budget", "says"),
    [
        ("params <= 700", "762, 62 (8.9%) over 700"),
        ("params < 762", "762, 0 (0.0%) over 762"),
        ("params >= 800", "762, 38 (4.8%) short of 800"),
        ("params > 800", "762, 38 (4.8%) short of 800"),
        ("params == 800", "762, 38 (4.8%) off 800"),
        ("params == 700", "762, 62 (8.9%) off 700"),
    ],
)
def test_a_budget_says_on_which_side_it_is_missed(budget: str, says: str) -> None:
    run("lock")
    done = run("check", "--max", budget, "--format", "json")
    (found,) = json.loads(done.stdout)["budgets"]
    assert (found["ok"], found["margin"] <= 0, done.exit_code) == (False, True, 1)
    assert unescaped(run("check", "--max", budget, "--format", "github").stdout, "").endswith(
        f"{budget}: {says}\n"
    )


@pytest.mark.slow
def test_a_narrow_terminal_cuts_no_number() -> None:
    changed()
    for columns in (40, 60, 80, 200):
        text = console.on_terminal("check", columns=columns, code=1, NO_COLOR="1")
        shown = console.plain(text)
        assert "…" not in shown
        assert "8,640" in shown
        rows = [line for line in shown.splitlines() if re.match(" *(conv1|total) ", line)]
        assert rows
        assert max(map(len, rows)) <= columns
    assert "\x1b[3" not in text


def test_a_pipe_gets_no_colour() -> None:
    changed()
    done = console.run("check", env={"FORCE_COLOR": "1"})
    assert "\x1b" not in done.stdout
    assert "8,640" in done.stdout


# --- json ---------------------------------------------------------------------------------------------


def test_json_is_as_promised() -> None:
    changed()
    data = json.loads(run("check", "--format", "json", "--max", "params=700").stdout)
    assert {"differences", "budgets", "ok"} <= data.keys()
    assert data["ok"] is False
    assert {"spec", "layer", "quantity", "old", "new", "line"} <= data["differences"][0].keys()
    macs = next(one for one in data["differences"] if (one["layer"], one["quantity"]) == ("conv1", "macs"))
    assert (macs["spec"], macs["old"], macs["new"], macs["line"]) == ("net", 6912, 8640, 4)
    (budget,) = data["budgets"]
    assert (
        budget.items()
        >= {"spec": "net", "expression": "params <= 700", "value": 950, "limit": 700, "ok": False}.items()
    )
    assert budget["margin"] == -250


# --- junit, sarif -------------------------------------------------------------------------------------


def test_junit_is_read_by_junitparser() -> None:
    changed()
    Path("specs/other.yaml").write_text(NET.replace("name: net", "name: other"))
    run("lock", "specs/other.yaml")
    xml = JUnitXml.fromstring(run("check", "--format", "junit", "--max", "params=800").stdout.encode())
    lock, budgets = xml
    assert {case.name: len(case.result) for case in lock} == {"specs/net": 1, "specs/other": 0}
    # GitLab shows the text only, and one element of a case.
    sentences = [case.result[0].text.splitlines() for case in lock if case.result]
    assert [len(lines) for lines in sentences] == [10]
    assert all(re.match(r"specs/net\.yaml(:\d+:\d+)?: net ", line) for line in sentences[0])
    messages = {case.classname: [result.message for result in case.result] for case in budgets}
    assert messages == {"specs/net": ["net: params <= 800: 950, 150 (18.8%) over 800"], "specs/other": []}
    assert (lock.tests, lock.failures, lock.errors) == (2, 1, 0)


def test_sarif_is_read_by_the_model_of_its_schema() -> None:
    changed()
    text = run("check", "--format", "sarif", "--max", "params=700").stdout
    log = SarifLog.model_validate_json(text)
    (found,) = log.runs
    rules = {rule.id for rule in found.tool.driver.rules or []}
    results = found.results or []
    assert {result.ruleId for result in results} == rules == {"budget", "difference"}
    place = results[1].locations[0].physicalLocation
    assert (place.artifactLocation.uri, place.region.startLine) == ("specs/net.yaml", 4)
    run("lock")
    assert SarifLog.model_validate_json(run("check", "--format", "sarif").stdout).runs[0].results == []


# --- github -------------------------------------------------------------------------------------------


class Command(NamedTuple):
    name: str
    properties: dict[str, str]
    data: str


def command_of(line: str) -> Command | None:
    """A workflow command as GitHub's runner reads a line (ActionCommand, the second syntax), rule by rule."""
    found = re.match(r"\s*::(?P<info>.*?)::(?P<data>.*)\Z", line, re.DOTALL)
    if found is None:
        return None
    name, _, rest = found["info"].partition(" ")
    pairs = [one.split("=", 1) for one in rest.strip().split(",") if one]
    properties = {pair[0]: unescaped(pair[1], ":,") for pair in pairs if len(pair) == 2 and pair[1]}
    return Command(name, properties, unescaped(found["data"], ""))


def unescaped(text: str, more: str) -> str:
    for letter in ("\r", "\n", *more, "%"):
        text = text.replace(f"%{ord(letter):02X}", letter)
    return text


def test_github_commands_are_what_the_runner_reads() -> None:
    changed()
    lines = run("check", "--format", "github", "--max", "params=700").stdout.splitlines()
    commands = [command_of(line) for line in lines]
    assert commands[0] == Command(
        "error",
        {"file": "specs/net.yaml", "line": "1", "col": "1", "title": "archcalc budget"},
        "net: params <= 700: 950, 250 (35.7%) over 700",
    )
    assert all(one and one.name == "error" for one in commands)
    assert (
        Command(
            "error",
            {"file": "specs/net.yaml", "line": "4", "col": "6", "title": "archcalc macs"},
            "net conv1: macs 6,912 -> 8,640 (+1,728, +25.0%)",
        )
        in commands
    )


def test_github_is_told_that_all_is_well() -> None:
    run("lock")
    (line,) = run("check", "--format", "github").stdout.splitlines()
    assert command_of(line) == Command("notice", {"title": "archcalc"}, "1 network as locked")


def test_the_biggest_come_first_and_budgets_before_them() -> None:
    place = Place("net.yaml", 1, 1)
    grown = [Difference("changed", "net", f"l{n}", "macs", 100, 100 + n, place) for n in (1, -50, 30, 4)]
    grown.append(Difference("changed", "net", "from1", "macs", 1, 10**12, place))
    differences = (*grown, Difference("added", "net", "new", "output", None, (3,), place))
    budgets = tuple(
        BudgetResult("net", f"params <= {limit}", 100, "<=", limit, limit >= 100, place, "--max")
        for limit in (90, 10, 200)
    )
    commands = [
        command_of(line) for line in github.render(CheckReport((), differences, budgets)).splitlines()
    ]
    firsts = [one.data.split(":")[1 if one.data.startswith("net:") else 0].strip() for one in commands if one]
    assert firsts == [
        "params <= 10",
        "params <= 90",
        "net new",
        "net from1",
        "net l-50",
        "net l30",
        "net l4",
        "net l1",
    ]


def test_the_summary_is_a_markdown_table(monkeypatch: pytest.MonkeyPatch) -> None:
    changed()
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    Path("summary.md").write_text("# before\n\n")
    assert run("check", "--format", "github").exit_code == 1
    text = Path("summary.md").read_text(encoding="utf-8")
    assert text.startswith("# before\n\n### net")
    (table,) = tables(text)
    assert table[0] == ["layer", "quantity", "locked", "now", "difference", "percent", "line"]
    assert ["conv1", "macs", "6,912", "8,640", "+1,728", "+25.0%", "specs/net.yaml:4:6"] in table
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "no/such/folder")
    done = console.run("check", "--format", "github")
    assert (done.returncode, done.stderr) == (
        2,
        "archcalc: error: GITHUB_STEP_SUMMARY: No such file or directory\n",
    )
    assert run("check").exit_code == 1


@pytest.mark.slow
def test_a_summary_that_github_would_not_show_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    # GitHub Docs, Step isolation and limits: of more than 1 MiB nothing is shown.
    layers = "".join(f"  - {{fc: 8, name: l{n}}}\n" for n in range(6000))
    Path("specs/net.yaml").write_text(f"name: net\ninput: [8]\nlayers:\n{layers}")
    run("lock")
    Path("specs/net.yaml").write_text(f"name: net\ninput: [8]\nlayers:\n{layers.replace('fc: 8', 'fc: 9')}")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    assert run("check", "--format", "github").exit_code == 1
    text = Path("summary.md").read_text(encoding="utf-8")
    assert 1_000_000 < len(text.encode()) < 1024 * 1024
    (table,) = tables(text)
    whole = run("check", "--format", "markdown").stdout.splitlines()
    shown = text.splitlines()[:-2]
    assert shown == whole[: len(shown)]
    assert len(table) > 6000
    assert (
        text.splitlines()[-1]
        == f"1 network differs from the lock; {len(whole) - len(shown):,} more lines did not fit."
    )


def tables(text: str) -> list[list[list[str]]]:
    """The tables of a Markdown text as GitHub's dialect has them: rows of cells, tags left out."""
    found: list[list[list[str]]] = []
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(text)
    for token, inline in zip(tokens, [*tokens[1:], tokens[-1]], strict=True):
        if token.type == "table_open":
            found.append([])
        elif token.type == "tr_open":
            found[-1].append([])
        elif token.type in ("th_open", "td_open"):
            assert all(child.type in ("text", "text_special") for child in inline.children or []), (
                inline.content
            )
            found[-1][-1].append("".join(child.content for child in inline.children or []))
    return found


# --- hostile names ------------------------------------------------------------------------------------

nasty = st.text(
    st.sampled_from(list("ab|:,%=\\`*_<>[]{}()&\"'#~-+!$ \n\r\t\x1b\x00\u2028\x85")), min_size=1, max_size=12
) | st.sampled_from(
    ["::error::x", "<script>alert(1)</script>", "%0A::set-env name=x::y", "\x1b[31m", "a\n::stop::", "%25"]
)
kinds: tuple[Kind, ...] = ("changed", "added", "removed", "renamed", "new", "gone", "convention")
places = st.builds(Place, nasty, st.integers(0, 9), st.integers(1, 9))
figures = st.integers(0, 10**6) | st.none()
hostile = st.builds(
    CheckReport,
    st.lists(nasty, max_size=2).map(tuple),
    st.lists(
        st.builds(
            Difference, st.sampled_from(kinds), nasty, nasty, nasty, figures, figures, places, nasty, nasty
        ),
        min_size=1,
        max_size=3,
    ).map(tuple),
    st.lists(
        st.builds(
            BudgetResult,
            nasty,
            nasty,
            st.integers(1, 9),
            st.just("<="),
            st.integers(0, 9),
            st.booleans(),
            places,
            nasty,
        ),
        max_size=2,
    ).map(tuple),
)


@given(hostile)
def test_no_name_breaks_a_workflow_command(checked: CheckReport) -> None:
    lines = github.render(checked).removesuffix("\n").split("\n")
    commands = [command_of(line) for line in lines]
    assert "\r" not in "".join(lines)
    assert all(one is not None and one.name == "error" for one in commands)
    files = {one.place.file for one in (*checked.differences, *checked.budgets)}
    assert {one.properties.get("file", "") for one in commands if one} <= files
    assert {tuple(one.properties) for one in commands if one} <= {("file", "line", "col", "title")}


@given(hostile)
def test_no_name_breaks_sarif(checked: CheckReport) -> None:
    log = SarifLog.model_validate_json(sarif.render(checked))
    files = {one.place.file.replace("\\", "/") for one in (*checked.differences, *checked.budgets)}
    for result in log.runs[0].results or []:
        uri = result.locations[0].physicalLocation.artifactLocation.uri
        assert re.fullmatch(r"[A-Za-z0-9._~/%-]*", uri)
        assert unquote(uri) in files


@given(hostile)
def test_no_name_breaks_junit(checked: CheckReport) -> None:
    xml = JUnitXml.fromstring(junit.render(checked).encode())
    assert sum(len(suite) for suite in xml) >= len({one.network for one in checked.differences})


@given(hostile)
def test_no_name_breaks_a_markdown_table(checked: CheckReport) -> None:
    text = render("markdown", report(checked), Page())
    found = tables(text)
    assert len(found) == len({one.network for one in checked.differences}) + bool(checked.budgets)
    for table in found:
        assert {len(row) for row in table} == {len(table[0])}
    assert not any(
        token.type.startswith("html") for token in MarkdownIt("gfm-like", {"linkify": False}).parse(text)
    )


@given(hostile)
def test_no_name_drives_a_terminal(checked: CheckReport) -> None:
    for format in ("plain", "table"):
        text = render(format, report(checked), Page(80, False))
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f\x85]", text)


def test_hostile_files_and_networks() -> None:
    """What a file may be called, and what a lock may say, goes through every format."""
    name = "a,b:%0A::error::<b>|x.yaml"
    Path(f"specs/{name}").write_text(NET.replace("name: net", "name: other"))
    run("lock")
    Path(f"specs/{name}").write_text(NET.replace("name: net", "name: other").replace("fc: 10", "fc: 11"))
    lock = json.loads(Path("specs/archcalc.lock").read_text())
    lock["networks"]["<script>|::x"] = lock["networks"]["net"]
    Path("specs/archcalc.lock").write_text(json.dumps(lock))
    for format in FORMATS:
        done = run("check", "--format", format)
        assert done.exit_code == 1, format
        if format == "github":
            files = {one.properties["file"] for line in done.stdout.splitlines() if (one := command_of(line))}
            assert files == {f"specs/{name}", "specs/archcalc.lock"}
        elif format == "markdown":
            assert all(len({len(row) for row in table}) == 1 for table in tables(done.stdout))
