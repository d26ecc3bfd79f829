"""Locks are made from specs and written beside them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from archcalc.conventions import ARCHCALC
from archcalc.conventions.tool import ToolConvention
from archcalc.errors import ArchcalcError, printable, short
from archcalc.files import write_whole
from archcalc.guard.configuration import Config
from archcalc.guard.convention import chosen_tool, text_for
from archcalc.guard.entry import Entries
from archcalc.guard.hold import hold
from archcalc.guard.lock_reader import refuse_twice
from archcalc.guard.lockfile import read, settings_of, text_of
from archcalc.guard.specs import Progress, SpecGroup, networks_of, spec_groups
from archcalc.results.lock import Lock


class WrittenLock(NamedTuple):
    """The file of a lock; ``is_new`` if its text changed; ``summary`` compares it with the old lock."""

    path: str
    is_new: bool
    summary: str


def write_all(
    targets: Sequence[str],
    config: Config,
    settings: Mapping[str, Any],
    progress: Progress | None = None,
    convention: str | None = None,
) -> list[WrittenLock]:
    """Write the locks of specs (``targets`` as in ``spec_groups``), with the count of a tool if there is a
    ``convention``. Raises ArchcalcError, SpecError.

    All networks are worked out before the first file is written, so after an error every lock is as before.
    """
    groups = spec_groups(targets, config)
    # Two processes that lock different specs of a folder write one file: each must see what the other wrote.
    with hold(group.folder for group in groups):
        texts = []
        for group in groups:
            old = _old_lock(group, settings)
            if old is None and not group.files:
                raise ArchcalcError(f"{printable(group.folder)}: no specs in this folder")
            tool = chosen_tool(convention, config.convention, old.convention if old else None)
            new = make_lock(group, settings, old, progress, tool)
            texts.append((group.lock_path, text_of(new), _summary(old, new, tool)))
        return [_write(path, text, summary) for path, text, summary in texts]


def make_lock(
    group: SpecGroup,
    settings: Mapping[str, Any],
    old: Lock | None,
    progress: Progress | None = None,
    tool: ToolConvention | None = None,
) -> Lock:
    """The lock of some specs. If they are only a part of the folder, the other entries of the old lock stay.

    Without ``settings`` those of the old lock are kept: accepting a difference must not change which networks
    are locked. Raises ArchcalcError for a setting that no network has, and if entries would stay that were
    made with other settings or another convention.
    """
    kept_settings = dict(settings) or (dict(old.settings) if old else {})
    networks = networks_of(group, kept_settings)
    for name in settings:
        if not any(name in located.settings for located in networks.values()):
            if name == "input":
                raise ArchcalcError("--input: no network here is a model, such as net.onnx")
            raise ArchcalcError(f"--set {short(name)}: no network here has such a setting")
    maker, entries = Entries(tool=tool), {}
    for number, (name, located) in enumerate(networks.items(), 1):
        entries[name] = maker.entry(located.network)
        if progress:
            progress(number, len(networks))
    new = Lock(text_for(tool), kept_settings, entries)
    if group.whole or old is None or entries.keys() >= old.networks.keys():
        return new
    if (old.convention, old.settings) != (new.convention, new.settings):
        what = "--set" if old.convention == new.convention else "convention"
        says = f"the other entries of this lock have another {what}; lock the whole folder"
        raise ArchcalcError(f"{printable(group.lock_path)}: {says}")
    # The other entries hold no more than they did, and a lock has one list of quantities for all its entries.
    same = {name: entry.only(old.quantities) for name, entry in entries.items()}
    return new._replace(networks={**old.networks, **same}, quantities=old.quantities)


def _old_lock(group: SpecGroup, settings: Mapping[str, Any]) -> Lock | None:
    """The lock that will be replaced. If it cannot be read, only its settings are kept."""
    try:
        lock = read(group.lock_path)
        if lock and not group.whole:
            for entry in lock.networks.values():
                refuse_twice(entry, printable(group.lock_path))
        return lock
    except ArchcalcError:
        if not group.whole:  # the other entries of the lock would be lost
            raise
        return Lock(ARCHCALC.id, {} if settings else settings_of(group.lock_path), {})


def _summary(old: Lock | None, new: Lock, tool: ToolConvention | None) -> str:
    """How a lock differs from the old one: ``3 networks (1 new, 1 changed)``."""
    count = f"{len(new.networks)} network{'' if len(new.networks) == 1 else 's'}"
    if tool:
        uncounted = sum(tool.name not in entry.totals for entry in new.networks.values())
        count += f", counted by {tool.name}" + (f" ({uncounted} not: it has no rule)" if uncounted else "")
    if old is None:
        return count
    before, after = old.networks, new.networks
    counts = {
        "new": len(after.keys() - before.keys()),
        "changed": sum(before[name] != after[name] for name in before.keys() & after.keys()),
        "removed": len(before.keys() - after.keys()),
    }
    changes = ", ".join(f"{number} {what}" for what, number in counts.items() if number)
    return f"{count} ({changes})" if changes else count


def _write(path: str, text: str, summary: str) -> WrittenLock:
    is_new = not has_text(path, text)
    if is_new:
        write_whole(os.path.realpath(path), text)  # a symbolic link stays a link
    return WrittenLock(path, is_new, summary)


def has_text(path: str, text: str) -> bool:
    """Whether a file already holds exactly this text."""
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read() == text
    except (OSError, UnicodeDecodeError):
        return False
