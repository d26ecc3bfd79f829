"""archcalc beside torchinfo, FlopCounterMode, fvcore and onnx-tool: the time to build and analyse a network.

Three times for each tool, in milliseconds of CPU:

* first: the first answer of a process, after its imports;
* again: one more answer in a process that has given some, the minimum of several;
* process: a whole process from its start to the answer, the minimum of several.

The rounds of all tools are interleaved, on one thread. Nobody waits for random weights, and the export of the
ONNX file is not counted. Params and MACs are compared with ours; a difference must be that of a known
convention. The tables are Markdown; ``--write`` also puts them into docs/performance.md.

    python benchmarks/peers.py [--rounds 7] [--write]

It needs: pip install torch torchvision torchinfo fvcore onnx onnx-tool
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from importlib.metadata import version
from math import prod
from pathlib import Path
from typing import Any

from measure import child, compile_everything, fastest, machine, markdown, publish, seconds_of
from peer_tools import TOOLS, TWINS, Answer, Tool, installed

import archcalc

HEADS = ("tool", "first, ms", "again, ms", "ratio", "process, ms", "ratio", "params", "MACs")


def main() -> None:
    parser = argparse.ArgumentParser(description="archcalc beside its peers")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--write", action="store_true", help="into docs/performance.md")
    options = parser.parse_args()
    compile_everything()
    tools = [tool for tool in TOOLS if installed(tool)]
    for tool in TOOLS:
        if tool not in tools:
            print(f"{tool.name} is left out: pip install {' '.join(tool.needs)}\n")
    parts = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for network in TWINS:
            if any(tool.name == "onnx-tool" for tool in tools):
                child([sys.executable, "benchmarks/peer_tools.py", "export", network, name])
            parts.append(table(network, tools, folder, options.rounds))
            (folder / f"{network}.onnx").unlink(missing_ok=True)
    parts.append(markdown(("tool", "is given"), [(tool.name, tool.given) for tool in tools]))
    parts.append(f"{machine()}; {', '.join(versions(tools))}.")
    publish("peers", "\n\n".join(parts), write=options.write)


def versions(tools: list[Tool]) -> list[str]:
    packages = dict.fromkeys(package for tool in tools for package in ("archcalc", *tool.needs))
    return [f"{package} {version(package)}" for package in packages]


def table(network: str, tools: list[Tool], folder: Path, rounds: int) -> str:
    answers: dict[str, Answer] = {}
    firsts: dict[str, float] = {}

    def process(tool: Tool) -> float:
        done = child([sys.executable, "benchmarks/peer_tools.py", tool.name, network, str(folder)])
        first = float(done.output.split()[-1])
        firsts[tool.name] = min(firsts.get(tool.name, first), first)
        return done.seconds

    def again(tool: Tool) -> float:
        work = tool.prepare(network, folder)

        def answer() -> None:
            answers[tool.name] = work()

        return seconds_of(answer)

    # Whole processes come first: this process is still small.
    whole = fastest({tool.name: lambda tool=tool: process(tool) for tool in tools}, rounds)
    inside = fastest({tool.name: lambda tool=tool: again(tool) for tool in tools}, rounds)
    ours = tools[0].name
    title = f"{network}: {answers[ours].params:,} params, {answers[ours].macs:,} MACs"
    rows = [
        (
            name,
            f"{1000 * firsts[name]:.1f}",
            f"{1000 * inside[name]:.2f}",
            ratio(inside[name], inside[ours]),
            f"{1000 * whole[name]:.0f}",
            ratio(whole[name], whole[ours]),
            *agreement(name, network, answers[name], answers[ours]),
        )
        for name in whole
    ]
    return f"{title}\n\n{markdown(HEADS, rows)}"


def ratio(theirs: float, ours: float) -> str:
    return f"{theirs / ours:.0f}x" if theirs >= 10 * ours else f"{theirs / ours:.1f}x"


# --- do the numbers agree? ----------------------------------------------------------------------------


def agreement(name: str, network: str, theirs: Answer, ours: Answer) -> tuple[str, str]:
    """Whether params and MACs are ours; else the terms that explain the whole difference."""
    params, macs = DIFFERENCES.get(name, ((), ()))
    counts = counted(network)
    return (
        explained(theirs.params, ours.params, {term: counts[term] for term in params}),
        explained(theirs.macs, ours.macs, {term: counts[term] for term in macs}),
    )


def explained(theirs: int | None, ours: int | None, terms: dict[str, int]) -> str:
    """same | same and some terms | not counted | the difference, if no convention explains it."""
    if theirs is None or ours is None:
        return "not counted"
    if theirs == ours:
        return "same"
    if theirs - ours == sum(terms.values()):
        return "same + " + ", ".join(term for term, count in terms.items() if count)
    return f"{theirs:,}: {theirs - ours:+,}, not explained"


DIFFERENCES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "torchinfo": ((), ("biases", "BN parameters")),
    "fvcore": ((), ("2 per BN value", "values of the last pool")),
    "onnx-tool": (
        ("BN merged into convs",),
        ("biases", "BN", "ReLU", "add", "max pools", "last pool"),
    ),
}
"""What a tool counts otherwise in params and in MACs."""


def counted(network: str) -> dict[str, int]:
    """The terms of the differences, each from our own table of the network."""
    layers = archcalc.analyze(network).layers

    def values(*ops: str) -> int:
        return sum(prod(layer.output) for layer in layers if layer.op in ops)

    # torchvision has an adaptive pool before the classifier, also where the paper has none (VGG: 7x7 to 7x7).
    last = next(layer for layer in layers if prod(layer.output[:-1]) == 1)
    read = prod(last.input[0])
    norm_params = sum(layer.figures["norm_params"] for layer in layers)
    return {
        "biases": sum(prod(layer.output) for layer in layers if layer.figures["biases"]),
        "BN parameters": norm_params,
        "2 per BN value": 2 * values("bn"),
        "values of the last pool": read,
        # Scale and shift become the bias of the conv before.
        "BN merged into convs": -norm_params // 2,
        "BN": values("bn"),
        "ReLU": values("relu"),
        "add": values("add"),
        "max pools": sum(windows(layer) for layer in layers if layer.op == "maxpool"),
        # A mean over more than one value also divides, and onnx-tool counts 4 for a division.
        "last pool": read + (4 * last.output[-1] if last.op == "avgpool" else 0),
    }


def windows(layer: Any) -> int:
    return prod(layer.output) * prod(layer.options["kernel"])


if __name__ == "__main__":
    main()
