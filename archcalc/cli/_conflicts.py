"""Options that exclude each other, and options that need another one: refused, never ignored."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

ROWS = ("--format csv", "--format tsv")
RECORDS = (*ROWS, "--format json")
"""The formats for programs; named here, because asking each format would load it."""
UNITS = ("--units auto", "--units K", "--units M", "--units G")
"""The units that are not exact."""


def excludes(
    *options: str, takes_no: Sequence[str], because: str, instead: str
) -> Callable[[Command], Command]:
    """Refuse a command line that has one of the ``options`` and something that it ``takes_no``.

    An option is written as a user types it: ``--set`` is it with any value, ``--style cs231n`` with that
    value, ``network`` an argument, and ``--format csv`` also ``-o FILE.csv``. ``because`` follows the option
    in the message and says what it does; ``instead`` is the way out.
    """

    def refuse(ctx: click.Context) -> None:
        for option in options:
            typed = _typed(ctx, option)
            others = [text for text in (_typed(ctx, other) for other in takes_no) if text]
            if typed and others:
                nothing = " or ".join(dict.fromkeys(others))
                raise click.UsageError(f"{typed} {because}; it takes no {nothing} ({instead})", ctx)

    return _before(refuse)


def needs(*options: str, other: str, because: str, instead: str) -> Callable[[Command], Command]:
    """Refuse a command line that has one of the ``options`` without the ``other``; as ``excludes``."""

    def refuse(ctx: click.Context) -> None:
        for option in options:
            typed = _typed(ctx, option)
            if typed and not _typed(ctx, other):
                raise click.UsageError(f"{typed} {because}; {instead}", ctx)

    return _before(refuse)


def _before(refuse: Callable[[click.Context], None]) -> Callable[[Command], Command]:
    def decorate(command: Command) -> Command:
        @wraps(command)
        def checked(*args: Any, **given: Any) -> Any:
            refuse(click.get_current_context())
            return command(*args, **given)

        return checked  # type: ignore[return-value]

    return decorate


digits_of_units = excludes(
    "--units exact",
    takes_no=("--digits",),
    because="prints whole numbers",
    instead="choose another unit, or leave --units out",
)
"""Whole numbers have no decimals."""


def _typed(ctx: click.Context, option: str) -> str:
    """An option or argument as the user has typed it; empty if the command line does not have it."""
    name, _, value = option.partition(" ")
    parameter = next(one for one in ctx.command.params if name in (*one.opts, *one.secondary_opts))
    given = ctx.params.get(parameter.name or "")
    if ctx.get_parameter_source(parameter.name or "") is not click.core.ParameterSource.COMMANDLINE:
        return _typed_as_ending(ctx, value) if name == "--format" and value else ""
    if isinstance(given, bool) and given is not (name in parameter.opts):
        return ""  # the other one of a pair such as --biases/--no-biases
    return option if not value or given == value else ""


def _typed_as_ending(ctx: click.Context, format: str) -> str:
    from archcalc.cli._output import endings

    output = ctx.params.get("output")
    ending = os.path.splitext(output or "")[1].lower()
    return f"-o {os.path.basename(output)}" if output and ending and ending in endings(format) else ""


exact_totals = excludes(
    *RECORDS,
    takes_no=(*UNITS, "--digits", "--layout chw", "--notes"),
    because="has exact integers, and sizes as HxWxC",
    instead="leave them out, or choose another format",
)
"""For a command with a row of totals per network: the formats for programs take no options of print."""
