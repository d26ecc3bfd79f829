"""The settings of a network that are free: their symbols, their forms, and the network built from them."""

from __future__ import annotations

import keyword
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple, Protocol

from archcalc.dims import Dim, is_rational
from archcalc.engine.pour import DimPlace, pour
from archcalc.engine.walk import Step
from archcalc.errors import ArchcalcError, MissingPackage, SpecError, did_you_mean, short
from archcalc.network import Network, Node
from archcalc.ops.options import options_of
from archcalc.results.formula import Condition, Formula

Bind = Callable[[Mapping[str, Any]], Network]
"""Builds the network of a family for some settings; the network may have problems."""

BATCH = "batch"
AXES = {"D": -3, "H": -2, "W": -1, "height": -2, "width_px": -1}
"""The sides of the input that can be free separately, as indices into its spatial sizes."""

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
"""Usual symbols. Any other setting gets its first letter, or its whole name if that letter is taken."""

_CALLS = {"gcd", "max", "min"}


class WrittenForm(Protocol):
    """A form that the user gave a setting, such as ``32*s``: an expression with one new name."""

    @property
    def names(self) -> Sequence[tuple[str, int]]: ...
    @property
    def evaluate(self) -> Callable[[Mapping[str, Any]], Any]: ...


def symbolic_kind() -> Any:
    """The module of symbolic dimensions, imported only now. Raises ArchcalcError without SymPy."""
    try:
        from archcalc.dims import symbolic
    except ModuleNotFoundError as missing:
        if missing.name and missing.name.split(".")[0] == "sympy":
            raise MissingPackage("formula", "sympy", "SymPy") from None
        raise
    return symbolic


class SymbolicWork(NamedTuple):
    """A network whose layers were computed with the free settings in these forms."""

    forms: Mapping[str, Dim]
    network: Network
    batch: Dim
    steps: list[Step]
    conditions: list[Any]


