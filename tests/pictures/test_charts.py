"""Charts: what they draw is what the tables say; each picture is valid, and hostile names stay text."""

from __future__ import annotations

import json
import random
import re
import shlex
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from helpers.console import run

import archcalc
from archcalc.cli import cli
from archcalc.errors import ArchcalcError
from archcalc.pictures.charts import KINDS
from archcalc.pictures.places import SIDES, Rectangle, Spot, label_box, place
from archcalc.results.plot import Plot

MADE: dict[str, tuple[list[str], dict[str, Any]]] = {
    "balls": ([], {}),
    "field": (["resnet18", "lenet5"], {}),
    "form": (["lenet5", "vgg11"], {"set": ["classes=2:8"], "columns": "params"}),
    "front": (["resnet18"], {"set": ["width=8:24:8", "size=64,96"], "columns": "params,max:macs"}),
    "history": ([], {}),
    "layers": (["alexnet", "lenet5"], {"columns": "params,macs"}),
    "memory": (["vgg11"], {"batch": 2}),
    "paths": (["resnet20-cifar"], {}),
    "roofline": (["alexnet"], {"device": "t4"}),
}
"""A chart of each kind."""


def made(kind: str, **look: Any) -> Plot:
    networks, options = MADE[kind]
    if kind in ("form", "front"):
        pytest.importorskip("numpy")
    return archcalc.plot(kind, networks, **options, **look)


def test_every_kind_is_tested_here_and_listed() -> None:
    assert set(MADE) == set(KINDS) == set(archcalc.plot_kinds())


# --- the numbers: those of the tables ---------------------------------------------


def test_the_bars_of_layers_add_up_to_the_totals() -> None:
    chart = archcalc.plot("layers", ["resnet50", "vgg16"], columns="params,macs,activations")
    for network in ("resnet50", "vgg16"):
        totals = archcalc.analyze(network).totals
        rows = [row for row in chart.drawn if row["network"] == network]
        for key in ("params", "macs", "activations"):
            assert sum(row[key] for row in rows) == totals.figures[key]


def test_the_balls_have_the_published_accuracy_of_one_protocol() -> None:
    networks = ["vgg16", "resnet50-v1.5", "googlenet", "lenet5"]
    chart = archcalc.plot("balls", networks)
    table = {row["network"]: row for row in archcalc.totals(networks).rows(columns="params,macs,top1")}
    for row in chart.drawn:
        same = table[row["network"]]
        assert (row["params"], row["macs"], row["top1"]) == (
            same["params"],
            same["macs"],
            float(same["top1"]),
        )
        assert row["protocol"].startswith("ImageNet val, 1 crop")
    assert "without such an accuracy: lenet5" in chart.notes


def test_the_history_is_that_of_the_lecture() -> None:
    chart = archcalc.plot("history")
    # CS231n 2017, lecture 9, the chart of the winners; SENet: its paper, section 1.
    assert [(row["year"], row["top5_error"], row["depth"]) for row in chart.drawn] == [
        (2012, 16.4, 8),
        (2013, 11.7, 8),
        (2014, 7.3, 19),
        (2014, 6.67, 22),
        (2015, 3.57, 152),
        (2017, 2.251, 154),
    ]
    assert all(row["source"] and row["protocol"].startswith("ImageNet test") for row in chart.drawn)


def test_the_peak_of_the_memory_is_that_of_the_table() -> None:
    totals = archcalc.analyze("vgg16", batch=3).totals
    chart = archcalc.plot("memory", ["vgg16"], batch=3)
    top = max(chart.drawn, key=lambda row: row["bytes"])
    assert (top["bytes"], top["layer"]) == (totals.peak_activation_bytes, totals.peak_layer)


@pytest.mark.parametrize("network", ["vgg11", "resnet18", "densenet-40-k12"])
def test_what_training_keeps_is_that_of_the_table(network: str) -> None:
    chart = archcalc.plot("memory", [network], batch=2, train=True)
    training = archcalc.analyze(network, batch=2, train="sgd").training
    assert training is not None
    assert chart.drawn[-1]["bytes"] == training.kept_activation_bytes


def test_the_field_ends_with_that_of_the_table() -> None:
    chart = archcalc.plot("field", ["vgg16"])
    layers = {layer.path: layer.receptive_field for layer in archcalc.analyze("vgg16").layers}
    assert all(row["field"] == layers[row["layer"]][0] for row in chart.drawn)


