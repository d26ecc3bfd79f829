"""Products of two tensors: matmul, einsum and attention."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace

from archcalc.importers.as_calls.axes import CHANNELS, AxisPart, all_positions, merged, placed, viewed, whole
from archcalc.importers.as_calls.graph import CallReader
from archcalc.importers.as_calls.moves import REPEATED, without_repeats
from archcalc.importers.as_calls.pointwise import scaled, with_stored
from archcalc.importers.as_calls.values import Call, Computed, Stored, Value
from archcalc.importers.as_calls.weighted import product
from archcalc.importers.as_network import ImportProblem, made


def swapped(x: Computed) -> Computed:
    """The tensor with its last two axes in the other order."""
    return Computed(x.number, (*x.axes[:-2], x.axes[-1], x.axes[-2]))


def matmul(call: Call, graph: CallReader) -> Value:
    a, b = call["input"], call["other"]
    if isinstance(b, Stored) and b.plain and len(b.dims) == 2:
        return product(call, graph, graph.signal(a), b, b.dims[-1], None)
    if isinstance(a, Stored) and a.plain and len(a.dims) == 2:
        return swapped(product(call, graph, swapped(graph.signal(b)), a, a.dims[0], None))
    return multiplied(call, graph, graph.signal(a), graph.signal(b))


def baddbmm(call: Call, graph: CallReader) -> Value:
    y = multiplied(call, graph, graph.signal(call["batch1"]), graph.signal(call["batch2"]))
    added = call["input"]
    if isinstance(added, Stored):
        return with_stored(call, graph, "add", y, added) if call["beta"] != 0 else y
    raise ImportProblem("archcalc has no product with a sum of computed values")


def multiplied(call: Call, graph: CallReader, a: Computed, b: Computed) -> Computed:
    """A batch of products of two matrices."""
    if len(a.axes) < 2 or len(b.axes) < 2:
        raise ImportProblem("archcalc multiplies matrices, and no single vectors")
    rank = max(len(a.axes), len(b.axes))
    batch = list(range(rank - 2))
    a, b = _of_rank(a, rank), _of_rank(b, rank)
    y = contracted(
        call, graph, a, b, [(at, at) for at in batch], [rank - 2], [(rank - 1, rank - 2)], [rank - 1]
    )
    axes = viewed(y.axes, call.shape)
    assert axes is not None
    return Computed(y.number, axes)


def _of_rank(x: Computed, rank: int) -> Computed:
    return Computed(x.number, ((),) * (rank - len(x.axes)) + x.axes)


def contracted(
    call: Call,
    graph: CallReader,
    a: Computed,
    b: Computed,
    batch: Sequence[tuple[int, int]],
    rows: Sequence[int],
    inner: Sequence[tuple[int, int]],
    columns: Sequence[int],
) -> Computed:
    """The sum over ``inner`` of products, for each of ``batch``: its axes are batch, rows, columns.

    Numbers are axes of the first tensor, of the second one, or pairs of both.
    """
    a_axes: list[tuple[AxisPart, ...]] = []
    b_axes: list[tuple[AxisPart, ...]] = []
    together: list[int] = []
    apart: list[int] = []  # the places of axes that both have, and of those that only the first has
    for left, right in batch:
        for first, second in _divided(a, left, b, right):
            (together if second else apart).append(len(a_axes))
            a_axes.append(first)
            b_axes.append(second)
    if any(second and not first for first, second in zip(a_axes, b_axes, strict=True)):
        raise ImportProblem("archcalc cannot multiply one matrix by several")
    count = len(a_axes)
    a_axes += [a.axes[at] for at in rows] + [a.axes[at] for at, _ in inner]
    b_axes += [b.axes[at] for _, at in inner] + [b.axes[at] for at in columns]
    a_rows, a_inner = range(count, count + len(rows)), range(count + len(rows), len(a_axes))
    b_inner, b_columns = range(count, count + len(inner)), range(count + len(inner), len(b_axes))
    one, two = Computed(a.number, tuple(a_axes)), without_repeats(Computed(b.number, tuple(b_axes)))
    heads = [together] if together else []
    x = graph.gathered(call, one, [*heads, [*apart, *a_rows]], a_inner)
    deep = [part for at in b_inner for part in two.axes[at]]
    transposed = all(part.axis == CHANNELS for part in deep)
    sides, channels = (b_columns, b_inner) if transposed else (b_inner, b_columns)
    other = graph.gathered(call, two, [*heads, sides], channels)
    y = graph.add(call, made("matmul", transpose=transposed), x, other, axes=())
    dims = [*one.dims[: a_inner.start], *(two.dims[at] for at in b_columns)]
    last = range(a_inner.start, len(dims))
    return Computed(y.number, placed(graph.volume(y), [*heads, [*apart, *a_rows]], last, dims))


def _divided(
    a: Computed, left: int, b: Computed, right: int
) -> list[tuple[tuple[AxisPart, ...], tuple[AxisPart, ...]]]:
    """An axis of the batch in pieces: where the second tensor repeats its values, it has no axis."""
    first, second = a.axes[left], b.axes[right]
    if not any(part.axis == REPEATED for part in second):
        return [(first, second)]
    pieces = viewed((first,), [part.size for part in second])
    if pieces is None:
        raise ImportProblem("archcalc cannot see which matrices are multiplied")
    return [
        (piece, () if part.axis == REPEATED else (part,)) for piece, part in zip(pieces, second, strict=True)
    ]


def einsum(call: Call, graph: CallReader) -> Value:
    """A sum of products of two tensors, in letters."""
    operands = call["operands"]
    if len(operands) == 1 and isinstance(operands[0], list | tuple):
        operands = operands[0]
    match = re.fullmatch(r"([a-zA-Z]+),([a-zA-Z]+)->([a-zA-Z]*)", call["equation"].replace(" ", ""))
    if match is None or len(operands) != 2:
        raise ImportProblem("archcalc reads sums of products of two tensors, with all letters written out")
    first, second, out = match.groups()
    a, b = operands
    if isinstance(a, Stored):
        a, b, first, second = b, a, second, first
    batch = [x for x in first if x in second and x in out]
    inner = [x for x in first if x in second and x not in out]
    rows = [x for x in first if x not in second]
    columns = [x for x in second if x not in first]
    if not inner or any(x not in out for x in rows + columns) or not set(out) <= set(first + second):
        raise ImportProblem("archcalc has no layer for this sum of products")
    x = graph.signal(a)
    if isinstance(b, Stored) and b.plain and not batch:
        x = Computed(x.number, tuple(x.axes[first.index(at)] for at in rows + inner))
        units = math.prod(b.dims[second.index(at)] for at in columns)
        x = graph.around(call, x, range(len(rows), len(x.axes)))
        flat = Computed(
            x.number, (*x.axes[: len(rows)], merged(p for axis in x.axes[len(rows) :] for p in axis))
        )
        y = product(call, graph, flat, b, units, None)
        sizes = [b.dims[second.index(at)] for at in columns]
        axes = viewed(y.axes, [*flat.dims[:-1], *sizes])
    else:
        places = {at: (first.index(at), second.index(at)) for at in batch + inner}
        y = contracted(
            call, graph, x, graph.signal(b), [places[at] for at in batch],
            [first.index(at) for at in rows], [places[at] for at in inner],
            [second.index(at) for at in columns],
        )  # fmt: skip
        shape = dict(zip(out, call.shape, strict=True))
        axes = viewed(y.axes, [shape[at] for at in batch + rows + columns])
    assert axes is not None
    order = [(batch + rows + columns).index(at) for at in out]
    return Computed(y.number, tuple(axes[at] for at in order))


# --- attention --------------------------------------------------------------------------------------------


def attention(call: Call, graph: CallReader) -> Value:
    """``scaled_dot_product_attention``: one layer where the heads are parts of the channels."""
    q, k, v = (graph.signal(call[name]) for name in ("query", "key", "value"))
    mask = call["attn_mask"]
    if isinstance(mask, Computed):
        raise ImportProblem("archcalc has no attention with a mask that is computed from the input")
    trained = isinstance(mask, Stored) and mask.params
    if (
        not trained
        and all(_in_heads(graph, x) for x in (q, k, v))
        and len({_heads(x) for x in (q, k, v)}) == 1
    ):
        y = graph.add(call, made("dot_product_attention", heads=_heads(q)), q, k, v, axes=())
        channels = graph.volume(y).channels
        heads = _heads(q)
        deep = channels // heads
        outer = (AxisPart(CHANNELS, deep, heads),) if heads > 1 else ()
        inner = (AxisPart(CHANNELS, 1, deep),) if deep > 1 else ()
        return Computed(y.number, (*q.axes[:-3], outer, q.axes[-2], inner))
    if call["enable_gqa"] and q.dims[-3] != k.dims[-3]:
        k, v = (_for_all_heads(x, q.dims[-3]) for x in (k, v))
    scores = _scores(call, graph, q, k)
    if isinstance(mask, Stored) and mask.params:
        scores = with_stored(call, graph, "add", scores, mask)
    last = graph.around(call, scores, [len(scores.axes) - 1])
    weights = graph.add(call, made("softmax"), last)
    return multiplied(call, graph, weights, v)


def _scores(call: Call, graph: CallReader, q: Computed, k: Computed) -> Computed:
    of_scores = replace(call, shapes=[(*q.dims[:-1], k.dims[-2])])
    return scaled(of_scores, graph, multiplied(of_scores, graph, q, swapped(k)))


def _for_all_heads(x: Computed, heads: int) -> Computed:
    times = heads // x.dims[-3]
    shared = (*x.axes[-3], AxisPart(REPEATED, 1, times))
    return Computed(x.number, (*x.axes[:-3], shared, *x.axes[-2:]))


def _heads(x: Computed) -> int:
    return x.dims[-3] if len(x.axes) > 2 else 1


def _in_heads(graph: CallReader, x: Computed) -> bool:
    """Whether the heads and their channels are all channels of a layer, and the tokens its positions."""
    volume = graph.volume(x)
    if len(x.axes) < 3 or not volume.rank or any(x.axes[:-3]):
        return False
    return merged((*x.axes[-3], *x.axes[-1])) == whole(volume, CHANNELS) and x.axes[-2] == all_positions(
        volume
    )


def multi_head(call: Call, graph: CallReader) -> Sequence[Value]:
    """``nn.MultiheadAttention``: attention with its projections."""
    query, key, value = (call[name] for name in ("query", "key", "value"))
    if any(
        call[name] is not None and call[name] is not False for name in ("bias_k", "bias_v", "add_zero_attn")
    ):
        raise ImportProblem("archcalc has no attention with additional keys")
    q, k, v = (graph.signal(one) for one in (query, key, value))
    if any(len(x.axes) != 3 or x.axes[1] for x in (q, k, v)):
        raise ImportProblem("archcalc reads an attention of one sequence, and no batch of parts of the input")
    names = ("in_proj_weight", "q_proj_weight", "k_proj_weight", "v_proj_weight", "in_proj_bias")
    projections = [graph.stored(call[name]) for name in names]
    out = [graph.stored(call["out_proj_weight"]), graph.stored(call["out_proj_bias"])]
    heads = int(call["num_heads"])
    has_bias = projections[-1] is not None
    if k != v:
        return [_apart(call, graph, (q, k, v), heads), Stored(())]
    q, k = (graph.around(call, x, [2]) for x in (q, k))
    if not all(graph.volume(x).rank for x in (q, k)):
        q, k = (graph.gathered(call, x, [[0]], [2]) for x in (q, k))
    op = made("attention", heads=heads, bias=has_bias, out_bias=out[1] is not None)
    y = graph.add(call, op, *([q] if q == k else [q, k]), weights=[*projections, *out])
    return [y, Stored(())]


def _apart(call: Call, graph: CallReader, inputs: Sequence[Computed], heads: int) -> Computed:
    """Projections of three inputs, and attention between them."""
    weight, bias = graph.stored(call["in_proj_weight"]), graph.stored(call["in_proj_bias"])
    width = int(call["embed_dim_to_check"])
    out_weight, out_bias = graph.stored(call["out_proj_weight"]), graph.stored(call["out_proj_bias"])
    if weight is None or out_weight is None:
        raise ImportProblem("archcalc has no attention whose keys and values have other widths")
    made_by = []
    for x in inputs:
        y = product(call, graph, x, weight, width, bias, many=True)
        if not graph.volume(y).rank or y.axes[0] != all_positions(graph.volume(y)):
            y = graph.gathered(call, y, [[0]], [2])
        made_by.append(y)
    op = made("dot_product_attention", heads=heads)
    y = graph.add(call, op, *made_by, axes=made_by[0].axes)
    return product(call, graph, y, out_weight, width, out_bias)
