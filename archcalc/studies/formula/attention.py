"""The work of a network that grows with the square of its tokens: attention over all positions."""

from __future__ import annotations

from collections.abc import Iterable

from archcalc.dims import Dim, exact_div, prod
from archcalc.engine.walk import Step
from archcalc.ops.attention import Attention
from archcalc.results.formula import Formula, SquareOfTokens
from archcalc.studies.formula.free_settings import symbolic_kind, tree_of

PAIRS = ("scores", "weighted_sum")
"""The parts of an attention that meet every pair of tokens."""


def squares_of_tokens(steps: Iterable[Step], batch: Dim) -> Iterable[SquareOfTokens]:
    """For each symbolic number of tokens, the MACs of all layers whose tokens read each other."""
    found: dict[Dim, Dim] = {}
    for step in steps:
        tokens = prod(step.xs[0].spatial)
        if _reads_all(step) and symbolic_kind().is_symbolic(tokens):
            macs = [part.cost["macs"] for part in step.op.parts(step.xs, step.y) if part.name in PAIRS]
            found[tokens] = found.get(tokens, 0) + sum(macs[1:], macs[0])
    for tokens, macs in found.items():
        each = tree_of(exact_div(batch * macs, tokens * tokens))
        factors = each[1:] if isinstance(each, tuple) and each[0] == "*" else (each,)
        # As a square, not as the sum that it is when multiplied out.
        square = ("**", tree_of(tokens), 2)
        yield SquareOfTokens(Formula(tree_of(tokens)), Formula(("*", *factors, square)))


def _reads_all(step: Step) -> bool:
    """An attention whose tokens all read each other."""
    return isinstance(step.op, Attention) and step.op.windows is None and len(step.xs) == 1
