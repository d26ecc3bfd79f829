"""Architectures side by side."""

from __future__ import annotations

import io
import itertools
import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

import archcalc
from archcalc.render.compare import report
from archcalc.render.formats import FORMATS, render
from archcalc.render.report import Page
from archcalc.results.compare import ComparedNetwork, Comparison, PublishedAccuracy
from archcalc.studies.compare import changes, compare


def of(*names: str, base: int = 0, layers: bool = False) -> Comparison:
    return compare([ComparedNetwork(name, archcalc.analyze(name)) for name in names], base, layers)


def run(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "archcalc", *args], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    "names", list(itertools.combinations(("alexnet", "vgg16", "lenet5", "nin-imagenet"), 2))
)
def test_stages_add_up_to_the_totals(names: tuple[str, str]) -> None:
    made = of(*names)
    for number, compared in enumerate(made.networks):
        parts = [stage.parts[number] for stage in made.stages]
        for key in ("macs", "params"):
            total = sum(getattr(part, key) for part in parts if part)
            assert total == getattr(compared.analysis.totals, key)


def test_the_library_compares_as_the_command_does() -> None:
    names = ["alexnet", "alexnet-2gpu", "zfnet"]
    done = run("compare", *names, "--base", "zfnet", "--layers", "--format", "json")
    assert archcalc.compare(names, base="zfnet", layers=True).as_json() == json.loads(done.stdout)


def test_the_library_compares_networks_with_other_settings() -> None:
    made = archcalc.compare(["vgg16", archcalc.load("vgg16", {"size": 192})], batch=2)
    macs = next(metric for metric in made.metrics if metric.metric == "macs")
    assert macs.values == (2 * 15470264320, 2 * 11371446272)
    assert [bool(compared.remarks) for compared in made.networks] == [True, False]
    changed = archcalc.compare(["vgg16", "vgg19"], {"size": 192})
    assert [compared.remarks for compared in changed.networks] == [(), ()]


def test_the_library_compares_a_spec_on_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = b"name: net\ninput: [8, 8, 3]\nlayers:\n  - {fc: 10}\n"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(spec)))
    made = archcalc.compare(["-", "lenet5"])
    assert made.networks[0].analysis.totals.params == 1930


@pytest.mark.parametrize(
    ("targets", "base", "says"),
    [
        (["vgg16"], None, "two different networks or more"),
        (["vgg16", "vgg19"], "lenet5", "'lenet5' is not one of the compared networks"),
    ],
)
def test_what_the_library_does_not_compare(targets: list[str], base: str | None, says: str) -> None:
    with pytest.raises(archcalc.errors.ArchcalcError, match=says):
        archcalc.compare(targets, base=base)


def test_ratios_are_exact_and_to_the_base() -> None:
    made = of("alexnet", "alexnet-2gpu", "vgg16", base=1)
    params = next(metric for metric in made.metrics if metric.metric == "params")
    assert params.values == (62378344, 60965224, 138357544)
    assert params.ratios == (Fraction(62378344, 60965224), Fraction(1), Fraction(138357544, 60965224))


def test_a_zero_or_missing_base_has_no_ratio() -> None:
    made = of("convolutional-1000", "alexnet")
    biases = next(metric for metric in made.metrics if metric.metric == "biases")
    assert biases.values == (0, 10568)
    assert biases.ratios == (None, None)


def test_resolutions_run_from_large_to_small_and_flat_last() -> None:
    names = [stage.name for stage in of("alexnet", "vgg16").stages]
    sides = [int(name.split("x")[0]) for name in names[:-1]]
    assert sides == sorted(sides, reverse=True)
    assert names[-1] == "flat"


def test_a_network_does_not_differ_from_itself() -> None:
    assert changes(archcalc.analyze("vgg16"), archcalc.analyze("vgg16")) == []


def test_what_changed_between_vgg_c_and_d() -> None:
    found = changes(archcalc.analyze("vgg16-c"), archcalc.analyze("vgg16"))
    assert [change.path for change in found] == ["conv3_3", "conv4_3", "conv5_3"]
    first = {what: (old, new) for what, old, new in found[0].what}
    assert first["kernel"] == ([1, 1], [3, 3])
    assert first["params"] == (65792, 590080)


