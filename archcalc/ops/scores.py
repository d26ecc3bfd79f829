"""The scores of an attention: their sizes, the cosine of Swin v2, and the bias for a distance."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from archcalc.dims import Dim, prod
from archcalc.ops.base import Kept, Weight
from archcalc.ops.costs import Part

BIASES = ("none", "table", "mlp")
"""What is added to a score for the distance of query and key: nothing, a trained value, a computed value."""


class AttentionSizes(NamedTuple):
    """The sizes of one attention, in the letters of its paper."""

    queries: Dim  # the tokens that ask, with those that fill the windows
    keys: Dim  # the tokens that are read by all of them, in all windows together
    reads: Dim  # the tokens that one query reads
    width: Dim  # all heads together
    key_width: Dim  # all heads of the keys together; the values have the same
    scores: Dim  # one for each head, query and key that it reads
    query_vectors: Dim  # one for each head and query
    key_vectors: Dim  # one for each key and each of its heads


def lengths(sizes: AttentionSizes, heads: Dim) -> Part:
    """The work that makes a cosine of a product: every query and key is divided by its length."""
    values = sizes.queries * sizes.width + sizes.keys * sizes.key_width
    vectors = sizes.query_vectors + sizes.key_vectors
    # A length is the root of a sum of squares, and at least ε. The scale of a head is an exponential, and
    # at most 100.
    cost = {
        "muls": values,
        "adds": values - vectors,
        "pows": vectors,
        "divs": values,
        "compares": vectors + heads,
        "exps": heads,
    }
    return Part("lengths", cost, "Q and K divided by their lengths: their product is a cosine")


def kept_of_lengths(sizes: AttentionSizes, heads: Dim) -> Iterable[Kept]:
    """What the backward pass of a cosine needs."""
    yield Kept("Q before the division", sizes.queries * sizes.width)
    yield Kept("K before the division", sizes.keys * sizes.key_width)
    for vectors in (sizes.query_vectors, sizes.key_vectors):
        yield Kept("lengths", vectors)
        yield Kept("lengths, at least ε", vectors)
    yield Kept("cosines", sizes.scores)
    yield Kept("scale", heads, per_batch=True)


class RelativeBias(NamedTuple):
    """The bias of an attention whose windows have these ``sides``; ``units`` are those of its network."""

    form: str
    sides: tuple[Dim, ...]
    heads: Dim
    units: Dim

    @property
    def distances(self) -> Dim:
        """How many distances there are: from -(side - 1) to side - 1 along each axis."""
        return prod(2 * side - 1 for side in self.sides)

    @property
    def pairs(self) -> Dim:
        """The values that are added in one window: one for each head, query and key."""
        return self.heads * prod(self.sides) * prod(self.sides)

    def weights(self) -> Iterable[Weight]:
        """The table, or the two layers of the network."""
        if self.form == "table":
            yield Weight("relative_bias", (self.distances, self.heads), "bias")
        elif self.form == "mlp":
            # It reads one distance for each axis; its second layer has no biases.
            yield Weight("relative_fc1_weight", (self.units, len(self.sides)))
            yield Weight("relative_fc1_bias", (self.units,), "bias")
            yield Weight("relative_fc2_weight", (self.heads, self.units))

    def parts(self) -> Iterable[Part]:
        """The work of the network; a table is only read."""
        if self.form != "mlp":
            return
        hidden = self.distances * self.units
        cost = {
            "macs": hidden * len(self.sides) + hidden * self.heads,
            "adds": hidden + self.pairs,
            "compares": hidden,
            "exps": self.pairs,
            "divs": self.pairs,
            "muls": self.pairs,
        }
        says = "B = 16·sigmoid(fc(ReLU(fc(distance)))): a value for each distance and head"
        yield Part("B", cost, says, per_batch=True)

    def kept(self) -> Iterable[Kept]:
        """What the backward pass of the network needs; that of a table needs nothing."""
        if self.form == "mlp":
            yield Kept("hidden units of B", self.distances * self.units, per_batch=True)
            yield Kept("sigmoid of B", self.pairs, per_batch=True)
