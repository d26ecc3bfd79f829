"""Networks of ours beside timm's modules: totals, output, each convolution and fc layer.

``python benchmarks/timm_models.py``; needs timm 1.0 and torchvision. docs/torchvision.md says what came out.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from helpers.torchvision_models import models
from helpers.torchvision_oracle import differences, look_at

import archcalc

MODELS = {
    "darknet53": "darknet53",
    "dpn68": "dpn68",
    "dpn92": "dpn92",
    "dpn98": "dpn98",
    "ghostnet": "ghostnet_100",
    "mobilenet-v1-1.0": "mobilenetv1_100",
    "repvgg-a0": "repvgg_a0",
    "repvgg-a1": "repvgg_a1",
    "repvgg-a2": "repvgg_a2",
    "repvgg-b0": "repvgg_b0",
    "repvgg-b1": "repvgg_b1",
    "res2net50-26w-4s": "res2net50_26w_4s",
    "res2net101-26w-4s": "res2net101_26w_4s",
    "resnet18-d": "resnet18d",
    "resnet34-d": "resnet34d",
    "resnet50-d": "resnet50d",
    "resnet101-d": "resnet101d",
    "resnet152-d": "resnet152d",
}
"""Networks of ours, and timm's names for them."""


def main() -> None:
    models()  # timm imports torchvision, which needs its schemas
    import timm

    for name, theirs in MODELS.items():
        ours = archcalc.analyze(name)
        module = timm.create_model(theirs).eval().to("meta")
        found = differences(ours, look_at(module, ours.input[0]))
        print(f"{name:20} {theirs:20} {'; '.join(found) or 'exact'}")


if __name__ == "__main__":
    main()
