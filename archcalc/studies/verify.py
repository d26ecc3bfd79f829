"""A network held against the PyTorch module that is built of it: shapes, weights, MACs and memory, layer by layer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple

from archcalc.conventions import DTYPES
from archcalc.dims import prod
from archcalc.engine.memory import Keeping, alive_values, kept_by_layer
from archcalc.engine.totals import params, stored
from archcalc.engine.walk import Step, walk_or_raise
from archcalc.errors import ArchcalcError, TooLarge, did_you_mean
from archcalc.network import INPUT, Network
from archcalc.ops.activation import Dropout
from archcalc.ops.base import Kept, Volume
from archcalc.ops.pool import AdaptiveAvgPool
from archcalc.results.verify import Apart, Check, LeftOut, Mismatch, Verified, VerifiedAll

if TYPE_CHECKING:
    from archcalc.backends.observe import Observed, Seen

DEVICES = ("meta", "cpu", "cuda")
BATCH = 2
"""Images, unless asked otherwise: with one, batch normalisation of a flat vector has nothing to normalise."""

VALUE = DTYPES["float32"]

NAMES = {"gamma": "weight", "beta": "bias"}
"""Our names of arrays where those of torch.nn differ."""


class VerifyRun(NamedTuple):
    """What was worked out of a network, and what PyTorch did with it."""

    network: Network
    steps: Sequence[Step]
    batch: int
    device: str
    seen: Observed

    def path(self, number: int) -> str:
        """The path of a node."""
        return "input" if number == INPUT else self.network.layers[number - 1].path


def verify(network: Network, *, device: str = "meta", batch: int = BATCH) -> Verified:
    """Build the network in PyTorch, run it on a device, and compare; auxiliary heads too.

    The ``meta`` device works out shapes and what autograd saves without values. A layer that PyTorch refuses because
    one before it has another shape ends the comparison. Raises SpecError with the network's problems, ArchcalcError
    without PyTorch, for an unknown device, for one that is not there and for any other layer that is refused, TooLarge.
    """
    if device not in DEVICES:
        raise ArchcalcError(f"there is no device '{device}' ({did_you_mean(device, DEVICES)})")
    need_torch()
    steps, _ = walk_or_raise(network)
    from archcalc.backends.observe import Refused, observe

    try:
        run = VerifyRun(network, steps, batch, device, observe(network, steps, device, batch))
    except Refused as refused:
        if not _shapes(steps, batch, refused.outputs).mismatches:
            raise
        until = _shapes(steps, batch, {refused.layer: None, **refused.outputs})
        return Verified(network.name, device, batch, (until,))
    return Verified(network.name, device, batch, tuple(check(run) for check in CHECKS))


def verify_all(
    networks: Iterable[Network],
    *,
    device: str = "meta",
    batch: int = BATCH,
    progress: Callable[[int, int], None] | None = None,
) -> VerifiedAll:
    """Each of many networks; ``progress`` is told how many are done, of how many.

    What the device's memory does not hold is left out. Raises as ``verify`` does.
    """
    todo, found, left_out = list(networks), [], []
    for number, network in enumerate(todo, 1):
        try:
            found.append(verify(network, device=device, batch=batch))
        except TooLarge as error:
            left_out.append(LeftOut(network.name, str(error)))
        if progress is not None:
            progress(number, len(todo))
    return VerifiedAll(tuple(found), device, tuple(left_out))


def need_torch() -> None:
    """Raises ArchcalcError with the way to PyTorch where it is not installed."""
    if find_spec("torch") is None:
        raise ArchcalcError("PyTorch is not installed: pip install 'archcalc[torch]'")


# --- shapes and weights -------------------------------------------------------------------------------------


def shapes(run: VerifyRun) -> Check:
    """Every layer's output, for the whole batch."""
    return _shapes(run.steps, run.batch, {number: seen.outputs for number, seen in run.seen.layers.items()})


def _shapes(steps: Sequence[Step], batch: int, theirs: Mapping[int, tuple[int, ...] | None]) -> Check:
    """As many outputs as there are."""
    outputs = [_output(step, batch, theirs[step.number]) for step in steps if step.number in theirs]
    return Check("shapes", len(outputs), tuple(one for one in outputs if one.ours != one.theirs))


def _output(step: Step, batch: int, theirs: tuple[int, ...] | None) -> Mismatch:
    ours = (batch, step.y.channels, *step.y.spatial)
    return Mismatch(step.node.path, "output", _hwc(ours), theirs and _hwc(theirs))


def _hwc(shape: Sequence[int]) -> tuple[int, ...]:
    """N, C, H, W as N, H, W, C."""
    return (*shape[:1], *shape[2:], *shape[1:2])


