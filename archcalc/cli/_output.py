"""Where an answer goes, and in which format: the one place that chooses."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import click

from archcalc.cli._streams import shows_color, telling_of_stdout
from archcalc.errors import ArchcalcError, did_you_mean, one_of, short
from archcalc.files import encoded, write_whole
from archcalc.render import formats, text_of
from archcalc.render.report import Page

TEXT = "text"
"""What suits stdout: a table on a terminal, plain text in a pipe or a file."""


class Output(NamedTuple):
    """The format of an answer, and its file (None: stdout)."""

    format: str
    path: str | None = None

    def write(self, result: Any, **options: Any) -> None:
        """Print a result, or write it whole to the file; ``options`` are the options of its report."""
        page = current_page() if self.path is None else Page()
        say_or_write(text_of(result, self.format, page, **options), self.path)


def chosen(
    format: str | None,
    output: str | None,
    names: Sequence[str] = formats.FORMATS,
    *,
    setting: str = "",
    stdout: str = TEXT,
    bare: str = "",
    says: str = "",
) -> Output:
    """Choose the format: ``format``, else by the ending of the file, else ``setting``, else ``stdout``.

    ``names`` are the formats of the command. ``bare`` is for a file without an ending. ``says`` names the
    endings for the user, instead of a list. Raises ArchcalcError.
    """
    path = None if output in (None, "", "-") else output
    ending = os.path.splitext(path or "")[1].lower()
    found = format or of_ending(ending, names) or setting
    if not found and path and (ending or not bare):
        raise ArchcalcError(f"{path}: {_unknown_ending(ending, names, says)}")
    found = found or (bare if path else stdout)
    if found not in (TEXT, *names):
        hint = did_you_mean(found, names)
        says = f"unknown format '{short(found)}'{f' ({hint})' if hint else ''}"
        raise ArchcalcError(f"[tool.archcalc] format: {says}")
    # Only a terminal gets colours and a table cut to its width; a file and a pipe get every column.
    if found == TEXT:
        found = "table" if sys.stdout.isatty() and path is None else "plain"
    return Output(found, path)


def formats_of(*kinds: type) -> tuple[str, ...]:
    """The formats of a command that gives results of these kinds: those of every result, and the writers."""
    return (*formats.FORMATS, *writers_of(*kinds))


def writers_of(*kinds: type) -> tuple[str, ...]:
    """The formats that only results of these kinds have."""
    if not kinds:
        return ()  # most commands have none: they do not load the writers
    from archcalc.render import writers

    return writers.for_result(*kinds)


def endings(name: str) -> tuple[str, ...]:
    """The endings of file names that mean a format."""
    if name in (TEXT, *formats.FORMATS):
        return formats.endings("plain" if name == TEXT else name)
    from archcalc.render import writers

    return writers.writer(name).ENDINGS


def of_ending(ending: str, names: Sequence[str]) -> str:
    """The format of the files with an ending; empty if it is none of ``names``."""
    return next((name for name in names if ending and ending in endings(name)), "")


def _unknown_ending(ending: str, names: Sequence[str], says: str) -> str:
    problem = f"unknown ending '{ending}'" if ending else "the file name has no ending"
    # The formats that every command has come first; two formats may share an ending.
    in_order = sorted(names, key=lambda name: name not in (TEXT, *formats.FORMATS))
    known = one_of(list(dict.fromkeys(ending for name in in_order for ending in endings(name))))
    return f"{problem}; use {says or known}, or choose a --format"


def make_folder(path: str) -> None:
    """Make a folder for several files, if it does not exist. Raises ArchcalcError."""
    try:
        os.makedirs(path, exist_ok=True)
    except OSError as error:
        raise ArchcalcError(f"cannot write into {path}: {error.strerror or error}") from None


def say_or_write(text: str | bytes, path: str | None) -> None:
    """A finished text, to stdout or whole to a file."""
    if path and path != "-":
        write_whole(path, text)
        return
    if isinstance(text, bytes) and sys.stdout.isatty():
        raise ArchcalcError("a terminal cannot show this format: write it to a file with -o")
    say(text)


def current_page() -> Page:
    """What stdout is: a terminal with its width and colours, or a pipe."""
    if not sys.stdout.isatty():
        return Page(unicode=_speaks_unicode())
    import shutil

    return Page(shutil.get_terminal_size().columns, shows_color(sys.stdout), _speaks_unicode())


def _speaks_unicode() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")


# Formulas and rules have signs that an ASCII terminal cannot show.
_ASCII = str.maketrans({"–": "-", "·": "*", "⌊": "floor(", "⌈": "ceil(", "⌋": ")", "⌉": ")", "…": "..."})


def say(text: str | bytes) -> None:
    """Print an answer. Raises ArchcalcError if that is not possible."""
    if isinstance(text, bytes) or text.isascii():
        pass  # no letters to replace
    elif _speaks_unicode():
        text = encoded(text).decode()
    else:
        text = text.translate(_ASCII).encode(sys.stdout.encoding or "ascii", "replace").decode()
    with telling_of_stdout():
        click.echo(text, nl=False)
        sys.stdout.flush()


def say_meanings(meanings: Mapping[str, str]) -> None:
    """Print every word with its meaning: a line each in a pipe, as wide as a terminal is on a terminal."""
    from archcalc.render.grid import Grid

    page = current_page()
    lines = Grid("", (), (), facts=tuple(meanings.items())).fact_lines(page.width)
    say("".join(f"{line}\n" for line in lines))
