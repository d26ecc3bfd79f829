"""Two processes that write the lock of one folder: no entry is lost, and none waits for ever."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import archcalc
from archcalc.errors import ArchcalcError
from archcalc.guard import hold as holds
from archcalc.guard import lockfile
from archcalc.guard.hold import hold

NET = "name: {name}\ninput: [8, 8, 1]\nlayers:\n  - {{fc: 10}}\n"


@pytest.fixture
def specs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "specs"
    folder.mkdir()
    return folder


@pytest.mark.slow
def test_processes_that_lock_at_once_lose_no_entry(specs: Path) -> None:
    names = [f"net{number}" for number in range(4)]
    for name in names:
        (specs / f"{name}.yaml").write_text(NET.format(name=name), encoding="utf-8")
    command = [sys.executable, "-m", "archcalc", "lock"]
    for _ in range(3):
        running = [
            subprocess.Popen([*command, f"specs/{name}.yaml"], stdout=subprocess.DEVNULL) for name in names
        ]
        assert [one.wait() for one in running] == [0] * len(names)
        written = lockfile.read("specs/archcalc.lock")
        assert written
        assert sorted(written.networks) == names
        assert sorted(one.name for one in specs.iterdir()) == [
            "archcalc.lock",
            *(f"{name}.yaml" for name in names),
        ]
        (specs / "archcalc.lock").unlink()


def test_reading_and_writing_is_one_step(specs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As above, but the worst moment is made: both have read before one has written."""
    from archcalc.guard import lock as module

    for name in "ab":
        (specs / f"{name}.yaml").write_text(NET.format(name=name), encoding="utf-8")
    real = module.make_lock

    def slow(*args):
        time.sleep(0.2)
        return real(*args)

    monkeypatch.setattr(module, "make_lock", slow)
    threads = [threading.Thread(target=archcalc.lock, args=(f"specs/{name}.yaml",)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    written = lockfile.read("specs/archcalc.lock")
    assert written
    assert sorted(written.networks) == ["a", "b"]


def test_who_waits_too_long_is_told_what_to_do(specs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (specs / "a.yaml").write_text(NET.format(name="a"), encoding="utf-8")
    monkeypatch.setattr(holds, "PATIENCE", 0.1)
    says = (
        r"specs: another 'archcalc lock' has been at work here for .* wait until it ends, or stop it, and try"
    )
    with hold(["specs"]), pytest.raises(ArchcalcError, match=says):
        archcalc.lock("specs")
    assert archcalc.lock("specs") == ("specs/archcalc.lock",)


def test_a_folder_with_two_names_is_held_once(specs: Path) -> None:
    Path("link").symlink_to("specs")
    with hold(["specs", "./specs", "link"]):
        pass


def test_a_folder_that_cannot_be_held_is_left_to_those_who_write(specs: Path) -> None:
    with hold(["no/such/folder"]):
        pass


HOLDS = """
import time
from archcalc.guard.hold import hold
with hold(["specs"]):
    print(flush=True)
    time.sleep(60)
"""


@pytest.mark.slow
def test_a_hold_ends_with_its_process(specs: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLDS], stdout=subprocess.PIPE)
    assert holder.stdout
    holder.stdout.readline()
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    with hold(["specs"]):
        assert list(specs.iterdir()) == []
