"""Specs that a process has read before: what they know changes no answer; another text is another spec."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from archcalc.errors import ArchcalcWarning, Source, SpecError
from archcalc.language import find as finding
from archcalc.language.find import load, network_of
from archcalc.language.parse import parse
from archcalc.studies.analyze import analyze

SPEC = """\
name: net
settings: {filters: 8}
input: [8, 8, 3]
layers: [{conv: filters, kernel: 3}]
"""


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "KNOWN_SPECS", {})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "net.yaml"
    path.write_text(SPEC)
    return path


def test_the_same_text_is_read_once(file: Path) -> None:
    assert load(str(file))[0] is load(str(file))[0]
    assert load("vgg16")[0] is load("VGG-19")[0]


def test_a_changed_file_is_read_anew(file: Path) -> None:
    assert analyze(network_of(str(file))).totals.params == 224
    file.write_text(SPEC.replace("kernel: 3", "kernel: 1"))
    assert analyze(network_of(str(file))).totals.params == 32
    file.write_text(SPEC)
    assert analyze(network_of(str(file))).totals.params == 224


def test_the_same_text_in_another_file_has_its_own_name_in_messages(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    for path in (file, other):
        path.write_text(SPEC.replace("kernel: 3", "kernel: 9"))
        with pytest.raises(SpecError, match=path.name):
            analyze(network_of(str(path)))


def test_mistakes_are_refused_after_they_were_accepted(file: Path) -> None:
    file.write_text(SPEC.replace("filters: 8", "filters: 0"))
    assert network_of(str(file)).problems
    for _ in range(2):
        with pytest.raises(SpecError):
            network_of(str(file), strict=True)
    assert network_of(str(file)).problems


def test_a_doubtful_input_is_told_every_time(file: Path) -> None:
    file.write_text(SPEC.replace("[8, 8, 3]", "[3, 224, 224]"))
    for _ in range(2):
        with pytest.warns(ArchcalcWarning):
            load(str(file))


def test_what_is_known_does_not_grow_without_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(finding, "MOST_NETWORKS", 3)
    monkeypatch.setattr(finding, "MOST_SPECS", 2)
    specs = []
    for _ in range(4):
        spec, name = load("resnet18")
        specs.append(spec)
        spec.bind(name)
    assert [spec is specs[0] for spec in specs] == [True, True, True, False]
    for number in range(4):
        path = tmp_path / f"net{number}.yaml"
        path.write_text(SPEC)
        load(str(path))
    assert len(finding.KNOWN_SPECS) == 2


@pytest.mark.parametrize("name", ["resnet50", "densenet121", "googlenet"])
def test_what_is_known_changes_no_answer(name: str) -> None:
    def answer(settings: dict[str, Any]) -> Any:
        return analyze(network_of(name, settings)).as_json()

    def answer_anew(settings: dict[str, Any]) -> Any:
        spec, found = load(name)
        anew = parse(Source(spec.source.name, spec.source.text))
        return analyze(anew.bind(found, settings).titled(spec.full_title(found, settings))).as_json()

    for settings in ({}, {"size": 256}, {}, {"classes": 10}, {"size": 256}):
        assert answer(settings) == answer_anew(settings)
