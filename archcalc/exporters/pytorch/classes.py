"""The text of a class: its docstring, ``__init__`` and ``forward``."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

from archcalc.exporters.pytorch.arguments import ClassArgument, arguments, numbers
from archcalc.exporters.pytorch.blocks import HOLE, BlockCall, BlockRow, Group, module_values
from archcalc.exporters.pytorch.forward import Piece, forward_lines
from archcalc.exporters.pytorch.names import RESERVED, FreeNames, identifier
from archcalc.exporters.pytorch.record import ModuleCall, is_needed

WIDTH = 100
ROOM = WIDTH - 13
"""What a line has room for inside an nn.Sequential."""

_WORDS = """
in_channels out_channels kernel_size in_features out_features num_features num_groups num_channels
normalized_shape output_size num_embeddings embedding_dim input_size hidden_size p size padding value
norm_type upscale_factor downscale_factor groups channels heads num_parameters
"""

POSITIONAL = frozenset(_WORDS.split())
"""Arguments that people write without their names where they are needed."""

Fill = Callable[[int], str]


class ClassWriter:
    """The text of one class; ``names`` are the names of the classes of the file."""

    def __init__(self, group: Group, names: dict[int, str]) -> None:
        self.group, self.names = group, names
        self.arguments = arguments(group)
        found = numbers(group)
        self.text_of: dict[int, str] = {hole: one.name for one in found for hole in one.holes}
        self.formulas = [f"{one.name} = {one.formula}" for one in found if one.formula]
        self.attributes = FreeNames(RESERVED | {one.name for one in found})
        self.last_names = Counter(_last(row) for row in group.body.rows)
        self.assignments: list[str] = []

    def text(self, docstring: str) -> str:
        """The class."""
        name = self.names[id(self.group)]
        signature = _call("def __init__", ["self", *self._signature()], room=WIDTH - 5)
        formulas = [f"        {formula}" for formula in self.formulas]
        head = [f'    """{docstring}"""', "", f"{_indented(signature, 4)}:", *formulas]
        if self.group.body.is_chain and self.arguments:
            items = _repeated(self._items())
            lines = [f"class {name}(nn.Sequential):", *head]
            return "\n".join([*lines, _indented(_call("super().__init__", items), 8)])
        body = [self._row(row, offset) for row, offset in self._start()]
        head.insert(len(head) - len(formulas), "        super().__init__()")
        lines = [f"class {name}(nn.Module):", *head]
        lines += [_indented(line, 8) for line in self.assignments]
        places = [
            "x",
            *(f"other_{place}" if place > 1 else "other" for place in range(1, self.group.body.inputs)),
        ]
        lines += ["", f"    def forward(self, {', '.join(places)}):"]
        lines += [_indented(line, 8) for line in forward_lines(self.group.body, body, places)]
        return "\n".join(lines)

    def _signature(self) -> list[str]:
        return [one.name if one.default is None else f"{one.name}={one.default}" for one in self.arguments]

    def _start(self) -> list[tuple[BlockRow, int]]:
        """The rows, each with the number of the holes before it."""
        rows, offset = [], 0
        for row in self.group.body.rows:
            rows.append((row, offset))
            offset += sum(module_values(module) for module in row.modules if module is not None)
        return rows

    def _fill(self, hole: int) -> str:
        return self.text_of.get(hole) or literal(self.group.vectors[0][hole])

    def _items(self) -> list[str]:
        return [
            item for row, offset in self._start() for item in self._modules(row.modules, offset, self._fill)
        ]

    def _modules(self, modules: Sequence[Any], offset: int, fill: Fill, room: int = ROOM) -> list[str]:
        """The modules behind each other, those of a block in a line among them.

        ``room`` is that of a line if there is only one.
        """
        items: list[str] = []
        room = room if len(modules) == 1 else ROOM
        for module in modules:
            if isinstance(module, BlockCall) and module.group.is_inline:
                inner = _shifted(fill, offset)
                start = 0
                for row in module.group.body.rows:
                    items += self._modules(row.modules, start, inner, min(room, ROOM))
                    start += sum(module_values(one) for one in row.modules)
            else:
                items.append(self._module(module, offset, fill, room))
            offset += module_values(module)
        return items

    def _module(self, module: ModuleCall | BlockCall, offset: int, fill: Fill, room: int) -> str:
        if isinstance(module, BlockCall):
            return _call(self.names[id(module.group)], self._block_arguments(module, offset, fill), room=room)
        if module.name == "nn.Parameter":
            ((_, value, _),) = module.args
            shape = fill(offset) if value == HOLE else literal(value)
            return f"nn.Parameter(torch.zeros({shape.removeprefix('(').removesuffix(')').removesuffix(',')}))"
        items = []
        by_place = True
        for name, value, default in module.args:
            text = fill(offset) if value == HOLE else literal(value)
            offset += value == HOLE
            if not is_needed(default) and text == literal(default):
                by_place = False
                continue
            by_place = by_place and name in POSITIONAL
            items.append(text if by_place else f"{name}={text}")
        return _call(module.name, items, room=room)

    def _block_arguments(self, module: BlockCall, offset: int, fill: Fill) -> list[str]:
        given = [(one, fill(offset + one.holes[0])) for one in arguments(module.group)]
        plain = [(one, text) for one, text in given if one.default is None or text != literal(one.default)]
        return [text if _is_width(one) else f"{one.name}={text}" for one, text in plain]

    def _row(self, row: BlockRow, offset: int) -> list[Piece]:
        """The pieces of a row: expressions, with the modules that they use as attributes."""
        pieces: list[Piece] = []
        runs = groupby(row.actions, key=lambda action: action.module is not None and action.use == "{m}({0})")
        for in_line, run in runs:
            actions = list(run)
            stored = [action.module for action in actions]
            if in_line and all(action.plain for action in actions):
                pieces += [Piece(action.plain, "") for action in actions]
            elif in_line and all(
                module.__class__ is not ModuleCall or module.name != "nn.Parameter" for module in stored
            ):
                name = self._attribute(row, pieces, "")
                items = _repeated(self._modules(stored, offset, self._fill, WIDTH - 17 - len(name)))
                module = (
                    items[0]
                    if len(items) == 1 and items[0][0] != "*"
                    else _call("nn.Sequential", items, in_lines=len(items) > 2, room=WIDTH - 17 - len(name))
                )
                self.assignments.append(f"self.{name} = {module}")
                pieces.append(Piece("{m}({0})", name))
            else:
                pieces += self._single(row, actions, offset, pieces)
            offset += sum(module_values(module) for module in stored if module is not None)
        return pieces

    def _single(self, row: BlockRow, actions: Sequence[Any], offset: int, before: list[Piece]) -> list[Piece]:
        """Actions with expressions of their own."""
        pieces: list[Piece] = []
        for action in actions:
            name = ""
            if action.module is not None:
                what = "values" if getattr(action.module, "name", "") == "nn.Parameter" else ""
                name = self._attribute(row, [*before, *pieces], what)
                (text,) = self._modules([action.module], offset, self._fill)
                self.assignments.append(f"self.{name} = {text}")
                offset += module_values(action.module)
            pieces.append(Piece(action.use, name))
        return pieces

    def _attribute(self, row: BlockRow, before: Sequence[Piece], what: str) -> str:
        last, whole = _last(row), identifier(row.path, row.word)
        last = last if self.last_names[last] == 1 else whole
        if any(piece.attribute for piece in before):
            last, whole = f"{last}_{what or 'then'}", f"{whole}_{what or 'then'}"
        return self.attributes.free(last, whole)


def _last(row: BlockRow) -> str:
    return identifier(row.path.rpartition("/")[2], row.word)


def _shifted(fill: Fill, offset: int) -> Fill:
    return lambda hole: fill(offset + hole)


def _is_width(argument: ClassArgument) -> bool:
    return argument.name in ("channels", "in_channels", "out_channels")


def literal(value: Any) -> str:
    """A number, a flag, a text or None as Python writes it.

    >>> literal(0.5), literal((3, 1)), literal(float("-inf"))
    ('0.5', '(3, 1)', 'float("-inf")')
    """
    if isinstance(value, float) and value in (float("inf"), float("-inf")):
        return f'float("{value}")'
    return f'"{value}"' if isinstance(value, str) else repr(value)


def _call(name: str, items: Sequence[str], *, in_lines: bool = False, room: int = ROOM) -> str:
    """A call in one line, or with a line for each argument."""
    line = f"{name}({', '.join(items)})"
    if not in_lines and len(line) <= room and "\n" not in line:
        return line
    return "\n".join([f"{name}(", *(f"{_indented(item, 4)}," for item in items), ")"])


def _repeated(items: Sequence[str]) -> list[str]:
    """Equal items behind each other as one line, and so items in which one number grows in equal steps.

    >>> _repeated(["A()", "B(8, 1)", "B(8, 1)", "B(8, 1)"]), _repeated(["B(2, 8)", "B(2, 12)", "B(2, 16)"])
    (['A()', '*[B(8, 1) for _ in range(3)]'], ['*[B(2, width) for width in range(8, 17, 4)]'])
    """
    found: list[str] = []
    start = 0
    while start < len(items):
        run = items[start : start + _run(items, start)]
        found += [_as_loop(run)] if len(run) > 2 else run
        start += len(run)
    return found


def _run(items: Sequence[str], start: int) -> int:
    """How many items from ``start`` on can be written as one loop."""
    end = start + 1
    while end < len(items) and _as_loop(items[start : end + 1]):
        end += 1
    return end - start if end - start > 2 else 1


def _as_loop(items: Sequence[str]) -> str:
    """Items as a loop over one number; empty if they differ in more."""
    parts = [re.split(r"\b(\d+)\b", item) for item in items]
    if len(set(map(len, parts))) > 1:
        return ""
    differ = [place for place, column in enumerate(zip(*parts, strict=True)) if len(set(column)) > 1]
    if not differ:
        return _loop(items[0], f"for _ in range({len(items)})")
    if len(differ) > 1 or differ[0] % 2 == 0:
        return ""
    (place,) = differ
    first, second, *_ = values = [int(part[place]) for part in parts]
    step = second - first
    if step < 1 or values != list(range(first, values[-1] + 1, step)):
        return ""
    text = "".join([*parts[0][:place], "width", *parts[0][place + 1 :]])
    return _loop(text, f"for width in range({first}, {values[-1] + 1}, {step})")


def _loop(item: str, times: str) -> str:
    line = f"*[{item} {times}]"
    if len(line) <= ROOM and "\n" not in line:
        return line
    return "\n".join(["*[", _indented(item, 4), _indented(times, 4), "]"])


def _indented(text: str, blanks: int) -> str:
    return "\n".join(" " * blanks + line if line else line for line in text.split("\n"))
