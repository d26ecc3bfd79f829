"""Writing files: whole, or not at all."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from archcalc.errors import ArchcalcError, printable

_STREAMS = {"/dev/stdout": 1, "/dev/stderr": 2}
"""The numbers of the standard streams. Opening them by name would empty a file to which they go."""


def encoded(text: str) -> bytes:
    """A text as UTF-8. File names that are not UTF-8 have surrogates, which are written as in JSON.

    >>> encoded('{"file": "a\\udcff.yaml"}')
    b'{"file": "a\\\\udcff.yaml"}'
    """
    return text.encode(errors="backslashreplace")


def write_whole(path: str, text: str | bytes) -> None:
    """Write a file under a temporary name and rename it: the old file stays until the new one is complete.
    The new file gets the permissions of the old one, and its owner where the system allows that.

    A link is replaced and not followed, so that nothing is written to an unexpected place. A device or a pipe
    (``/dev/stdout``) is written to directly, because it must not be replaced. Raises ArchcalcError.
    """
    data = encoded(text) if isinstance(text, str) else text
    try:
        if path in _STREAMS or (os.path.exists(path) and not os.path.isfile(path)):
            with open(os.dup(_STREAMS[path]) if path in _STREAMS else path, "wb") as device:
                device.write(data)
        else:
            with _unstopped():
                _replace(os.path.abspath(path), data)
    except OSError as error:
        raise ArchcalcError(f"cannot write {printable(path)}: {error.strerror or error}") from None
    except UnicodeEncodeError as error:
        says = f"file names here are in {error.encoding}, which has no such letter"
        raise ArchcalcError(f"cannot write {printable(path)}: {says}") from None


@contextmanager
def _unstopped() -> Iterator[None]:
    """A signal that would end the process waits until the temporary file is gone."""
    import signal

    if sys.platform == "win32":  # it has no such signals
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGHUP))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _replace(path: str, data: bytes) -> None:
    # In the same folder, because a rename cannot cross file systems. The name is chosen before the file is
    # made, so that Ctrl-C leaves no file of an unknown name. Only SIGKILL or a power cut leaves a file; its
    # name is used by no other file, so it does no harm, and may be deleted.
    temporary = os.path.join(os.path.dirname(path), f".archcalc-{os.urandom(8).hex()}.tmp")
    old = _file_at(path)
    try:
        with open(temporary, "xb", opener=_private if old else None) as file:
            file.write(data)
        if old:
            _give(temporary, old)
        os.replace(temporary, path)
    except BaseException:
        with suppress(FileNotFoundError):  # it was never made, or has its name already
            os.unlink(temporary)
        raise


def _file_at(path: str) -> os.stat_result | None:
    """The file that will be replaced. A link is not one: its maker must not choose the permissions."""
    with suppress(FileNotFoundError):
        found = os.lstat(path)
        return None if stat.S_ISLNK(found.st_mode) else found
    return None


def _private(path: str, flags: int) -> int:
    # Until it has the permissions of the old file, no other user may read it.
    return os.open(path, flags, 0o600)


def _give(temporary: str, old: os.stat_result) -> None:
    """Give a new file the owner, the group and the permissions of the old one."""
    now = os.stat(temporary)
    if sys.platform != "win32" and (now.st_uid, now.st_gid) != (old.st_uid, old.st_gid):
        with suppress(OSError):  # only an administrator can give a file away
            os.chown(temporary, old.st_uid, old.st_gid)
    os.chmod(temporary, stat.S_IMODE(old.st_mode) & 0o777)
