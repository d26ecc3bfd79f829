"""SymPy symbols poured in: closed forms of what a network costs, and the assumptions under which they hold."""

from __future__ import annotations

import keyword
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple, Protocol

from archcalc.conventions import ARCHCALC
from archcalc.dims import Dim, at_least
from archcalc.engine.claims import Assumptions
from archcalc.engine.figures import LayerFigures, Pass
from archcalc.engine.pour import DimPlace, pour
from archcalc.engine.quantities import CLOSED_FORMS
from archcalc.engine.totals import totals
from archcalc.engine.walk import Step, steps_or_raise
from archcalc.errors import ArchcalcError, SpecError, did_you_mean, short
from archcalc.language.find import load
from archcalc.language.settings import Settings, parse_form, parse_names, settings_of
from archcalc.network import Network, Node
from archcalc.ops.options import is_rational
from archcalc.results.formula import ClosedForm, Condition, Formula, FormulaRow
from archcalc.results.rows import row_path

Bind = Callable[[Mapping[str, Any]], Network]
"""A family's network for some settings; it may carry its problems."""

BATCH = "batch"
AXES = {"D": -3, "H": -2, "W": -1, "height": -2, "width_px": -1}
"""The sides of the input that can be free apart from each other, as places in its spatial sizes."""

SYMBOLS = {
    "size": "s",
    "H": "h",
    "height": "h",
    "W": "w",
    "width_px": "w",
    "D": "d",
    "width": "k",
    "growth": "k",
    "classes": "c",
    BATCH: "b",
}
"""How people call them; any other setting gets its first letter, or its whole name if that letter is taken."""

_CALLS = {"gcd", "max", "min"}


class WrittenForm(Protocol):
    """The form of a setting that a user chose, such as ``32*s``: an expression over one new name."""

    @property
    def names(self) -> Sequence[tuple[str, int]]: ...
    @property
    def evaluate(self) -> Callable[[Mapping[str, Any]], Any]: ...


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

    ``free`` names numeric settings, H and W (the sides of the input apart) and ``batch``. ``assume`` gives some of
    them a form (size = 32·s); the others get, if ``divisible``, the form in which nothing that the network divides
    is rounded and which has their default among its values; else they are plain symbols and divisions stay rounded.
    ``depth`` folds layers as a table does. Raises ArchcalcError for what cannot be free and where SymPy is not
    installed, SpecError where the network does not fit for any value.
    """
    pour = _Pour(bind, [*free, *(name for name in assume or {} if name not in free)], assume or {}, batch)
    found = _work_out(pour, pour.symbols(), aux)
    if divisible:
        forms = pour.refined(found)
        if forms != found.forms:
            found = _work_out(pour, forms, aux)
    groups = _folded(found.steps, depth) if layers else {}
    return ClosedForm(
        network=found.network.name,
        title=found.network.title,
        free=pour.named,
        settings={
            name: _formula(value) for name, value in {**found.network.settings, **pour.beside(found)}.items()
        },
        input=tuple(Formula(_tree(side)) for side in found.network.input.dims),
        batch=Formula(_tree(found.batch)),
        assumptions=tuple(pour.assumptions(found)),
        totals=_totals(found),
        layers=tuple(_row(path, steps, found.batch) for path, steps in groups.items()),
        fractions=tuple(symbol for symbol in pour.named.values() if symbol in pour.fractions),
        notes=tuple(ARCHCALC.says()[:2]),
    )


def formula_of(
    target: str,
    free: Sequence[str] | str = (),
    settings: Settings | None = None,
    *,
    assume: Mapping[str, str] | Sequence[str] | None = None,
    **how: Any,
) -> ClosedForm:
    """Closed forms of a network by its name; ``how`` are the options of ``formula``."""
    spec, name = load(target, strict=False)
    changed = settings_of(settings)
    texts = [f"{name}={form}" for name, form in assume.items()] if isinstance(assume, Mapping) else assume or ()
    return formula(
        lambda more: spec.bind(name, {**changed, **more}, strict=False),
        parse_names(free),
        assume=dict(map(parse_form, texts)),
        **how,
    )


def _kind() -> Any:
    """SymPy's kind of dimension, imported when it is needed. Raises ArchcalcError."""
    try:
        from archcalc.dims import symbolic
    except ModuleNotFoundError as missing:
        if missing.name and missing.name.split(".")[0] == "sympy":
            raise ArchcalcError("formula needs sympy: pip install 'archcalc[symbolic]'") from None
        raise
    return symbolic


class _Found(NamedTuple):
    """A network walked with the free settings in these forms."""

    forms: Mapping[str, Dim]
    network: Network
    batch: Dim
    steps: list[Step]
    conditions: list[Any]


def _work_out(pour: _Pour, forms: Mapping[str, Dim], aux: bool) -> _Found:
    network, chosen = pour.bound(forms)
    findings = Assumptions()
    steps = steps_or_raise(network, findings, aux=aux)
    conditions = [*chosen, *findings.assumptions, *_sizes_are_sizes(steps)]
    return _Found(forms, network, forms.get(BATCH, pour.batch), steps, list(dict.fromkeys(conditions)))


