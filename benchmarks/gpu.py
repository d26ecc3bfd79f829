"""Run verify, time and training steps over the zoo on one device, in ten minutes, and write one JSON file.

    python benchmarks/gpu.py --device cuda --jobs 8 --batch 32,1,128 -o benchmarks/results/h200.json
    python benchmarks/gpu.py --device cpu --threads 1 --batch 1 --dtype float32 --no-verify -o cpu.json
    archcalc time --from benchmarks/results/h200.json

``verify`` runs first, in ``--jobs`` processes: on a GPU it waits for Python most of the time.
The peak rates are measured first. The best known networks come first; "left_out" lists the networks for which
time or memory was too short. Every different layer of a network is timed at the first batch in every dtype.
"training" has training steps of the first networks: measured and expected time, and on a GPU the peak of the
allocated memory beside what ``archcalc fit`` says. The file is written at the start and once a minute, so
that results remain if the machine is taken away. Needs PyTorch; runs from a checkout without installation.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from archcalc import load  # noqa: E402
from archcalc.errors import ArchcalcError  # noqa: E402
from archcalc.files import write_whole  # noqa: E402
from archcalc.language.find import all_specs  # noqa: E402
from archcalc.network import Network  # noqa: E402
from archcalc.render.time_cells import decimal  # noqa: E402
from archcalc.results.time import Device, Settings, Timing, TimingTable  # noqa: E402
from archcalc.results.verify import SkippedNetwork, Verification, VerificationTable  # noqa: E402
from archcalc.studies.verify import verify  # noqa: E402
from archcalc.timing.expected import Manner  # noqa: E402
from archcalc.timing.fit import fit  # noqa: E402
from archcalc.timing.measure import measure, need_device, peak_rates  # noqa: E402
from archcalc.timing.model_error import model_error  # noqa: E402
from archcalc.timing.predict import predict  # noqa: E402
from archcalc.timing.roofline import steps_of  # noqa: E402

if TYPE_CHECKING:
    from archcalc.backends.training_step import MeasuredStep

REFUSED = (ArchcalcError, RuntimeError, MemoryError)
"""Errors of one network that do not end the benchmark."""

TRAINED, TRAINING_SECONDS = 8, 60
"""Networks of which training steps are measured, and the seconds for them, after the forward passes."""

FIRST = [
    "resnet50",
    "alexnet",
    "vgg16",
    "vit-b-16",
    "googlenet",
    "bert-base",
    "resnet18",
    "mobilenet-v2",
    "lenet5",
    "densenet121",
    "efficientnet-b0",
    "swin-t",
    "convnext-tiny",
    "gpt2-124m",
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
    need_device(options.device)
    answer = Answer(options.output, start)
    answer.write()
    if options.verify:
        answer.verified = verified(options, start + 60 * options.minutes / 3)
    device = peak_rates(options.device, options.threads, 1.0)
    settings = Settings(channels_last=options.channels_last, threads=options.threads)
    longest = 0.0
    for name in options.networks:
        for number, batch in enumerate(options.batch):
            began = time.monotonic()
            if began + longest > end:
                answer.left_out.append(f"{name}, batch {batch}: no time")
                continue
            try:
                timing = measure(
                    load(name), device, [batch], options.dtype, where=options.device, settings=settings,
                    layers=number == 0, seconds=options.seconds,
                )  # fmt: skip
            except REFUSED as error:
                answer.left_out.append(f"{name}, batch {batch}: {error}")
                print(answer.left_out[-1], flush=True)
                continue
            answer.add(timing)
            longest = max(longest, time.monotonic() - began)
    train(answer, device, settings, options, end + TRAINING_SECONDS)
    answer.write()
    print(f"{len(answer.timings)} timings, {len(answer.left_out)} left out: {options.output}")


def train(
    answer: Answer, device: Device, settings: Settings, options: argparse.Namespace, end: float
) -> None:
    """Training steps of the first networks, at every batch and dtype, until the time is up."""
    import torch

    from archcalc.backends.environment import applied
    from archcalc.backends.training_step import training_step

    where, seconds = options.device, options.seconds
    mixed = ["amp"] if where.startswith("cuda") else []  # autocast of a CPU has another dtype
    for name in options.networks[:TRAINED]:
        network = load(name)
        steps = steps_of(network)
        for batch in options.batch:
            for dtype in [*options.dtype, *mixed]:
                if time.monotonic() > end:
                    return
                try:
                    with applied(settings, options.device), torch.inference_mode(False), torch.enable_grad():
                        measured = training_step(network, steps, where, batch, dtype, seconds)
                except REFUSED as error:
                    answer.left_out.append(f"training {name}, batch {batch}, {dtype}: {str(error)[:100]}")
                    continue
                answer.training.append(beside(network, device, batch, dtype, measured))


def beside(
    network: Network, device: Device, batch: int, dtype: str, measured: MeasuredStep
) -> dict[str, Any]:
    """A measured training step beside the expected time, and the peak beside what is kept for backward."""
    manner = Manner(train="momentum")
    run = predict(network, device, [batch], [dtype], manner=manner).runs[0]
    kept = fit(network, device, batch=batch, dtype=dtype, train="momentum").demands[0].at(batch)
    record = {
        "network": network.name,
        "batch": batch,
        "dtype": dtype,
        "measured_ms": measured.span.median,
        "lower_bound_ms": run.lower_bound_ms,
        "expected_ms": run.expected_ms,
        "peak_bytes": measured.peak_bytes,
        "kept_bytes": kept,
    }
    print(f"training {network.name:20} {batch:4} {dtype:9} {decimal(run.expected_ms or 0):>9} "
          f"{decimal(measured.span.median)} ms", flush=True)  # fmt: skip
    return record


class Answer:
    """The results so far."""

    def __init__(self, path: str, start: float) -> None:
        self.path, self.start = path, start
        self.verified: dict[str, Any] | None = None
        self.timings: list[Timing] = []
        self.training: list[dict[str, Any]] = []
        self.left_out: list[str] = []
        self._written = start

    def add(self, timing: Timing) -> None:
        """Print and keep a timing; write all results once a minute."""
        self.timings.append(timing)
        for run in timing.runs:
            took = run.failed or f"{decimal(run.measured.median if run.measured else 0)} ms"
            print(
                f"{timing.network:20} {run.batch:4} {run.dtype:9} {decimal(run.predicted_ms):>9} {took}",
                flush=True,
            )
        if time.monotonic() - self._written > 60:
            self.write()

    def write(self) -> None:
        """Write all results so far."""
        verified = {} if self.verified is None else {"verify": self.verified}
        minutes = round((time.monotonic() - self.start) / 60, 2)
        times = TimingTable(tuple(self.timings), model_error(self.timings)).as_json()
        trained = {"training": self.training} if self.training else {}
        whole = {**times, **verified, **trained, "left_out": self.left_out, "minutes": minutes}
        write_whole(self.path, json.dumps(rounded(whole)) + "\n")
        self._written = time.monotonic()


def rounded(tree: Any) -> Any:
    """Round all numbers to five significant digits; no clock is more precise."""
    if isinstance(tree, dict):
        return {key: rounded(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [rounded(value) for value in tree]
    return float(f"{tree:.5g}") if isinstance(tree, float) else tree


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--minutes", type=float, default=8.5)
    parser.add_argument("--batch", type=numbers, default=[1, 32, 128])
    parser.add_argument("--dtype", type=words, default=["float32", "bfloat16"])
    parser.add_argument("--networks", type=words, default=FIRST)
    parser.add_argument("--seconds", type=float, default=0.05, help="per measurement")
    parser.add_argument("--threads", type=int, default=None)
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--verify", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--jobs", type=int, default=1, help="processes that run verify")
    parser.add_argument("-o", "--output", required=True)
    return parser.parse_args()


def numbers(text: str) -> list[int]:
    return [int(word) for word in text.split(",")]


def words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",")]


def verified(options: argparse.Namespace, end: float) -> dict[str, Any]:
    """The JSON of ``archcalc verify --all``; networks without enough time or memory are left out."""
    device = options.device.partition(":")[0]
    names = [about.name for spec in all_specs() for about in spec.networks()]
    one = partial(verified_one, device=device, end=end)
    if options.jobs == 1:
        results = [one(name) for name in names]
    else:
        results = in_processes(options.jobs, one, names)
        lacking = [result.network for result in results if isinstance(result, SkippedNetwork)]
        alone = {result.network: result for result in in_processes(1, one, lacking)}  # it has all the memory
        results = [alone.get(result.network, result) for result in results]
    networks = tuple(result for result in results if isinstance(result, Verification))
    left_out = tuple(result for result in results if isinstance(result, SkippedNetwork))
    differ = [network.network for network in networks if not network.ok]
    print(
        f"verified on {device}: {len(networks)} networks, {len(differ)} differ, {len(left_out)} left out",
        *differ,
        flush=True,
    )
    return VerificationTable(networks, device, left_out).as_json()


Outcome = Verification | SkippedNetwork


def in_processes(jobs: int, one: Callable[[str], Outcome], names: Sequence[str]) -> list[Outcome]:
    """Apply a function in other processes, as an error of CUDA spoils all later work of its process."""
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:  # CUDA does not survive a fork
        return list(pool.map(one, names))


def verified_one(name: str, device: str, end: float) -> Outcome:
    """Verify one network, unless the time is up."""
    if time.monotonic() > end:
        return SkippedNetwork(name, "no time")
    try:
        return verify(load(name), device=device)
    except REFUSED as error:
        return SkippedNetwork(name, str(error)[:200])


if __name__ == "__main__":
    try:
        main()
    except ArchcalcError as error:
        sys.exit(str(error))
