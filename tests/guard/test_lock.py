"""Locks as files: what they hold, how they are written, and that no text breaks their reader."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from helpers.examples import examples
from hypothesis import given
from hypothesis import strategies as st

import archcalc
from archcalc.conventions import ARCHCALC, Convention
from archcalc.errors import ArchcalcError, SpecError
from archcalc.guard import check as guard_check
from archcalc.guard import lock as guard_lock
from archcalc.guard import lockfile
from archcalc.guard.configuration import Config
from archcalc.guard.lockfile import text_of
from archcalc.guard.specs import spec_groups
from archcalc.results.check import CheckReport, Difference, LocalName
from archcalc.results.lock import Lock

NET = """\
name: {name}
input: [8, 8, 3]
settings: {{n: 4}}
layers:
  - {{conv: n, kernel: 3, pad: 1, then: relu, name: conv1}}
  - {{maxpool: 2, stride: 2, name: pool1}}
  - {{fc: 10, name: fc}}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(**specs: str) -> None:
    """Specs of those names in ``specs/``, or texts."""
    Path("specs").mkdir(exist_ok=True)
    for name, text in specs.items():
        Path(f"specs/{name}.yaml").write_text(text or NET.format(name=name), encoding="utf-8")


def lock(*targets: str, **settings: Any) -> bytes:
    archcalc.lock(targets, settings)
    return Path("specs/archcalc.lock").read_bytes()


def check(*targets: str) -> CheckReport:
    return archcalc.check(targets)


def said(found: CheckReport) -> list[tuple[str, str, str]]:
    return [(one.kind, one.spec, one.layer) for one in found.differences]


# --- what is in it ------------------------------------------------------------------------------------


def test_twice_the_same_to_the_byte_and_not_touched() -> None:
    write(a="", b="")
    first = lock()
    path = Path("specs/archcalc.lock")
    os.utime(path, (1, 1))
    assert lock() == first
    assert path.stat().st_mtime == 1
    path.unlink()
    assert lock() == first


def test_neither_the_order_nor_the_names_of_files_matter() -> None:
    write(a="", b="", c="")
    first = lock()
    Path("specs/a.yaml").rename("specs/z.yml")
    assert lock() == first
    Path("specs/archcalc.lock").unlink()
    assert lock("specs/z.yml", "specs/c.yaml", "specs/b.yaml") == first
    assert check().ok


def test_how_the_yaml_is_written_does_not_matter() -> None:
    write(a="")
    first = lock()
    write(
        a="# a net\n"
        + NET.format(name="a").replace("  - {fc: 10, name: fc}", "  - fc: 10   # the head\n    name: 'fc'")
    )
    assert lock() == first


def walk(value: Any) -> Iterator[Any]:
    yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from walk(item)


def test_whole_numbers_names_and_hashes_only() -> None:
    write(a="", b="")
    data = json.loads(lock(n=5))
    assert {type(value) for value in walk(data)} == {dict, list, str, int}
    assert set(data) == {"format", "convention", "networks", "quantities", "set"}
    assert data["format"] == 1
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


def test_sorted_and_a_line_for_every_layer() -> None:
    write(b="", a="")
    text = lock().decode()
    pairs: list[list[str]] = []
    json.loads(text, object_pairs_hook=lambda found: pairs.append([name for name, _ in found]) or dict(found))
    assert all(names == sorted(names) for names in pairs)
    lines = [line.strip().rstrip(",") for line in text.splitlines() if '"layer":' in line]
    assert [json.loads(line)["layer"] for line in lines] == 2 * ["conv1", "conv1/relu", "pool1", "fc"]
    assert lines[1] == (
        '{"flops": 256, "input": [[8, 8, 4]], "layer": "conv1/relu", "op": "relu", "output": [8, 8, 4]}'
    )
    assert text.endswith("}\n")


def test_every_shipped_lock_entry_survives_its_text() -> None:
    entries = {name: archcalc_entry(name) for name in ("googlenet", "lenet5", "fcn8s") if known(name)}
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


# --- which networks -----------------------------------------------------------------------------------


def test_a_part_of_a_folder_keeps_the_other_entries() -> None:
    write(a="", b="")
    lock()
    write(
        a=NET.format(name="a").replace("fc: 10", "fc: 11"), b=NET.format(name="b").replace("fc: 10", "fc: 12")
    )
    lock("specs/a.yaml")
    assert {one.spec for one in check().differences} == {"b"}
    assert check("specs/a.yaml").ok


