"""What the specs quote: protocols, reasons with computed numbers, sources of a closed list."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from helpers.zoo import SPECS

import archcalc
from archcalc.language.published import Accuracy
from archcalc.results.protocol import comparable, read_protocol

ACCURACIES: list[tuple[str, Accuracy]] = [
    (about.name, one) for spec in SPECS for about in spec.networks() for one in about.accuracy
]

DATA = {"ImageNet", "ILSVRC-2010", "CIFAR-10", "CIFAR-100", "SVHN", "MNIST", "KGS"}

TRAINING = {
    "RMSProp",
    "label smoothing",
    "trained anew",
    "ZCA whitening",
    "dropout",
    "dropout 0.4",
    "stochastic depth",
    "constant depth",
    "batch 64",
    "only the last layer trained",
}
"""Conditions that have no place of their own in a protocol."""


def test_protocols_have_one_vocabulary() -> None:
    for name, one in ACCURACIES:
        found = read_protocol(one.protocol)
        assert found.data in DATA, (name, one.protocol)
        assert found.split in ("val", "test"), (name, one.protocol)
        assert set(found.training) <= TRAINING, (name, one.protocol)


def test_no_two_protocols_differ_only_by_what_one_of_them_leaves_out() -> None:
    """Small images are augmented or not, large ones are cropped or not: each protocol says which."""
    for name, one in ACCURACIES:
        found = read_protocol(one.protocol)
        if found.data in ("CIFAR-10", "CIFAR-100", "SVHN"):
            assert found.augmentation, (name, one.protocol)
        elif found.data == "ImageNet" and found.split == "val":
            assert (found.crops is None) == found.dense, (name, one.protocol)


@pytest.mark.parametrize(
    ("networks", "protocol", "errors"),
    [
        (
            ["wrn-28-10", "densenet-100-k12", "stochastic-depth-110"],
            "CIFAR-10 test, flips and crops",
            ["4.00", "4.10", "5.25"],
        ),
        (
            ["inception-v3", "inception-v2", "xception"],
            "ImageNet val, 48,238 images, 1 crop",
            ["21.2", "21.6", "21.0"],
        ),
    ],
)
def test_like_is_compared_with_like(networks: list[str], protocol: str, errors: list[str]) -> None:
    rows = archcalc.compare(networks).rows(columns="top1_error", protocol=protocol)
    assert [row["top1_error"] for row in rows] == errors
    assert {comparable(row["protocol"]) for row in rows} == {protocol}


@pytest.mark.parametrize(
    ("network", "figure"), [("alexnet", "40.7"), ("resnet50-v1.5", "24.01"), ("resnet152", "3.57")]
)
def test_an_accuracy_of_another_network_stands_in_no_column(network: str, figure: str) -> None:
    listed = archcalc.compare([network, "resnet34"]).networks[0].accuracy
    (one,) = (one for one in listed if figure in one)
    assert one.of
    rows = archcalc.totals([network, "resnet34"]).rows(columns="top1_error,top5_error")
    assert figure not in rows[0].values()


def test_json_of_a_comparison_has_every_accuracy_with_its_conditions() -> None:
    answer = archcalc.compare(["inception-v3", "alexnet"]).as_json()["accuracy"]
    first, last = answer[0], next(one for one in answer if one["network"] == "alexnet")
    assert (first["network"], first["top1_error"], first["source"]) == (
        "inception-v3",
        "21.2",
        "Szegedy et al. 2015, Rethinking, Table 3",
    )
    assert first["conditions"]["images"] == 48238
    assert first["conditions"]["sizes"] == [299]
    assert last["of"] == "alexnet-2gpu, the network on two GPUs"


# --- reasons -----------------------------------------------------------------------------------

NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+|\d+\.\d+|\d+ ?(?:million|billion|M|K|G|MB|MiB|%)(?!\w)")

QUOTED = {"60 M", "61.5", "25 million", "19.6", "24M", "2.3"}
"""Numbers in reasons that documents print, and numbers of sections."""


def test_numbers_in_reasons_are_computed() -> None:
    for spec in SPECS:
        for about in spec.networks():
            for claim in about.claims:
                stated = " ".join(number.says for number in claim.stated)
                numbers = set(NUMBER.findall(claim.because)) - QUOTED
                assert all(number in stated for number in numbers), (about.name, claim.because)


# --- sources -----------------------------------------------------------------------------------

with open(Path(__file__).parents[2] / "specs" / "sources.csv", newline="", encoding="utf-8") as file:
    ROWS = list(csv.DictReader(file))
SOURCES = [row["id"] for row in ROWS]
WHERE = {row["id"]: row["where"] for row in ROWS}

TRANSCRIBED = {"cs231n-2016-l7", "cs231n-2017-l9", "lecture-000", "lecture-001", "lecture-003"}
"""Lectures of which we have a text without numbers of slides."""


def quoted() -> list[tuple[str, str]]:
    """The sources of all claims and accuracies, with the names of their networks."""
    claims = [
        (about.name, source)
        for spec in SPECS
        for about in spec.networks()
        for claim in about.claims
        for source in claim.sources
    ]
    return claims + [(name, part.strip()) for name, one in ACCURACIES for part in one.source.split(";")]


def test_sources_are_those_of_the_list() -> None:
    assert len(SOURCES) == len(set(SOURCES))
    assert {source.partition(",")[0] for _, source in quoted()} == set(SOURCES)


def test_every_source_has_a_place() -> None:
    for name, source in quoted():
        document, _, place = source.partition(",")
        assert place.strip() or document in TRANSCRIBED, (name, source)


def test_every_repository_is_pinned() -> None:
    """A README changes; a figure is quoted from one commit or release of it."""
    for id, where in WHERE.items():
        if "repository" in where or "/" in id.split()[0]:
            assert re.search(r"@[0-9a-f]{7,}\b|release [0-9.]+|a gist|an issue", where), (id, where)
    for name, source in quoted():
        document, *places = (part.strip() for part in source.split(","))
        for commit in (place for place in places if place.startswith("@")):
            assert commit in WHERE[document], (name, source)
