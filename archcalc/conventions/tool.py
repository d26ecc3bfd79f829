"""How another program counts: a record for each, one file each in ``tools/``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple, TypeAlias

Counted: TypeAlias = Literal["macs", "flops", ""]
"""What the number of a tool is closest to, whatever the tool calls it; empty: it counts no operations."""

OTHERS = "others"
"""Every op that a rule does not name."""

TOKENS_FC = "positions fc"
"""A fully connected layer that runs at every position, as those of a transformer."""

ADAPTIVE = "adaptive avgpool"
"""An average pooling to a given output size. PyTorch has a layer of its own for it."""

GLOBAL = "global avgpool"
"""An average pooling of the whole map."""

OVER_VOLUMES = "global volume avgpool"
"""An average pooling of the whole of a volume, as networks for video have it."""

SUBCLASSED = "subclass conv"
"""A convolution by a class that is derived from PyTorch's: some tools know a layer by its exact class."""

WINDOWED, WINDOWED_COSINE, IN_GRID = "windowed attention", "windowed cosine attention", "grid attention"
"""Attention in the windows of a map, as Swin has it; with the cosine as the score, as Swin V2 has it; and in
windows whose tokens are spread over the map, as MaxViT has it."""

SDPA = "scaled dot-product attention"
"""PyTorch's function of this name between fully connected layers, as transformers has it."""

CONV1D_FC, CONV1D_ATTENTION = "Conv1D fc", "Conv1D attention"
"""A fully connected layer, and an attention between such layers, by the class of GPT-2 in transformers."""

NAMED_ONLY = (WINDOWED, WINDOWED_COSINE, IN_GRID, SDPA, CONV1D_FC, CONV1D_ATTENTION)
"""Forms of an op whose count is known only of the tools that name them."""

FOLDED, ABSORBED = "folded bn", "absorbed bn"
"""A batch normalization that alone reads a convolution without a bias, or one with a bias."""

FORMS: Mapping[str, str] = {
    "adaptive maxpool": "maxpool",
    GLOBAL: ADAPTIVE,
    "uneven avgpool": ADAPTIVE,
    OVER_VOLUMES: ADAPTIVE,
    SUBCLASSED: "conv",
    "plain bn": "bn",
    "scaled add": "add",
    "linear upsample": "upsample",
    "sized upsample": "upsample",
    "sized linear upsample": "linear upsample",
    TOKENS_FC: "fc",
    "plain layernorm": "layernorm",
    "plain groupnorm": "groupnorm",
    "plain instancenorm": "instancenorm",
    "added parameter": "parameter",
    "multiplied parameter": "parameter",
    FOLDED: "bn",
    ABSORBED: "bn",
}
"""Forms of an op that some tools count in another way, with the op whose formula they have else.

They are a max pooling of the whole map or to a given size, an average pooling of the whole map, an adaptive
pooling whose windows overlap, an average pooling of a whole volume, a convolution of a derived class, an
addition that scales its first input, a linear interpolation, one to a given size, a fully connected layer at
every position,
normalizations without gamma and beta, a batch normalization that can be folded into the convolution before
it, and trained values that are added or multiplied.
"""

LAST_SOFTMAX = "last softmax"
"""The softmax of a classifier. In PyTorch it is a part of the loss, so no tool sees it."""

CONFIRMED = frozenset(
    (
        *(
            "conv",
            "deconv",
            "fc",
            "attention",
            "maxpool",
            "avgpool",
            ADAPTIVE,
            "bn",
            "lrn",
            "layernorm",
            "groupnorm",
        ),
        *(
            "relu",
            "relu6",
            "leaky_relu",
            "prelu",
            "elu",
            "selu",
            "celu",
            "gelu",
            "silu",
            "mish",
            "softplus",
            "glu",
        ),
        *("sigmoid", "hardsigmoid", "hardswish", "hardtanh", "tanh", "softmax", LAST_SOFTMAX, "logsoftmax"),
        *("scale", "parameter", "dropout", "concat", "add", "multiply", "mean", "max", "upsample", "pad"),
        *(
            "flatten",
            "reshape",
            "transpose",
            "slice",
            "crop",
            "roll",
            "shuffle",
            "pixel_shuffle",
            "pixel_unshuffle",
        ),
        *FORMS,
    )
)
"""The ops that every tool was seen to count, or not to count (``tests/facts/peers-layers.yaml``).

Any other op counts only by a tool that names it in its formulas: for all others a network with it is refused,
as nothing is known about what they would count.
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
    "heads": "heads of an attention",
    "scores": "scores of all heads of an attention",
    "filled": "positions of an attention, with those that fill up windows",
    "cells": "units of a recurrent layer, in all its layers and directions",
    "tokens": "positions of the input",
    "neighbours": "channels in the window of a response normalization",
    "steps": "the stride, multiplied over all axes; for a global pooling 1",
}
"""The figures of one layer that a formula may use."""


class ToolConvention(NamedTuple):
    """How a tool counts.

    ``counts`` has a formula for each op, or for several with commas between them. A formula is a sum of named
    parts: ``macs + 2*values``; a sum inside a part has no blanks. An op without a formula counts nothing.
    ``functional`` has the formulas that differ where a model calls a function (``F.relu``) instead of a
    layer. ``params`` has the formulas of the parameters that differ from everything trained, and
    ``functional_params`` those of functions.
    ``last_call_only``: of a layer that a model uses several times, only the last call counts.

    ``unknown`` are ops that the tool counts by no rule that we could confirm; a network with one is refused.
    ``of_torch``: the tool counts models of PyTorch, and sees how they are written (``conventions.models``).
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
    functional_params: Mapping[str, str] = {}
    last_call_only: bool = False
    unknown: tuple[str, ...] = ()
    any_op: bool = False
    of_torch: bool = True
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
        return sorted({op for op in ops if op in self.unknown or not (op in CONFIRMED or self._names(op))})

    def _names(self, op: str) -> bool:
        """Whether the formulas are for this op, too."""
        return self.any_op or any(op in named.split(", ") for named in self.counts)

    def formula_of_params(self, op: str, *, functional: bool = False) -> str:
        """The formula of the parameters of an op."""
        found = lookup(self.functional_params, op) if functional else None
        return found or lookup(self.params, op) or "params"


def lookup(formulas: Mapping[str, str], op: str) -> str | None:
    """The formula of an op: its own, that of an op of which it is a form, or that of all others."""
    name: str | None = op
    while name:
        for ops, formula in formulas.items():
            if name in ops.split(", "):
                return formula
        name = FORMS.get(name)
    return formulas.get(OTHERS)
