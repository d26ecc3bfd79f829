"""Prints of PyTorch modules with figures inside, as fvcore and ptflops write them.

(conv1): Conv2d(
  3, 8, kernel_size=(3, 3), stride=(1, 1)
  #params: 0.22K, #flops: 86.4K
)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from archcalc.classroom.read.tool_table import ToolPrint
from archcalc.classroom.read.tools import Tool

MAX_WIDTH = 2000

_OPENS = re.compile(
    r"(?P<blank> *)(?:\((?P<name>[\w.-]{1,100})\): )?(?P<kind>[A-Za-z]\w{0,100})\((?P<rest>.*)"
)
_FVCORE = re.compile(r"#params: (?P<params>[0-9.]+[KMGTB]?), #flops: (?P<macs>[0-9.]+[KMGTB]?|N/A)")
_PTFLOPS = re.compile(
    r"(?P<params>[0-9.]+ ?[kKMGB]?), [0-9.]+% Params, (?P<macs>[0-9.]+ ?[KMGT]?)Macs?, [0-9.]+% MACs"
)
_ATEN = re.compile(r"(?:Module:  |aten\.\w+: |Total: ?)")
_ATEN_TOTAL = re.compile(r"Total: ?(?P<macs>[0-9.]+ ?[KMGT]?)Macs?\Z")

_COLUMNS = {"name": "layer", "kind": "type", "params": "params", "macs": "macs"}
_TOOLS = {
    "fvcore": (Tool("fvcore", (), _COLUMNS), _FVCORE),
    "ptflops": (Tool("ptflops", (), _COLUMNS), _PTFLOPS),
}


class ModulePrint(NamedTuple):
    """A print, and the place behind it."""

    printed: ToolPrint
    end: int


def module_print(lines: Sequence[str], start: int, stop: int) -> ModulePrint | None:
    """The print that starts at this place; None if none starts here."""
    if _ATEN_TOTAL.match(lines[start][:MAX_WIDTH].strip()):
        return _by_operation(lines, start, stop)
    opens = _OPENS.match(lines[start][:MAX_WIDTH])
    if opens is None or opens["name"]:
        return None
    for tool, figures in _TOOLS.values():
        # The figures of the whole network come first: no other text is searched to its end.
        if any(figures.search(line[:MAX_WIDTH]) for line in lines[start : start + 3]):
            end = _end(lines, start, stop, len(opens["blank"]))
            printed = ToolPrint(tool, start + 1)
            printed.read_table(list(_COLUMNS), _rows(lines, start, end, figures))
            return ModulePrint(printed, min(end + 1, stop))
    return None


def _end(lines: Sequence[str], start: int, stop: int, blank: int) -> int:
    """The place of the bracket that closes a print."""
    closing = " " * blank + ")"
    return next((at for at in range(start, stop) if lines[at].rstrip() == closing), stop)


def _rows(
    lines: Sequence[str], start: int, end: int, figures: re.Pattern[str]
) -> list[tuple[int, list[str]]]:
    """The modules that have figures, each with its path, its kind and its figures."""
    rows: list[tuple[int, list[str]]] = []
    seen: set[str] = set()
    open_modules: list[tuple[int, str, str]] = []  # the indentation, the path and the kind
    for place in range(start, end):
        line = lines[place][:MAX_WIDTH]
        opens = _OPENS.match(line)
        if opens:
            blank = len(opens["blank"])
            open_modules = [module for module in open_modules if module[0] < blank]
            above = open_modules[-1][1] if open_modules else ""
            path = f"{above}.{opens['name']}" if above and opens["name"] else opens["name"] or ""
            open_modules.append((blank, path, opens["kind"]))
        elif line.strip() == ")":
            open_modules = [module for module in open_modules if module[0] < len(line) - len(line.lstrip())]
        found = figures.search(line)
        # Figures that come twice belong to a module whose own line is missing.
        if found and open_modules and open_modules[-1][1] not in seen:
            _, path, kind = open_modules[-1]
            seen.add(path)
            rows.append((place + 1, [path or "total", kind, found["params"], found["macs"]]))
        if opens and line.count("(") == line.count(")"):
            open_modules.pop()
    return rows


def _by_operation(lines: Sequence[str], start: int, stop: int) -> ModulePrint:
    """What ptflops prints by operation: only its total is about something that is asked."""
    printed = ToolPrint(_TOOLS["ptflops"][0], start + 1)
    end = start
    while end < stop and (not lines[end].strip() or _ATEN.match(lines[end].strip())):
        total = _ATEN_TOTAL.match(lines[end].strip())
        if total:
            printed.read_table(list(_COLUMNS), [(end + 1, ["total", "", "", total["macs"]])])
        elif lines[end].strip():
            printed.left_out["figures by operation"] = None
        end += 1
    return ModulePrint(printed, end)
