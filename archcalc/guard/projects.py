"""Lock files: which specs they are about, how they are read, written and held against the networks.

A lock lies beside its specs, one in each folder. It holds no path: a spec that is renamed or moved within its folder
keeps its entry, which goes by the network's name.
"""

from __future__ import annotations

import glob
import os
import re
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from fnmatch import fnmatchcase
from functools import cache
from pathlib import PurePath
from typing import Any, NamedTuple

from archcalc.conventions import ARCHCALC
from archcalc.errors import ArchcalcError, Source, SpecError, printable, short
from archcalc.files import write_whole
from archcalc.guard.budget_language import Budget, parse_budget
from archcalc.guard.budgets import budgeted, is_about
from archcalc.guard.check import differences
from archcalc.guard.configuration import FILE, Config
from archcalc.guard.configuration import read as read_config
from archcalc.guard.lock import lock as locked_network
from archcalc.guard.lockfile import read, settings_of, text_of
from archcalc.language.find import load
from archcalc.language.nodes import MAX_BYTES, Map
from archcalc.language.nodes import read as read_yaml
from archcalc.network import Network
from archcalc.results import Analysis
from archcalc.results.check import Budgeted, Checked, Difference, LocalName, Place
from archcalc.results.lock import Lock
from archcalc.studies.analyze import analyze
from archcalc.studies.audit.lookup import Analyses

NAME = "archcalc.lock"
FOLDERS = ("specs", ".")
ENDINGS = (".yaml", ".yml")
ANY = "*"
"""The pattern of budgets for every network; of those for a layer, for every network that has it."""


Progress = Callable[[int, int], None]


class Group(NamedTuple):
    """The specs of one folder, and whether they are all that its lock is about."""

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
    return [
        Group(folder, tuple(sorted(files)), folder in whole or not targets)
        for folder, files in sorted(found.items())
    ]


def group_of(lock_path: str) -> Group:
    """The specs that a lock is about: those that its project names in that folder, else all of the folder."""
    folder = os.path.dirname(os.path.relpath(lock_path)) or "."
    config = read_config(folder)
    own = [group for group in groups([], config) if group.folder == folder] if config.specs else []
    return (own or groups([folder], config))[0]


def _has_specs(folder: str) -> bool:
    return os.path.isdir(folder) and bool(_specs_of(folder))


def _specs_of(folder: str) -> list[str]:
    """The specs of a folder; hidden files are others' settings."""
    try:
        names = sorted(
            name for name in os.listdir(folder) if name.endswith(ENDINGS) and not name.startswith(".")
        )
    except OSError as error:
        raise ArchcalcError(f"{printable(folder)}: {error.strerror}") from None
    files = [os.path.normpath(os.path.join(folder, name)) for name in names]
    return [file for file in files if os.path.isfile(file) and is_spec(file)]


def _files(target: str) -> list[str]:
    """A file that is named, or the specs that a pattern finds."""
    found = [os.path.normpath(file) for file in sorted(glob.glob(target, recursive=True)) or [target]]
    files = [
        file for file in found if os.path.isfile(file) and (file == os.path.normpath(target) or is_spec(file))
    ]
    if not files:
        raise ArchcalcError(f"{printable(target)}: there is no such file or folder")
    return files


_KEY_OF_SPECS = rb"""["']?(input|layers)["']?[ \t]*:"""
_AT_LEFT = re.compile(b"^" + _KEY_OF_SPECS, re.MULTILINE)
_ANYWHERE = re.compile(rb"(^|[\s{,])" + _KEY_OF_SPECS)


def is_spec(path: str) -> bool:
    """Whether a YAML file that was found, not named, is a spec: its top level says ``input`` or ``layers``.

    Other tools' files may lie beside specs. A spec that lost one of the two is still one, and told what it lacks;
    one that lost both is missed by its entry in the lock. What cannot be read as YAML is one if it has the words.
    """
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES).removeprefix(BOM_UTF8)
    except OSError as error:
        raise ArchcalcError(f"{printable(path)}: {error.strerror}") from None
    if _AT_LEFT.search(data) or not _ANYWHERE.search(data):
        return bool(_AT_LEFT.search(data))
    try:
        root = read_yaml(Source(path, data.decode()), [])
    except (SpecError, UnicodeDecodeError):
        return True
    return isinstance(root, Map) and not root.entries.keys().isdisjoint(("input", "layers"))


class LockSource(NamedTuple):
    """A network and where its input is written."""

    network: Network
    place: Place

    @property
    def file(self) -> str:
        """The file that it is written in."""
        return self.place.file


