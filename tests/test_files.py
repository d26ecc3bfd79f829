"""Files that archcalc writes: whole or not at all, and nothing that is no file is replaced by one."""

from __future__ import annotations

import os
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