def test_a_spec_without_an_entry_and_an_entry_without_a_spec() -> None:
    write(a="", b="")
    lock()
    Path("specs/b.yaml").unlink()
    write(c="")
    assert said(check()) == [("new", "c", ""), ("gone", "b", "")]
    assert said(check("specs/a.yaml")) == []
    assert said(check("specs/c.yaml")) == [("new", "c", "")]


def test_a_changed_convention_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    write(a="", b="")
    lock()
    for module in (guard_check, guard_lock):
        monkeypatch.setattr(module, "ARCHCALC", Convention("archcalc", 2, version=2))
    (one,) = check().differences
    assert (one.kind, one.old, one.new) == ("convention", "archcalc/1", "archcalc/2")
    with pytest.raises(ArchcalcError, match="another convention; lock the whole folder"):
        lock("specs/a.yaml")


def test_a_setting_is_recorded_used_and_kept() -> None:
    write(a="", b=NET.format(name="b").replace("settings: {n: 4}\n", "").replace("conv: n", "conv: 4"))
    lock()
    five = lock(n=5)
    assert json.loads(five)["networks"]["a"]["layers"][0]["output"] == [8, 8, 5]
    assert json.loads(five)["networks"]["b"]["layers"][0]["output"] == [8, 8, 4]
    assert check().ok
    assert check("specs/b.yaml").ok
    assert lock() == five
    assert lock("specs/b.yaml") == five


def test_a_setting_that_no_network_has_is_refused() -> None:
    write(a="")
    with pytest.raises(ArchcalcError, match="--set width: no network here has such a setting"):
        lock(width=3)
    assert not Path("specs/archcalc.lock").exists()


def test_a_part_with_another_setting_is_refused() -> None:
    write(a="", b="")
    first = lock()
    with pytest.raises(ArchcalcError, match="another --set; lock the whole folder"):
        lock("specs/a.yaml", n=5)
    assert Path("specs/archcalc.lock").read_bytes() == first


def test_two_networks_of_one_name_are_refused() -> None:
    write(a="", b=NET.format(name="a"))
    with pytest.raises(ArchcalcError, match=r"two networks are called 'a', in specs/a.yaml and specs/b.yaml"):
        lock()


COMPOSE = "name: web\nservices:\n  web: {image: nginx, layers: 3}\n"
OTHERS = {
    "compose": COMPOSE,
    "with an anchor": "x: &a {b: 1}\ny: *a\n",
    "two documents": "a: 1\n---\nb: 2\n",
    "a tag": "Resource: !Ref layer\n",
    "a list": "- layers\n- input\n",
    "a word": "layers",
    "nothing": "",
    "nested": "on:\n  push:\n    input: 3\n",
    "in flow style": "{on: {input: 3}}",
}


@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS)
def test_the_yaml_of_other_tools_is_passed_over(text: str) -> None:
    write(a="")
    Path("specs/other.yaml").write_text(text)
    Path("specs/.hidden.yaml").write_text("name: x\nlayers: [\n")
    Path("specs/folder.yaml").mkdir()
    assert set(json.loads(lock())["networks"]) == {"a"}
    assert check().ok
    assert check("specs/*.yaml").ok
    with pytest.raises(ArchcalcError):
        check("specs/other.yaml")


BROKEN = {
    "no layers": "name: b\ninput: [3]\n",
    "no input": "name: b\nlayers: [relu]\n",
    "cut off": "name: b\ninput: [3]\nlayers: [{fc: 3",
    "in flow style": "{name: b, input: [3], layers: [{fc: 3}, }",
    "an op that is none": "{'name': b, 'input': [3], 'layers': [{cf: 3}]}",
    "a key in quotes": '"layers": []\nname: b',
    "with a mark at its start": "\ufeffinput: [3]\nname: b\n",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_a_broken_spec_is_never_passed_over(text: str) -> None:
    write(a="")
    lock()
    write(b=text)
    with pytest.raises(SpecError):
        check()
    with pytest.raises(SpecError):
        lock()


def test_a_spec_that_lost_all_its_keys_is_missed_by_its_entry() -> None:
    write(a="", b="")
    lock()
    write(b="name: b\ninputs: [3]\nlayer: []\n")
    assert said(check()) == [("gone", "b", "")]


def test_nothing_to_lock_is_told() -> None:
    with pytest.raises(ArchcalcError, match="no specs found"):
        archcalc.lock()
    with pytest.raises(ArchcalcError, match="no such file or folder"):
        archcalc.lock("nowhere")
    Path("empty").mkdir()
    with pytest.raises(ArchcalcError, match="empty: there is no spec"):
        archcalc.lock("empty")
    assert list(Path("empty").iterdir()) == []


def test_a_lock_without_specs_is_told() -> None:
    write(a="")
    lock()
    Path("specs/a.yaml").unlink()
    assert said(check("specs")) == [("gone", "a", "")]


def test_a_missing_lock_is_told() -> None:
    write(a="")
    with pytest.raises(
        ArchcalcError, match=r"specs/archcalc.lock: there is no lock; run 'archcalc lock' to write it"
    ):
        check()
    assert os.listdir("specs") == ["a.yaml"]


def test_check_never_writes() -> None:
    write(a="")
    lock()
    write(a=NET.format(name="a").replace("fc: 10", "fc: 11"), b="")
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in Path("specs").iterdir()}
    assert not check().ok
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in Path("specs").iterdir()} == before


