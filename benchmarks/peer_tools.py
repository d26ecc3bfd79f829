"""One function for each tool of ``peers.py``. It imports the tool, and gives the work that is measured.

The work builds a network and analyses it. Run as a program, this file answers once:

    python benchmarks/peer_tools.py TOOL NETWORK FOLDER

It prints the CPU seconds of the work alone. FOLDER holds ``NETWORK.onnx`` for onnx-tool; the tool "export"
writes this file.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

TWINS = {"vgg16": ("vgg16", {"init_weights": False}), "resnet152-v1.5": ("resnet152", {})}
"""Networks of ours, and how torchvision builds the same: its function and arguments."""

TOTALS = ("params", "macs", "depth")


class Answer(NamedTuple):
    """What a tool says about a network."""

    params: int | None
    """None: the tool does not count them."""

    macs: int


Work = Callable[[], Answer]


class Tool(NamedTuple):
    """A tool, what it is given, and the PyPI names of what it needs."""

    name: str
    given: str
    needs: tuple[str, ...]
    prepare: Callable[[str, Path], Work]


def read_everything(analysis: Any) -> None:
    """Every figure of every layer, every total and the notes: a part may be made only when it is read."""
    figures = {id(layer.figures): layer.figures for layer in analysis.layers}
    for one in (analysis.totals.figures, *figures.values()):
        dict(one)
    tuple(analysis.assumptions)


def read_totals(analysis: Any) -> list[int]:
    """Params, MACs and depth."""
    return [analysis.totals.figures[key] for key in TOTALS]


def forget() -> None:
    """Make archcalc forget its specs, with their blocks: the next answer is the first of its network."""
    from archcalc.language.find import KNOWN_SPECS

    KNOWN_SPECS.clear()


def archcalc_layers(network: str, folder: Path) -> Work:
    """Every quantity of every layer."""
    from archcalc.language.find import load
    from archcalc.studies.analyze import analyze

    spec, name = load(network)

    def work() -> Answer:
        analysis = analyze(spec.bind(name, {}))
        read_everything(analysis)
        return Answer(analysis.totals.params, analysis.totals.macs)

    return work


def archcalc_totals(network: str, folder: Path) -> Work:
    """Params, MACs and depth, and nothing else."""
    from archcalc.language.find import load
    from archcalc.studies.analyze import analyze

    spec, name = load(network)

    def work() -> Answer:
        params, macs, _ = read_totals(analyze(spec.bind(name, {}), TOTALS))
        return Answer(params, macs)

    return work


def torchinfo(network: str, folder: Path) -> Work:
    from torchinfo import summary

    build = torchvision(network)

    def work() -> Answer:
        found = summary(build("meta"), (1, 3, 224, 224), device="meta", verbose=0)
        return Answer(found.total_params, found.total_mult_adds)

    return work


def flop_counter(network: str, folder: Path) -> Work:
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    build = torchvision(network)

    def work() -> Answer:
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            build("meta")(torch.empty(1, 3, 224, 224, device="meta"))
        return Answer(None, counter.get_total_flops() // 2)

    return work


def fvcore(network: str, folder: Path) -> Work:
    import torch
    from fvcore.nn import FlopCountAnalysis, parameter_count

    build = torchvision(network)

    def work() -> Answer:
        model = build("cpu")
        found = FlopCountAnalysis(model, torch.empty(1, 3, 224, 224)).unsupported_ops_warnings(False)
        return Answer(parameter_count(model)[""], found.total())

    return work


def onnx_tool(network: str, folder: Path) -> Work:
    import onnx_tool

    def work() -> Answer:
        graph = onnx_tool.loadmodel(str(folder / f"{network}.onnx"), {"verbose": False}).graph
        graph.graph_reorder_nodes()
        graph.shape_infer(None)
        graph.profile()
        return Answer(int(graph.params), round(graph.macs[0]))

    return work


META = "torchvision's model on the meta device"
TOOLS = [
    Tool("archcalc", "its spec; every quantity of every layer", (), archcalc_layers),
    Tool("archcalc, totals only", "its spec; params, MACs and depth", (), archcalc_totals),
    Tool("torchinfo", META, ("torch", "torchvision", "torchinfo"), torchinfo),
    Tool("FlopCounterMode", META, ("torch", "torchvision"), flop_counter),
    Tool(
        "fvcore",
        "torchvision's model on the CPU: it traces a real run",
        ("torch", "torchvision", "fvcore"),
        fvcore,
    ),
    Tool(
        "onnx-tool",
        "an ONNX file of it, with weights",
        ("torch", "torchvision", "onnx", "onnx-tool"),
        onnx_tool,
    ),
]


def installed(tool: Tool) -> bool:
    """Whether everything that it needs is there."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return all(version(package) for package in tool.needs)
    except PackageNotFoundError:
        return False


def torchvision(network: str) -> Callable[[str], Any]:
    """How torchvision builds the network on a device; nobody waits for random weights."""
    sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
    import torch
    from helpers.torchvision_models import models

    torch.set_num_threads(1)
    name, options = TWINS[network]
    function = getattr(models(), name)

    def build(device: str) -> Any:
        with torch.device("meta"):
            model = function(**options).eval()
        return model if device == "meta" else model.to_empty(device=device)

    return build


def export(network: str, folder: Path) -> None:
    """Write ``NETWORK.onnx``, as PyTorch exports a model for inference."""
    import warnings

    import torch

    model = torchvision(network)("cpu")
    with torch.no_grad():
        # The exporter stores equal weights once, so all must differ.
        for weights in model.state_dict().values():
            if weights.is_floating_point():
                weights.uniform_(0.5, 1.5)
    file = str(folder / f"{network}.onnx")
    with warnings.catch_warnings():
        # The older exporter needs no other package.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(model, torch.zeros(1, 3, 224, 224), file, dynamo=False)


def main(name: str, network: str, folder: str) -> None:
    if name == "export":
        export(network, Path(folder))
        return
    tool = next(tool for tool in TOOLS if tool.name == name)
    work = tool.prepare(network, Path(folder))
    start = time.process_time()
    work()
    print(time.process_time() - start)


if __name__ == "__main__":
    main(*sys.argv[1:])
