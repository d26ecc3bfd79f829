"""Text without the marks of LaTeX and Markdown."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, TypeVar, cast

MOST_REMEMBERED, LONGEST_REMEMBERED = 10_000, 200
"""Texts that are remembered, and their characters: longer texts are rare, and would fill the memory."""

Reader = TypeVar("Reader", bound=Callable[..., Any])

_LATEX = (
    (re.compile(r"\\(?:text|mathbf|mathrm|textbf|texttt|textit|emph|underline|num)\s*\{([^{}]*)\}"), r"\1"),
    (re.compile(r"\\(?:times|cdot|ast)(?![A-Za-z])"), "*"),
    (re.compile(r"\\(?:sim|approx|simeq)(?![A-Za-z])"), "~="),
    # spaces, dollar signs, and bold marks: ** beside a digit or bracket is a power and stays
    (re.compile(r"\\[,;! ]|\\quad|\$|(?<![0-9)])\*\*|\*\*(?![0-9])"), " "),
    (re.compile(r"[−–]"), "-"),
    (re.compile(r"[×·∗]"), "*"),
    # one spelling of "times" between figures, so that no pattern has to think of the other: 3X3 is 3x3
    (re.compile(r"(?<=[0-9)\]])(\s*)X(?=\s*[0-9(\[])"), r"\1x"),
    (re.compile(r"\{,\}"), ","),
)
_MARKDOWN = (
    (re.compile(r"~~[^~]*~~"), " "),  # crossed out: the student has withdrawn it
    (re.compile(r"\[\^[^\[\]]{1,20}\]"), ""),  # footnotes
    (re.compile(r"\[([^\[\]]*)\]\((?:https?:|mailto:|[#/.])[^()\s]*\)"), r"\1"),  # links
    (re.compile(r"(?<!\w)_([^\W_](?:[^_]*[^\W_])?)_(?!\w)"), r"\1"),  # emphasis
)


def remembered(read: Reader) -> Reader:
    """A reader of short texts that reads the same text only once: a class writes the same figures again.

    What it reads must depend on its arguments only.
    """
    again = lru_cache(maxsize=MOST_REMEMBERED)(read)

    @wraps(read)
    def reader(text: str, *rest: Any) -> Any:
        return (again if len(text) <= LONGEST_REMEMBERED else read)(text, *rest)

    return cast(Reader, reader)


def plain_text(text: str) -> str:
    """A text without LaTeX commands, and without bold marks.

    >>> plain_text(r"$224*224*64=3.2\\text{M}$"), plain_text("**[55X55X96]**")
    ('224*224*64=3.2M', '[55x55x96]')
    """
    for pattern, replacement in _LATEX:
        text = pattern.sub(replacement, text)
    return " ".join(text.split())


def without_markdown(text: str) -> str:
    """A text without Markdown: no crossed-out text, footnotes, links or emphasis.

    >>> without_markdown("~~27x27x96~~ [_26x26x96_](#w)[^1]")
    '  26x26x96'
    """
    text = text.replace("`", "")
    for pattern, replacement in _MARKDOWN:
        text = pattern.sub(replacement, text)
    return text
