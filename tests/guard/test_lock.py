"""How a lock is written: the same bytes every time, and whole whatever happens."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from helpers.console import run
from helpers.project import NET, check, lock, write

import archcalc
from archcalc.errors import ArchcalcError, SpecError
from archcalc.guard import lockfile

MODELS = Path(__file__).parents[1] / "importers" / "models"

pytestmark = pytest.mark.usefixtures("folder")


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


def test_the_input_of_a_model_is_stored() -> None:
    """free.onnx leaves its sizes open; the lock has them, so that a check needs no option."""
    shutil.copy(MODELS / "free.onnx", "free.onnx")
    assert "give its sizes: --input 1x3x224x224" in run("lock", "free.onnx").stderr
    assert run("lock", "free.onnx", "--input", "1x3x64x64").returncode == 0
    assert '"set": {"input": [1, 3, 64, 64]}' in Path("archcalc.lock").read_text(encoding="utf-8")
    assert run("check", "free.onnx").stdout == "1 network as locked\n"
    assert run("lock", "free.onnx").stdout == "archcalc.lock: unchanged, 1 network\n"


def test_only_a_model_takes_an_input() -> None:
    write(a="")
    done = run("lock", "--input", "1x3x64x64")
    assert done.returncode == 2
    assert done.stderr == "archcalc: error: --input: no network here is a model, such as net.onnx\n"


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


def test_a_setting_is_recorded_used_and_kept() -> None:
    write(a="", b=NET.format(name="b").replace("settings: {n: 4}\n", "").replace("conv: n", "conv: 4"))
    lock()
    five = lock(n=5)
    locked = lockfile.parse(five).networks
    assert locked["a"].layers[0].output == (8, 8, 5)
    assert locked["b"].layers[0].output == (8, 8, 4)
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

    monkeypatch.setattr("archcalc.files.open", refused, raising=False)
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
