"""The index of the shipped specs: what ``list`` says of their networks, so that it reads no spec.

``specs/index.json`` has the digest of every spec. A spec that was changed since is not in the index: it is
read, as if there were no index. ``python -m archcalc.studies.index`` writes the file.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any


def specs_folder() -> str:
    """The folder of the shipped specs: inside an installed package, beside it in a checkout."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    installed = os.path.join(package, "specs")
    return installed if os.path.isdir(installed) else os.path.join(os.path.dirname(package), "specs")


def spec_files() -> list[str]:
    """The paths of the shipped specs, sorted by name."""
    folder = specs_folder()
    return [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith(".yaml")]


def index_file() -> str:
    """The path of the index."""
    return os.path.join(specs_folder(), "index.json")


def indexed(path: str) -> Sequence[Mapping[str, Any]] | None:
    """The lines that the networks of a shipped spec have in the list; None if the file was changed since."""
    record = _index().get(os.path.basename(path))
    if record is None or record["sha256"] != digest(path):
        return None
    networks: Sequence[Mapping[str, Any]] = record["networks"]
    return networks


def names_in(path: str) -> Sequence[str]:
    """All names that the index has for a shipped spec: of its networks, their aliases, and of the family."""
    names: Sequence[str] = _index()[os.path.basename(path)]["names"]
    return names


def file_of(name: str) -> str | None:
    """The path of the spec in which the index has a network of that name or alias."""
    for file, record in _index().items():
        path = os.path.join(specs_folder(), file)
        if name in record["names"] and os.path.exists(path):
            return path
    return None


def digest(path: str) -> str:
    """The SHA-256 of a file."""
    import hashlib

    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


@cache
def _index() -> Mapping[str, Any]:
    """The index by file; empty if it cannot be read."""
    try:
        with open(index_file(), "rb") as file:
            index = json.loads(file.read())
    except (OSError, ValueError):
        return {}
    return index if isinstance(index, dict) else {}
