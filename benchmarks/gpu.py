"""verify and time over the zoo on one device, within ten minutes, into one JSON.

    python benchmarks/gpu.py --device cuda -o benchmarks/results/h200.json
    python benchmarks/gpu.py --device cpu --threads 1 --batch 1 --dtype float32 --no-verify -o cpu.json
    archcalc time --from benchmarks/results/h200.json

The networks come in an order in which the best known ones are never left out; what the time did not suffice for is
listed in "left_out". Every different layer of a network is timed at the first batch in every dtype. The ceilings that
the times are held against are measured first. Needs PyTorch; runs from a checkout without being installed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from archcalc import load  # noqa: E402
from archcalc.backends.timing import Settings, calibrated  # noqa: E402
from archcalc.render.time import as_json, decimal  # noqa: E402
from archcalc.results.time import Timing  # noqa: E402
from archcalc.studies.judged import judge  # noqa: E402
from archcalc.studies.time import checked, measured  # noqa: E402

FIRST = [
    "resnet50",
    "alexnet",
    "vgg16",
    "googlenet",
    "resnet18",
    "lenet5",
    "densenet121",
    "inception-v3",
    "resnext50-32x4d",
    "se-resnet50",
    "alexnet-2gpu",
    "zfnet",
    "nin-imagenet",
    "vgg11",
    "resnet101",
    "bn-inception",
    "resnet110-cifar",
    "wrn-28-10",
    "alphago-policy",
    "densenet-40-k12",
    "xception",
    "inception-v4",
    "inception-resnet-v2",
    "resnet34",
    "resnet152",
    "vgg19",
    "densenet201",
    "preresnet164-cifar",
    "wrn-50-2",
    "nin-cifar10",
    "resnet20-cifar",
    "senet154",
    "resnext101-64x4d",
]


def main() -> None:
    options = arguments()
    start = time.monotonic()
    end = start + 60 * options.minutes
    checked(options.device)
    answer: dict[str, Any] = {}
    if options.verify:
        answer["verify"] = verified(options.device, 60 * options.minutes / 3)
    device = calibrated(options.device, 1.0, options.threads)
    settings = Settings(channels_last=options.channels_last, threads=options.threads)
    timings: list[Timing] = []
    left_out: list[str] = []
    for name in options.networks:
        network = load(name)
        for number, batch in enumerate(options.batch):
            if time.monotonic() > end:
                left_out.append(f"{name}, batch {batch}")
                continue
            layers = number == 0
            timing = measured(
                network, device, [batch], options.dtype, where=options.device, settings=settings, layers=layers,
                seconds=options.seconds,
            )  # fmt: skip
            timings.append(timing)
            for run in timing.runs:
                took = run.failed or f"{decimal(run.measured.median if run.measured else 0)} ms"
                print(f"{name:20} {batch:4} {run.dtype:9} {decimal(run.predicted_ms):>9} {took}", flush=True)
    answer = {**as_json(timings, judge(timings)), **answer, "left_out": left_out}
    answer["minutes"] = round((time.monotonic() - start) / 60, 2)
    Path(options.output).write_text(json.dumps(rounded(answer)) + "\n", encoding="utf-8")
    print(f"{len(timings)} timings in {answer['minutes']} minutes, {len(left_out)} left out: {options.output}")


def rounded(tree: Any) -> Any:
    """The same with five significant digits, which no clock exceeds."""
    if isinstance(tree, dict):
        return {key: rounded(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [rounded(value) for value in tree]
    return float(f"{tree:.5g}") if isinstance(tree, float) else tree


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--minutes", type=float, default=9)
    parser.add_argument("--batch", type=numbers, default=[1, 32, 128])
    parser.add_argument("--dtype", type=words, default=["float32", "bfloat16"])
    parser.add_argument("--networks", type=words, default=FIRST)
    parser.add_argument("--seconds", type=float, default=0.05, help="for each time")
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--no-verify", dest="verify", action="store_false")
    parser.add_argument("-o", "--output", required=True)
    return parser.parse_args()


def numbers(text: str) -> list[int]:
    return [int(word) for word in text.split(",")]


def words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",")]


def verified(device: str, seconds: float) -> dict[str, Any]:
    """What ``archcalc verify --all`` says, or why it says nothing."""
    command = [sys.executable, "-m", "archcalc", "verify", "--all", "--device", device, "--format", "json"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=seconds)
        return {"exit_code": done.returncode, "answer": json.loads(done.stdout) if done.stdout else done.stderr[-2000:]}
    except (subprocess.TimeoutExpired, json.JSONDecodeError) as error:
        return {"exit_code": None, "answer": str(error)[:2000]}


if __name__ == "__main__":
    main()
