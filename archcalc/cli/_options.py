"""Options that several commands share, one decorator each, and where their answers go."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import click

from archcalc.cli._output import formats_of, of_ending
from archcalc.cli._streams import complain
from archcalc.conventions import DTYPES, OTHER_DTYPES
from archcalc.errors import alike, closest, plain
from archcalc.render.units import UNITS

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

MAX_DIGITS = 9
"""A number of the largest unit has no more decimals: it counts things."""

Command = TypeVar("Command", bound=Callable[..., Any])
Completer: TypeAlias = "Callable[[click.Context, click.Parameter, str], list[CompletionItem]]"


class Words(click.Choice[str]):
    """A choice in any spelling, that suggests the closest word; ``other_names`` gives the word for another
    name, or an empty text.
    """

    def __init__(self, words: Sequence[str], other_names: Callable[[str], str] = str.lower) -> None:
        super().__init__(words)
        self.other_names = other_names

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        words = list(map(str, self.choices))
        if value in words:
            return super().convert(value, param, ctx)
        meant = alike(str(value), words) or alike(self.other_names(str(value)), words)
        return super().convert(meant[0] if len(meant) == 1 else value, param, ctx)

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        message = super().get_invalid_choice_message(value, ctx)
        close = closest(str(value), list(map(str, self.choices)))
        return f"{message} Did you mean '{close}'?" if close else message


def dtype_of(name: str) -> str:
    """The dtype that another program calls so (``fp16``, ``half``); empty if there is none."""
    return OTHER_DTYPES.get(plain(name), "")


class Format(Words):
    """A format by its name, or by the ending of its files (``md``, ``tex``)."""

    def __init__(self, words: Sequence[str]) -> None:
        super().__init__(words, lambda name: of_ending(f".{name.lower()}", words))


class CountRange(click.IntRange):
    """A whole number, also as ``1k`` or ``2M``: powers of 1000."""

    name = "whole number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number: Any = whole(str(value))  # click reads the text
        return super().convert(number, param, ctx)


def whole(text: str) -> str:
    """A count with the unit written out; any other text as it is.

    >>> whole("1k"), whole("1.5K"), whole("2M"), whole("12"), whole("k")
    ('1000', '1500', '2000000', '12', 'k')
    """
    match = re.fullmatch(r"(\d{1,9})(?:\.(\d{1,6}))?([kKM])", text)
    if match is None:
        return text
    digits = {"M": 6}.get(match[3], 3)
    part = (match[2] or "").rstrip("0")
    return match[1] + part.ljust(digits, "0") if len(part) <= digits else text


class DepthType(click.ParamType[int | str]):
    """A number of path parts from 1 up, "layers" or "all"."""

    name = "N|layers|all"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        if value in ("layers", "all"):
            return str(value)
        if str(value).isdecimal() and int(value[:9]) >= 1:
            return int(value[:9])
        return self.fail(
            f"{value!r} is not a valid depth: it must be a whole number of at least 1, 'layers' or 'all'",
            param,
            ctx,
        )


class Several(click.ParamType[str]):
    """A text. A variable holds several, with semicolons or line ends between them: paths and budgets contain
    spaces.
    """

    name = "text"

    def split_envvar_value(self, rv: str) -> Sequence[str]:
        return [text.strip() for text in re.split("[;\n]", rv) if text.strip()]


class FileName(click.Path):
    """A path that is not empty: an empty one is mostly a variable that was never set."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not value:
            self.fail("the name of the file is empty.", param, ctx)
        return super().convert(value, param, ctx)


def specs_argument(command: Command) -> Command:
    says = "Files, folders or patterns; default: [tool.archcalc] specs, or specs/."
    return click.argument(
        "specs",
        nargs=-1,
        type=Several(),
        envvar="ARCHCALC_SPECS",
        shell_complete=completes("files"),
        help=says,
    )(command)


