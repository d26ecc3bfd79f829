"""``pytest --archcalc``: every network of every archcalc.lock is a test, and every budget of pyproject.toml.

pytest loads this file in every project that has archcalc installed. So other modules of archcalc are imported
only inside functions that run after ``--archcalc`` was given.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from archcalc.results.check import CheckReport

LOCK = "archcalc.lock"
PROJECT = "pyproject.toml"
WHOLE = "lock"
"""The name of the test for everything in a lock that is not about a single entry."""
SHOWN_FIRST = ("params", "macs")
"""The figures that the one line in pytest's summary should name."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the flag ``--archcalc``."""
    help_text = "Check networks against archcalc.lock, and the budgets of [tool.archcalc] in pyproject.toml."
    parser.getgroup("archcalc").addoption("--archcalc", action="store_true", help=help_text)


def pytest_configure(config: pytest.Config) -> None:
    """Collect locks and budgets only if the flag is given."""
    if config.getoption("archcalc"):
        config.pluginmanager.register(_Collection(config), "archcalc-collection")


class _Collection:
    """Collects the locks that the arguments name; without arguments, all locks and budgets of the project."""

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
        """A lock, or a pyproject.toml with budgets."""
        if file_path.name == LOCK:
            return LockFile.from_parent(parent, path=file_path)
        if file_path.name == PROJECT and _budgets(file_path):
            return BudgetFile.from_parent(parent, path=file_path)
        return None

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(
        self, session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Add a failing test for each missing lock, and if a run over the whole project finds no lock."""
        if self.is_all and not self.missing and not any(isinstance(item, CheckItem) for item in items):
            self.missing.append(config.rootpath / LOCK)
        for path in self.missing:
            name = os.path.relpath(path, config.rootpath)
            items.append(CheckItem.from_parent(session, name=name, nodeid=name, part=partial(_missing, name)))


def _project_files(root: Path) -> Iterator[Path]:
    """The locks of the project's specs, and its pyproject.toml if it sets budgets. Raises ArchcalcError."""
    from archcalc.guard import configuration
    from archcalc.guard.specs import spec_groups

    project = configuration.read(str(root))
    if project.specs:
        yield from (Path(group.lock_path).absolute() for group in spec_groups([], project))
    elif (lock := root / "specs" / LOCK).exists():
        yield lock
    if project.budgets:
        yield Path(project.path)


def _is_under(file: Path, args: list[str]) -> bool:
    paths = (Path(os.path.abspath(arg.partition("::")[0])) for arg in args)
    return any(file.is_relative_to(path) for path in paths)


def _budgets(path: Path) -> list[tuple[str, str, str]]:
    """The budgets in a pyproject.toml: the pattern of networks, the expression, and where it is set."""
    from archcalc.errors import ArchcalcError
    from archcalc.guard import configuration
    from archcalc.guard.check import budgets_of

    try:
        project = configuration.read(str(path.parent))
        # If this file has no section for archcalc, a folder above holds the project.
        return budgets_of(project) if Path(project.path) == path.absolute() else []
    except ArchcalcError as error:
        raise pytest.UsageError(str(error)) from None


class _File(pytest.File):
    """A file whose tests share one check, which runs once."""

    outcome: CheckReport | str | None = None

    def checked(self) -> CheckReport:
        """The result of the check. Raises CheckFailed if the check could not run."""
        if self.outcome is None:
            self.outcome = self._outcome()
        if isinstance(self.outcome, str):
            raise CheckFailed(self.outcome)
        return self.outcome

    def _outcome(self) -> CheckReport | str:
        from archcalc.errors import ArchcalcError

        try:
            return self.check()
        except ArchcalcError as error:
            return str(error)
        except Exception as error:
            import traceback

            # pytest would add the frames of pytest itself: thousands of lines for every test.
            return f"{error!r}: internal error of archcalc; please report it\n\n{traceback.format_exc()}"

    def check(self) -> CheckReport:
        """Run the check. Raises ArchcalcError."""
        raise NotImplementedError

    def item(self, name: str, part: Callable[[], CheckReport]) -> CheckItem:
        """A test of a part of the result."""
        item: CheckItem = CheckItem.from_parent(self, name=name, part=part)
        return item


class LockFile(_File):
    """A lock: one test for each entry, and one for the rest."""

    def collect(self) -> Iterator[pytest.Item]:
        """The tests. Only the lock is read here; the networks are read when a test runs."""
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

    def check(self) -> CheckReport:
        """Compare the networks of the folder with the lock."""
        from archcalc.guard.check import check_group
        from archcalc.guard.specs import group_of_lock

        return check_group(group_of_lock(str(self.path)))

    def _rest(self, names: tuple[str, ...]) -> CheckReport:
        return _differences_where(self.checked(), lambda spec: spec not in names)

    def _entry(self, name: str) -> CheckReport:
        try:
            return _differences_where(self.checked(), lambda spec: spec == name)
        except CheckFailed as error:
            # The same mistake fails the test of every entry; the full text is shown once.
            raise CheckFailed(f"{str(error).splitlines()[0]} (more in {self.nodeid}::{WHOLE})") from None


class BudgetFile(_File):
    """A pyproject.toml: one test for each budget, over all specs of the project."""

    def collect(self) -> Iterator[pytest.Item]:
        """The budgets, in the order of the file."""
        for pattern, text, source in _budgets(self.path):
            yield self.item(f"{pattern}: {text}", partial(self._budget, text, source))

    def check(self) -> CheckReport:
        """Check all specs of the project against all its budgets."""
        from archcalc.guard import configuration
        from archcalc.guard.check import check_all

        return check_all((), configuration.read(str(self.path.parent)), locked=False)

    def _budget(self, text: str, source: str) -> CheckReport:
        """The networks that exceed one budget."""
        from archcalc.guard.budgets import parse_budget

        result, expression = self.checked(), parse_budget(text).text
        over = tuple(
            budget
            for budget in result.budgets
            if (budget.source, budget.expression) == (source, expression) and not budget.ok
        )
        return replace(result, differences=(), budgets=over)


def _differences_where(result: CheckReport, is_wanted: Callable[[str], bool]) -> CheckReport:
    """The differences of the networks with certain names, and no budgets."""
    wanted = tuple(difference for difference in result.differences if is_wanted(difference.spec))
    return replace(result, differences=wanted, budgets=())


def _missing(name: str) -> CheckReport:
    raise CheckFailed(f"{name}: the lock is missing; run 'archcalc lock' to write it")


def _failure_text(result: CheckReport) -> str:
    """One line for pytest's summary, and below it the table of differences."""
    from archcalc.render.check import budget_sentence, report, sentence
    from archcalc.render.formats import render
    from archcalc.render.report import Page
    from archcalc.results.check import without_implied

    # Totals first, and of these the params or MACs: they say most in one line.
    differences = sorted(
        without_implied(result.differences),
        key=lambda difference: (bool(difference.layer), difference.quantity not in SHOWN_FIRST),
    )
    sentences = [budget_sentence(budget) for budget in result.budgets] + list(map(sentence, differences))
    more = f" and {len(sentences) - 1} more" if len(sentences) > 1 else ""
    return f"{sentences[0]}{more}\n\n{render('plain', report(result), Page())}".rstrip("\n")


class CheckFailed(Exception):
    """Why a test failed; its text is what pytest shows."""


class CheckItem(pytest.Item):
    """A test of one part of a check."""

    def __init__(self, *, part: Callable[[], CheckReport], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.part = part

    def runtest(self) -> None:
        """Fail with the table of differences."""
        result = self.part()
        if not result.ok:
            raise CheckFailed(_failure_text(result))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Only the text, since a traceback would not help. pytest's summary gets the first line."""
        if not isinstance(excinfo.value, CheckFailed):
            return super().repr_failure(excinfo, style)
        shown = excinfo.getrepr(style="value", chain=False)
        # With CI set, pytest does not shorten its summary: without this it would repeat the whole table.
        if shown.reprcrash:
            shown.reprcrash.message = str(excinfo.value).partition("\n")[0]
        return shown

    def reportinfo(self) -> tuple[Path, None, str]:
        """The headline of a failure."""
        return self.path, None, self.nodeid
