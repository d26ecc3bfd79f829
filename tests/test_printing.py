"""Every kind of result prints itself: as a table, as records, in every format, and in a notebook."""

from __future__ import annotations

import json
import pickle
import pkgutil
import subprocess
import sys
from base64 import b64decode
from html.parser import HTMLParser
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, get_type_hints

import pytest

import archcalc
import archcalc.results
from archcalc.errors import ArchcalcError
from archcalc.render import REPORTS, writers
from archcalc.render.formats import FORMATS
from archcalc.results.figures import NamesOfLayerFigures, NamesOfTotals
from archcalc.results.printable import MAX_REPR, Printable
from archcalc.results.verify import Check, Mismatch, SkippedNetwork, Verification, VerificationTable

ROOT = Path(__file__).parent.parent
KERAS = ROOT / "benchmarks/published/keras.csv"
ANSWERS = str(ROOT / "examples" / "answers.yaml")


def verified() -> Verification:
    """A verification that needs no PyTorch."""
    return Verification(
        "lenet5", "meta", 2, (Check("shapes", 8, (Mismatch("conv1", "output", (28,), (24,)),)),)
    )


def graded_class(folder: Path) -> Any:
    for name in ("ada", "grace"):
        (folder / f"{name}.yaml").write_text(Path(ANSWERS).read_text(encoding="utf-8"), encoding="utf-8")
    return archcalc.grade_class(str(folder), "alexnet")


# A result of every kind, and a text that its table has.
RESULTS = {
    "Analysis": (lambda tmp: archcalc.analyze("vgg16"), "138,357,544"),
    "Audit": (lambda tmp: archcalc.audit("vgg16"), "figures about vgg16"),
    "CheckReport": (
        lambda tmp: archcalc.check(str(ROOT / "specs/lenet5.yaml"), "params <= 1", locked=False),
        "exceeded",
    ),
    "Class": (graded_class, "grace"),
    "ClosedForm": (lambda tmp: archcalc.formula("densenet121", "growth"), "6700·k²"),
    "Comparison": (lambda tmp: archcalc.compare(["alexnet", "vgg16"]), "62,378,344"),
    "ConventionList": (lambda tmp: archcalc.list_conventions(), "fvcore"),
    "CountTable": (lambda tmp: archcalc.count_by_conventions("vgg16"), "fvcore"),
    "ExplainedConvention": (lambda tmp: archcalc.explain_convention("fvcore"), "fvcore"),
    "Reconciliation": (lambda tmp: archcalc.reconcile("resnet50-v1.5", ["4111512576"]), "fvcore"),
    "Derivation": (lambda tmp: archcalc.explain("alexnet", ["conv1"]), "(227 - 11 + 2·0)/4 + 1"),
    "Device": (lambda tmp: archcalc.device("h100"), "bandwidth"),
    "DeviceList": (lambda tmp: archcalc.devices(), "h100"),
    "CheckedTimes": (lambda tmp: archcalc.check_times(str(KERAS)), "4 impossible"),
    "Diagram": (lambda tmp: archcalc.graph("lenet5"), "C5"),
    "Fit": (lambda tmp: archcalc.fit("vgg16", "t4"), "fits on t4"),
    "Grade": (lambda tmp: archcalc.grade(ANSWERS, "alexnet"), "points"),
    "JudgedDocument": (lambda tmp: archcalc.reconcile_file("examples/models.md"), "1.82G"),
    "Listing": (lambda tmp: archcalc.listing(["lenet"]), "lenet5"),
    "Plot": (lambda tmp: archcalc.plot("layers", "lenet5"), "48,120"),
    "ReportPage": (lambda tmp: archcalc.report("lenet5"), "60,000"),
    "Quiz": (lambda tmp: archcalc.quiz("lenet5", "params"), "____"),
    "Sweep": (lambda tmp: archcalc.sweep("vgg16", ["size=32:96:32"]), "3 networks"),
    "Timing": (lambda tmp: archcalc.time("alexnet", "h100"), "expected ms"),
    "TimingTable": (
        lambda tmp: archcalc.compare_timings([archcalc.time(net, "h100") for net in ("alexnet", "vgg16")]),
        "2 networks",
    ),
    "TotalsTable": (lambda tmp: archcalc.totals(["alexnet", "vgg16"]), "62,378,344"),
    "Verification": (lambda tmp: verified(), "1 mismatch"),
    "VerificationTable": (
        lambda tmp: VerificationTable((verified(),), "meta", (SkippedNetwork("vgg16", "too large"),)),
        "1 left out",
    ),
}


