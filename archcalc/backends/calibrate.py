"""The peak rates of this machine, measured: one large matrix product for every dtype, and one large copy."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import partial

import torch

from archcalc.backends.clock import samples
from archcalc.backends.environment import applied, device_name
from archcalc.results.time import Device, Settings

DTYPES = ("float64", "float32", "float16", "bfloat16")
MOST_ROWS = {"cpu": 1024, "cuda": 8192}
"""Rows of the largest square matrices; fewer if one product would take longer than LONGEST."""
LONGEST = 0.25
"""Seconds of one product."""
COPIED = {"cpu": 2**28, "cuda": 2**31}
"""Bytes that are copied: several times the size of the caches."""


def calibrate(where: str, seconds: float = 0.5, threads: int | None = None) -> Device:
    """Measure the peak rates of this machine.

    The best of many tries counts: a peak is a rate that can be reached, and other programs only take away
    from it.
    """
    kind = where.partition(":")[0]
    vector: dict[str, int] = {}
    matrix: dict[str, int] = {}
    with applied(Settings(threads=threads), where):
        for dtype in DTYPES:
            rate = _product_rate(where, MOST_ROWS[kind], dtype, seconds)
            (vector if dtype in ("float64", "float32") else matrix)[dtype] = rate
        bandwidth = _copy_rate(where, COPIED[kind], seconds)
    if kind == "cuda":
        with applied(Settings(tf32=True), where):
            matrix["tf32"] = _product_rate(where, MOST_ROWS[kind], "float32", seconds)
    date = datetime.now(UTC).strftime("%Y-%m-%d")
    used = "" if kind == "cuda" else f", threads: {threads or torch.get_num_threads()}"
    rows, copied = MOST_ROWS[kind], COPIED[kind] // 2**20
    return Device(
        name="here",
        title=device_name(where),
        year=None,
        vector=vector,
        matrix=matrix,
        bandwidth=bandwidth,
        memory=_memory(where),
        source=f"measured by archcalc device --calibrate on {date} with PyTorch {torch.__version__}{used}",
        seen=f"a product of matrices of up to {rows} rows for every dtype, a copy of {copied} MiB",
    )


def _product_rate(where: str, most_rows: int, dtype: str, seconds: float) -> int:
    """FLOP/s of a product of large square matrices.

    The size doubles until one product would take too long: a dtype without fast kernels would block the
    machine.
    """
    rows, rate = 128, 0
    while True:
        rows *= 2
        a, b = (torch.randn(rows, rows, device=where).to(getattr(torch, dtype)) for _ in range(2))
        # The next product has 8 times the work of this one.
        last = rows == most_rows or 8 * rows**3 * 2 > rate * LONGEST > 0
        fastest = min(samples(partial(torch.matmul, a, b), where, seconds if last else 0.01))
        rate = int(2 * rows**3 / fastest)
        if last:
            return rate


def _copy_rate(where: str, size: int, seconds: float) -> int:
    """Bytes per second of a copy; reading and writing both count."""
    source = torch.randn(size // 4, device=where)
    target = torch.empty_like(source)
    return int(2 * size / min(samples(lambda: target.copy_(source), where, seconds)))


def _memory(where: str) -> int:
    if where.startswith("cuda"):
        return int(torch.cuda.mem_get_info(where)[1])
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
