"""Names in any spelling: which network they mean, and what is suggested for those that mean none."""

from __future__ import annotations

from pathlib import Path

import pytest
from helpers.zoo import SPECS
from hypothesis import given
from hypothesis import strategies as st

import archcalc
from archcalc.errors import ArchcalcError, alike, closest, plain
from archcalc.language.find import load, names_at_a_glance, network_of

TWINS = """\
name: twins
input: [8]
settings: {units: 1}
variants:
  a-b: {units: 2}
  ab: {units: 3, aliases: [other_one]}
  a.c: {units: 4, aliases: [A_C]}
layers:
  - {fc: units}
"""


def refused(target: str) -> str:
    with pytest.raises(ArchcalcError) as caught:
        load(target)
    return str(caught.value)


# --- one rule ----------------------------------------------------------------------------------------------


@given(st.text())
def test_spelling_is_taken_away_once(name: str) -> None:
    assert plain(plain(name).lower()) == plain(plain(name))
    assert alike(name, [name]) == [name]


@given(st.sampled_from(["vgg16", "resnet50-v1.5", "wrn-28-10"]), st.data())
def test_any_spelling_of_a_name_is_alike(name: str, data: st.DataObject) -> None:
    def written(letter: str) -> str:
        return data.draw(st.sampled_from([letter, letter.upper(), f"{letter}-", f"_{letter}", f"{letter}. "]))

    assert alike("".join(map(written, name)), names_at_a_glance()) == [name]


def test_no_two_networks_of_the_list_differ_in_spelling_only() -> None:
    """So every name, in any spelling, means one network. In RegNet's the point matters: 1.6GF and 16GF."""
    owners = {
        name: about.name
        for spec in SPECS
        for about in [*spec.variants.values(), spec.about]
        for name in (about.name, *about.aliases)
    }
    for name, owner in owners.items():
        for written in (name.upper(), name.replace("-", "_"), name.replace(".", "_"), f"-{name} "):
            assert {owners[other] for other in alike(written, owners)} == {owner}, written
    meant: dict[str, set[str]] = {}
    for name, owner in owners.items():
        meant.setdefault(plain(name), set()).add(owner)
    assert {word for word, networks in meant.items() if len(networks) > 1} == {
        f"regnet{numbers}gf{tail}" for numbers in ("x16", "x32", "y16", "y32") for tail in ("", "torchvision")
    }


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("RegNetX16GF", "regnet-x-16gf"),
        ("RegNetX-1.6GF", "regnet-x-1.6gf"),
        ("regnet_x_1_6gf", "regnet-x-1.6gf"),
        ("regnet-y-3-2gf-torchvision", "regnet-y-3.2gf"),
        ("regnet_y_32gf_torchvision", "regnet-y-32gf"),
        ("wrn2810", "wrn-28-10"),
    ],
)
def test_a_point_between_numbers_matters_where_both_are_known(written: str, name: str) -> None:
    assert archcalc.load(written).name == name
    first, *_ = archcalc.listing([written, "vgg16"]).networks
    assert first.name == name


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("VGG16", "vgg16"),
        ("VGG-16", "vgg16"),
        ("vgg_16", "vgg16"),
        ("VGG 16", "vgg16"),
        ("VGG_D", "vgg16"),
        ("ResNet-50", "resnet50"),
        ("resnet50 v1.5", "resnet50-v1.5"),
        ("WRN-28.10", "wrn-28-10"),
        ("Inception V1", "googlenet"),
        ("VGG", "vgg"),
    ],
)
def test_spelling_does_not_matter(written: str, name: str) -> None:
    assert archcalc.load(written).name == name
    assert archcalc.compare([written, "alexnet"]).networks[0].analysis.network == name


def test_variants_of_a_file_too(tmp_path: Path) -> None:
    path = tmp_path / "twins.yaml"
    path.write_text(TWINS)
    params = {
        name: archcalc.analyze(f"{path}:{name}").totals.params
        for name in ("a-b", "ab", "a.c", "AC", "Other-One", "Twins")
    }
    assert params == {"a-b": 18, "ab": 27, "a.c": 36, "AC": 36, "Other-One": 27, "Twins": 9}


def test_of_two_none_is_guessed(tmp_path: Path) -> None:
    path = tmp_path / "twins.yaml"
    path.write_text(TWINS)
    with pytest.raises(ArchcalcError, match="has no variant 'A_B'"):
        archcalc.load(f"{path}:A_B")


