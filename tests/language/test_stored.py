"""Specs that were read before: they are the same, another text is read, and no mistake is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from archcalc.errors import Source, SpecError
from archcalc.language import find as find_module
from archcalc.language import parse as parsing
from archcalc.language import stored
from archcalc.language.about import About
from archcalc.language.compose import read_nodes
from archcalc.language.find import find, shipped_spec
from archcalc.language.index import spec_files
from archcalc.language.nodes import Map, Node, Scalar, Seq
from archcalc.language.parse import parse
from archcalc.studies.analyze import analyze

every_shipped_spec = pytest.mark.parametrize("path", spec_files(), ids=lambda path: Path(path).stem)

SPEC = """\
name: net
input: [8, 8, 3]
claims:
  - {what: params, says: 224, source: "a paper, Table 1"}
layers:
  - {conv: 8, kernel: 3}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for stored specs; no spec is known from before, so each reading is one."""
    monkeypatch.setattr(stored, "_folder", lambda: str(tmp_path))
    monkeypatch.setattr(find_module, "MOST_NETWORKS", 0)
    return tmp_path


def flat(node: Node) -> Any:
    """A node with everything that is known of it."""
    place = (node.mark, type(node).__bases__[0] if type(node).__name__[0] == "_" else type(node))
    if isinstance(node, Scalar):
        return (*place, node.text, node.plain, node.refused, node.value)
    if isinstance(node, Seq):
        return (*place, [flat(item) for item in node.items])
    return (*place, [(text, flat(entry.key), flat(entry.value)) for text, entry in node.entries.items()])


def printed(about: About) -> Any:
    """A description that can be compared: without the functions in it."""
    claims = [claim._replace(value=None)._asdict() | {"mark": str(claim.mark)} for claim in about.claims]
    computable = [claim.value is not None for claim in about.claims]
    words = (about.name, about.title, about.year, about.source, about.aliases)
    return (*words, claims, computable, about.accuracy)


# --- it is the same ----------------------------------------------------------------------------------------


@every_shipped_spec
def test_the_nodes_are_those_of_the_text(path: str) -> None:
    source = Source("specs/net.yaml", Path(path).read_text(encoding="utf-8"))
    problems: list[Any] = []
    root = read_nodes(source, problems)
    assert isinstance(root, Map)
    assert not problems
    stored.store(source, root)
    again = stored.stored_nodes(source)
    assert again is not None
    assert flat(again) == flat(root)


@every_shipped_spec
def test_a_shipped_spec_has_no_mistake_and_its_late_claims_are_the_same(path: str) -> None:
    first, second = shipped_spec(path), shipped_spec(path)
    known = [*first.variants.values(), first.about]
    assert all("claims" in vars(about) and "accuracy" in vars(about) for about in known)  # they are checked
    late = [*second.variants.values(), second.about]
    assert not any("claims" in vars(about) or "accuracy" in vars(about) for about in late)
    assert list(map(printed, late)) == list(map(printed, known))


def test_a_network_is_the_same() -> None:
    first, second = find("vgg16"), find("vgg16")
    assert "claims" not in vars(second.about)
    assert analyze(first.bind("vgg16")).as_json() == analyze(second.bind("vgg16")).as_json()


def test_a_shipped_spec_is_read_without_yaml(tmp_path: Path) -> None:
    """The second time; in new processes, which store what they read where they store bytecode."""
    script = (
        "import sys, archcalc; print(archcalc.analyze('lenet5').totals.params, 'yaml' in sys.modules, "
        "len(archcalc.compare(['lenet5', 'lenet5-lecture']).networks[0].accuracy))"
    )
    environment = {key: text for key, text in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"PYTHONPYCACHEPREFIX": str(tmp_path / "bytecode")}

    def said() -> list[str]:
        command = [sys.executable, "-c", script]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        return done.stdout.split()

    first, second = said(), said()
    assert (first[1], second[1]) == ("True", "False")
    assert (first[0], first[2]) == (second[0], second[2])


# --- it is not used ----------------------------------------------------------------------------------------


def kept(text: str = SPEC, name: str = "specs/net.yaml") -> Source:
    """A spec that is stored."""
    source = Source(name, text)
    parse(source, keep=True)
    return source


def test_another_text_of_that_name_is_read() -> None:
    kept()
    changed = Source("specs/net.yaml", SPEC.replace("conv: 8", "conv: 9"))
    assert stored.stored_nodes(changed) is None
    assert analyze(parse(changed).bind()).totals.params == 9 * 28


def test_a_spec_of_a_user_is_not_stored(folder: Path) -> None:
    parse(Source("net.yaml", SPEC))
    assert not list(folder.iterdir())


def test_a_mistake_in_a_claim_of_a_user_is_reported_at_once() -> None:
    kept()
    wrong = Source("net.yaml", SPEC.replace("what: params", "what: params +"))
    with pytest.raises(SpecError, match="not a valid quantity"):
        parse(wrong)


def test_a_spec_with_mistakes_is_not_stored(folder: Path) -> None:
    for wrong in ("what: params +", "what: yes"):
        with pytest.raises(SpecError):
            kept(SPEC.replace("what: params", wrong))
        parse(Source("specs/net.yaml", SPEC.replace("what: params", wrong)), strict=False, keep=True)
    assert not list(folder.iterdir())


@pytest.mark.parametrize("damaged", ["", "{", "[]", "3", "null", "{}", '{"stamp": 1, "text": 2}', "\xff"])
def test_a_damaged_file_is_left_out(folder: Path, damaged: str) -> None:
    source = kept()
    (file,) = folder.iterdir()
    file.write_text(damaged, encoding="latin-1")
    assert stored.stored_nodes(source) is None
    assert analyze(parse(source, keep=True).bind()).totals.params == 224
    assert stored.stored_nodes(source) is not None  # written again


def test_what_older_code_stored_is_left_out(folder: Path) -> None:
    source = kept()
    (file,) = folder.iterdir()
    written = json.loads(file.read_text(encoding="utf-8"))
    written["stamp"][0] += 1
    file.write_text(json.dumps(written), encoding="utf-8")
    assert stored.stored_nodes(source) is None


def test_nothing_is_written_without_bytecode(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "_folder", lambda: str(folder / "missing"))
    assert stored.stored_nodes(kept()) is None
    assert not list(folder.iterdir())


def test_a_full_disk_is_no_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    source = kept()
    assert stored.stored_nodes(source) is None


def test_a_mistake_in_a_late_claim_is_reported_when_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """It can only be there if the rules for claims were changed since the spec was stored."""
    wrong = Source("net.yaml", SPEC.replace("what: params", "what: params +"))
    root = read_nodes(wrong, [])
    assert isinstance(root, Map)
    monkeypatch.setattr(parsing, "stored_nodes", lambda source: root)
    spec = parse(wrong)
    for _ in range(2):
        with pytest.raises(SpecError, match=r"net.yaml:4:.*not a valid quantity"):
            _ = spec.about.claims
