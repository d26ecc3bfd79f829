"""Compare random networks (tests/helpers/random_networks.py) with PyTorch, on the meta device by default.

    python benchmarks/random_networks.py --count 100000 --seed 1 --jobs 2

Network n of a seed is `spec_of("SEED/n")`. A network that differs is printed with its differences.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from helpers.random_networks import spec_of

from archcalc.errors import Source
from archcalc.language.parse import parse
from archcalc.studies.verify import verify

CHUNK = 200


class Outcome(NamedTuple):
    """The results of a chunk of networks."""

    networks: int
    layers: int
    ops: Counter[str]
    compared: Counter[str]
    known: Counter[str]
    wrong: list[str]


def compare(names: list[str], device: str) -> Outcome:
    """Verify the networks of these seeds."""
    outcome = Outcome(len(names), 0, Counter(), Counter(), Counter(), [])
    layers = 0
    for name in names:
        text = spec_of(name)
        try:
            network = parse(Source(name, text)).bind()
            verified = verify(network, device=device)
        except Exception as error:  # whatever PyTorch raises, the campaign goes on
            outcome.wrong.append(f"{name}: {type(error).__name__}: {error}\n{text}")
            continue
        layers += len(network.layers)
        outcome.ops.update(node.op.name for node in network.layers)
        for check in verified.checks:
            outcome.compared[check.check] += check.compared
            outcome.known[check.check] += len(check.known)
        if not verified.ok:
            wrong = [
                f"  {check.check}: {mismatch}" for check in verified.checks for mismatch in check.mismatches
            ]
            outcome.wrong.append("\n".join([name, *wrong, text]))
    return outcome._replace(layers=layers)


def chunks(seed: str, count: int) -> Iterator[list[str]]:
    for start in range(0, count, CHUNK):
        yield [f"{seed}/{number}" for number in range(start, min(start + CHUNK, count))]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--device", default="meta", choices=["meta", "cpu", "cuda"])
    options = parser.parse_args()
    start, done, layers, wrong = time.monotonic(), 0, 0, 0
    ops, compared, known = Counter[str](), Counter[str](), Counter[str]()
    with multiprocessing.get_context("spawn").Pool(options.jobs) as pool:
        one = partial(compare, device=options.device)
        for outcome in pool.imap_unordered(one, chunks(options.seed, options.count)):
            done, layers, wrong = done + outcome.networks, layers + outcome.layers, wrong + len(outcome.wrong)
            ops, compared = ops + outcome.ops, compared + outcome.compared
            known = known + outcome.known
            for text in outcome.wrong:
                print(text, flush=True)
            seconds = time.monotonic() - start
            print(
                f"\r{done:,} of {options.count:,}, {wrong} differ, {seconds:.0f} s",
                end="",
                file=sys.stderr,
                flush=True,
            )
    print(file=sys.stderr)
    seconds = time.monotonic() - start
    print(f"seed {options.seed}: {done:,} networks, {layers:,} layers, {wrong} differ ({seconds:.0f} s)")
    print("compared: " + ", ".join(f"{name} {count:,}" for name, count in compared.items()))
    print("known differences: " + ", ".join(f"{name} {count:,}" for name, count in known.items()))
    print("layers by op: " + ", ".join(f"{name} {count:,}" for name, count in ops.most_common()))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
