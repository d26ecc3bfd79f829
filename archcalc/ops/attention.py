"""Attention: every token reads every other token."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from archcalc import dims
from archcalc.dims import Dim, ceil_div, exact_div, prod
from archcalc.ops.axes import spatial_claims
from archcalc.ops.base import (
    Claim,
    Cost,
    Inputs,
    Keeps,
    Kept,
    Op,
    Volume,
    Weight,
    operation,
    per_axis,
)
from archcalc.ops.costs import Part, summed
from archcalc.ops.option_types import Choice, Count, Flag, PerAxis, Sizes
from archcalc.ops.options import SameAs, option
from archcalc.ops.scores import BIASES, AttentionSizes, RelativeBias, kept_of_lengths, lengths


@operation
class Attention(Op):
    """Attention of several heads: softmax(Q·Kᵀ/√d)·V over all positions, between projections.

    The positions of the input are the tokens, its channels their width D. ``q``, ``k`` and ``v`` project each
    token to ``heads`` vectors of ``head_width`` d; each query takes T·d MACs per head for its scores and as
    many for the weighted sum of T values; ``out`` projects back to D. A second input gives keys and values
    (cross attention). ``causal`` hides later tokens; all scores are counted, as PyTorch computes them.

    ``windows`` divides a map into windows of that size; a token reads its own window only (Swin). ``shift``
    moves the map before and back behind, so that tokens meet others; those that meet only because the map is
    moved in a circle do not see each other. ``grid`` spreads the tokens of a window over the map (MaxViT).

    >>> from archcalc.ops.base import Volume
    >>> tokens = Volume((197,), 768)
    >>> vit = Attention(heads=12)
    >>> sum(weight.count for weight in vit.weights((tokens,), tokens)), vit.cost((tokens,), tokens)["macs"]
    (2362368, 524391936)
    """

    name = "attention"
    other_names = ("multiheadattention", "selfattention", "scaleddotproductattention", "mha")
    source = (
        "Vaswani et al. 2017, section 3.2; windows: Liu et al. 2021 (Swin), section 3.2; grid: Tu et al. "
        "2022 (MaxViT), section 3.2; cosine and mlp: Liu et al. 2022 (Swin v2), section 3"
    )
    weighted = True
    second_input = "values"

    heads: Dim = option(Count(), "number of heads", main=True, other_names=("numheads",))
    kv_heads: Dim | None = option(
        Count(),
        "heads of keys and values that the heads share (grouped queries); left out, each has its own",
        default=None,
        other_names=("numkeyvalueheads",),
    )
    head_width: Dim | None = option(
        Count(), "width d of one head; left out, the channels divided by the heads", default=None
    )
    out_width: Dim | None = option(
        Count(), "channels of the output; left out, as many as the input has", default=None
    )
    bias: bool | Literal["qv"] = option(
        Flag("qv"), "biases of q, k and v; 'qv': k has none", default=True, other_names=("qkvbias",)
    )
    out_bias: bool = option(Flag(), "biases of the output projection", default=SameAs("bias", otherwise=True))
    causal: bool = option(Flag(), "hide later tokens; changes no count", default=False)
    windows: Sizes | None = option(
        PerAxis(), "size of the windows, for every axis or for each; left out, one window", default=None
    )
    shift: Sizes = option(
        PerAxis(least=0),
        "positions by which windows are shifted, for every axis or for each; an axis of one window is not",
        default=0,
    )
    grid: bool = option(Flag(), "the tokens of a window are spread evenly over the map", default=False)
    fill: bool = option(
        Flag(),
        "zeros behind the last positions fill the last windows",
        default=False,
        other_names=("pad_windows",),
    )
    similarity: str = option(
        Choice("dot", "cosine"),
        "the score of a query and a key: their product, or the cosine of their angle times a trained scale",
        default="dot",
    )
    relative_bias: str = option(
        Choice(*BIASES),
        "what is added to the scores for every distance and head: nothing, a trained value, or one that a"
        " network of two layers computes",
        default="none",
    )
    relative_units: Dim = option(Count(), "hidden units of that network", default=512)

    @property
    def keeps(self) -> Keeps:
        # Windows are copied out of the map; the copy is kept.
        return ("input",) if self.windows is None else ()

    def claims(self, xs: Inputs) -> Iterable[Claim]:
        for x in xs:
            yield from spatial_claims(self, x)
        if self.head_width is None:
            yield _shares_out(xs[0].channels, self.heads, "channels", "heads", "heads")
        if self.kv_heads is not None:
            yield _shares_out(self.heads, self.kv_heads, "heads", "key and value heads", "kv_heads")
        if self.relative_bias != "none":
            yield _reads_itself(xs, "relative_bias")
        if self.windows is None:
            yield from self._without_windows()
        else:
            yield _reads_itself(xs, "windows")
            yield from self._window_claims(xs[0])

    def _without_windows(self) -> Iterable[Claim]:
        """The options of windows change nothing."""
        flags = [("grid", 1 if self.grid else 0), ("fill", 1 if self.fill else 0)]
        for name, value in [*flags, *(("shift", shift) for shift in per_axis(self.shift, 1))]:
            yield _of_windows(name, value)

    def _window_claims(self, x: Volume) -> Iterable[Claim]:
        sides, shifts = self.sides(x), per_axis(self.shift, x.rank)
        for size, side, shift in zip(x.spatial, sides, shifts, strict=False):
            if not self.fill:
                yield _in_windows(size, side)
            yield _within_one(shift, side)
            if self.grid:
                yield Claim(dims.same, shift, 0, lambda: "a grid covers the map, so it cannot shift", "shift")

    def shape(self, xs: Inputs) -> Volume:
        (x, *_) = xs
        return x if self.out_width is None else Volume(x.spatial, self.out_width)

    def sides(self, x: Volume) -> tuple[Dim, ...]:
        """The size of a window along each axis."""
        return x.spatial if self.windows is None else per_axis(self.windows, x.rank)

    def _filled(self, x: Volume) -> tuple[Dim, ...]:
        """The positions along each axis, with those that fill the windows."""
        if not self.fill:
            return x.spatial
        return tuple(ceil_div(size, side) * side for size, side in zip(x.spatial, self.sides(x), strict=True))

    def sizes(self, xs: Inputs) -> AttentionSizes:
        """How many queries, keys and scores there are."""
        x, other = xs[0], xs[-1]
        if self.head_width is None:
            # The heads share out the channels. Without a division, formulas stay short: T·T·D.
            each, width = exact_div(x.channels, self.heads), x.channels
        else:
            each, width = self.head_width, self.heads * self.head_width
        key_width = width if self.kv_heads is None else self.kv_heads * each
        queries, keys = prod(self._filled(x)), prod(self._filled(other))
        reads = prod(self.sides(other))
        scores = self.heads * queries * reads
        asking, answering = (
            queries * self.heads,
            keys * (self.heads if self.kv_heads is None else self.kv_heads),
        )
        return AttentionSizes(queries, keys, reads, width, key_width, scores, asking, answering)

    def weights(self, xs: Inputs, y: Volume) -> Iterable[Weight]:
        sizes, width, read = self.sizes(xs), xs[0].channels, xs[-1].channels
        yield Weight("q_weight", (sizes.width, width))
        yield Weight("k_weight", (sizes.key_width, read))
        yield Weight("v_weight", (sizes.key_width, read))
        yield Weight("out_weight", (y.channels, sizes.width))
        if self.bias:
            yield Weight("q_bias", (sizes.width,), "bias")
            if self.bias is True:
                yield Weight("k_bias", (sizes.key_width,), "bias")
            yield Weight("v_bias", (sizes.key_width,), "bias")
        if self.out_bias:
            yield Weight("out_bias", (y.channels,), "bias")
        if self.similarity == "cosine":
            yield Weight("scale", (self.heads,))
        yield from self._bias(xs[0]).weights()

    def _bias(self, x: Volume) -> RelativeBias:
        return RelativeBias(self.relative_bias, self.sides(x), self.heads, self.relative_units)

    def parts(self, xs: Inputs, y: Volume) -> Iterable[Part]:
        sizes, width, read = self.sizes(xs), xs[0].channels, xs[-1].channels
        scores, rows = sizes.scores, self.heads * sizes.queries
        queries, keys = sizes.queries * sizes.width, sizes.keys * sizes.key_width
        yield _projection("Q", queries, width, "X·Wq: a query of every head for each token", self.bias)
        yield _projection("K", keys, read, "X·Wk: a key for each token", self.bias is True)
        yield _projection("V", keys, read, "X·Wv: a value for each token", self.bias)
        # Every head multiplies T queries by the keys that each reads.
        products = sizes.queries * sizes.reads * sizes.width
        if self.similarity == "cosine":
            yield lengths(sizes, self.heads)
        yield from self._bias(xs[0]).parts()
        cost = {"macs": products, "muls": scores}
        if self.relative_bias != "none":
            cost["adds"] = scores
        yield Part("scores", cost, self._scores_say())
        softmax = {"exps": scores, "adds": scores - rows, "divs": scores}
        yield Part("softmax", softmax, "softmax over the keys of each query: its weights add up to 1")
        yield Part("weighted_sum", {"macs": products}, "the weights times V: a mean of the values")
        out = sizes.queries * y.channels
        yield _projection("out", out, sizes.width, "all heads together times Wo", self.out_bias)

    def _scores_say(self) -> str:
        """Which keys a query meets, and how."""
        product = "Q·Kᵀ/√d" if self.similarity == "dot" else "scale·Q·Kᵀ"
        plus = "" if self.relative_bias == "none" else " + B"
        says = [f"{product}{plus} in each head: every query with every key"]
        if self.windows is None:
            says[0] += " that it reads"
        elif self.grid:
            says[0] += " of its window, which is spread over the map"
        else:
            says[0] += f" of its window; windows are shifted by {'x'.join(map(str, per_axis(self.shift, 1)))}"
        if plus:
            says.append("B depends on their distance")
        return "; ".join(says)

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        return summed(self.parts(xs, y))

    def depth(self) -> int:
        return 2  # q, k and v stand side by side, and the output projection behind them

    def kept(self, xs: Inputs, y: Volume) -> Iterable[Kept]:
        sizes = self.sizes(xs)
        if self.windows is not None:
            yield Kept("input in windows", sizes.queries * xs[0].channels)
        if self.similarity == "cosine":
            yield from kept_of_lengths(sizes, self.heads)
        yield from self._bias(xs[0]).kept()
        yield Kept("Q", sizes.queries * sizes.width)
        # PyTorch copies shared keys and values for every head that reads them.
        yield Kept("K", sizes.keys * sizes.width)
        yield Kept("V", sizes.keys * sizes.width)
        yield Kept("softmax", sizes.scores)
        yield Kept("heads together", sizes.queries * sizes.width)

    def torch(self, nn: Any, xs: Inputs) -> Any:
        x = xs[0]
        arrays = {weight.name: weight.shape for weight in self.weights(xs, self.shape(xs))}
        sides, windows = self.sides(x), None
        if self.windows is not None:
            windows = nn.Windows(x.spatial, sides, per_axis(self.shift, x.rank), self.grid)
        kv_heads = self.heads if self.kv_heads is None else self.kv_heads
        return nn.Attention(arrays, self.heads, kv_heads, self.causal, windows, sides)


def _projection(name: str, values: Dim, width: Dim, says: str, bias: object) -> Part:
    macs = values * width
    # A word, such as 'qv', stands for a bias too.
    return Part(name, {"macs": macs} if bias is False else {"macs": macs, "adds": values}, says)


def _shares_out(total: Dim, parts: Dim, what: str, among: str, option: str) -> Claim:
    return Claim(
        dims.divides, parts, total, lambda: f"{total} {what} cannot be divided among {parts} {among}", option
    )


def _reads_itself(xs: Inputs, option: str) -> Claim:
    return Claim(dims.same, len(xs), 1, lambda: f"with {option} it has no second input", option)


def _of_windows(option: str, value: Dim) -> Claim:
    return Claim(dims.same, value, 0, lambda: f"{option} is about windows, but there are none", option)


def _in_windows(size: Dim, side: Dim) -> Claim:
    return Claim(
        dims.divides,
        side,
        size,
        lambda: f"{size} positions cannot be divided into windows of {side}",
        "windows",
        hint=lambda: "'fill: true' fills the last window with zeros",
    )


def _within_one(shift: Dim, side: Dim) -> Claim:
    return Claim(
        dims.at_least,
        side,
        shift + 1,
        lambda: f"a shift of {shift} is no part of a window of {side}",
        "shift",
    )
