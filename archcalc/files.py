"""Writing files: whole, or not at all."""

from __future__ import annotations

import os

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

    A link is replaced and not followed, so that nothing is written to an unexpected place. A device or a pipe
    (``/dev/stdout``) is written to directly, because it must not be replaced. Raises ArchcalcError.
    """
    data = encoded(text) if isinstance(text, str) else text
    try:
        if path in _STREAMS or (os.path.exists(path) and not os.path.isfile(path)):
            with open(os.dup(_STREAMS[path]) if path in _STREAMS else path, "wb") as device:
                device.write(data)
        else:
            _replace(os.path.abspath(path), data)
    except OSError as error:
        raise ArchcalcError(f"cannot write {printable(path)}: {error.strerror or error}") from None
    except UnicodeEncodeError as error:
        says = f"file names here are in {error.encoding}, which has no such letter"
        raise ArchcalcError(f"cannot write {printable(path)}: {says}") from None


def _replace(path: str, data: bytes) -> None:
    import tempfile

    # In the same folder, because a rename cannot cross file systems.
    handle, temporary = tempfile.mkstemp(prefix=".archcalc-", dir=os.path.dirname(path))
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        # A temporary file is private; the new file gets the usual permissions.
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _umask() -> int:
    # The mask can be read only by setting it.
    mask = os.umask(0)
    os.umask(mask)
    return mask
