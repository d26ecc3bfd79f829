"""Options about devices, and the device that they mean."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

import click

from archcalc.cli import _options as shared
from archcalc.conventions import PRECISIONS
from archcalc.errors import alike, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable

    Command = TypeVar("Command", bound=Callable[..., Any])


class Batches(click.ParamType[tuple[int, ...]]):
    """Whole numbers from 1 to 10^9 - 1, with commas between them."""

    name = "N,N,..."

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        words = [word.strip() for word in str(value).split(",")]
        words = [shared.whole(word) for word in words]
        for word in words:
            if not re.fullmatch(r"[1-9][0-9]{0,8}", word):
                self.fail(f"{word!r} is not a valid batch (1 to 999999999)", param, ctx)
        return tuple(map(int, words))


class Dtypes(click.ParamType[tuple[str, ...]]):
    """Dtypes with commas between them."""

    name = "NAME,..."

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        words = [word.strip() for word in str(value).split(",")]
        words = [shared.dtype_of(word) or next(iter(alike(word, PRECISIONS)), word) for word in words]
        for word in words:
            if word not in PRECISIONS:
                self.fail(f"unknown dtype {word!r} ({did_you_mean(word, PRECISIONS)})", param, ctx)
        return tuple(words)


def without_repeats(ctx: click.Context, param: click.Parameter, lists: tuple[Any, ...]) -> tuple[Any, ...]:
    """All words of all lists, each once: an option that is given twice adds."""
    return tuple(dict.fromkeys(word for words in lists for word in words))


def precision_option(command: Command) -> Command:
    """``--dtype`` of a command about a device."""
    says = "Data type; amp: activations in float16, parameters in float32."
    words = shared.Words(PRECISIONS, shared.dtype_of)
    return click.option("--dtype", type=words, default="float32", show_default=True, help=says)(command)


def devices_option(command: Command) -> Command:
    says = "A YAML file with more devices, as 'archcalc device --calibrate' writes it."
    return click.option("--devices", type=shared.FileName(dir_okay=False), metavar="FILE", help=says)(command)
