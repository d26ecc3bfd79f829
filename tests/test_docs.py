"""The docs are executed: console blocks are compared with what the commands print, Python blocks are run.

ARCHCALC_GOLDEN=1 rewrites the console blocks and the generated pages; look at the diff afterwards.
"""

from __future__ import annotations

import doctest
import os
import re
import shlex
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from helpers.man_page import PAGE, man_page
from helpers.marks import slow_except
from helpers.tools_section import tools_section

from archcalc.classroom.mistakes import MISTAKES
from archcalc.ops import OPS
from archcalc.render import manual

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
CONSOLE = re.compile(r"```console\n(.*?)```", re.DOTALL)
GOLDEN = bool(os.environ.get("ARCHCALC_GOLDEN"))


def printed_by(line: str) -> str:
    """What a ``$ archcalc ...`` line prints, both streams, from the root of the checkout."""
    name, *args = shlex.split(line.removeprefix("$ "))
    assert name == "archcalc", line
    done = subprocess.run(
        [sys.executable, "-m", "archcalc", *args],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    return f"{line}\n{done.stdout}"


def run_block(block: str) -> str:
    if "torch:" in block and find_spec("torch") is None:
        return block  # the rest of the page is compared all the same
    lines = [line for line in block.splitlines() if line.startswith("$ ")]
    return "\n".join(printed_by(line) for line in lines)


def with_console_blocks(path: Path) -> list[str]:
    return CONSOLE.findall(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "path",
    slow_except({"quiz.md"}, [path for path in PAGES if with_console_blocks(path)], lambda path: path.name),
    ids=lambda path: path.name,
)
def test_console_blocks_are_what_the_commands_print(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    fresh = CONSOLE.sub(lambda found: f"```console\n{run_block(found.group(1))}```", text)
    if GOLDEN:
        path.write_text(fresh, encoding="utf-8")
    assert text == fresh or GOLDEN


def test_readme_has_console_blocks() -> None:
    assert len(with_console_blocks(ROOT / "README.md")) >= 5


SCREEN = 55
"""Lines of a screen: a page on a monitor, a tall terminal."""


def test_the_readme_fits_on_three_screens() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 3 * SCREEN


def first_commands() -> list[str]:
    """The commands that README lists for the first try, without their comments."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.findall(r"^(archcalc .*?) +#", text, re.MULTILINE)


def test_the_first_screen_has_ten_commands() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(first_commands()) >= 10
    assert text[: text.index(first_commands()[-1])].count("\n") < SCREEN


@pytest.mark.parametrize("line", first_commands())
def test_a_first_command_answers(line: str) -> None:
    name, *args = shlex.split(line)
    assert name == "archcalc"
    done = subprocess.run([sys.executable, "-m", name, *args], cwd=ROOT, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout


def test_the_readme_and_the_index_lead_to_every_page() -> None:
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    pages = {path.name for path in PAGES} - {"index.md"}
    assert {name for name in pages if f"({name})" not in index and f"(../{name})" not in index} == set()
    assert "(docs/index.md)" in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_python_examples_run(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if "examples.small_net" in path.read_text(encoding="utf-8"):
        pytest.importorskip("torch")
    monkeypatch.chdir(ROOT)
    results = doctest.testfile(str(path), module_relative=False)
    assert results.failed == 0


def test_the_readme_shows_the_example_file_as_it_is() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert (ROOT / "examples" / "tiny.yaml").read_text(encoding="utf-8") in readme


def test_the_page_of_the_ops_is_fresh() -> None:
    path = ROOT / "docs" / "ops.md"
    if GOLDEN:
        path.write_text(manual.markdown(), encoding="utf-8")
    assert path.read_text(encoding="utf-8") == manual.markdown()


def test_the_manual_page_is_fresh() -> None:
    path = ROOT / "docs" / PAGE
    if GOLDEN:
        path.write_text(man_page(), encoding="utf-8")
    assert path.read_text(encoding="utf-8") == man_page()


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_the_manual_page_can_be_read() -> None:
    path = ROOT / "docs" / PAGE
    done = subprocess.run(
        ["groff", "-man", "-ww", "-Tutf8", "-rLL=80n", str(path)], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    for name in ("archcalc table vgg16", "--columns", "EXIT STATUS", "ARCHCALC_SPECS"):
        assert name in re.sub(r"\x1b\[[0-9;]*m|.\x08", "", done.stdout)


TOOLS_SECTION = re.compile(r"(<!-- tools -->\n).*?(?=<!-- end -->)", re.DOTALL)


def test_the_section_about_tools_is_fresh() -> None:
    path = ROOT / "docs" / "conventions.md"
    text = path.read_text(encoding="utf-8")
    fresh = TOOLS_SECTION.sub(lambda found: f"{found[1]}\n{tools_section()}", text)
    if GOLDEN:
        path.write_text(fresh, encoding="utf-8")
    assert text == fresh or GOLDEN


MISTAKES_TABLE = re.compile(r"(<!-- mistakes -->\n).*?(?=\n<!-- end -->)", re.DOTALL)


def test_the_table_of_mistakes_is_fresh() -> None:
    path = ROOT / "docs" / "grading.md"
    rows = [
        f"| `{one.id}` | {', '.join(one.quantities)} | {one.sentence.format(about='...')} |"
        for one in MISTAKES
    ]
    table = "\n".join(["| mistake | affects | message to the student |", "|---|---|---|", *rows])
    text = path.read_text(encoding="utf-8")
    fresh = MISTAKES_TABLE.sub(lambda found: found[1] + table, text)
    if GOLDEN:
        path.write_text(fresh, encoding="utf-8")
    assert table in text or GOLDEN


@pytest.mark.parametrize("name", ["rubric.yaml"])
def test_an_example_stands_in_its_page_as_it_is(name: str) -> None:
    assert (ROOT / "examples" / name).read_text(encoding="utf-8") in (ROOT / "docs" / "grading.md").read_text(
        "utf-8"
    )


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (path.parent / target).exists(), f"{path.name}: {target}"


@pytest.mark.parametrize("name", OPS)
def test_every_op_has_a_manual(name: str) -> None:
    text = manual.one_op(name, 80)
    assert text.startswith(f"{name}: ")
    assert "Source: " in text
    assert max(map(len, text.splitlines())) <= 100
    assert ">>>" not in text
