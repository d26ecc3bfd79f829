"""The words that a shell offers for a half-typed argument."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable

import click
from click.shell_completion import CompletionItem

import archcalc
from archcalc.errors import ArchcalcError, plain

ENDINGS = (".yaml", ".yml")


def complete(kind: str, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    """The words of a kind that begin so. A spec with mistakes offers none: a Tab prints no message."""
    try:
        with warnings.catch_warnings(action="ignore"):
            return _KINDS[kind](ctx, incomplete)
    except (ArchcalcError, RecursionError):
        return []


def _matching(words: Iterable[str], incomplete: str, before: str = "") -> list[CompletionItem]:
    """The words that begin so, in any spelling; ``before`` is what stands before the word."""
    begin = plain(incomplete)
    return [CompletionItem(before + word) for word in words if plain(word).startswith(begin)]


def _in_list(words: Iterable[str], incomplete: str) -> list[CompletionItem]:
    """The words for the last place of a list with commas, without those that it has."""
    before, comma, last = incomplete.rpartition(",")
    return _matching([word for word in words if word not in before.split(",")], last, before + comma)


def _networks(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    """The networks, and the specs in this folder; in another folder all files."""
    names = _matching([*archcalc.names(), *_specs_here()], incomplete)
    return names if names and "/" not in incomplete else _files(ctx, incomplete)


def _specs_here() -> list[str]:
    try:
        return sorted(name for name in os.listdir() if name.endswith(ENDINGS))
    except OSError:
        return []


def _files(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(incomplete, type="file")]


def _families(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    return _matching(dict.fromkeys(network.family for network in archcalc.listing().networks), incomplete)


def _network_of(ctx: click.Context) -> str:
    """The network that the command line names before the word; empty if there is none that can be read."""
    # Behind an option without its value, click has not yet sorted the arguments before it.
    arguments = {param.name for param in ctx.command.params if isinstance(param, click.Argument)}
    unsorted = ctx.args if arguments & {"network", "networks"} else ()
    found = [*(ctx.params.get(name) for name in ("network", "networks", "key")), unsorted]
    named = next(filter(None, found), "")
    target = str(named if isinstance(named, str) else named[0])
    return "" if target.startswith("-") else target  # standard input is the terminal here


def _settings_of(ctx: click.Context) -> list[str]:
    target = _network_of(ctx)
    return list(archcalc.load(target, strict=False).settings) if target else []


def _settings(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    return [] if "=" in incomplete else _matching([f"{name}=" for name in _settings_of(ctx)], incomplete)


def _free(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    return _in_list([*_settings_of(ctx), "H", "W", "batch"], incomplete)


def _layers(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    """The layers and blocks on the level of the word: those inside a block are offered behind its slash."""
    target, level = _network_of(ctx), incomplete.count("/") + 1
    layers = archcalc.load(target, strict=False).layers if target else ()
    paths = dict.fromkeys("/".join(layer.path.split("/")[:level]) for layer in layers)
    return _matching(paths, incomplete)


def _columns(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    return _in_list([*archcalc.table_columns(), "all", "help"], incomplete)


def _list_columns(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    return _in_list([*archcalc.list_columns(), "help"], incomplete)


def _totals_columns(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    return _in_list([*archcalc.totals_columns(), "help"], incomplete)


def _sweep_columns(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    return _in_list([*_settings_of(ctx), *archcalc.sweep_columns()], incomplete)


def _blanks(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    return _in_list(archcalc.quiz_columns(), incomplete)


def _devices(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    file = ctx.params.get("devices")
    return _matching([device.name for device in archcalc.devices(file).devices], incomplete)


def _ops(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    from archcalc.render.manual import op_names

    return _matching(op_names(), incomplete)


def _conventions(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    return _matching([convention.name for convention in archcalc.list_conventions().tools], incomplete)


def _charts(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    return _matching(archcalc.plot_kinds(), incomplete)


_KINDS: dict[str, Callable[[click.Context, str], list[CompletionItem]]] = {
    "blanks": _blanks,
    "charts": _charts,
    "columns": _columns,
    "conventions": _conventions,
    "devices": _devices,
    "families": _families,
    "files": _files,
    "free": _free,
    "layers": _layers,
    "list columns": _list_columns,
    "networks": _networks,
    "ops": _ops,
    "settings": _settings,
    "sweep columns": _sweep_columns,
    "totals columns": _totals_columns,
}
