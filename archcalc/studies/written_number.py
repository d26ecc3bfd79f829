"""A number with its unit, as people write it in a README: ``4.11G``, ``4.1 GFLOPs``, ``25.6 M params``."""

from __future__ import annotations

import re
from typing import NamedTuple

from archcalc.errors import ArchcalcError, short
from archcalc.language.printed import Figure, before_count, read_figure

_UNIT = re.compile(
    r"\s*([kmgtb]?)\s*(flops?|macs?|ops|operations|params?|parameters|mult-?adds?|madds?|bytes?)(?:/s)?\.?\Z",
    re.IGNORECASE,
)
_BYTES = re.compile(r"(?:\A|[\d\s])[KMGT]?i?B\Z", re.IGNORECASE)

ROUGH = 1000
"""A number of three digits or less agrees with too much by chance."""


class WrittenCount(NamedTuple):
    """A number, and what its unit says that it counts: ``operations``, ``params``, ``bytes`` or nothing."""

    text: str
    figure: Figure
    counts: str

    @property
    def is_rough(self) -> bool:
        """Whether it has so few digits that it says little."""
        return self.figure.value < ROUGH * self.figure.steps[0]


def written_count(text: str) -> WrittenCount:
    """Read a number. Raises ArchcalcError.

    >>> written_count("4.1 GFLOPs").counts, int(written_count("4.1 GFLOPs").figure.value)
    ('operations', 4100000000)
    >>> written_count("97.5 MiB").counts, written_count("25.6M params").counts, written_count("4.11G").counts
    ('bytes', 'params', '')
    >>> int(written_count("0.39 BFLOPs").figure.value)
    390000000
    """
    bare = " ".join(text.split())
    unit = _UNIT.search(bare)
    counts = ""
    if unit:
        word = unit[2].lower()
        counts = (
            "params" if word.startswith("param") else "bytes" if word.startswith("byte") else "operations"
        )
    elif _BYTES.search(bare):
        counts = "bytes"
    number = before_count(bare[: unit.start()] + unit[1]) if unit else bare
    try:
        figure = read_figure(number.strip())
    except ValueError:
        figure = ()
    if not isinstance(figure, Figure) or not figure.value or "%" in bare:
        raise ArchcalcError(
            f"'{short(text)}' is not a number of operations, params or bytes "
            "(such as 4111512576, 4.11G, '4.1 GFLOPs', '25.6M params' or '97.5 MiB')"
        )
    return WrittenCount(short(bare), figure, counts)
