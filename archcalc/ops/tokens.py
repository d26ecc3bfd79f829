"""Ops of token networks: looking up words, trained tables, and products of two sequences."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from archcalc import dims
from archcalc.dims import Dim, prod
from archcalc.ops.base import Claim, Cost, Inputs, Keeps, Kept, Op, Volume, Weight, operation
from archcalc.ops.merge import Merge
from archcalc.ops.option_types import Choice, Count, Flag
from archcalc.ops.options import option


def a_sequence(op: Op, x: Volume) -> Claim:
    """The input is a sequence of tokens: one axis of positions."""
    return Claim(
        dims.same,
        x.rank,
        1,
        lambda: f"{op.name} needs a sequence [tokens, channels], not {x}",
        hint=lambda: "'reshape: tokens' makes a sequence of a map",
    )


@operation
class Embedding(Op):
    """A row of a trained table for each token: its number looks the row up.

    The input is a sequence of numbers, ``[tokens, 1]``. A lookup takes no operations.

    >>> from archcalc.ops.base import Volume
    >>> words = Embedding(values=768, vocabulary=50257)
    >>> x = Volume((1024,), 1)
    >>> y = words.shape((x,))
    >>> y.dims, [weight.count for weight in words.weights((x,), y)], words.cost((x,), y)
    ((1024, 768), [38597376], {})
    """

    name = "embedding"
    other_names = ("embeddings", "wordembedding", "tokenembedding")
    width_option = "values"
    source = "torch.nn.Embedding; Bengio et al. 2003, section 2"

    values: Dim = option(Count(), "values in a row", main=True, other_names=("embeddingdim", "outputdim"))
    vocabulary: Dim = option(Count(), "number of rows", other_names=("numembeddings", "inputdim"))

    def claims(self, xs: Inputs) -> Iterable[Claim]:
        (x,) = xs
        yield Claim(
            dims.same,
            x.channels,
            1,
            lambda: f"embedding looks up one number for each token, not {x.channels}",
            hint=lambda: "its input is [tokens, 1]",
        )

    def shape(self, xs: Inputs) -> Volume:
        (x,) = xs
        return Volume(x.spatial, self.values)

    def weights(self, xs: Inputs, y: Volume) -> Iterable[Weight]:
        yield Weight("weight", (self.vocabulary, self.values))

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        return {}

    def kept(self, xs: Inputs, y: Volume) -> Iterable[Kept]:
        # PyTorch's numbers of tokens are int64.
        yield Kept("numbers of the rows", prod(y.spatial), 8)

    def torch(self, nn: Any, xs: Inputs) -> Any:
        return nn.Lookup(self.vocabulary, self.values)


TABLES = {"add": 1, "multiply": 1, "prepend": 0, "value": 1, "position": 1, "channel": 0, "all": 0}
"""Which uses of trained values, and values per what, have a table with a row for each position."""


@operation
class Parameter(Op):
    """Trained values that are no part of a layer: added, multiplied, or put before a sequence.

    ``add`` is a table of positions, ``multiply`` with ``per: channel`` a layer scale, ``prepend`` a class
    token. The values are the same for every image. A table of ``rows`` serves shorter sequences too: they use
    its first rows. ``trained: false`` is a fixed table, such as the sines and cosines of the Transformer.

    >>> from archcalc.ops.base import Volume
    >>> patches = Volume((196,), 768)
    >>> tokens = Parameter(how="prepend").shape((patches,))
    >>> tokens.dims, [weight.count for weight in Parameter(how="add").weights((tokens,), tokens)]
    ((197, 768), [151296])
    """

    name = "parameter"
    other_names = (
        "clstoken: prepend",
        "classtoken: prepend",
        "positionembedding: add",
        "posembed: add",
        "positionalembedding: add",
        "layerscale: multiply",
    )
    source = "Dosovitskiy et al. 2021, equation 1; layer scale: Touvron et al. 2021, equation 3"
    counts_as_memory = False

    how: str = option(Choice("add", "multiply", "prepend"), "what is done with the values", main=True)
    per: str = option(
        Choice("value", "position", "channel", "all"),
        "what has a value of its own: every value, position or channel, or all have one together; 'prepend' "
        "always has one per value",
        default="value",
    )
    tokens: Dim = option(Count(), "number of tokens that 'prepend' puts before the others", default=1)
    rows: Dim | None = option(
        Count(),
        "positions of the table, for sequences of at most so many; left out, those of the input",
        default=None,
        other_names=("maxpositionembeddings", "npositions"),
    )
    trained: bool = option(Flag(), "false: a fixed table, stored as a buffer", default=True)

    @property
    def prepends(self) -> bool:
        """The values stand before those of the input."""
        return self.how == "prepend"

    @property
    def keeps(self) -> Keeps:
        # A fixed table needs no gradient, so its input is not kept for one.
        return ("input",) if self.how == "multiply" and self.trained else ()

    def claims(self, xs: Inputs) -> Iterable[Claim]:
        (x,) = xs
        if self.prepends:
            yield a_sequence(self, x)
        else:
            yield Claim(dims.same, self.tokens, 1, lambda: "only 'prepend' has a number of tokens", "tokens")
        if self.rows is not None:
            yield from self._rows_fit(x, self.rows)

    def _rows_fit(self, x: Volume, rows: Dim) -> Iterable[Claim]:
        tables = TABLES[self.how] * TABLES[self.per]
        yield Claim(dims.same, tables, 1, lambda: "only a table of positions has 'rows'", "rows")
        yield a_sequence(self, x)
        match x.spatial:
            case (tokens,):
                says = f"a table of {rows} positions is too short for {tokens} tokens"
                yield Claim(dims.at_least, rows, tokens, lambda: says, "rows")

    def shape(self, xs: Inputs) -> Volume:
        (x,) = xs
        return Volume((x.spatial[0] + self.tokens,), x.channels) if self.prepends else x

    def weights(self, xs: Inputs, y: Volume) -> Iterable[Weight]:
        positions = y.spatial if self.rows is None else (self.rows,)
        shape: tuple[Dim, ...]
        if self.prepends:
            shape = (self.tokens, y.channels)
        else:
            shapes = {"value": (*positions, y.channels), "position": positions, "channel": (y.channels,)}
            shape = shapes.get(self.per, ())
        yield Weight("values", shape, "weight" if self.trained else "buffer")

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        if self.prepends:
            return {}
        return {"adds": y.size} if self.how == "add" else {"muls": y.size}

    def torch(self, nn: Any, xs: Inputs) -> Any:
        (x,) = xs
        (values,) = self.weights(xs, self.shape(xs))
        return nn.TrainedValues(self.how, self.per, values.shape, x.rank, self.trained)


@operation
class MatMul(Merge):
    """The product of two sequences, each read as a matrix of tokens and channels.

    T x K times K x M takes T·K·M MACs. With ``transpose`` the second is M x K: every token of the first times
    every token of the second, as in the scores of an attention. Of inputs with two axes, the first one counts
    the products: each matrix of one input meets the matrix of the other (the heads of an attention).

    >>> from archcalc.ops.base import Volume
    >>> q, k = Volume((197,), 64), Volume((197,), 64)
    >>> scores = MatMul(transpose=True)
    >>> y = scores.shape((q, k))
    >>> y.dims, scores.cost((q, k), y)
    ((197, 197), {'macs': 2483776})
    """

    name = "matmul"
    other_names = ("bmm", "dot", "batchmatmul", "gemm")
    source = "torch.matmul"
    keeps = ("input",)

    transpose: bool = option(
        Flag(), "the second input is transposed: its channels meet the channels of the first", default=False
    )

    def claims(self, xs: Inputs) -> Iterable[Claim]:
        yield Claim(dims.same, len(xs), 2, lambda: f"matmul takes two inputs, not {len(xs)}")
        first, second = xs
        for x in xs:
            yield _matrices(x)
        yield Claim(
            dims.same,
            first.rank,
            second.rank,
            lambda: f"matmul cannot join {first} and {second}: their axes differ",
        )
        for a, b in zip(first.spatial[:-1], second.spatial[:-1], strict=False):
            yield _as_many(a, b)
        inner = second.channels if self.transpose else second.spatial[-1]
        what = "channels" if self.transpose else "tokens"
        yield Claim(
            dims.same,
            first.channels,
            inner,
            lambda: f"{first.channels} channels of the first input meet {inner} {what} of the second",
            "transpose",
        )

    def shape(self, xs: Inputs) -> Volume:
        first, second = xs
        return Volume(first.spatial, second.spatial[-1] if self.transpose else second.channels)

    def cost(self, xs: Inputs, y: Volume) -> Cost:
        return {"macs": y.size * xs[0].channels}

    def torch(self, nn: Any, xs: Inputs) -> Any:
        return nn.Product(self.transpose)


def _matrices(x: Volume) -> Claim:
    return Claim(
        dims.at_least,
        2,
        # A flat vector has no axis, and stands for none that fits.
        x.rank if x.spatial else 3,
        lambda: f"matmul needs a sequence [tokens, channels] or several, not {x}",
        hint=lambda: "'reshape: tokens' makes a sequence of a map",
    )


def _as_many(a: Dim, b: Dim) -> Claim:
    return Claim(dims.same, a, b, lambda: f"{a} matrices cannot be multiplied by {b}")
