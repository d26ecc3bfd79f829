"""archcalc in a separate process, as a user runs it: in a pipe, and on a terminal."""

from __future__ import annotations

import os
import re
import struct
import subprocess
import sys
from pathlib import Path

import pytest

_MODULE = ["-m", "archcalc"]
_WITHOUT = (
    "import sys; sys.modules[{!r}] = None\nsys.argv[0] = 'archcalc'\nfrom archcalc.cli import main\nmain()"
)


def run(
    *args: str,
    stdin: str | bytes = b"",
    cwd: Path | None = None,
    hide: str = "",
    env: dict[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """What a command prints in a pipe; ``hide``: a module that is not installed."""
    done = subprocess.run(
        [sys.executable, *(["-c", _WITHOUT.format(hide)] if hide else _MODULE), *args],
        input=stdin if isinstance(stdin, bytes) else stdin.encode(),
        capture_output=True,
        cwd=cwd,
        env={**os.environ, **(env or {})},
        check=False,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def on_terminal(*args: str, columns: int, code: int = 0, **env: str) -> str:
    """What a command prints on a terminal of so many columns, with its errors."""
    # Windows has none of these three: a test of a terminal is skipped there.
    termios, fcntl, pty = (pytest.importorskip(name) for name in ("termios", "fcntl", "pty"))
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    said = {name: value for name, value in os.environ.items() if name != "CI"}  # a user's terminal has no CI
    child = subprocess.Popen(
        [sys.executable, *_MODULE, *args],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**said, "TERM": "xterm-256color", **env},
    )
    os.close(theirs)
    seen = b""
    try:
        while chunk := os.read(ours, 65536):
            seen += chunk
    except OSError:
        pass  # the terminal closes when the child ends
    os.close(ours)
    assert child.wait() == code, seen.decode()
    return seen.decode().replace("\r\n", "\n")


def plain(text: str) -> str:
    """The text of a terminal without colours and movements of the cursor."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).replace("\r", "")
