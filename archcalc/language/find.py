"""Finding specs: the shipped ones by name, others by path or on standard input."""

from __future__ import annotations

import errno
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, overload

from archcalc.errors import (
    ArchcalcError,
    ArchcalcWarning,
    Source,
    alike,
    decoded,
    one_of,
    printable,
    short,
)
from archcalc.language.index import file_of, indexed, names_in, spec_files
from archcalc.language.nodes import MAX_BYTES
from archcalc.ops.remember import remember

# Names are found without the code that reads specs: what this code needs is imported when a spec is read.
if TYPE_CHECKING:
    from archcalc.importers import Module
    from archcalc.language.about import About
    from archcalc.language.family import Spec
    from archcalc.language.settings import Input, Settings
    from archcalc.network import Network

Target: TypeAlias = "str | os.PathLike[str] | Module"
"""What names a network: a name, a path, or a model of PyTorch in memory."""

FilePath: TypeAlias = "str | os.PathLike[str]"
"""The path of a file that is no network."""

Targets: TypeAlias = "Sequence[Target | Network] | Target | Network"
"""One target or several."""

MOST_SPECS = 8
"""How many specs a process remembers."""

MOST_NETWORKS = 100
"""How many networks a spec makes before it is read anew."""


def read_file(path: str) -> Source:
    """The text of a file; ``-`` is standard input. Raises ArchcalcError."""
    return decoded(*read_bytes(path))


