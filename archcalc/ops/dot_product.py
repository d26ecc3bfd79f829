"""Attention without its projections."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from archcalc import dims
from archcalc.dims import Dim, exact_div
from archcalc.ops.base import Claim, Cost, Inputs, Kept, Op, Volume, operation
from archcalc.ops.costs import Part, summed
from archcalc.ops.merge import Merge
from archcalc.ops.option_types import Count
from archcalc.ops.options import option


@operation
class DotProductAttention(Merge):
    """softmax(Q·Kᵀ/√d)·V in each head, for queries, keys and values that other layers compute.

    The three inputs are the queries, the keys and the values: positions with ``heads`` vectors of d channels.
    ``attention`` has the projections too; this op is for networks that do something between, such as a norm
    of the queries.

    >>> from archcalc.ops.base import Volume
    >>> q = Volume((197,), 768)
    >>> y = DotProductAttention(heads=12).shape((q, q, q))
    >>> y.dims, DotProductAttention(heads=12).cost((q, q, q), y)["macs"] == 2 * 197 * 197 * 768
    ((197, 768), True)
    """

    name = "dot_product_attention"
    other_names = ("scaleddotproduct", "sdpa")
    source = "Vaswani et al. 2017, section 3.2.1; torch scaled_dot_product_attention"
    counts_as_memory = True
    keeps = ("input",)

    heads: Dim = option(Count(), "number of heads", main=True, other_names=("numheads",))

    def claims(self, xs: Inputs) -> Iterable[Claim]:
        yield Claim(dims.same, len(xs), 3, lambda: f"takes queries, keys and values, not {len(xs)} inputs")
        q, k, v = xs
        for x in xs:
            yield _in_heads(self, x)
        yield _alike(q.channels, k.channels, f"queries have {q.channels} channels, keys {k.channels}")
        yield _alike(_positions(k), _positions(v), f"there are {k} keys, and {v} values")

    def shape(self, xs: Inputs) -> Volume:
        q, _, v = xs
        return Volume(q.spatial, v.channels)

    def parts(self, xs: Inputs, y: Volume) -> Iterable[Part]:
        q, k, v = xs
        queries, keys = _positions(q), _positions(k)
        scores = self.heads * queries * keys
        cost = {"macs": queries * keys * q.channels, "muls": scores}
        yield Part("scores", cost, "Q·Kᵀ/√d in each head: every query with every key")
        softmax = {"exps": scores, "adds": scores - self.heads * queries, "divs": scores}
        yield Part("softmax", softmax, "softmax over the keys of each query: its weights add up to 1")
        yield Part("weighted_sum", {"macs": queries * keys * v.channels}, "the weights times V: a mean of V")

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        return summed(self.parts(xs, y))

    def kept(self, xs: Inputs, y: Volume) -> Iterable[Kept]:
        q, k, _ = xs
        yield Kept("softmax", self.heads * _positions(q) * _positions(k))

    def torch(self, nn: Any, xs: Inputs) -> Any:
        return nn.DotProductAttention(self.heads)


def _positions(x: Volume) -> Dim:
    return exact_div(x.size, x.channels)


def _alike(a: Dim, b: Dim, says: str) -> Claim:
    return Claim(dims.same, a, b, lambda: says)


def _in_heads(op: Op, x: Volume) -> Claim:
    heads: Dim = op.heads  # type: ignore[attr-defined]
    return Claim(
        dims.divides,
        heads,
        x.channels,
        lambda: f"{x.channels} channels cannot be divided among {heads} heads",
    )
