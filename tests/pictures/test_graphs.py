"""Diagrams: the boxes have the figures of the network, edges are its edges, and pictures can be read."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner
from helpers.console import run
from hypothesis import given
from hypothesis import strategies as st

import archcalc
from archcalc.cli import cli
from archcalc.errors import ArchcalcError
from archcalc.render.graph.layered import Edge, Point, layout
from archcalc.render.graph.shapes import Area, BoxShape, LineShape, drawing
from archcalc.results.diagram import ENTRY, EXIT, Box, Diagram

NETWORKS = [
    "lenet5",
    "resnet18",
    "inception-module",
    "densenet-40-k12",
    "efficientnet-b0",
    "vit-ti-16",
    "googlenet",
]
"""Chains, shortcuts, branches, dense blocks, gates, tokens, heads. All networks: docs/graphs.md."""


def innermost(box: Box) -> Iterator[Box]:
    if not box.inside:
        yield box
    for inner in box.inside:
        yield from innermost(inner)


# --- figures and edges ---------------------------------------------------------------------------------


@pytest.mark.parametrize("depth", [None, 1, 2, "all"])
@pytest.mark.parametrize("network", NETWORKS)
def test_boxes_add_up_to_the_network(network: str, depth: int | str | None) -> None:
    diagram = archcalc.graph(network, depth=depth, costs="params,macs,activations", aux=True)
    totals = archcalc.analyze(network, aux=True).totals

    def check(box: Box) -> None:
        # The boxes inside a repeated block are those of one round.
        for key, count in box.figures.items():
            if box.inside:
                assert count == box.times * sum(inner.figures[key] for inner in box.inside)
        for inner in box.inside:
            check(inner)

    check(diagram.root)
    assert diagram.root.figures == {key: totals.figures[key] for key in diagram.costs}


def test_blocks_that_repeat_are_drawn_once() -> None:
    stages = [box for box in archcalc.graph("resnet152", depth=2).root.inside if box.inside]
    # He et al. 2015, Table 1: 3, 8, 36 and 3 blocks, of which the first has a projection.
    assert [[block.times for block in stage.inside] for stage in stages] == [[1, 2], [1, 7], [1, 35], [1, 2]]
    encoder = next(box for box in archcalc.graph("vit-b-16").root.inside if box.times > 1)
    assert encoder.times == 12


def test_a_chain_has_the_edges_of_a_chain() -> None:
    diagram = archcalc.graph("lenet5")
    rows = [box.path for box in diagram.root.inside]
    assert list(diagram.links) == list(pairwise(["", *rows]))


def test_the_shortcut_of_a_residual_block_is_an_edge() -> None:
    diagram = archcalc.graph("resnet18", depth="all")
    assert ("pool1", "conv2_x/conv2_1/add1") in diagram.links
    assert ("conv2_x/conv2_1/residual/conv2", "conv2_x/conv2_1/add1") in diagram.links


def test_every_edge_is_one_of_the_network() -> None:
    network = archcalc.load("googlenet")
    diagram = archcalc.graph("googlenet", depth="all")
    paths = ["", *[node.path for node in network.layers]]

    def row(number: int) -> str:
        node = network.layers[number - 1] if number else None
        return "" if node is None else paths[number].rpartition("/")[0] if node.follower else paths[number]

    edges = {
        (row(source), row(number))
        for number, node in enumerate(network.layers, 1)
        if not node.aux
        for source in node.inputs
    }
    merges = {target for target in (row(n) for n in range(1, len(paths))) if f"{target}/" in " ".join(paths)}
    shown = {
        (source, target) for source, target in edges if source != target and not {source, target} & merges
    }
    assert {link for link in diagram.links if "concat" not in "".join(link)} >= {
        link for link in shown if "concat" not in "".join(link)
    }


def test_a_fold_keeps_the_ends_of_the_edges() -> None:
    diagram = archcalc.graph("resnet50", depth=1)
    rows = [box.path for box in diagram.root.inside]
    assert list(diagram.links) == list(pairwise(["", *rows]))


# --- the layout ----------------------------------------------------------------------------------------


def overlap(one: Area, other: Area) -> bool:
    wide = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    high = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    return wide > 0.1 and high > 0.1  # coordinates have one decimal


def way(points: list[Point]) -> Iterator[Point]:
    """Points of a line as it is drawn: it leads straight down at each of its points."""
    for (x0, y0), (x1, y1) in pairwise(points):
        for step in range(1, 20):
            t = step / 20
            yield (1 - t) ** 2 * (1 + 2 * t) * x0 + t * t * (3 - 2 * t) * x1, _between(y0, y1, t)


def _between(y0: float, y1: float, t: float) -> float:
    middle = (y0 + y1) / 2
    return (1 - t) ** 3 * y0 + 3 * (1 - t) * t * middle + t**3 * y1


@pytest.mark.parametrize("network", NETWORKS)
def test_no_box_covers_another_and_no_line_leads_through_one(network: str) -> None:
    shapes = drawing(archcalc.graph(network, aux=True)).shapes
    boxes = [shape.area for shape in shapes if isinstance(shape, BoxShape)]
    assert not any(overlap(one, other) for place, one in enumerate(boxes) for other in boxes[:place])
    for line in shapes:
        if isinstance(line, LineShape):
            assert all(y1 > y0 for (_, y0), (_, y1) in pairwise(line.points))
            for x, y in way([*line.points]):
                inside = [
                    b for b in boxes if b.x + 1 < x < b.x + b.width - 1 and b.y + 1 < y < b.y + b.height - 1
                ]
                assert not inside


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[Point], list[Edge]]:
    """Boxes of any size, and edges that lead to later boxes."""
    count = draw(st.integers(1, 9))
    side = st.floats(1, 200)
    sizes = [(draw(side), draw(side)) for _ in range(count)]
    edges = {
        (draw(st.integers(-1, one - 1)), one) for one in range(count) for _ in range(draw(st.integers(1, 3)))
    }
    edges |= {(count - 1, EXIT)}
    return sizes, sorted(edges)


@given(graphs())
def test_the_layout_of_any_graph_has_no_overlap(graph: tuple[list[Point], list[Edge]]) -> None:
    sizes, edges = graph
    made = layout(sizes, edges)
    areas = [Area(*corner, *size) for corner, size in zip(made.corners, sizes, strict=True)]
    assert not any(overlap(one, other) for place, one in enumerate(areas) for other in areas[:place])
    for (source, target), points in made.ways.items():
        assert all(y1 >= y0 for (_, y0), (_, y1) in pairwise(points))
        assert points[0][1] == (
            0 if source == ENTRY else pytest.approx(areas[source].y + areas[source].height)
        )
        assert points[-1][1] == pytest.approx(made.height if target == EXIT else areas[target].y)


# --- the formats ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("network", ["resnet18", "googlenet"])
def test_the_svg_is_valid_and_stable(network: str) -> None:
    diagram = archcalc.graph(network, depth=2)
    picture = diagram.render("svg")
    assert picture == archcalc.graph(network, depth=2).render("svg")
    assert picture != diagram.render("svg", dark=True)
    texts = [text.strip() for text in ElementTree.fromstring(picture).itertext()]
    for box in innermost(diagram.root):
        assert any(box.name in text for text in texts)


def test_png_and_pdf() -> None:
    pytest.importorskip("vl_convert")
    diagram = archcalc.graph("lenet5")
    assert diagram.render("png").startswith(b"\x89PNG")
    assert diagram.render("pdf").startswith(b"%PDF")


def test_mermaid_and_dot_have_every_box_and_edge() -> None:
    diagram = archcalc.graph("googlenet", depth=2, aux=True)
    boxes = len(list(innermost(diagram.root)))
    mermaid, dot = diagram.render("mermaid"), diagram.render("dot")
    assert mermaid.count("]:::share") == boxes
    assert mermaid.count(" --> ") == dot.count(" -> ") == len(diagram.links)
    assert dot.count('fillcolor="') == boxes
    assert mermaid.count("subgraph ") == mermaid.count("\n  end") == dot.count("subgraph ")
    assert dot.count("{") == dot.count("}")


def has_tikz() -> bool:
    if shutil.which("kpsewhich") is None:
        return False
    return bool(subprocess.run(["kpsewhich", "tikz.sty"], check=False, capture_output=True).stdout)


@pytest.mark.skipif(not has_tikz(), reason="TikZ is not installed")
def test_tikz_compiles(tmp_path: Path) -> None:
    title = r"A & B_1 #2 100% {x} \y ^z ~ $"
    text = hostile(title).render("latex") + archcalc.graph("resnet18", depth=2).render("latex")
    page = f"\\documentclass{{article}}\\usepackage{{tikz}}\\begin{{document}}{text}\\end{{document}}"
    (tmp_path / "graph.tex").write_text(page, encoding="utf-8")
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "graph.tex"],
        cwd=tmp_path, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout.decode()[-2000:]


def hostile(word: str) -> Diagram:
    """A diagram whose words are that word."""
    figures = {"macs": 10, "params": 5}
    inner = Box("a/b", word, word, (1, 2), figures)
    block = Box("a", word, "", (1, 2), figures, inside=(inner,), edges=((ENTRY, 0), (0, EXIT)))
    root = Box("", "", "", (1, 2), figures, inside=(block,), edges=((ENTRY, 0),))
    return Diagram("net", word, (1, 2), root, (("", "a/b"),), ("macs", "params"))


WORDS = st.text(max_size=30) | st.sampled_from(
    ["</svg><script>alert(1)</script>", "<!--", "]]>", '"];', "end", "%%", "\u202e"]
)


@given(WORDS)
def test_hostile_words_stay_text(word: str) -> None:
    diagram = hostile(word)
    names = {
        element.tag.rpartition("}")[2] for element in ElementTree.fromstring(diagram.render("svg")).iter()
    }
    assert names <= {"svg", "title", "style", "defs", "marker", "path", "rect", "text", "g"}
    assert "<script" not in diagram.render("html")
    # A label ends where we end it.
    for line in diagram.render("mermaid").splitlines():
        assert line.count('"') in (0, 2) or line.startswith("title: ")
    for line in diagram.render("dot").splitlines():
        assert len(re.findall(r'(?<!\\)(?:\\\\)*"', line)) % 2 == 0


def test_json_and_csv() -> None:
    diagram = archcalc.graph("resnet18")
    data = json.loads(diagram.render("json"))
    assert data["root"]["macs"] == archcalc.analyze("resnet18").totals.macs
    assert data["links"][0] == ["", "conv1"]
    assert {row["path"] for row in diagram.rows()} >= {"conv1", "conv2_x/conv2_1"}


# --- what is refused -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["nosuch"], "unknown network 'nosuch'"),
        (["lenet5", "--costs", "parms"], "a diagram shows no 'parms' (did you mean 'params'?)"),
        (["lenet5", "--depth", "0"], "is not a valid depth"),
        (["lenet5", "--dark"], "--dark is for a picture"),
        (["lenet5", "-o", "x.bmp"], "unknown ending '.bmp'"),
    ],
)
def test_mistakes_are_one_sentence(args: list[str], says: str) -> None:
    done = CliRunner().invoke(cli, ["graph", *args])
    assert done.exit_code == 2 or isinstance(done.exception, ArchcalcError)
    assert says in (done.stderr or str(done.exception))


def test_svg_and_mermaid_need_no_package() -> None:
    for format in ("svg", "mermaid", "dot", "latex", "html"):
        assert run("graph", "lenet5", "--format", format, hide="vl_convert").returncode == 0
    done = run("graph", "lenet5", "-o", "x.png", hide="vl_convert")
    assert (done.returncode, "pip install vl-convert-python" in done.stderr) == (2, True)