def test_a_comparison_has_the_names_of_the_list() -> None:
    made = archcalc.compare(["VGG-16", "ResNet-50:size=64", "vgg-d", "ALEXNET"], base="AlexNet")
    assert [network.label for network in made.networks] == ["vgg16", "resnet50:size=64", "vgg-d", "alexnet"]
    assert made.base == 3


# --- suggestions -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("vgg-net", "did you mean 'vgg'?"),
        ("VGG16-net", "did you mean 'vgg16'?"),
        ("vg16", "did you mean 'vgg16'?"),
        ("alexnett", "did you mean 'alexnet'?"),
        ("nonet", "did you mean 'nfnet'?"),
        ("qwertz", "'archcalc list' lists the networks"),
        ("attention", "'archcalc list' lists the networks"),
        ("", "'archcalc list' lists the networks"),
        ("googlenet-", ""),
        ("xcep", "did you mean 'xception'?"),
        ("inception", "'archcalc list inception' lists the"),
        ("vgg16.yaml", "for the built-in network write 'vgg16'"),
        ("no/such/folder/vgg.yaml", "for the built-in network write 'vgg'"),
        ("a\0b/c.yaml", "embedded null byte"),
        ("a\0b", "'archcalc list' lists the networks"),
        ("x\x1b[31m", "'archcalc list' lists the networks"),
    ],
)
def test_a_suggestion_is_sensible(
    word: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if says:
        assert says in refused(word)
        assert "\x1b" not in refused(word)
    else:
        load(word)


def test_a_file_of_this_folder_is_suggested(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net3.yaml").write_text("name: net3\ninput: [8]\nlayers: [relu]\n")
    Path("mynet").write_text("name: net3\ninput: [8]\nlayers: [relu]\n")
    for word in ("net3", "NET-3", "net_3"):
        assert "did you mean the file 'net3.yaml'?" in refused(word)
    for path in ("net3.yml", "Net3.yaml", "nte3.yaml"):
        assert refused(path) == f"{path}: No such file or directory (did you mean 'net3.yaml'?)"
    assert "write './mynet'" in refused("mynet")
    assert load("./mynet")[0].name == "net3"
    Path("sub").mkdir()
    assert refused("sub/net3.yaml") == "sub/net3.yaml: No such file or directory"


def test_words_with_little_in_common_are_not_suggested() -> None:
    assert closest("attention", ["flatten", "concat"]) == ""
    assert closest("reshape", ["repeat", "relu"]) == ""
    assert closest("ceil", ["ceil_div", "len"]) == "ceil_div"
    assert closest("kernal", ["kernel"]) == "kernel"


# --- a family ----------------------------------------------------------------------------------------------


def test_a_family_says_which_network_it_shows() -> None:
    assert network_of("vgg").title == "VGG, here vgg16"
    assert network_of("vgg", ["size=64"]).title == "VGG, here vgg16"
    assert network_of("vgg", ["convs=[1,1,2,2,2]"]).title == "VGG"
    assert network_of("vgg16").title == "VGG-16 (configuration D)"
    assert network_of("lenet5").title == "LeNet-5"


def test_what_a_family_says_is_true() -> None:
    for spec in SPECS:
        if spec.default_variant:
            family, named = spec.bind(), spec.bind(spec.default_variant)
            assert family.settings == named.settings
            assert (family.input, len(family.layers)) == (named.input, len(named.layers))


# --- ops and devices ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["Conv", "CONV", "max_pool", "MaxPool", "global"])
def test_ops_in_any_spelling(word: str) -> None:
    if word == "global":
        with pytest.raises(ArchcalcError, match="unknown op 'global'"):
            archcalc.manual(word)
    else:
        assert archcalc.manual(word).startswith(f"{plain(word)}: ")


@pytest.mark.parametrize(
    ("word", "op"),
    [("dense", "fc"), ("Linear", "fc"), ("Conv2D", "conv"), ("depthwise_conv", "conv"), ("view", "flatten")],
)
def test_ops_by_the_words_of_other_programs(word: str, op: str) -> None:
    with pytest.raises(ArchcalcError, match=f"did you mean '{op}'"):
        archcalc.manual(word)


def test_devices_in_any_spelling() -> None:
    assert archcalc.device("GTX 580_3GB").name == "gtx580-3gb"
    assert archcalc.device("gtx580-1.5gb").name == archcalc.device("GTX-580 15GB").name
