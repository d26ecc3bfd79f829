"""What the programs accept whose rules of windows the ops follow, from their documentation.

The random networks are drawn by these conditions and not by the claims of the ops: a claim that refuses a
legal network would otherwise never be seen. ``tests/ops/test_torch.py`` compares them with PyTorch itself.
"""

from __future__ import annotations

from archcalc.ops.base import Inputs, Op
from archcalc.ops.rounding import Axis
from archcalc.ops.window import WindowOp


def windows(axis: Axis, rounding: str) -> int:
    """How many windows PyTorch (floor, ceil), Caffe and cuda-convnet count; they refuse fewer than 1."""
    size, extent, stride, before, after, clip = axis
    travel = size + before + after - extent
    if rounding in ("floor", "exact"):
        return travel // stride + 1
    count = (travel + stride - 1) // stride + 1
    # MaxPool2d: windows that would start in the padding at the end are ignored.
    clips = rounding == "ceil" or (rounding == "caffe" and clip)
    if clips and (count - 1) * stride >= size + before:
        count = (size + before - 1) // stride + 1
    return count


def accepted(op: Op, xs: Inputs) -> bool:
    """Whether an op is legal on these inputs: for windows by the documentation, else by its claims."""
    claims = [claim for claim in op.claims(xs) if not claim.note]
    if isinstance(op, WindowOp) and not isinstance(op.kernel, str):
        # The claim about the kernel is the one that is not taken for granted.
        claims = [claim for claim in claims if claim.option != "kernel"]
        if any(windows(axis, op.rounding) < 1 for axis in op.axes(xs[0])):
            return False
    return all(claim.relation(claim.left, claim.right) is True for claim in claims)
