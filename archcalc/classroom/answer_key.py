"""A network as an answer key: the right figures, their derivations, and the figures that mistakes lead to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from archcalc.classroom.calculation import CALCULATED, FIELDS, Calculation, LayerTerm, made_of
from archcalc.classroom.key_names import INPUT_ROW, KeyNames
from archcalc.classroom.submission import DECLARED
from archcalc.conventions import DTYPES
from archcalc.engine.figures import figures_of
from archcalc.engine.quantities import BY_KEY, QUANTITIES
from archcalc.engine.reading import ONE_IMAGE, Pass
from archcalc.engine.totals import figures_of_input, of_input
from archcalc.engine.walk import Step, walk_or_raise
from archcalc.errors import ArchcalcError
from archcalc.network import INPUT, Network

if TYPE_CHECKING:
    from archcalc.classroom.search import Search
    from archcalc.engine.receptive import ReceptiveField
    from archcalc.results import Analysis, Layer
    from archcalc.results.explain import DerivationStep

MEMORY = made_of("activations")
OF_INPUT = ("output", *MEMORY)
"""Quantities of the input; every other quantity of it is 0."""
LOOKED_UP = (
    "slide_activations",  # says which layers have a row in the lectures
    *(quantity.key for quantity in QUANTITIES if quantity.asked and quantity.key not in CALCULATED),
)
"""The quantities that a key takes from an analysis; it calculates all others."""


def _in_lectures(steps: Iterable[Step]) -> list[Step]:
    """The layers that have a separate row, and memory, in the lectures."""
    return [step for step in steps if figures_of(step.worked, ONE_IMAGE)["slide_activations"]]


class AnswerKey:
    """The right figures of one network, each computed when it is first needed."""

    def __init__(self, network: Network, *, batch: int = 1, dtype: str = "float32") -> None:
        """Raises SpecError if the network is invalid, and ArchcalcError if it has several inputs."""
        if network.further_inputs:
            raise ArchcalcError(f"{network.name} has several inputs: answers about it cannot be graded")
        self.network = network
        self.batch = batch
        self.dtype = dtype
        self.value_bytes = DTYPES[dtype]
        steps, _ = walk_or_raise(network, aux=False)
        self.steps: dict[str, Step] = {step.node.path: step for step in steps}
        self._rights: dict[tuple[str, str], list[Any]] = {}
        self._searches: dict[tuple[str, str], Search | None] = {}
        self._derivations: dict[tuple[str, str], tuple[DerivationStep, ...]] = {}
        self._terms_of: dict[str, LayerTerm] = {}

    @cached_property
    def analysis(self) -> Analysis:
        """The table of the network: lecture notation is matched with its rows, and few figures need it."""
        from archcalc.studies.analyze import analyze

        return analyze(self.network, LOOKED_UP, batch=self.batch, dtype=self.dtype)

    @cached_property
    def _layers(self) -> Mapping[str, Layer]:
        return {layer.path: layer for layer in self.analysis.layers}

    @cached_property
    def _names(self) -> KeyNames:
        return KeyNames(self.network.name, self.steps)

    def find(self, name: str) -> str:
        """The path of the layer or scope with this name, in any spelling. Raises ArchcalcError."""
        return self._names.find(name)

    # --- right figures ------------------------------------------------------------------------------

    def rights(self, path: str, quantity: str) -> list[Any]:
        """All right figures of a question; the figure of ``archcalc table --depth all`` comes first.

        The list is empty if the layer has no such quantity.
        """
        place = path, quantity
        if place not in self._rights:
            self._rights[place] = list(dict.fromkeys(self._right(*place)))
        return self._rights[place]

    def _right(self, path: str, quantity: str) -> Iterable[Any]:
        if path == INPUT_ROW:
            return self._of_input(quantity)
        if quantity not in CALCULATED:  # not a sum over layers
            return self._from_analysis(path, quantity)
        return [calculation.result() for calculation in self._calculations(path, quantity)]

    def _of_input(self, quantity: str) -> list[Any]:
        if quantity in FIELDS:  # a value of the input sees itself
            return [1, (1,) * self.network.input.rank]
        if quantity not in CALCULATED:
            return [0]
        return [figures_of_input(self.network.input, Pass(self.batch, self.value_bytes))[quantity]]

    def _from_analysis(self, path: str, quantity: str) -> Iterator[Any]:
        """A figure of the analysis. If it is the same on all axes, a student may write it once."""
        # A scope has the receptive field of its last layer.
        last = self.last(path) if path else None
        record: Any = self._layers[last.node.path] if last else self.analysis.totals
        value = getattr(record, quantity, None)
        if quantity in DECLARED and path in self._layers:
            value = record.options.get(quantity)
            value = record.output[-1] if value is None and quantity == "filters" else value
        if isinstance(value, list | tuple):
            if len(set(value)) == 1:
                yield value[0]
            yield tuple(value)
        elif value is not None and not isinstance(value, str):
            yield value

    # --- calculations -------------------------------------------------------------------------------

    def _calculations(self, path: str, quantity: str) -> list[Calculation]:
        """The right calculations of a figure of a layer, a scope or the whole network."""
        if not path:
            return self._of_network(quantity)
        if quantity in FIELDS:
            way = self._windows(path)
            return [Calculation(quantity, tuple(way))] if way else []
        return [self._calculation(quantity, list(map(self._term, way))) for way in self.ways(path, quantity)]

    def ways(self, path: str, quantity: str) -> list[list[Step]]:
        """The right choices of the steps that a figure counts.

        A figure of a layer counts the layer alone, or also the followers in its row. A figure of a scope
        counts all its layers. Activations may also be counted as in the lectures, where some ops work in
        place: a softmax has none then.
        """
        if quantity == "output":
            last = self.last(path)
            return [[last]] if last else []
        layer = [self.steps[path]] if path in self.steps else []
        inside = [step for place, step in self.steps.items() if place.startswith(f"{path}/")]
        ways = [way for way in ((layer, [*layer, *inside]) if layer else (inside,)) if way]
        if quantity in MEMORY:
            ways += [way for way in map(_in_lectures, [*ways]) if way not in ways]
        return ways

    def _windows(self, path: str) -> list[LayerTerm]:
        """The layers with a window on the way to a layer; empty if branches meet on it."""
        windows: list[LayerTerm] = []
        step = self.steps.get(path)
        while step is not None and len(step.node.inputs) == 1:
            if step.worked.reach and len(set(step.worked.reach)) == 1:
                windows.append(self._term(step))
            elif step.worked.reach:
                return []  # its sides differ, and a calculation is about one axis
            number = step.node.inputs[0]
            if number == INPUT:
                return windows[::-1]
            step = self.steps.get(self.network.layers[number - 1].path)
        return []

    def last(self, path: str) -> Step | None:
        """The step whose output is the output of a layer or a scope."""
        inside = (step for place, step in reversed(self.steps.items()) if place.startswith(f"{path}/"))
        return self.steps.get(path) or next(inside, None)

    def _of_network(self, quantity: str) -> list[Calculation]:
        steps = list(self.steps.values())
        if quantity == "output":
            last = [self._term(step) for step in steps if step.number == self.network.output]
            return [self._calculation(quantity, last)] if last else []
        whole = self._calculation(quantity, self._terms_of_network)
        if quantity not in MEMORY:
            return [whole]
        rows = self._calculation(quantity, self._merged(_in_lectures(steps)))
        return [rows._replace(plus=of_input(BY_KEY["slide_activations"], self.network)), whole]

    def _calculation(self, quantity: str, terms: Sequence[LayerTerm]) -> Calculation:
        return Calculation(quantity, tuple(terms), 0, self.batch, self.value_bytes)

    @cached_property
    def _terms_of_network(self) -> list[LayerTerm]:
        """The terms of every total: made once, because a term remembers what a search asks of it."""
        return self._merged(self.steps.values())

    def _merged(self, steps: Iterable[Step]) -> list[LayerTerm]:
        """The terms of a sum.

        Equal layers without options (bn, relu) that repeat one item of a spec become one term, counted
        several times. All others stay apart: a student may miss one of them.
        """
        equal: dict[Any, list[Step]] = {}
        item = None
        for step in steps:
            marks = step.node.marks  # of the layer itself, and of its options
            item = item if step.node.follower else marks.get("")
            has_options = len(marks) > 1
            place = step.node.path if has_options or not item else (step.like, item.line, item.column)
            equal.setdefault(place, []).append(step)
        terms = [(self._term(group[0]), len(group)) for group in equal.values()]
        return [term if count == 1 else term.but(times=count) for term, count in terms]

    def _term(self, step: Step) -> LayerTerm:
        """The term of a layer: always the same one, because it remembers what a search asks of it."""
        path = step.node.path
        if path not in self._terms_of:
            before, shared = self._before(step), step.shared_names
            self._terms_of[path] = LayerTerm(step.node.op, step.xs, None, before, path=path, shared=shared)
        return self._terms_of[path]

    def _before(self, step: Step) -> LayerTerm | None:
        """The layer that made the input of a step. Layers that pass their input on unchanged are skipped."""
        while len(step.node.inputs) == 1 and step.node.inputs[0] != INPUT:
            step = self.steps[self.network.layers[step.node.inputs[0] - 1].path]
            if step.xs != (step.y,):
                return LayerTerm(step.node.op, step.xs, path=step.node.path)
        return None

    def search(self, path: str, quantity: str) -> Search | None:
        """The search for mistakes in a figure; None for figures without a calculation."""
        from archcalc.classroom.search import Search  # most submissions are right

        place = path, quantity
        if place not in self._searches:
            can_search = path != INPUT_ROW and (quantity in CALCULATED or (path and quantity in FIELDS))
            calculations = self._calculations(*place) if can_search else []
            self._searches[place] = Search(calculations[0], not path) if calculations else None
        return self._searches[place]

    def derivation(self, path: str, quantity: str) -> tuple[DerivationStep, ...]:
        """The steps that lead to a figure, as ``explain`` prints them."""
        place = path, quantity
        if place not in self._derivations:
            self._derivations[place] = tuple(self._derived(*place))
        return self._derivations[place]

    def _derived(self, path: str, quantity: str) -> list[DerivationStep]:
        from archcalc.studies.explain import derive, leading, total_steps

        if not path:
            return total_steps(self._derived_totals, quantity)
        if path not in self.steps:
            return []
        step = self.steps[path]
        seen = [self._fields[source] for source in step.node.inputs]
        _, steps = derive(step.node.op, step.xs, seen, batch=self.batch, value_bytes=self.value_bytes)
        return leading(steps, quantity)

    @cached_property
    def _derived_totals(self) -> list[DerivationStep]:
        from archcalc.studies.explain import totals_of

        run = Pass(self.batch, self.value_bytes)
        return totals_of(self.network, list(self.steps.values()), run)

    @cached_property
    def _fields(self) -> Mapping[int, ReceptiveField]:
        from archcalc.engine.receptive import receptive_fields

        return receptive_fields(self.network, list(self.steps.values()))
