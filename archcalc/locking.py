"""Lock files: which specs they are about, how they are read, written and held against the networks.

A lock lies beside its specs, one in each folder. It holds no path: a spec that is renamed or moved within its folder
keeps its entry, which goes by the network's name.
"""

from __future__ import annotations

import glob
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, NamedTuple

from archcalc.config import FILE, Config
from archcalc.config import read as read_config
from archcalc.conventions import ARCHCALC
from archcalc.errors import ArchcalcError, printable, short
from archcalc.files import write_whole
from archcalc.network import Network
from archcalc.results import FORMAT, Analysis
from archcalc.results.check import Budgeted, Checked, Difference, Place
from archcalc.results.lock import Lock, Locked, LockedLayer
from archcalc.spec.budget import Budget, parse_budget
from archcalc.spec.load import load
from archcalc.spec.spec import Spec
from archcalc.studies.analyze import analyze
from archcalc.studies.budget import budgeted, is_about
from archcalc.studies.check import differences
from archcalc.studies.lock import lock as locked_network

NAME = "archcalc.lock"
MAX_BYTES = 200_000_000
MOST_SPECS = 10_000
FOLDERS = ("specs", ".")
ENDINGS = (".yaml", ".yml")
ANY = "*"
"""The pattern of budgets for every network; of those for a layer, for every network that has it."""


Progress = Callable[[int, int], None]


class Group(NamedTuple):
    """The specs of one folder, and whether they are all of it."""

    folder: str
    files: tuple[str, ...]
    whole: bool

    @property
    def lock_path(self) -> str:
        """Where their lock lies."""
        return os.path.join(self.folder, NAME) if self.folder != "." else NAME


# --- which specs --------------------------------------------------------------------------------------


def groups(targets: Sequence[str], config: Config) -> list[Group]:
    """The specs meant by files, folders and patterns, by folder; without any, those of the project, else of ``specs/``.

    Raises ArchcalcError for what is not there.
    """
    base = os.path.dirname(os.path.relpath(config.path)) if config.path else ""
    named = list(targets) or [os.path.join(base, one) for one in config.specs]
    named = named or [one for one in (os.path.join(base, name) for name in FOLDERS) if _has_specs(one)][:1]
    if not named:
        raise ArchcalcError(
            "there are no specs here: name files or folders, or [tool.archcalc] specs in pyproject.toml"
        )
    found: dict[str, dict[str, None]] = {}
    whole: set[str] = set()
    for target in named:
        folder = os.path.normpath(target)
        if os.path.isdir(folder):
            whole.add(folder)
            found.setdefault(folder, {}).update(dict.fromkeys(_specs_of(folder)))
            continue
        for file in _files(target):
            found.setdefault(os.path.dirname(file) or ".", {})[file] = None
    return [Group(folder, tuple(sorted(files)), folder in whole) for folder, files in sorted(found.items())]


def group_of(lock_path: str) -> Group:
    """The specs that a lock is about: those that its project names in that folder, else all of the folder."""
    folder = os.path.dirname(os.path.relpath(lock_path)) or "."
    config = read_config(folder)
    own = [group for group in groups([], config) if group.folder == folder] if config.specs else []
    return (own or groups([folder], config))[0]


def _has_specs(folder: str) -> bool:
    return os.path.isdir(folder) and bool(_specs_of(folder))


def _specs_of(folder: str) -> list[str]:
    """The YAML files of a folder; hidden ones are others' settings."""
    names = sorted(name for name in os.listdir(folder) if name.endswith(ENDINGS) and not name.startswith("."))
    return [os.path.normpath(os.path.join(folder, name)) for name in names]


def _files(target: str) -> list[str]:
    found = sorted(glob.glob(target, recursive=True)) if glob.has_magic(target) else [target]
    files = [os.path.normpath(file) for file in found if os.path.isfile(file)]
    if not files:
        raise ArchcalcError(f"{printable(target)}: there is no such file or folder")
    return files[:MOST_SPECS]


class Source(NamedTuple):
    """A network and the file that it is written in."""

    file: str
    network: Network


def networks(group: Group, settings: Mapping[str, Any]) -> dict[str, Source]:
    """The networks of some specs by name. Raises SpecError, and ArchcalcError where two have one name.

    ``settings`` change those networks that have them; one that none has is a mistake.
    """
    found: dict[str, Source] = {}
    unused = set(settings)
    for file in group.files:
        spec, _ = load(file)
        own = {name: value for name, value in settings.items() if name in spec.settings}
        unused -= set(own)
        for network in _bound(spec, own):
            if network.name in found:
                both = f"{printable(found[network.name].file)} and {printable(file)}"
                raise ArchcalcError(f"two networks are called '{network.name}', in {both}; a lock goes by their names")
            found[network.name] = Source(file, network)
    if unused:
        raise ArchcalcError(f"--set {short(sorted(unused)[0])}: no network here has such a setting")
    return found


def _bound(spec: Spec, settings: Mapping[str, Any]) -> Iterator[Network]:
    for about in spec.networks():
        yield spec.bind(about.name, settings)


