"""The labels of messages in colour, for a terminal."""

from __future__ import annotations

import re

import click

_LABELS = re.compile(r"^(?:archcalc: |.*:\d+:\d+: )?((?:internal )?[Ee]rror\b:?|warning:)", re.MULTILINE)
_CARETS = re.compile(r"^ +\| *(\^)$", re.MULTILINE)


def colored(text: str) -> str:
    """A message with its labels in colour, and the carets under the places of mistakes."""

    def paint(match: re.Match[str]) -> str:
        before, label = match[0][: match.start(1) - match.start()], match[1]
        color = "yellow" if label == "warning:" else "red"
        return before + click.style(label, fg=color, bold=True)

    return _CARETS.sub(paint, _LABELS.sub(paint, text))
