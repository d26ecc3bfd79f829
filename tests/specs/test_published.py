"""What the specs quote: protocols in one vocabulary."""

from __future__ import annotations

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
    first, last = answer[0], answer[-1]
    assert (first["network"], first["top1_error"], first["source"]) == (
        "inception-v3",
        "21.2",
        "Szegedy et al. 2015, Rethinking, Table 3",
    )
    assert first["conditions"]["images"] == 48238
    assert first["conditions"]["sizes"] == [299]
    assert last["of"] == "alexnet-2gpu, the network on two GPUs"
