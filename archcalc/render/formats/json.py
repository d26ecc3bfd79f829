"""JSON: the contract of keys, raw integers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from archcalc.render.report import Page, Report
from archcalc.results.values import Joined

ENDINGS = (".json",)
RECORDS = True


def render(report: Report, page: Page) -> str:
    return f"{_Writer().text(report.data())}\n"


_by_python = json.JSONEncoder(ensure_ascii=False).encode

_SCALARS: dict[type, Callable[[Any], str]] = {
    int: str,
    str: _by_python,
    bool: {True: "true", False: "false"}.__getitem__,
    type(None): {None: "null"}.__getitem__,
}
"""The texts of the values that a result has many of."""


class _Writer:
    """Writes an entry of an object a line, and a list of numbers or words on one line.

    ``json.dumps`` has no such layout: with an indent every value stands on a line of its own, and it is ten
    times as slow as this.
    """

    def __init__(self) -> None:
        # The parts live as long as the data: an identity means the same part.
        self._shared: dict[tuple[int, str], str] = {}

    def text(self, value: Any, line: str = "\n") -> str:
        """The JSON of a value; ``line`` is a line end with the indent of the line where the value begins."""
        scalar = _SCALARS.get(type(value))
        if scalar is not None:
            return scalar(value)
        inner = f"{line} "
        if isinstance(value, dict):
            return _lines("{", self._entries(value, inner), "}", line)
        if isinstance(value, Joined):
            return _lines("{", [self._part(part, inner) for part in value.parts if part], "}", line)
        if isinstance(value, list | tuple):
            texts = [self.text(item, inner) for item in value]
            # A word with a bracket puts every item on a line of its own, too.
            if any(map(_BRACKET.search, texts)):
                return _lines("[", texts, "]", line)
            return f"[{', '.join(texts)}]"
        return _by_python(value)

    def _entries(self, entries: dict[Any, Any], line: str) -> list[str]:
        texts = []
        for key, value in entries.items():
            # Most values are scalars: a call less for each of them is a quarter of the time.
            scalar = _SCALARS.get(type(value))
            texts.append(f"{_key(key)}: {scalar(value) if scalar else self.text(value, line)}")
        return texts

    def _part(self, part: dict[str, Any], line: str) -> str:
        place = id(part), line
        if place not in self._shared:
            self._shared[place] = f",{line}".join(self._entries(part, line))
        return self._shared[place]


def _lines(opening: str, texts: list[str], closing: str, line: str) -> str:
    """Texts between brackets, each on a line of its own."""
    if not texts:
        return f"{opening}{closing}"
    # The brackets go to the first and the last text, because around them all they would copy a long text.
    texts[0] = f"{opening}{line} {texts[0]}"
    texts[-1] = f"{texts[-1]}{line}{closing}"
    return f",{line} ".join(texts)


_BRACKET = re.compile(r"[\[\]{}]")


# The same few keys come again and again. A flag that is a key is not the number that Python takes it for.
@lru_cache(maxsize=1000, typed=True)
def _key(key: Any) -> str:
    # In JSON every key is a text.
    text = _by_python(key)
    return text if isinstance(key, str) else f'"{text}"'
