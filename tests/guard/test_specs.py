"""Which files of a folder are specs, and which networks a lock is about."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from helpers.project import NET, check, lock, said, write

import archcalc
from archcalc.errors import ArchcalcError, SpecError
from archcalc.guard import check as guard_check
from archcalc.guard.configuration import Config
from archcalc.guard.specs import spec_groups

pytestmark = pytest.mark.usefixtures("folder")


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
    with pytest.raises(ArchcalcError, match="empty: no specs"):
        archcalc.lock("empty")
    assert list(Path("empty").iterdir()) == []


def test_a_lock_without_specs_is_told() -> None:
    write(a="")
    lock()
    Path("specs/a.yaml").unlink()
    assert said(check("specs")) == [("gone", "a", "")]


def test_a_lock_for_every_folder() -> None:
    write(a="")
    Path("more").mkdir()
    Path("more/a.yaml").write_text(NET.format(name="a"))
    archcalc.lock(["specs", "more"])
    Path("more/a.yaml").write_text(NET.format(name="a").replace("fc: 10", "fc: 11"))
    assert {one.place.file for one in check("specs", "more").differences} == {"more/a.yaml"}


def test_a_folder_that_may_not_be_read_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    write(a="")
    lock()

    def refused(*args: Any) -> None:  # root may read anything, so it is played
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.listdir", refused)
    for command in (archcalc.check, archcalc.lock):
        with pytest.raises(ArchcalcError, match=r"^specs: Permission denied$"):
            command("specs")


def test_a_project_of_many_files_is_read_in_any_order() -> None:
    write(**{f"net{n}": "" for n in range(30)})
    lock()
    (group,) = spec_groups([], Config())
    assert guard_check.check_group(group._replace(files=tuple(reversed(group.files)))).ok
