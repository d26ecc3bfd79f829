"""Broken specs, each with the exact text that the user sees.

tests/language/bad/NAME.yaml holds the mistake, NAME.txt what is printed. ARCHCALC_GOLDEN=1 rewrites the
texts and docs/errors.md; read the difference before you keep it.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
import yaml
from helpers.docs_gallery import GALLERY, gallery

from archcalc.errors import EXCERPT_WIDTH, ArchcalcError, SpecError, printable
from archcalc.language.find import load, read_file
from archcalc.studies.analyze import analyze

BAD = Path(__file__).parent / "bad"
SPECS = sorted(BAD.glob("*.yaml"))
GOLDEN = bool(os.environ.get("ARCHCALC_GOLDEN"))

SLOW = {"block-exponential", "repeat-nested"}  # refused after much work

every_bad_spec = pytest.mark.parametrize(
    "path",
    [pytest.param(path, marks=[pytest.mark.slow] if path.stem in SLOW else []) for path in SPECS],
    ids=lambda path: path.stem,
)


@pytest.fixture(autouse=True)
def in_the_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths are printed as they were given: here, as bare file names."""
    monkeypatch.chdir(BAD)


@pytest.fixture(params=["libyaml", "without libyaml"])
def loader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """PyYAML with its loader in C, where it has one, and as it is installed without."""
    if request.param == "without libyaml":
        monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    return str(request.param)


both_loaders = pytest.mark.usefixtures("loader")


def judge(name: str) -> None:
    spec, variant = load(name, strict=False)
    analyze(spec.bind(variant, strict=False))


def refused(path: Path) -> ArchcalcError:
    with pytest.raises(ArchcalcError) as caught:
        judge(path.name)
    return caught.value


def test_there_are_bad_specs() -> None:
    assert len(SPECS) >= 50
    assert {path.stem for path in BAD.glob("*.txt")} == {path.stem for path in SPECS} or GOLDEN


@every_bad_spec
@both_loaders
def test_the_text_is_exactly_this(path: Path) -> None:
    printed = f"{refused(path)}\n"
    golden = path.with_suffix(".txt")
    if GOLDEN:
        golden.write_text(printed, encoding="utf-8", newline="")
    assert printed == golden.read_text(encoding="utf-8")


@every_bad_spec
def test_every_place_lies_inside_the_file(path: Path) -> None:
    error = refused(path)
    if not isinstance(error, SpecError):
        pytest.fail(f"{path.name} is refused without a place")
    for problem in error.problems:
        for mark in (problem.mark, *(place for _, place in problem.notes)):
            assert mark is not None
            assert 1 <= mark.line <= len(mark.source.lines)
            assert 1 <= mark.column <= len(mark.source.line(mark.line)) + 1


@every_bad_spec
def test_the_line_shown_is_the_line_of_the_file(path: Path) -> None:
    try:
        text = read_file(path.name).text
    except SpecError:  # not UTF-8
        text = path.read_bytes().decode("utf-8", "replace")
    lines = re.split("\r\n|[\n\r]", text)
    printed = str(refused(path)).splitlines()
    heads = [number for number, line in enumerate(printed) if line.startswith(f"{path.name}:")]
    assert heads
    for head in heads:
        place = re.match(r"[^:]+:(\d+):(\d+): ", printed[head])
        assert place, printed[head]
        line, column = int(place[1]), int(place[2])
        gutter, shown = printed[head + 1][:7], printed[head + 1][7:]
        assert gutter == f"{line:4d} | "
        written = printable(lines[line - 1])
        assert shown == written or (len(written) > EXCERPT_WIDTH and shown.strip("…") in written)
        caret = printed[head + 2]
        assert (caret[:7], caret[7:].strip()) == ("     | ", "^")
        if lines[line - 1].isascii() and len(lines[line - 1]) <= EXCERPT_WIDTH and written == lines[line - 1]:
            assert len(caret) - 7 == column


@every_bad_spec
def test_a_student_can_read_it(path: Path) -> None:
    error = refused(path)
    assert all(line.isprintable() for line in str(error).split("\n"))
    assert isinstance(error, SpecError)
    for problem in error.problems:
        words = f"{problem.message} {problem.hint}"
        assert problem.message
        assert problem.message[-1] not in ".\n"
        assert not re.search(r"None|Fraction|Error|object|\b(dict|tuple|str|int|repr|type)\b|\n", words), (
            words
        )
        assert len(words) <= 400


def test_the_gallery_is_fresh() -> None:
    if GOLDEN:
        GALLERY.write_text(gallery(), encoding="utf-8")
    assert GALLERY.read_text(encoding="utf-8") == gallery()
