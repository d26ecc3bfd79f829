"""``archcalc audit`` as a user runs it."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from archcalc.cli import cli
from archcalc.render.audit import report
from archcalc.render.formats import render
from archcalc.render.report import Page
from archcalc.results.audit import Audit

NET = """\
name: net
input: [8, 8, 3]
layers:
  - {conv: 4, kernel: 3, pad: 1, name: conv1}
claims:
  - {layer: conv1, what: weights, says: "108", source: "the paper, Table 1; a blog"}
  - {what: params, says: 112, source: the paper}
"""
SLIP = '  - {what: macs, says: 8K, source: the paper, because: "a slip"}\n'


def run(*args: str, stdin: str = "") -> Result:
    return CliRunner().invoke(cli, ["audit", *args], input=stdin)


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "net.yaml"
    path.write_text(NET)
    return path


def test_fine(spec: Path) -> None:
    done = run(str(spec))
    assert done.exit_code == 0
    assert "2 figures about net in a blog, the paper" in done.stdout
    assert "Nothing disagrees." in done.stdout


def test_standard_input() -> None:
    assert "2 figures about net" in run("-", stdin=NET).stdout


def test_no_claims(spec: Path) -> None:
    done = run("-", stdin=NET.partition("claims")[0])
    assert done.exit_code == 0
    assert "No figures" in done.stdout


def test_a_recorded_disagreement_is_fine(spec: Path) -> None:
    spec.write_text(NET + SLIP)
    done = run(str(spec))
    assert done.exit_code == 0
    for text in ("net      macs 8K, computed 6,912 (+1,088)", "because  a slip", "source   the paper"):
        assert text in done.stdout


@pytest.mark.parametrize(
    ("line", "flaw"),
    [
        (SLIP.replace("8K", "6.9K"), "it agrees, but the spec gives a reason for a disagreement: a slip"),
        (SLIP.replace(', because: "a slip"', ""), "it disagrees, and the spec gives no reason"),
        (SLIP.replace("8K", "about 7"), "'about 7' is not a number or volume"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("format", ["plain", "table", "csv", "json", "markdown", "latex", "html"])
def test_what_the_spec_does_not_record_fails(spec: Path, line: str, flaw: str, format: str) -> None:
    spec.write_text(NET + line)
    done = run(str(spec), "--format", format)
    assert done.exit_code == 1
    if format == "json":
        answer = json.loads(done.stdout)
        assert answer["ok"] is False
        assert flaw in answer["claims"][-1]["flaw"]
    elif format == "csv":
        assert flaw in list(csv.DictReader(io.StringIO(done.stdout)))[-1]["flaw"]
    elif format in ("plain", "table"):
        assert flaw in " ".join(done.stdout.split())
        text = " ".join(done.stdout.split())
        assert f"{spec}:8:5: net: macs" in text
        assert f", computed 6,912: {flaw}" in text


def test_a_claim_of_nothing_is_a_bad_spec(spec: Path) -> None:
    spec.write_text(NET.replace("what: weights", "what: wieghts"))
    done = run(str(spec))
    assert done.exit_code == 1  # without main(), which makes it 2
    assert "unknown name 'wieghts'" in str(done.exception)


def test_csv_is_raw() -> None:
    rows = list(csv.DictReader(io.StringIO(run("vgg16", "--format", "csv").stdout)))
    data = json.loads(run("vgg16", "--format", "json").stdout)["claims"]
    assert [row["says"] for row in rows] == [claim["says"] for claim in data]
    assert [row["verdict"] for row in rows] == [claim["verdict"] for claim in data]
    by_figure = {(row["layer"], row["quantity"], row["says"]): row for row in rows}
    assert by_figure[("", "params", "138M")]["computed"] == "138357544"
    assert by_figure[("conv1_1", "output", "224x224x64")]["computed"] == "224x224x64"
    assert by_figure[("", "slide_activations", "24M")]["difference"] == "8762392"


def counted(text: str, name: str) -> list[int]:
    line = next(line for line in text.splitlines() if line.startswith(name))
    return [int(cell) for cell in line.removeprefix(name).split()]


@pytest.mark.slow
def test_all_networks_are_counted_by_document() -> None:
    text = run("--format", "plain").stdout
    assert counted(text, "lecture-000") == [63, 20, 2, 1, 9, 95]
    assert counted(text, "lecture-001") == [33, 1, 3, 14, 16, 67]


def test_one_document_is_counted_by_network() -> None:
    text = run("--source", "lecture-003", "--format", "plain").stdout
    assert text.startswith("116 figures about 3 networks in lecture-003\n")
    assert counted(text, "all") == [74, 30, 5, 7, 116]


@pytest.mark.parametrize("width", [40, 60, 80])
def test_it_fits_a_narrow_terminal(width: int, whole: Audit) -> None:
    text = render("table", report(whole), Page(width))
    listed = render("table", report(whole, list_all=True), Page(width))
    assert max(map(len, text.splitlines())) <= width
    assert max(map(len, listed.splitlines())) <= width


@pytest.fixture(scope="module")
def whole() -> Audit:
    import archcalc

    return archcalc.audit(source="cs231n")
