"""What other programs count where archcalc counts otherwise: one table of their rules.

A figure that is right by the rule of the tool that printed it is right; a note names the rule. Every rule is
taken from the source of the tool and compared with its prints (``tests/classroom/prints``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from archcalc.engine.figures import figures_of
from archcalc.engine.quantities import BY_KEY
from archcalc.engine.reading import ONE_IMAGE
from archcalc.engine.walk import Step
from archcalc.language.expressions import parse

if TYPE_CHECKING:
    from archcalc.classroom.answer_key import AnswerKey

OTHERS = "others"
"""Every op that a rule does not name."""

GLOBAL_POOL = "global pool"
"""A pooling to one value per channel."""


class ToolRule(NamedTuple):
    """How a tool counts a quantity.

    ``by_op`` has an expression for each op that it counts in another way. Its names are figures of the layer:
    params, weights, biases, buffers, macs, values (of the output), inputs (values of the input), positions
    (of the output) and channels.
    """

    tool: str
    quantity: str
    says: str
    by_op: Mapping[str, str]


_POOLS = ("maxpool", "avgpool", GLOBAL_POOL)
_BIAS_PER_POSITION = {"conv": "macs + biases*positions", "fc": "macs + biases"}

TOOL_RULES: Sequence[ToolRule] = (
    ToolRule(
        "Keras",
        "params",
        "Keras counts four values per channel of a batch normalization: gamma, beta, mean and variance",
        {"bn": "params + buffers"},
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
        {"conv": "params*positions", "deconv": "params*positions", OTHERS: "params"},
    ),
    ToolRule(
        "fvcore",
        "macs",
        "the flops of fvcore are MACs, 2 per value of a batch normalization, 1 per input of a global pooling",
        {"bn": "2*values", GLOBAL_POOL: "inputs"},
    ),
    ToolRule(
        "ptflops",
        "macs",
        "the MACs of ptflops count biases, batch normalization, ReLU and pooling",
        {
            **_BIAS_PER_POSITION,
            "bn": "2*values",
            "relu": "values",
            **dict.fromkeys(_POOLS, "inputs"),
        },
    ),
    ToolRule(
        "ptflops",
        "macs",
        "the total of ptflops counts ReLU and pooling twice",
        {
            **_BIAS_PER_POSITION,
            "bn": "2*values",
            "relu": "2*values",
            "softmax": "values",
            **dict.fromkeys(_POOLS, "2*inputs"),
        },
    ),
    ToolRule("ptflops", "macs", "the MACs of ptflops count biases", _BIAS_PER_POSITION),
    ToolRule(
        "onnx-tool",
        "macs",
        "the MACs of onnx-tool count biases, activations and pooling",
        {
            **_BIAS_PER_POSITION,
            "relu": "values",
            "maxpool": "inputs",
            "softmax": "36*values",
            GLOBAL_POOL: "inputs + 4*values",
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
"""All rules of all tools; a tool without a rule counts as archcalc does."""


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
    figures = figures_of(step.worked, ONE_IMAGE)
    name = step.op.name
    if name.endswith("pool") and all(side == 1 for side in step.y.spatial) and GLOBAL_POOL in rule.by_op:
        name = GLOBAL_POOL
    expression = rule.by_op.get(name, rule.by_op.get(OTHERS))
    if expression is None:
        count: int = figures[rule.quantity]
        return count
    names = {
        **{what: figures[what] for what in ("params", "weights", "biases", "buffers", "macs")},
        "values": step.y.size,
        "inputs": sum(x.size for x in step.xs),
        "positions": step.y.size // step.y.channels,
        "channels": step.y.channels,
    }
    value: int = _parsed(expression).evaluate(names)
    return value


@cache
def _parsed(expression: str) -> Any:
    return parse(expression)
