"""The section of docs/conventions.md about the tools, made from their conventions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import yaml

import archcalc
from archcalc.conventions.tool import OTHERS, ToolConvention
from archcalc.render.convention_list import UNITS
from archcalc.render.sums import as_sum
from archcalc.results.conventions import ExplainedConvention

EXAMPLES = {
    "calflops": (
        "maxpool",
        "a value under two windows counts once, and the input counts, not the comparisons",
    ),
    "deepspeed": ("function-tanh", "the bias of the convolution counts, the tanh does not"),
    "flopth": ("reused-conv", "of three calls of one convolution, two are left out"),
    "fvcore": ("bn", "512 values count two flops each, and a multiply-add of the convolution counts one"),
    "onnx-tool": ("deconv", "a transposed convolution counts twice"),
    "ptflops": ("relu", "512 values of a ReLU layer count twice"),
    "ptflops-aten": ("fc-map", "ten biases count as ten MACs"),
    "thop": ("deconv", "a transposed convolution with stride 2 counts four times"),
    "torch": ("softmax", "a bias, a softmax or a pooling costs nothing"),
    "torchinfo": ("tokens-linear", "a fully connected layer counts once, and it runs at 64 positions"),
    "torchprofile": ("deconv", "a transposed convolution with stride 2 counts four times"),
    "torchscan": ("maxpool", "a window of 3x3 counts 2 comparisons and not 8"),
    "ultralytics-thop": ("bn", "each of 512 values counts four operations"),
}
"""The smallest example of what is unusual in a tool: a case of the facts, and what it shows."""

FACTS = Path(__file__).parents[1] / "facts"


def tools_section() -> str:
    """A part for each tool: what it counts, its oddities, and its number for ResNet-50."""
    names = [convention.name for convention in archcalc.list_conventions().tools]
    return "\n".join(line for name in names for line in _tool(archcalc.explain_convention(name)))


def _tool(explained: ExplainedConvention) -> Iterator[str]:
    convention, example = explained.convention, explained.example
    closest = f"`{convention.calls}`, closest to {UNITS[convention.unit]}"
    yield f"### {convention.name}\n"
    yield f"{convention.tool} {convention.version} ({convention.source}). Its number: {closest}.\n"
    yield f"{convention.says}\n"
    yield "| op | as a layer | as a function |"
    yield "|---|---|---|"
    yield from _formulas(convention)
    yield ""
    yield from (f"- {text}" for text in convention.oddities)
    yield from _example(convention)
    yield f"- {explained.network}: {example.total:,} = {as_sum(example.parts)}\n"


def _formulas(convention: ToolConvention) -> Iterator[str]:
    counts = convention.counts or convention.params
    for ops in [*counts, *([] if OTHERS in counts else [OTHERS])]:
        op = ops.split(", ")[0]
        plain = convention.formula(op) if convention.unit else convention.formula_of_params(op)
        functions = convention.formula(op, functional=True) if convention.unit else plain
        yield f"| {ops} | `{plain}` | `{functions}` |"


def _example(convention: ToolConvention) -> Iterator[str]:
    """What a tool gave for a single layer, beside our own MACs and FLOPs."""
    if convention.name not in EXAMPLES:
        return
    case, says = EXAMPLES[convention.name]
    facts = _cases()[case]
    layers = facts["layers"].strip("[]")
    text = f"name: example\ninput: [8, 8, 16]\nlayers: {facts['layers']}\n"
    totals = archcalc.analyze(_written(text)).totals
    yield (
        f"- The smallest example: `{layers}` on 8x8x16 gives {facts['counts'][convention.name]:,}; "
        f"our MACs are {totals.macs:,}, our FLOPs {totals.flops:,}: {says}."
    )


def _cases() -> dict[str, Any]:
    files = (FACTS / name for name in ("peers-layers.yaml", "peers-calls.yaml"))
    return {key: case for file in files for key, case in yaml.safe_load(file.read_text("utf-8")).items()}


def _written(text: str) -> str:
    file = Path(mkdtemp()) / "example.yaml"
    file.write_text(text, encoding="utf-8")
    return str(file)