def test_the_paths_of_a_residual_network_are_binomial() -> None:
    chart = archcalc.plot("paths", ["resnet20-cifar"])
    # 9 blocks: each is passed through or by (Veit et al. 2016).
    assert [int(row["paths"]) for row in chart.drawn] == [1, 9, 36, 84, 126, 126, 84, 36, 9, 1]
    assert sum(row["share"] for row in chart.drawn) == pytest.approx(100)  # each is rounded to 6 decimals


def test_no_dot_stands_above_its_roof() -> None:
    chart, device = made("roofline"), archcalc.device("t4")
    for row in chart.drawn:
        roof = min(
            row["flops_per_byte"] * device.bandwidth,
            max(device.mac_rate("float32"), device.other_rate("float32")),
        )
        assert row["gflops_per_second"] * 1e9 <= roof * 1.000001  # times are floats
    assert sum(row["percent"] for row in chart.drawn) == pytest.approx(100, abs=0.1)  # rounded to 3 decimals


def test_the_front_is_that_of_the_sweep() -> None:
    pytest.importorskip("numpy")
    chart = made("front")
    swept = archcalc.sweep("resnet18", ["width=8:24:8", "size=64,96"], pareto="params,max:macs")
    assert {(row["params"], row["macs"]) for row in chart.drawn} == {
        (row["params"], row["macs"]) for row in swept.rows()
    }


def test_the_line_of_a_form_has_the_figures_of_the_networks() -> None:
    pytest.importorskip("numpy")
    for row in made("form").drawn:
        params = archcalc.analyze(row["network"], {"classes": row["classes"]}).totals.params
        assert row["params"] == params


# --- the pictures ---------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_drawn_in_every_format(kind: str) -> None:
    pytest.importorskip("vl_convert")
    chart = made(kind, style="slide", dark=True, width=500)
    picture = chart.render("svg")
    assert picture == made(kind, style="slide", dark=True, width=500).render("svg")  # to the byte
    texts = " ".join(ElementTree.fromstring(picture).itertext())
    assert chart.title.split()[0] in texts
    assert json.loads(chart.render("json")) == chart.vega
    assert chart.render("csv").splitlines()[0] == ",".join(
        dict.fromkeys(k for row in chart.drawn for k in row)
    )
    assert chart.title in chart.render("plain")


def test_png_pdf_and_page() -> None:
    pytest.importorskip("vl_convert")
    chart = made("layers")
    assert chart.render("png").startswith(b"\x89PNG")
    assert chart.render("pdf").startswith(b"%PDF")
    page = chart.render("html")
    assert len(page) < 1_500_000
    assert "://cdn" not in page


def test_a_wider_chart_is_wider_and_a_title_is_shown() -> None:
    narrow, wide = made("layers", width=200), made("layers", width=600, title="Hello")
    assert narrow.vega != wide.vega
    assert (wide.title, wide.vega["title"]["text"]) == ("Hello", "Hello")


HOSTILE = [
    "</svg><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "]]>",
    "&amp;",
    "\u202egnp",
    "'\"`",
    "${x}",
]


def hostile_chart(seed: int) -> Plot:
    """A chart whose words are hostile."""
    drawn = random.Random(seed)
    alphabet = "<>&;'\"/\\{}[]()$#%abc \u202e\u2028\u0000\ud7ff💥é"
    words = ["".join(drawn.choices(alphabet, k=drawn.randint(0, 30))) for _ in range(3)] + drawn.sample(
        HOSTILE, 3
    )
    chart = made("layers")
    rows = [{"layer": word, "op": word, "params": place, "macs": 1} for place, word in enumerate(words)]
    panel = chart.vega["vconcat"][0]["hconcat"][0]
    vega = {
        **chart.vega,
        **panel,
        "data": {"values": rows},
        "title": {"text": words[3], "subtitle": words[:3]},
    }
    vega.pop("vconcat")
    return Plot("layers", words[3], rows, vega, "layer", ("params",), tuple(words))


