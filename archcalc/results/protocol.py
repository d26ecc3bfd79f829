"""Protocols: how a published accuracy was measured, as a text and as a record."""

from __future__ import annotations

import re
from typing import NamedTuple

IMAGES = {
    "ImageNet val": 50_000,
    "ImageNet test": 100_000,
    "ILSVRC-2010 test": 150_000,
    "CIFAR-10 test": 10_000,
    "CIFAR-100 test": 10_000,
    "SVHN test": 26_032,
    "MNIST test": 10_000,
}
"""How many images the splits of well-known data sets have."""

AUGMENTATIONS = (
    "no augmentation",
    "flips and crops",
    "distortions",
    "scale augmentation",
    "scale and aspect augmentation",
)
"""How the training images were changed."""

_IMAGES = re.compile(r"(\d{1,3}(?:,\d{3})*) images\Z")
_CROPS = re.compile(r"(?:(\d+) crops?|dense)((?: \d+)*)\Z")
_SCALES = re.compile(r"(one|several) scales?\Z")
_NETWORKS = re.compile(r"(\d+|several) networks\Z")
_RUNS = re.compile(r"(?:(?:median|mean|best) of \d+ runs|one run)\Z")


class Protocol(NamedTuple):
    """How an accuracy was measured.

    ``crops`` is None, and ``dense`` true, for a network that is applied to the whole image. ``networks`` is
    None for an unknown number of them. ``training`` has other conditions, such as dropout.
    """

    data: str
    split: str
    images: int | None = None
    crops: int | None = None
    dense: bool = False
    sizes: tuple[int, ...] = ()
    scales: str = ""
    networks: int | None = 1
    augmentation: str = ""
    extra_data: str = ""
    training: tuple[str, ...] = ()
    runs: str = ""


def read_protocol(text: str) -> Protocol:
    """The record of a protocol, whose parts have commas between them.

    >>> read_protocol("ImageNet val, 48,238 images, 1 crop 299")[:6]
    ('ImageNet', 'val', 48238, 1, False, (299,))
    >>> read_protocol("CIFAR-10 test, flips and crops, dropout, median of 5 runs")[8:]
    ('flips and crops', '', ('dropout',), 'median of 5 runs')
    """
    where, *parts = text.split(", ")
    data, _, split = where.rpartition(" ")
    found = Protocol(data, split, IMAGES.get(where))
    for part in parts:
        found = _with_part(found, part)
    return found


def _with_part(found: Protocol, part: str) -> Protocol:
    """A protocol with one more of its parts."""
    if match := _IMAGES.match(part):
        return found._replace(images=int(match[1].replace(",", "")))
    if match := _CROPS.match(part):
        sizes = tuple(map(int, match[2].split()))
        crops = None if match[1] is None else int(match[1])
        return found._replace(crops=crops, dense=crops is None, sizes=sizes)
    if match := _SCALES.match(part):
        return found._replace(scales=match[1])
    if match := _NETWORKS.match(part):
        return found._replace(networks=None if match[1] == "several" else int(match[1]))
    if _RUNS.match(part):
        return found._replace(runs=part)
    if part in AUGMENTATIONS:
        return found._replace(augmentation=part)
    if part.startswith("extra data: "):
        return found._replace(extra_data=part.removeprefix("extra data: "))
    return found._replace(training=(*found.training, part))


def comparable(text: str) -> str:
    """What two protocols must share to stand in one column: all but the sizes, and how many runs there were.

    Each network is tested at the size that it is made for.

    >>> comparable("ImageNet val, 1 crop 299"), comparable("CIFAR-10 test, flips and crops, one run")
    ('ImageNet val, 1 crop', 'CIFAR-10 test, flips and crops')
    """
    parts = (part for part in text.split(", ") if not _RUNS.match(part))
    return ", ".join(re.sub(r"( \d+)+\Z", "", part) if _CROPS.match(part) else part for part in parts)
