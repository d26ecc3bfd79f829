"""One function for each tool that counts a PyTorch model: what it says about the model, as integers.

Each imports its tool when it is called. A number that a tool does not give is left out.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

Numbers = dict[str, int]
"""``macs``, ``flops`` and ``params``."""


def torchinfo(model: Any, image: Any) -> Numbers:
    from torchinfo import summary

    found = summary(model, input_data=image, verbose=0)
    return {"macs": found.total_mult_adds, "params": found.total_params}


def fvcore(model: Any, image: Any) -> Numbers:
    from fvcore.nn import FlopCountAnalysis, parameter_count

    counted = FlopCountAnalysis(model, image).unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    return {"macs": int(counted.total()), "params": parameter_count(model)[""]}


def ptflops(model: Any, image: Any, backend: str = "pytorch") -> Numbers:
    from ptflops import get_model_complexity_info

    macs, params = get_model_complexity_info(
        model, tuple(image.shape[1:]), as_strings=False, print_per_layer_stat=False, backend=backend
    )
    return {"macs": int(macs), "params": int(params)}


def ptflops_aten(model: Any, image: Any) -> Numbers:
    return ptflops(model, image, "aten")


def thop(model: Any, image: Any) -> Numbers:
    """thop and ultralytics-thop: both are imported as ``thop``, so only one can be installed."""
    from thop import profile

    macs, params = profile(model, (image,), verbose=False)
    return {"macs": int(macs), "params": int(params)}


def calflops(model: Any, image: Any) -> Numbers:
    # It imports packages for language models, which it does not need here.
    for name in ("transformers", "huggingface_hub", "huggingface_hub.utils", "accelerate"):
        stand_in(name)
    for name in ("commands", "commands.estimate", "utils"):
        stand_in(f"accelerate.{name}")
    from calflops import calculate_flops

    flops, macs, params = calculate_flops(
        model,
        input_shape=tuple(image.shape),
        output_as_string=False,
        print_results=False,
        print_detailed=False,
    )
    return {"flops": int(flops), "macs": int(macs), "params": int(params)}


def deepspeed(model: Any, image: Any) -> Numbers:
    """Only the file of the profiler, as the whole of DeepSpeed needs a compiler."""
    import importlib.util

    class Accelerator:
        def synchronize(self) -> None: ...

    stand_in("deepspeed", get_accelerator=Accelerator)
    stand_in("deepspeed.accelerator", get_accelerator=Accelerator)
    stand_in("deepspeed.utils", logger=types.SimpleNamespace(info=print))
    stand_in("deepspeed.utils.timer")
    stand_in("deepspeed.utils.torch", required_torch_version=lambda **_: True)
    stand_in("deepspeed.moe.layer", MoE=Accelerator)
    stand_in("einops", einsum=print)
    file = next(
        place
        for folder in sys.path
        if (place := f"{folder}/deepspeed/profiling/flops_profiler/profiler.py") and is_file(place)
    )
    spec = importlib.util.spec_from_file_location("flops_profiler", file)
    assert spec
    assert spec.loader
    profiler = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(profiler)
    flops, macs, params = profiler.get_model_profile(
        model, input_shape=tuple(image.shape), print_profile=False, as_string=False
    )
    return {"flops": int(flops), "macs": int(macs), "params": int(params)}


def torch(model: Any, image: Any) -> Numbers:
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        model(image)
    return {"flops": counter.get_total_flops()}


def torchprofile(model: Any, image: Any) -> Numbers:
    from torchprofile import profile_macs

    return {"macs": int(profile_macs(model, image))}


def flopth(model: Any, image: Any) -> Numbers:
    from flopth import flopth as count

    flops, params = count(model, in_size=(tuple(image.shape[1:]),), show_detail=False, bare_number=True)
    return {"macs": int(flops), "params": int(params)}


def torchscan(model: Any, image: Any) -> Numbers:
    import torchscan as tool

    report = tool.crawl_module(model, tuple(image.shape[1:]))
    totals = (report if isinstance(report, Mapping) else report.to_dict())["totals"]
    found = {"macs": totals["macs"]["value"], "params": totals["parameters"]["value"]}
    return {name: value for name, value in found.items() if value is not None}


def onnx_tool(model: Any, image: Any) -> Numbers:
    import tempfile
    import warnings
    from pathlib import Path

    import onnx_tool as tool
    import torch

    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        # The older exporter needs no other package.
        warnings.simplefilter("ignore")
        file = str(Path(folder) / "model.onnx")
        torch.onnx.export(model, (image,), file, dynamo=False)
        graph = tool.Model(file, {"constant_folding": True, "verbose": False}).graph
        graph.shape_infer()
        graph.profile()
    return {"macs": round(graph.macs[0]), "params": int(graph.params)}


class Counter(NamedTuple):
    """A tool, what pip installs for it with the version of our convention, and its function."""

    package: str
    count: Callable[[Any, Any], Numbers]
    also: tuple[str, ...] = ()


COUNTERS: Mapping[str, Counter] = {
    "calflops": Counter("calflops", calflops),
    "deepspeed": Counter("deepspeed", deepspeed),
    "flopth": Counter("flopth", flopth, ("tabulate",)),
    "fvcore": Counter("fvcore", fvcore),
    "onnx-tool": Counter("onnx-tool", onnx_tool, ("onnx",)),
    "ptflops": Counter("ptflops", ptflops),
    "ptflops-aten": Counter("ptflops", ptflops_aten),
    "thop": Counter("thop", thop),
    "torch": Counter("torch", torch),
    "torchinfo": Counter("torchinfo", torchinfo),
    "torchprofile": Counter("torchprofile", torchprofile),
    "torchscan": Counter("torchscan", torchscan),
    "ultralytics-thop": Counter("ultralytics-thop", thop),
}


def stand_in(name: str, **parts: Any) -> None:
    """A module in the place of one that a tool imports and does not need here."""

    class Anything(types.ModuleType):
        def __getattr__(self, part: str) -> Any:
            if part.startswith("__"):
                raise AttributeError(part)
            return object

    module = Anything(name)
    module.__dict__.update(parts, __path__=[])
    sys.modules.setdefault(name, module)


def is_file(place: str) -> bool:
    from pathlib import Path

    return Path(place).is_file()