def _sizes_are_sizes(steps: Iterable[Step]) -> Iterable[Any]:
    """Every output is whole and at least 1: of ints the options and claims see to that, of symbols nobody yet."""
    symbolic = _kind()
    seen = {dim for step in steps for dim in step.y.dims if symbolic.is_symbolic(dim) and not dim.is_Integer}
    for dim in sorted(seen, key=str):
        for truth in (symbolic.whole_if(dim), at_least(dim, 1)):
            if truth is not True:
                yield truth


class _Pour:
    """What is poured into a family: which settings are free, their symbols, and what else must be given."""

    def __init__(
        self, bind: Bind, free: Sequence[str], assume: Mapping[str, WrittenForm], batch: int
    ) -> None:
        self.kind = _kind()
        self.bind = bind
        self.batch = batch
        self.usual = bind({})
        if self.usual.problems:
            raise SpecError(self.usual.problems)
        self.free = list(dict.fromkeys(free))
        if not self.free:
            raise ArchcalcError(f"name what is to be free: {_example(self.usual)}")
        self.axes: dict[str, int] = {}
        self.defaults = {name: self._default(name) for name in self.free}
        self.fixed = {name: self._chosen(name, written) for name, written in assume.items()}
        self.named = self._names()
        self.fractions = {self.named[name] for name in self.free if isinstance(self.defaults[name], Fraction)}

    def _default(self, name: str) -> int | Fraction:
        """What the network has by default. Raises ArchcalcError for what cannot be free."""
        settings = self.usual.settings
        if name in settings:
            value = settings[name]
            if not is_rational(value):
                sort = "a list" if isinstance(value, list | tuple) else "no number"
                raise ArchcalcError(
                    f"{name} cannot be free: it is {sort}, and only numbers can (--set changes it)"
                )
            return value
        if name == BATCH:
            return self.batch
        rank = self.usual.input.rank
        if name in AXES and -AXES[name] <= rank:
            return self._axis(name, rank + AXES[name])
        known = [*_numeric(self.usual), BATCH, *(axis for axis in "DHW" if -AXES[axis] <= rank)]
        hint = did_you_mean(name, known) or f"known: {', '.join(known)}"
        raise ArchcalcError(
            f"{self.usual.name} has nothing called '{short(name)}' that could be free ({hint})"
        )

    def _axis(self, name: str, place: int) -> int:
        """A side of the input on its own: no layer may depend on the setting that it usually is."""
        if place in self.axes.values():
            raise ArchcalcError(f"{name} is the same side of the input as {next(iter(self.axes))}")
        side = self.kind.symbol("side")
        for setting in _numeric(self.usual):
            other = self.bind({setting: side})
            if "side" not in self.kind.names_in(list(other.input.spatial)):
                continue
            where = next((n.path for n in other.layers if self._reads(n, "side")), "")
            if where or other.problems:
                says = f"{name} cannot be free apart: {where or 'which layers there are'} depends on {setting} too"
                raise ArchcalcError(f"{says} (free {setting} instead)")
        self.axes[name] = place
        found: int = self.usual.input.spatial[place]
        return found

    def _reads(self, node: Node, symbol: str) -> bool:
        return symbol in self.kind.names_in(list(vars(node.op).values()))

    def _chosen(self, name: str, written: WrittenForm) -> Dim:
        """The form that the user gave a setting. Raises ArchcalcError."""
        names = dict.fromkeys(word for word, _ in written.names)
        if len(names) != 1:
            raise ArchcalcError(f"--assume {name}: give it a form in one new symbol, such as {name}=32*s")
        (symbol,) = names
        if keyword.iskeyword(symbol) or symbol in _CALLS:
            raise ArchcalcError(f"--assume {name}: '{symbol}' is no name for a symbol")
        form = written.evaluate({symbol: self.kind.symbol(symbol)})
        if symbol not in self.kind.names_in(form):
            raise ArchcalcError(f"--assume {name}: its form does not depend on {symbol}")
        return form

    def _names(self) -> dict[str, str]:
        names = {name: next(iter(self.kind.names_in(form))) for name, form in self.fixed.items()}
        for name in self.free:
            if name not in names:
                ways = (SYMBOLS.get(name, name[0].lower()), name[0].lower(), name, f"{name}_", f"{name}__")
                names[name] = next(way for way in ways if _is_symbol(way) and way not in names.values())
        return {name: names[name] for name in self.free}

    def symbols(self) -> dict[str, Dim]:
        """Every free setting as a plain symbol, or in the form that the user chose."""
        return {
            name: self.fixed[name]
            if name in self.fixed
            else self.kind.symbol(self.named[name], whole=not isinstance(self.defaults[name], Fraction))
            for name in self.free
        }

    def bound(self, forms: Mapping[str, Dim]) -> tuple[Network, list[Any]]:
        """The network with these forms, and what had to be assumed to know which layers there are.

        Its input is in symbols even where no setting of it is free.
        """
        usual: dict[str, Any] = {}
        for name, form in forms.items():
            usual |= self.kind.solved(form, self.defaults[name])
        with self.kind.Choices(usual) as choices:
            network = self.bind({name: form for name, form in forms.items() if name in self.usual.settings})
        sides: dict[tuple[int, ...], Dim] = {(axis,): forms[name] for name, axis in self.axes.items()}

        def symbolic(place: DimPlace, dim: Dim) -> Dim:
            if place.option is not None:
                return dim  # the settings came into the options while the network was built
            side = sides.get(place.at, dim)
            return self.kind.constant(side) if isinstance(side, int) else side

        return pour(network, symbolic), choices.made

    def refined(self, found: _Found) -> dict[str, Dim]:
        """The forms in which no division is rounded: size = 32·s, or 32·s + 3 for a default of 227."""
        open_names = [name for name in self.free if name not in self.fixed and name != BATCH]
        symbols = {name: found.forms[name] for name in open_names}
        dims = [
            dim for step in found.steps for dim in (*step.y.dims, *(d for w in step.weights for d in w.shape))
        ]
        canonical = [self.kind.canonical(dim) for dim in set(dims) if self.kind.is_symbolic(dim)]
        periods = self.kind.periods([*canonical, *found.conditions], list(symbols.values()))
        forms = dict(found.forms)
        for name, symbol in symbols.items():
            steps, default = periods.get(self.named[name], 1), self.defaults[name]
            if steps > 1 and isinstance(default, int):
                forms[name] = steps * symbol + (default % steps if default >= steps else default - steps)
        return forms

    def beside(self, found: _Found) -> dict[str, Dim]:
        """What is free beside the settings: sides of the input, the batch."""
        return {name: found.forms[name] for name in self.free if name not in self.usual.settings}

    def assumptions(self, found: _Found) -> Iterable[Condition]:
        """The forms of the settings, the least values of the symbols, and what else had to be assumed."""
        for name, form in found.forms.items():
            if str(form) != self.named[name]:
                yield Condition(Formula(name), "=", Formula(_tree(form)))
        least, others = dict.fromkeys(self.named.values(), 1), []
        for condition in found.conditions:
            bound = self.kind.least(condition)
            if bound is None or bound[0] in self.fractions:
                others.append(_condition(self.kind.relation_tree(condition)))
            else:
                least[bound[0]] = max(least[bound[0]], bound[1])
        for symbol, value in least.items():
            if symbol not in self.fractions:
                yield Condition(Formula(symbol), ">=", Formula(value))
        yield from dict.fromkeys(others)


