"""The manual of the ops, from their docstrings and options."""

from __future__ import annotations

import inspect

from archcalc.errors import ArchcalcError, did_you_mean
from archcalc.ops import OPS
from archcalc.ops.base import Op
from archcalc.ops.options import Option, options_of


def all_ops() -> str:
    """Every op with its summary."""
    width = max(map(len, OPS))
    lines = [f"{name:{width}}  {summary(op)}" for name, op in OPS.items()]
    return "\n".join([*lines, "", "'archcalc ops conv' is the manual of one op."]) + "\n"


def one_op(name: str) -> str:
    """The manual of one op. Raises ArchcalcError."""
    if name not in OPS:
        raise ArchcalcError(f"there is no op '{name}' ({did_you_mean(name, OPS) or 'archcalc ops lists them'})")
    op = OPS[name]
    rows = [_option_row(item) for item in options_of(op).values()]
    width = max((len(row[0]) for row in rows), default=0)
    options = [f"  {left:{width}}  {right}" for left, right in rows] or ["  none"]
    parts = [
        f"{name}: {prose(op)}",
        "Options (the first is the main argument)" if any(item.main for item in options_of(op).values()) else "Options",
        "\n".join(options),
        f"Written as: {written(op)}",
        f"Source: {op.source}.",
    ]
    return "\n\n".join(parts) + "\n"


def prose(op: type[Op]) -> str:
    """The docstring without its examples."""
    return inspect.getdoc(op).partition(">>>")[0].strip().replace("``", "")  # type: ignore[union-attr]


def summary(op: type[Op]) -> str:
    """The first sentence of the docstring."""
    return prose(op).splitlines()[0]


def written(op: type[Op]) -> str:
    """An example of the op in a spec: with what must be given."""
    options = options_of(op)
    must = [f"{item.name}: ..." for item in options.values() if item.required and not item.main]
    main = next((item for item in options.values() if item.main), None)
    if op.many:
        return f"{{{op.name}: {{a: [...], b: [...]}}}}, or {{{op.name}:, from: [a, b]}}"
    if main is None and not must:
        return op.name
    head = f"{op.name}: ..." if main else f"{op.name}:"
    return f"{{{', '.join([head, *must])}}}"


def _option_row(item: Option) -> tuple[str, str]:
    default = "must be given" if item.required else f"default {_default(item.default)}"
    return item.name, f"{item.says}; {item.type.accepts()}; {default}"


def _default(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "none" if value is None else str(value)
