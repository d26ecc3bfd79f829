"""The manual of the ops, from their docstrings and options."""

from __future__ import annotations

from archcalc.errors import ArchcalcError, alike, did_you_mean, short
from archcalc.ops import OPS, meant_by_others, prose, summary
from archcalc.ops.base import Op
from archcalc.ops.options import Option, options_of
from archcalc.render.grid import wrap


def all_ops() -> str:
    """Every op with its summary."""
    width = max(map(len, OPS))
    lines = [f"{name:{width}}  {summary(op)}" for name, op in OPS.items()]
    return "\n".join([*lines, "", "'archcalc ops conv' is the manual of one op."]) + "\n"


def op_names() -> list[str]:
    """The names of the ops."""
    return list(OPS)


def one_op(name: str, width: int = 100) -> str:
    """The manual of one op, in lines of at most that width. Raises ArchcalcError."""
    name, op = found(name)
    options = options_of(op).values()
    indent = max((len(item.name) for item in options), default=0) + 4
    lines = [
        *paragraphs(f"{name}: {prose(op)}", width),
        "",
        "Options, the main argument first:" if options else "Options: none.",
    ]
    for item in options:
        first, *more = [line for text in _says(item) for line in wrap(text, width - indent)]
        lines += [f"  {item.name}".ljust(indent) + first, *(" " * indent + line for line in more)]
    lines += ["", *wrap(f"Written as: {written(op)}", width), *wrap(f"Source: {op.source}.", width)]
    return "\n".join(lines) + "\n"


def found(name: str) -> tuple[str, type[Op]]:
    """The op of a name in any spelling (``MaxPool``), and its name. Raises ArchcalcError."""
    if names := alike(name, OPS):
        return names[0], OPS[names[0]]
    other = meant_by_others(name).partition(":")[0]
    hint = f"did you mean '{other}'?" if other in OPS else did_you_mean(name, OPS)
    raise ArchcalcError(f"unknown op '{short(name)}' ({hint or 'archcalc ops lists them'})")


def paragraphs(text: str, width: int) -> list[str]:
    """A text in lines of at most that width; empty lines separate its paragraphs."""
    lines: list[str] = []
    for paragraph in text.split("\n\n"):
        lines += ["", *wrap(" ".join(paragraph.split()), width)]
    return lines[1:]


def _says(item: Option) -> list[str]:
    """What an option means, and what it takes."""
    return [item.says, f"{item.type.accepts()}; {item.default_in_words()}"]


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
    example = f"{{{', '.join([head, *must])}}}"
    if not op.second_input:
        return example
    # A layer that is read for its size stands in the place of the main option.
    first = f"{op.name}:" if op.second_input == "size" else head
    return f"{example}, or {{{first}, from: [a, b]}}"


def markdown() -> str:
    """The manual of every op as a page."""
    parts = [
        "# The ops",
        "",
        "Made from the ops themselves by `just docs`; `archcalc ops conv` prints the same.",
        "",
    ]
    for name, op in OPS.items():
        parts += [f"## {name}", "", _unindented(prose(op)), "", f"Written as `{written(op)}`.", ""]
        options = options_of(op).values()
        if options:
            parts += ["| option | meaning | takes | default |", "|---|---|---|---|"]
            parts += [_option_row(item) for item in options]
            parts.append("")
        parts += [f"Source: {op.source}.", ""]
    return "\n".join(parts)


def _unindented(text: str) -> str:
    return "\n".join(line.strip() for line in text.splitlines()).replace("*", "\\*")


def _option_row(item: Option) -> str:
    default = item.default_in_words().removeprefix("default: ")
    name = f"**{item.name}** (main)" if item.main else item.name
    return f"| {name} | {item.says} | {item.type.accepts()} | {default} |"
