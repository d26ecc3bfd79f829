"""``pytest --archcalc``: every network of every archcalc.lock is a test, and every budget of pyproject.toml.

pytest loads this file wherever archcalc is installed, so nothing of archcalc is imported before it is asked for.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from archcalc.results.check import Checked

LOCK = "archcalc.lock"
PROJECT = "pyproject.toml"
WHOLE = "lock"
"""The test of what concerns no single entry of a lock."""
MATTERS = ("params", "macs")
"""The figures that are told first."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The flag that asks for it."""
    says = "Check networks against archcalc.lock, and the budgets of [tool.archcalc] in pyproject.toml."
    parser.getgroup("archcalc").addoption("--archcalc", action="store_true", help=says)


def pytest_configure(config: pytest.Config) -> None:
    """Collect nothing if it is not asked for."""
    if config.getoption("archcalc"):
        config.pluginmanager.register(_Collection(config), "archcalc-collection")


class _Collection:
    """What is collected: locks among the arguments; without arguments all those of the project, and its budgets."""

    def __init__(self, config: pytest.Config) -> None:
        from archcalc.errors import ArchcalcError

        self.is_all = config.args_source is not pytest.Config.ArgsSource.ARGS
        self.missing: list[Path] = []
        try:
            files = list(_project_files(config.rootpath))
        except ArchcalcError as error:
            raise pytest.UsageError(str(error)) from None
        for file in files:
            if self.is_all and not _is_under(file, config.args) and file.exists():
                config.args.append(str(file))  # testpaths rarely name the folder of the specs
            if not file.exists() and (self.is_all or _is_under(file, config.args)):
                self.missing.append(file)

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        """A lock, or a file with budgets."""
        if file_path.name == LOCK:
            return LockFile.from_parent(parent, path=file_path)
        if file_path.name == PROJECT and _budgets(file_path):
            return BudgetFile.from_parent(parent, path=file_path)
        return None

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(
        self, session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """A lock that is missing fails; so does a run that was to check everything and found nothing."""
        if self.is_all and not self.missing and not any(isinstance(item, CheckItem) for item in items):
            self.missing.append(config.rootpath / LOCK)
        for path in self.missing:
            name = os.path.relpath(path, config.rootpath)
            items.append(CheckItem.from_parent(session, name=name, nodeid=name, part=partial(_missing, name)))


def _project_files(root: Path) -> Iterator[Path]:
    """The locks of the project's specs, and its pyproject.toml if it sets budgets. Raises ArchcalcError."""
    from archcalc.guard import configuration as config
    from archcalc.guard import projects as locking

    project = config.read(str(root))
    if project.specs:
        yield from (Path(group.lock_path).absolute() for group in locking.groups([], project))
    elif (lock := root / "specs" / LOCK).exists():
        yield lock
    if project.budgets:
        yield Path(project.path)


def _is_under(file: Path, args: list[str]) -> bool:
    found = (Path(os.path.abspath(arg.partition("::")[0])) for arg in args)
    return any(file.is_relative_to(path) for path in found)


def _budgets(path: Path) -> list[tuple[str, str, str]]:
    """The budgets that a pyproject.toml sets: patterns of networks, expressions, and where each is set."""
    from archcalc.errors import ArchcalcError
    from archcalc.guard import configuration as config
    from archcalc.guard import projects as locking

    try:
        project = config.read(str(path.parent))
        return locking.budgets_of(project) if Path(project.path) == path.absolute() else []
    except ArchcalcError as error:
        raise pytest.UsageError(str(error)) from None


class _File(pytest.File):
    """A file whose checks are worked out together, and only once."""

    outcome: Checked | str | None = None

    def checked(self) -> Checked:
        """What was found. Raises NotSo if it cannot be checked."""
        if self.outcome is None:
            self.outcome = self._outcome()
        if isinstance(self.outcome, str):
            raise NotSo(self.outcome)
        return self.outcome

    def _outcome(self) -> Checked | str:
        from archcalc.errors import ArchcalcError

        try:
            return self.check()
        except ArchcalcError as error:
            return str(error)
        except Exception as error:
            import traceback

            # pytest would show the frames of pytest itself around it, thousands of lines for every test.
            return f"{error!r}: this is a mistake of archcalc's own; please report it\n\n{traceback.format_exc()}"

    def check(self) -> Checked:
        """Work it out. Raises ArchcalcError."""
        raise NotImplementedError

    def item(self, name: str, part: Callable[[], Checked]) -> CheckItem:
        """A test of a part of what was found."""
        item: CheckItem = CheckItem.from_parent(self, name=name, part=part)
        return item


class LockFile(_File):
    """A lock: a test for each entry, and one for the rest."""

    def collect(self) -> Iterator[pytest.Item]:
        """Only the lock is read; the networks are when a test runs."""
        from archcalc.errors import ArchcalcError
        from archcalc.guard import lockfile

        try:
            lock = lockfile.read(os.path.relpath(self.path))
        except ArchcalcError as error:
            raise self.CollectError(str(error)) from None
        names = tuple(lock.networks) if lock else ()
        yield self.item(WHOLE, partial(self._rest, names))
        for name in names:
            yield self.item(name, partial(self._entry, name))

    def check(self) -> Checked:
        """The networks of its folder held against it."""
        from archcalc.guard import projects as locking

        return locking.check(locking.group_of(str(self.path)))

    def _rest(self, names: tuple[str, ...]) -> Checked:
        return _only(self.checked(), lambda spec: spec not in names)

    def _entry(self, name: str) -> Checked:
        try:
            return _only(self.checked(), lambda spec: spec == name)
        except NotSo as error:
            # The same mistake fails every entry; it is told in full once.
            raise NotSo(f"{str(error).splitlines()[0]} (more in {self.nodeid}::{WHOLE})") from None


class BudgetFile(_File):
    """A pyproject.toml: a test for each budget, over all the specs of the project."""

    def collect(self) -> Iterator[pytest.Item]:
        """The budgets in their order."""
        for pattern, text, source in _budgets(self.path):
            yield self.item(f"{pattern}: {text}", partial(self._budget, text, source))

    def check(self) -> Checked:
        """All specs of the project held against all its budgets."""
        from archcalc.guard import configuration as config
        from archcalc.guard import projects as locking

        return locking.check_all((), config.read(str(self.path.parent)), locked=False)

    def _budget(self, text: str, source: str) -> Checked:
        """The networks that exceed a budget."""
        from archcalc.guard.budget_language import parse_budget

        found, expression = self.checked(), parse_budget(text).text
        over = [
            one
            for one in found.budgets
            if (one.source, one.expression) == (source, expression) and not one.ok
        ]
        return found._replace(differences=(), budgets=tuple(over))


def _only(found: Checked, is_meant: Callable[[str], bool]) -> Checked:
    """The differences of some networks."""
    return found._replace(
        differences=tuple(one for one in found.differences if is_meant(one.spec)), budgets=()
    )


def _missing(name: str) -> Checked:
    raise NotSo(f"{name}: there is no lock; 'archcalc lock' writes it")


def _told(found: Checked) -> str:
    """The table of what differs, below a line for pytest's summary: a total says most."""
    from archcalc.render.check import budget_sentence, report, sentence
    from archcalc.render.formats import render
    from archcalc.render.grid import Page
    from archcalc.results.check import telling

    differences = sorted(
        telling(found.differences), key=lambda one: (bool(one.layer), one.quantity not in MATTERS)
    )
    said = [budget_sentence(one) for one in found.budgets] + [sentence(one) for one in differences]
    more = f" and {len(said) - 1} more" if len(said) > 1 else ""
    return f"{said[0]}{more}\n\n{render('plain', report(found), Page())}".rstrip("\n")


class NotSo(Exception):
    """What a test found, as the text that is shown."""


class CheckItem(pytest.Item):
    """A part of a check that must be fine."""

    def __init__(self, *, part: Callable[[], Checked], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.part = part

    def runtest(self) -> None:
        """Fail with the table of what differs."""
        found = self.part()
        if not found.ok:
            raise NotSo(_told(found))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The text alone, for where in archcalc it was found helps nobody; its first line in pytest's summary."""
        if not isinstance(excinfo.value, NotSo):
            return super().repr_failure(excinfo, style)
        shown = excinfo.getrepr(style="value", chain=False)
        if (
            shown.reprcrash
        ):  # where CI is set, pytest does not shorten its summary: the table would stand there again
            shown.reprcrash.message = str(excinfo.value).partition("\n")[0]
        return shown

    def reportinfo(self) -> tuple[Path, None, str]:
        """The headline of a failure."""
        return self.path, None, self.nodeid
