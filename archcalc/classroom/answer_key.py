"""A network as a key to answers: what is right, how it comes about, and where mistakes lead."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from archcalc.classroom.align import plain_name
from archcalc.classroom.calculation import LAYER_QUANTITIES, Calculation, LayerTerm
from archcalc.classroom.mistakes import Search
from archcalc.classroom.submission import DECLARED
from archcalc.conventions import DTYPES
from archcalc.engine.claims import Findings
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
OF_INPUT = ("output", "activations", "activation_bytes")
"""What there is of the input."""
MOST_LAYERS = 4
"""Layers that are named to somebody who calls one by another name."""


def _scopes(path: str) -> list[str]:
    """The scopes around a layer, the outermost first."""
    parts = path.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts))]


class Key:
    """The right figures of one network, each worked out when it is first asked for."""

    def __init__(self, network: Network, *, batch: int = 1, dtype: str = "float32") -> None:
        """Raises SpecError if the network is none."""
        self.network = network
        self.analysis: Analysis = analyze(network, batch=batch, dtype=dtype)
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
        """Every path, scope and last part in plain spelling, with the paths that it may mean.

        The last part of a scope is its name only where nothing else is called so, and so is the op of a layer.
        """
        found: dict[str, list[str]] = {INPUT_ROW: [INPUT_ROW]}
        for path in self.layers:
            for scope in (*_scopes(path), path):
                self._name(found, scope, scope)
        for path, layer in self.layers.items():
            if not layer.follower:
                self._name(found, path.rpartition("/")[2], path)
        inner: dict[str, list[str]] = {}
        for scope in {scope for path in self.layers for scope in _scopes(path)} - self.layers.keys():
            self._name(inner, scope.rpartition("/")[2], scope)
        ops: dict[str, list[str]] = {}
        for path, layer in self.layers.items():
            for name in () if layer.follower else (layer.op, lecture_name(layer.op)):
                self._name(ops, name, path)
        return {**ops, **inner, **found}

    @staticmethod
    def _name(found: dict[str, list[str]], name: str, path: str) -> None:
        paths = found.setdefault(plain_name(name), [])
        if path not in paths:
            paths.append(path)

    def find(self, name: str) -> str:
        """The path of the layer or scope of that name, in anybody's spelling. Raises ArchcalcError."""
        if name in self.layers:
            return name
        paths = self._names.get(plain_name(name), [])
        outer = [path for path in paths if "/" not in path]
        if len(paths) == 1 or len(outer) == 1:
            return (outer or paths)[0]
        if paths:
            raise ArchcalcError(f"'{short(name)}' may be {' or '.join(map(short, sorted(paths)[:3]))}")
        if name not in self._unknown:
            own = [layer.path for layer in self.analysis.layers if not layer.follower]
            hint = (
                did_you_mean(name, [*self.layers, INPUT_ROW])
                or f"its layers are {', '.join(own[:MOST_LAYERS])}, ..."
            )
            self._unknown[name] = f"{self.network.name} has no layer '{short(name)}' ({hint})"
        raise ArchcalcError(self._unknown[name])

    # --- what is right ------------------------------------------------------------------------------

    def rights(self, path: str, quantity: str) -> list[Any]:
        """Every figure that is right, the one of ``archcalc table --depth all`` first; none for what no layer has."""
        place = path, quantity
        if place not in self._rights:
            self._rights[place] = list(dict.fromkeys(self._right(*place)))
        return self._rights[place]

    def _right(self, path: str, quantity: str) -> Iterable[Any]:
        if path == INPUT_ROW:
            yield from self._of_input(quantity)
        elif quantity in ("receptive_field", "jump", "depth", *DECLARED):
            yield from self._known(path, quantity)
        else:
            for working in self._workings(path, quantity):
                yield working.result()

    def _of_input(self, quantity: str) -> Iterable[Any]:
        values = self.batch * self.network.input.size
        known = dict(zip(OF_INPUT, (self.network.input.dims, values, values * self.value_bytes), strict=True))
        yield known.get(quantity, 0)

    def _known(self, path: str, quantity: str) -> Iterable[Any]:
        """A figure of the analysis that is no sum; one that is alike on all axes may be written once."""
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

    # --- how it comes about -------------------------------------------------------------------------

    def _workings(self, path: str, quantity: str) -> list[Calculation]:
        """The right ways to a figure of a layer, a scope or the whole network."""
        if not path:
            return self._totals(quantity)
        return [self._working(quantity, list(map(self._part, way))) for way in self.ways(path, quantity)]

    def ways(self, path: str, quantity: str) -> list[list[Step]]:
        """The steps that a figure counts: of a layer alone, and with what follows it in its row; all of a scope.

        Values are counted as the lectures do it, too, for whom some ops work in place: a softmax has none then.
        """
        if quantity == "output":
            last = self.last(path)
            return [[last]] if last else []
        own = [self.steps[path]] if path in self.steps else []
        inside = [step for place, step in self.steps.items() if place.startswith(f"{path}/")]
        ways = [way for way in ((own, [*own, *inside]) if own else (inside,)) if way]
        if quantity in ("activations", "activation_bytes"):
            ways.append([step for step in (*own, *inside) if step.node.op.counts_as_memory])
        return ways

    def last(self, path: str) -> Step | None:
        """The step whose output is that of a layer, or of a scope."""
        inside = (step for place, step in reversed(self.steps.items()) if place.startswith(f"{path}/"))
        return self.steps.get(path) or next(inside, None)

    def _totals(self, quantity: str) -> list[Calculation]:
        if quantity == "output":
            last = [self._part(step) for step in self.steps.values() if step.number == self.network.output]
            return [self._working(quantity, last)] if last else []
        own = [step for step in self.steps.values() if step.node.op.counts_as_memory]
        if quantity in ("activations", "activation_bytes"):
            slide = self._working(quantity, self._parts(own))._replace(plus=self.network.input.size)
            return [slide, self._working(quantity, self._parts(list(self.steps.values())))]
        return [self._working(quantity, self._parts(list(self.steps.values())))]

    def _working(self, quantity: str, parts: Sequence[LayerTerm]) -> Calculation:
        return Calculation(quantity, tuple(parts), 0, self.batch, self.value_bytes)

    def _parts(self, steps: Sequence[Step]) -> list[LayerTerm]:
        """Layers as the parts of a sum; those with the same op on the same input are one, counted so often."""
        found: dict[int, LayerTerm] = {}
        for step in steps:
            known = found.get(step.like)
            found[step.like] = known._replace(times=known.times + 1) if known else self._part(step)
        return list(found.values())

    def _part(self, step: Step) -> LayerTerm:
        return LayerTerm(step.node.op, step.xs, before=self._before(step), path=step.node.path)

    def _before(self, step: Step) -> LayerTerm | None:
        """The layer before that made the input what it is: one that only passes its own input on is looked through."""
        while len(step.node.inputs) == 1 and step.node.inputs[0] != INPUT:
            step = self.steps[self.network.layers[step.node.inputs[0] - 1].path]
            if step.xs != (step.y,):
                return LayerTerm(step.node.op, step.xs, path=step.node.path)
        return None

    def search(self, path: str, quantity: str) -> Search | None:
        """Where mistakes lead; None for figures that no working leads to."""
        place = path, quantity
        if place not in self._searches:
            ways = [] if path == INPUT_ROW or quantity not in LAYER_QUANTITIES else self._workings(*place)
            self._searches[place] = Search(ways[0], not path) if ways else None
        return self._searches[place]

    def derivation(self, path: str, quantity: str) -> tuple[DerivationStep, ...]:
        """The steps that lead to a figure, as ``explain`` prints them."""
        if self._derivation is None:
            self._derivation = explain(self.network, batch=self.batch, dtype=self.analysis.dtype)
        if not path:
            return tuple(total_steps(self._derivation.totals, quantity))
        layer = next((layer for layer in self._derivation.layers if layer.path == path), None)
        return tuple(leading(layer.steps, quantity)) if layer else ()
