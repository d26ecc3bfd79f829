"""The specs that a lock is about: files of one folder, and the networks in them.

A lock lies beside its specs, one in each folder. It holds no path: a spec that is renamed or moved within its
folder keeps its entry, because the entry goes by the network's name.
"""

from __future__ import annotations

import glob
import os
import re
from codecs import BOM_UTF8
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

from archcalc.errors import ArchcalcError, Source, SpecError, printable
from archcalc.guard.configuration import Config
from archcalc.guard.configuration import read as read_config
from archcalc.guard.lockfile import NAME
from archcalc.language.find import load
from archcalc.language.index import file_of
from archcalc.language.nodes import MAX_BYTES, Map
from archcalc.network import Network
from archcalc.results.check import Place

DEFAULT_FOLDERS = ("specs", ".")
"""Where specs are looked for if neither the command nor the project names any."""
ENDINGS = (".yaml", ".yml")

Progress = Callable[[int, int], None]
"""Called after each network, with its number and the number of networks."""


class SpecGroup(NamedTuple):
    """Specs of one folder; ``whole`` if they are all the specs that the folder's lock is about."""

    folder: str
    files: tuple[str, ...]
    whole: bool

    @property
    def lock_path(self) -> str:
        """The path of their lock."""
        return os.path.join(self.folder, NAME) if self.folder != "." else NAME


def spec_groups(targets: Sequence[str], config: Config) -> list[SpecGroup]:
    """The specs that files, folders and patterns name, grouped by folder.

    Without targets these are the specs of the project, or else those of the folder ``specs``, or else of this
    folder. Raises ArchcalcError for a missing file.
    """
    base = os.path.dirname(os.path.relpath(config.path)) if config.path else ""
    paths = list(targets) or [os.path.join(base, spec) for spec in config.specs]
    if not paths:
        defaults = [os.path.join(base, folder) for folder in DEFAULT_FOLDERS]
        paths = [folder for folder in defaults if _has_specs(folder)][:1]
    if not paths:
        raise ArchcalcError("no specs found: pass files or folders, or set 'specs' under [tool.archcalc]")
    files_of: dict[str, dict[str, None]] = {}
    whole_folders: set[str] = set()
    for path in paths:
        folder = os.path.normpath(path)
        if os.path.isdir(folder):
            # A folder stands for all its specs, so an entry of its lock without a spec is reported.
            whole_folders.add(folder)
            files_of.setdefault(folder, {}).update(dict.fromkeys(_specs_in(folder)))
            continue
        for file in _files(path):
            files_of.setdefault(os.path.dirname(file) or ".", {})[file] = None
    return [
        SpecGroup(folder, tuple(sorted(files)), folder in whole_folders or not targets)
        for folder, files in sorted(files_of.items())
    ]


def group_of_lock(lock_path: str) -> SpecGroup:
    """The specs of a lock: the ones that its project names in its folder, or else all of the folder."""
    folder = os.path.dirname(os.path.relpath(lock_path)) or "."
    config = read_config(folder)
    if config.specs:
        # The project may name only some of the files in this folder.
        for group in spec_groups([], config):
            if group.folder == folder:
                return group
    return spec_groups([folder], config)[0]


def _has_specs(folder: str) -> bool:
    return os.path.isdir(folder) and bool(_specs_in(folder))


def _specs_in(folder: str) -> list[str]:
    """The specs of a folder. Hidden files are left out: they are settings of other tools."""
    try:
        names = sorted(
            name for name in os.listdir(folder) if name.endswith(ENDINGS) and not name.startswith(".")
        )
    except OSError as error:
        raise ArchcalcError(f"{printable(folder)}: {error.strerror}") from None
    files = [os.path.normpath(os.path.join(folder, name)) for name in names]
    return [file for file in files if os.path.isfile(file) and is_spec(file)]


def _files(target: str) -> list[str]:
    """The file of that name, or the specs that match a pattern."""
    named = os.path.normpath(target)
    matches = [os.path.normpath(file) for file in sorted(glob.glob(target, recursive=True)) or [target]]
    files = [file for file in matches if os.path.isfile(file) and (file == named or is_spec(file))]
    if not files:
        raise ArchcalcError(f"{printable(target)}: no such file or folder{_way_out(target)}")
    return files


def _way_out(target: str) -> str:
    """What to name instead of something that other commands take for a network."""
    file, _, variant = target.rpartition(":")
    if os.path.isfile(file):
        return f"; a lock is about whole files: leave out ':{printable(variant)}'"
    shipped = file_of(target)
    if shipped is None:
        return ""
    near = os.path.relpath(shipped)
    path = shipped if near.startswith(os.pardir) else near
    return f"; a shipped network is checked by its file: archcalc check --no-lock --max BUDGET {path}"


_KEY_OF_SPECS = rb"""["']?(input|layers)["']?[ \t]*:"""
_AT_LEFT = re.compile(b"^" + _KEY_OF_SPECS, re.MULTILINE)
_ANYWHERE = re.compile(rb"(^|[\s{,])" + _KEY_OF_SPECS)


def is_spec(path: str) -> bool:
    """Whether a YAML file in a folder is a spec: its top level has ``input`` or ``layers``.

    YAML files of other tools may lie beside specs, and are left out. A spec that lacks one of the two keys is
    still a spec: reading it then says what is missing. If a spec loses both, ``check`` reports that the entry
    in the lock has no network. A file that is not valid YAML counts as a spec if it contains one of the
    words.
    """
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES).removeprefix(BOM_UTF8)
    except OSError as error:
        raise ArchcalcError(f"{printable(path)}: {error.strerror}") from None
    # Most files are decided by a search in their bytes; only a key inside a line needs the YAML parser.
    if _AT_LEFT.search(data):
        return True
    if not _ANYWHERE.search(data):
        return False
    from archcalc.language.compose import read_nodes

    try:
        root = read_nodes(Source(path, data.decode()), [])
    except (SpecError, UnicodeDecodeError):
        return True
    return isinstance(root, Map) and not root.entries.keys().isdisjoint(("input", "layers"))


class LocatedNetwork(NamedTuple):
    """A network, the place where its spec states the input, and the names of its settings."""

    network: Network
    place: Place
    settings: Collection[str]

    @property
    def file(self) -> str:
        """The path of its spec."""
        return self.place.file


def networks_of(group: SpecGroup, settings: Mapping[str, Any]) -> dict[str, LocatedNetwork]:
    """The networks of some specs, by name; each setting applies to the networks that have it.

    Raises SpecError, and ArchcalcError if two networks have the same name.
    """
    networks: dict[str, LocatedNetwork] = {}
    for file in group.files:
        spec, _ = load(file)
        # A setting such as size is for all networks of the command, but not every spec has it.
        applicable = {name: value for name, value in settings.items() if name in spec.settings}
        mark = spec.input.mark
        for about in spec.networks():
            if about.name in networks:
                both = f"{printable(networks[about.name].file)} and {printable(file)}"
                raise ArchcalcError(
                    f"two networks are called '{about.name}', in {both}; names in one lock must differ"
                )
            place = Place(file, mark.line, mark.column)
            networks[about.name] = LocatedNetwork(spec.bind(about.name, applicable), place, spec.settings)
    return networks