PICTURES = {"Diagram"} | ({"Plot"} if find_spec("vl_convert") else set())
"""What a notebook shows as a picture."""


def test_a_chart_in_a_notebook_is_a_table_without_the_package_that_draws(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    assert "<table>" in archcalc.plot("layers", "lenet5")._repr_html_()


def test_a_picture_in_a_notebook_has_its_title_as_text() -> None:
    picture = archcalc.graph("lenet5")._repr_html_()
    assert picture.startswith('<img style="max-width:100%" alt="lenet5: LeNet-5, input 32x32x1"')
    assert b64decode(picture.partition("base64,")[2].removesuffix('">')).startswith(b"<svg")


def test_every_kind_of_result_is_here() -> None:
    for module in pkgutil.iter_modules(archcalc.results.__path__):
        import_module(f"archcalc.results.{module.name}")
    kinds = {kind.__name__ for kind in Printable.__subclasses__() if kind.__module__.startswith("archcalc")}
    assert set(RESULTS) == set(REPORTS) == kinds


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.handle_starttag = lambda tag, attrs: self.seen.append(tag)  # type: ignore[method-assign]


@pytest.mark.parametrize("kind", RESULTS)
def test_a_result_prints_itself(kind: str, tmp_path: Path) -> None:
    make, has = RESULTS[kind]
    result = make(tmp_path)
    assert type(result).__name__ == kind
    # print() shows the table that the command prints in a pipe.
    assert has in str(result)
    assert f"{result}\n" == result.render("plain")
    # repr is short, also inside a list at a prompt.
    assert repr(result).startswith(f"{kind}(")
    assert len(repr(result)) <= MAX_REPR < 400
    assert "\n" not in repr(result)
    # A notebook has a page and a style of its own.
    tags = Tags()
    tags.feed(result._repr_html_())
    assert tags.seen == ["img"] if kind in PICTURES else "table" in tags.seen
    assert not {"html", "body", "style", "script"} & set(tags.seen)
    # Rows are plain: JSON holds them, and all of them have the same keys.
    rows = result.rows()
    assert rows
    assert json.loads(json.dumps(rows)) == rows
    assert len({tuple(row) for row in rows}) == 1
    for format in FORMATS:
        assert result.render(format).endswith("\n")
    json.loads(result.render("json"))


@pytest.mark.parametrize("kind", RESULTS)
def test_a_writer_takes_what_it_accepts_and_refuses_the_rest(kind: str, tmp_path: Path) -> None:
    result = RESULTS[kind][0](tmp_path)
    for name in writers.WRITERS:
        if name == "gradescope" and kind == "Class":
            with pytest.raises(ArchcalcError, match="one submission at a time"):
                result.render(name)
        elif isinstance(result, writers.writer(name).ACCEPTS):
            if name == "parquet":
                pytest.importorskip("pyarrow")
            assert result.render(name)
        else:
            with pytest.raises(ArchcalcError, match=f"{name} writes"):
                result.render(name)


def test_the_notation_of_the_lectures_needs_its_figures() -> None:
    with pytest.raises(ArchcalcError, match="the analysis was not asked for 'weights'"):
        archcalc.analyze("vgg16", quantities=["params"]).render("cs231n")


def test_rows_take_the_options_of_the_command() -> None:
    rows = archcalc.analyze("vgg16").rows(columns=["output", "params"], depth=1)
    assert rows[0] == {"layer": "conv1_1", "output": [224, 224, 64], "params": 1792}


def test_an_unknown_format_is_one_sentence() -> None:
    with pytest.raises(ArchcalcError, match=r"unknown format 'markdwon' .did you mean 'markdown'"):
        archcalc.analyze("lenet5").render("markdwon")


def output_of(code: str, path: Path) -> str:
    """What a new process prints that runs some code; ``path`` is its first argument."""
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_result_prints_itself_where_no_public_function_was_called(tmp_path: Path) -> None:
    path = tmp_path / "analysis.pickle"
    path.write_bytes(pickle.dumps(archcalc.analyze("vgg16")))
    load = "import pickle, sys; print(pickle.load(open(sys.argv[1], 'rb')))"
    assert "138,357,544" in output_of(load, path)
    own = (
        "from archcalc.language.find import network_of; from archcalc.studies.analyze import analyze; "
        "print(analyze(network_of('vgg16')))"
    )
    assert "138,357,544" in output_of(own, path)


def test_figures_are_attributes_that_python_lists() -> None:
    analysis = archcalc.analyze("googlenet")
    for record, declared in (
        (analysis.totals, get_type_hints(NamesOfTotals)),
        (analysis.layers[0], get_type_hints(NamesOfLayerFigures)),
    ):
        # Every declared name is a quantity; a quantity may lack a declaration.
        assert declared.keys() <= record.figures.keys() <= set(dir(record))
        assert not set(declared) & set(type(record).__dataclass_fields__)
        for key, value in record.figures.items():
            assert getattr(record, key) == value


def test_the_repr_of_figures_is_short() -> None:
    analysis = archcalc.analyze("googlenet")
    assert repr(analysis.totals).startswith("Totals(params=6998552, ")
    assert repr(analysis.layers[0]).startswith("Layer(path='conv1', op='conv', ")
    for record in (analysis.totals, *analysis.layers):
        assert len(repr(record)) <= MAX_REPR < 400
        assert "\n" not in repr(record)


@pytest.mark.parametrize(
    ("result", "format", "says"),
    [
        (lambda: archcalc.analyze("lenet5"), "json", "unknown option 'bogus' (known: columns, depth, "),
        (lambda: archcalc.fit("lenet5", "t4"), "csv", "unknown option 'bogus' (this format has no options)"),
        (lambda: archcalc.device("t4"), "yaml", "unknown option 'bogus' (this format has no options)"),
        (lambda: archcalc.grade(ANSWERS, "alexnet"), "junit", "unknown option 'bogus' (known: reveal)"),
    ],
)
def test_an_unknown_option_is_one_sentence(result: Any, format: str, says: str) -> None:
    with pytest.raises(ArchcalcError) as caught:
        result().render(format, bogus=1)
    assert str(caught.value).startswith(says)


def test_one_text_is_one_name() -> None:
    assert archcalc.explain("alexnet", "conv1") == archcalc.explain("alexnet", ["conv1"])
    assert archcalc.explain("alexnet", "conv1, conv2") == archcalc.explain("alexnet", ["conv1", "conv2"])
    assert archcalc.listing("lenet-5") == archcalc.listing(["lenet-5"])
    analysis = archcalc.analyze("lenet5")
    assert analysis.rows(columns="output, params") == analysis.rows(columns=["output", "params"])
    with pytest.raises(ArchcalcError, match="compare takes two different networks or more"):
        archcalc.compare("alexnet")
    assert (
        archcalc.sweep("vgg16", "size=32:96:32").rows() == archcalc.sweep("vgg16", ["size=32:96:32"]).rows()
    )


def test_the_list_of_writers_says_what_their_files_say() -> None:
    folder = Path(writers.__file__).parent
    files = sorted(path.stem for path in folder.glob("*.py") if path.name[0] != "_")
    assert list(writers.WRITERS) == files
    for name, accepted in writers.WRITERS.items():
        assert tuple(kind.__name__ for kind in writers.writer(name).ACCEPTS) == accepted, name
