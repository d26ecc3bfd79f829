"""The autograder for Gradescope, in the layout of its documentation: source, submission and results."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from fractions import Fraction
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import archcalc
from archcalc.classroom.autograder.wheel import pinned, wheel
from archcalc.errors import ArchcalcError

ROOT = Path(__file__).parents[2]
KEY = """\
name: homework
input: [32, 32, 3]
layers:
  - {conv: 8, kernel: 3, pad: 1, name: conv1}
  - {maxpool: 2, stride: 2, name: pool1}
  - {fc: 10, name: fc1}
"""
RUBRIC = "ask: {layers: [output, params], total: [params]}\ntotal: 100\n"
RIGHT = "layer,output,params\nconv1,32x32x8,224\npool1,16x16x8,0\nfc1,10,20490\ntotal,,20714\n"
WRONG = RIGHT.replace("224", "216")


@pytest.fixture
def assignment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a teacher."""
    folder = tmp_path / "teacher"
    folder.mkdir()
    (folder / "hw.yaml").write_text(KEY, encoding="utf-8")
    (folder / "rubric.yaml").write_text(RUBRIC, encoding="utf-8")
    monkeypatch.chdir(folder)
    return folder


def unpacked(archive: bytes, folder: Path) -> Path:
    """An archive as Gradescope unpacks it, with the rights that its entries have."""
    with zipfile.ZipFile(BytesIO(archive)) as packed:
        for entry in packed.infolist():
            path = Path(packed.extract(entry, folder))
            path.chmod(entry.external_attr >> 16 & 0o777)
    return folder


def entries(archive: bytes) -> Iterator[tuple[str, bytes]]:
    """Every file of an archive, and every file of the wheel in it."""
    with zipfile.ZipFile(BytesIO(archive)) as packed:
        for name in packed.namelist():
            data = packed.read(name)
            yield name, data
            if name.endswith(".whl"):
                yield from entries(data)


# --- the archive -----------------------------------------------------------------------------------------


def test_what_is_in_the_archive(assignment: Path) -> None:
    how: dict[str, Any] = {"exact": True, "biases": False, "layout": "chw"}
    made = archcalc.autograder("hw.yaml", "rubric.yaml", **how)
    assert (made.questions, made.points) == (7, Fraction(100))
    files = dict(entries(made.archive))
    assert {"setup.sh", "run_autograder", "key/hw.yaml", "rubric.yaml", "constraints.txt"} <= set(files)
    assert files["key/hw.yaml"].decode() == KEY
    arguments = files["arguments.txt"].decode().splitlines()
    assert arguments[:2] == ["--key", "key/hw.yaml"]
    assert {"--exact", "--no-biases"} <= set(arguments)
    assert arguments[arguments.index("--layout") + 1] == "chw"
    assert "--reveal" not in arguments
    assert archcalc.autograder("hw.yaml", "rubric.yaml", **how) == made


def test_the_archive_tells_nothing_of_the_teachers_machine(assignment: Path) -> None:
    made = archcalc.autograder(str(assignment / "hw.yaml"), str(assignment / "rubric.yaml"))
    told = [
        (name, secret)
        for name, data in entries(made.archive)
        for secret in (str(assignment), str(ROOT), sys.prefix)
        if secret.encode() in data and not name.endswith(".whl")
    ]
    assert told == []


@pytest.mark.parametrize(
    ("key", "settings", "arguments"),
    [
        (
            "vgg16",
            {"convs": [1, 1, 2, 2, 2], "size": 64},
            ["--key", "vgg16", "--set", "convs=[1, 1, 2, 2, 2]"],
        ),
        ("vgg-16", [], ["--key", "vgg-16"]),
        (
            "alexnet",
            ["size=259", "classes=10"],
            ["--key", "alexnet", "--set", "size=259", "--set", "classes=10"],
        ),
    ],
)
def test_a_built_in_network_is_a_key(key: str, settings: Any, arguments: list[str], assignment: Path) -> None:
    files = dict(entries(archcalc.autograder(key, "rubric.yaml", settings).archive))
    assert files["arguments.txt"].decode().splitlines()[: len(arguments)] == arguments
    assert not [name for name in files if name.startswith("key/")]


