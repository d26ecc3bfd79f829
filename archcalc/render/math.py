"""Printed formulas as TeX math."""

from __future__ import annotations

import re

_TOKEN = re.compile(r"\d+(?:,\d{3})*|[A-Za-z_]\w*|.", re.DOTALL)
_INDEXED = re.compile(r"([A-Z])(\d\w*|[a-z]{1,2}|_\d+)|([A-Za-z]+)(\d\w*)")

_SIGNS = {
    "·": r" \cdot ",
    "⌊": r"\lfloor ",
    "⌋": r"\rfloor ",
    "⌈": r"\lceil ",
    "⌉": r"\rceil ",
    "max": r"\max",
    "min": r"\min",
    "gcd": r"\gcd",
}


def math(text: str) -> str:
    r"""A formula as TeX math, without its dollar signs.

    >>> print(math("⌊(W1 - F + 2P)/S⌋ + 1"), math("RF1 + MACs"), math("34,944"))
    \lfloor (W_{1} - F + 2P)/S\rfloor  + 1 \mathrm{RF}_{1} + \mathrm{MACs} 34{,}944
    """
    return "".join(_sign(token) for token in _TOKEN.findall(text))


def _sign(token: str) -> str:
    if token in _SIGNS:
        return _SIGNS[token]
    # In TeX math a plain comma gets a space after it.
    if token[0].isdigit():
        return token.replace(",", "{,}")
    return _name(token) if token[0].isalpha() else token


def _name(name: str) -> str:
    match = _INDEXED.fullmatch(name)
    if match is None:
        return name if len(name) == 1 else _upright(name)
    letter, index, word, number = match.groups()
    return f"{letter or _upright(word)}_{{{(index or number).lstrip('_')}}}"


def _upright(word: str) -> str:
    escaped = word.replace("_", r"\_")
    return rf"\mathrm{{{escaped}}}"
