"""Networks of ours and the same networks of other libraries, as ``facts/other_models.csv`` records them.

``benchmarks/other_models.py`` builds the models of these libraries and writes the file.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterable
from hashlib import sha256
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

from archcalc.results import Analysis

FILE = Path(__file__).parents[1] / "facts" / "other_models.csv"


class Work(NamedTuple):
    """A convolution or an fc layer: the values of its output, its trained values and its MACs."""

    values: int
    params: int
    macs: int


class Figures(NamedTuple):
    """What both have: totals, the output without sides of 1, the number of layers with MACs, their digest.

    The order of branches is free, so the digest is that of the sorted layers.
    """

    input: str
    params: int
    buffers: int
    macs: int
    output: str
    layers: int
    digest: str


class Recorded(NamedTuple):
    """A row of the file: a network of ours with settings, a model of a library, and its figures."""

    network: str
    settings: dict[str, Any]
    library: str
    model: str
    figures: Figures


def figures(
    sizes: Iterable[int], params: int, buffers: int, output: Iterable[int], works: list[Work]
) -> Figures:
    """The figures of a model."""
    text = "\n".join(" ".join(map(str, work)) for work in sorted(works))
    return Figures(
        input=_sizes(sizes),
        params=params,
        buffers=buffers,
        macs=sum(work.macs for work in works),
        output=_sizes(size for size in output if size != 1),
        layers=len(works),
        digest=sha256(text.encode()).hexdigest()[:12],
    )


def _sizes(sizes: Iterable[int]) -> str:
    return "x".join(map(str, sizes))


def works(found: Analysis) -> list[Work]:
    """The layers of ours; one that shares the weights of another has them too."""
    params = {row.path: row.params for row in found.layers}
    return [
        Work(prod(row.output), params[row.same_as or row.path], row.macs)
        for row in found.layers
        if row.op in ("conv", "fc", "channel_conv")
    ]


def ours(found: Analysis) -> Figures:
    """The figures of a network of ours."""
    totals, output = found.totals, found.layers[-1].output
    return figures(found.input, totals.params, totals.buffers, output, works(found))


def unequal(mine: list[Work], theirs: list[Work]) -> list[str]:
    """The layers that only one of them has, to print."""
    rows, others = Counter(mine), Counter(theirs)
    found = [f"{work} theirs only, {times} times" for work, times in (others - rows).items()]
    return found + [f"{work} ours only, {times} times" for work, times in (rows - others).items()]


def recorded() -> list[Recorded]:
    """All rows of the file."""
    with open(FILE, newline="", encoding="utf-8") as file:
        return [_read(row) for row in csv.DictReader(file)]


def _read(row: dict[str, str]) -> Recorded:
    numbers = {key: int(row[key]) for key in ("params", "buffers", "macs", "layers")}
    texts = {key: row[key] for key in ("input", "output", "digest")}
    settings = json.loads(row["settings"] or "{}")
    return Recorded(row["network"], settings, row["library"], row["model"], Figures(**numbers, **texts))


def write(rows: Iterable[Recorded]) -> None:
    """Write the file anew."""
    with open(FILE, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("network", "settings", "library", "model", *Figures._fields))
        for row in rows:
            settings = json.dumps(row.settings) if row.settings else ""
            writer.writerow((row.network, settings, row.library, row.model, *row.figures))
