"""The command line: one file per command in this folder, imported when it is called.

The first line of a command's file is its line in ``archcalc --help``. A new command is a new file;
``_commands.py`` says in which group it stands, with an example.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
import warnings
from importlib import import_module
from typing import Any, NoReturn

# A command makes many records and few cycles. Python would look for cycles at every 700th record, and once
# more among all objects when it ends: together a tenth of the time of a table, and of a check of the zoo.
gc.set_threshold(1_000_000)
atexit.register(gc.freeze)

import click  # noqa: E402

from archcalc import __version__  # noqa: E402
from archcalc.cli._streams import (  # noqa: E402
    complain,
    give_up_stderr,
    interruptible,
    is_of_stderr,
    open_closed_streams,
    telling_of_stdout,
    telling_of_usage,
)
from archcalc.errors import ArchcalcError, SpecError  # noqa: E402

_FOLDER = os.path.dirname(__file__)


class Commands(click.Group):
    """A group whose commands are the files of this folder (``list_.py`` is ``list``)."""

    def make_context(self, *args: Any, **more: Any) -> click.Context:
        with interruptible(), telling_of_stdout(), telling_of_usage():  # --help and --version print here
            return super().make_context(*args, **more)
        sys.exit(0)  # their reader went away

    def invoke(self, ctx: click.Context) -> Any:
        with interruptible(), telling_of_stdout(), telling_of_usage():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(
            name[:-3].rstrip("_") for name in os.listdir(_FOLDER) if name.endswith(".py") and name[0] != "_"
        )

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        # The underscore keeps a command's file from hiding a Python word inside this package.
        underscore = "_" if os.path.exists(os.path.join(_FOLDER, f"{cmd_name}_.py")) else ""
        command: click.Command = import_module(f"{__name__}.{cmd_name}{underscore}").command
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            if ctx.resilient_parsing:  # a shell asks what may follow
                return None, None, args
            from archcalc.cli._commands import help_of
            from archcalc.cli._other_words import no_such_command

            # "archcalc help" is what many other programs have.
            return help_of(self, ctx, args) or no_such_command(ctx, args, self.list_commands(ctx))
        return super().resolve_command(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        # The commands come first: they are what a new user looks for.
        self.format_commands(ctx, formatter)
        click.Command.format_options(self, ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from archcalc.cli._commands import write_groups

        write_groups(formatter, {name: first_line(name) for name in self.list_commands(ctx)})


def first_line(command: str) -> str:
    """The first line of a command's file, without its quotes: help imports no command."""
    for name in (f"{command}.py", f"{command}_.py"):
        path = os.path.join(_FOLDER, name)
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                return file.readline().strip().strip('"')
    return ""


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
    NETWORK: a name (vgg16), a spec (my.yaml), a model (net.onnx), or - for stdin.
    Exit codes: 0 success, 1 check failed, 2 bad usage or spec, 3 internal error.
    """,
)
@click.version_option(__version__, "-V", "--version", message="%(prog)s %(version)s")
def cli() -> None:
    """Exact shapes and costs of network architectures."""


def main() -> NoReturn:
    """Run the command line; print a user's mistake on stderr, without a traceback."""
    warnings.showwarning = _say_warning
    open_closed_streams()
    try:
        with interruptible():
            cli.main(prog_name="archcalc", standalone_mode=True)
    except ArchcalcError as error:
        complain(_said(error))
        sys.exit(2)
    except RecursionError:
        complain("archcalc: error: the spec is nested too deeply")
        sys.exit(2)
    except Exception as error:
        if is_of_stderr(error):
            give_up_stderr()
            sys.exit(2)
        # What is left is a mistake in archcalc: show the whole traceback, and exit with 3.
        import traceback

        # The sentence comes last, so that it is read first.
        says = "archcalc: internal error; please report it with the lines above"
        complain(traceback.format_exc() + says)
        sys.exit(3)
    sys.exit(0)


def _say_warning(message: Warning | str, *place: Any, **options: Any) -> None:
    """A warning on stderr: its own words, and not the place in the code where it was made."""
    complain(str(message))


def _said(error: ArchcalcError) -> str:
    # The problems of a spec begin with their file and line.
    return error.text("error") if isinstance(error, SpecError) else f"archcalc: error: {error}"
