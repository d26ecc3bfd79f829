"""Shapes, stored arrays and multiply-accumulates of every layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from archcalc.backends.observed import TORCH_NAMES
from archcalc.engine.totals import totals
from archcalc.engine.walk import Step
from archcalc.results.verify import Check, KnownDifference, Mismatch
from archcalc.studies.verify.run import VerifyRun, differ


def shapes(run: VerifyRun) -> Check:
    """The output of every layer, for the whole batch."""
    outputs = {number: layer.outputs for number, layer in run.observed.layers.items()}
    return compare_shapes(run.steps, run.batch, outputs)


def compare_shapes(steps: Sequence[Step], batch: int, theirs: Mapping[int, tuple[int, ...] | None]) -> Check:
    """Compare the outputs that PyTorch has; None stands for the output of a refused layer."""
    outputs = [_output(step, batch, theirs[step.number]) for step in steps if step.number in theirs]
    return Check("shapes", len(outputs), tuple(output for output in outputs if output.ours != output.theirs))


def _output(step: Step, batch: int, theirs: tuple[int, ...] | None) -> Mismatch:
    ours = (batch, step.y.channels, *step.y.spatial)
    return Mismatch(step.node.path, "output", _channels_last(ours), theirs and _channels_last(theirs))


def _channels_last(shape: Sequence[int]) -> tuple[int, ...]:
    """N, C, H, W as N, H, W, C."""
    return (*shape[:1], *shape[2:], *shape[1:2])


def weights(run: VerifyRun) -> Check:
    """Every named array, and the totals of trained values and of buffers."""
    mismatches: list[Mismatch] = []
    arrays = 0
    for step in run.steps:
        arrays += len(step.weights) + len(step.shared)
        mismatches += _weights_of(run, step)
    sums = totals(run.network, run.steps, ("params", "buffers"))
    mismatches += differ("", "params", sums["params"], run.observed.trained)
    mismatches += differ("", "buffers", sums["buffers"], run.observed.buffers)
    return Check("weights", arrays + 2, tuple(mismatches))


def _weights_of(run: VerifyRun, step: Step) -> Iterator[Mismatch]:
    path = step.node.path
    theirs = dict(run.observed.layers[step.number].stored)
    for weight in (*step.weights, *step.shared):
        name = weight.name if weight.name in theirs else TORCH_NAMES.get(weight.name, weight.name)
        array = theirs.pop(name, None)
        trained = weight.role != "buffer"
        if array is None or weight.shape != array.shape:
            yield Mismatch(path, weight.name, weight.shape, array.shape if array else None)
        elif trained != array.trained:
            yield Mismatch(path, weight.name, _role(trained), _role(array.trained))
    # The arrays that are left in PyTorch's module have no counterpart here.
    yield from (Mismatch(path, name, None, array.shape) for name, array in theirs.items())


def _role(trained: bool) -> str:
    return "trained" if trained else "a buffer"


def macs(run: VerifyRun) -> Check:
    """The multiply-accumulates of every layer, where PyTorch's flop_counter counts them."""
    mismatches: list[Mismatch] = []
    differences: list[KnownDifference] = []
    for step in run.steps:
        layer, path = run.observed.layers[step.number], step.node.path
        ours = run.batch * step.cost.get("macs", 0)
        if layer.uncounted and not layer.macs:
            because = f"not counted by PyTorch: {layer.uncounted}"
            differences.append(KnownDifference(path, "MACs", ours, None, because))
            continue
        additional = [(run.batch * count, purpose) for count, purpose in layer.additional if count]
        differences += [
            KnownDifference(path, "MACs", ours, layer.macs, f"PyTorch also counts {count:,} {purpose}")
            for count, purpose in additional
        ]
        once = sum(part.cost.get("macs", 0) for part in step.op.parts(step.xs, step.y) if part.per_batch)
        if once and run.batch > 1:
            because = "PyTorch computes once for the batch what no image changes"
            differences.append(KnownDifference(path, "MACs", ours, layer.macs, because))
            ours -= (run.batch - 1) * once
        # The known part is subtracted, so that the rest must agree to the last MAC.
        mismatches += differ(path, "MACs", ours, layer.macs - sum(count for count, _ in additional))
    compared = len(run.steps) - sum(difference.theirs is None for difference in differences)
    return Check("macs", compared, tuple(mismatches), tuple(differences))
