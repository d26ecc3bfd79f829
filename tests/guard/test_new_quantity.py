"""A lock of an older archcalc, which lacks a quantity: what it holds is compared, the rest is not missed."""

from __future__ import annotations

from pathlib import Path

import pytest

import archcalc
from archcalc.guard.configuration import Config
from archcalc.guard.lock import write_all
from archcalc.guard.lockfile import read, text_of

NET = "name: {name}\ninput: [8, 8, 3]\nlayers:\n  - {{conv: {filters}, kernel: 3}}\n  - {{fc: 10}}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two specs with a lock that knows nothing of peak_activations and buffers."""
    monkeypatch.chdir(tmp_path)
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(NET.format(name=name, filters=4), encoding="utf-8")
    write_all((".",), Config(), {})
    lock = read("archcalc.lock")
    assert lock is not None
    held = tuple(key for key in lock.quantities if key not in ("peak_activations", "macs"))
    old = lock._replace(
        quantities=held, networks={name: entry.only(held) for name, entry in lock.networks.items()}
    )
    (tmp_path / "archcalc.lock").write_text(text_of(old), encoding="utf-8")
    return tmp_path


def test_what_an_older_lock_does_not_hold_is_no_difference(folder: Path) -> None:
    assert archcalc.check(".").ok


def test_what_it_holds_is_compared(folder: Path) -> None:
    (folder / "two.yaml").write_text(NET.format(name="two", filters=5), encoding="utf-8")
    changed = {difference.quantity for difference in archcalc.check(".").differences}
    assert {"params", "output", "flops"} <= changed
    assert not changed & {"macs", "peak_activations"}


def test_what_it_says_it_holds_and_lacks_is_a_difference(folder: Path) -> None:
    path = folder / "archcalc.lock"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"quantities": [', '"quantities": ["macs", '), encoding="utf-8")
    assert {difference.quantity for difference in archcalc.check(".").differences} == {"macs"}


def test_one_spec_locked_anew_leaves_the_list_as_it_is(folder: Path) -> None:
    before = read("archcalc.lock")
    write_all(("one.yaml",), Config(), {})
    assert read("archcalc.lock") == before
    write_all((".",), Config(), {})
    after = read("archcalc.lock")
    assert after is not None
    assert "macs" in after.quantities
    assert archcalc.check(".").ok
