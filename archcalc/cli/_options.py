"""Options that several commands share, one decorator each, and where their answers go."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from archcalc.conventions import DTYPES
from archcalc.errors import ArchcalcError
from archcalc.files import encoded, write_whole
from archcalc.render.formats import FORMATS, format_of, render
from archcalc.render.grid import Page, Report
from archcalc.render.units import UNITS

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from archcalc.language.about import About
    from archcalc.network import Network

Command = TypeVar("Command", bound=Callable[..., Any])


class Words(click.Choice[str]):
    """A choice that suggests the closest word."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        from archcalc.errors import did_you_mean

        message = super().get_invalid_choice_message(value, ctx)
        hint = did_you_mean(str(value), list(map(str, self.choices)))
        return f"{message} {hint[0].upper()}{hint[1:]}" if hint.startswith("did") else message


class DepthType(click.ParamType[int | str]):
    """A number of path parts from 1 up, or "all"."""

    name = "N|all"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        if value == "all":
            return "all"
        if str(value).isdecimal() and int(value[:9]) >= 1:
            return int(value[:9])
        return self.fail(f"{value!r} is neither a whole number from 1 up nor 'all'", param, ctx)


class Several(click.ParamType[str]):
    """A text; a variable holds several, with semicolons or line ends between them: paths and budgets have spaces."""

    name = "text"

    def split_envvar_value(self, rv: str) -> Sequence[str]:
        return [part.strip() for part in re.split("[;\n]", rv) if part.strip()]


def specs_argument(command: Command) -> Command:
    says = "Files, folders or patterns; default: [tool.archcalc] specs, or specs/."
    return click.argument("specs", nargs=-1, type=Several(), envvar="ARCHCALC_SPECS", help=says)(command)


