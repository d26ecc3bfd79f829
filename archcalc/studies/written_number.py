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
_DECIMAL_BYTES = re.compile(r"(?<=[\d\s])([KMGT])B\Z", re.IGNORECASE)
_ONLY_B = re.compile(r"[\d.,]+ ?B\Z", re.IGNORECASE)
_ONLY_DIGITS = re.compile(r"\d{1,3}(?:\.\d+)?\Z")

ROUGH, VERY_ROUGH = 1000, 100
"""A number of three digits or less agrees with much by chance, and one of two digits with nearly all."""


class WrittenCount(NamedTuple):
    """A number, and what its unit says that it counts: ``operations``, ``params``, ``bytes`` or nothing.

    ``read_as`` says it in words if the unit is read in another sense than the usual: B as billions.
    """

    text: str
    figure: Figure
    counts: str
    read_as: str = ""

    @property
    def is_rough(self) -> bool:
        """Whether it has so few digits that it says little."""
        return self.figure.value < ROUGH * self.figure.steps[0]

    @property
    def is_very_rough(self) -> bool:
        """Whether it has at most two digits."""
        return self.figure.value < VERY_ROUGH * self.figure.steps[0]


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


def other_readings(number: WrittenCount, called: str = "") -> list[WrittenCount]:
    """What else the unit of a number may mean: B billions (5.7B), and MB what is MiB (Keras).

    >>> [one.read_as for text in ("5.7B", "528MB", "4.1G") for one in other_readings(written_count(text))]
    ['5.7 billion', '528MiB']
    """
    if _ONLY_B.match(number.text) and called != "bytes":
        billions = before_count(number.text)
        return [WrittenCount(number.text, written_count(billions).figure, "", billions)]
    if _DECIMAL_BYTES.search(number.text):
        binary = _DECIMAL_BYTES.sub(r"\1iB", number.text)
        return [WrittenCount(number.text, written_count(binary).figure, "bytes", binary)]
    return []


def with_unit(number: WrittenCount) -> list[WrittenCount]:
    """A small number with the units that may be missing.

    >>> [one.text for one in with_unit(written_count("4.1"))], with_unit(written_count("4.1G"))
    (['4.1G', '4.1M'], [])
    """
    if not _ONLY_DIGITS.match(number.text):
        return []
    return [written_count(number.text + unit)._replace(counts=number.counts) for unit in ("G", "M")]
