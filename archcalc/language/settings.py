"""``--set name=value``: a setting on the command line, with the values that a spec could have."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from archcalc.errors import ArchcalcError, Problem, Source, SpecError, short
from archcalc.language.evaluators import Scope
from archcalc.language.expressions import Expression, parse
from archcalc.language.tokens import ExprError
from archcalc.language.values import SpecProblem, ValueReader

Settings: TypeAlias = Mapping[str, Any] | Sequence[str]
"""Settings of a network: a mapping from name to value, or texts ``name=value``."""

Shape: TypeAlias = Sequence[int] | str
"""A shape, batch first: ``(1, 3, 224, 224)`` or ``"1x3x224x224"``."""

Input: TypeAlias = Shape | Sequence[Shape] | Mapping[str, Shape]
"""The input of a model of another program: its shape, or the shapes of several inputs in their order, or by
their names.
"""

_SHAPE = r"([^,]+=)?\d+(x\d+)*"
_NAMED_SHAPES = re.compile(rf"\[?(?=.*[=,]){_SHAPE}(, ?{_SHAPE})*\]?\Z")


def settings_of(settings: Settings | None) -> dict[str, Any]:
    """The values by name. Raises ArchcalcError for a text that is not ``name=value``.

    >>> settings_of(["size=7*32"]), settings_of({"size": 224}), settings_of(None)
    ({'size': 224}, {'size': 224}, {})
    """
    if isinstance(settings, Mapping):
        return dict(settings)
    return dict(map(parse_assignment, [settings] if isinstance(settings, str) else settings or ()))


def with_input(settings: Mapping[str, Any], input: Input | None) -> dict[str, Any]:
    """The settings with the shapes of the inputs of a model; None if there are none.

    >>> with_input({}, (1, 3, 224, 224)), with_input({"size": 7}, None)
    ({'input': '1x3x224x224'}, {'size': 7})
    """
    return dict(settings) if input is None else {**settings, "input": input_text(input)}


def input_text(input: Input) -> str:
    """The shapes of the inputs of a model as one text.

    >>> input_text([(1, 3, 32, 32), "1x16"]), input_text({"image": (1, 3, 32, 32), "text": (1, 16)})
    ('1x3x32x32,1x16', 'image=1x3x32x32,text=1x16')
    """
    if isinstance(input, Mapping):
        return ",".join(f"{name}={_shape_text(shape)}" for name, shape in input.items())
    is_one = not isinstance(input, Iterable) or all(isinstance(size, int) for size in input)
    return _shape_text(input) if isinstance(input, str) or is_one else ",".join(map(_shape_text, input))


def _shape_text(shape: Any) -> str:
    is_list = isinstance(shape, Iterable) and not isinstance(shape, str)
    return "x".join(map(str, shape)) if is_list else str(shape)  # who reads it refuses what is no shape


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
    if name.strip() == "input" and _NAMED_SHAPES.match(written):
        return "input", written.strip("[]")  # shapes of inputs of a model, by their names there or in order
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
