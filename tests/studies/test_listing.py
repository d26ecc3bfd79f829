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
    assert archcalc.listing() == with_index


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
