"""The options of models of other programs: they are settings of the model."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeVar

import click

from archcalc.errors import ArchcalcError, short

_SHAPE = re.compile(r"([^=,]+=)?\d+(x\d+)*")

Command = TypeVar("Command", bound=Callable[..., Any])


def input_option(command: Command) -> Command:
    """``--input`` of a command that takes assignments."""

    @wraps(command)
    def with_input(*args: Any, assignments: Sequence[str], input_shapes: Sequence[str], **given: Any) -> Any:
        settings = [f"input={_shapes(input_shapes)}"] if input_shapes else []
        return command(*args, assignments=(*assignments, *settings), **given)

    says = "Shape of an input of a model, batch first; once for each input. A file may state it."
    shapes = click.option("--input", "input_shapes", metavar="[NAME=]1x3x224x224", multiple=True, help=says)
    return shapes(with_input)  # type: ignore[return-value]


def model_options(command: Command) -> Command:
    """``--input``, ``--arg`` and ``--opaque`` of a command that takes assignments."""

    @wraps(command)
    def with_model(
        *args: Any, assignments: Sequence[str], arguments: Sequence[str], opaque: bool, **given: Any
    ) -> Any:
        settings = [f"arg.{text}" for text in arguments]
        settings += ["opaque=true"] if opaque else []
        return command(*args, assignments=(*assignments, *settings), **given)

    says = "An argument of the callable in torch:package.module:callable."
    wrapped = click.option("--arg", "arguments", metavar="KEY=VALUE", multiple=True, help=says)(
        input_option(with_model)
    )
    says = "Keep layers of a model that archcalc does not know; the totals are partial then."
    return click.option("--opaque", is_flag=True, help=says)(wrapped)  # type: ignore[return-value]


def _shapes(texts: Sequence[str]) -> str:
    """The shapes of the inputs of a model as the value of a setting. Raises ArchcalcError."""
    for text in texts:
        if not _SHAPE.fullmatch(text):
            says = "--input takes the sizes of one input, such as 1x3x224x224 or NAME=1x3x224x224"
            raise ArchcalcError(f"{says}, and not '{short(text)}'")
    return ",".join(texts)
