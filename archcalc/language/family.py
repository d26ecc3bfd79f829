"""A checked spec: what it documents, and the networks it is bound to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple, NoReturn

from archcalc.errors import ArchcalcError, Problem, Source, SpecError, did_you_mean, one_of, printable, short
from archcalc.language.about import About
from archcalc.language.builder import BuildContext, Builder, NamingScope, TooManyProblems
from archcalc.language.expressions import is_number, shown
from archcalc.language.items import Items, build_items
from archcalc.language.values import AlreadyReported, SpecProblem, Value
from archcalc.network import INPUT, Network
from archcalc.ops.base import Volume


class Setting(NamedTuple):
    """A free name of the family: its default, and the words it may be if they are listed."""

    default: Value
    words: tuple[str, ...] = ()


@dataclass(slots=True)
class Spec:
    """A checked spec: a family of networks with free settings."""

    source: Source
    name: str
    family: str
    about: About
    variants: dict[str, About]
    settings: dict[str, Setting]
    input: list[Value] = field(default_factory=list)
    layers: Items = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def networks(self) -> list[About]:
        """The networks that the spec documents: its variants, or itself if it has none."""
        return list(self.variants.values()) or [self.about]

    def documented(self) -> list[About]:
        """Those networks, and the family itself where something is claimed of it."""
        return self.networks() + [self.about] * bool(self.variants and self.about.claims)

    def find(self, name: str) -> About | None:
        """The network of that name or alias; the spec's own name is the family with its default settings."""
        for about in [*self.variants.values(), self.about]:
            if name == about.name or name in about.aliases:
                return about
        return None

    def named(self, name: str | None) -> About:
        """The network of that name or alias, the family with its default settings without one. Raises ArchcalcError."""
        about = self.about if name is None else self.find(name)
        if about is None:
            known = [about.name for about in self.networks()]
            hint = did_you_mean(str(name), known) or "'archcalc list' shows the networks there are"
            raise ArchcalcError(f"{printable(self.source.name)} has no variant '{short(str(name))}' ({hint})")
        return about

    def bind(
        self, name: str | None = None, settings: Mapping[str, Any] | None = None, *, strict: bool = True
    ) -> Network:
        """The network with these settings; the others keep their defaults.

        ``settings`` are ints, words, lists, or dimensions of one kind. Raises SpecError with everything that
        is wrong, ArchcalcError for a setting or variant that does not exist. If not ``strict``, the network
        carries its problems instead, so that the engine can tell them together with those of the shapes.
        """
        about = self.named(name)
        values = self._values(about, settings or {})
        builder = Builder()
        inside = BuildContext(NamingScope(), values, values)
        volume, output = Volume((), 1), INPUT
        try:
            output = build_items(self.layers, builder, inside, INPUT)
            volume = self._volume(values)
        except SpecProblem as error:
            builder.problems.append(error.problem)
        except TooManyProblems:
            builder.layers.clear()
        except AlreadyReported:
            pass
        problems = (*self.problems, *builder.problems)
        if problems and strict:
            raise SpecError(problems)
        return Network(
            about.name,
            volume,
            builder.layers,
            about.title,
            self.family,
            about.year,
            about.source,
            values,
            output,
            problems,
        )

    def _values(self, about: About, given: Mapping[str, Any]) -> dict[str, Any]:
        """Every setting: as given, else as the variant has it, else the default (which may use those before it)."""
        for name in given:
            if name not in self.settings:
                known = did_you_mean(name, self.settings)
                raise ArchcalcError(f"{about.name} has no setting '{short(name)}' ({known or 'it has none'})")
        values: dict[str, Any] = {}
        problems = []
        for name, setting in self.settings.items():
            written = about.settings.get(name, setting.default)
            try:
                value = written.get(values)
                if name in given:
                    value = _alike(about.name, name, value, given[name])
                if setting.words and value not in setting.words:
                    _refuse(
                        f"{name} must be {one_of([f'{word!r}' for word in setting.words])}, not {shown(value)}",
                        name in given,
                        written,
                    )
                values[name] = value
            except SpecProblem as error:
                problems.append(error.problem)
            except AlreadyReported:
                problems.extend(self.problems)
        if problems:
            raise SpecError([*self.problems, *problems])
        return values

    def _volume(self, values: Mapping[str, Any]) -> Volume:
        sizes = []
        for value in self.input:
            size = value.get(values)
            if not is_number(size) or isinstance(size, Fraction) or (isinstance(size, int) and size < 1):
                says = f"an input size must be a whole number from 1 up, not {shown(size)}"
                raise SpecProblem(Problem(says, value.mark, "input"))
            sizes.append(size)
        return Volume(tuple(sizes[:-1]), sizes[-1])


def _refuse(says: str, given: bool, written: Value) -> NoReturn:
    """A setting's value is refused where it stands, or as bad usage if it was given."""
    if given:
        raise ArchcalcError(says)
    raise SpecProblem(Problem(says, written.mark))


def _alike(network: str, name: str, default: Any, given: Any) -> Any:
    """A given setting, if it is of the same sort as the default."""

    def sort(value: Any) -> str:
        if isinstance(value, bool):
            return "true or false"
        if isinstance(value, str):
            return "a word"
        return "a list" if isinstance(value, list | tuple) else "a number"

    if default is not None and sort(default) != sort(given):
        raise ArchcalcError(f"{name} is {sort(default)} in {network} ({shown(default)}), not {shown(given)}")
    return list(given) if isinstance(given, tuple) else given