def networks(group: Group, settings: Mapping[str, Any]) -> dict[str, LockSource]:
    """The networks of some specs by name. Raises SpecError, and ArchcalcError where two have one name.

    ``settings`` change those networks that have them.
    """
    found: dict[str, LockSource] = {}
    for file in group.files:
        spec, _ = load(file)
        own = {name: value for name, value in settings.items() if name in spec.settings}
        mark = spec.input[0].mark
        for about in spec.networks():
            if about.name in found:
                both = f"{printable(found[about.name].file)} and {printable(file)}"
                raise ArchcalcError(
                    f"two networks are called '{about.name}', in {both}; a lock goes by their names"
                )
            found[about.name] = LockSource(spec.bind(about.name, own), Place(file, mark.line, mark.column))
    return found


# --- writing ---------------------------------------------------------------------------------------


def make(
    group: Group, settings: Mapping[str, Any], old: Lock | None, progress: Progress | None = None
) -> Lock:
    """The lock of some specs; of a part of a folder, the other entries stay as they are in the old lock.

    Without settings those of the old lock stay: who accepts a difference does not mean to lock other networks. Raises
    ArchcalcError for one that no network has, and where other entries would stay that were made with others.
    """
    chosen = dict(settings) or (dict(old.settings) if old else {})
    found = networks(group, chosen)
    for name in settings:
        if not any(name in source.network.settings for source in found.values()):
            raise ArchcalcError(f"--set {short(name)}: no network here has such a setting")
    entries = {}
    for number, (name, source) in enumerate(found.items(), 1):
        entries[name] = locked_network(source.network)
        if progress:
            progress(number, len(found))
    new = Lock(ARCHCALC.id, chosen, entries)
    if group.whole or old is None or entries.keys() >= old.networks.keys():
        return new
    if (old.convention, old.settings) != (new.convention, new.settings):
        what = "--set" if old.convention == new.convention else "convention"
        says = f"the other entries of this lock have another {what}; lock the whole folder"
        raise ArchcalcError(f"{printable(group.lock_path)}: {says}")
    return new._replace(networks={**old.networks, **entries})


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


def write_all(
    targets: Sequence[str], config: Config, settings: Mapping[str, Any], progress: Progress | None = None
) -> list[WrittenLock]:
    """Write the locks of the specs meant (as in ``groups``), all or none. Raises ArchcalcError, SpecError."""
    made = []
    for group in groups(targets, config):
        old = _old(group, settings)
        if old is None and not group.files:
            raise ArchcalcError(f"{printable(group.folder)}: there is no spec in this folder")
        new = make(group, settings, old, progress)
        made.append((group.lock_path, text_of(new), changes(old, new)))
    return [_written(*one) for one in made]


def _old(group: Group, settings: Mapping[str, Any]) -> Lock | None:
    """The lock as it is. One that cannot be read and is to be written anew anyway holds only its settings."""
    try:
        return read(group.lock_path)
    except ArchcalcError:
        if not group.whole:
            raise
        return Lock(ARCHCALC.id, {} if settings else settings_of(group.lock_path), {})


def _written(path: str, text: str, says: str) -> WrittenLock:
    is_new = not is_as(path, text)
    if is_new:
        write_whole(os.path.realpath(path), text)  # a link stays one
    return WrittenLock(path, is_new, says)


class WrittenLock(NamedTuple):
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
    own = [Limit(ANY, parse_budget(text), "--max") for text in limits]
    project = list(_limits(config))
    chosen = groups(targets, config)
    opened = [_opened(group, locked) for group in chosen]
    others = _others(opened, config)
    parts = [_checked(one, own + project, _analyses(one.networks, others), progress) for one in opened]
    found = joined(parts, locked)
    everything = not targets or (not config.specs and all(group.whole for group in chosen))
    held = {(one.source, one.expression) for one in found.budgets}
    for _, budget, source in own + project if everything else own:
        if (source, budget.text) not in held:
            where = "" if source == "--max" else f"{source}: "
            raise ArchcalcError(
                f"{where}the budget '{short(budget.text)}' is about no network and no layer here"
            )
    return found


class Limit(NamedTuple):
    """A budget: the pattern of the networks that it is for, what must hold, and where it is set."""

    pattern: str
    budget: Budget
    source: str


def _limits(project: Config) -> Iterator[Limit]:
    for pattern, text, source in budgets_of(project):
        try:
            yield Limit(pattern, parse_budget(text), source)
        except ArchcalcError as error:
            raise ArchcalcError(f"{source}: {error}") from None