def _is_symbol(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name) and name not in _CALLS


def _numeric(network: Network) -> list[str]:
    return [name for name, value in network.settings.items() if is_rational(value)]


def _example(network: Network) -> str:
    known = _numeric(network)
    return (
        f"--free {','.join(known[:2]) or 'H,W'} ({network.name} has {', '.join([*known, 'H', 'W', BATCH])})"
    )


def _condition(tree: tuple[str, Any, Any]) -> Condition:
    sign, left, right = tree
    if sign == "==" and right == 0 and isinstance(left, tuple) and left[0] == "%":
        return Condition(Formula(left[2]), "divides", Formula(left[1]))
    return Condition(Formula(left), sign, Formula(right))


def _tree(dim: Dim) -> Any:
    return _kind().tree(dim)


def _formula(value: Any) -> Any:
    """A setting as a formula where it depends on a symbol."""
    if isinstance(value, list | tuple):
        return [_formula(item) for item in value]
    return Formula(_tree(value)) if _kind().is_symbolic(value) else value


# --- sums ----------------------------------------------------------------------------------------------------


def _totals(found: _Found) -> dict[str, Formula]:
    keys = [quantity.key for quantity in CLOSED_FORMS]
    dims = totals(found.network, found.steps, keys, Pass(found.batch), sum_at_once=_kind().total)
    return {key: Formula(_tree(dim)) for key, dim in dims.items()}


def _folded(steps: Iterable[Step], depth: int | str | None) -> dict[str, list[Step]]:
    """Layers by the path of their row."""
    rows: dict[str, list[Step]] = {}
    for step in steps:
        rows.setdefault(row_path(step.node.path, step.node.follower, depth), []).append(step)
    return rows


def _row(path: str, steps: Sequence[Step], batch: Dim) -> FormulaRow:
    layers = [LayerFigures(step, Pass(batch)) for step in steps]
    return FormulaRow(
        path,
        "+".join(dict.fromkeys(step.op.name for step in steps)),
        tuple(Formula(_tree(dim)) for dim in steps[-1].y.dims),
        {quantity.key: Formula(_tree(_together(layers, quantity.key))) for quantity in CLOSED_FORMS},
    )


def _together(layers: Sequence[LayerFigures], key: str) -> Dim:
    parts = [layer[key] for layer in layers]
    return parts[0] if len(parts) == 1 else _kind().total(parts)
