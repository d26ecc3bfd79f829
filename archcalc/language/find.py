"""Finding specs: the shipped ones by name, others by path or on standard input."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping
from typing import Any

from archcalc.errors import ArchcalcError, Problem, Source, SpecError, did_you_mean, printable, short
from archcalc.language.about import About
from archcalc.language.family import Spec
from archcalc.language.nodes import MAX_BYTES
from archcalc.language.parse import parse
from archcalc.language.settings import Settings, settings_of
from archcalc.network import Network


def specs_folder() -> str:
    """The folder of the shipped specs: inside an installed package, beside it in a checkout."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    installed = os.path.join(package, "specs")
    return installed if os.path.isdir(installed) else os.path.join(os.path.dirname(package), "specs")


def spec_files() -> list[str]:
    """The paths of the shipped specs, sorted by name."""
    folder = specs_folder()
    return [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith(".yaml")]


def read_file(path: str) -> Source:
    """The text of a file; ``-`` is standard input. Raises ArchcalcError."""
    return decoded(*read_bytes(path))


def read_bytes(path: str) -> tuple[str, bytes]:
    """The name of a file in messages, and its content; ``-`` is standard input. Raises ArchcalcError."""
    try:
        if path == "-":
            data = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with open(path, "rb") as file:
                data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise ArchcalcError(f"{printable(path)}: {reason or error}") from None
    name = "<stdin>" if path == "-" else path
    if len(data) > MAX_BYTES:
        raise ArchcalcError(f"{printable(name)}: the file is larger than {MAX_BYTES // 1024} KiB")
    return name, data


def decoded(name: str, data: bytes) -> Source:
    """The text of a file in UTF-8. Raises SpecError for other encodings."""
    try:
        return Source(name, data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        # Decode what can be decoded, to show the line with the wrong byte.
        source = Source(name, data.decode("utf-8", "replace"))
        mark = source.mark(len(data[: error.start].decode("utf-8", "replace")))
        raise SpecError([Problem("the file is not UTF-8 text", mark, "", "save it as UTF-8")]) from None


def load(target: str, *, strict: bool = True) -> tuple[Spec, str | None]:
    """The spec that a target means, and the name of the network in it.

    A target is the name or alias of a network, a path to a YAML file, a path with a variant
    (``vgg.yaml:vgg16``), or ``-`` for standard input. Raises ArchcalcError; ``strict`` as in ``parse``.
    """
    path, _, variant = target.rpartition(":")
    if path == "-" or path.endswith((".yaml", ".yml")):
        return parse(read_file(path), strict=strict), variant
    if target == "-" or _is_path(target):
        return parse(read_file(target), strict=strict), None
    return find(target), target


def network_of(target: str | Network, settings: Settings | None = None, *, strict: bool = False) -> Network:
    """The network that a target names, with some settings changed; a Network is returned as it is.

    If not ``strict``, the network carries the mistakes of its spec. A study can then report them together
    with its own mistakes. Raises ArchcalcError; if ``strict``, SpecError with every mistake of the spec.
    """
    if not isinstance(target, str):
        return target
    spec, name = load(target, strict=strict)
    return spec.bind(name, settings_of(settings), strict=strict)


def binder(
    target: str, settings: Settings | None = None, *, strict: bool = True
) -> Callable[[Mapping[str, Any]], Network]:
    """A function that gives the network of a target for some more settings; ``strict`` as in ``parse``.

    Raises ArchcalcError.
    """
    spec, name = load(target, strict=strict)
    changed = settings_of(settings)
    return lambda more: spec.bind(name, {**changed, **more}, strict=False)


def _is_path(target: str) -> bool:
    return target.endswith((".yaml", ".yml")) or os.sep in target


def find(name: str) -> Spec:
    """The shipped spec of a network. Only files that contain the name are parsed. Raises ArchcalcError."""
    word = name.encode()
    # Start with the file whose name begins the name of the network: resnet.yaml for resnet50.
    for path in sorted(spec_files(), key=lambda path: not name.startswith(os.path.basename(path)[:-5])):
        with open(path, "rb") as file:
            if word not in file.read():
                continue
        spec = parse(_shipped(path), keep=True)
        if spec.find(name) is not None:
            return spec
    known = [word for about in all_networks() for word in (about.name, *about.aliases)]
    hint = did_you_mean(name, known) or "'archcalc list' lists the networks"
    raise ArchcalcError(f"unknown network '{short(name)}' ({hint})")


def _shipped(path: str) -> Source:
    """The text of a shipped spec, with the same name in messages wherever it is installed."""
    return Source(f"specs/{os.path.basename(path)}", read_file(path).text)


def names_at_a_glance() -> list[str]:
    """The names of the shipped networks, found by regular expressions instead of reading YAML.

    For completion on a command line, where every millisecond counts.
    """
    names: list[str] = []
    for path in spec_files():
        with open(path, encoding="utf-8") as file:
            text = file.read()
        variants = re.search(r"^variants:.*\n((?:[ #].*\n|\n)*)", text, re.MULTILINE)
        pattern, where = (r"^  ([\w.+-]+):", variants[1]) if variants else (r"^name: *(\S+)", text)
        names += re.findall(pattern, where, re.MULTILINE)
    return sorted(names)


def all_specs() -> list[Spec]:
    """All shipped specs."""
    return [parse(_shipped(path), keep=True) for path in spec_files()]


def all_networks() -> list[About]:
    """All networks of the shipped specs."""
    return [about for spec in all_specs() for about in spec.networks()]
