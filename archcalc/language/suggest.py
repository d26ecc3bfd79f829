"""Hints for a name that no network and no file has. This is imported when a name was not found."""

from __future__ import annotations

import os
import re
from collections.abc import Collection

from archcalc.errors import alike, closest, did_you_mean, one_of, plain, short

ENDINGS = (".yaml", ".yml")
"""The endings of files with specs."""

GENERAL = ("network", "model", "net", "cnn")
"""What is often put behind the name of a network, and is no part of it."""

_SHORT = {"tiny": "t", "small": "s", "base": "b", "large": "l", "huge": "h"}
_INPUT_SIDE = re.compile(r"[_-]\d{3}\Z")
"""The side of the input, which timm puts last."""

MOST_NAMES = 4
"""Names that one hint lists."""

MOST_FILES = 1000
"""Files of a folder among which a similar name is searched."""


def network_hint(name: str, known: Collection[str]) -> str:
    """A hint for a name that is not among the known ones."""
    folder, _, file = name.rpartition("/")
    if not folder and os.path.isfile(file):
        return f"for the file of this name write './{short(file)}'"
    if file := similar_file(name):
        return f"did you mean the file '{short(file)}'?"
    if "," in name and all(alike(part, known) for part in name.split(",")):
        return "put a space between the names"
    network, colon, setting = name.partition(":")
    if colon and "=" in setting and alike(network, known):
        return f"settings are given by --set: {network} --set {short(setting)}"
    word = plain(name)
    for tail in GENERAL:
        if word.endswith(tail) and (meant := alike(word.removesuffix(tail), known)):
            return f"did you mean '{meant[0]}'?"
    if meant := alike(_without_input(name), known):
        return f"did you mean '{meant[0]}'?"
    begun = [other for other in known if len(word) > 2 and other.lower().startswith(name.lower())]
    if len(begun) > MOST_NAMES:
        return f"'archcalc list {short(name)}' lists the {len(begun)} names that begin so"
    if begun:
        return f"did you mean {one_of([repr(other) for other in begun])}?"
    return did_you_mean(name, known) or "'archcalc list' lists the networks"


def _without_input(name: str) -> str:
    """A name of timm or Hugging Face in the words of papers: ``vit_base_patch16_224`` is ViT-B/16.

    >>> _without_input("vit_base_patch16_224"), _without_input("swin_tiny_patch4_window7_224")
    ('vit-b-16', 'swin-t')
    """
    bare = _INPUT_SIDE.sub("", name.lower())
    words = [_SHORT.get(word, word) for word in re.split(r"[_-]+", bare)]
    if words[0] == "vit":
        words = [word.removeprefix("patch") for word in words]  # only a ViT is named by its patches
    return "-".join(word for word in words if not word.startswith(("patch", "window")))


def file_hint(path: str, known: Collection[str]) -> str:
    """A hint for a file that does not exist: a similar one beside it, else the network of this name."""
    if file := similar_file(path):
        return f"did you mean '{short(file)}'?"
    stem = os.path.splitext(os.path.basename(path))[0]
    if meant := alike(stem, known):
        return f"for the built-in network write '{meant[0]}'"
    return ""


def similar_file(path: str) -> str:
    """The spec in the same folder whose name differs in spelling or ending only; else a similar one."""
    folder, name = os.path.split(path)
    stem, ending = os.path.splitext(name)
    stem = stem if ending in ENDINGS else name
    try:
        with os.scandir(folder or ".") as entries:
            files = [entry.name for _, entry in zip(range(MOST_FILES), entries, strict=False)]
    except (OSError, ValueError):  # ValueError: no path has a zero byte
        return ""
    stems = {os.path.splitext(file)[0]: file for file in sorted(files) if file.endswith(ENDINGS)}
    found = alike(stem, stems)
    if not found and ending in ENDINGS and (similar := closest(stem, stems)):
        found = [similar]
    return os.path.join(folder, stems[found[0]]) if found else ""
