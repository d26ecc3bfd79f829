"""The totals of a network, for any kind of dimension. A total is computed only if it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from archcalc.dims import Dim, without_zeros
from archcalc.engine.figures import LayerFigures
from archcalc.engine.memory import Peak, peak
from archcalc.engine.quantities import BY_KEY, Quantity
from archcalc.engine.quantities.record import Total
from archcalc.engine.reading import ONE_IMAGE, Pass
from archcalc.engine.walk import Step
from archcalc.network import INPUT, Network, Node
from archcalc.ops.base import Op, Volume

Sum = Callable[[Sequence[Dim]], Dim]
FiguresOfLayer = Mapping[str, Any]
"""The figures of one layer, by the keys of their quantities."""


def totals(
    network: Network,
    steps: Iterable[Step],
    wanted: Collection[str],
    run: Pass = ONE_IMAGE,
    figures: Sequence[FiguresOfLayer] | None = None,
    sum_at_once: Sum | None = None,
) -> dict[str, Any]:
    """Compute the totals with these keys.

    ``figures`` are the figures of all layers, if the caller has them already. ``sum_at_once`` adds the counts
    of all layers in one step, which is faster for symbols. Without both, the layers are computed one by one
    and none stays in memory, because arrays are large.
    """
    # A total in bytes is the total of its values, times the bytes of one value.
    base = dict.fromkeys(BY_KEY[key].values or key for key in wanted)
    passing = _Passing(network, run, sum_at_once)
    tallies = {key: TALLIES[BY_KEY[key].total](BY_KEY[key], passing) for key in base}
    # Some totals need nothing of the single layers: the loop does not call these.
    adding = [tally.add for tally in tallies.values() if type(tally).add is not _Tally.add]
    for some_steps, layers in _in_parts(steps, figures, run):
        if passing.needs_steps:
            passing.steps += some_steps
        for add in adding:
            add(some_steps, layers)
    made = {key: tally.result() for key, tally in tallies.items()}
    return {
        key: run.value_bytes * made[BY_KEY[key].values] if BY_KEY[key].values else made[key] for key in wanted
    }


def _in_parts(
    steps: Iterable[Step], figures: Sequence[FiguresOfLayer] | None, run: Pass
) -> Iterable[tuple[Sequence[Step], Sequence[FiguresOfLayer]]]:
    """The layers one by one, or all at once if they are computed already."""
    if figures is not None:
        return [(list(steps), figures)]
    return (([step], [LayerFigures(step, run)]) for step in steps)


def of_input(quantity: Quantity, network: Network, run: Pass = ONE_IMAGE) -> Dim:
    """The part of the network's input in a total.

    The memory of the lectures is the input plus every row. Every other sum is of the layers only.
    """
    return figures_of_input(network.input, run)[quantity.key] if quantity.total == "input and sum" else 0


def figures_of_input(volume: Volume, run: Pass = ONE_IMAGE) -> LayerFigures:
    """The figures of the network's input, as of a layer that stores and computes nothing.

    The lectures give the input a row of its own.
    """
    op = Op()
    return LayerFigures(Step(INPUT, Node("input", op, ()), op, (), volume, (), {}, INPUT), run)


class _Passing:
    """The data that the tallies of one pass share."""

    def __init__(self, network: Network, run: Pass, sum_at_once: Sum | None) -> None:
        self.network = network
        self.run = run
        self.sum_at_once = sum_at_once
        self.needs_steps = False
        self.steps: list[Step] = []
        self._peak: Peak | None = None

    def peak(self) -> Peak:
        """The peak: computed once, for its value and for its layer."""
        if self._peak is None:
            self._peak = peak(self.network, self.steps)
        return self._peak


class _Tally:
    """A total that grows with the layers."""

    def __init__(self, quantity: Quantity, passing: _Passing) -> None:
        self.key = quantity.key
        self.passing = passing

    def add(self, steps: Sequence[Step], layers: Sequence[FiguresOfLayer]) -> None:
        """Add the next layers: their steps, and the figures of each."""

    def result(self) -> Any:
        """The total of all layers so far."""
        raise NotImplementedError


class _SumOfLayers(_Tally):
    """The sum of all layers, and of the input if it counts."""

    def __init__(self, quantity: Quantity, passing: _Passing) -> None:
        super().__init__(quantity, passing)
        self.sum = of_input(quantity, passing.network, passing.run)
        self.parts: list[Dim] = [self.sum]
        self.keeps_parts = passing.sum_at_once is not None

    def add(self, steps: Sequence[Step], layers: Sequence[FiguresOfLayer]) -> None:
        counts = without_zeros(map(itemgetter(self.key), layers))
        if self.keeps_parts:
            self.parts += counts
        else:
            # ``sum`` adds anew, never in place: an array belongs to its layer.
            self.sum = sum(counts, self.sum)

    def result(self) -> Dim:
        return self.passing.sum_at_once(self.parts) if self.passing.sum_at_once else self.sum


class _SumIfComplete(_Tally):
    """The sum of the layers with a figure; None if a layer that counts as memory has no figure."""

    def __init__(self, quantity: Quantity, passing: _Passing) -> None:
        super().__init__(quantity, passing)
        self.counts: list[Dim] = []
        self.complete = True

    def add(self, steps: Sequence[Step], layers: Sequence[FiguresOfLayer]) -> None:
        for step, layer in zip(steps, layers, strict=True):
            count = layer[self.key]
            if count is not None:
                self.counts.append(count)
            elif step.op.counts_as_memory:
                self.complete = False

    def result(self) -> Dim | None:
        return sum(self.counts) if self.complete and self.counts else None


class _MaximumAlive(_Tally):
    """The most values in memory at once."""

    def __init__(self, quantity: Quantity, passing: _Passing) -> None:
        super().__init__(quantity, passing)
        passing.needs_steps = True

    def result(self) -> Any:
        return self.passing.run.batch * self.passing.peak().values


class _LayerOfMaximum(_MaximumAlive):
    """The path of the layer that runs when the most values are in memory."""

    def result(self) -> str:
        return self.passing.peak().path


class _LongestPath(_Tally):
    """The number of weighted layers on the longest path to the output; a plain int for every kind."""

    def __init__(self, quantity: Quantity, passing: _Passing) -> None:
        super().__init__(quantity, passing)
        self.depths = {INPUT: 0}

    def add(self, steps: Sequence[Step], layers: Sequence[FiguresOfLayer]) -> None:
        depths = self.depths
        for step in steps:
            # Gates do not count: they only scale the signal.
            longest = max(map(depths.__getitem__, step.node.signals))
            depths[step.number] = longest + step.op.depth()

    def result(self) -> int:
        return self.depths.get(self.passing.network.output or INPUT, 0)


class _Last(_Tally):
    """The figure of the last layer; it may belong to an auxiliary head."""

    def __init__(self, quantity: Quantity, passing: _Passing) -> None:
        super().__init__(quantity, passing)
        self.last: FiguresOfLayer | None = None

    def add(self, steps: Sequence[Step], layers: Sequence[FiguresOfLayer]) -> None:
        self.last = layers[-1] if layers else self.last

    def result(self) -> Any:
        return self.last[self.key] if self.last is not None else ()


class _AtOutput(_Last):
    """The figure of the layer that gives the network's output; empty if the walk did not reach that layer."""

    def __init__(self, quantity: Quantity, passing: _Passing) -> None:
        super().__init__(quantity, passing)
        self.end = passing.network.output or INPUT

    def add(self, steps: Sequence[Step], layers: Sequence[FiguresOfLayer]) -> None:
        for step, layer in zip(steps, layers, strict=True):
            if step.number == self.end:
                self.last = layer

    def result(self) -> Any:
        return self.passing.network.input.dims if self.end == INPUT else super().result()


TALLIES: Mapping[Total | None, type[_Tally]] = {
    "sum": _SumOfLayers,
    "input and sum": _SumOfLayers,
    "sum if complete": _SumIfComplete,
    "maximum alive": _MaximumAlive,
    "layer of the maximum": _LayerOfMaximum,
    "longest path": _LongestPath,
    "last": _Last,
    "at the output": _AtOutput,
}
"""The kinds of totals that a record can name."""
