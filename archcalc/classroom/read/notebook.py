"""The text of a notebook: its Markdown cells, and what its code printed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

MAX_CELLS = 5_000
MAX_TEXT = 1 << 20

_COLOURS = re.compile(r"\x1b\[[0-9;?]{0,20}[A-Za-z]")
_TEXTS = ("text/markdown", "text/plain")
"""What an output may hold, the clearest form first. A picture is not read."""

_OBJECT = re.compile(r"<(?:[\w.]+ object|Figure\b)[^<>]*>\s*\Z")


def notebook_text(data: bytes) -> tuple[str, tuple[str, ...]]:
    """The text of a notebook, and notes about it. Raises ValueError if it is damaged.

    >>> notebook_text(b'{"cells": [{"cell_type": "markdown", "source": ["| layer |", " params |"]}]}')[0]
    '| layer | params |'
    """
    try:
        notebook = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        raise ValueError("this is a damaged notebook") from None
    cells = list(_cells(notebook))
    if not cells:
        raise ValueError("this notebook has no cells")
    if len(cells) > MAX_CELLS:
        raise ValueError(f"this notebook has more than {MAX_CELLS:,} cells")
    text = "\n\n".join(text for cell in cells for text in _texts(cell) if text.strip())
    if len(text) > MAX_TEXT:
        raise ValueError("the text of this notebook is too long")
    notes = ["line numbers count the lines of the notebook's Markdown cells and outputs, one after the other"]
    if any(cell.get("cell_type") == "code" for cell in cells):
        notes.append("of the code cells only the outputs are read")
    return text, tuple(notes)


def _cells(notebook: Any) -> Iterator[dict[str, Any]]:
    """Yield the cells; old notebooks have them in worksheets."""
    sheets = [notebook, *_list(notebook, "worksheets")]
    for sheet in sheets:
        yield from (cell for cell in _list(sheet, "cells") if isinstance(cell, dict))


def _list(record: Any, key: str) -> list[Any]:
    value = record.get(key) if isinstance(record, dict) else None
    return value if isinstance(value, list) else []


def _texts(cell: dict[str, Any]) -> Iterator[str]:
    """Yield the texts of a cell: what is written, or what its code printed."""
    if cell.get("cell_type") != "code":
        yield _joined(cell.get("source"))
    for output in _list(cell, "outputs"):
        if not isinstance(output, dict):
            continue
        data = output.get("data")
        forms = data if isinstance(data, dict) else {"text/plain": output.get("text")}
        for form in _TEXTS:
            text = _COLOURS.sub("", _joined(forms.get(form)))
            if text.strip() and not _OBJECT.match(text):
                yield text
                break


def _joined(lines: Any) -> str:
    """A text that may be stored as a list of lines."""
    if isinstance(lines, list):
        return "".join(line for line in lines if isinstance(line, str))
    return lines if isinstance(lines, str) else ""