# --- writing and reading ------------------------------------------------------------------------------


def make(group: Group, settings: Mapping[str, Any], old: Lock | None, progress: Progress | None = None) -> Lock:
    """The lock of some specs; of a part of a folder, the other entries stay as they are in the old lock.

    Without settings those of the old lock stay: who accepts a difference does not mean to lock other networks.
    """
    settings = dict(settings) or (dict(old.settings) if old else {})
    found = networks(group, settings)
    entries: dict[str, Locked] = {}
    for number, (name, source) in enumerate(found.items(), 1):
        entries[name] = locked_network(source.network)
        if progress:
            progress(number, len(found))
    kept = dict(old.networks) if old and not group.whole else {}
    return Lock(ARCHCALC.id, settings, {**kept, **entries})


def text_of(lock: Lock) -> str:
    """A lock as text: JSON, sorted, a line for every layer.

    >>> print(text_of(Lock("archcalc/1", {}, {})), end="")
    {
     "convention": "archcalc/1",
     "format": 1,
     "networks": {},
     "set": {}
    }
    """
    parts = []
    for name in sorted(lock.networks):
        entry = lock.networks[name].as_json()
        rows = ",\n".join(f"    {_line(row)}" for row in entry["layers"])
        inside = [
            f'   "input": {_line(entry["input"])}',
            f'   "layers": [\n{rows}\n   ]',
            f'   "spec": {_line(entry["spec"])}',
            f'   "totals": {_line(entry["totals"])}',
        ]
        parts.append(f"  {_line(name)}: {{\n" + ",\n".join(inside) + "\n  }")
    body = "{\n" + ",\n".join(parts) + "\n }" if parts else "{}"
    head = f'{{\n "convention": {_line(lock.convention)},\n "format": {FORMAT},\n "networks": {body},\n'
    return f'{head} "set": {_line(dict(lock.settings))}\n}}\n'


def _line(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(", ", ": "))


def is_as(path: str, text: str) -> bool:
    """Whether a file holds that text already."""
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read() == text
    except (OSError, UnicodeDecodeError):
        return False


def changes(old: Lock | None, new: Lock) -> str:
    """How a lock differs from the one before, in a phrase."""
    count = f"{len(new.networks)} network{'' if len(new.networks) == 1 else 's'}"
    if old is None:
        return count
    before, after = old.networks, new.networks
    parts = {
        "new": len(after.keys() - before.keys()),
        "changed": sum(before[name] != after[name] for name in before.keys() & after.keys()),
        "removed": len(before.keys() - after.keys()),
    }
    said = ", ".join(f"{number} {what}" for what, number in parts.items() if number)
    return f"{count} ({said})" if said else count


def read(path: str, *, broken_is_none: bool = False) -> Lock | None:
    """The lock of a file; None if there is none. Raises ArchcalcError for one that cannot be read.

    ``broken_is_none``: so is one that is to be written anew anyway.
    """
    try:
        return _read(path)
    except ArchcalcError:
        if broken_is_none:
            return None
        raise


def _read(path: str) -> Lock | None:
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ArchcalcError(f"{printable(path)}: {error.strerror}") from None
    try:
        if len(data) > MAX_BYTES:
            raise ValueError(f"it is larger than {MAX_BYTES:,} bytes")
        if b"\n<<<<<<<" in data or data.startswith(b"<<<<<<<"):
            raise ValueError("it has a merge conflict; 'archcalc lock' writes it anew")
        return _lock(json.loads(data))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        # Whatever is wrong inside, it is no lock; which key is missing helps nobody.
        says = str(error) if type(error) is ValueError else "it is no lock of this format"
        raise ArchcalcError(f"{printable(path)}: {says}") from None


def _lock(data: Any) -> Lock:
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise ValueError("it is no lock of format 1 ('archcalc lock' writes one)")
    return Lock(
        str(data["convention"]),
        dict(data["set"]),
        {str(name): _locked(str(name), entry) for name, entry in data["networks"].items()},
    )


def _locked(name: str, entry: Any) -> Locked:
    return Locked(
        name,
        str(entry["spec"]),
        _shape(entry["input"]),
        tuple(_layer(row) for row in entry["layers"]),
        {str(key): _count(value) for key, value in entry["totals"].items()},
    )


def _layer(row: Any) -> LockedLayer:
    figures = {str(key): _count(value) for key, value in row.items() if key not in ("layer", "op", "input", "output")}
    shapes = tuple(map(_shape, row["input"]))
    return LockedLayer(str(row["layer"]), str(row["op"]), shapes, _shape(row["output"]), figures)


def _shape(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list):
        raise TypeError
    return tuple(map(_count, value))


def _count(value: Any) -> int:
    if type(value) is not int:
        raise TypeError
    return value


def write_all(
    targets: Sequence[str], config: Config, settings: Mapping[str, Any], progress: Progress | None = None
) -> list[Written]:
    """Write the locks of the specs meant (as in ``groups``), all or none. Raises ArchcalcError, SpecError."""
    made = []
    for group in groups(targets, config):
        old = read(group.lock_path, broken_is_none=group.whole)
        new = make(group, settings, old, progress)
        made.append((group.lock_path, text_of(new), changes(old, new)))
    return [_written(*one) for one in made]