def complete_network(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The networks that begin so; files too."""
    from click.shell_completion import CompletionItem

    from archcalc.language.find import names_at_a_glance

    names = [CompletionItem(name) for name in names_at_a_glance() if name.startswith(incomplete)]
    return names or [CompletionItem(incomplete, type="file")]


def network_argument(command: Command) -> Command:
    says = "A name, a path to a YAML file (FILE:VARIANT for one of its variants), or -"
    return click.argument("network", help=says, shell_complete=complete_network)(command)


def settings_option(command: Command) -> Command:
    return click.option(
        "--set",
        "assignments",
        metavar="NAME=VALUE",
        multiple=True,
        help="Change a setting of the network: --set size=288 --set 'convs=[1,1,2,2,2]'.",
    )(command)


def batch_option(command: Command) -> Command:
    return click.option(
        "--batch",
        type=click.IntRange(1, 10**9),
        default=1,
        show_default=True,
        help="Images per pass; never multiplies weights.",
    )(command)


def dtype_option(command: Command) -> Command:
    return click.option(
        "--dtype",
        type=Words(list(DTYPES)),
        default="float32",
        show_default=True,
        help="Type of values, for the bytes.",
    )(command)


def depth_option(command: Command) -> Command:
    return click.option(
        "--depth",
        type=DepthType(),
        help="Fold rows by scope to N path parts; all: also what follows in then.",
    )(command)


def units_option(command: Command) -> Command:
    return click.option(
        "--units",
        type=Words(UNITS),
        default="exact",
        show_default=True,
        help="Print counts whole, short, or all in one unit.",
    )(command)


def layout_option(command: Command) -> Command:
    return click.option(
        "--layout",
        type=Words(["hwc", "chw"]),
        default="hwc",
        show_default=True,
        help="Order in which volumes are printed.",
    )(command)


def output_options_with(*more: str) -> Callable[[Command], Command]:
    """``--format`` and ``-o``; ``more`` are formats that only one command has."""

    def decorate(command: Command) -> Command:
        command = click.option(
            "-o",
            "--output",
            type=click.Path(dir_okay=False, allow_dash=True),
            help="Write to a file; its ending picks the format.",
        )(command)
        says = "Default: table on a terminal, plain in a pipe."
        return click.option("--format", type=Words([*FORMATS, *more]), help=says)(command)

    return decorate


output_options = output_options_with()
"""``--format`` and ``-o``."""


def bind(target: str, assignments: Sequence[str]) -> Network:
    """The network of a target with ``name=value`` settings, each value read as in a spec.

    It carries its problems, so that an analysis can tell them together with its own. Raises ArchcalcError.
    """
    return _bound(target, assignments)[0]


def bind_with_settings(target: str, assignments: Sequence[str]) -> tuple[Network, About]:
    """As ``bind``, for a target that may carry settings of its own: ``resnet50:size=288,classes=10``.

    Also what its spec says about it.
    """
    name, colon, text = target.rpartition(":")
    if not colon or "=" not in text:
        return _bound(target, assignments)
    own = re.split(r",(?![^\[]*\])", text)  # a comma inside [...] belongs to a list
    return _bound(name, [*assignments, *own])


def _bound(target: str, assignments: Sequence[str]) -> tuple[Network, About]:
    from archcalc.language.find import load
    from archcalc.language.settings import parse_assignment

    settings = dict(parse_assignment(text) for text in assignments)
    if target.partition(":")[0] == "-" and sys.stdin.isatty():
        click.echo("archcalc: reading a spec from the terminal; Ctrl-D ends it", err=True)
    spec, name = load(target, strict=False)
    return spec.bind(name, settings, strict=False), spec.named(name)


def binder(target: str, assignments: Sequence[str]) -> Callable[[Mapping[str, Any]], Network]:
    """What binds the spec of a target to further settings, with ``name=value`` settings as in ``bind``."""
    from archcalc.language.find import load
    from archcalc.language.settings import parse_assignment

    settings = dict(parse_assignment(text) for text in assignments)
    spec, name = load(target, strict=False)
    return lambda more: spec.bind(name, {**settings, **more}, strict=False)


def chosen_format(format: str | None, output: str | None) -> str:
    """The format asked for, else that of the file's ending, else what suits stdout."""
    if format:
        return format
    if output and output != "-":
        return format_of(output)
    return "table" if sys.stdout.isatty() else "plain"


def answer(report: Report, format: str, output: str | None) -> None:
    """Write a report to stdout, or whole to a file."""
    to_file = bool(output) and output != "-"
    say_or_write(render(format, report, Page() if to_file else page()), output)


def say_or_write(text: str, output: str | None) -> None:
    """A finished text, to stdout or whole to a file."""
    if output and output != "-":
        write_whole(output, text)
    else:
        say(text)


def page() -> Page:
    """What stdout is: a terminal with its width and colours, or a pipe."""
    if not sys.stdout.isatty():
        return Page(unicode=_speaks_unicode())
    import shutil

    dumb = os.environ.get("TERM") == "dumb"
    return Page(
        shutil.get_terminal_size().columns, not (dumb or os.environ.get("NO_COLOR")), _speaks_unicode()
    )


def _speaks_unicode() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")


_ASCII = str.maketrans({"–": "-", "·": "*", "⌊": "floor(", "⌈": "ceil(", "⌋": ")", "⌉": ")", "…": "..."})


def say(text: str) -> None:
    """Print an answer; a reader that closes the pipe early is no error, a full disk is one. Raises ArchcalcError."""
    if _speaks_unicode():
        text = encoded(text).decode()
    else:
        text = text.translate(_ASCII).encode(sys.stdout.encoding or "ascii", "replace").decode()
    try:
        click.echo(text, nl=False)
        sys.stdout.flush()
    except BrokenPipeError:
        _drop_stdout()
        sys.exit(0)
    except OSError as error:
        _drop_stdout()
        raise ArchcalcError(f"cannot write to standard output: {error.strerror or error}") from None


def _drop_stdout() -> None:
    """What is left in the buffer goes nowhere; Python would complain once more when it closes stdout at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
