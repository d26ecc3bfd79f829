"""docs/errors.md: the broken specs of tests/language/bad and the messages that they get.

Written by ``ARCHCALC_GOLDEN=1 pytest tests/language/test_bad.py``.
"""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

from archcalc.errors import printable

ROOT = Path(__file__).parent.parent.parent
BAD = ROOT / "tests" / "language" / "bad"
GALLERY = ROOT / "docs" / "errors.md"

CHAPTERS = {
    "yaml": "Text that is not YAML, or YAML that specs do not use",
    "top": "The keys of a spec",
    "input": "The input",
    "setting": "Settings",
    "variant": "Variants",
    "op": "Layers and their options",
    "type": "Options of the wrong type",
    "name": "Names of layers",
    "from": "Inputs of layers",
    "then": "Ops after a layer (then)",
    "when": "Conditions",
    "merge": "Branches",
    "repeat": "Repeats",
    "block": "Blocks",
    "aux": "Auxiliary heads",
    "expr": "Expressions",
    "claim": "Claims",
    "shape": "Layers that do not fit",
    "several": "Several at once",
}
MOST = 8  # cases of a chapter that are shown
LONGEST = 1200  # characters of a text that are worth reading here

INTRODUCTION = """# What a mistake looks like

<!-- Written by ARCHCALC_GOLDEN=1 pytest tests/language/test_bad.py from tests/language/bad. Do not edit. -->

Every message names the place (`file:line:column`), the layer, what is wrong and, in brackets, how to correct
it. The line of the file follows, with a caret under the place. All mistakes of a file are shown at once. A
mistake inside a block also names the uses of the block. The exit code is 2.
"""


def gallery() -> str:
    """The page, from the files."""
    specs = sorted(BAD.glob("*.yaml"), key=lambda path: (list(CHAPTERS).index(_chapter(path)), path.name))
    parts = [INTRODUCTION]
    for chapter, paths in groupby(specs, key=_chapter):
        cases = list(paths)
        parts.append(f"## {CHAPTERS[chapter]}\n")
        parts.extend(_entry(path) for path in cases[:MOST])
        if len(cases) > MOST:
            parts.append(
                f"{len(cases) - MOST} more are in `tests/language/bad/{chapter}-*.yaml`, "
                "each with its text beside it.\n"
            )
    return "\n".join(parts)


def _chapter(path: Path) -> str:
    return path.stem.partition("-")[0]


def _entry(path: Path) -> str:
    printed = path.with_suffix(".txt").read_text(encoding="utf-8")
    return f"### {path.stem}\n\n{_fenced(printed, 'text')}"


def _fenced(text: str, language: str) -> str:
    lines = [printable(line).rstrip() for line in text.split("\n")]
    shown = "\n".join(lines).rstrip("\n")
    if len(shown) > LONGEST:
        shown = f"{shown[:LONGEST].rsplit(chr(10), 1)[0]}\n..."
    return f"```{language}\n{shown}\n```\n"
