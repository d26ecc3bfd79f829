"""Scopes in the names of layers: ``conv2_block1_1_conv`` is a layer of block 1 of conv 2.

Keras has no modules, so authors write the place of a layer into its name.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence

from archcalc.importers.as_network import spelled

_ENDS = re.compile(r"(?<![A-Za-z0-9])[A-Za-z][A-Za-z_]*\d+[a-z]?(?=_[^A-Za-z]*[A-Za-z])|(?=/)")
"""What ends with a number, such as block1a, stage_0 or conv2. A number behind that belongs to the layer."""

_AUTOMATIC = re.compile(r"(conv|pooling|padding|cropping|sampling|dropout)[123]d\Z")
"""The names that Keras gives by itself."""

MOST_SCOPES = 8


def paths_of(names: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    """The path of each layer. Layers of one scope stand together in the file, else it is none.

    >>> paths_of(["stem", "block_1_expand", "block_1_expand_bn", "block_2_project"])["block_1_expand_bn"]
    ('block_1', 'expand_bn')
    """
    places: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        for end in _ends(name):
            places.setdefault(name[:end], []).append(place)
    known = set(names)
    scopes = {
        scope
        for scope, found in places.items()
        if len(found) > 1 and found[-1] - found[0] == len(found) - 1 and scope not in known
    }
    return {name: _path(name, scopes) for name in names}


def _ends(name: str) -> list[int]:
    """Where a scope may end in a name."""
    ends = [match.end() for match in _ENDS.finditer(name)][:MOST_SCOPES]
    return [end for end in ends if 0 < end < len(name) - 1 and not _AUTOMATIC.search(name, 0, end)]


def _path(name: str, scopes: set[str]) -> tuple[str, ...]:
    starts = [0, *(end + 1 for end in _ends(name) if name[:end] in scopes), len(name) + 1]
    return tuple(spelled(name[start : end - 1]) for start, end in itertools.pairwise(starts))
