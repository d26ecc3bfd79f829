"""Published accuracies: one protocol in a table, each with its source."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from helpers.zoo import SPECS

import archcalc
from archcalc.errors import ArchcalcError
from archcalc.results.accuracy import (
    MEASURES,
    PublishedAccuracy,
    by_protocol,
    choose_protocol,
    protocol_of,
    published,
)


def entry(protocol: str, **percent: str) -> PublishedAccuracy:
    return PublishedAccuracy(
        **{**dict.fromkeys(MEASURES, ""), **percent}, protocol=protocol, source="somewhere"
    )


ONE_224 = entry("ImageNet val, 1 crop 224", top1_error="24.7", top5_error="7.8")
ONE_299 = entry("ImageNet val, 1 crop 299", top1="79.0", top5="94.5")
TEN = entry("ImageNet val, 10 crops", top1_error="22.85")
TEN_TOP5 = entry("ImageNet val, 10 crops", top5_error="9.15")
CIFAR = entry("CIFAR-10 test, augmented", top1_error="5.46")


def chosen(asked: str | None, *networks: Sequence[PublishedAccuracy], measures: str = "top1_error") -> str:
    return choose_protocol(asked, networks, measures.split())


# --- which protocol ----------------------------------------------------------------------------------------


def test_a_crop_may_have_any_size() -> None:
    assert protocol_of(ONE_224) == protocol_of(ONE_299) == "ImageNet val, 1 crop"
    assert protocol_of(TEN) == "ImageNet val, 10 crops"
    assert protocol_of(entry("ImageNet val, 1 crop 320, scale augmentation")).endswith("scale augmentation")


def test_the_protocol_is_that_of_most_networks() -> None:
    assert chosen(None, [TEN], [TEN, ONE_224], [ONE_299, TEN]) == "ImageNet val, 10 crops"
    assert chosen(None, [TEN], [ONE_224], [ONE_299]) == "ImageNet val, 1 crop"
    assert chosen(None, [CIFAR], [], [CIFAR]) == "CIFAR-10 test, augmented"


def test_of_several_it_is_one_crop() -> None:
    assert chosen(None, [TEN, ONE_224], [TEN, ONE_299]) == "ImageNet val, 1 crop"


def test_only_what_has_the_measure_counts() -> None:
    networks = [TEN_TOP5], [TEN_TOP5, ONE_224]
    assert chosen(None, *networks, measures="top1_error") == "ImageNet val, 1 crop"
    assert chosen(None, *networks, measures="top5_error") == "ImageNet val, 10 crops"
    assert chosen(None, [], []) == ""
    assert chosen(None, [TEN], measures="") == ""


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("ImageNet val, 10 crops", "ImageNet val, 10 crops"),
        ("imagenet VAL,10crops", "ImageNet val, 10 crops"),
        ("10 crops", "ImageNet val, 10 crops"),
        ("1 crop", "ImageNet val, 1 crop"),
        ("ImageNet val, 1 crop 299", "ImageNet val, 1 crop"),
        ("augmented", "CIFAR-10 test, augmented"),
    ],
)
def test_a_protocol_is_asked_for_by_its_end(asked: str, meant: str) -> None:
    assert chosen(asked, [TEN, ONE_224], [ONE_299, CIFAR]) == meant


def test_of_several_with_the_same_end_it_is_that_of_most_networks() -> None:
    other = entry("ILSVRC-2010 test, 10 crops", top1_error="37.5")
    assert chosen("10 crops", [TEN, other], [TEN]) == "ImageNet val, 10 crops"
    assert chosen("10 crops", [TEN, other], [other]) == "ILSVRC-2010 test, 10 crops"


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (
            "2 crops",
            "'2 crops' is not a protocol of these networks (ImageNet test, 10 crops; ImageNet val, 10 crops)",
        ),
        ("0 crops", "'0 crops' is not a protocol"),
        ("", "'' is not a protocol"),
        ("crops", "'crops' is not one protocol (ImageNet test, 10 crops; ImageNet val, 10 crops)"),
    ],
)
def test_what_is_no_protocol(asked: str, says: str) -> None:
    with pytest.raises(ArchcalcError, match=re.escape(says)):
        chosen(asked, [TEN], [entry("ImageNet test, 10 crops", top1_error="20.0")])


def test_networks_without_an_accuracy_have_no_protocol() -> None:
    with pytest.raises(ArchcalcError, match="they have no published accuracy"):
        chosen("10 crops", [], [])


# --- which figure ------------------------------------------------------------------------------------------


def test_an_accuracy_is_100_minus_the_error_to_the_last_digit() -> None:
    assert [ONE_224.percent(measure) for measure in MEASURES] == ["24.7", "7.8", "75.3", "92.2"]
    assert [ONE_299.percent(measure) for measure in MEASURES] == ["21.0", "5.5", "79.0", "94.5"]
    assert [TEN.percent(measure) for measure in MEASURES] == ["22.85", "", "77.15", ""]


def test_the_entry_with_the_most_measures_is_shown() -> None:
    both = entry("ImageNet val, 10 crops", top1_error="21", top5_error="6")
    found = by_protocol([TEN, TEN_TOP5, both], "ImageNet val, 10 crops", ["top1_error", "top5_error"])
    assert found is both
    assert by_protocol([TEN, both], "ImageNet val, 10 crops", ["top1_error"]) is TEN
    assert by_protocol([TEN], "ImageNet val, 1 crop", ["top1_error"]) is None


def test_a_table_has_accuracies_of_one_protocol_and_says_which() -> None:
    table = archcalc.totals(["vgg16", "resnet50", "xception", "lenet5"])
    lines = table.render("plain", columns="top1").splitlines()
    assert [line.split()[1] for line in lines[4:8]] == ["71.5", "75.3", "79.0", "–"]
    assert "accuracy  ImageNet val, 1 crop" in lines
    assert "          xception, at 299: Chollet 2016, Xception, Table 1" in lines
    assert any(line.endswith("README @a7026cb; 100 minus the error") for line in lines)
    rows = {row["network"]: row for row in table.rows(columns="top1")}
    assert rows["resnet50"]["protocol"] == "ImageNet val, 1 crop 224"
    assert rows["lenet5"] == {"network": "lenet5", "top1": "", "protocol": None, "source": None}


def test_decimals_are_rounded_and_never_added() -> None:
    table = archcalc.totals(["vgg16", "resnet50"])
    options = {"columns": "top1_error", "protocol": "10 crops"}
    for digits, texts in ((0, ["28", "23"]), (1, ["28.1", "22.9"]), (4, ["28.07", "22.85"])):
        lines = table.render("plain", digits=digits, **options).splitlines()
        assert [line.split()[1] for line in lines[4:6]] == texts


def test_a_protocol_without_a_column_of_accuracies_is_refused() -> None:
    with pytest.raises(ArchcalcError, match="a protocol needs a column of accuracies: top1_error, "):
        archcalc.totals(["vgg16"]).render("plain", columns="params", protocol="10 crops")
    text = archcalc.totals(["vgg16"]).render("plain", protocol="10 crops")  # it adds the columns
    assert "28.07" in text


# --- the zoo -----------------------------------------------------------------------------------------------


def test_every_accuracy_of_the_zoo_has_its_protocol_and_source() -> None:
    for spec in SPECS:
        for about in [*spec.variants.values(), spec.about]:
            for one in published(about.accuracy):
                assert one.protocol, about.name
                assert one.source, about.name
                # One network is what a protocol means unless it says otherwise.
                assert "1 network" not in one.protocol, about.name


def test_alexnet_and_vgg_have_an_accuracy() -> None:
    names = ["alexnet", "alexnet-2gpu", "alexnet-torchvision", "vgg11", "vgg13", "vgg16", "vgg19"]
    for network in archcalc.totals(names).networks:
        assert network.accuracy, network.label
    (paper, *_) = archcalc.totals(["alexnet-2gpu"]).networks[0].accuracy
    assert paper[:4] == ("40.7", "18.2", "", "")