class _Opened(NamedTuple):
    """Some specs with their networks, as the lock has them; ``lock`` is None where only budgets are looked at."""

    group: Group
    lock: Lock | None
    networks: Mapping[str, LockSource]


def _opened(group: Group, locked: bool = True) -> _Opened:
    old = read(group.lock_path) if locked else None
    if old is None and locked:
        raise ArchcalcError(f"{printable(group.lock_path)}: there is no lock; 'archcalc lock' writes it")
    return _Opened(group, old, networks(group, old.settings if old else settings_of(group.lock_path)))


def check(group: Group) -> Checked:
    """The networks of some specs held against their lock.

    Raises ArchcalcError if the lock is missing or unreadable, SpecError for a spec.
    """
    opened = _opened(group)
    return _checked(opened, (), _analyses(opened.networks, dict), None)


def _checked(
    opened: _Opened, limits: Sequence[Limit], analyses: Analyses, progress: Progress | None
) -> Checked:
    group, old, found = opened
    changed: list[Difference] = [] if old is None else list(_general(old, group, found))
    held: list[Budgeted] = []
    for number, (name, source) in enumerate(found.items(), 1):
        analysis = analyses(name, False)
        if old is not None and name in old.networks:
            new = locked_network(source.network, analysis)
            changed += differences(old.networks[name], new, source.network, source.place)
        held += _held(analysis, source, limits, analyses)
        if progress:
            progress(number, len(found))
    names = tuple(LocalName(os.path.dirname(source.file), name) for name, source in found.items())
    return Checked(names, tuple(changed), tuple(held), old is not None)


def _general(old: Lock, group: Group, found: Mapping[str, LockSource]) -> Iterator[Difference]:
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
            yield Difference(
                "gone", name, "", "", None, None, where, note="there is no such network any more"
            )


def _held(
    analysis: Analysis, source: LockSource, limits: Sequence[Limit], analyses: Analyses
) -> Iterator[Budgeted]:
    file = PurePath(os.path.abspath(source.file))
    for pattern, budget, where in limits:
        named = fnmatchcase(analysis.network, pattern) or file.match(pattern)
        if named and (pattern != ANY or is_about(analysis, budget)):
            yield budgeted(analysis, budget, analyses, Place(source.file, 1, 1), where)


def _analyses(
    found: Mapping[str, LockSource], others: Callable[[], Mapping[str, Sequence[LockSource]]]
) -> Analyses:
    """What analyses a network by its name: of these, else of the others of the project, else one that archcalc knows.

    It raises ArchcalcError for a name that several others have.
    """

    @cache
    def analysis(name: str, aux: bool) -> Analysis:
        named = [found[name]] if name in found else others().get(name, ())
        if len(named) > 1:
            files = " and ".join(printable(one.file) for one in named[:2])
            raise ArchcalcError(f"two networks are called '{name}', in {files}")
        if named:
            return analyze(named[0].network, aux=aux)
        spec, variant = load(name)
        return analyze(spec.bind(variant), aux=aux)

    return analysis


def _others(opened: Sequence[_Opened], config: Config) -> Callable[[], Mapping[str, Sequence[LockSource]]]:
    """The networks of a project by name, those too that are not looked at: a budget means the same network always.

    A spec that is not looked at and cannot be read is left out.
    """

    @cache
    def others() -> Mapping[str, Sequence[LockSource]]:
        found: dict[str, list[LockSource]] = {}
        at_hand = {file for one in opened for file in one.group.files}
        parts = [one.networks for one in opened]
        for group in groups([] if config.specs else [one.group.folder for one in opened], config):
            rest = sorted(set(group.files) - at_hand)
            settings = settings_of(group.lock_path) if rest else {}
            for file in rest:
                with suppress(ArchcalcError):
                    parts.append(networks(group._replace(files=(file,)), settings))
        for part in parts:
            for name, source in part.items():
                found.setdefault(name, []).append(source)
        return found

    return others


def budgets_of(project: Config) -> list[tuple[str, str, str]]:
    """The budgets of a project, each with where it is set."""
    return [(pattern, text, f"{FILE} {pattern}") for pattern, text in project.budgets]


def joined(parts: Sequence[Checked], locked: bool = True) -> Checked:
    """What was found in several folders."""
    return Checked(
        tuple(name for part in parts for name in part.networks),
        tuple(one for part in parts for one in part.differences),
        tuple(one for part in parts for one in part.budgets),
        locked,
    )
