"""Only one process at a time writes the locks of a folder: reading and writing one is a single step."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress

from archcalc.errors import ArchcalcError, printable

PATIENCE = 60.0
"""Seconds to wait for another process."""
PAUSE = 0.05


@contextmanager
def hold(folders: Iterable[str]) -> Iterator[None]:
    """Keep every other ``hold`` out of these folders, also those of other processes.

    The system itself ends the hold of a process that was killed, so none is ever left behind. Raises
    ArchcalcError if another process does not end its hold in time.
    """
    with ExitStack() as held:
        # The same order everywhere: two processes never wait for each other. A folder has one name here.
        for folder in sorted(set(map(os.path.realpath, folders))):
            held.enter_context(_held(folder))
        yield


@contextmanager
def _held(folder: str) -> Iterator[None]:
    try:
        handle = _open(folder)
    except OSError:  # a folder that cannot be opened cannot be written; the next step reports it
        yield
        return
    try:
        _wait(handle, folder)
        yield
    finally:
        os.close(handle)
        if sys.platform == "win32":
            with suppress(OSError):  # another process waits with this file
                os.unlink(_file_in(folder))


def _wait(handle: int, folder: str) -> None:
    end = time.monotonic() + PATIENCE
    while not _taken(handle):
        if time.monotonic() > end:
            says = f"another 'archcalc lock' has been at work here for {PATIENCE:.0f} seconds"
            raise ArchcalcError(f"{printable(folder)}: {says}; wait until it ends, or stop it, and try again")
        time.sleep(PAUSE)


if sys.platform == "win32":
    import msvcrt

    def _file_in(folder: str) -> str:
        return os.path.join(folder, ".archcalc-hold.tmp")

    def _open(folder: str) -> int:
        # Windows locks files only.
        return os.open(_file_in(folder), os.O_RDWR | os.O_CREAT)

    def _taken(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _open(folder: str) -> int:
        return os.open(folder, os.O_RDONLY)

    def _taken(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True  # some network drives know no locks; then as before
        return True
