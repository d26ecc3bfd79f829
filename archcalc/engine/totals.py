"""The totals of a network, for any kind of dimension. A total is computed only if it is asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from archcalc.dims import Dim, is_plain
from archcalc.engine.figures import LayerFigures, figures_of, readings_of
from archcalc.engine.memory import Peak, peak
from archcalc.engine.quantities import BY_KEY, Quantity
from archcalc.engine.quantities.record import Total
from archcalc.engine.reading import ONE_IMAGE, Pass
from archcalc.engine.walk import Step
from archcalc.engine.worked import Worked
from archcalc.network import INPUT, Network
from archcalc.ops.base import Op, Volume

if TYPE_CHECKING:
    from archcalc.engine.receptive import ReceptiveField

Sum = Callable[[Sequence[Dim]], Dim]


def totals(
    network: Network,
    steps: Iterable[Step],
    wanted: Collection[str],
    run: Pass = ONE_IMAGE,
    fields: Sequence[ReceptiveField] = (),
    sum_at_once: Sum | None = None,
) -> dict[str, Any]:
    """Compute the totals with these keys.

    ``fields`` are the receptive fields of the layers, for the totals that need them. ``sum_at_once`` adds the
    counts of all layers in one step, which is faster for symbols. Steps that come one by one are computed one
    by one and none stays in memory, because arrays are large.
    """
    # A total in bytes is the total of its values, times the bytes of one value.
    base = dict.fromkeys(BY_KEY[key].values or key for key in wanted)
    passing = _Passing(network, run, fields, sum_at_once)
    sums = _Sums([BY_KEY[key] for key in base if BY_KEY[key].total in ("sum", "input and sum")], passing)
    complete = {key: _CompleteSum(key) for key in base if BY_KEY[key].total == "sum if complete"}
    tallies = {
        key: TALLIES[total](BY_KEY[key], passing) for key in base if (total := BY_KEY[key].total) in TALLIES
    }
    adding = [sums.add] * bool(sums.readings) + [item.add for item in complete.values()]
    for some_steps, layers in _in_parts(steps, run, bool(adding)):
        for layer, times in layers:
            for add in adding:
                add(layer, times)
        for tally in tallies.values():
            tally.follow(some_steps)
        if passing.needs_steps:
            passing.steps += some_steps
    made = sums.result() | {key: item.result() for key, item in (complete | tallies).items()}
    return {
        key: run.value_bytes * made[BY_KEY[key].values] if BY_KEY[key].values else made[key] for key in wanted
    }


def _in_parts(
    steps: Iterable[Step], run: Pass, needs_layers: bool
) -> Iterable[tuple[Sequence[Step], Iterable[tuple[LayerFigures, int]]]]:
    """The steps, each part with the figures of its layers and how often each of these occurs in it."""
    if not isinstance(steps, list):
        return (([step], [(LayerFigures(step.worked, run), 1)]) for step in steps)
    # Equal layers are added together: a network of 1,000 layers may have 20 different ones.
    times = Counter(map(attrgetter("worked"), steps)) if needs_layers else {}
    return [(steps, ((figures_of(worked, run), count) for worked, count in times.items()))]


def of_input(quantity: Quantity, network: Network, run: Pass = ONE_IMAGE) -> Dim:
    """The part of the network's input in a total.

    The memory of the lectures is the input plus every row. Every other sum is of the layers only.
    """
    return figures_of_input(network.input, run)[quantity.key] if quantity.total == "input and sum" else 0


def figures_of_input(volume: Volume, run: Pass = ONE_IMAGE) -> LayerFigures:
    """The figures of the network's input, as of a layer that stores and computes nothing.

    The lectures give the input a row of its own.
    """
    return LayerFigures(Worked(Op(), (), volume), run)


class _Passing:
    """The data that the tallies of one pass share."""

    def __init__(
        self, network: Network, run: Pass, fields: Sequence[ReceptiveField], sum_at_once: Sum | None
    ) -> None:
        self.network = network
        self.run = run
        self.fields = fields
        self.sum_at_once = sum_at_once
        self.needs_steps = False
        self.steps: list[Step] = []
        self._peak: Peak | None = None

    def peak(self) -> Peak:
        """The peak: computed once, for its value and for its layer."""
        if self._peak is None:
            self._peak = peak(self.network, self.steps)
        return self._peak


class _Sums:
    """The sums over all layers, and over the input where it counts."""

    def __init__(self, quantities: Sequence[Quantity], passing: _Passing) -> None:
        self.sum_at_once = passing.sum_at_once
        self.readings = readings_of([quantity.key for quantity in quantities])
        self.sums = {
            quantity.key: of_input(quantity, passing.network, passing.run) for quantity in quantities
        }
        self.parts: dict[str, list[Dim]] = {key: [value] for key, value in self.sums.items()}

    def add(self, layer: LayerFigures, times: int) -> None:
        """Add a layer that occurs so many times."""
        layer.work_out(self.readings)
        for key, _ in self.readings:
            count = layer[key]
            # Of arrays, a sum with 0 and a product by 1 would be copies.
            if is_plain(count, 0):
                continue
            if times > 1:
                count = times * count
            if self.sum_at_once:
                self.parts[key].append(count)
            else:
                # Never in place: an array belongs to its layer.
                self.sums[key] = self.sums[key] + count

    def result(self) -> dict[str, Dim]:
        """The sums so far."""
        if self.sum_at_once is None:
            return self.sums
        return {key: self.sum_at_once(parts) for key, parts in self.parts.items()}


class _CompleteSum:
    """The sum of the layers with a figure; None if a layer that counts as memory has no figure."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.counts: list[Dim] = []
        self.is_complete = True

    def add(self, layer: LayerFigures, times: int) -> None:
        """Add a layer that occurs so many times."""
        count = layer[self.key]
        if count is not None:
            self.counts.append(times * count)
        elif layer.layer.op.counts_as_memory:
            self.is_complete = False

    def result(self) -> Dim | None:
        """The sum so far."""
        return sum(self.counts) if self.is_complete and self.counts else None


