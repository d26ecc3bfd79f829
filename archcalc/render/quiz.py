"""A worksheet and its answer key as complete documents in Markdown, LaTeX or HTML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from archcalc.engine.quantities import BY_KEY, label_of
from archcalc.ops import OPS
from archcalc.ops.option_types import Lists, Number
from archcalc.ops.options import options_of
from archcalc.render import units
from archcalc.render.columns import padding
from archcalc.render.explain import step_cells, sum_lines
from archcalc.render.explain_in_short import value_text
from archcalc.render.grid import BLANK, Cell, Grid, Head
from archcalc.render.report import Report
from archcalc.results import Layer
from archcalc.results.quiz import Quiz, QuizField, QuizStep

_HOW = {"html": " Type into the fields, save the page, and hand in the saved file."}
"""How to fill in a worksheet, for formats where this is not obvious."""


def report(quiz: Quiz, *, part: str = "worksheet") -> Report:
    """The worksheet, or its answer ``key``, as a report; records are the blanks with their answers."""
    make = _key if part == "key" else _worksheet
    grid = _table(quiz) if part == "key" else _table(quiz, BLANK)._replace(notes=(_instructions(quiz),))
    return Report(lambda: grid, quiz.as_json, lambda: _blanks(quiz), lambda format: make(quiz, format))


def _blanks(quiz: Quiz) -> Grid:
    heads = (
        Head("row", "row", numeric=False),
        Head("quantity", "quantity", numeric=False),
        Head("value", "value"),
    )
    rows = tuple(
        (_text(row), _text(field.quantity), Cell(field.value, figure_text(field.quantity, field.value)))
        for row, field in quiz.blanks()
    )
    return Grid(f"{quiz.network}: the blanks", heads, rows)


Document: TypeAlias = tuple[str, list[str | Grid]]
"""A title, and below it paragraphs and tables."""


def _worksheet(quiz: Quiz, format: str) -> Document:
    """The worksheet: the table with its blanks."""
    name = f" of {quiz.student}" if quiz.student else ""
    parts: list[str | Grid] = [_instructions(quiz) + _HOW.get(format, ""), _table(quiz, BLANK), _graded(quiz)]
    if not quiz.student:
        parts.insert(0, f"Name: {4 * BLANK}")
    return f"Worksheet{name}: {quiz.network}", parts


def _key(quiz: Quiz, format: str) -> Document:
    """The answer key: the table with all figures, the steps to the blanks, and the seed of the worksheet."""
    name = f" of {quiz.student}" if quiz.student else ""
    parts: list[str | Grid] = [
        _graded(quiz),
        _table(quiz),
        _derivations(quiz),
        f"Drawn with seed {quiz.seed}.",
    ]
    if quiz.varied:
        parts.append(f"The network was drawn from: {'; '.join(quiz.varied)}.")
    return f"Answer key{name}: {quiz.network}", parts


def rubric(quiz: Quiz) -> str:
    """The rubric for ``archcalc grade --rubric``: one point per blank, and none for given figures."""
    lines = [
        "# Each blank of this worksheet is worth one point; given figures are worth none.",
        f"points: {{{', '.join(f'{quantity}: 0' for quantity in quiz.quantities)}}}",
        "cells:",
    ]
    asked: dict[str, list[str]] = {}
    for row, field in quiz.blanks():
        asked.setdefault(row, []).append(f"{field.quantity}: 1")
    return "\n".join([*lines, *(f"  {row}: {{{', '.join(points)}}}" for row, points in asked.items())]) + "\n"


# --- sentences ------------------------------------------------------------------------------------------


def _instructions(quiz: Quiz) -> str:
    conventions = "; ".join(BY_KEY[quantity].convention for quantity in quiz.quantities)
    rounded = (
        " If a window does not fit exactly, round down, unless the row states a rounding."
        if quiz.rounded
        else ""
    )
    joined = any("+" in line.layer.op for line in quiz.lines)
    several = " A row such as conv+relu is several ops in sequence." if joined else ""
    wired = " A row without an input reads the output of the row above." if _is_wired(quiz) else ""
    basics = f"Replace each {BLANK}. What to count: {conventions}. Commas between thousands are allowed."
    return f"{basics}{rounded}{several}{wired}"


def _is_wired(quiz: Quiz) -> bool:
    return any(line.reads for line in quiz.lines)


def _graded(quiz: Quiz) -> str:
    return (
        f"Key: {quiz.key}"
        if quiz.key
        else f"Key: the spec of {quiz.network}, which was made for this worksheet"
    )


def _label(quantity: str) -> str:
    """The heading of an asked column; ``archcalc grade`` recognises the quantity by it."""
    return label_of(quantity)


# --- the table ------------------------------------------------------------------------------------------


def _table(quiz: Quiz, blank: str = "") -> Grid:
    """The table; ``blank`` replaces the figures to fill in, and an empty ``blank`` shows them."""
    wired = _is_wired(quiz)
    heads = [
        Head("layer", "layer", numeric=False),
        Head("op", "op", numeric=False),
        Head("given", "given", numeric=False),
    ]
    # A bool counts as 0 or 1: the column exists only if a row names its input.
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
    """A figure as it is printed; ``archcalc grade`` can read it.

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
    """The options of a layer in words. An option that changes nothing is left out.

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
        # An option of the windows may be stored once, or once for each axis.
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
    """Stride and padding of a window; pools state their padding only if they have any."""
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


def _derivations(quiz: Quiz) -> Grid:
    """The steps to every blank, one per line."""
    heads = (
        Head("layer", "layer", numeric=False),
        Head("figure", "figure", numeric=False),
        Head("formula", "formula", numeric=False),
        Head("substituted", "in numbers", numeric=False),
        Head("value", "result", numeric=False),
    )
    rows: list[tuple[Cell, ...]] = []
    for row, field in quiz.blanks():
        label = _text(_label(field.quantity))
        if row == "total" and field.steps:
            rows += [line for item in field.steps for line in _total_rows(item, label)]
            continue
        rows += [_step_row(row, item) for item in field.steps]
        if not field.steps or field.quantity == "output":
            value = _text(f"= {figure_text(field.quantity, field.value)}")
            rows.append((_text(row), label, _text(""), _text(""), value))
    return Grid("How to calculate the blanks", heads, tuple(rows))


def _step_row(row: str, item: QuizStep) -> tuple[Cell, ...]:
    return (_text(item.layer or row), *step_cells(item.step))


def _total_rows(item: QuizStep, label: Cell) -> list[tuple[Cell, ...]]:
    """The sum of a total, over several lines if it is long."""
    lines = sum_lines(item.step)
    # The label stands beside the first line, and the value behind the last.
    rows: list[tuple[Cell, ...]] = [(*map(_text, ("", "", "", line, "")),) for line in lines]
    rows[0] = (_text("total"), label, *rows[0][2:])
    rows[-1] = (*rows[-1][:4], _text(f"= {value_text(item.step.value)}"))
    return rows
