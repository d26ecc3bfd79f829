"""Guards: the exact numbers of specs, locked in a file, and checked later."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from archcalc.language.settings import Settings

if TYPE_CHECKING:
    from archcalc.guard.configuration import Config
    from archcalc.guard.lock import WrittenLock
    from archcalc.language.find import FilePath
    from archcalc.results.check import CheckReport


def check(
    specs: Sequence[FilePath] | FilePath = (),
    limits: Sequence[str] | str = (),
    *,
    locked: bool = True,
    convention: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> CheckReport:
    """Check specs against their lock and their budgets, as ``archcalc check`` does; nothing is written.

    Parameters:
        specs: files, folders or patterns; none: those of the project.
        limits: budgets (``"params <= 25M"``) in addition to those of the project.
        locked: False: check budgets only. Then no lock is needed.
        convention: the tool whose count is checked, too; its name is a figure in budgets. None: that of the
            project, else of the lock.
        progress: called with the number of networks that are done, and of all.

    Raises:
        SpecError: a spec or a budget has mistakes.
        ArchcalcError: specs or their lock are missing, or a budget matches no network.

    >>> found = check("specs/lenet5.yaml", "params <= 61K", locked=False)
    >>> found.ok, found.budgets[0].value
    (True, 60000)
    """
    from archcalc.guard.check import check_all

    targets, budgets = _texts(specs), _texts(limits)
    config = project(targets[0] if targets else ".")
    return check_all(targets, config, budgets, progress, locked=locked, convention=convention)


def lock(
    specs: Sequence[FilePath] | FilePath = (),
    settings: Settings | None = None,
    *,
    convention: str | None = None,
) -> tuple[str, ...]:
    """Write the locks of specs, as ``archcalc lock`` does.

    Parameters:
        specs: files, folders or patterns; none: those of the project.
        settings: settings to change, as for ``load``; the lock keeps them.
        convention: the tool whose count the lock holds, too; the lock keeps it. ``archcalc``: none.

    Returns:
        The paths of the locks that changed.

    Raises:
        SpecError, ArchcalcError: as ``check``; then nothing is written.

    Example (it writes the lock)::

        lock("specs/lenet5.yaml")  # ('specs/archcalc.lock',)
    """
    return tuple(one.path for one in write_locks(specs, settings, convention=convention) if one.is_new)


def write_locks(
    specs: Sequence[FilePath] | FilePath = (),
    settings: Settings | None = None,
    *,
    convention: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[WrittenLock]:
    """Write the locks of specs as ``lock``, and say of every lock whether and how it changed.

    Parameters:
        specs, settings, convention: as for ``lock``.
        progress: called with the number of networks that are done, and of all.

    Raises:
        SpecError, ArchcalcError: as ``check``; then nothing is written.

    Example (it writes the lock)::

        [written.summary for written in write_locks("specs/lenet5.yaml")]  # ['1 network']
    """
    from archcalc.guard.lock import write_all
    from archcalc.language.settings import settings_of

    targets = _texts(specs)
    config = project(targets[0] if targets else ".")
    return write_all(targets, config, settings_of(settings), progress, convention)


def project(start: str = ".") -> Config:
    """What the nearest pyproject.toml sets under ``[tool.archcalc]``: specs, format and budgets.

    Parameters:
        start: the folder or file to begin at; the search goes upwards.

    Raises:
        ArchcalcError: the section has a key or a value that is not known.

    >>> project("/").specs
    ()
    """
    from archcalc.guard.configuration import read

    return read(start)


def _texts(texts: Sequence[FilePath] | FilePath) -> Sequence[str]:
    return [os.fspath(text) for text in ([texts] if isinstance(texts, str | os.PathLike) else texts)]
