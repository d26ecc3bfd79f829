"""The arrays that autograd keeps for the backward pass, and the live activations of a forward pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from archcalc.engine.memory import Keeping, alive_values, kept_by_layer
from archcalc.network import INPUT
from archcalc.ops.base import Kept
from archcalc.results.verify import Check, KnownDifference, Mismatch
from archcalc.studies.verify.known import CAUSES, ChangedKeeping
from archcalc.studies.verify.run import VALUE, VerifyRun, differ

if TYPE_CHECKING:
    from archcalc.backends.observed import ObservedLayer


def memory(run: VerifyRun) -> Check:
    """The arrays that autograd keeps for every layer, and their total bytes, each array once."""
    mismatches: list[Mismatch] = []
    differences: list[KnownDifference] = []
    # What the ops declare, and what must be kept after the known differences.
    declared, expected = _TotalBytes(run.batch), _TotalBytes(run.batch)
    for keeping in kept_by_layer(run.network, run.steps):
        layer = run.observed.layers[keeping.step.number]
        declared.add(keeping)
        # Several causes can apply to one layer, one after the other.
        for cause in CAUSES:
            changed = cause(run, keeping, layer)
            if changed is not None:
                differences.append(_known_difference(run, keeping, changed))
                keeping = changed.keeping
        expected.add(keeping)
        mismatches += _compared(run, keeping, layer)
    theirs = run.observed.kept_bytes
    mismatches += differ("", "bytes kept", expected.bytes, theirs)
    if declared.bytes != expected.bytes:
        because = "the sum of the differences above"
        differences.append(KnownDifference("", "bytes kept", declared.bytes, theirs, because))
    return Check("memory", len(run.steps) + 1, tuple(mismatches), tuple(differences))


class _TotalBytes:
    """Adds up the bytes of all kept arrays, each array once."""

    def __init__(self, batch: int) -> None:
        self.batch, self.other_bytes = batch, 0
        # By node: several layers may keep the output of one node.
        self.values: dict[int, int] = {}

    def add(self, keeping: Keeping) -> None:
        self.values |= keeping.values
        self.other_bytes += sum(_bytes(kept, self.batch) for kept in keeping.own)

    @property
    def bytes(self) -> int:
        """The total so far."""
        return int(self.other_bytes + self.batch * VALUE * sum(self.values.values()))


def _bytes(kept: Kept, batch: int) -> int:
    return int((1 if kept.per_batch else batch) * kept.count * (kept.bytes or VALUE))


def _compared(run: VerifyRun, keeping: Keeping, layer: ObservedLayer) -> Iterator[Mismatch]:
    """Both must keep the same outputs of nodes, and the same number of other arrays of each size."""
    ours = _arrays(keeping, run.batch)
    theirs = Counter((array.of, array.bytes) for array in layer.kept if array.bytes)
    if keeping.step.op.directions:
        # How many steps there are decides how many arrays: only their sum can be compared.
        ours, theirs = _together(ours), _together(theirs)
    if ours != theirs:
        only_ours, only_theirs = _texts(run, ours - theirs), _texts(run, theirs - ours)
        yield Mismatch(keeping.step.node.path, "arrays kept", only_ours, only_theirs)


def _together(arrays: Counter[tuple[int | None, int]]) -> Counter[tuple[int | None, int]]:
    """The arrays, in which those of the layer itself are one."""
    own = sum(size * times for (of, size), times in arrays.items() if of is None)
    return Counter({key: times for key, times in arrays.items() if key[0] is not None} | {(None, own): 1})


def _arrays(keeping: Keeping, batch: int) -> Counter[tuple[int | None, int]]:
    values: list[tuple[int | None, int]] = [(of, batch * VALUE * size) for of, size in keeping.values.items()]
    return Counter([*values, *((None, _bytes(kept, batch)) for kept in keeping.own)])


def _texts(run: VerifyRun, arrays: Mapping[tuple[int | None, int], int]) -> tuple[str, ...]:
    """``output of conv1: 6,422,528 bytes``."""
    return tuple(
        f"{_owner(run, of)}: {size:,} bytes"
        for (of, size), times in sorted(arrays.items(), key=str)
        for _ in range(times)
    )


def _owner(run: VerifyRun, of: int | None) -> str:
    if of is None:
        return "an array of the layer itself"
    is_input = of == INPUT or of in run.network.further_inputs
    return run.path(of) if is_input else f"output of {run.path(of)}"


def _known_difference(run: VerifyRun, keeping: Keeping, changed: ChangedKeeping) -> KnownDifference:
    ours, theirs = (
        sum(size for _, size in _arrays(either, run.batch).elements())
        for either in (keeping, changed.keeping)
    )
    return KnownDifference(keeping.step.node.path, "bytes kept", ours, theirs, changed.because)


def liveness(run: VerifyRun) -> Check:
    """The bytes of live activations when each layer ends, without derivatives.

    On a GPU its allocator counts them. The allocator's peak includes what a layer needs only while it runs,
    such as the workspace of a convolution. So the peak is a known difference, and is not compared.
    """
    mismatches: list[Mismatch] = []
    ours = [(path, run.batch * VALUE * values) for path, values in alive_values(run.network, run.steps)]
    for step, (path, alive) in zip(run.steps, ours, strict=True):
        mismatches += differ(path, "bytes alive", alive, run.observed.live[step.number])
    differences: tuple[KnownDifference, ...] = ()
    peak = run.observed.peak_bytes
    if peak is not None:
        most = max((alive for _, alive in ours), default=0)
        because = "the allocator's peak includes the memory that a layer needs only while it runs"
        differences = (KnownDifference("", "peak", most, peak, because),)
    return Check("liveness", len(run.steps), tuple(mismatches), differences)