class FreeSettings:
    """The free settings of a family, with their symbols, defaults and forms."""

    def __init__(
        self, bind: Bind, free: Sequence[str], assume: Mapping[str, WrittenForm], batch: int
    ) -> None:
        self.kind = symbolic_kind()
        self.bind = bind
        self.batch = batch
        self.usual = bind({})
        if self.usual.problems:
            raise SpecError(self.usual.problems)
        self.free = list(dict.fromkeys(free))
        if not self.free:
            raise ArchcalcError(f"choose settings to keep symbolic: {_example(self.usual)}")
        self.axes: dict[str, int] = {}
        self.defaults = {name: self._default(name) for name in self.free}
        self.given = {name: self._given_form(name, form) for name, form in assume.items()}
        self.symbol_of = self._choose_symbols()
        self.fractions = {
            self.symbol_of[name] for name in self.free if isinstance(self.defaults[name], Fraction)
        }

    def _default(self, name: str) -> int | Fraction:
        """The default value. Raises ArchcalcError for a setting that cannot be free."""
        settings = self.usual.settings
        if name in settings:
            value = settings[name]
            if not is_rational(value):
                sort = "a list" if isinstance(value, list | tuple) else "not a number"
                raise ArchcalcError(
                    f"{name} cannot be free: it is {sort}, and only numbers can (--set changes it)"
                )
            return value
        if name == BATCH:
            return self.batch
        rank = self.usual.input.rank
        if name in AXES and -AXES[name] <= rank:
            return self._axis(name, rank + AXES[name])
        names = [*_numeric(self.usual), BATCH, *(axis for axis in "DHW" if -AXES[axis] <= rank)]
        hint = did_you_mean(name, names) or f"known: {', '.join(names)}"
        raise ArchcalcError(f"{self.usual.name} has no setting '{short(name)}' that can be free ({hint})")

    def _axis(self, name: str, place: int) -> int:
        """The default of a separate side of the input.

        Raises ArchcalcError if a layer depends on the setting that gives this side.
        """
        if place in self.axes.values():
            raise ArchcalcError(f"{name} is the same side of the input as {next(iter(self.axes))}")
        # Make each setting symbolic: if it gives this input, no layer may have the symbol in its options.
        side = self.kind.symbol("side")
        for setting in _numeric(self.usual):
            other = self.bind({setting: side})
            if "side" not in self.kind.names_in(list(other.input.spatial)):
                continue
            where = next((n.path for n in other.layers if self._reads(n, "side")), "")
            if where or other.problems:
                user = where or "the choice of layers"
                raise ArchcalcError(
                    f"{name} cannot be free separately: {user} depends on {setting} too "
                    f"(free {setting} instead)"
                )
        self.axes[name] = place
        default: int = self.usual.input.spatial[place]
        return default

    def _reads(self, node: Node, symbol: str) -> bool:
        return symbol in self.kind.names_in([getattr(node.op, name) for name in options_of(type(node.op))])

    def _given_form(self, name: str, written: WrittenForm) -> Dim:
        """The form that the user gave a setting, as a dimension. Raises ArchcalcError."""
        names = dict.fromkeys(word for word, _ in written.names)
        if len(names) != 1:
            raise ArchcalcError(f"--assume {name}: give it a form in one new symbol, such as {name}=32*s")
        (symbol,) = names
        if keyword.iskeyword(symbol) or symbol in _CALLS:
            raise ArchcalcError(f"--assume {name}: '{symbol}' is not a valid name for a symbol")
        form = written.evaluate({symbol: self.kind.symbol(symbol)})
        if symbol not in self.kind.names_in(form):
            raise ArchcalcError(f"--assume {name}: the form does not depend on {symbol}")
        return form

    def _choose_symbols(self) -> dict[str, str]:
        names = {name: next(iter(self.kind.names_in(form))) for name, form in self.given.items()}
        for name in self.free:
            if name not in names:
                candidates = (
                    SYMBOLS.get(name, name[0].lower()),
                    name[0].lower(),
                    name,
                    f"{name}_",
                    f"{name}__",
                )
                names[name] = next(
                    word for word in candidates if _is_symbol(word) and word not in names.values()
                )
        return {name: names[name] for name in self.free}

    def symbols(self) -> dict[str, Dim]:
        """Every free setting as a plain symbol, or in the form that the user gave."""
        return {
            name: self.given[name]
            if name in self.given
            else self.kind.symbol(self.symbol_of[name], whole=not isinstance(self.defaults[name], Fraction))
            for name in self.free
        }

    def bound(self, forms: Mapping[str, Dim]) -> tuple[Network, list[Any]]:
        """Build the network with these forms; also return the relations that decided between layers.

        The input is symbolic even if no setting of it is free.
        """
        # A comparison that decides between layers is decided as for the defaults.
        usual: dict[str, Any] = {}
        for name, form in forms.items():
            usual |= self.kind.solved(form, self.defaults[name])
        with self.kind.Choices(usual) as choices:
            network = self.bind({name: form for name, form in forms.items() if name in self.usual.settings})
        sides: dict[tuple[int, ...], Dim] = {(axis,): forms[name] for name, axis in self.axes.items()}

        def symbolic(place: DimPlace, dim: Dim) -> Dim:
            if place.option is not None:
                return dim  # options are symbolic already, since the network was built
            side = sides.get(place.at, dim)
            return self.kind.constant(side) if isinstance(side, int) else side

        return pour(network, symbolic), choices.made

    def divisible_forms(self, work: SymbolicWork) -> dict[str, Dim]:
        """The forms for which no division is rounded: size = 32·s, or 32·s + 3 for a default of 227."""
        plain = [name for name in self.free if name not in self.given and name != BATCH]
        symbols = {name: work.forms[name] for name in plain}
        dims = [
            dim for step in work.steps for dim in (*step.y.dims, *(d for w in step.weights for d in w.shape))
        ]
        canonical = [self.kind.canonical(dim) for dim in set(dims) if self.kind.is_symbolic(dim)]
        periods = self.kind.periods([*canonical, *work.conditions], list(symbols.values()))
        forms = dict(work.forms)
        for name, symbol in symbols.items():
            steps, default = periods.get(self.symbol_of[name], 1), self.defaults[name]
            if steps > 1 and isinstance(default, int):
                forms[name] = steps * symbol + (default % steps if default >= steps else default - steps)
        return forms

    def not_settings(self, work: SymbolicWork) -> dict[str, Dim]:
        """The free sides of the input, and the batch if it is free."""
        return {name: work.forms[name] for name in self.free if name not in self.usual.settings}

    def assumptions(self, work: SymbolicWork) -> Iterable[Condition]:
        """The forms of the settings, the least values of the symbols, and all other conditions."""
        for name, form in work.forms.items():
            if str(form) != self.symbol_of[name]:
                yield Condition(Formula(name), "=", Formula(tree_of(form)))
        least, others = dict.fromkeys(self.symbol_of.values(), 1), []
        for condition in work.conditions:
            # Several lower bounds of one symbol become one.
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
    names = _numeric(network)
    return (
        f"--free {','.join(names[:2]) or 'H,W'} ({network.name} has {', '.join([*names, 'H', 'W', BATCH])})"
    )


def _condition(tree: tuple[str, Any, Any]) -> Condition:
    sign, left, right = tree
    if sign == "==" and right == 0 and isinstance(left, tuple) and left[0] == "%":
        return Condition(Formula(left[2]), "divides", Formula(left[1]))
    return Condition(Formula(left), sign, Formula(right))


def tree_of(dim: Dim) -> Any:
    """A dimension as a tree of plain tuples."""
    return symbolic_kind().tree(dim)


def formula_of(value: Any) -> Any:
    """A setting, as a formula if it depends on a symbol."""
    if isinstance(value, list | tuple):
        return [formula_of(item) for item in value]
    return Formula(tree_of(value)) if symbolic_kind().is_symbolic(value) else value