def test_a_lock_for_every_folder() -> None:
    write(a="")
    Path("more").mkdir()
    Path("more/a.yaml").write_text(NET.format(name="a"))
    archcalc.lock(["specs", "more"])
    Path("more/a.yaml").write_text(NET.format(name="a").replace("fc: 10", "fc: 11"))
    assert {one.place.file for one in check("specs", "more").differences} == {"more/a.yaml"}


# --- how it is written --------------------------------------------------------------------------------


def test_what_dies_while_it_writes_leaves_the_old_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    write(a="")
    first = lock()
    write(b="")

    def die(*names: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", die)
    with pytest.raises(KeyboardInterrupt):
        lock()
    assert Path("specs/archcalc.lock").read_bytes() == first
    assert sorted(os.listdir("specs")) == ["a.yaml", "archcalc.lock", "b.yaml"]


def test_a_broken_spec_in_one_folder_leaves_all_locks_as_they_were() -> None:
    write(a="")
    first = lock()
    Path("zoo").mkdir()
    Path("zoo/z.yaml").write_text("input: [3]\n")
    write(b="")
    with pytest.raises(SpecError):
        archcalc.lock(["specs", "zoo"])
    assert Path("specs/archcalc.lock").read_bytes() == first


KILLED = """
import archcalc, itertools, pathlib
for n in itertools.count():
    text = pathlib.Path("b.txt").read_text().replace("fc: 10", f"fc: {n % 50 + 1}")
    pathlib.Path("specs/b.yaml").write_text(text)
    archcalc.lock("specs")
    print(n, flush=True)
"""


@pytest.mark.slow
def test_what_is_killed_leaves_a_whole_lock() -> None:
    layers = "".join(f"  - {{fc: 9, name: l{n}}}\n" for n in range(3000))
    write(b=NET.format(name="b") + layers)
    Path("b.txt").write_text(NET.format(name="b") + layers)
    for n in range(4):
        loop = subprocess.Popen([sys.executable, "-c", KILLED], stdout=subprocess.PIPE)
        assert loop.stdout
        loop.stdout.readline()
        time.sleep(0.05 * n)
        loop.send_signal(signal.SIGKILL)
        loop.communicate()
        whole = lockfile.read("specs/archcalc.lock")
        assert whole
        assert len(whole.networks["b"].layers) == 3004
    temporary = [name for name in os.listdir("specs") if name not in ("b.yaml", "archcalc.lock")]
    assert all(name.startswith(".archcalc-") for name in temporary)  # hidden, so no spec is made of them


def test_a_full_disk_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    write(a="")
    first = lock()
    write(b="")

    def full(*names: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(ArchcalcError, match=r"cannot write .*archcalc.lock: No space left on device"):
        lock()
    assert Path("specs/archcalc.lock").read_bytes() == first


def test_a_folder_that_nobody_may_write_to_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    write(a="")

    def refused(*args: Any, **more: Any) -> None:  # root may write anywhere, so it is played
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkstemp", refused)
    with pytest.raises(ArchcalcError, match=r"cannot write .*: Permission denied"):
        lock()


def test_a_link_stays_one() -> None:
    write(a="")
    Path("elsewhere").mkdir()
    Path("specs/archcalc.lock").symlink_to("../elsewhere/real.lock")
    lock()
    write(b="")
    lock()
    assert Path("specs/archcalc.lock").is_symlink()
    assert b'"b"' in Path("elsewhere/real.lock").read_bytes()
    assert check().ok


def test_a_folder_in_the_place_of_the_lock_is_told() -> None:
    write(a="")
    Path("specs/archcalc.lock").mkdir()
    with pytest.raises(ArchcalcError, match=r"specs/archcalc.lock: Is a directory"):
        check()
    with pytest.raises(ArchcalcError, match="cannot write"):
        archcalc.lock()


def test_a_folder_that_may_not_be_read_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    write(a="")
    lock()

    def refused(*args: Any) -> None:  # root may read anything, so it is played
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.listdir", refused)
    for command in (archcalc.check, archcalc.lock):
        with pytest.raises(ArchcalcError, match=r"^specs: Permission denied$"):
            command("specs")


# --- a lock that is to be written anew keeps its settings -----------------------------------------------

CONFLICT = "<<<<<<< ours\n{}=======\n{}>>>>>>> theirs\n"


def merged(ours: bytes, theirs: bytes) -> str:
    """Two locks as git merges them: what is the same stands once."""
    lines: list[str] = []
    for one, other in zip(ours.decode().splitlines(True), theirs.decode().splitlines(True), strict=True):
        lines.append(one if one == other else CONFLICT.format(one, other))
    return "".join(lines)


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


def test_budgets_are_about_the_networks_that_the_lock_has() -> None:
    write(a="")
    lock(n=6)
    path = Path("specs/archcalc.lock")
    for text in (path.read_text(), merged(path.read_bytes(), path.read_bytes().replace(b": 4", b": 5"))):
        path.write_text(text)
        (budget,) = archcalc.check(limits="conv1.weights <= 1K", locked=False).budgets
        assert budget.value == 3 * 3 * 3 * 6


# --- names that two folders have ------------------------------------------------------------------------


def test_nothing_is_hidden_by_a_network_of_the_same_name_elsewhere() -> None:
    from archcalc.render.check import verdict
    from archcalc.render.writers.junit import suites
    from archcalc.results.check import without_implied

    for name in ("one", "two"):
        Path(name).mkdir()
        Path(f"{name}/net.yaml").write_text(NET.format(name="net"))
    archcalc.lock(["one", "two"])
    Path("one/net.yaml").write_text(NET.format(name="net").replace("conv: n", "conv: 5"))
    # As many params as before, which a change of the params in the other folder would seem to imply.
    Path("two/archcalc.lock").write_text(
        Path("two/archcalc.lock").read_text().replace('"biases": 4, ', '"biases": 3, "norm_params": 1, ', 1)
    )
    found = check("one", "two")
    told = without_implied(found.differences)
    assert [one.quantity for one in told if one.place.file == "two/net.yaml"] == ["biases", "norm_params"]
    assert verdict(found) == "2 networks differ from the lock"
    (cases,) = suites(found)
    assert [(case.name, len(case.failures)) for case in cases.cases] == [
        ("one/net", sum(one.place.file == "one/net.yaml" for one in told)),
        ("two/net", 2),
    ]


def test_another_convention_is_no_network() -> None:
    from archcalc.render.check import verdict

    write(a="")
    path = Path("specs/archcalc.lock")
    path.write_bytes(lock().replace(b"archcalc/1", b"archcalc/0"))
    assert verdict(check()) == "another convention"


# --- how it is read -----------------------------------------------------------------------------------


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
    "a later format": ('{"format": 2}', "a lock of format 2; this archcalc reads format 1 (update archcalc)"),
    "an earlier format": (
        '{"format": 0}',
        "a lock of format 0; this archcalc reads format 1 (run 'archcalc lock' to write",
    ),
    "no format": ("{}", "this is not a lock; run 'archcalc lock' to write one"),
    "half of it": ('{"format": 1}', "networks must be a mapping, not null"),
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
        TEXT.replace('"layer": "pool1"', '"layer": "conv1"'),
        "networks.a.layers: the layer 'conv1' occurs twice",
    ),
    "a name that drives terminals": (
        TEXT.replace('"pool1"', '"\\u001b[2J"'),
        "networks.a.layers[2].layer must be a text without control characters",
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
    assert len(str(caught.value)) < 200
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
    from archcalc.render.grid import Page

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


# --- large ones ---------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_hundred_thousand_layers() -> None:
    layers = "[{fc: 8, name: 'a{i}', then: relu}]"
    text = f"name: big\ninput: [8]\nlayers:\n  - {{repeat: 50000, as: i, layers: {layers}}}\n"
    write(big=text)
    lock()
    write(big=text.replace("'a{i}'", "'b{i}'"))
    found = check()
    assert {one.kind for one in found.differences} == {"renamed"}
    assert len(found.differences) == 100_000


def test_a_project_of_many_files_is_read_in_any_order() -> None:
    write(**{f"net{n}": "" for n in range(30)})
    lock()
    (group,) = spec_groups([], Config())
    assert guard_check.check_group(group._replace(files=tuple(reversed(group.files)))).ok
