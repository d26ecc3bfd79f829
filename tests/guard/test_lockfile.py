"""The text of a lock: what it holds, and that no text breaks its reader."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from helpers.examples import examples
from helpers.project import NET, check, lock, merged, write
from hypothesis import given
from hypothesis import strategies as st

import archcalc
from archcalc.conventions import ARCHCALC
from archcalc.errors import ArchcalcError, SpecError
from archcalc.guard import lockfile
from archcalc.guard.lockfile import text_of
from archcalc.results.check import CheckReport, Difference, LocalName
from archcalc.results.lock import LOCKED, Lock

pytestmark = pytest.mark.usefixtures("folder")


def walk(value: Any) -> Iterator[Any]:
    yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from walk(item)


def test_whole_numbers_names_and_hashes_only() -> None:
    write(a="", b="")
    data = json.loads(lock(n=5))
    assert {type(value) for value in walk(data)} == {dict, list, str, int}
    assert set(data) == {"format", "convention", "networks", "quantities", "set"}
    assert data["format"] == 2
    assert data["set"] == {"n": 5}
    assert data["convention"] == ARCHCALC.id
    for entry in data["networks"].values():
        assert set(entry) == {"input", "layers", "spec", "totals"}
        assert re.fullmatch(r"sha256:[0-9a-f]{64}", entry["spec"])


def test_no_path_no_date_no_version(folder: Path) -> None:
    write(a="")
    text = lock(str(folder / "specs")).decode()
    assert str(folder) not in text
    assert ".yaml" not in text
    assert archcalc.__version__ not in text
    assert time.strftime("%Y-") not in text


def test_sorted_and_a_line_for_every_layer_with_its_followers() -> None:
    write(b="", a="")
    text = lock().decode()
    data = json.loads(text)
    assert list(data) == sorted(data)
    assert list(data["networks"]) == ["a", "b"]
    lines = [
        "conv1: conv 8x8x3 -> 8x8x4 weights 108 biases 4 macs 6912 flops 14080; relu flops 256",
        "pool1: maxpool 8x8x4 -> 4x4x4 flops 192",
        "fc: fc 4x4x4 -> 10 weights 640 biases 10 macs 640 flops 1290",
    ]
    for entry in data["networks"].values():
        assert list(entry) == [
            "totals",
            "input",
            "spec",
            "layers",
        ]  # the totals first: a reader asks for them
        assert list(entry["totals"]) == list(LOCKED)
        assert entry["layers"] == lines
    written = [line.strip().rstrip(",") for line in text.splitlines()]
    assert all(written.count(json.dumps(line)) == 2 for line in lines)
    assert written.count('"params": 762') == 2
    assert text.endswith("}\n")


def test_every_shipped_lock_entry_survives_its_text() -> None:
    entries = {name: archcalc_entry(name) for name in ("googlenet", "lenet5", "fcn-8s") if known(name)}
    whole = Lock(
        ARCHCALC.id, {"size": 3, "p": Fraction(1, 2), "block": "B", "convs": [1, 2], "wide": True}, entries
    )
    assert lockfile.parse(text_of(whole).encode()) == whole


def known(name: str) -> bool:
    try:
        archcalc.load(name)
    except ArchcalcError:
        return False
    return True


def archcalc_entry(name: str) -> Any:
    from archcalc.guard.entry import lock_entry as entry

    return entry(archcalc.load(name))


def test_a_folder_in_the_place_of_the_lock_is_told() -> None:
    write(a="")
    Path("specs/archcalc.lock").mkdir()
    with pytest.raises(ArchcalcError, match=r"specs/archcalc.lock: Is a directory"):
        check()
    with pytest.raises(ArchcalcError, match="cannot write"):
        archcalc.lock()


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_merge_conflict_does_not_lose_the_settings(ending: str) -> None:
    write(a="")
    ours = lock(n=6)
    write(a=NET.format(name="a").replace("fc: 10", "fc: 11"))
    theirs = lock()
    text = merged(ours, theirs)
    assert text.count("<<<<<<<") > 1
    Path("specs/archcalc.lock").write_text(text, newline=ending)
    with pytest.raises(ArchcalcError, match="it has a merge conflict"):
        check()
    assert lock() == theirs
    assert lockfile.read("specs/archcalc.lock").settings == {"n": 6}  # type: ignore[union-attr]


def test_settings_that_a_merge_left_are_not_guessed() -> None:
    write(a="")
    ours, theirs = lock(n=6), lock(n=7)
    path = Path("specs/archcalc.lock")
    path.write_text(merged(ours, theirs))
    with pytest.raises(
        ArchcalcError,
        match=r"archcalc.lock: a merge conflict left different settings in it; choose them with --set",
    ):
        lock()
    assert path.read_text() == merged(ours, theirs)
    assert lock(n=7) == theirs
    path.write_text(merged(ours, theirs))
    path.unlink()
    assert b'"set": {}' in lock()


@pytest.mark.parametrize(
    "line", ['"set": {"n": [}', '"set": {"n": 1.5}', '"set": {"n": {}}', '"set": ' + "{" * 10**5]
)
def test_settings_that_cannot_be_read_are_none(line: str) -> None:
    write(a="")
    plain = lock()
    Path("specs/archcalc.lock").write_text(f"{{\n {line}}}\n}}\n")
    assert lock() == plain


def sample() -> dict[str, Any]:
    from archcalc.errors import Source
    from archcalc.guard.entry import lock_entry as entry
    from archcalc.language.parse import parse

    network = parse(Source("net.yaml", NET.format(name="a"))).bind()
    found: dict[str, Any] = json.loads(
        text_of(Lock(ARCHCALC.id, {"n": 4, "p": Fraction(1, 2)}, {"a": entry(network)}))
    )
    return found


SAMPLE = sample()


TEXT = json.dumps(SAMPLE)


UNREADABLE = {
    "cut off": (TEXT[:200], "not JSON: "),
    "empty": ("", ":1:1: not JSON: Expecting value"),
    "a merge conflict": ('{\n<<<<<<< ours\n "a": 1\n=======\n "a": 2\n>>>>>>> theirs\n}', "merge conflict"),
    "a list": ("[]", "this is not a lock"),
    "a later format": (
        '{"format": 3}',
        "a lock of format 3; this archcalc reads formats 1 and 2 (update archcalc)",
    ),
    "an earlier format": (
        '{"format": 0}',
        "a lock of format 0; this archcalc reads formats 1 and 2 (run 'archcalc lock' to write",
    ),
    "no format": ("{}", "this is not a lock; run 'archcalc lock' to write one"),
    "half of it": ('{"format": 2}', "networks must be a mapping, not null"),
    "half of a lock of the first format": ('{"format": 1}', "networks must be a mapping, not null"),
    "too deep": ("[" * 100_000, "not JSON in UTF-8, or too deeply nested"),
    "a number without end": ('{"format": ' + "9" * 5000 + "}", "or a number has too many digits"),
    "a larger number": (
        TEXT.replace('"depth": 2', '"depth": 1' + "0" * 300),
        "networks.a.totals.depth must be a whole number from 0 to 1e+250, not 1000",
    ),
    "a negative number": (
        TEXT.replace('"depth": 2', '"depth": -1'),
        "networks.a.totals.depth must be a whole number from 0 to 1e+250, not -1",
    ),
    "a decimal": (
        TEXT.replace('"depth": 2', '"depth": 2.0'),
        "networks.a.totals.depth must be a whole number from 0 to 1e+250, not 2.0",
    ),
    "a flag": (
        TEXT.replace('"depth": 2', '"depth": true'),
        "networks.a.totals.depth must be a whole number from 0 to 1e+250, not true",
    ),
    "a key twice": (TEXT.replace('"depth": 2', '"depth": 2, "depth": 3'), "the key 'depth' occurs twice"),
    "a layer twice": (
        TEXT.replace('"pool1: ', '"conv1: '),
        "networks.a.layers: the layer 'conv1' occurs twice",
    ),
    "a name that drives terminals": (
        TEXT.replace('"pool1: ', '"\\u001b[2J: '),
        'or a scope with its layers, not "\\u001b[2J: maxpool 8x8x4 ',
    ),
    "no text": (b"{\xff", "not JSON in UTF-8"),
    "nan": (
        TEXT.replace('"depth": 2', '"depth": NaN'),
        "networks.a.totals.depth must be a whole number from 0 to 1e+250, not NaN",
    ),
}


@pytest.mark.parametrize(("text", "says"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_is_no_lock_is_told_in_a_sentence(text: str | bytes, says: str) -> None:
    write(a="")
    Path("specs/archcalc.lock").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ArchcalcError) as caught:
        check()
    assert str(caught.value).startswith("specs/archcalc.lock:")
    assert says in str(caught.value)
    # A sentence, and below it the line of the file if the text is no JSON.
    assert all(len(line) < 200 for line in str(caught.value).split("\n"))
    assert len(str(caught.value).split("\n")) == (3 if isinstance(caught.value, SpecError) else 1)
    lock("specs")  # what cannot be read is written anew
    assert check().ok
    Path("specs/archcalc.lock").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ArchcalcError):  # but not if entries would be lost
        lock("specs/a.yaml")


@pytest.mark.parametrize(("more", "ok"), [(0, True), (1, False)])
def test_a_lock_is_read_up_to_its_largest_size(more: int, ok: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    write(a="")
    monkeypatch.setattr(lockfile, "MAX_BYTES", len(lock()))
    with open("specs/archcalc.lock", "ab") as file:
        file.write(b" " * more)
    if ok:
        assert check().ok
        return
    with pytest.raises(ArchcalcError, match="the file is larger than"):
        check()


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield from places(value[key], (*path, key))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


somewhere = st.sampled_from([path for path in places(SAMPLE) if path])


def changed(data: Any, path: tuple[Any, ...], change: Callable[[Any, Any], None]) -> Any:
    copy = json.loads(json.dumps(data))
    inner = copy
    for key in path[:-1]:
        inner = inner[key]
    change(inner, path[-1])
    return copy


@given(somewhere, json_values | st.just(...), st.data())
def test_no_change_of_a_lock_breaks_its_reader(
    path: tuple[Any, ...], value: Any, data: st.DataObject
) -> None:
    def change(inner: Any, key: Any) -> None:
        if value is ...:
            del inner[key]
        else:
            inner[key] = value

    text = json.dumps(changed(SAMPLE, path, change)).encode()
    cut = data.draw(st.just(len(text)) | st.integers(0, len(text)))
    try:
        found = lockfile.parse(text[:cut])
    except ArchcalcError as error:
        assert str(error)  # noqa: PT017
        return
    again = lockfile.parse(text_of(found).encode())
    assert again == found


@given(st.binary(max_size=50))
def test_no_bytes_break_its_reader(data: bytes) -> None:
    with pytest.raises(ArchcalcError):
        lockfile.parse(data)


@examples(50)
@given(somewhere, st.integers(0, 10**30))
def test_whatever_a_lock_says_check_answers(path: tuple[Any, ...], value: int) -> None:
    """A lock that can be read can be compared, and every difference be told."""
    from archcalc.render.check import report, sentence
    from archcalc.render.formats import render
    from archcalc.render.report import Page

    def change(inner: Any, key: Any) -> None:
        inner[key] = value

    data = changed(SAMPLE, path, change)
    data["set"] = {"n": 4}
    try:
        found = lockfile.parse(json.dumps(data).encode())
    except ArchcalcError:
        return
    checked = compared(found)
    for one in checked.differences:
        assert sentence(one)
    for format in ("plain", "markdown", "json"):
        assert render(format, report(checked), Page())
    assert checked.ok == (json.dumps(data["networks"]) == json.dumps(SAMPLE["networks"]))


def compared(found: Lock) -> CheckReport:
    from archcalc.errors import Source
    from archcalc.guard.differences import differences
    from archcalc.guard.entry import lock_entry as entry
    from archcalc.language.parse import parse
    from archcalc.results.check import Place

    network = parse(Source("net.yaml", NET.format(name="a"))).bind()
    changes: list[Difference] = []
    if "a" in found.networks:
        changes = differences(found.networks["a"], entry(network), network, Place("net.yaml", 2, 9))
    return CheckReport((LocalName("", "a"),), tuple(changes), ())
