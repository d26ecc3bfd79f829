"""The list of networks: the index says what the specs say, and a changed spec is read."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.zoo import SPECS

import archcalc
from archcalc.errors import ArchcalcError
from archcalc.language import index, stored
from archcalc.language.find import find, names_at_a_glance
from archcalc.studies.index import index_text

UPDATE = "the index is old: run python -m archcalc.studies.index"


@pytest.fixture
def specs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the shipped specs, in the place of them."""
    folder = tmp_path / "specs"
    shutil.copytree(index.specs_folder(), folder)
    monkeypatch.setattr(index, "specs_folder", lambda: str(folder))
    monkeypatch.setattr(stored, "_folder", lambda: str(tmp_path))  # keep what is stored of the real ones
    index._index.cache_clear()
    yield folder
    index._index.cache_clear()


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


# --- the index is right ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_index_is_what_the_specs_say() -> None:
    assert Path(index.index_file()).read_text(encoding="utf-8") == index_text(), UPDATE


def test_the_index_is_of_these_specs() -> None:
    """The fast half of the test above: formulas can change without it."""
    stale = [path for path in index.spec_files() if index.indexed(path) is None]
    assert not stale, UPDATE
    written = json.loads(Path(index.index_file()).read_text(encoding="utf-8"))
    assert list(written) == [Path(path).name for path in index.spec_files()]


def test_a_name_is_in_one_spec() -> None:
    """So it does not matter which of them is looked at first."""
    names = Counter(
        name
        for spec in SPECS
        for about in [*spec.variants.values(), spec.about]
        for name in (about.name, *about.aliases)
    )
    assert {name: count for name, count in names.items() if count > 1} == {}


def test_every_name_is_found() -> None:
    for spec in SPECS:
        for about in [*spec.variants.values(), spec.about]:
            for name in (about.name, *about.aliases):
                path = index.file_of(name)
                assert path is not None
                assert path.endswith(spec.source.name)


@pytest.mark.slow
def test_without_the_index_the_list_is_the_same(specs: Path) -> None:
    with_index = archcalc.listing()
    (specs / "index.json").unlink()
    index._index.cache_clear()
    without = archcalc.listing()
    assert without.networks == with_index.networks
    # Each accuracy is looked up among all specs when there is no index: three are enough here.
    for name in ("vgg16", "resnet50", "zfnet"):
        assert without.accuracy[name] == with_index.accuracy[name]


# --- a spec was changed since ------------------------------------------------------------------------------


def test_a_changed_spec_is_read(specs: Path) -> None:
    (before,) = archcalc.listing("alexnet-torchvision").networks
    replace(specs / "alexnet-torchvision.yaml", "classes: 1000", "classes: 10")
    (after,) = archcalc.listing("alexnet-torchvision").networks
    assert before.params - after.params == 990 * 4097
    assert after._replace(params=before.params, macs=before.macs) == before


def test_a_new_spec_is_listed_and_found(specs: Path) -> None:
    (specs / "mine.yaml").write_text(
        "name: mine\naliases: [my-net]\ninput: [8]\nlayers: [{fc: 4}]\n", encoding="utf-8"
    )
    assert [network.params for network in archcalc.listing("mine").networks] == [36]
    assert find("my-net").name == "mine"
    assert "mine" in names_at_a_glance()
    with pytest.raises(ArchcalcError, match="did you mean 'my-net'"):
        find("my-nett")


def test_a_renamed_network_is_found_by_its_new_name_only(specs: Path) -> None:
    replace(specs / "lenet-caffe.yaml", "name: lenet-caffe", "name: caffe-lenet")
    assert find("caffe-lenet").name == "caffe-lenet"
    with pytest.raises(ArchcalcError, match="unknown network 'lenet-caffe'"):
        find("lenet-caffe")


def test_a_deleted_spec_is_not_listed(specs: Path) -> None:
    (specs / "zfnet.yaml").unlink()
    with pytest.raises(ArchcalcError, match="no network matches zfnet"):
        archcalc.listing("zfnet")
    with pytest.raises(ArchcalcError, match="unknown network 'zfnet'"):
        find("zfnet")


@pytest.mark.parametrize("damaged", [None, "", "{", "[]", "<<<<<<< ours"])
def test_a_damaged_index_is_as_none(specs: Path, damaged: str | None) -> None:
    if damaged is None:
        (specs / "index.json").unlink()
    else:
        (specs / "index.json").write_text(damaged, encoding="utf-8")
    index._index.cache_clear()
    for path in index.spec_files():
        assert index.indexed(path) is None
    assert find("resnet50").name == "resnet"


def test_a_mistake_in_a_changed_spec_is_reported(specs: Path) -> None:
    replace(specs / "zfnet.yaml", "layers:", "layerz:")
    with pytest.raises(ArchcalcError, match="'layerz'"):
        archcalc.listing("zfnet")


# --- which networks ----------------------------------------------------------------------------------------


def names_of(*words: str, **how: str) -> list[str]:
    return [network.name for network in archcalc.listing(words, **how).networks]