def _written(path: str, text: str, says: str) -> Written:
    is_new = not is_as(path, text)
    if is_new:
        write_whole(path, text)
    return Written(path, is_new, says)


class Written(NamedTuple):
    """A lock's file, whether it had to be written, and how the lock differs from the one before."""

    path: str
    is_new: bool
    says: str


# --- checking -------------------------------------------------------------------------------------------


def check_all(
    targets: Sequence[str],
    config: Config,
    limits: Sequence[str] = (),
    progress: Progress | None = None,
    locked: bool = True,
) -> Checked:
    """All the specs meant (as in ``groups``) held against their locks, the project's budgets and ``limits``.

    Raises as ``check``, and ArchcalcError for a budget that is about nothing: a misspelled name would allow anything.
    Where only some of the project's specs are looked at, its own budgets may be about the others.
    """
    own = [(ANY, text, "--max") for text in limits]
    project = budgets_of(config)
    chosen = groups(targets, config)
    found = joined([check(group, own + project, progress, locked) for group in chosen])
    everything = not targets or (not config.specs and all(group.whole for group in chosen))
    held = {(one.source, one.expression) for one in found.budgets}
    for _, text, source in own + project if everything else own:
        if (source, parse_budget(text).text) not in held:
            where = "" if source == "--max" else f"{source}: "
            raise ArchcalcError(f"{where}the budget '{short(text)}' is about no network and no layer here")
    return found


def check(
    group: Group, limits: Sequence[tuple[str, str, str]] = (), progress: Progress | None = None, locked: bool = True
) -> Checked:
    """The networks of some specs held against their lock and their budgets.

    ``limits`` are budgets: a pattern of networks, an expression, and where it is set. Not ``locked``: there need be no
    lock, only budgets are looked at. Raises ArchcalcError if the lock is missing or unreadable, SpecError for a spec.
    """
    old = read(group.lock_path) if locked else None
    if old is None and locked:
        raise ArchcalcError(f"{printable(group.lock_path)}: there is no lock; 'archcalc lock' writes it")
    found = networks(group, old.settings if old else {})
    budgets = [(pattern, parse_budget(text), source) for pattern, text, source in limits]
    changed: list[Difference] = [] if old is None else list(_general(old, group, found))
    held: list[Budgeted] = []
    analyses = _analyses(found)
    for number, (name, source) in enumerate(found.items(), 1):
        analysis = analyses(name, False)
        if old is not None and name in old.networks:
            new = locked_network(source.network, analysis)
            changed += differences(old.networks[name], new, source.network, source.file)
        held += _held(analysis, source, budgets, analyses)
        if progress:
            progress(number, len(found))
    return Checked(tuple(found), tuple(changed), tuple(held), locked)


def _general(old: Lock, group: Group, found: Mapping[str, Source]) -> Iterator[Difference]:
    """What is said of the lock as a whole: its convention, networks that came and networks that went."""
    where = Place(group.lock_path)
    if old.convention != ARCHCALC.id:
        note = "what the numbers count has changed; every entry has to be locked anew"
        yield Difference("convention", "", "", "convention", old.convention, ARCHCALC.id, where, note=note)
    for name, source in found.items():
        if name not in old.networks:
            note = "there is no entry in the lock"
            yield Difference("new", name, "", "", None, None, Place(source.file, 1, 1), note=note)
    for name in old.networks if group.whole else ():
        if name not in found:
            yield Difference("gone", name, "", "", None, None, where, note="there is no such network any more")


def _held(
    analysis: Analysis,
    source: Source,
    budgets: Sequence[tuple[str, Budget, str]],
    analyses: Callable[[str, bool], Analysis],
) -> Iterator[Budgeted]:
    stem = os.path.basename(source.file)
    for pattern, budget, where in budgets:
        named = fnmatchcase(analysis.network, pattern) or fnmatchcase(stem, pattern)
        if named and (pattern != ANY or is_about(analysis, budget)):
            yield budgeted(analysis, budget, analyses, Place(source.file, 1, 1), where)


def _analyses(found: Mapping[str, Source]) -> Callable[[str, bool], Analysis]:
    """What analyses a network by its name: one of those at hand, else one that archcalc knows."""

    @cache
    def analysis(name: str, aux: bool) -> Analysis:
        if name in found:
            return analyze(found[name].network, aux=aux)
        spec, variant = load(name)
        return analyze(spec.bind(variant), aux=aux)

    return analysis


def budgets_of(project: Config) -> list[tuple[str, str, str]]:
    """The budgets of a project, each with where it is set."""
    return [(pattern, text, f"{FILE} {pattern}") for pattern, text in project.budgets]


def joined(parts: Sequence[Checked]) -> Checked:
    """What was found in several folders."""
    return Checked(
        tuple(name for part in parts for name in part.networks),
        tuple(one for part in parts for one in part.differences),
        tuple(one for part in parts for one in part.budgets),
        all(part.locked for part in parts),
    )
