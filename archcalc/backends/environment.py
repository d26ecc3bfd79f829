"""What measured times depend on: the device, the versions, and the settings of PyTorch."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from functools import cache
from typing import Any

import torch

from archcalc.results.time import Settings

VERSION = torch.__version__


@contextmanager
def applied(settings: Settings, where: str) -> Iterator[None]:
    """Run the body with these settings, without gradients; restore the settings of before at the end."""
    cudnn, matmul = torch.backends.cudnn, torch.get_float32_matmul_precision()
    before, threads = (cudnn.benchmark, cudnn.allow_tf32), torch.get_num_threads()
    cudnn.benchmark = settings.cudnn_benchmark
    if settings.tf32 is not None:
        cudnn.allow_tf32 = settings.tf32
        torch.set_float32_matmul_precision("high" if settings.tf32 else "highest")
    torch.set_num_threads(settings.threads or threads)
    # Without trained weights values may fade from layer to layer, and denormal numbers are slow on a CPU.
    torch.set_flush_denormal(True)
    try:
        # Events and graphs belong to the current GPU.
        with torch.inference_mode(), torch.cuda.device(where) if where.startswith("cuda") else nullcontext():
            yield
    finally:
        torch.set_flush_denormal(False)
        torch.set_num_threads(threads)
        torch.set_float32_matmul_precision(matmul)
        cudnn.benchmark, cudnn.allow_tf32 = before


def environment(where: str, settings: Settings) -> dict[str, Any]:
    """The device, versions and settings that are stored beside the times."""
    on_gpu = where.startswith("cuda")
    return {
        "device": device_name(where),
        "where": where,
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "torch": VERSION,
        "cuda": torch.version.cuda,
        "cudnn": torch.backends.cudnn.version(),
        "driver": _driver() if on_gpu else None,
        "load": None if on_gpu else round(os.getloadavg()[0], 2),
        "capability": _capability(where),
        **settings._asdict(),
        # A CPU has no TF32; on a GPU PyTorch allows it for convolutions by default.
        "tf32": on_gpu and (torch.backends.cudnn.allow_tf32 if settings.tf32 is None else settings.tf32),
        "threads": settings.threads or torch.get_num_threads(),
        "flush_denormal": not on_gpu,
        "inputs": "random, standard normal",
        "weights": "PyTorch's random initialisation",
    }


def device_name(where: str) -> str:
    """The name that the device reports."""
    return torch.cuda.get_device_name(where) if where.startswith("cuda") else _cpu_name()


def is_available(where: str) -> bool:
    """Whether PyTorch can run on ``cpu``, ``cuda`` or ``cuda:1``."""
    name, _, number = where.partition(":")
    has_cuda = name == "cuda" and torch.cuda.is_available()
    return where == "cpu" or (has_cuda and int(number or 0) < torch.cuda.device_count())


def _capability(where: str) -> str:
    if not where.startswith("cuda"):
        return torch.backends.cpu.get_cpu_capability()
    return ".".join(map(str, torch.cuda.get_device_capability(where)))


def _cpu_name() -> str:
    name = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            models = (line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
            name = next(models, name)
    except OSError:
        # Only Linux has this file: the name that Python knows stands.
        pass
    return f"{name}, {os.cpu_count()} cores"


@cache
def _driver() -> str | None:
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    query = [program, "--query-gpu=driver_version", "--format=csv,noheader"]
    done = subprocess.run(query, capture_output=True, text=True, check=False, timeout=20)
    return done.stdout.partition("\n")[0].strip() or None