class _Tally:
    """A total that grows with the layers."""

    def __init__(self, quantity: Quantity, passing: _Passing) -> None:
        self.key = quantity.key
        self.passing = passing

    def follow(self, steps: Sequence[Step]) -> None:
        """Follow the next layers in their order."""

    def result(self) -> Any:
        """The total of all layers so far."""
        raise NotImplementedError


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

    def follow(self, steps: Sequence[Step]) -> None:
        depths = self.depths
        for step in steps:
            # Gates do not count: they only scale the signal.
            longest = max([depths[source] for source in step.node.signals], default=0)
            depths[step.number] = longest + step.node.op.depth()

    def result(self) -> int:
        return self.depths.get(self.passing.network.output or INPUT, 0)


class _Last(_Tally):
    """The figure of the last layer; it may belong to an auxiliary head."""

    def __init__(self, quantity: Quantity, passing: _Passing) -> None:
        super().__init__(quantity, passing)
        self.last: Step | None = None

    def follow(self, steps: Sequence[Step]) -> None:
        self.last = steps[-1] if steps else self.last

    def result(self) -> Any:
        if self.last is None:
            return ()
        fields = self.passing.fields
        return LayerFigures(self.last.worked, self.passing.run, fields[-1] if fields else None)[self.key]


class _AtOutput(_Last):
    """The figure of the layer that gives the network's output; empty if the walk did not reach that layer."""

    def __init__(self, quantity: Quantity, passing: _Passing) -> None:
        super().__init__(quantity, passing)
        self.end = passing.network.output or INPUT

    def follow(self, steps: Sequence[Step]) -> None:
        # The output is one of the last layers.
        self.last = next((step for step in reversed(steps) if step.number == self.end), self.last)

    def result(self) -> Any:
        return self.passing.network.input.dims if self.end == INPUT else super().result()


TALLIES: Mapping[Total | None, type[_Tally]] = {
    "maximum alive": _MaximumAlive,
    "layer of the maximum": _LayerOfMaximum,
    "longest path": _LongestPath,
    "last": _Last,
    "at the output": _AtOutput,
}
"""The kinds of totals that follow the layers in their order; the others are sums."""
