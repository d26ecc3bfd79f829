"""Known differences between the arrays that PyTorch keeps and the arrays that ops declare, with reasons."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from archcalc.engine.memory import Keeping
from archcalc.ops.base import Kept, Volume
from archcalc.ops.norm import BatchNorm
from archcalc.ops.recurrent import GRU, LSTM
from archcalc.ops.sample_norms import GroupNorm, InstanceNorm, RMSNorm
from archcalc.studies.verify.run import VerifyRun

if TYPE_CHECKING:
    from archcalc.backends.observed import ObservedLayer


class ChangedKeeping(NamedTuple):
    """What a layer keeps on this device instead of what its op declares, and why."""

    keeping: Keeping
    because: str


def _padded_copy(run: VerifyRun, keeping: Keeping, layer: ObservedLayer) -> ChangedKeeping | None:
    """PyTorch's layer cannot pad this way: a padded copy is made, and kept instead of the input."""
    if layer.padded is None:
        return None
    step = keeping.step
    copy = Volume(layer.padded[2:], layer.padded[1])
    # The op keeps what it would keep for an input that is padded already.
    arrays = tuple(step.node.op.kept((copy,), step.y))
    values = dict(keeping.values)
    if "input" in step.node.op.keeps:
        arrays = (*arrays, Kept("padded copy", copy.size))
        values = {number: size for number, size in values.items() if number == step.number}
    because = "PyTorch's layer cannot pad this way: it reads and keeps a padded copy of its input"
    return ChangedKeeping(Keeping(step, values, arrays), because)


def _mask(run: VerifyRun, keeping: Keeping, layer: ObservedLayer) -> ChangedKeeping | None:
    """Dropout on a CPU, and dropout of all values."""
    op = keeping.step.node.op
    if not op.drop_rate or all(kept.bytes != 1 for kept in keeping.own):  # DropBlock has no mask of bytes
        return None
    if op.drop_rate == 1:
        zero = (Kept("zero", 1, per_batch=True),)
        return ChangedKeeping(
            keeping._replace(own=zero),
            "when all values are dropped, PyTorch multiplies by a zero and has no mask",
        )
    if run.device == "cuda":
        return None
    mask = tuple(kept._replace(bytes=None) for kept in keeping.own)
    return ChangedKeeping(
        keeping._replace(own=mask),
        "without a GPU, PyTorch's mask has the type of the values, not one byte each",
    )


def _plain_mean(run: VerifyRun, keeping: Keeping, layer: ObservedLayer) -> ChangedKeeping | None:
    """An adaptive pool with one window: a special case in PyTorch, but not in the formulas of the op."""
    step = keeping.step
    if not step.op.torch_takes_mean(step.y):
        return None
    return ChangedKeeping(
        keeping._replace(values={}), "PyTorch computes a pool to size 1 as a plain mean, which keeps nothing"
    )


def _order_of_steps(run: VerifyRun, keeping: Keeping, layer: ObservedLayer) -> ChangedKeeping | None:
    """A recurrent layer on a CPU multiplies the whole input at once, in the order of its steps."""
    (x, *_), op = keeping.step.xs, keeping.step.op
    if not op.directions or run.device != "cpu" or x.spatial == (1,):
        return None
    # Each direction makes a copy of its own.
    arrays = (*keeping.own, Kept("copies in the order of the steps", op.directions * x.size))
    because = "PyTorch's tensors have the channels first: it keeps a copy of the input with the steps first"
    return ChangedKeeping(keeping._replace(values={}, own=arrays), because)


def _fused_cell(run: VerifyRun, keeping: Keeping, layer: ObservedLayer) -> ChangedKeeping | None:
    """An LSTM or GRU on a GPU: PyTorch computes the cell in one kernel, which keeps more.

    Each step of an LSTM keeps its products with W and with U, the gates (4 values per unit each), the cell
    and the state before; besides these the last cell is kept. A GRU keeps both products (3), its workspace
    (5) and the state before (``derivatives.yaml`` of PyTorch, ``_thnn_fused_lstm_cell``,
    ``_thnn_fused_gru_cell``). A projected state is kept beside the one that it is computed from. Each fits
    what was measured on an H100, to the byte.
    """
    (x, *_), op = keeping.step.xs, keeping.step.op
    if run.device != "cuda" or not isinstance(op, LSTM | GRU):
        return None
    (steps,) = x.spatial
    per_cell = 12 * op.units * steps
    if isinstance(op, LSTM):
        per_cell = op.units * (14 * steps + 1) + (op.projection or 0) * steps
    cells = Kept("products, gates and states", op.layers * op.directions * per_cell)
    below = Kept("outputs of the layers below", (op.layers - 1) * op.width * steps)
    because = "on a GPU one kernel computes the cell: it keeps the products with W and U besides the gates"
    return ChangedKeeping(keeping._replace(own=(cells, below)), because)


def _copy_of_a_slice(run: VerifyRun, keeping: Keeping, layer: ObservedLayer) -> ChangedKeeping | None:
    """Some normalisations read their values one after the other in memory, where a slice has gaps.

    A batch normalisation does so on a GPU, where cuDNN computes it: with γ and β, over positions.
    """
    (x, *_), op = keeping.step.xs, keeping.step.op
    gaps = any(size != x.size for size in keeping.values.values())
    by_cudnn = run.device == "cuda" and isinstance(op, BatchNorm) and op.gamma and op.beta and x.rank
    in_order = isinstance(op, GroupNorm | InstanceNorm) or by_cudnn
    if not in_order or run.batch == 1 or not gaps:
        return None
    arrays = (*keeping.own, Kept("copy of the slice", x.size))
    because = "PyTorch copies a slice before this normalisation, and keeps the copy"
    return ChangedKeeping(keeping._replace(values={}, own=arrays), because)


def _fused_rms(run: VerifyRun, keeping: Keeping, layer: ObservedLayer) -> ChangedKeeping | None:
    """A root mean square normalisation on a GPU: one kernel, which keeps its input and one value per set."""
    op = keeping.step.op
    if run.device != "cuda" or not isinstance(op, RMSNorm) or not op.gamma:
        return None
    arrays = tuple(kept for kept in keeping.own if kept.name != "normalised values")
    because = "on a GPU one kernel computes it, and keeps no normalised values"
    return ChangedKeeping(keeping._replace(own=arrays), because)


def _reserve(run: VerifyRun, keeping: Keeping, layer: ObservedLayer) -> ChangedKeeping | None:
    """The memory that cuDNN reserves for a batch normalisation."""
    if not layer.reserved:
        return None
    reserve = Kept("cuDNN's reserve", layer.reserved, bytes=1, per_batch=True)
    return ChangedKeeping(
        keeping._replace(own=(*keeping.own, reserve)), "cuDNN keeps a reserve, with the size that it reports"
    )


CAUSES: tuple[Callable[[VerifyRun, Keeping, ObservedLayer], ChangedKeeping | None], ...] = (
    _padded_copy,
    _mask,
    _plain_mean,
    _order_of_steps,
    _fused_cell,
    _copy_of_a_slice,
    _fused_rms,
    _reserve,
)
"""Each compares a layer with what its op declares, and says what PyTorch keeps instead, or None."""
