"""A worksheet and its answer key as whole texts in Markdown, LaTeX or HTML."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from archcalc.errors import ArchcalcError
from archcalc.ops import OPS
from archcalc.ops.options import Lists, Number, options_of
from archcalc.render import units
from archcalc.render.columns import padding
from archcalc.render.explain import step_cells, sum_lines, value_text
from archcalc.render.formats import endings
from archcalc.render.grid import BLANK, Cell, Grid, Head
from archcalc.results import Layer
from archcalc.results.quiz import Quiz, QuizField, Worked

FORMATS = ("markdown", "latex", "html")

CONVENTIONS = {
    "output": "the output as HxWxC, a flat vector as its length",
    "params": "params count weights, biases and norm (gamma and beta)",
    "weights": "weights leave out biases and norm",
    "biases": "biases are those of conv, fc and the like",
    "norm_params": "norm params are gamma and beta",
    "param_bytes": "param bytes are 4 per parameter (float32)",
    "activations": "activations are the values of the output volume, those of the input in the total too",
    "activation_bytes": "activation bytes are 4 per value of the output volume (float32), the input in the total too",
    "macs": "MACs are multiply-accumulates of one image, without biases",
    "flops": "FLOPs are 2 per MAC and 1 per other operation, of all ops of the row",
    "receptive_field": "the receptive field is the side on the input that a value sees",
    "jump": "the jump is the step on the input from a value to the next",
}
"""What the asked numbers count."""

_HOW = {"html": " Type into the fields and save the page: the saved file is what you hand in."}
"""How a worksheet is filled in where that does not speak for itself."""

_HEADERS = {"macs": "MACs", "flops": "FLOPs"}


def worksheet(quiz: Quiz, format: str) -> str:
    """The table with its blanks."""
    name = f" of {quiz.student}" if quiz.student else ""
    parts: list[str | Grid] = [_instructions(quiz) + _HOW.get(format, ""), _table(quiz, BLANK), _graded(quiz)]
    if not quiz.student:
        parts.insert(0, f"Name: {4 * BLANK}")
    return _document(format, f"Worksheet{name}: {quiz.network}", parts)


def key(quiz: Quiz, format: str) -> str:
    """The table with all its figures, how those come about that are blank, and how the worksheet was drawn."""
    name = f" of {quiz.student}" if quiz.student else ""
    parts: list[str | Grid] = [_graded(quiz), _table(quiz), _workings(quiz), f"Drawn with seed {quiz.seed}."]
    if quiz.varied:
        parts.append(f"The network was drawn from: {'; '.join(quiz.varied)}.")
    return _document(format, f"Answer key{name}: {quiz.network}", parts)


def rubric(quiz: Quiz) -> str:
    """What the blanks are worth, for ``archcalc grade --rubric``: a point each, and nothing for what is given."""
    lines = [
        "# The blanks of this worksheet are worth a point each; what it gives is worth none.",
        f"points: {{{', '.join(f'{quantity}: 0' for quantity in quiz.quantities)}}}",
        "cells:",
    ]
    asked: dict[str, list[str]] = {}
    for row, field in quiz.blanks():
        asked.setdefault(row, []).append(f"{field.quantity}: 1")
    return "\n".join([*lines, *(f"  {row}: {{{', '.join(points)}}}" for row, points in asked.items())]) + "\n"


def chosen_format(format: str | None, path: str | None) -> str:
    """The format asked for, else that of the file's ending, else Markdown. Raises ArchcalcError.

    >>> chosen_format(None, "sheet.tex"), chosen_format(None, None)
    ('latex', 'markdown')
    """
    if format or not path or path == "-":
        return format or FORMATS[0]
    ending = os.path.splitext(path)[1].lower()
    found = [name for name in FORMATS if ending in endings(name)]
    if not found:
        says = f"not '{ending}'; or use --format" if ending else "and its ending says which; or use --format"
        raise ArchcalcError(f"{path}: a worksheet is Markdown (.md), LaTeX (.tex) or HTML (.html), {says}")
    return found[0]


def _document(format: str, title: str, parts: Sequence[str | Grid]) -> str:
    text: str = import_module(f"archcalc.render.formats.{format}").document(title, parts)
    return text


# --- sentences ------------------------------------------------------------------------------------------


def _instructions(quiz: Quiz) -> str:
    conventions = "; ".join(CONVENTIONS[quantity] for quantity in quiz.quantities)
    rounded = " Windows that do not fit are rounded down unless a rounding is given." if quiz.rounded else ""
    joined = any("+" in line.layer.op for line in quiz.lines)
    several = " A row of several ops, a+b, is one after the other." if joined else ""
    wired = " A row without an input reads the one above." if _is_wired(quiz) else ""
    return f"Fill in every {BLANK}: {conventions}. Thousands commas are fine.{rounded}{several}{wired}"


def _is_wired(quiz: Quiz) -> bool:
    return any(line.reads for line in quiz.lines)


def _graded(quiz: Quiz) -> str:
    return f"Key: {quiz.key}" if quiz.key else f"Key: the spec of {quiz.network}, made for this worksheet"


def _label(quantity: str) -> str:
    """The header of an asked column; archcalc.classroom.submission reads it as the quantity."""
    return _HEADERS.get(quantity, quantity.replace("_", " "))


# --- the table ------------------------------------------------------------------------------------------


def _table(quiz: Quiz, blank: str = "") -> Grid:
    """The rows, with ``blank`` for what is to be filled in, or with all figures."""
    wired = _is_wired(quiz)
    heads = [
        Head("layer", "layer", numeric=False),
        Head("op", "op", numeric=False),
        Head("given", "given", numeric=False),
    ]
    heads += [Head("input", "input", numeric=False)] * wired
    heads += [Head(quantity, _label(quantity), numeric=quantity != "output") for quantity in quiz.quantities]
    rows = []
    for line in quiz.lines:
        texts = [line.layer.path, line.layer.op, given(line.layer), *[" + ".join(line.reads)] * wired]
        rows.append((*map(_text, texts), *(_cell(field, blank, units.NONE) for field in line.fields)))
    totals = (_text("total"), *[_text("")] * (2 + wired), *(_cell(field, blank, "") for field in quiz.totals))
    title = f"{quiz.network}: {quiz.title}" if quiz.title else quiz.network
    return Grid(f"{title}, input {units.shape(quiz.input)}", tuple(heads), tuple(rows), totals)


def _text(text: str) -> Cell:
    return Cell(text, text)


def _cell(field: QuizField, blank: str, none: str) -> Cell:
    if field.value is None:
        return _text(none)
    return _text(blank if field.blank and blank else figure_text(field.quantity, field.value))


def figure_text(quantity: str, value: Any) -> str:
    """A figure as it is printed and read back.

    >>> figure_text("output", (55, 55, 96)), figure_text("macs", 105415200), figure_text("jump", (4, 4))
    ('55x55x96', '105,415,200', '4')
    """
    if isinstance(value, tuple):
        return units.shape(value) if quantity == "output" else units.square(value)
    return units.count(value)


# --- what is given of a layer ---------------------------------------------------------------------------

_WIDTHS = {"filters": "filter", "units": "unit", "planes": "plane"}
_SAID = ("kernel", "stride", "pad", *_WIDTHS)


def given(layer: Layer) -> str:
    """The options of a layer in words; those that change nothing are left out.

    >>> import archcalc
    >>> [given(layer) for layer in archcalc.analyze("alexnet-bvlc").layers[1:5]]
    ['', 'size 5', '3x3, stride 2, rounding caffe', '256 filters 5x5, stride 1, pad 2, 2 groups']
    """
    if not layer.options:
        return ""
    options = options_of(OPS[layer.op.partition("+")[0]])
    parts = [
        " ".join(part for part in (_width(layer.options), _kernel(layer.options)) if part),
        *_window(layer),
    ]
    for name, value in layer.options.items():
        item = options[name]
        usual = value in (item.default, [item.default] * len(layer.output[:-1])) and not item.main
        exact = name == "rounding" and value == "exact"  # then there is nothing to round
        if not (name in _SAID or usual or exact or isinstance(item.type, Number)):
            parts.append(_other(name, value, isinstance(item.type, Lists)))
    return ", ".join(part for part in parts if part)


def _width(options: Mapping[str, Any]) -> str:
    for name, noun in _WIDTHS.items():
        if name in options:
            value = options[name]
            return value if isinstance(value, str) else _counted(value, noun)
    return ""


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _kernel(options: Mapping[str, Any]) -> str:
    kernel = options.get("kernel", "")
    return kernel if isinstance(kernel, str) else "x".join(map(str, kernel))


def _window(layer: Layer) -> list[str]:
    """Stride and padding of a window; where nothing is filtered, padding only if there is any."""
    options = layer.options
    if isinstance(options.get("kernel", ""), str):
        return []
    parts = [f"stride {units.square(options['stride'])}"] if "stride" in options else []
    pad = padding(options)
    return [*parts, f"pad {pad}"] if pad != "0" or "filters" in options else parts


def _other(name: str, value: Any, table: bool) -> str:
    if table:
        return f"a table of {sum(map(len, value))} links from a map to a filter"
    if name == "groups" and isinstance(value, int):
        return _counted(value, "group")
    if isinstance(value, bool):
        return name if value else f"no {name}"
    text = units.square(value) if isinstance(value, list) else str(value)
    return f"{name} {text}"


# --- the key --------------------------------------------------------------------------------------------


def _workings(quiz: Quiz) -> Grid:
    """How every blank comes about, a line for every step."""
    heads = (
        Head("layer", "layer", numeric=False),
        Head("figure", "figure", numeric=False),
        Head("formula", "formula", numeric=False),
        Head("substituted", "in numbers", numeric=False),
        Head("value", "comes to", numeric=False),
    )
    rows: list[tuple[Cell, ...]] = []
    for row, field in quiz.blanks():
        label = _text(_label(field.quantity))
        if row == "total" and field.steps:
            rows += [line for worked in field.steps for line in _total_rows(worked, label)]
            continue
        rows += [_working(row, worked) for worked in field.steps]
        if not field.steps or field.quantity == "output":
            value = _text(f"= {figure_text(field.quantity, field.value)}")
            rows.append((_text(row), label, _text(""), _text(""), value))
    return Grid("How the blanks come about", heads, tuple(rows))


def _working(row: str, worked: Worked) -> tuple[Cell, ...]:
    return (_text(worked.layer or row), *step_cells(worked.step))


def _total_rows(worked: Worked, label: Cell) -> list[tuple[Cell, ...]]:
    """A total's sum over as many lines as it takes."""
    lines = sum_lines(worked.step)
    rows: list[tuple[Cell, ...]] = [(*map(_text, ("", "", "", line, "")),) for line in lines]
    rows[0] = (_text("total"), label, *rows[0][2:])
    rows[-1] = (*rows[-1][:4], _text(f"= {value_text(worked.step.value)}"))
    return rows
