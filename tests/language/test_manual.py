"""docs/spec-language.md: every spec in it runs, every message in it is printed, every limit in it is real."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from helpers.docs_gallery import BAD, ROOT

import archcalc
from archcalc.errors import Source
from archcalc.language import arithmetic, builder, compose, expressions, nodes, parse, vocabulary
from archcalc.language.arithmetic import FUNCTIONS
from archcalc.studies.analyze import analyze

MANUAL = (ROOT / "docs" / "spec-language.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(name: .*?)```", MANUAL, re.DOTALL)
MESSAGES = re.findall(r"```text\n(.*?)```", MANUAL, re.DOTALL)


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 10
    assert len(EXAMPLES) == MANUAL.count("```yaml")


@pytest.mark.parametrize("text", EXAMPLES, ids=lambda text: text.split()[1])
def test_every_example_runs(text: str) -> None:
    spec = parse.parse(Source("manual.yaml", text))
    for about in spec.networks():
        assert analyze(spec.bind(about.name), aux=True).layers


PATHS = {
    "followed": ["conv1/bn", "conv1/relu"],
    "branches": ["main/conv1", "mix/3x3/conv2"],
    "repeated": ["stage2/conv1"],
    "residual": ["unit1/main/conv2", "second/add1"],
}


@pytest.mark.parametrize("name", PATHS)
def test_layers_are_named_as_the_manual_says(name: str) -> None:
    (text,) = [text for text in EXAMPLES if text.startswith(f"name: {name}\n")]
    paths = {node.path for node in parse.parse(Source("manual.yaml", text)).bind().layers}
    assert paths >= set(PATHS[name])
    assert all(f"`{path}`" in MANUAL for path in PATHS[name])


def test_every_message_is_printed() -> None:
    printed = "".join(path.read_text(encoding="utf-8") for path in sorted(Path(BAD).glob("*.txt")))
    problems = [problem for block in MESSAGES for problem in re.split(r"(?m)^(?=\S)", block) if problem]
    assert len(problems) >= 3
    for problem in problems:
        assert problem in printed


def test_everything_is_in_the_manual() -> None:
    for word in (
        *parse.KEYS,
        *vocabulary.COMMON,
        *vocabulary.STRUCTURES,
        *FUNCTIONS,
        "then",
        "as",
        "args",
        "survival",
    ):
        assert re.search(rf"\b{word}\b", MANUAL), word


LIMITS = {
    "size of a file": f"{nodes.MAX_BYTES // 1024} KiB",
    "nesting of lists and mappings": f"{compose.MAX_DEPTH} levels",
    "values in a file": f"{compose.MAX_NODES:,}",
    "items of one list": f"{arithmetic.MAX_ITEMS:,}",
    "settings, arguments of a block": str(parse.MAX_NAMES),
    "length of an expression": f"{expressions.MAX_LENGTH} characters; {expressions.MAX_NESTING} levels",
    "size of a value": f"10^{len(str(arithmetic.MAX_VALUE)) - 1}",
    "layers and rounds": f"{builder.MAX_LAYERS:,}",
    "blocks in blocks": f"{builder.MAX_BLOCK_DEPTH}; {builder.MAX_NESTING}",
}


@pytest.mark.parametrize("limit", LIMITS)
def test_the_limits_are_the_real_ones(limit: str) -> None:
    (row,) = [line for line in MANUAL.splitlines() if line.startswith(f"| {limit}")]
    assert row.split("|")[2].strip().startswith(LIMITS[limit])


@pytest.mark.parametrize(
    "text", [text for text in EXAMPLES if "ocr:" in text], ids=lambda text: text.split()[1]
)
def test_every_claim_of_the_section_on_claims_is_as_recorded(text: str, tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(text, encoding="utf-8")
    found = archcalc.audit(str(path))
    assert not found.flaws
    # An unreadable figure is a fault of the spec, and never recorded.
    assert min(found.summary._replace(unreadable=1)) >= 1
