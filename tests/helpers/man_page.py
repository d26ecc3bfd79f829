"""docs/archcalc.1: the manual page, made from the commands.

Written by ``ARCHCALC_GOLDEN=1 pytest tests/test_docs.py -k manual_page``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import click

from archcalc import __version__
from archcalc.cli import cli, first_line
from archcalc.cli._commands import GROUPS

PAGE = "archcalc.1"

ENVIRONMENT = {
    "ARCHCALC_SPECS": "The specs of lock and check, with ; between several.",
    "ARCHCALC_MAX": "Budgets of check, with ; between several.",
    "ARCHCALC_FORMAT": "The format of check.",
    "NO_COLOR": "Print no colours on a terminal.",
    "FORCE_COLOR": "Print colours on a terminal with TERM=dumb, too; never in a pipe or a file.",
}


def man_page() -> str:
    """The page in the man macros."""
    context = click.Context(cli, info_name="archcalc")
    lines = [
        '.\\" Written by ARCHCALC_GOLDEN=1 pytest tests/test_docs.py. Do not edit.',
        f'.TH ARCHCALC 1 "" "archcalc {__version__}" "User Commands"',
        ".SH NAME",
        "archcalc \\- exact shapes and costs of network architectures",
        ".SH SYNOPSIS",
        ".B archcalc",
        "COMMAND [ARGUMENTS] [OPTIONS]",
        ".SH DESCRIPTION",
        *_text(cli.help or ""),
        *_text(cli.epilog or ""),
        ".SH COMMANDS",
    ]
    for group, examples in GROUPS.items():
        lines.append(f".SS {group}")
        for example in examples:
            lines += [".TP", f".B archcalc {escaped(example)}", escaped(first_line(example.split()[0]))]
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        lines += _command(name, command, click.Context(command, context, info_name=name))
    lines.append(".SH ENVIRONMENT")
    for variable, says in ENVIRONMENT.items():
        lines += [".TP", f".B {variable}", escaped(says)]
    return "\n".join([*lines, ".SH EXIT STATUS", "See DESCRIPTION, and each command.", ""])


def _command(name: str, command: click.Command, context: click.Context) -> Iterator[str]:
    """The section of one command."""
    usage = " ".join(command.collect_usage_pieces(context))
    yield f'.SH "ARCHCALC {name.upper()}"'
    yield f".B archcalc {name}"
    yield escaped(usage)
    yield ".PP"
    yield from _text(command.help or "")
    for param in command.params:
        record = param.get_help_record(context)
        if record is not None:
            yield from (".TP", f".B {escaped(record[0])}", escaped(" ".join(record[1].split())))


def _text(text: str) -> Iterator[str]:
    """Paragraphs; those that click prints as they are (``\\b``) keep their lines."""
    for paragraph in filter(None, re.split(r"\n\s*\n", text.strip())):
        lines = [line.strip() for line in paragraph.splitlines()]
        if lines[0] == "\b":
            yield from (".PP", ".nf", *map(escaped, lines[1:]), ".fi")
        else:
            yield from (".PP", escaped(" ".join(lines)))


def escaped(text: str) -> str:
    r"""A text without commands of roff.

    >>> escaped(".x - \\n"), escaped("'set'")
    ('\\&.x \\- \\en', "\\&'set'")
    """
    bare = text.replace("\\", "\\e").replace("-", "\\-").replace("…", "...")
    return f"\\&{bare}" if bare[:1] in (".", "'") else bare
