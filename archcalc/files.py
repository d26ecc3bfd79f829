"""Files written whole or not at all."""

from __future__ import annotations

import os

from archcalc.errors import ArchcalcError, printable

_STREAMS = {"/dev/stdout": 1, "/dev/stderr": 2}
"""Opened by its name, a file that one of these goes to would begin anew."""


def encoded(text: str) -> bytes:
    """A text as UTF-8. A file's name that is none has surrogates; they are written as JSON writes them.

    >>> encoded('{"file": "a\\udcff.yaml"}')
    b'{"file": "a\\\\udcff.yaml"}'
    """
    return text.encode(errors="backslashreplace")


def write_whole(path: str, text: str | bytes) -> None:
    """Write a file under a temporary name and rename it: it is there whole or as before. Raises
    ArchcalcError.

    A link is replaced and not followed, so that nothing is written far from where it was meant; what is no
    file is written to, for a device or a pipe must not be replaced (``/dev/stdout``).
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

    handle, temporary = tempfile.mkstemp(prefix=".archcalc-", dir=os.path.dirname(path))
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