def weights(run: VerifyRun) -> Check:
    """Every named array, and the totals of what is trained and what is not."""
    found: list[Mismatch] = []
    compared = 2
    for step in run.steps:
        theirs = dict(run.seen.layers[step.number].stored)
        for weight in step.weights:
            compared += 1
            name = weight.name if weight.name in theirs else NAMES.get(weight.name, weight.name)
            array = theirs.pop(name, None)
            trained = weight.role != "buffer"
            if array is None or weight.shape != array.shape:
                found.append(
                    Mismatch(step.node.path, weight.name, weight.shape, array.shape if array else None)
                )
            elif trained != array.trained:
                found.append(Mismatch(step.node.path, weight.name, *map(_role, (trained, array.trained))))
        found += [Mismatch(step.node.path, name, None, array.shape) for name, array in theirs.items()]
    sums = stored(weight for step in run.steps for weight in step.weights)
    found += _differ("", "params", params(sums), run.seen.trained)
    found += _differ("", "buffers", sums["buffers"], run.seen.buffers)
    return Check("weights", compared, tuple(found))


def _role(trained: bool) -> str:
    return "trained" if trained else "a buffer"


def _differ(layer: str, figure: str, ours: Any, theirs: Any) -> Iterator[Mismatch]:
    if ours != theirs:
        yield Mismatch(layer, figure, ours, theirs)


# --- multiply-accumulates -----------------------------------------------------------------------------------


def macs(run: VerifyRun) -> Check:
    """Every layer's multiply-accumulates, where PyTorch's flop_counter sees them."""
    found: list[Mismatch] = []
    apart = []
    for step in run.steps:
        seen, path = run.seen.layers[step.number], step.node.path
        ours = run.batch * step.cost.get("macs", 0)
        if seen.uncounted and not seen.macs:
            apart.append(Apart(path, "MACs", ours, None, f"not counted by PyTorch: {seen.uncounted}"))
            continue
        beside = [(run.batch * count, of) for count, of in seen.beside if count]
        apart += [
            Apart(path, "MACs", ours, seen.macs, f"PyTorch also counts {count:,} {of}")
            for count, of in beside
        ]
        found += _differ(path, "MACs", ours, seen.macs - sum(count for count, _ in beside))
    return Check(
        "macs", len(run.steps) - sum(one.theirs is None for one in apart), tuple(found), tuple(apart)
    )


# --- what autograd keeps ------------------------------------------------------------------------------------


class Changed(NamedTuple):
    """What a layer keeps on this device in place of what its op says, and why."""

    keeping: Keeping
    because: str


def memory(run: VerifyRun) -> Check:
    """The arrays that autograd keeps for every layer, and their bytes in all, each array once."""
    found: list[Mismatch] = []
    apart: list[Apart] = []
    as_declared, expected = _Total(run.batch), _Total(run.batch)
    for keeping in kept_by_layer(run.network, run.steps):
        seen = run.seen.layers[keeping.step.number]
        as_declared.add(keeping)
        real = keeping
        for known in KNOWN:
            changed = known(run, real, seen)
            if changed is not None:
                apart.append(_told(run, real, changed))
                real = changed.keeping
        expected.add(real)
        found += _compared(run, real, seen)
    theirs = run.seen.kept_bytes
    found += _differ("", "bytes kept", expected.bytes, theirs)
    if as_declared.bytes != expected.bytes:
        apart.append(Apart("", "bytes kept", as_declared.bytes, theirs, "the sum of the differences above"))
    return Check("memory", len(run.steps) + 1, tuple(found), tuple(apart))


class _Total:
    """The bytes of all that is kept, each array once."""

    def __init__(self, batch: int) -> None:
        self.batch, self.own = batch, 0
        self.values: dict[int, int] = {}

    def add(self, keeping: Keeping) -> None:
        self.values |= keeping.values
        self.own += sum(_bytes(kept, self.batch) for kept in keeping.own)

    @property
    def bytes(self) -> int:
        """What has been added so far."""
        return int(self.own + self.batch * VALUE * sum(self.values.values()))


def _bytes(kept: Kept, batch: int) -> int:
    return int((1 if kept.per_batch else batch) * kept.count * (kept.bytes or VALUE))


def _compared(run: VerifyRun, keeping: Keeping, seen: Seen) -> Iterator[Mismatch]:
    """The same outputs of nodes, and as many arrays of the same bytes of the layer's own."""
    ours = _arrays(keeping, run.batch)
    theirs = Counter((array.of, array.bytes) for array in seen.kept if array.bytes)
    if ours != theirs:
        more, less = _texts(run, ours - theirs), _texts(run, theirs - ours)
        yield Mismatch(keeping.step.node.path, "arrays kept", more, less)


