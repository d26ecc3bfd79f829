"""Which convention, and which form of a network, gives a number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from archcalc.conventions import ARCHCALC, DTYPES
from archcalc.conventions.models import AS_LAYERS, Written, written
from archcalc.conventions.tool import ToolConvention
from archcalc.conventions.tools import tool_convention, tool_names
from archcalc.errors import ArchcalcError, SpecError, alike, did_you_mean, plain, short
from archcalc.language.family import Spec
from archcalc.language.find import load
from archcalc.language.printed import figure_agreement
from archcalc.language.settings import Settings, settings_of
from archcalc.network import Network
from archcalc.results.conventions import (
    CountPart,
    CountTable,
    ExplainedNumber,
    Explanation,
    NetworkCount,
    Reconciliation,
)
from archcalc.studies.counting import (
    counted_by,
    gap,
    merged,
    own_flops,
    own_macs,
    own_params,
    params_by,
    total_of,
    uncounted,
)
from archcalc.studies.tool_layers import ToolLayer, tool_layers
from archcalc.studies.written_number import WrittenCount

SIZES = (224, 227, 256, 299, 288, 231, 192, 160, 128, 320, 331, 384, 32, 28)
CLASSES = (1000, 1001, 100, 10, 21841)
BATCHES = (2, 4, 8, 16, 32, 64, 128, 256, 512)
TRAINING = 3
"""Passes of a training step: the backward pass is counted as two forward passes."""

MOST = 8
"""The most explanations that are shown of a rounded number."""


class Form(NamedTuple):
    """A form of the network: a variant, with settings and heads; ``changes`` counts what differs."""

    variant: str | None
    settings: Mapping[str, Any]
    aux: bool = False
    changes: int = 0


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


def convention_named(name: str) -> ToolConvention:
    """The convention of a tool, in any spelling of its name. Raises ArchcalcError."""
    names = tool_names()
    meant = [name] if name in names else alike(name, names)
    if len(meant) != 1:
        hint = did_you_mean(name, names) or "'archcalc conventions' lists them"
        raise ArchcalcError(f"unknown convention '{short(name)}' ({hint})")
    return tool_convention(meant[0])


def tool_named(name: str | None) -> ToolConvention | None:
    """The convention of a tool, or None for our own, which every answer has. Raises ArchcalcError."""
    return None if name is None or plain(name) == ARCHCALC.name else convention_named(name)


# --- counts of one network -------------------------------------------------------------------------------


def count_of(convention: ToolConvention, layers: Sequence[ToolLayer], what: str = "") -> NetworkCount:
    """A network by a convention: its operations, or its params."""
    unit = what or convention.unit or "params"
    if unit == "params":
        parts, own = params_by(convention, layers), own_params(layers)
    else:
        parts = counted_by(convention, layers)
        own = own_macs(layers) if unit == "macs" else own_flops(layers)
    facts = convention.name, convention.version, "params" if what == "params" else convention.calls
    return _count(facts, unit, parts, own)


def _count(
    facts: tuple[str, str, str], unit: str, parts: Sequence[CountPart], own: Sequence[CountPart]
) -> NetworkCount:
    return NetworkCount(*facts, unit, total_of(parts), merged(parts), total_of(own), gap(parts, own))


def own_counts(layers: Sequence[ToolLayer]) -> Iterator[NetworkCount]:
    """Our own MACs and FLOPs."""
    macs, flops = own_macs(layers), own_flops(layers)
    yield _count((ARCHCALC.name, str(ARCHCALC.version), "MACs"), "macs", macs, macs)
    yield _count((ARCHCALC.name, str(ARCHCALC.version), "FLOPs"), "flops", flops, flops)


def counts_of(layers: Sequence[ToolLayer]) -> list[NetworkCount]:
    """The operations by every convention; only our own if a tool would not see every layer."""
    tools = [convention for convention in map(tool_convention, tool_names()) if convention.unit]
    return [*own_counts(layers), *(count_of(one, layers) for one in tools if not uncounted(one, layers))]


def params_of(layers: Sequence[ToolLayer]) -> Iterator[NetworkCount]:
    """The params by every convention that counts them in its own way, after our own."""
    own = own_params(layers)
    yield _count((ARCHCALC.name, str(ARCHCALC.version), "params"), "params", own, own)
    for convention in map(tool_convention, tool_names()):
        if convention.params:
            count = count_of(convention, layers, "params")
            # A tool for operations is told only where its params are others than ours.
            if not convention.unit or count.total != count.own:
                yield count


def count_table(network: Network) -> CountTable:
    """A network counted by every convention."""
    layers = tool_layers(network, written(network.name))
    counts = sorted(counts_of(layers), key=lambda count: count.total)
    tools = [one for one in map(tool_convention, tool_names()) if one.unit and not one.any_op]
    missing = {one.name: tuple(uncounted(one, layers)) for one in tools}
    in_none = sorted(set.intersection(*map(set, missing.values())))
    left_out = tuple((name, ops) for name, ops in missing.items() if ops)
    shape = network.input.dims
    return CountTable(network.name, network.title, shape, tuple(counts), tuple(in_none), left_out)


# --- explaining a number ---------------------------------------------------------------------------------


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
        self._known: dict[tuple[int, str], list[Offered]] = {}

    def explain(self, number: WrittenCount, called: str, most: int | None = MOST) -> ExplainedNumber:
        """The explanations of a number that need the fewest changes; else the nearest numbers.

        Of a rounded number there are at most so many explanations; None: all.
        """
        for what in _kinds(number, called):
            for level in range(3):
                found = list(self._fitting(number, what, called, level))
                # A rough number would agree with some form by chance if enough forms were tried.
                if found or (number.is_rough and level == 1):
                    break
            if found:
                exact = [one for one in found if one.exact]
                ranked = _ranked(number, exact or found)
                return ExplainedNumber(number.text, ranked if exact else ranked[:most], ())
        kind = _kinds(number, called)[0]
        near = _ranked(number, list(self._offers(kind, called, 0, ONCE)))
        return ExplainedNumber(number.text, (), near[:3])

    def _fitting(self, number: WrittenCount, what: str, called: str, level: int) -> Iterator[Explanation]:
        multiples = [ONCE]
        if level == 1 and what == "operations" and not number.is_rough:
            multiples += [Repeated(passes=TRAINING), *(Repeated(batch) for batch in BATCHES)]
        for times in multiples:
            below = 0 if times != ONCE else level
            for offer in self._offers(what, called, below, times):
                agrees = figure_agreement(number.figure, offer.value)
                if agrees != "disagrees":
                    yield offer._replace(exact=agrees == "exact")

    def _offers(self, what: str, called: str, level: int, times: Repeated) -> Iterator[Explanation]:
        """The numbers of all conventions for the forms with so many changes."""
        for offered in self._counted(level, "operations" if what == "operations" else "params"):
            form, name, way, counted = offered
            if called in ("macs", "flops") and not _is_called(counted, called):
                continue
            for factor, dtype in _factors(what):
                value = counted.total * factor * times.batch * times.passes
                settings = {**form.settings, **dtype}
                yield Explanation(name, settings, way, form.aux, *times, counted, value, False)

    def _counted(self, level: int, what: str) -> list[Offered]:
        """The counts of all forms with so many changes; of a convention each number of a form once."""
        if (level, what) not in self._known:
            self._known[level, what] = [
                offered for form in self._forms(level) for offered in self._of_form(form, what)
            ]
        return self._known[level, what]

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

    def _forms(self, level: int) -> Iterator[Form]:
        """The forms of the network with 0, 1 or 2 changes."""
        if level == 0:
            yield self.start
        elif level == 1:
            yield self.start._replace(aux=True)
            yield from self._with_settings(self.start)
            yield from self._variants()
        else:
            for variant in self._variants():
                yield from self._with_settings(variant)

    def _variants(self) -> Iterator[Form]:
        for about in self.spec.networks():
            if about.name != self.start.variant:
                yield self.start._replace(variant=about.name)

    def _with_settings(self, form: Form) -> Iterator[Form]:
        for name, values in (("size", SIZES), ("classes", CLASSES)):
            if name in self.spec.settings and name not in form.settings:
                for value in values:
                    yield form._replace(settings={**form.settings, name: value})


def ways_to_write(network: Network) -> Mapping[str, Written]:
    """How the model may be written: as torchvision does, all as modules, or with ReLU as a function."""
    ways = {
        "": written(network.name),
        "every layer a module": AS_LAYERS,
        "ReLU a function": Written(functional=("relu",)),
    }
    return {way: how for way, how in ways.items() if not way or how != ways[""]}


def _kinds(number: WrittenCount, called: str) -> list[str]:
    """What a number may count, the likely first."""
    kind = {"macs": "operations", "flops": "operations"}.get(called, called) or number.counts
    return [kind] if kind else ["operations", "params"]


def _is_called(count: NetworkCount, called: str) -> bool:
    return count.unit == called or (called == "flops" and "flop" in count.calls.lower())


def _factors(what: str) -> list[tuple[int, dict[str, str]]]:
    """What params are multiplied by: the bytes of a value."""
    if what != "bytes":
        return [(1, {})]
    return [(DTYPES[name], {"dtype": name}) for name in ("float32", "float16", "int8")]


def _ranked(number: WrittenCount, found: Sequence[Explanation]) -> list[Explanation]:
    """Exact ones first, then those for models as torchvision writes them, then the nearest."""

    def place(one: Explanation) -> tuple[bool, bool, Fraction]:
        return not one.exact, bool(one.way), abs(one.value - number.figure.value)

    return sorted(found, key=place)
