"""Which convention, and which form of a network, gives a number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from fractions import Fraction
from typing import Any, NamedTuple

from archcalc.conventions import ARCHCALC, DTYPES
from archcalc.conventions.models import AS_LAYERS, Written, written
from archcalc.conventions.tools import tool_names
from archcalc.errors import SpecError
from archcalc.language.family import Spec
from archcalc.language.find import load
from archcalc.language.printed import figure_agreement
from archcalc.language.settings import Settings, settings_of
from archcalc.network import Network
from archcalc.results.conventions import ExplainedNumber, Explanation, NetworkCount, Reconciliation
from archcalc.studies.reconcile import counts_of, params_of
from archcalc.studies.tool_layers import tool_layers
from archcalc.studies.written_number import WrittenCount, other_readings, with_unit

SIZES = (224, 227, 256, 299, 288, 231, 192, 160, 128, 320, 331, 384, 32, 28)
CLASSES = (1000, 1001, 100, 10, 21841)
TOKENS = (64, 128, 196, 197, 256, 384, 512, 1024)
USUAL_VALUES: Mapping[str, tuple[int, ...]] = {"size": SIZES, "classes": CLASSES, "tokens": TOKENS}
"""The settings that people change without a word, and the values that they use."""

BATCHES = (2, 4, 8, 16, 32, 64, 128, 256, 512)
TRAINING = 3
"""Passes of a training step: the backward pass is counted as two forward passes."""

MOST_CHANGES = 2

KNOWN_FIRST = (
    ARCHCALC.name,
    *("torch", "fvcore", "torchvision", "ptflops", "thop", "torchinfo", "keras", "timm"),
)
"""The conventions that a reader most likely knows; they are told before the others."""

TOLD_FIRST = dict.fromkeys((*KNOWN_FIRST, *tool_names()))
PLACES: Mapping[str, int] = {name: place for place, name in enumerate(TOLD_FIRST)}

FAR = 2
"""A number that is more times as large, or as small, is not near."""


class Form(NamedTuple):
    """A form of the network: a variant, with settings and heads."""

    variant: str | None
    settings: Mapping[str, Any]
    aux: bool = False


class Repeated(NamedTuple):
    """What a count is multiplied by."""

    batch: int = 1
    passes: int = 1


ONCE = Repeated()


class Offered(NamedTuple):
    """A count of a form of the network, and the way in which the model is written."""

    form: Form
    network: str
    way: str
    counted: NetworkCount


class Asked(NamedTuple):
    """What explanations may count: operations, params or bytes; with the name ``called`` (macs, flops) and by
    certain ``tools`` only, if these are given.
    """

    what: str
    called: str = ""
    tools: AbstractSet[str] = frozenset()

    def allows(self, counted: NetworkCount) -> bool:
        """Whether a count may be meant."""
        if self.called in ("macs", "flops") and not _is_called(counted, self.called):
            return False
        # A tool without a rule of its own for params counts all that is trained, as archcalc does.
        own = {ARCHCALC.name} if self.what != "operations" else set()
        return not self.tools or counted.convention in self.tools | own


def reconcile(
    target: str, settings: Settings | None, numbers: Sequence[WrittenCount], called: str = ""
) -> Reconciliation:
    """Explain numbers for a network; ``called`` is what they count: macs, flops, params or bytes."""
    spec, variant = load(target, strict=True)
    search = NumberSearch(spec, variant, settings_of(settings))
    explained = tuple(search.explain(number, called) for number in numbers)
    network = spec.bind(variant, settings_of(settings))
    return Reconciliation(network.name, network.title, explained)


class NumberSearch:
    """The search for explanations: with the fewest changes of the network first."""

    def __init__(self, spec: Spec, variant: str | None, settings: Mapping[str, Any]) -> None:
        self.spec = spec
        self.start = Form(variant, settings)
        self.forms = [self._forms(level) for level in range(MOST_CHANGES + 1)]
        self._known: dict[tuple[int, str], list[Offered]] = {}

    def explain(
        self, number: WrittenCount, called: str = "", tools: AbstractSet[str] = frozenset()
    ) -> ExplainedNumber:
        """The explanations of a number that need the fewest changes, by ``tools`` if any are given.

        If there is none: the nearest numbers, and the other networks of the family that have the number.
        """
        readings = [number, *other_readings(number, called)]
        if explained := self._explained(readings, called, tools):
            return explained
        return self._not_explained(number, readings, called, tools)

    def _explained(
        self, readings: Sequence[WrittenCount], called: str, tools: AbstractSet[str]
    ) -> ExplainedNumber | None:
        # A rough number would agree with some form by chance if enough forms were tried.
        for level in range(MOST_CHANGES if readings[0].is_rough else MOST_CHANGES + 1):
            for reading in readings:
                for asked in _asked(reading, called, tools):
                    if found := list(self._fitting(reading, asked, level)):
                        return ExplainedNumber(reading.text, _best(reading, found), (), reading.read_as)
        return None

    def _not_explained(
        self, number: WrittenCount, readings: Sequence[WrittenCount], called: str, tools: AbstractSet[str]
    ) -> ExplainedNumber:
        reading = readings[-1]
        asked = _asked(reading, called, tools)[0]
        value = reading.figure.value
        offers = self._offers(asked, self._counted(0, asked.what), ONCE)
        near = [one for one in offers if value / FAR <= one.value <= value * FAR]
        near.sort(key=lambda one: (bool(one.way), abs(one.value - value)))
        siblings = self._of_siblings(reading, called, tools)
        return ExplainedNumber(
            number.text, (), near[:3], reading.read_as, siblings, self._meant(number, called)
        )

    def _of_siblings(self, number: WrittenCount, called: str, tools: AbstractSet[str]) -> list[Explanation]:
        """The explanations that hold for other networks of the family: a hint, and no explanation."""
        for asked in _asked(number, called, tools):
            counted = [
                offered for form in self._siblings() for offered in self._of_form(form, _group(asked.what))
            ]
            if found := list(_agreeing(number, self._offers(asked, counted, ONCE))):
                best = _best(number, found)
                return list({one.network: one for one in reversed(best)}.values())[::-1]
        return []

    def _meant(self, number: WrittenCount, called: str) -> str:
        """The number with the unit that may be missing: 4.1G for 4.1; empty if no unit explains it."""
        longer = (one for one in with_unit(number) if self._explained([one], called, frozenset()))
        return next((one.text for one in longer), "")

    def _fitting(self, number: WrittenCount, asked: Asked, level: int) -> Iterator[Explanation]:
        counted: Iterable[Offered] = self._counted(level, asked.what)
        if number.is_very_rough:
            # With so many sizes any number of two digits can be found.
            counted = (offered for offered in counted if offered.form.settings == self.start.settings)
        yield from _agreeing(number, self._offers(asked, counted, ONCE))
        if level == 1 and asked.what == "operations" and not number.is_rough:
            for times in (Repeated(passes=TRAINING), *map(Repeated, BATCHES)):
                yield from _agreeing(number, self._offers(asked, self._counted(0, asked.what), times))

    def _offers(self, asked: Asked, counts: Iterable[Offered], times: Repeated) -> Iterator[Explanation]:
        """The numbers that counts may be printed as."""
        for form, name, way, counted in counts:
            if not asked.allows(counted):
                continue
            for factor, dtype in _factors(asked.what):
                value = counted.total * factor * times.batch * times.passes
                settings = {**form.settings, **dtype}
                yield Explanation(name, settings, way, form.aux, *times, counted, value, False)

    def _counted(self, level: int, what: str) -> list[Offered]:
        """The counts of all forms with so many changes; of a convention each number of a form once."""
        group = _group(what)
        if (level, group) not in self._known:
            self._known[level, group] = [
                offered for form in self.forms[level] for offered in self._of_form(form, group)
            ]
        return self._known[level, group]

    def _of_form(self, form: Form, what: str) -> Iterable[Offered]:
        found: dict[tuple[str, str, int], Offered] = {}
        try:
            network = self.spec.bind(form.variant, form.settings)
            for way, how in ways_to_write(network).items():
                layers = tool_layers(network, how, aux=form.aux)
                for count in counts_of(layers) if what == "operations" else params_of(layers):
                    key = count.convention, count.calls, count.total
                    found.setdefault(key, Offered(form, network.name, way, count))
        except SpecError:
            pass  # that size or that number of classes does not fit
        return found.values()

    def _forms(self, level: int) -> list[Form]:
        """The forms of the network with 0, 1 or 2 changes."""
        if level == 0:
            return [self.start]
        if level == 1:
            return [self.start._replace(aux=True), *self._with_settings(self.start), *self._variants()]
        return [form for variant in self._variants() for form in self._with_settings(variant)]

    def _variants(self) -> list[Form]:
        """The same network in other forms: v1.5, with other heads, as another library builds it."""
        own = same_network(self.spec, self.start.variant)
        return [self.start._replace(variant=name) for name in own if name != self.start.variant]

    def _siblings(self) -> list[Form]:
        own = same_network(self.spec, self.start.variant)
        others = [about.name for about in self.spec.networks() if about.name not in own]
        return [self.start._replace(variant=name) for name in others]

    def _with_settings(self, form: Form) -> Iterator[Form]:
        for name, values in USUAL_VALUES.items():
            if name in self.spec.settings and name not in form.settings:
                for value in values:
                    yield form._replace(settings={**form.settings, name: value})


def same_network(spec: Spec, variant: str | None) -> list[str]:
    """The names in a family that mean one network: they begin with its name.

    >>> same_network(load("resnet50-v1.5")[0], "resnet50-v1.5"), same_network(load("vgg13")[0], "vgg13")
    (['resnet50', 'resnet50-v1.5'], ['vgg13'])
    """
    names = [about.name for about in spec.networks()]
    root = _root(spec.named(variant).name, names)
    return [name for name in names if _root(name, names) == root]


def _root(variant: str, names: Sequence[str]) -> str:
    """The shortest name with which a name begins."""
    return min((name for name in names if variant.startswith(f"{name}-")), key=len, default=variant)


def ways_to_write(network: Network) -> Mapping[str, Written]:
    """How the model may be written: as torchvision does, all as modules, or with ReLU as a function."""
    ways = {
        "": written(network.name),
        "every layer a module": AS_LAYERS,
        "ReLU a function": Written(functional=("relu",)),
    }
    return {way: how for way, how in ways.items() if not way or how != ways[""]}


def _agreeing(number: WrittenCount, offers: Iterable[Explanation]) -> Iterator[Explanation]:
    for offer in offers:
        agrees = figure_agreement(number.figure, offer.value)
        if agrees != "disagrees":
            yield offer._replace(exact=agrees == "exact")


def _asked(number: WrittenCount, called: str, tools: AbstractSet[str]) -> list[Asked]:
    """What a number may count, the likely first."""
    kind = {"macs": "operations", "flops": "operations"}.get(called, called) or number.counts
    return [Asked(what, called, tools) for what in ([kind] if kind else ["operations", "params"])]


def _group(what: str) -> str:
    """What is counted: bytes are those of the params."""
    return "operations" if what == "operations" else "params"


def _is_called(count: NetworkCount, called: str) -> bool:
    return count.unit == called or (called == "flops" and "flop" in count.calls.lower())


def _factors(what: str) -> list[tuple[int, dict[str, str]]]:
    """What params are multiplied by: the bytes of a value."""
    if what != "bytes":
        return [(1, {})]
    return [(DTYPES[name], {"dtype": name}) for name in ("float32", "float16", "int8")]


def _best(number: WrittenCount, found: Sequence[Explanation]) -> list[Explanation]:
    """Only the exact ones if there are any; first the models as torchvision writes them, and known tools."""

    def place(one: Explanation) -> tuple[bool, int, Fraction]:
        return bool(one.way), PLACES[one.counted.convention], abs(one.value - number.figure.value)

    return sorted([one for one in found if one.exact] or found, key=place)