@pytest.mark.parametrize(
    ("key", "rubric", "says"),
    [
        ("hw.yaml", "points: {params: 3}\n", "rubric.yaml asks nothing"),
        ("hw.yaml", "ask: [parms]\n", "unknown quantity 'parms'"),
        ("hw.yaml", RUBRIC + "of: [conv9]\n", "has no layer 'conv9'"),
        (".", RUBRIC, ". is a folder: an autograder has one key for all students"),
        ("-", RUBRIC, "needs a --key with a name, or in a file"),
        ("broken.yaml", RUBRIC, "kernal"),
        ("nothing.yaml", RUBRIC, "nothing.yaml: No such file"),
    ],
)
def test_a_mistake_is_found_at_the_teachers(key: str, rubric: str, says: str, assignment: Path) -> None:
    Path("broken.yaml").write_text(KEY.replace("kernel", "kernal"), encoding="utf-8")
    Path("rubric.yaml").write_text(rubric, encoding="utf-8")
    with pytest.raises(ArchcalcError, match=re.escape(says)):
        archcalc.autograder(key, "rubric.yaml")


# --- the wheel -------------------------------------------------------------------------------------------


def test_the_wheel_has_every_file_and_its_digest() -> None:
    with zipfile.ZipFile(BytesIO(wheel().data)) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    (record,) = [name for name in files if name.endswith("/RECORD")]
    listed = dict(line.split(",", 1) for line in files[record].decode().splitlines())
    for name, data in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        assert listed[name] == ("," if name == record else f"sha256={digest},{len(data)}"), name
    assert set(listed) == set(files)
    sources = [path.relative_to(ROOT).as_posix() for path in (ROOT / "archcalc").rglob("*.py")]
    specs = [f"archcalc/{path.relative_to(ROOT).as_posix()}" for path in (ROOT / "specs").glob("*.yaml")]
    assert {*sources, *specs, "archcalc/specs/index.json", "archcalc/py.typed"} <= set(files)
    assert not [
        name for name in files if "__pycache__" in name or name.endswith((".lock", "direct_url.json"))
    ]


def test_the_versions_are_those_of_the_teacher() -> None:
    names = {line.partition("==")[0].lower() for line in pinned()}
    assert names == {"click", "rich", "pyyaml"}


# --- on the machine of Gradescope ------------------------------------------------------------------------


# Gradescope's description of results.json, as far as it is used here; a test or the whole has a score.
WORDS = {"output": {"type": "string"}, "output_format": {"enum": ["text", "html", "md", "ansi"]}}
VISIBLE = {"enum": ["hidden", "after_due_date", "after_published", "visible"]}
TEST = {
    **WORDS,
    "name": {"type": "string"},
    "number": {"type": "string"},
    "score": {"type": "number", "minimum": 0},
    "max_score": {"type": "number", "minimum": 0},
    "status": {"enum": ["passed", "failed"]},
    "tags": {"type": "array", "items": {"type": "string"}},
    "visibility": VISIBLE,
}
RESULTS = {
    "type": "object",
    "additionalProperties": False,
    "required": ["score", "output"],
    "properties": {
        **WORDS,
        "score": {"type": "number", "minimum": 0},
        "visibility": VISIBLE,
        "stdout_visibility": VISIBLE,
        "tests": {"type": "array", "items": {"properties": TEST, "additionalProperties": False}},
    },
}


@pytest.fixture
def libraries(tmp_path: Path) -> Path:
    """The packages that archcalc needs, without archcalc itself: there is no network in a test."""
    folder = tmp_path / "libraries"
    folder.mkdir()
    for name in ("click", "yaml", "_yaml"):
        found = find_spec(name)
        if found and found.origin:
            (folder / name).symlink_to(Path(found.origin).parent)
    return folder


