"""Networks of ours beside timm's modules: totals, output, each convolution, fc layer and attention.

``python benchmarks/timm_models.py``; needs timm 1.0 and torchvision. docs/torchvision.md says what came out.
It writes what timm's modules are to tests/facts/timm.csv, which a test compares with our networks.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import torch
from helpers.torchvision_models import models
from helpers.torchvision_oracle import differences, look_at

import archcalc

FACTS = Path(__file__).parents[1] / "tests" / "facts" / "timm.csv"

MODELS = {
    "coatnet-0": "coatnet_0_224",
    "coatnet-1": "coatnet_1_224",
    "coatnet-2": "coatnet_2_224",
    "coatnet-3": "coatnet_3_224",
    "coatnet-4": "coatnet_4_224",
    "darknet53": "darknet53",
    "dpn68": "dpn68",
    "dpn92": "dpn92",
    "dpn98": "dpn98",
    "ghostnet": "ghostnet_100",
    "mixer-s-32": "mixer_s32_224",
    "mixer-s-16": "mixer_s16_224",
    "mixer-b-32": "mixer_b32_224",
    "mixer-b-16": "mixer_b16_224",
    "mixer-l-32": "mixer_l32_224",
    "mixer-l-16": "mixer_l16_224",
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
    "vit-ti-16": "deit_tiny_patch16_224",
    "vit-s-16": "deit_small_patch16_224",
    "vit-b-16": "deit_base_patch16_224",
}
"""Networks of ours, and timm's names for them."""


def main() -> None:
    models()  # timm imports torchvision, which needs its schemas
    import timm

    rows = []
    for name, theirs in MODELS.items():
        ours = archcalc.analyze(name)
        with torch.device("meta"):
            module = timm.create_model(theirs).eval()
        model = look_at(module, ours.input[0])
        rows.append((name, theirs, timm.__version__, ours.input[0], model.params, model.buffers, model.macs))
        print(f"{name:20} {theirs:22} {'; '.join(differences(ours, model)) or 'exact'}")
    with open(FACTS, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("name", "timm", "version", "size", "params", "buffers", "macs"))
        writer.writerows(rows)


if __name__ == "__main__":
    main()
