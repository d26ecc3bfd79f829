"""Files written whole or not at all."""

from __future__ import annotations

import os

from archcalc.errors import ArchcalcError, printable


def write_whole(path: str, text: str | bytes) -> None:
    """Write a file under a temporary name and rename it: it is there whole or as before. Raises ArchcalcError."""
    import tempfile

    folder = os.path.dirname(os.path.abspath(path))
    try:
        handle, temporary = tempfile.mkstemp(prefix=".archcalc-", dir=folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(text.encode() if isinstance(text, str) else text)
            os.chmod(temporary, 0o666 & ~_umask())
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        raise ArchcalcError(f"cannot write {printable(path)}: {error.strerror or error}") from None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