def test_added_and_removed_layers() -> None:
    found = changes(archcalc.analyze("vgg11"), archcalc.analyze("vgg13"))
    added = [change.path for change in found if change.old is None]
    assert added == ["conv1_2", "conv2_2"]
    back = changes(archcalc.analyze("vgg13"), archcalc.analyze("vgg11"))
    assert [change.path for change in back if change.new is None] == added


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_shows_a_comparison(format: str) -> None:
    made = of("alexnet", "vgg16", layers=True)
    text = render(format, report(made), Page())
    shown = text.replace(",", "")
    assert "62378344" in shown
    assert "138357544" in shown


def test_json_keys() -> None:
    data = json.loads(run("compare", "alexnet", "vgg16", "--layers", "--format", "json").stdout)
    assert {"format", "networks", "base", "rows", "stages", "changes"} <= set(data)
    assert data["base"] == "alexnet"
    assert "layers" not in data["networks"][0]
    assert data["networks"][1]["totals"]["params"] == 138357544
    assert {"metric", "values", "ratios"} == set(data["rows"][0])


def test_settings_of_one_network() -> None:
    done = run("compare", "vgg16", "vgg16:size=192,classes=10", "--format", "json")
    first, second = json.loads(done.stdout)["networks"]
    assert (first["input"], second["input"]) == ([224, 224, 3], [192, 192, 3])
    assert second["settings"]["classes"] == 10
    assert second["remarks"] == []  # what is printed of VGG-16 is not printed of this one


def test_a_list_setting_of_one_network() -> None:
    done = run("compare", "vgg16", "vgg16:convs=[1,1,2,2,2],classes=10", "--format", "json")
    assert json.loads(done.stdout)["networks"][1]["settings"]["convs"] == [1, 1, 2, 2, 2]


def test_a_yaml_file_beside_a_name(tmp_path: Path) -> None:
    path = tmp_path / "tiny.yaml"
    path.write_text("name: tiny\ninput: [8, 8, 3]\nlayers: [{conv: 4, kernel: 3}]\n")
    assert run("compare", str(path), "lenet5").returncode == 0


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["compare"], "Missing argument"),
        (["compare", "vgg16"], "two different networks or more"),
        (["compare", "vgg16", "vgg61"], "did you mean"),
        (["compare", "vgg16", "vgg16:sice=3"], "did you mean 'size'?"),
    ],
)
def test_bad_usage(args: list[str], says: str) -> None:
    done = run(*args)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_accuracy_is_shown_as_published() -> None:
    rows = (PublishedAccuracy("24.01", "7.02", "", "", "1 crop", "somewhere"),)
    made = compare(
        [
            ComparedNetwork("a", archcalc.analyze("vgg16"), rows),
            ComparedNetwork("b", archcalc.analyze("alexnet")),
        ]
    )
    text = render("plain", report(made))
    assert "24.01" in text
    assert "top-1 error" in text
    assert "top-5 error" in text
    assert " top-1  " not in text  # a column in which nothing was published is left out


# --- more than two networks are rows ------------------------------------------------------------------------

THREE = ["alexnet", "vgg16", "googlenet"]


def first_table(text: str) -> list[str]:
    return text.split("\n\n")[1].splitlines()


def test_two_networks_are_columns_and_more_are_rows() -> None:
    assert first_table(str(archcalc.compare(THREE[:2])))[0].split() == ["alexnet", "vgg16", "ratio"]
    heading, _, *rows = first_table(str(archcalc.compare(THREE)))
    assert heading.split()[:3] == ["network", "params", "ratio"]
    assert [row.split()[0] for row in rows] == THREE


def test_chosen_columns_make_rows_of_two_networks() -> None:
    heading, _, *rows = first_table(archcalc.compare(THREE[:2]).render("plain", columns="macs,depth"))
    assert heading.split() == ["network", "MACs", "ratio", "depth"]
    assert [row.split()[1:] for row in rows] == [
        ["1,135,256,096", "1.00", "8"],
        ["15,470,264,320", "13.63", "16"],
    ]


