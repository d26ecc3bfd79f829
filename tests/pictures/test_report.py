"""The report: one page without other files, the figures of the tables, and what a reader does with it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from helpers.console import run

import archcalc
from archcalc.cli import cli
from archcalc.errors import ArchcalcError
from archcalc.render.page import _json


class Elements(HTMLParser):
    """The elements of a page with their attributes, and the texts of its cells."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data.strip())


@pytest.fixture(scope="module")
def page() -> str:
    pytest.importorskip("vl_convert")
    text: str = archcalc.report(["resnet18", "lenet5"]).render("html")
    return text


def test_the_page_loads_nothing_and_is_small(page: str) -> None:
    elements = Elements(page)
    assert not [
        attrs for _, attrs in elements.found if attrs.get("src") or "http" in (attrs.get("href") or "")
    ]
    assert "@import" not in page
    assert len(page.encode()) < 1_500_000


def test_names_stand_once_and_links_lead_somewhere(page: str) -> None:
    found = Elements(page).found
    names = [attrs["id"] for _, attrs in found if "id" in attrs]
    assert len(names) == len(set(names))
    links = [attrs["href"] for tag, attrs in found if tag == "a"]
    assert links
    assert {link[1:] for link in links if link} <= set(names)
    assert {attrs[key] for _, attrs in found for key in ("aria-labelledby",) if key in attrs} <= set(names)


def test_the_figures_are_those_of_the_tables(page: str) -> None:
    texts = set(Elements(page).texts)
    for network in ("resnet18", "lenet5"):
        totals = archcalc.analyze(network).totals
        for figure in (totals.params, totals.macs, totals.flops, totals.slide_activations):
            assert f"{figure:,}" in texts


def test_every_layer_has_its_derivation(page: str) -> None:
    found = Elements(page).found
    buttons = {
        attrs["data-path"]: attrs["data-derivation"] for _, attrs in found if "data-derivation" in attrs
    }
    match = re.search(r'<script type="application/json" id="derivations">(.*?)</script>', page)
    assert match
    data = json.loads(match[1])
    texts = data["texts"]
    derived = archcalc.explain("resnet18", "conv1").layers[0]
    steps = data["rows"][int(buttons["conv1"] or 0)][0][2]
    assert [texts[step[1]] for step in steps] == [step.formula for step in derived.steps]
    rows = {layer.path for layer in archcalc.analyze("resnet18").layers if not layer.follower}
    assert rows <= set(buttons)


def test_what_the_literature_prints_stands_there(page: str) -> None:
    texts = Elements(page).texts
    assert "1.8x10^9" in texts
    assert any("He et al. 2015" in text for text in texts)


def test_a_network_with_other_settings_has_no_quotations() -> None:
    page = archcalc.report("resnet18:size=256")
    assert page.networks[0].audit is None
    assert page.networks[0].analysis.input == (256, 256, 3)


def test_hostile_words_stay_text(tmp_path: Path) -> None:
    pytest.importorskip("vl_convert")
    title = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\\u202e"
    spec = f"name: net\ntitle: {json.dumps(title)}\ninput: [8, 8, 3]\nlayers: [{{conv: 4, kernel: 3}}]\n"
    (tmp_path / "net.yaml").write_text(spec)
    found = Elements(archcalc.report(str(tmp_path / "net.yaml")).render("html")).found
    assert [tag for tag, _ in found].count("script") == 2
    assert "img" not in {tag for tag, _ in found}
    assert "<" not in _json({"texts": ["</script>"]})


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ([], "Missing argument"),
        (["nosuch"], "unknown network 'nosuch'"),
        (
            [f"vgg16:size={32 * n}" for n in range(2, 15)],
            "a report shows 1 to 12 networks, and 13 were given",
        ),
    ],
)
def test_mistakes_are_one_sentence(args: list[str], says: str) -> None:
    done = CliRunner().invoke(cli, ["report", *args])
    assert done.exit_code == 2 or isinstance(done.exception, ArchcalcError)
    assert says in (done.stderr or str(done.exception))


def test_without_the_package_the_page_says_what_is_missing() -> None:
    done = run("report", "lenet5", "--format", "html", hide="vl_convert")
    assert done.returncode == 0
    assert "pip install vl-convert-python" in done.stdout