def _arrays(keeping: Keeping, batch: int) -> Counter[tuple[int | None, int]]:
    values: list[tuple[int | None, int]] = [(of, batch * VALUE * size) for of, size in keeping.values.items()]
    return Counter([*values, *((None, _bytes(kept, batch)) for kept in keeping.own)])


def _texts(run: VerifyRun, arrays: Mapping[tuple[int | None, int], int]) -> tuple[str, ...]:
    """``output of conv1: 6,422,528 bytes``."""
    return tuple(
        f"{'an array of its own' if of is None else f'output of {run.path(of)}' if of else 'input'}: {size:,} bytes"
        for (of, size), times in sorted(arrays.items(), key=str)
        for _ in range(times)
    )


def _told(run: VerifyRun, keeping: Keeping, changed: Changed) -> Apart:
    ours, theirs = (
        sum(size for _, size in _arrays(one, run.batch).elements()) for one in (keeping, changed.keeping)
    )
    return Apart(keeping.step.node.path, "bytes kept", ours, theirs, changed.because)


def _padded_copy(run: VerifyRun, keeping: Keeping, seen: Seen) -> Changed | None:
    """Where PyTorch's layer cannot pad so, a copy with the padding is made, and kept in place of the input."""
    if seen.padded is None:
        return None
    step = keeping.step
    copy = Volume(seen.padded[2:], seen.padded[1])
    own = tuple(step.node.op.kept((copy,), step.y))
    values = dict(keeping.values)
    if "input" in step.node.op.keeps:
        own = (*own, Kept("padded copy", copy.size))
        values = {number: size for number, size in values.items() if number == step.number}
    because = "PyTorch's layer cannot pad so: it reads a padded copy of its input, and keeps that"
    return Changed(Keeping(step, values, own), because)


def _mask(run: VerifyRun, keeping: Keeping, seen: Seen) -> Changed | None:
    """Dropout off a GPU, and dropout of everything."""
    op = keeping.step.node.op
    if not isinstance(op, Dropout) or not op.rate:
        return None
    if op.rate == 1:
        zero = (Kept("zero", 1, per_batch=True),)
        return Changed(
            keeping._replace(own=zero), "where all is dropped PyTorch multiplies by a zero and has no mask"
        )
    if run.device == "cuda":
        return None
    mask = tuple(kept._replace(bytes=None) for kept in keeping.own)
    return Changed(
        keeping._replace(own=mask), "off a GPU PyTorch's mask has the type of the values, not one byte each"
    )


def _plain_mean(run: VerifyRun, keeping: Keeping, seen: Seen) -> Changed | None:
    """An adaptive pool of one window, which no formula can tell from others."""
    step = keeping.step
    if not isinstance(step.node.op, AdaptiveAvgPool) or prod(step.y.spatial) != 1:
        return None
    return Changed(keeping._replace(values={}), "a pool to 1 is a plain mean in PyTorch, which keeps nothing")


def _reserve(run: VerifyRun, keeping: Keeping, seen: Seen) -> Changed | None:
    """What cuDNN keeps of a batch normalisation, if it wants anything."""
    if not seen.reserved:
        return None
    reserve = Kept("cuDNN's reserve", seen.reserved, bytes=1, per_batch=True)
    return Changed(
        keeping._replace(own=(*keeping.own, reserve)), "cuDNN keeps a reserve, as large as it says itself"
    )


KNOWN: tuple[Callable[[VerifyRun, Keeping, Seen], Changed | None], ...] = (
    _padded_copy,
    _mask,
    _plain_mean,
    _reserve,
)
"""What PyTorch is known to keep otherwise than the ops say: each is held against what it must be."""


# --- what is alive ------------------------------------------------------------------------------------------


def liveness(run: VerifyRun) -> Check:
    """The bytes alive when every layer ends, without derivatives; on a GPU, of its allocator.

    What a layer takes for itself while it runs (the workspace of a convolution) is told apart.
    """
    found: list[Mismatch] = []
    ours = [(path, run.batch * VALUE * values) for path, values in alive_values(run.network, run.steps)]
    for step, (path, alive) in zip(run.steps, ours, strict=True):
        found += _differ(path, "bytes alive", alive, run.seen.alive[step.number])
    apart: tuple[Apart, ...] = ()
    peak = run.seen.peak_bytes
    if peak is not None:
        most = max((alive for _, alive in ours), default=0)
        because = "the peak of the allocator has what layers take for themselves while they run"
        apart = (Apart("", "peak", most, peak, because),)
    return Check("liveness", len(run.steps), tuple(found), apart)


CHECKS: tuple[Callable[[VerifyRun], Check], ...] = (shapes, weights, macs, memory, liveness)
"""In the order in which they are told."""
