"""The tokens of an expression, and the error that every step of reading one can raise."""

from __future__ import annotations

import re
from typing import NamedTuple

KEYWORDS = frozenset(("if", "else", "and", "or", "not"))


class ExprError(Exception):
    """A mistake in an expression, at a column of its text (from 0)."""

    def __init__(self, message: str, column: int = 0, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.column = column
        self.hint = hint


class Token(NamedTuple):
    """A piece of an expression: ``kind`` is sizes, number, name, word, symbol, keyword or end."""

    kind: str
    text: str
    column: int


_TOKEN = re.compile(
    r"""\s*(?:
    (?P<sizes>[0-9]+(?:[x×][0-9]+)+(?!\w))
  | (?P<number>[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?)
  | (?P<name>[^\W\d]\w*)
  | (?P<word>'[^'\n]*'|"[^"\n]*")
  | (?P<symbol>\*\*|//|==|!=|<=|>=|[-+*/%()\[\],<>.])
)""",
    re.VERBOSE,
)

_OTHER_SYMBOLS = {
    "=": "write == for equality",
    "^": "write ** for a power",
    "&": "write and",
    "|": "write or",
    "!": "write not",
    "{": "write the name without braces",
}
"""Symbols of other languages, each with the way to write it here."""


def tokens_of(text: str, dots: bool) -> list[Token]:
    """The tokens of a text, the last of kind ``end``; ``dots`` allows owner.name. Raises ExprError."""
    tokens: list[Token] = []
    position, end = 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None or (match["symbol"] == "." and not dots):
            # The pattern skips blanks before a token: the column is that of the first character behind them.
            column = position + len(text[position:]) - len(text[position:].lstrip())
            raise ExprError(f"unexpected '{text[column]}'", column, _OTHER_SYMBOLS.get(text[column], ""))
        kind = match.lastgroup or ""
        word = match.group(kind)
        # A name or a quoted word may hold any letter, and must not control the terminal of a message.
        if not word.isprintable():
            raise ExprError(f"{word} contains a control character", match.start(kind))
        tokens.append(Token("keyword" if word in KEYWORDS else kind, word, match.start(kind)))
        position = match.end()
    return [*tokens, Token("end", "end of the expression", end)]
