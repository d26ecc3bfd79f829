"""YAML text -> located nodes: what is read, what is refused, and that every node keeps its place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archcalc.errors import ArchcalcError, Problem, Source, SpecError
from archcalc.language.compose import MAX_DEPTH, MAX_NODES, read_nodes
from archcalc.language.find import read_file
from archcalc.language.nodes import MAX_BYTES, Map, Node, Scalar, Seq


def plain(node: Node) -> Any:
    if isinstance(node, Seq):
        return [plain(item) for item in node.items]
    if isinstance(node, Map):
        return {key: plain(entry.value) for key, entry in node.entries.items()}
    return node.value


def read_text(text: str) -> tuple[Node, list[Problem]]:
    problems: list[Problem] = []
    return read_nodes(Source("net.yaml", text), problems), problems


ACCEPTED = {
    "3": 3,
    "-3": -3,
    "+3": 3,
    "0": 0,
    "1.5": "1.5",
    "1e3": "1e3",
    "relu": "relu",
    "3x3": "3x3",
    "true": True,
    "false": False,
    "True": "True",
    "null": None,
    "~": None,
    "Null": "Null",
    "a:": {"a": None},
    "'3'": "3",
    '"true"': "true",
    "'yes'": "yes",
    '"010"': "010",
    '"\\u0041\\n"': "A\n",
    "'it''s'": "it's",
    "12345678901234567890123456789012345678901": "12345678901234567890123456789012345678901",
    "[]": [],
    "{}": {},
    "[1, [2, 3], {a: 4}]": [1, [2, 3], {"a": 4}],
    "[1, 2,]": [1, 2],
    "- 1\n- 2": [1, 2],
    "a: 1\nb: [2]": {"a": 1, "b": [2]},
    "a:\n- 1\n- 2": {"a": [1, 2]},
    "a: 64 * width": {"a": "64 * width"},
    "a: b c # d": {"a": "b c"},
    "a: b#c": {"a": "b#c"},
    "# comment\n3": 3,
    "---\n3\n...\n": 3,
    "%YAML 1.2\n---\n3": 3,
    "\ufeff3": 3,
    "a: 1\r\nb: 2\r\n": {"a": 1, "b": 2},
    "a: 1\rb: 2\r": {"a": 1, "b": 2},
    "a: >\n  one\n  two\n": {"a": "one two\n"},
    "a: |\n  one\n  two\n": {"a": "one\ntwo\n"},
    "a: one\n  two": {"a": "one two"},
    "a: &x [1, 2]\nb: *x": {"a": [1, 2], "b": [1, 2]},
    "a: &x 1\nb: &x 2\nc: *x": {"a": 1, "b": 2, "c": 2},
    "'<<': 1": {"<<": 1},
    "! yes-and-no": "yes-and-no",
    "卷积: 1": {"卷积": 1},
    "[" * 64 + "]" * 64: None,
}


@pytest.mark.parametrize("text", ACCEPTED, ids=repr)
def test_accepted(text: str) -> None:
    node, problems = read_text(text)
    assert problems == []
    if text.startswith("[["):  # only that it is read: the deepest nesting there may be
        return
    assert plain(node) == ACCEPTED[text]
    assert type(plain(node)) is type(ACCEPTED[text])


REFUSED = {
    "": (1, 1, "the file is empty"),
    "# only a comment\n": (1, 1, "the file is empty"),
    "---\n---\n": (2, 1, "a file holds one spec, but '---' starts a second one"),
    "a: 1\na: 2": (2, 1, "the key 'a' is given twice"),
    "{a: 1, b: 2, a: 3}": (1, 14, "the key 'a' is given twice"),
    "a: yes": (1, 4, "'yes' is ambiguous in YAML"),
    "a: Off": (1, 4, "'Off' is ambiguous in YAML"),
    "no: 1": (1, 1, "'no' is ambiguous in YAML"),
    "[010]": (1, 2, "'010' is ambiguous in YAML"),
    "a: -07": (1, 4, "'-07' is ambiguous in YAML"),
    "a: 1:30": (1, 4, "'1:30' is ambiguous in YAML"),
    "a: 190:20:30": (1, 4, "'190:20:30' is ambiguous in YAML"),
    "a: 0x10": (1, 4, "'0x10' is ambiguous in YAML"),
    "a: 0o17": (1, 4, "'0o17' is ambiguous in YAML"),
    "a: 0b1_0": (1, 4, "'0b1_0' is ambiguous in YAML"),
    "a: !!str 3": (1, 4, "a tag (!) is not supported"),
    "a: !mine [1]": (1, 4, "a tag (!) is not supported"),
    "!!map {a: 1}": (1, 1, "a tag (!) is not supported"),
    "a: &x {b: 1}\nc:\n  <<: *x": (3, 3, "merge keys (<<) are not supported"),
    "a: *x": (1, 4, "alias *x has no anchor &x above it"),
    "a: &x [*x]": (1, 8, "alias *x is inside its own anchor"),
    "? [1]\n: 2": (1, 3, "a key must be a word, not a list or a mapping"),
    "a: [1\nb: 2": (1, 4, "this '[' has no closing ']'"),
    "a: {b: 1\n": (1, 4, "this '{' has no closing '}'"),
    "a: [1}": (1, 6, "expected ',' or ']', found '}'"),
    "a: 'b\nc: d": (1, 4, "this quote is not closed"),
    "a:\n\t- b": (2, 1, "a tab is not allowed as indentation"),
    "a: b: c": (1, 5, "unexpected ':'"),
    "a: @b": (1, 4, "a word cannot start with '@'"),
    "a\nb: 1": (2, 2, "unexpected ':'"),
    "a: 1\nb\nc: 2": (2, 1, "expected 'key: value'"),
    "a: b\x00c": (1, 5, "the character U+0000 is not allowed"),
    "a: b\nc: \x1b[31m": (2, 4, "the character U+001B is not allowed"),
    "a: \x7f": (1, 4, "the character U+007F is not allowed"),
    "a: \ufffe": (1, 4, "the character U+FFFE is not allowed"),
    "[" * (MAX_DEPTH + 1): (1, MAX_DEPTH + 1, f"nested deeper than {MAX_DEPTH} levels"),
    "a: " + "b" * MAX_BYTES: (1, 1, "the file is larger than 512 KiB"),
    "[" + "1," * MAX_NODES + "]": (
        1,
        1,
        f"the file has more than {MAX_NODES:,} values, aliases included",
    ),
}


def shortened(text: str) -> str:
    return repr(text[:40])


@pytest.mark.parametrize("text", REFUSED, ids=shortened)
def test_refused(text: str) -> None:
    try:
        problems = read_text(text)[1]
    except SpecError as error:
        problems = list(error.problems)
    (problem,) = problems
    assert problem.mark is not None
    assert (problem.mark.line, problem.mark.column, problem.message) == REFUSED[text]


def test_spellings_that_are_refused_do_not_hide_each_other() -> None:
    _, problems = read_text("a: yes\nb: 010\nc: !!str 3\nd: 1:30\n")
    assert [problem.mark and problem.mark.line for problem in problems] == [1, 2, 3, 4]


def test_nor_does_the_text_that_cannot_be_read() -> None:
    with pytest.raises(SpecError) as caught:
        read_text("a: yes\nb: [1\n")
    assert [problem.mark and problem.mark.line for problem in caught.value.problems] == [1, 2]


def scalars(node: Node) -> Iterator[Scalar]:
    match node:
        case Scalar():
            yield node
        case Seq():
            for item in node.items:
                yield from scalars(item)
        case Map():
            for entry in node.entries.values():
                yield entry.key
                yield from scalars(entry.value)


TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")), max_size=8)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(10**20), 10**20), TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXT, inner, max_size=4)),
    max_leaves=12,
)


@given(JSON, st.sampled_from([None, 2]))
def test_json_is_read_as_it_is(value: Any, indent: int | None) -> None:
    node, problems = read_text(json.dumps(value, indent=indent, ensure_ascii=False))
    assert problems == []
    assert plain(node) == value


@given(JSON, st.sampled_from([None, 2]))
def test_every_node_stands_where_it_says(value: Any, indent: int | None) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    for node in scalars(read_text(text)[0]):
        line = node.mark.source.line(node.mark.line)
        written = node.text if node.plain else json.dumps(node.text, ensure_ascii=False)
        assert line.startswith(written, node.mark.column - 1)


# --- files ---------------------------------------------------------------------------------------


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_bytes(b"\xef\xbb\xbfname: net\n")
    assert read_file(str(path)).text == "name: net\n"


BAD_FILES = {
    "no file": (None, "{path}: No such file or directory"),
    "too large": (b"#" * (MAX_BYTES + 1), "{path}: the file is larger than 512 KiB"),
    "latin 1": (
        "title: R\xe9seau\n".encode("latin-1"),
        "{path}:1:9: the file is not UTF-8 text (save it as UTF-8)",
    ),
    "second line": (b"name: net\n\xff\n", "{path}:2:1: the file is not UTF-8 text (save it as UTF-8)"),
    "utf 16": ("name: net".encode("utf-16"), "{path}:1:1: the file is not UTF-8 text (save it as UTF-8)"),
}


@pytest.mark.parametrize(("data", "says"), BAD_FILES.values(), ids=BAD_FILES)
def test_files_that_cannot_be_read(tmp_path: Path, data: bytes | None, says: str) -> None:
    path = tmp_path / "net.yaml"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(ArchcalcError) as caught:
        read_file(str(path))
    assert str(caught.value).splitlines()[0] == says.format(path=path)


@pytest.mark.parametrize("path", ["/", "a\0b.yaml", "\x1b[2J.yaml"], ids=repr)
def test_paths_that_are_no_files(path: str) -> None:
    with pytest.raises(ArchcalcError) as caught:
        read_file(path)
    assert str(caught.value).isprintable()
