"""What happens to a command from outside: closed streams, full disks, readers that go away, and signals."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

import click

from archcalc.errors import ArchcalcError


def open_closed_streams() -> None:
    """Open the standard streams that the caller has closed; Python has None in their place.

    Nothing can be read from them or written to them: an attempt gives an OSError, as for a full disk. That
    they are open again also keeps their numbers from the next file that is opened.
    """
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            reads = name == "stdin"
            number = os.open(os.devnull, os.O_WRONLY if reads else os.O_RDONLY)  # the wrong way round
            stream = os.fdopen(number, "r" if reads else "w", encoding="utf-8", closefd=False)
            setattr(sys, name, stream)


@contextmanager
def telling_of_stdout() -> Iterator[None]:
    """A reader that closes the pipe early is not an error, a full disk is. Raises ArchcalcError."""
    try:
        yield
    except BrokenPipeError:
        _drop(sys.stdout)  # the command goes on: its exit code may say that a check failed
    except OSError as error:
        if error.filename is not None:  # of another file
            raise
        _drop(sys.stdout)
        says = "it is closed" if error.errno == errno.EBADF else error.strerror or error
        raise ArchcalcError(f"cannot write to standard output: {says}") from None


@contextmanager
def telling_of_usage() -> Iterator[None]:
    """A mistake in a command line is printed as every other mistake is; click would print its own form."""
    try:
        yield
    except click.ClickException as error:
        if isinstance(error, click.UsageError):
            from archcalc.cli._other_words import with_way_out

            error = with_way_out(error)
        text = io.StringIO()
        error.show(text)
        complain(text.getvalue().rstrip("\n"))
        sys.exit(error.exit_code)


def shows_color(stream: TextIO) -> bool:
    """Whether a stream is a terminal whose user wants colours: the one place that decides.

    NO_COLOR counts before FORCE_COLOR, and that before TERM=dumb. A pipe and a file get no colours.
    """
    if not stream.isatty() or os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or os.environ.get("TERM") != "dumb"


def complain(text: str) -> None:
    """Print a message on stderr. If stderr is closed, the exit code is the only answer."""
    if shows_color(sys.stderr):
        from archcalc.cli._labels import colored

        text = colored(text)
    try:
        click.echo(text, err=True)
    except OSError:
        give_up_stderr()


def give_up_stderr() -> None:
    """Print no more messages: stderr is closed."""
    _drop(sys.stderr)


def _drop(stream: TextIO) -> None:
    """What is left in the buffer goes nowhere; Python would complain once more when it closes the stream at
    exit.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


@contextmanager
def interruptible() -> Iterator[None]:
    """Ctrl-C ends the command with the exit code that shells give: 128 and the number of the signal."""
    try:
        yield
    except KeyboardInterrupt:
        # Click would end with 1, which says that a check failed.
        complain("\narchcalc: interrupted")
        sys.exit(128 + 2)


def is_of_stderr(error: Exception) -> bool:
    """Whether an error says that a message cannot be written; one of stdout has been told before."""
    numbers = (errno.EPIPE, errno.EBADF, errno.ENOSPC, errno.EIO)
    return isinstance(error, OSError) and error.filename is None and error.errno in numbers
