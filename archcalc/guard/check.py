"""Specs are checked: compared with their locks, and with the budgets of the project."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from archcalc.conventions.tool import ToolConvention
from archcalc.errors import ArchcalcError, printable, short
from archcalc.guard.configuration import FILE, Config
from archcalc.guard.convention import chosen_tool, text_for, tool_in
from archcalc.guard.entry import Entries, analyze_with, fingerprint
from archcalc.guard.lock_reader import refuse_twice
from archcalc.guard.lockfile import read, settings_of
from archcalc.guard.specs import LocatedNetwork, Progress, SpecGroup, networks_of, spec_groups
from archcalc.language.find import load
from archcalc.results import Analysis
from archcalc.results.check import BudgetResult, CheckReport, Difference, LocalName, Place
from archcalc.results.lock import LOCKED, Lock, LockedNetwork

# Most projects have no budgets, and most networks are as locked: what only the others need is imported when
# it is needed.
if TYPE_CHECKING:
    from archcalc.guard.budgets import Budget
    from archcalc.studies.audit.lookup import Analyses

ANY = "*"
"""The pattern for every network. If the budget names a layer, it is for every network with that layer."""


class Limit(NamedTuple):
    """A budget, with the pattern of the networks that it applies to; ``source`` says where it is set."""

    pattern: str
    budget: Budget
    source: str


class OpenGroup(NamedTuple):
    """Some specs with their lock and their networks; ``lock`` is None if only budgets are checked.

    ``tool`` is the one whose count is checked, too.
    """

    group: SpecGroup
    lock: Lock | None
    networks: Mapping[str, LocatedNetwork]
    tool: ToolConvention | None = None


OtherNetworks: TypeAlias = Callable[[], Mapping[str, Sequence[LocatedNetwork]]]
"""Returns the networks of the project by name; a name may have several. They are read when first needed."""


def check_all(
    targets: Sequence[str],
    config: Config,
    limits: Sequence[str] = (),
    progress: Progress | None = None,
    locked: bool = True,
    convention: str | None = None,
) -> CheckReport:
    """Check specs against their locks, against the budgets of the project, and against ``limits``.

    ``targets`` are as in ``spec_groups``. ``locked=False`` checks budgets only. ``convention``: the tool
    whose count is checked, too (default: that of the project, else of the lock). Raises as ``check_group``,
    and ArchcalcError for a budget that applies to nothing: a misspelled name would allow anything.
    """
    extra, project = _limits(limits, config)
    groups = spec_groups(targets, config)
    named = convention or config.convention
    opened = [_open(group, locked, named, is_limited=bool(extra or project)) for group in groups]
    others = _other_networks(opened, config)
    limited = extra + project
    # A budget may name any figure; a lock has only some of them.
    quantities = None if limited else LOCKED
    results = [_check(part, limited, _analyses(part, others, quantities), progress) for part in opened]
    result = _merged(results, locked)
    # If only some specs of the project are checked, a budget of the project may be meant for the others.
    is_all = not targets or (not config.specs and all(group.whole for group in groups))
    _refuse_unused(limited if is_all else extra, result)
    return result


def check_group(group: SpecGroup) -> CheckReport:
    """Compare the networks of some specs with their lock.

    Raises ArchcalcError if the lock is missing or unreadable, SpecError for a spec.
    """
    opened = _open(group)
    return _check(opened, (), _analyses(opened, dict, LOCKED), None)


def budgets_of(project: Config) -> list[tuple[str, str, str]]:
    """The budgets of a project: the pattern of networks, the expression, and where it is set."""
    return [(pattern, text, f"{FILE} {pattern}") for pattern, text in project.budgets]


def _limits(texts: Sequence[str], project: Config) -> tuple[list[Limit], list[Limit]]:
    """The budgets of a command, and those of a project."""
    of_project = budgets_of(project)
    if not (texts or of_project):
        return [], []
    from archcalc.guard.budgets import parse_budget

    extra = [Limit(ANY, parse_budget(text), "--max") for text in texts]
    limits = []
    for pattern, text, source in of_project:
        try:
            limits.append(Limit(pattern, parse_budget(text), source))
        except ArchcalcError as error:
            raise ArchcalcError(f"{source}: {error}") from None
    return extra, limits


def _refuse_unused(limits: Sequence[Limit], result: CheckReport) -> None:
    # Two patterns may set the same budget, so the place where it is set counts too.
    used = {(budget.source, budget.expression) for budget in result.budgets}
    for _, budget, source in limits:
        if (source, budget.text) not in used:
            where = "" if source == "--max" else f"{source}: "
            raise ArchcalcError(f"{where}the budget '{short(budget.text)}' matches no network or layer")


def _open(
    group: SpecGroup, locked: bool = True, convention: str = "", *, is_limited: bool = False
) -> OpenGroup:
    lock = read(group.lock_path) if locked else None
    if lock is None and locked:
        says = "the lock is missing; run 'archcalc lock' to write it"
        also = ", or check budgets only with --no-lock" if is_limited else ""
        raise ArchcalcError(f"{printable(group.lock_path)}: {says}{also}")
    # Without a lock check, budgets still apply to the networks as they are locked.
    settings = lock.settings if lock else settings_of(group.lock_path)
    tool = chosen_tool(convention, "", lock.convention if lock else None) if convention or lock else None
    return OpenGroup(group, lock, networks_of(group, settings), tool)


def _check(
    opened: OpenGroup, limits: Sequence[Limit], analyses: Analyses, progress: Progress | None
) -> CheckReport:
    group, lock, networks, tool = opened
    changes: list[Difference] = [] if lock is None else list(_changes_of_lock(opened, lock))
    budgets: list[BudgetResult] = []
    # The counts of two tools are not compared: that there are two is said once.
    entries = Entries(lock.quantities if lock else (), tool_in(lock.convention) if lock else None)
    for number, (name, located) in enumerate(networks.items(), 1):
        analysis = analyses(name, False)  # kept for the budgets of other networks, which may name this one
        if lock is not None and name in lock.networks:
            changes += _changes_of_network(lock, group, located, entries.figures(located.network, analysis))
        budgets += _budget_results(analysis, located, limits, analyses)
        if progress:
            progress(number, len(networks))
    names = tuple(LocalName(os.path.dirname(located.file), name) for name, located in networks.items())
    return CheckReport(names, tuple(changes), tuple(budgets), lock is not None, tool.name if tool else "")


def _changes_of_lock(opened: OpenGroup, lock: Lock) -> Iterator[Difference]:
    """Differences of the lock as a whole: its convention, new networks, and networks that are gone."""
    group, _, networks, tool = opened
    where, convention = Place(group.lock_path), text_for(tool)
    if lock.convention != convention:
        again = f"archcalc lock --convention {tool.name}" if tool else "archcalc lock"
        note = f"the lock was made by another convention; run '{again}' for all specs"
        yield Difference("convention", "", "", "convention", lock.convention, convention, where, note=note)
    for name, located in networks.items():
        if name not in lock.networks:
            note = "in a spec, but not in the lock"
            yield Difference("new", name, "", "", None, None, Place(located.file, 1, 1), note=note)
    # If only a part of the folder is checked, the other entries belong to the rest of it.
    for name in lock.networks if group.whole else ():
        if name not in networks:
            note = "in the lock, but in no spec"
            yield Difference("gone", name, "", "", None, None, where, note=note)


def _changes_of_network(
    lock: Lock, group: SpecGroup, located: LocatedNetwork, new: LockedNetwork
) -> list[Difference]:
    """Differences of one network. Most networks are as locked, so layers are looked at only in the others."""
    old = lock.networks[located.network.name]
    if new.has_figures_of(old):
        return []
    from archcalc.guard.differences import differences

    refuse_twice(old, printable(group.lock_path))
    new = new._replace(spec=fingerprint(located.network))
    return differences(old, new, located.network, located.place)


def _budget_results(
    analysis: Analysis, located: LocatedNetwork, limits: Sequence[Limit], analyses: Analyses
) -> Iterator[BudgetResult]:
    if not limits:
        return
    from fnmatch import fnmatchcase
    from pathlib import PurePath

    from archcalc.guard.budgets import applies_to, budget_result

    file = PurePath(os.path.abspath(located.file))
    for pattern, budget, source in limits:
        # A pattern names a network or a spec file. The file's absolute path is matched from its end, so
        # "models/mine.yaml" works from every folder.
        is_named = fnmatchcase(analysis.network, pattern) or file.match(pattern)
        if is_named and (pattern != ANY or applies_to(budget, analysis)):
            yield budget_result(analysis, budget, analyses, Place(located.file, 1, 1), source)


def _analyses(opened: OpenGroup, others: OtherNetworks, quantities: Collection[str] | None) -> Analyses:
    """A function that analyses a network by its name, with these quantities (None: all).

    It looks first in ``networks``, then in the rest of the project, then in the specs that come with
    archcalc. It raises ArchcalcError if several networks of the project have the name.
    """

    networks, tool = opened.networks, opened.tool

    @cache
    def analysis(name: str, aux: bool) -> Analysis:
        located = [networks[name]] if name in networks else others().get(name, ())
        if len(located) > 1:
            files = " and ".join(printable(network.file) for network in located[:2])
            raise ArchcalcError(f"two networks are called '{name}', in {files}")
        if located:
            return analyze_with(tool, located[0].network, quantities, aux=aux)
        spec, variant = load(name)
        return analyze_with(tool, spec.bind(variant), quantities, aux=aux)

    return analysis


def _other_networks(opened: Sequence[OpenGroup], config: Config) -> OtherNetworks:
    """All networks of the project, checked or not.

    So the network that a budget names is the same one, whichever specs are checked. A spec that is not
    checked and cannot be read is left out.
    """

    @cache
    def others() -> Mapping[str, Sequence[LocatedNetwork]]:
        parts = [part.networks for part in opened]
        checked_files = {file for part in opened for file in part.group.files}
        for group in spec_groups([] if config.specs else [part.group.folder for part in opened], config):
            unchecked = sorted(set(group.files) - checked_files)
            settings = settings_of(group.lock_path) if unchecked else {}
            # One file at a time, so that a broken one does not hide the others.
            for file in unchecked:
                with suppress(ArchcalcError):
                    parts.append(networks_of(group._replace(files=(file,)), settings))
        by_name: dict[str, list[LocatedNetwork]] = {}
        for networks in parts:
            for name, located in networks.items():
                by_name.setdefault(name, []).append(located)
        return by_name

    return others


def _merged(results: Sequence[CheckReport], locked: bool) -> CheckReport:
    """The results of several folders as one."""
    return CheckReport(
        tuple(name for result in results for name in result.networks),
        tuple(difference for result in results for difference in result.differences),
        tuple(budget for result in results for budget in result.budgets),
        locked,
        next((result.convention for result in results if result.convention), ""),
    )
