"""Closed forms of the figures of a network, and the assumptions under which they hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from archcalc.conventions import ARCHCALC, DTYPES
from archcalc.dims import Dim, at_least
from archcalc.engine.claims import Assumptions
from archcalc.engine.figures import LayerFigures, figures_of
from archcalc.engine.quantities import CLOSED_FORMS
from archcalc.engine.reading import Pass
from archcalc.engine.totals import totals
from archcalc.engine.walk import Step, steps_or_raise
from archcalc.language.settings import parse_form
from archcalc.ops.base import Volume
from archcalc.results.folding import row_path
from archcalc.results.formula import ClosedForm, Formula, FormulaRow
from archcalc.studies.formula.attention import squares_of_tokens
from archcalc.studies.formula.free_settings import (
    BATCH,
    Bind,
    FreeSettings,
    SymbolicWork,
    WrittenForm,
    formula_of,
    symbolic_kind,
    tree_of,
)


def formula(
    bind: Bind,
    free: Sequence[str],
    *,
    assume: Mapping[str, WrittenForm] | None = None,
    divisible: bool = True,
    batch: int = 1,
    aux: bool = False,
    depth: int | str | None = "all",
    layers: bool = True,
) -> ClosedForm:
    """Closed forms of a network in its ``free`` settings.

    ``free`` names numeric settings, H and W (the sides of the input separately) and ``batch``. ``assume``
    gives some of them a form (size = 32·s). With ``divisible`` the others get the form for which no division
    is rounded, and which has their default among its values. Without it they are plain symbols, and
    divisions stay rounded. ``depth`` folds layers as a table does. Raises ArchcalcError for a setting that
    cannot be free, and without SymPy; SpecError if the network fits for no value.
    """
    settings = FreeSettings(bind, [*free, *(assume or {})], assume or {}, batch)
    work = _work_out(settings, settings.symbols(), aux)
    if divisible:
        # The divisions are known only now: work everything out again with the forms that avoid rounding.
        forms = settings.divisible_forms(work)
        if forms != work.forms:
            work = _work_out(settings, forms, aux)
    groups = _folded(work.steps, depth) if layers else {}
    return ClosedForm(
        network=work.network.name,
        title=work.network.title,
        free=settings.symbol_of,
        settings={
            name: formula_of(value)
            for name, value in {**work.network.settings, **settings.not_settings(work)}.items()
        },
        input=_sides(work.network.input),
        batch=Formula(tree_of(work.batch)),
        assumptions=tuple(settings.assumptions(work)),
        totals=_totals(work),
        layers=tuple(_row(path, steps, work.batch) for path, steps in groups.items()),
        fractions=tuple(symbol for symbol in settings.symbol_of.values() if symbol in settings.fractions),
        inputs={name: _sides(x) for name, x in work.network.named_inputs.items()},
        notes=(*ARCHCALC.says()[:2], *_about_bytes(Pass(work.batch))),
        attention=tuple(squares_of_tokens(work.steps, work.batch)),
    )


def _sides(x: Volume) -> tuple[Formula, ...]:
    return tuple(Formula(tree_of(side)) for side in x.dims)


def forms_of(assume: Mapping[str, str] | Sequence[str] | None) -> dict[str, WrittenForm]:
    """The form of each setting, from a mapping or from texts such as ``size=32*s``. Raises ArchcalcError."""
    texts = [f"{name}={form}" for name, form in assume.items()] if isinstance(assume, Mapping) else assume
    return dict(map(parse_form, [texts] if isinstance(texts, str) else texts or ()))


def _work_out(settings: FreeSettings, forms: Mapping[str, Dim], aux: bool) -> SymbolicWork:
    network, decided = settings.bound(forms)
    findings = Assumptions()
    steps = steps_or_raise(network, findings, aux=aux)
    conditions = [*decided, *findings.assumptions, *_sizes_are_valid(steps)]
    return SymbolicWork(
        forms, network, forms.get(BATCH, settings.batch), steps, list(dict.fromkeys(conditions))
    )


def _sizes_are_valid(steps: Iterable[Step]) -> Iterable[Any]:
    """The conditions that every output size is an integer of at least 1; for ints the options and claims
    ensure it.
    """
    symbolic = symbolic_kind()
    sizes = {dim for step in steps for dim in step.y.dims if symbolic.is_symbolic(dim) and not dim.is_Integer}
    for dim in sorted(sizes, key=str):
        for truth in (symbolic.whole_if(dim), at_least(dim, 1)):
            if truth is not True:
                yield truth


# --- sums --------------------------------------------------------------------------------------------


def _totals(work: SymbolicWork) -> dict[str, Formula]:
    keys = [quantity.key for quantity in CLOSED_FORMS]
    dims = totals(work.network, work.steps, keys, Pass(work.batch), sum_at_once=symbolic_kind().total)
    return {key: Formula(tree_of(dim)) for key, dim in dims.items()}


def _about_bytes(run: Pass) -> Iterable[str]:
    """What a formula in bytes rests on: the bytes of a value are a number in it, and no symbol."""
    if any(quantity.unit == "bytes" for quantity in CLOSED_FORMS):
        dtype = next(name for name, size in DTYPES.items() if size == run.value_bytes)
        yield f"Bytes: {run.value_bytes} per value ({dtype})."


def _folded(steps: Iterable[Step], depth: int | str | None) -> dict[str, list[Step]]:
    """The layers by the path of their row."""
    rows: dict[str, list[Step]] = {}
    for step in steps:
        rows.setdefault(row_path(step.node.path, step.node.follower, depth), []).append(step)
    return rows


def _row(path: str, steps: Sequence[Step], batch: Dim) -> FormulaRow:
    layers = [figures_of(step.worked, Pass(batch)) for step in steps]
    return FormulaRow(
        path,
        "+".join(dict.fromkeys(step.op.name for step in steps)),
        tuple(Formula(tree_of(dim)) for dim in steps[-1].y.dims),
        {quantity.key: Formula(tree_of(_sum_of(layers, quantity.key))) for quantity in CLOSED_FORMS},
    )


def _sum_of(layers: Sequence[LayerFigures], key: str) -> Dim:
    parts = [layer[key] for layer in layers]
    return parts[0] if len(parts) == 1 else symbolic_kind().total(parts)
