"""A checked spec: a family of networks, and the network that it makes of some settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from functools import cached_property
from typing import Any, NoReturn

from archcalc.errors import (
    ArchcalcError,
    Problem,
    Source,
    SpecError,
    alike,
    did_you_mean,
    one_of,
    printable,
    short,
)
from archcalc.language.about import About
from archcalc.language.arithmetic import shown
from archcalc.language.builder import BuildContext, Builder, NamingScope, TooManyProblems
from archcalc.language.input_sizes import WrittenInput, place_inputs
from archcalc.language.items import Items, build_items
from archcalc.language.segments import SegmentBuilder
from archcalc.language.values import AlreadyReported, SpecProblem, Value
from archcalc.network import INPUT, INPUT_NAME, LayersOf, Network, Node
from archcalc.ops.base import Volume
from archcalc.ops.collector import without_collection
from archcalc.ops.frozen import Record, State, record, state


@record
class Setting(Record):
    """A setting of the family: its default, and the words that it allows if they are listed."""

    default: Value
    words: tuple[str, ...] = ()


@state
class Spec(State):
    """A checked spec: a family of networks with settings."""

    source: Source
    name: str
    family: str
    about: About
    variants: dict[str, About]
    settings: dict[str, Setting]
    inputs: dict[str, WrittenInput] = field(default_factory=dict)
    layers: Items = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    bound: int = 0
    """How many networks it has made."""

    @property
    def input(self) -> WrittenInput:
        """The first input."""
        return next(iter(self.inputs.values()))

    def doubt(self) -> Problem | None:
        """A warning about the order of the sizes of the input; None if nothing looks wrong."""
        try:
            values = self._values(self.about, {})
            doubts = (written.doubt(values) for written in self.inputs.values())
            return next(filter(None, doubts), None)
        except (ArchcalcError, SpecProblem, AlreadyReported):
            return None  # reported when the network is built

    def networks(self) -> list[About]:
        """The networks of the spec: its variants, or the spec itself if it has none."""
        return list(self.variants.values()) or [self.about]

    def documented(self) -> list[About]:
        """The networks, and the family itself if the spec has claims about it."""
        return self.networks() + [self.about] * bool(self.variants and self.about.claims)

    def find(self, name: str) -> About | None:
        """The network of that name or alias; the name of the spec means the family with its defaults."""
        for about in [*self.variants.values(), self.about]:
            if name == about.name or name in about.aliases:
                return about
        return None

    def _alike(self, name: str) -> About | None:
        """The network whose name differs in spelling only; None if there is none, or more than one."""
        networks = [*self.variants.values(), self.about]
        meant = [about for about in networks if alike(name, (about.name, *about.aliases))]
        return meant[0] if len(meant) == 1 else None

    def named(self, name: str | None) -> About:
        """As ``find``; without a name the family. Raises ArchcalcError for an unknown name."""
        about = self.about if name is None else self.find(name) or self._alike(name)
        if about is None:
            known = [about.name for about in self.networks()]
            hint = did_you_mean(str(name), known) or f"it has {len(known)} variants"
            raise ArchcalcError(f"{printable(self.source.name)} has no variant '{short(str(name))}' ({hint})")
        return about

    @without_collection
    def bind(
        self, name: str | None = None, settings: Mapping[str, Any] | None = None, *, strict: bool = True
    ) -> Network:
        """The network with these settings; the others keep their defaults.

        ``settings`` are ints, words, lists, or dimensions of one kind. Raises SpecError with all problems,
        and ArchcalcError for an unknown setting or variant. If not ``strict``, the network carries its
        problems instead, so that the engine can report them together with those of the shapes.
        """
        about = self.named(name)
        values = self._values(about, settings or {})
        self.bound += 1
        builder, segment = Builder(), SegmentBuilder()
        context = BuildContext(NamingScope(segment), values, values)
        volume, output = Volume((), 1), INPUT
        try:
            place_inputs(self.inputs, builder, context)
            output = build_items(self.layers, builder, context, INPUT)
            volume = self.input.volume(values)
        except SpecProblem as error:
            builder.problems.append(error.problem)
        except TooManyProblems:
            segment = SegmentBuilder()  # no analysis of a network that was not built to its end
        except AlreadyReported:
            pass  # of the input: parsing has reported it
        layers: Sequence[Node] = LayersOf(segment.made(output, builder.steps).segment)
        if builder.ties and not builder.problems:
            from archcalc.language.sharing import tied  # few networks need it

            layers = tied(layers, builder.ties, builder.problems)
        problems = (*self.problems, *builder.problems)
        if problems and strict:
            raise SpecError(problems)
        return Network(
            about.name,
            volume,
            layers,
            about.title,
            self.family,
            about.year,
            about.source,
            values,
            output,
            {tie.path: tie.other for tie in builder.ties},
            next(iter(self.inputs), INPUT_NAME),
            problems,
        )

    def full_title(self, name: str | None, given: Mapping[str, Any]) -> str:
        """The title; of a family also the network that its defaults make: ``VGG, here vgg16``."""
        about = self.named(name)
        choices = {setting for variant in self.variants.values() for setting in variant.settings}
        if about is not self.about or not self.default_variant or not choices.isdisjoint(given):
            return about.title
        return ", ".join(filter(None, (about.title, f"here {self.default_variant}")))

    @cached_property
    def default_variant(self) -> str:
        """The name of the variant that has the defaults of the family; empty if none has."""
        try:
            values = self._values(self.about, {})
            same = (about.name for about in self.variants.values() if self._values(about, {}) == values)
            return next(same, "")
        except SpecError:  # reported when the network is built
            return ""

    def _values(self, about: About, given: Mapping[str, Any]) -> dict[str, Any]:
        """Every setting: as given, else of the variant, else the default, which may use earlier settings."""
        for name in given:
            if name not in self.settings:
                hint = did_you_mean(name, self.settings) or "it has no settings"
                if name == "input":
                    hint = "only a model such as net.onnx takes --input. Did you mean '--set size=N'?"
                elif name == "opaque" or name.startswith("arg."):
                    option = "--opaque" if name == "opaque" else "--arg"
                    hint = f"only a model of PyTorch (torch:package.module:callable) takes {option}"
                raise ArchcalcError(f"{about.name} has no setting '{short(name)}' ({hint})")
        values: dict[str, Any] = {}
        problems = []
        for name, setting in self.settings.items():
            # `values` holds the settings so far: a default can use those before it.
            written = about.settings.get(name, setting.default)
            try:
                value = written.get(values)
                if name in given:
                    value = _of_same_sort(about.name, name, value, given[name])
                if setting.words and value not in setting.words:
                    words = one_of([repr(word) for word in setting.words])
                    _refuse(f"{name} must be {words}, not {shown(value)}", name in given, written)
                values[name] = value
            except SpecProblem as error:
                problems.append(error.problem)
            except AlreadyReported:  # a broken default: without it no layer can be checked
                problems.extend(self.problems)
        if problems:
            raise SpecError([*self.problems, *problems])
        return values


def _refuse(message: str, is_given: bool, written: Value) -> NoReturn:
    """Refuse a value as wrong usage if it was given to the command, else at its place in the spec."""
    if is_given:
        raise ArchcalcError(message)
    raise SpecProblem(Problem(message, written.mark))


def _of_same_sort(network: str, name: str, default: Any, given: Any) -> Any:
    """A given setting, if it is of the same sort as the default. Raises ArchcalcError."""

    def sort(value: Any) -> str:
        if isinstance(value, bool):
            return "true or false"
        if isinstance(value, str):
            return "a word"
        return "a list" if isinstance(value, list | tuple) else "a number"

    if default is not None and sort(default) != sort(given):
        raise ArchcalcError(
            f"{name} of {network} must be {sort(default)} (default: {shown(default)}), not {shown(given)}"
        )
    return list(given) if isinstance(given, tuple) else given
