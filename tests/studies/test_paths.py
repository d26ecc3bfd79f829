"""Every function of the library that takes the path of a file takes a ``Path`` too, with the same answer."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import archcalc
from archcalc.errors import ArchcalcError
from archcalc.language.find import network_of

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"

NETWORKS: dict[str, Callable[[Any], Any]] = {
    "load": lambda path: archcalc.load(path, {"size": 64}).input.dims,
    "analyze": archcalc.analyze,
    "explain": archcalc.explain,
    "totals": archcalc.totals,
    "compare": lambda path: archcalc.compare([path, "alexnet"]),
    "audit": archcalc.audit,
    "time": lambda path: archcalc.time(path, "h100"),
    "fit": lambda path: archcalc.fit(path, "t4"),
    "formula": lambda path: archcalc.formula(path, free="size"),
    "sweep": lambda path: archcalc.sweep(path, ["size=64:96:32"]).rows(),
    "quiz": lambda path: archcalc.quiz(path, "params"),
    "grade, key": lambda path: archcalc.grade(EXAMPLES / "answers.yaml", path),
    "reconcile": lambda path: archcalc.reconcile(path, "138.36M"),
    "count_by_conventions": archcalc.count_by_conventions,
    "to_yaml": archcalc.to_yaml,
    "plot": lambda path: archcalc.plot("layers", path),
    "graph": archcalc.graph,
}

FILES: dict[str, Callable[[Any], Any]] = {
    "examples/answers.yaml": lambda path: archcalc.grade(path, "alexnet").cells,
    "examples/slide.txt": lambda path: archcalc.grade_submission(path, "vgg16"),
    "examples/models.md": archcalc.reconcile_file,
    "benchmarks/published/keras.csv": archcalc.check_times,
}


@pytest.mark.parametrize("ask", NETWORKS.values(), ids=NETWORKS)
def test_the_path_of_a_network(ask: Callable[[Any], Any], tmp_path: Path) -> None:
    path = tmp_path / "vgg16.yaml"
    path.write_text(archcalc.to_yaml("vgg16"), encoding="utf-8")
    assert ask(path) == ask(str(path))


@pytest.mark.parametrize("name", FILES)
def test_the_path_of_a_file(name: str) -> None:
    assert FILES[name](ROOT / name) == FILES[name](str(ROOT / name))


def test_the_paths_of_locks(tmp_path: Path) -> None:
    shutil.copy(ROOT / "specs" / "zfnet.yaml", tmp_path)
    (written,) = archcalc.lock(tmp_path)
    assert Path(written).parent == tmp_path
    assert archcalc.check([tmp_path / "zfnet.yaml"]).ok
    archcalc.export("zfnet", tmp_path / "net.py")
    assert (tmp_path / "net.py").exists()


def test_one_network_alone_is_a_list_of_one() -> None:
    network = network_of("lenet5")
    assert archcalc.plot("layers", network).drawn == archcalc.plot("layers", [network]).drawn
    assert archcalc.totals(network) == archcalc.totals([network])


def test_a_path_that_does_not_exist() -> None:
    with pytest.raises(ArchcalcError, match=r"none\.yaml: No such file"):
        archcalc.analyze(Path("nowhere") / "none.yaml")
