"""Finding specs: the shipped ones by name, others by path or on standard input."""

from __future__ import annotations

import errno
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from archcalc.errors import (
    ArchcalcError,
    ArchcalcWarning,
    Problem,
    Source,
    SpecError,
    did_you_mean,
    printable,
    short,
)
from archcalc.language.index import file_of, indexed, spec_files
from archcalc.language.nodes import MAX_BYTES

# Names are found without the code that reads specs: what this code needs is imported when a spec is read.
if TYPE_CHECKING:
    from archcalc.language.about import About
    from archcalc.language.family import Spec
    from archcalc.language.settings import Settings
    from archcalc.network import Network


def read_file(path: str) -> Source:
    """The text of a file; ``-`` is standard input. Raises ArchcalcError."""
    return decoded(*read_bytes(path))


def read_bytes(path: str) -> tuple[str, bytes]:
    """The name of a file in messages, and its content; ``-`` is standard input. Raises ArchcalcError."""
    name = "<stdin>" if path == "-" else path
    try:
        if path == "-":
            data = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with open(path, "rb") as file:
                data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        closed = path == "-" and isinstance(error, OSError) and error.errno == errno.EBADF
        says = "standard input is closed" if closed else reason or error
        raise ArchcalcError(f"{printable(name)}: {says}") from None
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
    (``vgg.yaml:vgg16``), or ``-`` for standard input. Raises ArchcalcError; ``strict`` as in ``parse``. Warns
    of an input whose sizes are probably meant in another order.
    """
    path, _, variant = target.rpartition(":")
    if path == "-" or path.endswith((".yaml", ".yml")):
        return _own_spec(path, strict), variant
    if target == "-" or _is_path(target):
        return _own_spec(target, strict), None
    return find(target), target


def _own_spec(path: str, strict: bool) -> Spec:
    """The spec in a file of the user."""
    from archcalc.language.parse import parse

    spec = parse(read_file(path), strict=strict)
    if doubt := spec.doubt():
        warnings.warn(str(doubt), ArchcalcWarning, stacklevel=3)
    return spec


def network_of(target: str | Network, settings: Settings | None = None, *, strict: bool = False) -> Network:
    """The network that a target names, with some settings changed; a Network is returned as it is.

    If not ``strict``, the network carries the mistakes of its spec. A study can then report them together
    with its own mistakes. Raises ArchcalcError; if ``strict``, SpecError with every mistake of the spec.
    """
    if not isinstance(target, str):
        return target
    from archcalc.language.settings import settings_of

    spec, name = load(target, strict=strict)
    return spec.bind(name, settings_of(settings), strict=strict)


def binder(
    target: str, settings: Settings | None = None, *, strict: bool = True
) -> Callable[[Mapping[str, Any]], Network]:
    """A function that gives the network of a target for some more settings; ``strict`` as in ``parse``.

    Raises ArchcalcError.
    """
    from archcalc.language.settings import settings_of

    spec, name = load(target, strict=strict)
    changed = settings_of(settings)
    return lambda more: spec.bind(name, {**changed, **more}, strict=False)


def _is_path(target: str) -> bool:
    return target.endswith((".yaml", ".yml")) or os.sep in target


def find(name: str) -> Spec:
    """The shipped spec of a network; the index says which file to read. Raises ArchcalcError."""
    for path in _files_for(name):
        spec = shipped_spec(path)
        if spec.find(name) is not None:
            return spec
    known = [word for path in spec_files() for network in _names(path) for word in network]
    hint = did_you_mean(name, known) or "'archcalc list' lists the networks"
    raise ArchcalcError(f"unknown network '{short(name)}' ({hint})")


def _files_for(name: str) -> Iterator[str]:
    """The files that can have a network: the one that the index names, and those that were changed since."""
    if path := file_of(name):
        yield path
    for path in spec_files():
        if indexed(path) is None:
            yield path


def _names(path: str) -> list[tuple[str, ...]]:
    """The name and the aliases of each network of a shipped spec."""
    if networks := indexed(path):
        return [(network["name"], *network["aliases"]) for network in networks]
    return [(about.name, *about.aliases) for about in shipped_spec(path).networks()]


def names_at_a_glance() -> list[str]:
    """The names of the shipped networks. The index has them, so that no spec is read.

    For completion on a command line, where every millisecond counts.
    """
    return sorted(name for path in spec_files() for name, *_ in _names(path))


def shipped_spec(path: str) -> Spec:
    """The spec in a shipped file."""
    from archcalc.language.parse import parse

    # With the same name in messages wherever it is installed.
    source = Source(f"specs/{os.path.basename(path)}", read_file(path).text)
    return parse(source, keep=True)


def all_specs() -> list[Spec]:
    """All shipped specs."""
    return [shipped_spec(path) for path in spec_files()]


def all_networks() -> list[About]:
    """All networks of the shipped specs."""
    return [about for spec in all_specs() for about in spec.networks()]