def prepared(assignment: Path, root: Path, libraries: Path, **env: str) -> dict[str, str]:
    """Gradescope's folders with the autograder in them, set up; and the environment of its scripts."""
    made = archcalc.autograder("hw.yaml", "rubric.yaml")
    unpacked(made.archive, root / "source")
    (root / "submission").mkdir()
    shutil.copy(root / "source" / "run_autograder", root / "run_autograder")
    offline = {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    path = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
    shell = {"PATH": path, "AUTOGRADER_ROOT": str(root), "PYTHONPATH": str(libraries)}
    shell |= offline | env
    done = subprocess.run(
        [root / "source" / "setup.sh"], env=shell, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == f"archcalc {archcalc.__version__}"
    return shell


def results(root: Path, shell: dict[str, str]) -> dict[str, Any]:
    """What Gradescope reads after it has run the autograder."""
    done = subprocess.run([root / "run_autograder"], env=shell, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    text = (root / "results" / "results.json").read_text(encoding="utf-8")
    assert str(root) not in text
    assert "Traceback" not in done.stderr
    answer: dict[str, Any] = json.loads(text)
    jsonschema.validate(answer, RESULTS)
    return answer


@pytest.mark.slow
def test_every_submission_gets_results(assignment: Path, tmp_path: Path, libraries: Path) -> None:
    root = tmp_path / "autograder"
    shell = prepared(assignment, root, libraries)
    submission = root / "submission"

    def handed_in(**files: bytes) -> dict[str, Any]:
        shutil.rmtree(submission)
        submission.mkdir()
        for name, data in files.items():
            path = submission / name.replace("__", "/").replace("_DOT_", ".")
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
        return results(root, shell)

    right = handed_in(**{"my answers v2_DOT_csv": RIGHT.encode(), "_DOT_DS_Store": b"x"})
    assert right["score"] == 100
    assert right["output"] == "my answers v2.csv against homework: 100 of 100 points"
    assert {test["status"] for test in right["tests"]} == {"passed"}
    wrong = handed_in(hw=WRONG.encode())
    assert wrong["score"] == 85.71
    assert "The biases are missing" in "".join(test["output"] for test in wrong["tests"])
    assert "224" not in json.dumps(wrong)
    assert handed_in(folder__hw=RIGHT.encode(), __MACOSX__hw=b"x")["score"] == 100
    for files, says in (
        ({}, "no file was handed in"),
        ({"a": RIGHT.encode(), "b": b""}, "2 files were handed in (a, b): hand in one file"),
        ({"hw_DOT_pdf": b"%PDF-1.7"}, "hw.pdf: this is a PDF, not text"),
        ({"hw": b""}, "hw: no answers found: the file is empty"),
        ({"hw": b"conv1: {output: [55\n"}, "hw:"),
    ):
        answer = handed_in(**files)
        assert answer["score"] == 0
        assert f"Nothing was graded: {says}" in answer["output"]
        # The points that are lost, and 0 of none.
        assert round(sum(test["max_score"] for test in answer["tests"]), 9) == 100
        assert sum(test["score"] for test in answer["tests"]) == 0


# It prints an installer of a uv that makes a venv with this Python.
CURL = """\
#!/bin/sh
cat <<'INSTALLER'
mkdir -p "$UV_INSTALL_DIR"
cat >"$UV_INSTALL_DIR/uv" <<'UV'
#!/bin/sh
for last; do :; done
exec {python} -m venv "$last"
UV
chmod +x "$UV_INSTALL_DIR/uv"
INSTALLER
"""


@pytest.mark.slow
def test_without_a_recent_python_uv_brings_one(assignment: Path, tmp_path: Path, libraries: Path) -> None:
    commands = tmp_path / "bin"
    commands.mkdir()
    for name in ("python3", "python3.11", "python3.12", "python3.13"):
        (commands / name).write_text("#!/bin/sh\nexit 1\n")
    (commands / "curl").write_text(CURL.format(python=sys.executable))
    for path in commands.iterdir():
        path.chmod(0o755)
    root = tmp_path / "autograder"
    shell = prepared(assignment, root, libraries, PATH=f"{commands}:{os.environ['PATH']}")
    (root / "submission" / "hw.csv").write_text(RIGHT)
    assert results(root, shell)["score"] == 100


def test_a_failed_autograder_says_so(assignment: Path, tmp_path: Path) -> None:
    root = tmp_path / "autograder"
    unpacked(archcalc.autograder("hw.yaml", "rubric.yaml").archive, root / "source")
    shutil.copy(root / "source" / "run_autograder", root / "run_autograder")
    answer = results(root, {"PATH": os.environ["PATH"], "AUTOGRADER_ROOT": str(root)})
    assert answer["score"] == 0
    assert "please tell the course staff" in answer["output"]
