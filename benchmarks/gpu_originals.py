"""Time archcalc's module of a network beside torchvision's own, on a GPU.

    python benchmarks/gpu_originals.py -o originals.json

The four measurements of a pass alternate; the least of two counts. Needs PyTorch and torchvision.
"""

from __future__ import annotations

import argparse
import json
import sys
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import torch  # noqa: E402
import torchvision  # noqa: E402

import archcalc  # noqa: E402
from archcalc.backends.clock import timed  # noqa: E402
from archcalc.backends.pytorch import build  # noqa: E402
from archcalc.files import write_whole  # noqa: E402
from archcalc.timing.roofline import steps_of  # noqa: E402

NETWORKS = ("resnet50", "vit-b-16", "swin-t", "convnext-tiny", "mobilenet-v2", "efficientnet-b0")
SECONDS = 0.15


def rows(device: str) -> list[dict[str, Any]]:
    """A row for every network, dtype and batch."""
    found = []
    for name in NETWORKS:
        network = archcalc.load(name)
        for dtype in (torch.float32, torch.bfloat16):
            pair = (
                build(network, steps_of(network)),
                torchvision.models.get_model(name.replace("-", "_")),
            )
            ours, theirs = (module.eval().to(device, dtype) for module in pair)
            for batch in (1, 32, 128):
                images = torch.randn(batch, 3, 224, 224, device=device, dtype=dtype)
                with torch.inference_mode():
                    times = [
                        timed(partial(module, images), device, SECONDS).median
                        for module in (ours, theirs, ours, theirs)
                    ]
                found.append(
                    {
                        "network": name,
                        "dtype": str(dtype).removeprefix("torch."),
                        "batch": batch,
                        "ours_ms": min(times[::2]),
                        "theirs_ms": min(times[1::2]),
                    }
                )
                print(found[-1], flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--device", default="cuda")
    parser.add_argument("-o", "--output", required=True)
    options = parser.parse_args()
    write_whole(options.output, json.dumps(rows(options.device)) + "\n")


if __name__ == "__main__":
    main()
