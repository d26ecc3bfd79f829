"""A network as an answer key: the right figures, their derivations, and the figures that mistakes lead to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from archcalc.classroom.align import plain_name
from archcalc.classroom.calculation import CALCULATED, Calculation, LayerTerm, made_of
from archcalc.classroom.mistakes import Search
from archcalc.classroom.submission import DECLARED
from archcalc.conventions import DTYPES
from archcalc.engine.claims import Findings
from archcalc.engine.figures import figures_of
from archcalc.engine.quantities import BY_KEY, QUANTITIES
from archcalc.engine.reading import ONE_IMAGE, Pass
from archcalc.engine.totals import figures_of_input, of_input
from archcalc.engine.walk import Step, walk
from archcalc.errors import ArchcalcError, did_you_mean, short
from archcalc.network import INPUT, Network
from archcalc.ops import lecture_name
from archcalc.results import Analysis
from archcalc.results.explain import Derivation, DerivationStep
from archcalc.studies.analyze import analyze
from archcalc.studies.explain import explain, total_steps
from archcalc.studies.explain.op import leading

INPUT_ROW = "input"
MEMORY = made_of("activations")
OF_INPUT = ("output", *MEMORY)
"""Quantities of the input; every other quantity of it is 0."""
LOOKED_UP = (
    "slide_activations",  # says which layers have a row in the lectures
    *(quantity.key for quantity in QUANTITIES if quantity.asked and quantity.key not in CALCULATED),
)
"""The quantities that a key takes from an analysis; it calculates all others."""
MOST_LAYERS = 4
"""Layers that are named if a student uses an unknown name."""


def _in_lectures(steps: Iterable[Step]) -> list[Step]:
    """The layers that have a separate row, and memory, in the lectures."""
    return [step for step in steps if figures_of(step.worked, ONE_IMAGE)["slide_activations"]]


class AnswerKey:
    """The right figures of one network, each computed when it is first needed."""

    def __init__(self, network: Network, *, batch: int = 1, dtype: str = "float32") -> None:
        """Raises SpecError if the network is invalid."""
        self.network = network
        self.analysis: Analysis = analyze(network, LOOKED_UP, batch=batch, dtype=dtype)
        self.batch = batch
        self.value_bytes = DTYPES[dtype]
        self.steps: dict[str, Step] = {step.node.path: step for step in walk(network, Findings(), aux=False)}
        self.layers = {layer.path: layer for layer in self.analysis.layers}
        self._names = self._all_names()
        self._rights: dict[tuple[str, str], list[Any]] = {}
        self._searches: dict[tuple[str, str], Search | None] = {}
        self._derivation: Derivation | None = None
        self._unknown: dict[str, str] = {}

    # --- names --------------------------------------------------------------------------------------

    def _all_names(self) -> dict[str, list[str]]:
        """Every path, scope and last part of a path in plain spelling, with the paths that it may mean.

        The last part of a scope, and the op of a layer, are names only if nothing else has that name.
        """
        own_layers = [(path, layer) for path, layer in self.layers.items() if not layer.follower]
        names: dict[str, list[str]] = {INPUT_ROW: [INPUT_ROW]}
        for path in self.layers:
            for scope in (*_scopes(path), path):
                _add_name(names, scope, scope)
        # Followers have no short names: the relu of conv1/relu would make other layers ambiguous.
        for path, _ in own_layers:
            _add_name(names, _last_part(path), path)
        scope_names: dict[str, list[str]] = {}
        for scope in {scope for path in self.layers for scope in _scopes(path)} - self.layers.keys():
            _add_name(scope_names, _last_part(scope), scope)
        op_names: dict[str, list[str]] = {}
        for path, layer in own_layers:
            for name in (layer.op, lecture_name(layer.op)):
                _add_name(op_names, name, path)
        # The later dict wins: a layer called conv is that layer, and not "the only conv".
        return {**op_names, **scope_names, **names}

    def find(self, name: str) -> str:
        """The path of the layer or scope with this name, in any spelling. Raises ArchcalcError."""
        if name in self.layers:
            return name
        paths = self._names.get(plain_name(name), [])
        # Of several, a name at the top level is the one that a student means.
        outer = [path for path in paths if "/" not in path]
        if len(paths) == 1 or len(outer) == 1:
            return (outer or paths)[0]
        if paths:
            raise ArchcalcError(f"'{short(name)}' may be {' or '.join(map(short, sorted(paths)[:3]))}")
        # A class of students repeats the same unknown names, and the search for a similar one is slow.
        if name not in self._unknown:
            layers = [layer.path for layer in self.analysis.layers if not layer.follower]
            hint = (
                did_you_mean(name, [*self.layers, INPUT_ROW])
                or f"its layers are {', '.join(layers[:MOST_LAYERS])}, ..."
            )
            self._unknown[name] = f"{self.network.name} has no layer '{short(name)}' ({hint})"
        raise ArchcalcError(self._unknown[name])

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
            return [self._of_input(quantity)]
        if quantity not in CALCULATED:  # not a sum over layers
            return self._from_analysis(path, quantity)
        return [calculation.result() for calculation in self._calculations(path, quantity)]

    def _of_input(self, quantity: str) -> Any:
        if quantity not in CALCULATED:
            return 0
        return figures_of_input(self.network.input, Pass(self.batch, self.value_bytes))[quantity]

    def _from_analysis(self, path: str, quantity: str) -> Iterator[Any]:
        """A figure of the analysis. If it is the same on all axes, a student may write it once."""
        layer = self.layers.get(path)
        record: Any = layer if layer else self.analysis.totals
        value = (
            layer.options.get(quantity) if layer and quantity in DECLARED else getattr(record, quantity, None)
        )
        if value is None and layer and quantity == "filters":
            value = layer.output[-1]
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
            ways.append(_in_lectures([*layer, *inside]))
        return ways

    def last(self, path: str) -> Step | None:
        """The step whose output is the output of a layer or a scope."""
        inside = (step for place, step in reversed(self.steps.items()) if place.startswith(f"{path}/"))
        return self.steps.get(path) or next(inside, None)

    def _of_network(self, quantity: str) -> list[Calculation]:
        steps = list(self.steps.values())
        if quantity == "output":
            last = [self._term(step) for step in steps if step.number == self.network.output]
            return [self._calculation(quantity, last)] if last else []
        whole = self._calculation(quantity, self._terms(steps))
        if quantity not in MEMORY:
            return [whole]
        rows = self._calculation(quantity, self._terms(_in_lectures(steps)))
        return [rows._replace(plus=of_input(BY_KEY["slide_activations"], self.network)), whole]

    def _calculation(self, quantity: str, terms: Sequence[LayerTerm]) -> Calculation:
        return Calculation(quantity, tuple(terms), 0, self.batch, self.value_bytes)

    def _terms(self, steps: Sequence[Step]) -> list[LayerTerm]:
        """The terms of a sum.

        Layers with the same op on the same input become one term, counted several times.
        """
        terms: dict[int, LayerTerm] = {}
        for step in steps:
            same = terms.get(step.like)
            # VGG or ResNet repeat a layer many times, and a search tries each mistake on every term.
            terms[step.like] = same._replace(times=same.times + 1) if same else self._term(step)
        return list(terms.values())

    def _term(self, step: Step) -> LayerTerm:
        return LayerTerm(step.node.op, step.xs, before=self._before(step), path=step.node.path)

    def _before(self, step: Step) -> LayerTerm | None:
        """The layer that made the input of a step. Layers that pass their input on unchanged are skipped."""
        while len(step.node.inputs) == 1 and step.node.inputs[0] != INPUT:
            step = self.steps[self.network.layers[step.node.inputs[0] - 1].path]
            if step.xs != (step.y,):
                return LayerTerm(step.node.op, step.xs, path=step.node.path)
        return None

    def search(self, path: str, quantity: str) -> Search | None:
        """The search for mistakes in a figure; None for figures without a calculation."""
        place = path, quantity
        if place not in self._searches:
            can_search = path != INPUT_ROW and quantity in CALCULATED
            calculations = self._calculations(*place) if can_search else []
            self._searches[place] = Search(calculations[0], not path) if calculations else None
        return self._searches[place]

    def derivation(self, path: str, quantity: str) -> tuple[DerivationStep, ...]:
        """The steps that lead to a figure, as ``explain`` prints them."""
        if self._derivation is None:
            self._derivation = explain(self.network, batch=self.batch, dtype=self.analysis.dtype)
        if not path:
            return tuple(total_steps(self._derivation.totals, quantity))
        layer = next((layer for layer in self._derivation.layers if layer.path == path), None)
        return tuple(leading(layer.steps, quantity)) if layer else ()


def _scopes(path: str) -> list[str]:
    """The scopes around a layer; the outermost comes first."""
    parts = path.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts))]


def _last_part(path: str) -> str:
    return path.rpartition("/")[2]


def _add_name(names: dict[str, list[str]], name: str, path: str) -> None:
    paths = names.setdefault(plain_name(name), [])
    if path not in paths:
        paths.append(path)
