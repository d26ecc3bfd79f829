"""Checks of whole folders: what differs from the lock, and which budgets hold."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from helpers.project import NET, check, lock, merged, said, write

import archcalc
from archcalc.conventions import Convention
from archcalc.errors import ArchcalcError
from archcalc.guard import convention as guard_convention

pytestmark = pytest.mark.usefixtures("folder")


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
    monkeypatch.setattr(guard_convention, "ARCHCALC", Convention("archcalc", 2, version=2))
    (one,) = check().differences
    assert (one.kind, one.old, one.new) == ("convention", "archcalc/1", "archcalc/2")
    with pytest.raises(ArchcalcError, match="another convention; lock the whole folder"):
        lock("specs/a.yaml")


def test_a_missing_lock_is_told() -> None:
    write(a="")
    with pytest.raises(
        ArchcalcError, match=r"specs/archcalc.lock: the lock is missing; run 'archcalc lock' to write it"
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


def test_budgets_are_about_the_networks_that_the_lock_has() -> None:
    write(a="")
    lock(n=6)
    path = Path("specs/archcalc.lock")
    for text in (path.read_text(), merged(path.read_bytes(), path.read_bytes().replace(b": 4", b": 5"))):
        path.write_text(text)
        (budget,) = archcalc.check(limits="conv1.weights <= 1K", locked=False).budgets
        assert budget.value == 3 * 3 * 3 * 6


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
        Path("two/archcalc.lock").read_text().replace(" biases 4 ", " biases 3 norm_params 1 ", 1)
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
