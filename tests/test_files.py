"""Files that archcalc writes: whole or not at all, and nothing that is no file is replaced by one."""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from archcalc.errors import ArchcalcError
from archcalc.files import write_whole


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    # A class's folder may hold a student's links.
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("before")
    link.symlink_to("real")
    write_whole(str(link), "after")
    assert (real.read_text(), link.read_text(), link.is_symlink()) == ("before", "after", False)


def test_a_pipe_is_written_to_and_stays_one(tmp_path: Path) -> None:
    # As root a rename would put a file in the place of /dev/null or /dev/stdout.
    path = tmp_path / "pipe"
    os.mkfifo(path)
    seen: list[bytes] = []
    reader = threading.Thread(target=lambda: seen.append(path.read_bytes()))
    reader.start()
    write_whole(str(path), "text")
    reader.join()
    assert seen == [b"text"]
    assert stat.S_ISFIFO(path.stat().st_mode)


def test_a_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(ArchcalcError, match=r"^cannot write .*: Is a directory$"):
        write_whole(str(tmp_path), "text")


@pytest.mark.skipif(not os.path.exists("/dev/stdout"), reason="no name for standard output")
def test_standard_output_by_its_name_goes_on(tmp_path: Path) -> None:
    before = os.lstat("/dev/stdout")
    text = "from archcalc.files import write_whole; write_whole('/dev/stdout', 'text')"
    with open(tmp_path / "out", "w") as out:
        for _ in range(2):
            subprocess.run([sys.executable, "-c", text], stdout=out, check=True)
    assert (tmp_path / "out").read_text() == "texttext"
    assert os.path.samestat(before, os.lstat("/dev/stdout"))


def test_a_name_that_the_system_cannot_write_is_told(tmp_path: Path) -> None:
    with pytest.raises(
        ArchcalcError, match=r"^cannot write .*a\\ud800: file names here are in utf-8, which has no such"
    ):
        write_whole(str(tmp_path / "a\ud800"), "text")
    assert not list(tmp_path.iterdir())


# --- the file that is replaced ------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o444])
def test_the_permissions_of_the_file_stay(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "grades.csv"
    path.touch(mode)
    path.chmod(mode)
    write_whole(str(path), "text")
    assert (stat.S_IMODE(path.stat().st_mode), path.read_text()) == (mode, "text")


def test_a_new_file_has_the_usual_permissions(tmp_path: Path) -> None:
    usual, new, link = tmp_path / "usual", tmp_path / "new", tmp_path / "link"
    usual.touch()
    write_whole(str(new), "text")
    # Whoever made the link must not choose who may write.
    usual.with_suffix(".open").touch()
    usual.with_suffix(".open").chmod(0o666)
    link.symlink_to("usual.open")
    write_whole(str(link), "text")
    assert new.stat().st_mode == link.lstat().st_mode == usual.stat().st_mode


@pytest.mark.skipif(getattr(os, "geteuid", lambda: 1)() != 0, reason="only root can give a file away")
def test_the_owner_stays_where_the_system_allows_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x"
    path.touch()
    os.chown(path, 12345, 12346)
    write_whole(str(path), "one")
    assert (path.stat().st_uid, path.stat().st_gid) == (12345, 12346)

    def refused(*args: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "chown", refused)
    write_whole(str(path), "two")
    assert (path.stat().st_uid, path.read_text()) == (os.geteuid(), "two")


# --- what ends a command while it writes --------------------------------------------------------------


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", ["open", "replace"])
def test_ctrl_c_is_told_as_such_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, when: str
) -> None:
    path = tmp_path / "x"
    path.write_text("old")
    real = getattr(os, step)

    def interrupted(*args: object) -> object:
        if step == "open" and not str(args[0]).startswith(str(tmp_path)):
            return real(*args)
        if when == "after":
            made = real(*args)
            if step == "open":
                os.close(made)
        raise KeyboardInterrupt

    monkeypatch.setattr(os, step, interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_whole(str(path), "new")
    monkeypatch.undo()
    assert [one.name for one in tmp_path.iterdir()] == ["x"]
    assert path.read_text() == ("new" if (step, when) == ("replace", "after") else "old")


TERMINATED = """
import os, signal, sys
from archcalc.files import write_whole
real = os.replace
number = getattr(signal, sys.argv[2])
signal.signal(number, signal.SIG_DFL)  # under nohup a child inherits that SIGHUP is ignored
def slow(*names):
    os.kill(os.getpid(), number)
    print("still here", flush=True)
    real(*names)
os.replace = slow
write_whole(sys.argv[1], "new")
print("never here", flush=True)
"""


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="signals of POSIX")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_a_signal_that_ends_the_process_waits_for_the_file(tmp_path: Path, name: str) -> None:
    path = tmp_path / "x"
    command = [sys.executable, "-c", TERMINATED, str(path), name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (-getattr(signal, name), "still here\n")
    assert [one.name for one in tmp_path.iterdir()] == ["x"]
    assert path.read_text() == "new"


def test_what_a_kill_left_disturbs_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x"
    with monkeypatch.context() as patch:
        patch.setattr(os, "unlink", lambda name: None)
        patch.setattr(os, "replace", lambda *names: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            write_whole(str(path), "half")
    (left,) = tmp_path.iterdir()
    assert re.fullmatch(r"\.archcalc-[0-9a-f]{16}\.tmp", left.name)
    write_whole(str(path), "whole")
    assert (path.read_text(), left.read_text()) == ("whole", "half")