def read_bytes(path: str, most: int = MAX_BYTES, name: str = "") -> tuple[str, bytes]:
    """The name of a file in messages (default: its path), and its content; ``-`` is standard input.

    Raises ArchcalcError, also for more than ``most`` bytes.
    """
    name = name or ("<stdin>" if path == "-" else path)
    try:
        if path == "-":
            data = sys.stdin.buffer.read(most + 1)
        else:
            with open(path, "rb") as file:
                data = file.read(most + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        closed = path == "-" and isinstance(error, OSError) and error.errno == errno.EBADF
        says = "standard input is closed" if closed else reason or error
        raise ArchcalcError(f"{printable(name)}: {says}") from None
    if len(data) > most:
        raise ArchcalcError(f"{printable(name)}: the file is larger than {most // 1024} KiB")
    return name, data


def load(target: Target, *, strict: bool = True) -> tuple[Spec, str | None]:
    """The spec that a target means, and the name of the network in it.

    A target is the name or alias of a network, in any spelling (``VGG-16``), a path to a YAML file, a path
    with a variant (``vgg.yaml:vgg16``), a ``Path``, ``-`` for standard input, or a model of another program
    (``model.onnx``, ``torch:package.module:callable``, a module in memory).

    Raises ArchcalcError; ``strict`` as in ``parse``. Warns of an input whose sizes are probably meant in
    another order.
    """
    given = as_text(target)
    if not isinstance(given, str) or is_model(given):
        from archcalc.language.models import model_spec

        return model_spec(given), None
    path, _, variant = given.rpartition(":")
    if path == "-" or path.endswith((".yaml", ".yml")):
        return _own_spec(path, strict), variant
    if given == "-" or _is_path(given):
        return _own_spec(given, strict), None
    return _found(given)


@overload
def as_text(target: Target) -> str | Module: ...
@overload
def as_text(target: Target | Network) -> str | Module | Network: ...
def as_text(target: Target | Network) -> str | Module | Network:
    """A path as text; any other target as it is.

    >>> from pathlib import Path
    >>> as_text(Path("mine.yaml")), as_text("vgg16")
    ('mine.yaml', 'vgg16')
    """
    return os.fspath(target) if isinstance(target, os.PathLike) else target


def listed(targets: Targets) -> list[Target | Network]:
    """The targets as a list; one alone is a list of one.

    >>> listed("vgg16"), listed(("vgg16", "alexnet"))
    (['vgg16'], ['vgg16', 'alexnet'])
    """
    if isinstance(targets, Sequence) and not isinstance(targets, str):
        return list(targets)
    return [targets]


def is_model(target: Target | Network) -> bool:
    """Whether an importer reads the target. A name with a dot in it may be a network of the list."""
    given = as_text(target)
    if isinstance(given, str) and not ("." in given or ":" in given):
        return False  # most names: nothing is imported for them
    from archcalc.importers import format_of, is_module

    return format_of(given) is not None if isinstance(given, str) else is_module(given)


def _read_spec(path: str) -> Source:
    """The text of a user's spec. Raises ArchcalcError, with a hint if the file does not exist."""
    try:
        return read_file(path)
    except ArchcalcError as error:
        if path == "-" or os.path.exists(path):
            raise
        from archcalc.language.suggest import file_hint

        known = [word for shipped in spec_files() for names in _names(shipped) for word in names]
        hint = file_hint(path, known)
        raise ArchcalcError(f"{error} ({hint})" if hint else str(error)) from None


def _own_spec(path: str, strict: bool) -> Spec:
    """The spec in a file of the user."""
    spec = _spec_of(_read_spec(path), strict=strict)
    if doubt := spec.doubt():
        warnings.warn(str(doubt), ArchcalcWarning, stacklevel=3)
    return spec


def network_of(
    target: Target | Network,
    settings: Settings | None = None,
    *,
    strict: bool = False,
    input: Input | None = None,
) -> Network:
    """The network that a target names, with some settings changed; a Network is returned as it is.

    ``input`` is the shape of the input of a model of another program.

    If not ``strict``, the network carries the mistakes of its spec. A study can then report them together
    with its own mistakes. Raises ArchcalcError; if ``strict``, SpecError with every mistake of the spec.
    """
    from archcalc.language.settings import settings_of, with_input
    from archcalc.network import Network

    if isinstance(target, Network):
        return target
    spec, name = load(target, strict=strict)
    changed = with_input(settings_of(settings), input)
    network = spec.bind(name, changed, strict=strict)
    return network.titled(spec.full_title(name, changed))


def binder(
    target: Target, settings: Settings | None = None, *, strict: bool = True
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
    return _found(name)[0]


def _found(name: str) -> tuple[Spec, str]:
    """The shipped spec of a network, and the network's name there: ``VGG-16`` is ``vgg16``, if no other
    network can be meant. Raises ArchcalcError.
    """
    if spec := _spec_with(name):
        return spec, name
    networks = [names for path in spec_files() for names in _names(path)]
    words = alike(name, [word for names in networks for word in names])
    meant = [found[0] for names in networks if (found := [word for word in names if word in words])]
    if len(meant) == 1 and (spec := _spec_with(meant[0])):
        return spec, meant[0]
    if meant:
        raise ArchcalcError(f"'{short(name)}' may be {one_of(sorted(meant))}: write one of these names")
    from archcalc.language.suggest import network_hint

    hint = network_hint(name, [word for names in networks for word in names])
    raise ArchcalcError(f"unknown network '{short(name)}' ({hint})")


def _spec_with(name: str) -> Spec | None:
    """The shipped spec that has exactly this name."""
    specs = map(shipped_spec, _files_for(name))
    return next((spec for spec in specs if spec.find(name) is not None), None)


def _files_for(name: str) -> Iterator[str]:
    """The files that can have a network: the one that the index names, and those that were changed since."""
    if path := file_of(name):
        yield path
    for path in spec_files():
        if indexed(path) is None:
            yield path


def _names(path: str) -> list[tuple[str, ...]]:
    """The names of each network of a shipped spec: its name and aliases. The family comes last, if it has a
    name of its own.
    """
    if networks := indexed(path):
        names = [(network["name"], *network["aliases"]) for network in networks]
        listed = {word for words in names for word in words}
        return names + [(word,) for word in names_in(path) if word not in listed]
    spec = shipped_spec(path)
    return [(about.name, *about.aliases) for about in [*spec.variants.values(), spec.about]]


def names_at_a_glance() -> list[str]:
    """The names of the shipped networks. The index has them, so that no spec is read.

    For completion on a command line, where every millisecond counts.
    """
    return sorted(name for path in spec_files() for name in _listed(path))


def _listed(path: str) -> list[str]:
    """The names of the networks of a shipped spec, without the family."""
    networks = indexed(path)
    return (
        [line["name"] for line in networks]
        if networks
        else [about.name for about in shipped_spec(path).networks()]
    )


def shipped_spec(path: str) -> Spec:
    """The spec in a shipped file."""
    # With the same name in messages wherever it is installed.
    source = Source(f"specs/{os.path.basename(path)}", read_file(path).text)
    return _spec_of(source, keep=True)


KNOWN_SPECS: dict[tuple[str, str, bool], Spec] = {}
"""The specs of this process, by their name, their text, and whether mistakes are refused."""


def _spec_of(source: Source, *, strict: bool = True, keep: bool = False) -> Spec:
    """The spec of a text, as ``parse`` gives it; the same text has the same spec, which knows its blocks."""
    from archcalc.language.parse import parse

    key = source.name, source.text, strict
    spec = KNOWN_SPECS.pop(key, None)
    # The blocks that a spec knows must not grow without end.
    if spec is None or spec.bound >= MOST_NETWORKS:
        spec = parse(source, strict=strict, keep=keep)
    remember(KNOWN_SPECS, key, spec, MOST_SPECS)
    return spec


def all_specs() -> list[Spec]:
    """All shipped specs."""
    return [shipped_spec(path) for path in spec_files()]


def all_networks() -> list[About]:
    """All networks of the shipped specs."""
    return [about for spec in all_specs() for about in spec.networks()]