class Elements(HTMLParser):
    """The elements of a page, and the texts of its scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)


@pytest.mark.parametrize("seed", range(12))  # 10,000 seeds were run once: docs/plots.md
def test_hostile_words_stay_text(seed: int) -> None:
    pytest.importorskip("vl_convert")
    chart = hostile_chart(seed)
    names = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(chart.render("svg")).iter()}
    assert names <= {
        "svg",
        "g",
        "path",
        "text",
        "tspan",
        "rect",
        "line",
        "style",
        "defs",
        "clipPath",
        "title",
    }


def test_a_page_with_hostile_words_has_its_own_elements_only() -> None:
    pytest.importorskip("vl_convert")
    reader = Elements()
    reader.feed(hostile_chart(1).render("html"))
    assert sorted(reader.tags) == [
        "body", "head", "html", "main", "meta", "meta", "script", "script", "style", "title",
    ]  # fmt: skip


PAGE = (Path(__file__).parents[2] / "docs" / "plots.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("line", re.findall(r"^archcalc (plot .*) -o \S+$", PAGE, re.MULTILINE))
def test_the_commands_of_the_docs_draw_a_chart(line: str) -> None:
    if " form " in line or " front " in line:
        pytest.importorskip("numpy")
    done = CliRunner().invoke(cli, [*shlex.split(line), "--format", "json"])
    assert json.loads(done.stdout)["$schema"].startswith("https://vega.github.io/schema/vega-lite/v5")


# --- labels ---------------------------------------------


def test_labels_find_room() -> None:
    drawn = random.Random(3)
    spots = [Spot(drawn.uniform(20, 380), drawn.uniform(20, 280), 5, f"net-{one}") for one in range(12)]
    sides = place(spots, 9, 400, 300)
    boxes = [label_box(spot, side, 9) for spot, side in zip(spots, sides, strict=True)]
    shared = sum(one.shared(other) for place, one in enumerate(boxes) for other in boxes[:place])
    always_right = [label_box(spot, SIDES[0], 9) for spot in spots]
    worse = sum(one.shared(other) for place, one in enumerate(always_right) for other in always_right[:place])
    assert shared <= worse
    assert all(box.shared(Rectangle(0, 0, 400, 300)) > 0 for box in boxes)


# --- what is refused ---------------------------------------------


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["bals"], "unknown kind of chart 'bals' (did you mean 'balls'?)"),
        (["layers"], "a chart 'layers' needs a network"),
        (["memory", "vgg16", "alexnet"], "a chart 'memory' shows one network, and 2 were given"),
        (["layers", "vgg16", "--device", "h100"], "a chart 'layers' takes no --device"),
        (["layers", "vgg16", "--columns", "parms"], "did you mean 'params'?"),
        (["balls", "vgg16", "--protocol", "99 crops"], "is not a protocol of these networks"),
        (["form", "vgg16"], "needs one setting with a range"),
        (["form", "vgg16", "--set", "size=64:96:32", "--columns", "mcs"], "did you mean 'macs'?"),
        (["form", "vgg16", "--set", "size=64:96:32", "--columns", "macs,params"], "shows one figure, and 2"),
        (["form", "vgg16", "--set", "size=10:20:1"], "no value of size is a valid network"),
        (["history", "resnet18"], "none of these networks has a published error"),
        (["balls", "convnet-pattern"], "none of these networks has a published top-1 accuracy"),
        (["front", "resnet18"], "needs settings with values"),
        (["front", "resnet18", "--set", "width=8:16:8", "--columns", "macs"], "has two columns"),
        (["layers", "nosuch"], "unknown network 'nosuch'"),
        (["layers", "vgg16", "--width", "300"], "--width is for a picture"),
        (["layers", "vgg16", "--dark", "-o", "x.csv"], "--dark is for a picture"),
        (["layers", "vgg16", "-o", "x.bmp"], "unknown ending '.bmp'"),
        (["layers", "vgg16", "--width", "3"], "is not in the range"),
    ],
)
def test_mistakes_are_one_sentence(
    args: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(cli, ["plot", *args])
    message = done.stderr or str(done.exception)
    assert done.exit_code == 2 or isinstance(done.exception, ArchcalcError)
    assert says in message
    assert not list(tmp_path.iterdir())


def test_without_the_package_the_numbers_are_still_there() -> None:
    assert run("plot", "layers", "lenet5", hide="vl_convert").returncode == 0
    done = run("plot", "layers", "lenet5", "-o", "x.svg", hide="vl_convert")
    assert done.returncode == 2
    assert "pip install vl-convert-python" in done.stderr
