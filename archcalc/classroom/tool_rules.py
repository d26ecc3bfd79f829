"""What other programs print where archcalc counts otherwise: the conventions, and what prints add to them.

A figure that is right by the rule of the tool that printed it is right; a note names the rule. Every rule is
taken from the source of the tool and compared with its prints (``tests/classroom/prints``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from archcalc.conventions.tool import ADAPTIVE, LAST_SOFTMAX, OTHERS, lookup
from archcalc.conventions.tools import tool_convention
from archcalc.engine.figures import figures_of
from archcalc.engine.quantities import BY_KEY
from archcalc.engine.reading import ONE_IMAGE
from archcalc.engine.walk import Step
from archcalc.studies.counting import value_of
from archcalc.studies.tool_layers import ToolLayer, op_as_tools_see

if TYPE_CHECKING:
    from archcalc.classroom.answer_key import AnswerKey


class ToolRule(NamedTuple):
    """How a tool counts a quantity in what it prints.

    ``by_op`` has a formula for each op that it counts in another way, in the words of ``conventions.tool``.
    """

    tool: str
    quantity: str
    says: str
    by_op: Mapping[str, str]


def _counts(convention: str) -> Mapping[str, str]:
    return tool_convention(convention).counts


_BIASES = {"conv, fc": "macs + biases*positions"}
_ONE_PER_VALUE = {"relu": "values", f"maxpool, avgpool, {ADAPTIVE}": "inputs"}

TOOL_RULES: Sequence[ToolRule] = (
    ToolRule(
        "Keras",
        "params",
        "Keras counts four values per channel of a batch normalization: gamma, beta, mean and variance",
        tool_convention("keras").params,
    ),
    ToolRule(
        "torchscan",
        "params",
        "torchscan counts gamma, beta, mean, variance and one counter of a batch normalization",
        {"bn": "params + buffers + 1"},
    ),
    ToolRule(
        "torchinfo",
        "macs",
        "the Mult-Adds of torchinfo count biases, and the params of every other layer once",
        _counts("torchinfo"),
    ),
    ToolRule(
        "fvcore",
        "macs",
        "the flops of fvcore are MACs, 2 per value of a batch normalization, 1 per input of a global pooling",
        _counts("fvcore"),
    ),
    ToolRule(
        "ptflops",
        "macs",
        "the MACs of ptflops count biases, batch normalization, ReLU and pooling",
        {**_counts("ptflops"), **_ONE_PER_VALUE},
    ),
    ToolRule(
        "ptflops",
        "macs",
        "the total of ptflops counts ReLU and pooling twice",
        {**_counts("ptflops"), LAST_SOFTMAX: "values"},
    ),
    ToolRule("ptflops", "macs", "the MACs of ptflops count biases", _counts("ptflops-aten")),
    ToolRule(
        "onnx-tool",
        "macs",
        "the MACs of onnx-tool count biases, activations and pooling",
        {
            **_BIASES,
            "relu": "values",
            "maxpool": "inputs",
            f"softmax, {LAST_SOFTMAX}": "36*values",
            ADAPTIVE: "inputs + 4*values",
        },
    ),
    ToolRule(
        "onnx-tool",
        "params",
        "onnx-tool reads the exported graph, in which a batch normalization is part of its convolution",
        {"conv": "weights + channels", "bn": "0"},
    ),
    ToolRule(
        "onnx-tool",
        "macs",
        "onnx-tool reads the exported graph, in which a batch normalization is part of its convolution",
        {"conv": "macs + values", "bn": "0"},
    ),
    ToolRule(
        "Lightning", "flops", "the FLOPs of Lightning are 2 per MAC and nothing else", {OTHERS: "2*macs"}
    ),
    ToolRule(
        "torch.utils.flop_counter", "flops", "its FLOPs are 2 per MAC and nothing else", {OTHERS: "2*macs"}
    ),
)
"""What tools print that is not what archcalc counts; a tool without a rule counts as archcalc does.

The formulas of totals are those of the conventions. A print can have others: ptflops prints a ReLU once for
the layer, and adds it twice to the total; the graph of onnx-tool has no batch normalization.
"""


FOLDS_NORM = ("onnx-tool",)
"""Tools that print the exported graph: arrays that are equal by chance may be one array there."""


def rules_of(tool: str, quantity: str) -> list[ToolRule]:
    """The rules by which a tool counts a quantity.

    >>> [rule.tool for rule in rules_of("Keras", "params")], rules_of("Keras", "macs")
    (['Keras'], [])
    """
    return [rule for rule in TOOL_RULES if (rule.tool, rule.quantity) == (tool, quantity)]


def figures_by(rule: ToolRule, key: AnswerKey, path: str) -> Iterator[Any]:
    """The figures of a layer, or of the network (an empty path), by the rule of a tool."""
    batch = key.batch if BY_KEY[rule.quantity].with_batch else 1
    if path in key.steps:
        yield batch * _counted(rule, key.steps[path])
    elif not path:
        yield batch * sum(_counted(rule, step) for step in key.steps.values())


def _counted(rule: ToolRule, step: Step) -> int:
    op = op_as_tools_see(step.worked)
    formula = lookup(rule.by_op, op)
    if formula is None:
        count: int = figures_of(step.worked, ONE_IMAGE)[rule.quantity]
        return count
    return value_of(formula, ToolLayer(op, step.worked))
