"""``--set name=value``: a setting on the command line, with the values that a spec could have."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from archcalc.errors import ArchcalcError, Problem, Source, SpecError, short
from archcalc.language.evaluators import Scope
from archcalc.language.expressions import Expression, parse
from archcalc.language.tokens import ExprError
from archcalc.language.values import SpecProblem, ValueReader

Settings: TypeAlias = Mapping[str, Any] | Sequence[str]
"""Settings of a network: a mapping from name to value, or texts ``name=value``."""

Input: TypeAlias = Sequence[int] | str
"""The shape of the input of a model of another program, batch first: ``(1, 3, 224, 224)`` or a text."""

_NAMED_SHAPE = re.compile(r".+=\d+(x\d+)+\Z")


def settings_of(settings: Settings | None) -> dict[str, Any]:
    """The values by name. Raises ArchcalcError for a text that is not ``name=value``.

    >>> settings_of(["size=7*32"]), settings_of({"size": 224}), settings_of(None)
    ({'size': 224}, {'size': 224}, {})
    """
    if isinstance(settings, Mapping):
        return dict(settings)
    return dict(map(parse_assignment, [settings] if isinstance(settings, str) else settings or ()))


def with_input(settings: Mapping[str, Any], input: Input | None) -> dict[str, Any]:
    """The settings with the shape of the input of a model; None if there is none.

    >>> with_input({}, (1, 3, 224, 224)), with_input({"size": 7}, None)
    ({'input': '1x3x224x224'}, {'size': 7})
    """
    if input is None:
        return dict(settings)
    return {**settings, "input": input if isinstance(input, str) else "x".join(map(str, input))}


def of_models_only(name: str) -> bool:
    """Whether a setting is one that models of other programs have, and no spec."""
    return name in ("input", "opaque") or name.startswith("arg.")


def parse_assignment(text: str) -> tuple[str, Any]:
    """The name and the value of ``name=value``. Raises ArchcalcError.

    >>> parse_assignment("size=7*32"), parse_assignment("convs=[1, 1, 2]")
    (('size', 224), ('convs', [1, 1, 2]))
    >>> parse_assignment("block=bottleneck")
    ('block', 'bottleneck')
    """
    name, equals, written = text.partition("=")
    if not equals or not name.strip() or name.strip() == "arg.":
        option = "--arg" if text.startswith("arg.") else "--set"
        raise ArchcalcError(f"{option} takes NAME=VALUE, not '{short(text.removeprefix('arg.'))}'")
    if name.strip() == "input" and _NAMED_SHAPE.match(written):
        return "input", written  # the shape of one input of a model, by its name there
    from archcalc.language.compose import read_nodes

    source = Source(f"--set {name.strip()}", written)
    reader = ValueReader()
    try:
        # Read as YAML, so that a list or a word means the same here and in a spec.
        value = reader.value(read_nodes(source, reader.problems), (), loose=True)
        if not reader.problems:
            return name.strip(), value.get({})
    except SpecProblem as error:
        reader.problems.append(error.problem)
    except SpecError as error:
        reader.problems.extend(error.problems)
    # The excerpt of a problem would repeat the argument: its message is enough.
    problem: Problem = reader.problems[0]
    raise ArchcalcError(
        f"--set {short(name.strip())}: '{short(written)}' is not a valid value: {problem.message}"
    )


def parse_names(names: Sequence[str] | str | None) -> tuple[str, ...]:
    """Names in a list, or in one text with commas between them.

    >>> parse_names("width, size"), parse_names(["growth"]), parse_names(None)
    (('width', 'size'), ('growth',), ())
    """
    listed = names.split(",") if isinstance(names, str) else names or ()
    return tuple(name.strip() for name in listed if name.strip())


def parse_form(text: str) -> tuple[str, Expression]:
    """The name and the form of ``--assume name=form``: an expression over a new name. Raises ArchcalcError.

    >>> name, form = parse_form("size=32*s + 3")
    >>> name, form.names, form.evaluate({"s": 7})
    ('size', (('s', 3),), 227)
    """
    name, equals, form = text.partition("=")
    if not equals or not name.strip():
        raise ArchcalcError(f"--assume takes NAME=FORM, such as size=32*s, not '{short(text)}'")

    def refused(error: ExprError) -> ArchcalcError:
        return ArchcalcError(
            f"--assume {short(name.strip())}: '{short(form)}' is not a valid form: {error.message}"
        )

    try:
        expression = parse(form)
    except ExprError as error:
        raise refused(error) from None

    def evaluate(scope: Scope) -> Any:
        try:
            return expression.evaluate(scope)
        except ExprError as error:
            raise refused(error) from None

    return name.strip(), expression._replace(evaluate=evaluate)