def test_an_exact_name_comes_first() -> None:
    assert names_of("vgg16") == ["vgg16", "vgg16-c", "vgg16-bn", "ssd300"]
    assert names_of("VGG-16")[0] == "vgg16"
    assert names_of("vgg-d")[0] == "vgg16"
    found = names_of("alexnet")
    assert found.index("alexnet") < found.index("alexnet-2gpu")
    found = names_of("resnet50", "alex")
    assert found.index("resnet50") == 0
    assert "alexnet-2gpu" in found


def test_several_exact_names_are_a_choice() -> None:
    """One word is a search; several names are the networks that are meant, in this order."""
    assert names_of("resnet50", "alexnet") == ["resnet50", "alexnet"]
    assert names_of("VGG-16", "vgg-e", "AlexNet") == ["vgg16", "vgg19", "alexnet"]
    assert len(names_of("vgg16", "alex")) > 2
    assert names_of("vgg16", "lenet5", year="1998") == ["lenet5"]


def test_a_word_is_the_beginning_of_something_if_it_can_be() -> None:
    """ViT is not con-nect-i-vit-y; only if nothing begins with a word, it may stand anywhere."""
    assert "preresnet200" in names_of("resnet")  # its title is ResNet, too
    assert all("50" in name for name in names_of("50"))
    assert names_of("xceptio") == ["xception"]
    assert names_of("ception-v4") == ["inception-v4"]


def test_families_and_years() -> None:
    families = {network.name: network.family for network in archcalc.listing().networks}
    years = {network.name: network.year or 0 for network in archcalc.listing().networks}
    assert set(names_of(family="resnet")) == {name for name in families if families[name] == "resnet"}
    assert names_of(family="ResNet_CIFAR") == names_of(family="resnet-cifar")
    assert set(names_of(family="vgg,lenet")) == {*names_of(family="vgg"), *names_of(family="lenet")}
    assert set(names_of(year="2015:")) == {name for name in years if years[name] >= 2015}
    assert set(names_of(year=":2014")) == {name for name in years if years[name] <= 2014}
    assert set(names_of(year="2014:2016")) == {name for name in years if 2014 <= years[name] <= 2016}
    assert set(names_of("inception", year="2016")) <= {name for name in years if years[name] == 2016}
    assert names_of(year="1998") == ["lenet5", "lenet5-lecture", "lenet5-lecture-fc"]


@pytest.mark.parametrize(
    ("words", "how", "says"),
    [
        ((), {"family": "resnt"}, "unknown family 'resnt' (did you mean 'resnet'?)"),
        ((), {"year": "2016:2015"}, "the years '2016:2015' end before they begin"),
        ((), {"year": "new"}, "'new' is not a year or a range of years"),
        ((), {"year": ""}, "'' is not a year or a range of years"),
        ((), {"family": " "}, "unknown family ' '"),
        ((), {"year": ":"}, "':' is not a year or a range of years"),
        ((), {"year": "20155"}, "'20155' is not a year or a range of years"),
        ((), {"year": "1900:1950"}, "no network matches the years 1900:1950; the networks are of 1980 to"),
        (("vgg",), {"year": ":1990"}, "no network matches vgg and the years :1990"),
        (("vg16",), {}, "no network matches vg16 (did you mean 'vgg16'?)"),
        (("\x1b[31m",), {}, "no network matches \\x1b[31m"),
    ],
)
def test_what_matches_nothing(words: tuple[str, ...], how: dict[str, str], says: str) -> None:
    with pytest.raises(ArchcalcError) as caught:
        archcalc.listing(words, **how)
    assert says in str(caught.value)


# --- what is printed ---------------------------------------------------------------------------------------


def test_the_whole_list_has_every_name_below_its_family_in_60_columns() -> None:
    text = str(archcalc.listing())
    table = text.partition("\n\none family")[0]
    assert max(map(len, table.splitlines())) <= 60
    assert len(table.splitlines()) < 0.65 * len(archcalc.listing().networks)
    words = table.replace(",", " ").split()
    for network in archcalc.listing().networks:
        assert network.name in words
        assert network.family in words


def test_a_choice_has_its_figures_below_its_family() -> None:
    lines = str(archcalc.listing("vgg16")).splitlines()
    assert lines[4] == "vgg"
    assert lines[5].split()[:4] == ["vgg16", "2014", "138,357,544", "15,470,264,320"]
    assert "138,357,544" in archcalc.listing().render("plain", long=True)
    for listing in (archcalc.listing(), archcalc.listing("vgg16")):
        text = listing.render("plain", units="auto")
        assert "params (M)" in text
        assert "138.36" in text


def test_records_are_the_networks() -> None:
    keys = ["name", "family", "year", "title", "input", "params", "macs", "depth", "aliases"]
    for listing in (archcalc.listing(), archcalc.listing("vgg")):
        assert [list(row) for row in listing.rows()] == [keys] * len(listing.networks)
        assert [list(row) for row in listing.as_json()] == [keys] * len(listing.networks)
        assert listing.render("csv").count("\n") == len(listing.networks) + 1