def test_ratios_in_rows_are_to_the_base() -> None:
    made = archcalc.compare(THREE, base="vgg16")
    rows = {row["network"]: row for row in made.rows()}
    for label, row in rows.items():
        assert row["params_ratio"] == float(Fraction(row["params"], 138357544)), label
    assert rows["vgg16"]["macs_ratio"] == 1
    assert str(made).startswith("3 networks, ratios to vgg16\n")


@pytest.mark.parametrize("names", [THREE[:2], THREE])
def test_without_ratios(names: list[str]) -> None:
    made = archcalc.compare(names)
    assert "ratio" in str(made)
    for format in ("plain", "csv", "latex"):
        assert "ratio" not in made.render(format, ratio=False)
    assert "compared with" not in made.render("plain", ratio=False)


@pytest.mark.parametrize(("names", "shown"), [(THREE[:2], True), (THREE, False)])
def test_stages_stand_below_two_networks_or_if_they_are_asked_for(names: list[str], shown: bool) -> None:
    made = archcalc.compare(names)
    assert ("by output resolution" in str(made)) is shown
    assert "by output resolution" in made.render("plain", stages=True)
    assert "by output resolution" not in made.render("plain", stages=False)
    assert "MACs (G) by output resolution" in made.render("plain", stages=True, units="G")


def test_csv_of_rows_has_a_record_for_each_network_and_that_of_two_a_record_for_each_figure() -> None:
    lines = archcalc.compare(THREE).render("csv").splitlines()
    assert [line.split(",")[0] for line in lines] == ["network", *THREE]
    lines = archcalc.compare(THREE).render("csv", columns="params", ratio=False).splitlines()
    assert lines == ["network,params", "alexnet,62378344", "vgg16,138357544", "googlenet,6998552"]
    lines = archcalc.compare(THREE[:2]).render("csv").splitlines()
    assert lines[0] == "figure,alexnet,vgg16,vgg16 ratio"
    assert f"params,62378344,138357544,{138357544 / 62378344}" in lines
    rows = archcalc.compare(THREE).render("csv", columns="params").splitlines()
    assert rows[2] == f"vgg16,138357544,{138357544 / 62378344}"


def test_a_figure_of_two_networks_has_one_unit() -> None:
    lines = first_table(archcalc.compare(THREE[:2]).render("plain", units="auto"))
    rows = {line[:22].strip(): line[22:].split() for line in lines}
    assert rows["params (M)"][:2] == ["62.38", "138.36"]
    assert rows["memory (M values)"][:2] == ["1.05", "15.24"]
    assert rows["param (MiB)"][:2] == ["237.95", "527.79"]


def test_accuracies_of_two_networks_may_be_limited_to_a_protocol() -> None:
    made = archcalc.compare(["vgg16", "resnet50"])
    assert "several scales" in str(made)
    text = made.render("plain", protocol="10 crops")
    assert "several scales" not in text
    assert "28.07" in text
    assert "22.85" in text


def test_without_a_published_accuracy_the_rows_have_no_column_of_it() -> None:
    assert "top-1" not in str(archcalc.compare(["lenet5", "neocognitron", "lenet-caffe"]))
    assert "top-1 error" in str(archcalc.compare(["lenet5", "neocognitron", "resnet50"]))


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_shows_networks_as_rows(format: str) -> None:
    shown = archcalc.compare(THREE, layers=True).render(format).replace(",", "")
    for figure in ("62378344", "138357544", "6998552"):
        assert figure in shown


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"columns": "parms"}, "unknown column 'parms'"),
        ({"protocol": "9 crops"}, "'9 crops' is not a protocol of these networks"),
        ({"columns": "params", "protocol": "10 crops"}, "a protocol needs a column of accuracies"),
        ({"layout": "chw"}, "no column has sizes"),
    ],
)
def test_options_of_rows_that_are_refused(options: dict[str, str], says: str) -> None:
    with pytest.raises(archcalc.errors.ArchcalcError, match=says):
        archcalc.compare(THREE).render("plain", **options)
