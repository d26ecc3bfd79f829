"""How another program counts: a record for each, one file each in ``tools/``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple, TypeAlias

Counted: TypeAlias = Literal["macs", "flops", ""]
"""What the number of a tool is closest to, whatever the tool calls it; empty: it counts no operations."""

OTHERS = "others"
"""Every op that a rule does not name."""

ADAPTIVE = "adaptive avgpool"
"""An average pooling of the whole map, or to a given output size. PyTorch has a layer of its own for it."""

FORMS: Mapping[str, str] = {
    "adaptive maxpool": "maxpool",
    "uneven avgpool": ADAPTIVE,
    "plain bn": "bn",
    "scaled add": "add",
    "linear upsample": "upsample",
}
"""Forms of an op that some tools count in another way, with the op whose formula they have else.

They are a max pooling of the whole map, an adaptive pooling whose windows overlap, a batch normalization
without gamma and beta, an addition that scales its first input, and a linear interpolation.
"""

LAST_SOFTMAX = "last softmax"
"""The softmax of a classifier. In PyTorch it is a part of the loss, so no tool sees it."""

CONFIRMED = frozenset(
    (
        *(
            "conv",
            "deconv",
            "fc",
            "maxpool",
            "avgpool",
            ADAPTIVE,
            "bn",
            "lrn",
            "scale",
            "relu",
            "sigmoid",
            "tanh",
        ),
        *("softmax", LAST_SOFTMAX, "dropout", "concat", "add", "multiply", "flatten", "slice", "shuffle"),
        *("pad", "upsample", *FORMS),
    )
)
"""The ops that every tool was seen to count, or not to count (``tests/facts/peers-layers.yaml``).

A network with any other op is refused: nothing is known about what a tool would count.
"""

NOTHING = "0"

NAMES: Mapping[str, str] = {
    "macs": "multiply-accumulates",
    "params": "everything trained",
    "weights": "weights without biases",
    "biases": "biases",
    "buffers": "running statistics and fixed weights",
    "values": "values of the output",
    "inputs": "values of the input",
    "positions": "positions of the output: its height times its width",
    "channels": "channels of the output",
    "kernel": "values of the window in one channel",
    "side": "the height of the window",
    "axes": "axes of the window",
    "groups": "groups of channels",
}
"""The figures of one layer that a formula may use."""


class ToolConvention(NamedTuple):
    """How a tool counts.

    ``counts`` has a formula for each op, or for several with commas between them. A formula is a sum of named
    parts: ``macs + 2*values``; a sum inside a part has no blanks. An op without a formula counts nothing.
    ``functional`` has the formulas that differ where a model calls a function (``F.relu``) instead of a
    layer. ``params`` has the formulas of the parameters that differ from everything trained.
    ``last_call_only``: of a layer that a model uses several times, only the last call counts.

    ``unknown`` are ops that the tool counts by no rule that we could confirm; a network with one is refused.
    ``any_op``: the formulas are a definition, and hold for ops that no tool was seen to count, too.

    ``calls`` is the name that the tool gives to its number. ``checked`` says what the formulas were compared
    with.
    """

    name: str
    tool: str
    version: str
    unit: Counted
    calls: str
    says: str
    counts: Mapping[str, str]
    source: str
    checked: str = "measured: tests/facts/peers.yaml"
    functional: Mapping[str, str] = {}
    params: Mapping[str, str] = {}
    last_call_only: bool = False
    unknown: tuple[str, ...] = ()
    any_op: bool = False
    oddities: tuple[str, ...] = ()

    def formula(self, op: str, *, functional: bool = False) -> str:
        """The formula of the operations of an op.

        >>> from archcalc.conventions.tools import tool_convention
        >>> tool_convention("fvcore").formula("bn"), tool_convention("fvcore").formula("relu")
        ('2*values', '0')
        """
        found = lookup(self.functional, op) if functional else None
        return found or lookup(self.counts, op) or NOTHING

    def uncounted(self, ops: Iterable[str]) -> list[str]:
        """Those of the ops of which we do not know what the tool counts."""
        return sorted({op for op in ops if op in self.unknown or not (self.any_op or op in CONFIRMED)})

    def formula_of_params(self, op: str) -> str:
        """The formula of the parameters of an op."""
        return lookup(self.params, op) or "params"


def lookup(formulas: Mapping[str, str], op: str) -> str | None:
    """The formula of an op: its own, that of the op of which it is a form, or that of all others."""
    for name in (op, FORMS.get(op, op)):
        for ops, formula in formulas.items():
            if name in ops.split(", "):
                return formula
    return formulas.get(OTHERS)
