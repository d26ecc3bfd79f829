"""A network with free settings: closed forms in them, and sweeps over their values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from archcalc.language.find import binder
from archcalc.language.ranges import parse_ranges
from archcalc.language.settings import Input, Settings, parse_names, settings_of, with_input
from archcalc.language.where import parse_filter

if TYPE_CHECKING:
    from archcalc.language.find import Target
    from archcalc.results.formula import ClosedForm
    from archcalc.results.sweep import Sweep


def formula(
    target: Target,
    free: Sequence[str] | str = (),
    settings: Settings | None = None,
    *,
    input: Input | None = None,
    assume: Mapping[str, str] | Sequence[str] | None = None,
    divisible: bool = True,
    batch: int = 1,
    aux: bool = False,
    depth: int | str | None = "all",
    layers: bool = True,
) -> ClosedForm:
    """What a network costs, as closed forms in its free settings; needs SymPy.

    Parameters:
        target: a name, a path to a spec, or a model.
        free: the settings that stay symbols, also ``H``, ``W`` (height and width of the input) and
            ``batch``: a list, or one text with commas.
        settings: other settings to change, as for ``load``.
        input: the shape of the input of a model, as for ``load``.
        assume: the form of a free setting: ``{"size": "32*s"}``, or texts ``size=32*s``.
        divisible: choose, for settings without a form, the form in which no division is rounded. False: they
            stay plain symbols, and divisions stay rounded.
        batch: images in one pass.
        aux: include auxiliary heads.
        depth: fold layers by scope to so many path parts; ``"all"``: a form for every layer.
        layers: False: totals only, which is faster.

    Raises:
        SpecError: the spec has mistakes, or the network fits for no value.
        ArchcalcError: a setting does not exist or cannot be free, or SymPy is missing.

    >>> params = formula("densenet121", ["growth"]).totals["params"]
    >>> print(params)
    6700*k**2 + 34908*k + 1000
    >>> params.at(k=32)
    7978856
    """
    from archcalc.studies.formula import forms_of
    from archcalc.studies.formula import formula as closed_form

    return closed_form(
        binder(target, with_input(settings_of(settings), input), strict=False),
        parse_names(free), assume=forms_of(assume),
        divisible=divisible, batch=batch, aux=aux, depth=depth, layers=layers,
    )  # fmt: skip


def sweep(
    target: str,
    settings: Mapping[str, Sequence[Any]] | Sequence[str],
    show: Sequence[str] | str | None = None,
    *,
    where: str | None = None,
    pareto: Sequence[str] | str | None = None,
    sort: str | None = None,
    top: int | None = None,
    batch: int = 1,
    dtype: str = "float32",
    aux: bool = False,
    convention: str | None = None,
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Sweep:
    """Every combination of the values of some settings, a row each; needs NumPy.

    Combinations that are not valid networks are counted in ``invalid``, with the reasons in ``reasons``.

    Parameters:
        target: a name or a path to a spec.
        settings: the values of each setting: ``{"size": [32, 64]}``, or texts such as ``size=32:512:32``.
        show: the columns: settings, and names of ``sweep_columns``; None: settings, params and MACs.
        where: keep the rows that meet a condition: ``"macs < 600e6"``.
        pareto: keep the Pareto-optimal rows in these columns. Lower is better; ``max:name``: higher.
        sort: a column, the smallest value first; ``-name``: the largest first.
        top: keep so many rows.
        batch, dtype, aux: as for ``analyze``.
        convention: a tool: its count is a column of this name.
        jobs: threads that share the work.
        progress: called with the number of combinations that are done, and of all.

    Raises:
        SpecError: the spec has mistakes.
        ArchcalcError: a setting or column does not exist, there are too many rows, or NumPy is missing.

    >>> list(sweep("vgg16", {"size": [32, 64, 96]}, ["size", "macs"], where="macs > 1e9").tuples())
    [(64, 1282048000), (96, 2858516480)]
    """
    from archcalc.studies.reconcile import tool_named
    from archcalc.studies.sweep import selection_of
    from archcalc.studies.sweep import sweep as sweep_of

    return sweep_of(
        binder(target), parse_ranges(settings), parse_names(show),
        where=parse_filter(where) if where else None, keep=selection_of(parse_names(pareto), sort, top),
        batch=batch, dtype=dtype, aux=aux, tool=tool_named(convention), jobs=jobs,
        progress=progress,
    )  # fmt: skip


def sweep_columns() -> tuple[str, ...]:
    """The columns that a sweep can show beside the settings.

    >>> "macs" in sweep_columns()
    True
    """
    from archcalc.engine.quantities import FOR_ANY_KIND

    return tuple(quantity.key for quantity in FOR_ANY_KIND)
