"""The arguments of a block: which values differ between its uses, and what each is called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from archcalc.language.folding.alike import MISSING, Values
from archcalc.language.folding.argument_names import BlockArgument, ValuePlace, named
from archcalc.language.folding.items import REPEAT, ExpressionText, SpecBlock, SpecItem, SpecItems, rows_of
from archcalc.ops import OPS

FACTORS = (2, 3, 4, 6, 8, 16)
"""What one width may be of another one: other factors are taken for chance."""


class Defined(NamedTuple):
    """A block, and the values of its arguments in each of its uses."""

    block: SpecBlock
    uses: Sequence[Mapping[str, Any]]


def define(name: str, layers: SpecItems, roles: Mapping[str, Mapping[str, str]]) -> Defined:
    """The block of some lists that are alike; ``roles`` are those of the arguments of other blocks."""
    finder = _Finder(roles)
    finder.collect(layers)
    names = named(finder.arguments)
    return finder.defined(name, layers, names)


def role_of(kind: str, option: str, roles: Mapping[str, Mapping[str, str]]) -> str:
    """What an option is about: equal values of different roles are different arguments."""
    if kind in roles:
        return roles[kind][option]
    if kind in OPS and (option == OPS[kind].width_option or option in ("channels", "groups", "start")):
        return "width"
    return "kernel" if option == "pad" else option


class _Finder:
    """The arguments of one block, and how each value that differs is written with them."""

    def __init__(self, roles: Mapping[str, Mapping[str, str]]) -> None:
        self.roles = roles
        self.arguments: list[BlockArgument] = []
        self.written: dict[tuple[str, Values], tuple[int, str]] = {}
        """The number of the argument and the form of the expression, by role and values."""

    # --- finding ----------------------------------------------------------------------------------------

    def collect(self, layers: SpecItems) -> None:
        """Find an expression for each value that differs: numbers first, then what is there and what not."""
        for values, place in _numbers(layers, ()):
            role = role_of(place.kind, place.option, self.roles)
            if values.known and not values.is_constant:
                self._add(role, values, place)
        for values, place in _flags(layers, ()):
            if not values.is_constant:
                self._add_flag(values, place)

    def _add(self, role: str, values: Values, place: ValuePlace) -> None:
        found = self.written.get((role, values)) or self._known(role, values)
        if found and "//" in found[1] and _is_outer_width(role, values, place):
            found = self._on_smaller(found, values)
        if found is None:
            # A repeat behind one more use of its block: people count them together.
            more = 1 if place.follows_alike else 0
            first = [value + more if more and value is not MISSING else value for value in values]
            self.arguments.append(BlockArgument(first, role, [place]))
            found = len(self.arguments) - 1, "{} - 1" if more else "{}"
        self.written[role, values] = found
        number, form = found
        if form == "{}":
            argument = self.arguments[number]
            argument.places.append(place)
            pairs = zip(argument.values, values, strict=True)
            argument.values = [theirs if mine is MISSING else mine for mine, theirs in pairs]

    def _on_smaller(self, found: tuple[int, str], values: Values) -> tuple[int, str]:
        """Write all by the smaller width: 4 times the output, and not the output as a quarter."""
        number, form = found
        mine = [key for key, (other, _) in self.written.items() if other == number]
        if any(self.written[key] != (number, "{}") for key in mine):
            return found
        factor = int(form.rpartition(" ")[2])
        self.written |= dict.fromkeys(mine, (number, f"{factor}*{{}}"))
        argument = self.arguments[number]
        argument.values, argument.places = list(values), []
        return number, "{}"

    def _known(self, role: str, values: Values) -> tuple[int, str] | None:
        """An argument that gives the values, as it is or by a factor."""
        for number, argument in enumerate(self.arguments):
            if argument.role != role:
                continue
            if argument.fits(values):
                return number, "{}"
            for form, change in _forms(role, argument, values):
                if argument.fits(values, change):
                    return number, form
        return None

    def _add_flag(self, values: Values, place: ValuePlace) -> None:
        for number, argument in enumerate(self.arguments):
            has_value = [value is not MISSING for value in argument.values]
            if argument.role == "width" and has_value == list(values):
                # Nothing but this layer has the width: without the layer it is zero.
                argument.values = [0 if value is MISSING else value for value in argument.values]
                self.written["present", values] = number, "{} > 0"
                return
            for form, holds in _conditions(argument):
                if argument.fits(values, holds):
                    self.written["present", values] = number, form
                    argument.places += [place] if form == "{}" else []
                    return
        self._add("present", values, place)

    # --- writing ----------------------------------------------------------------------------------------

    def defined(self, name: str, layers: SpecItems, names: Sequence[str]) -> Defined:
        """The block with the names of its arguments."""
        given: dict[str, list[Any]] = {}
        defaults: dict[str, Any] = {}
        for argument, argument_name in zip(self.arguments, names, strict=True):
            (common, count), *_ = Counter(
                value for value in argument.values if value is not MISSING
            ).most_common()
            values = [common if value is MISSING else value for value in argument.values]
            is_usual = 2 * values.count(common) >= len(values) and argument.role != "width"
            given[argument_name] = values
            defaults[argument_name] = common if is_usual and argument.role != "times" else None
        roles = {one: argument.role for one, argument in zip(names, self.arguments, strict=True)}
        order = sorted(given, key=lambda one: (defaults[one] is not None, roles[one] != "width"))
        arguments = {one: defaults[one] for one in order}
        count = len(layers[0].present)
        uses = [{one: given[one][use] for one in order} for use in range(count)]
        return Defined(SpecBlock(name, arguments, self._list(layers, names), roles), uses)

    def _list(self, layers: SpecItems, names: Sequence[str]) -> SpecItems:
        return tuple([self._item(item, names) for item in layers])

    def _item(self, item: SpecItem, names: Sequence[str]) -> SpecItem:
        paths = set(item.path.known)
        return item._replace(
            options={
                name: self._value(role_of(item.kind, name, self.roles), values, names)
                for name, values in item.options.items()
            },
            then=self._list(item.then, names),
            parts={name: self._list(part, names) for name, part in item.parts.items()},
            # The layer keeps a name that it has in all uses.
            path=paths.pop() if len(paths) == 1 else (),
            present=self._value("present", item.present, names),
            branches={name: self._value("present", values, names) for name, values in item.branches.items()},
        )

    def _value(self, role: str, values: Values, names: Sequence[str]) -> Any:
        if not values.known:
            return MISSING
        if values.is_constant:
            return values.known[0]
        number, form = self.written[role, values]
        return ExpressionText(form.format(names[number]))


def _forms(role: str, argument: BlockArgument, values: Values) -> Iterator[tuple[str, Callable[[Any], Any]]]:
    """How an argument may be written to give other values."""
    pairs = [
        pair for pair in zip(argument.values, values, strict=True) if MISSING not in pair and 0 not in pair
    ]
    if role == "kernel":
        yield "{} // 2", lambda value: value // 2 if isinstance(value, int) else value
    if role != "width" or not pairs:
        return
    mine, theirs = pairs[0]
    for factor in {theirs // mine, mine // theirs} - {0, 1}:
        if factor in FACTORS:
            yield f"{factor}*{{}}", lambda value, factor=factor: value * factor  # type: ignore[misc]
            yield f"{{}} // {factor}", lambda value, factor=factor: value // factor  # type: ignore[misc]


def _conditions(argument: BlockArgument) -> Iterator[tuple[str, Callable[[Any], bool]]]:
    """Conditions on an argument that may say whether a layer is there."""
    if MISSING in argument.values:
        return
    if argument.role == "present":
        yield "{}", lambda value: value
        yield "not {}", lambda value: not value
    elif argument.role in ("stride", "expand"):
        yield "{} > 1", lambda value: value > 1
        yield "{} == 1", lambda value: value == 1


def _numbers(items: SpecItems, branch: tuple[str, ...]) -> Iterator[tuple[Values, ValuePlace]]:
    wide = [place for place, item in enumerate(items) if _has_width(item)]
    for place, item in enumerate(items):
        is_last = wide[-1:] == [place]
        for name, values in item.options.items():
            follows = item.kind == REPEAT and place > 0 and items[place - 1].kind == item.layers[0].kind
            yield values, ValuePlace(item.kind, name, item, branch, is_last, follows)
        yield from _numbers(item.then, branch)
        for name, part in item.parts.items():
            yield from _numbers(part, _branch(item, name, branch))


def _has_width(item: SpecItem) -> bool:
    """Whether it sets a number of channels: an op by its option; of a block it is unknown."""
    return item.kind not in OPS or isinstance(item.options.get(OPS[item.kind].width_option, [""])[0], int)


def _is_outer_width(role: str, values: Values, place: ValuePlace) -> bool:
    """Whether it is the width of what the block gives, in all its uses."""
    return role == "width" and place.is_outer and MISSING not in values


def _flags(items: SpecItems, branch: tuple[str, ...]) -> Iterator[tuple[Values, ValuePlace]]:
    for item in items:
        for name, values in item.branches.items():
            yield values, ValuePlace(item.kind, "present", item, (*branch, name), False)
        yield item.present, ValuePlace(item.kind, "present", item, branch, False)
        for name, part in item.parts.items():
            yield from _flags(part, _branch(item, name, branch))


def _branch(item: SpecItem, name: str, branch: tuple[str, ...]) -> tuple[str, ...]:
    """The branches around the layers of a part, without the long branch of a residual add."""
    is_main = item.kind == "add" and rows_of(item.parts[name]) == max(map(rows_of, item.parts.values()))
    return branch if is_main or item.kind not in OPS else (*branch, name)