# --- a real browser ---------------------------------------------------------------------------------------

CHROMIUM = shutil.which("chromium")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    driver = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    with driver.sync_playwright() as play:
        flags = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
        yield play.chromium.launch(executable_path=CHROMIUM, args=flags)


@pytest.fixture
def opened(browser: Any, page: str, tmp_path: Path) -> Iterator[Any]:
    """The page, opened from disk; nothing may go wrong in it, and it may ask for nothing."""
    path, wrong = tmp_path / "report.html", []
    path.write_text(page, encoding="utf-8")
    tab = browser.new_page(viewport={"width": 400, "height": 800})
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    tab.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    tab.on(
        "request", lambda request: wrong.append(request.url) if not request.url.startswith("file:") else None
    )
    tab.goto(path.as_uri())
    yield tab
    assert wrong == []
    tab.close()


SHOWN = """table => [...document.querySelectorAll(`#${table} tbody tr`)]
    .filter(row => !row.hidden).map(row => row.innerText.split("\\t")[0].trim())"""
"""The names of the rows that a table shows."""


def test_blocks_fold(opened: Any) -> None:
    first = opened.evaluate(SHOWN, "layers-0")
    opened.click("[data-fold=layers-0]")
    folded = opened.evaluate(SHOWN, "layers-0")
    assert folded == [
        "conv1",
        "pool1",
        "conv2_x",
        "conv3_x",
        "conv4_x",
        "conv5_x",
        "avgpool",
        "fc",
        "softmax1",
    ]
    opened.click("#layers-0 .fold >> nth=0")
    assert opened.evaluate(SHOWN, "layers-0")[3:5] == ["conv2_1", "conv2_2"]
    opened.click("[data-open=layers-0]")
    assert len(opened.evaluate(SHOWN, "layers-0")) >= len(first) > len(folded)


def test_columns_sort(opened: Any) -> None:
    order = opened.evaluate(SHOWN, "layers-1")
    opened.click("#layers-1 [data-sort='4']")
    by_params = sorted(archcalc.analyze("lenet5").layers, key=lambda layer: -layer.params)
    rows = [layer.path for layer in by_params if not layer.follower and layer.params]
    assert opened.evaluate(SHOWN, "layers-1")[: len(rows)] == rows
    assert opened.get_attribute("#layers-1 thead th:nth-child(5)", "aria-sort") == "descending"
    opened.click("#layers-1 [data-sort='4']")
    opened.click("#layers-1 [data-sort='4']")
    assert opened.evaluate(SHOWN, "layers-1") == order


def test_search_and_derivation_by_keyboard(opened: Any) -> None:
    opened.fill("[data-table=layers-0]", "conv5")
    assert re.fullmatch(r"\d+ layers", opened.inner_text("[role=status] >> nth=0"))
    assert all(
        "conv" in row or "add" in row or "project" in row for row in opened.evaluate(SHOWN, "layers-0")
    )
    opened.fill("[data-table=layers-0]", "")
    opened.focus("#layers-0 .layer >> nth=0")
    opened.keyboard.press("Enter")
    assert opened.inner_text("#derivation-title") == "conv1"
    assert "(224 - 7 + 2·3)/2" in opened.inner_text("#derivation")
    opened.keyboard.press("Escape")
    assert not opened.is_visible("#derivation")


def test_the_page_is_no_wider_than_a_telephone(opened: Any) -> None:
    assert opened.evaluate("document.documentElement.scrollWidth") <= 400


def test_a_screen_reader_finds_nothing_serious(opened: Any) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = axe.run(opened).response["violations"]
    assert [(one["id"], one["impact"]) for one in found] == []
    opened.click("#layers-1 .layer >> nth=0")
    assert axe.run(opened).response["violations"] == []
    opened.keyboard.press("Escape")


def test_a_chart_of_the_web_shows_without_errors(browser: Any, tmp_path: Path) -> None:
    path, wrong = tmp_path / "chart.html", []
    path.write_text(archcalc.plot("layers", "lenet5").render("html"), encoding="utf-8")
    tab = browser.new_page()
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    tab.goto(path.as_uri())
    tab.wait_for_selector("#chart svg")
    assert "conv" in tab.inner_text("#chart") or "C1" in tab.inner_text("#chart")
    assert wrong == []
