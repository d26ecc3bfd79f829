"""Attention in ONNX: projections, heads, scores, softmax, and the mean of the values."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from archcalc.exporters.as_placed import Placed
from archcalc.exporters.onnx.graph import OnnxWriter
from archcalc.exporters.onnx.moves import reshaped
from archcalc.exporters.onnx.scores import cosines, with_bias
from archcalc.exporters.onnx.tokens import product
from archcalc.exporters.onnx.windows import windows_of


class Heads(NamedTuple):
    """How the channels and positions of a tensor are divided among heads and windows.

    ``axes`` has a pair for each axis: the number of windows and the positions in one; with ``grid``, the
    tokens of a window are spread over the map. ``heads`` has two axes where heads share keys and values.
    """

    axes: Sequence[tuple[int, int]]
    heads: Sequence[int]
    width: int
    grid: bool = False

    @property
    def windows(self) -> int:
        return math.prod(count for count, _ in self.axes)

    @property
    def tokens(self) -> int:
        return math.prod(side for _, side in self.axes)

    @property
    def apart(self) -> list[int]:
        """The shape in which each of these numbers has an axis."""
        pairs = [size for pair in self.axes for size in (pair[::-1] if self.grid else pair)]
        return [*pairs, *self.heads, self.width]

    def order(self, keys: bool = False) -> list[int]:
        """The axes of that shape in the order windows, heads, tokens, channels; of keys, the tokens last."""
        rank, count = len(self.axes), len(self.heads)
        windows, tokens = range(self.grid, 2 * rank, 2), range(not self.grid, 2 * rank, 2)
        heads, width = range(2 * rank, 2 * rank + count), 2 * rank + count
        return [*windows, *heads, *([width, *tokens] if keys else [*tokens, width])]


def _split(layer: Placed, writer: OnnxWriter, name: str, x: str, heads: Heads, keys: bool = False) -> str:
    """The values of a projection with the axes windows, heads, tokens, channels."""
    parts = reshaped(layer, writer, f"{name}/heads", x, heads.apart)
    turned = writer.before(layer, "Transpose", f"{name}/heads/Transpose", [parts], perm=heads.order(keys))
    if len(heads.axes) == 1:
        return turned
    inner = [heads.width, heads.tokens] if keys else [heads.tokens, heads.width]
    return reshaped(layer, writer, f"{name}/windows", turned, [heads.windows, *heads.heads, *inner])


def _together(layer: Placed, writer: OnnxWriter, x: str, heads: Heads, spatial: Sequence[int]) -> str:
    """The heads as channels, and the windows as one map: ``_split`` the other way round."""
    order = heads.order()
    if len(heads.axes) > 1:
        x = reshaped(layer, writer, "windows", x, [heads.apart[axis] for axis in order])
    back = [order.index(axis) for axis in range(len(order))]
    turned = writer.before(layer, "Transpose", "heads/Transpose", [x], perm=back)
    channels = math.prod(heads.heads) * heads.width
    return reshaped(layer, writer, "heads", turned, [1, *spatial, channels])


def _attended(
    layer: Placed,
    writer: OnnxWriter,
    parts: Sequence[str],
    width: int,
    added: Callable[[str], str] = lambda scores: scores,
) -> str:
    """softmax(Q·K/√d)·V, where ``added`` says what happens to the scores before the softmax."""
    q, k, v = parts
    if getattr(layer.op, "similarity", "dot") == "cosine":
        q, k, factor = cosines(layer, writer, q, k)
    else:
        factor = writer.scalar(layer, "scale/root", 1 / math.sqrt(width))
    scores = writer.before(layer, "MatMul", "scores/MatMul", [q, k])
    scores = added(writer.before(layer, "Mul", "scale/Mul", [scores, factor]))
    weights = writer.before(layer, "Softmax", "softmax/Softmax", [scores], axis=-1)
    return writer.before(layer, "MatMul", "weighted_sum/MatMul", [weights, v])


def attention(layer: Placed, writer: OnnxWriter) -> None:
    op, xs = layer.op, layer.xs
    read = writer.inputs(layer, last=True)
    windows = windows_of(op, xs[0])
    own = others = read[0]
    if windows.is_moved:
        own = others = windows.entered(layer, writer, read[0])
    elif len(read) > 1:
        others = read[1]
    q, k, v = (_projected(layer, writer, *pair) for pair in (("q", own), ("k", others), ("v", others)))
    each = xs[0].channels // op.heads if op.head_width is None else op.head_width
    shared = op.kv_heads not in (None, op.heads)
    of_q = [op.kv_heads, op.heads // op.kv_heads] if shared else [op.heads]
    of_k = [op.kv_heads, 1] if shared else [op.heads]
    asks = Heads(windows.axes, of_q, each, op.grid)
    answers = Heads(windows_of(op, xs[-1]).axes, of_k, each, op.grid)
    parts = [
        _split(layer, writer, "q", q, asks),
        _split(layer, writer, "k", k, answers, keys=True),
        _split(layer, writer, "v", v, answers),
    ]

    def added(scores: str) -> str:
        scores = with_bias(layer, writer, scores, of_q)
        scores = _causal(layer, writer, scores, asks.tokens, answers.tokens)
        return windows.masked(layer, writer, scores, len(of_q))

    y = _together(layer, writer, _attended(layer, writer, parts, each, added), asks, windows.filled)
    windows.left(layer, writer, y)


def _projected(layer: Placed, writer: OnnxWriter, name: str, x: str) -> str:
    type, at, read = product(layer, writer, x, name)
    return writer.before(layer, type, at, read)


def _causal(layer: Placed, writer: OnnxWriter, scores: str, queries: int, keys: int) -> str:
    """The scores of later tokens replaced by minus infinity."""
    if not layer.op.causal:
        return scores
    all_of = writer.filled(layer, "mask/ones", (queries, keys), True)
    next_one = writer.constant(layer, "mask/first", [1])
    hidden = writer.before(layer, "Trilu", "mask/Trilu", [all_of, next_one], upper=1)
    lowest = writer.scalar(layer, "mask/lowest", -math.inf)
    return writer.before(layer, "Where", "mask/Where", [hidden, lowest, scores])


def dot_product_attention(layer: Placed, writer: OnnxWriter) -> None:
    heads, (q, k, v) = layer.op.heads, layer.xs
    names = writer.inputs(layer, last=True)
    of = [Heads([(1, x.size // x.channels)], [heads], x.channels // heads) for x in (q, k, v)]
    parts = [
        _split(layer, writer, name, tensor, own, keys=name == "k")
        for name, tensor, own in zip("qkv", names, of, strict=True)
    ]
    y = _attended(layer, writer, parts, of[0].width)
    turned = writer.before(layer, "Transpose", "heads/Transpose", [y], perm=(0, 2, 1, 3))
    sizes = writer.constant(layer, "shape", (1, *layer.y.spatial, layer.y.channels))
    writer.add(layer, "Reshape", [turned, sizes], last=True)


ATTENTION: Mapping[str, Callable[[Placed, OnnxWriter], None]] = {
    "attention": attention,
    "dot_product_attention": dot_product_attention,
}
