"""The time of a forward pass in eval mode: archcalc's module divided by torchvision's for the same network.

Both get the same weights. Passes alternate, so that other programs slow both alike; the ratio is that of the
medians. Target: within 2%. Needs torch and torchvision.

    python benchmarks/torch_modules.py [NETWORK ...]
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

import torch
from helpers import vision

import archcalc

NETWORKS = (
    "alexnet-torchvision",
    "vgg16",
    "googlenet-torchvision",
    "resnet18",
    "resnet50-v1.5",
    "densenet121",
)
WARM, PASSES = 5, 60


def main(names: list[str]) -> None:
    torch.set_num_threads(1)
    print(f"PyTorch {torch.__version__}, 1 thread, batch 1")
    print(f"{PASSES} passes of each, alternating; CPU seconds, medians")
    with torch.inference_mode():
        for name in names:
            theirs, ours = vision.theirs(name), vision.ours(name, in_place=True)
            vision.load(ours, theirs)
            x = archcalc.load(name).input
            image = torch.randn(1, x.channels, *x.spatial)
            whole = torch.nn.Sequential(theirs, torch.nn.Softmax(dim=1))  # archcalc's last layer
            a, b = alternating(whole, ours, image)
            print(
                f"{name:24} torchvision {1000 * a:8.2f} ms   ours {1000 * b:8.2f} ms   ratio {b / a:.3f}",
                flush=True,
            )


def alternating(first: torch.nn.Module, second: torch.nn.Module, image: torch.Tensor) -> tuple[float, float]:
    """The median CPU time of each; the first of a pair alternates too."""
    times: dict[torch.nn.Module, list[float]] = {first: [], second: []}
    for number in range(WARM + PASSES):
        for module in (first, second) if number % 2 else (second, first):
            start = time.process_time()
            module(image)
            if number >= WARM:
                times[module].append(time.process_time() - start)
    return statistics.median(times[first]), statistics.median(times[second])


if __name__ == "__main__":
    main(sys.argv[1:] or list(NETWORKS))
