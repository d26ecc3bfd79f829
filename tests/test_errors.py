"""How a mistake is shown: places, excerpts, carets, hints."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import archcalc
from archcalc.errors import (
    EXCERPT_WIDTH,
    MAX_SHOWN,
    Mark,
    MissingPackage,
    Problem,
    Source,
    SpecError,
    did_you_mean,
    one_of,
    printable,
    short,
)


def at(text: str, line: int, column: int) -> Mark:
    return Mark(Source("net.yaml", text), line, column)


def test_a_problem_is_a_place_a_layer_a_sentence_and_the_way_out() -> None:
    mark = at("name: net\nlayers:\n  - {conv: 8, kernal: 3}\n", 3, 15)
    assert str(Problem("conv has no option 'kernal'", mark, "stem", "did you mean 'kernel'?")) == (
        "net.yaml:3:15: stem: conv has no option 'kernal' (did you mean 'kernel'?)\n"
        "   3 |   - {conv: 8, kernal: 3}\n"
        "     |               ^"
    )


def test_the_layer_is_not_named_twice() -> None:
    assert str(Problem("conv needs kernel", None, "conv")) == "conv needs kernel"
    assert str(Problem("conv needs kernel", None, "stem")) == "stem: conv needs kernel"


def test_a_long_path_keeps_its_end() -> None:
    shown = str(Problem("no", None, "/".join(["block"] * 50)))
    assert shown.endswith("/block/block: no")
    assert len(shown) == len("no") + 2 + 60


def test_notes_follow_and_are_cut_in_the_middle() -> None:
    mark = at("a\nb\n", 1, 1)
    notes = tuple((f"block '{n}' is used at", mark) for n in range(9))
    assert str(Problem("no", None, notes=notes)).splitlines() == [
        "no",
        "     = block '0' is used at net.yaml:1:1",
        "     = block '1' is used at net.yaml:1:1",
        "     = ... 5 more ...",
        "     = block '7' is used at net.yaml:1:1",
        "     = block '8' is used at net.yaml:1:1",
    ]


EXCERPTS = {
    "first column": ("abc", 1, "   1 | abc", "     | ^"),
    "behind the line": ("abc", 4, "   1 | abc", "     |    ^"),
    "tab": ("\tabc", 2, "   1 |  abc", "     |  ^"),
    "control character": ("\x1b[2J!", 5, "   1 | \\x1b[2J!", "     |        ^"),
    "wide letters": ("卷积 x", 4, "   1 | 卷积 x", "     |      ^"),
    "combining letters": ("e\u0301 x", 4, "   1 | e\u0301 x", "     |   ^"),
    "right to left": ("\u202eabc", 2, "   1 | \\u202eabc", "     |       ^"),
    "as long as it may be": ("x" * EXCERPT_WIDTH, 90, f"   1 | {'x' * EXCERPT_WIDTH}", f"     | {' ' * 89}^"),
}


@pytest.mark.parametrize(("text", "column", "line", "caret"), EXCERPTS.values(), ids=EXCERPTS)
def test_the_caret_stands_under_the_place(text: str, column: int, line: str, caret: str) -> None:
    assert at(text, 1, column).excerpt() == f"{line}\n{caret}"


def test_a_long_line_is_cut_around_the_place() -> None:
    line = "".join(f"{n:05d}" for n in range(100))
    excerpt = at(line, 1, 251).excerpt()
    shown, caret = excerpt.split("\n")
    assert shown == f"   1 | …{line[200:300]}…"
    assert shown[caret.index("^")] == line[250]
    assert at(line, 1, 1).excerpt().startswith(f"   1 | {line[:100]}…\n")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x85", "\u2028", "\u2029"])
def test_lines_end_where_yaml_ends_them(end: str) -> None:
    source = Source("net.yaml", f"one{end}two{end}")
    assert [source.line(number) for number in (1, 2, 3, 4)] == ["one", "two", "", ""]
    assert (source.mark(3 + len(end)).line, source.mark(3 + len(end)).column) == (2, 1)


@given(st.text(alphabet="ab\n\r\x85", max_size=30), st.integers(0, 29))
def test_a_place_points_at_its_character(text: str, offset: int) -> None:
    source = Source("net.yaml", text)
    if offset < len(text) and text[offset] in "ab":
        mark = source.mark(offset)
        assert source.line(mark.line)[mark.column - 1] == text[offset]


@given(st.text(), st.integers(1, 200))
def test_no_text_drives_the_terminal(text: str, column: int) -> None:
    for line in at(text, 1, column).excerpt().split("\n"):
        assert line.isprintable()
    problem = Problem(text, at(text, 1, column), text, text, ((text, at(text, 1, 1)),), (text,))
    assert all(line.isprintable() for line in str(problem).split("\n"))


def test_problems_stand_in_the_order_of_the_file() -> None:
    text = "a\nb\nc\n"
    error = SpecError([Problem("third", at(text, 3, 1)), Problem("first"), Problem("second", at(text, 2, 1))])
    assert [problem.message for problem in error.problems] == ["first", "second", "third"]


def test_one_mistake_met_twice_is_told_once() -> None:
    source = Source("net.yaml", "a")
    problems = [
        Problem("no", Mark(source, 1, 1), where) for where in ("a/conv1", "a/conv1", "b/conv1", "c/conv1")
    ]
    (problem,) = SpecError(problems).problems
    assert str(problem).splitlines()[-1] == "     = also in b/conv1 and 1 more"
    assert (
        len(SpecError([Problem("no", Mark(source, 1, 1)), Problem("no", Mark(source, 1, 2))]).problems) == 2
    )


def test_only_so_many_problems_are_shown() -> None:
    error = SpecError(Problem(f"problem {n}") for n in range(MAX_SHOWN + 3))
    assert str(error).splitlines()[-2:] == [f"problem {MAX_SHOWN - 1}", "... and 3 more"]


HINTS = {
    "close": ("kernal", ["kernel", "stride"], "did you mean 'kernel'?"),
    "other case": ("RELU", ["relu", "tanh"], "did you mean 'relu'?"),
    "few": ("xyz", ["b", "a"], "known: a, b"),
    "none": ("xyz", [], ""),
    "too many to list": ("xyz", [f"name{n}" for n in range(50)], ""),
    "too many to compare": ("name1", [f"name{n}" for n in range(1001)], ""),
    "too long to compare": ("a" * 81, ["a" * 80] * 3, ""),
    "no space after the colon": ("conv:8", ["conv"], "put a space after the colon: 'conv: 8'"),
}


@pytest.mark.parametrize(("word", "known", "hint"), HINTS.values(), ids=HINTS)
def test_did_you_mean(word: str, known: list[str], hint: str) -> None:
    assert did_you_mean(word, known) == hint


def test_small_words() -> None:
    assert one_of(["a"]) == "a"
    assert one_of(["a", "b", "c"]) == "a, b or c"
    assert printable("a\tb\x1b\n") == "a b\\x1b\\n"
    assert short("abcdef", 3) == "abc…"
    assert short("abc", 3) == "abc"


def test_a_missing_package_is_named_for_every_installer() -> None:
    error = MissingPackage("formula", "sympy", "SymPy")
    assert error.package == "sympy"
    assert str(error) == (
        "formula needs SymPy. Install it where archcalc is installed: pip install sympy "
        "(with pipx: pipx inject archcalc sympy; with uvx: uvx --with sympy archcalc ...)"
    )
    assert str(MissingPackage("a file", "pyarrow")).startswith("a file needs pyarrow. ")


def test_the_words_about_a_missing_package_stand_in_one_place() -> None:
    package = Path(archcalc.__file__).parent
    texts = {path: path.read_text(encoding="utf-8") for path in package.rglob("*.py")}
    assert [path.name for path, text in texts.items() if "pip install" in text] == ["errors.py"]