def completes(kind: str) -> Completer:
    """What completes a word of this kind: a function of ``_completion``, which no other start imports."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from archcalc.cli import _completion

        return _completion.complete(kind, ctx, incomplete)

    return complete


complete_network = completes("networks")


def joined(ctx: click.Context, param: click.Parameter, lists: tuple[str, ...]) -> str | None:
    """Lists with commas between their words as one list: an option that is given twice adds."""
    return ",".join(lists) if lists else None


def list_option(*names: str, **how: Any) -> Callable[[Command], Command]:
    """An option that takes words with commas between them, several times."""
    return click.option(*names, multiple=True, callback=joined, **how)


def network_argument(command: Command) -> Command:
    says = (
        "A name, a YAML file (FILE:VARIANT for one of its variants), - for standard input, a model "
        "(net.onnx, net.keras, net.prototxt), or torch:package.module:callable, which runs that Python code."
    )
    return click.argument("network", help=says, shell_complete=complete_network, callback=announce_terminal)(
        command
    )


def announce_terminal(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """Say that a spec is read from the terminal: else the command would seem to hang."""
    targets = value if isinstance(value, tuple) else (value,)
    if any(target and target.partition(":")[0] == "-" for target in targets) and sys.stdin.isatty():
        complain("archcalc: reading a spec from the terminal; Ctrl-D ends it")
    return value


def settings_option(command: Command) -> Command:
    return click.option(
        "--set",
        "assignments",
        metavar="NAME=VALUE",
        multiple=True,
        shell_complete=completes("settings"),
        help="Change a setting of the network: --set size=288 --set 'convs=[1,1,2,2,2]'.",
    )(command)


def network_options(command: Command) -> Command:
    """``--set``, and the options of models of other programs."""
    from archcalc.cli._models import model_options

    return settings_option(model_options(command))


def batch_option(command: Command) -> Command:
    return click.option(
        "--batch",
        type=CountRange(1, 10**9),
        default=1,
        show_default=True,
        metavar="N",
        help="Batch size (64, 1k); does not change parameter counts.",
    )(command)


def dtype_option(command: Command) -> Command:
    return click.option(
        "--dtype",
        type=Words(list(DTYPES), dtype_of),
        default="float32",
        show_default=True,
        help="Data type, for byte counts.",
    )(command)


def convention_option(command: Command) -> Command:
    return click.option(
        "--convention",
        metavar="NAME",
        shell_complete=completes("conventions"),
        help="Add the count of a tool, such as fvcore; 'archcalc conventions' lists them.",
    )(command)


def depth_option(command: Command) -> Command:
    return click.option(
        "--depth",
        type=DepthType(),
        metavar="N|layers|all",
        help="Fold blocks below level N; layers: a row for each layer; all: also for ops in `then`.",
    )(command)


def units_option(command: Command) -> Command:
    return click.option(
        "--units",
        type=Words(UNITS),
        default="exact",
        show_default=True,
        help="Exact integers, or the unit K, M or G; auto chooses the one that fits.",
    )(command)


def digits_option(command: Command) -> Command:
    return click.option(
        "--digits",
        type=click.IntRange(0, MAX_DIGITS),
        metavar="N",
        help="Decimals of numbers with a unit; without --units, the unit is chosen for each column.",
    )(command)


def layout_option(command: Command) -> Command:
    return click.option(
        "--layout",
        type=Words(["hwc", "chw"]),
        default="hwc",
        show_default=True,
        help="Order of sizes in printed volumes.",
    )(command)


def notes_option(command: Command) -> Command:
    return click.option(
        "--notes", is_flag=True, help="Say below the table how everything is counted, in full."
    )(command)


def output_options_for(*kinds: type) -> Callable[[Command], Command]:
    """``--format`` and ``-o`` of a command that gives results of these kinds."""

    def decorate(command: Command) -> Command:
        command = click.option(
            "-o",
            "--output",
            type=FileName(dir_okay=False, allow_dash=True),
            help="Write to a file; its ending picks the format.",
        )(command)
        says = "Default: table on a terminal, plain in a pipe."
        return click.option("--format", type=Format(formats_of(*kinds)), help=says)(command)

    return decorate


output_options = output_options_for()
"""``--format`` and ``-o``."""
