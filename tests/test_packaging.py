"""What a package needs around its code: metadata, licence, citation, workflows, and complete archives."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email import message_from_string
from pathlib import Path
from typing import Any

import pytest
import yaml

import archcalc

ROOT = Path(__file__).parent.parent
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CITATION = ROOT / "CITATION.cff"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


# --- metadata --------------------------------------------------------------------------------------------


def test_the_metadata_is_complete() -> None:
    assert PROJECT["license"] == "MIT"
    for key in ("description", "readme", "authors", "license-files", "classifiers", "keywords"):
        assert PROJECT[key], key
    # A classifier of a licence beside a licence expression is refused by PyPI.
    assert not [line for line in PROJECT["classifiers"] if line.startswith("License")]
    lowest = PROJECT["requires-python"].removeprefix(">=")
    assert f"Programming Language :: Python :: {lowest}" in PROJECT["classifiers"]


def test_the_licence_is_the_text_of_mit() -> None:
    (name,) = PROJECT["license-files"]
    text = (ROOT / name).read_text(encoding="utf-8")
    assert text.startswith("MIT License\n\nCopyright (c) ")
    assert PROJECT["authors"][0]["name"] in text
    assert "The above copyright notice and this permission notice shall be included in all\n" in text
    assert 'THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND' in text


def test_the_version_and_the_authors_stand_everywhere_alike() -> None:
    citation = read(CITATION)
    assert citation["version"] == PROJECT["version"] == archcalc.__version__
    assert citation["license"] == PROJECT["license"]
    assert citation["authors"] == PROJECT["authors"]


def test_the_extra_all_holds_what_commands_can_need() -> None:
    extras = PROJECT["optional-dependencies"]
    (line,) = extras["all"]
    assert line.startswith("archcalc[")
    named = set(line.removeprefix("archcalc[").removesuffix("]").split(","))
    assert named == set(extras) - {"all", "test", "oracles", "browser", "lint"}


# --- files that others read ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "schema"),
    [(CITATION, "citation-file-format"), *((path, "github-workflows") for path in WORKFLOWS)],
    ids=lambda value: getattr(value, "name", value),
)
def test_a_file_follows_its_schema(path: Path, schema: str) -> None:
    pytest.importorskip("check_jsonschema")
    command = ["check_jsonschema", "--builtin-schema", f"vendor.{schema}", str(path)]
    done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_ci_runs_on_every_system_and_runs_the_gate() -> None:
    jobs = read(ROOT / ".github" / "workflows" / "ci.yml")["jobs"]
    runs = jobs["tests"]["strategy"]["matrix"]["include"]
    assert {run["os"].partition("-")[0] for run in runs} == {"ubuntu", "macos", "windows"}
    pythons = {f"Programming Language :: Python :: {run['python']}" for run in runs}
    assert pythons == {line for line in PROJECT["classifiers"] if ":: 3." in line}
    assert all((ROOT / path).is_dir() for run in runs for path in run.get("paths", "").split())
    assert ".ci/run" in [step.get("run") for step in jobs["gate"]["steps"]]


def test_only_the_job_that_publishes_may_publish() -> None:
    release = read(ROOT / ".github" / "workflows" / "release.yml")
    jobs = release["jobs"]
    assert release["permissions"] == {"contents": "read"}
    assert [name for name, job in jobs.items() if "permissions" in job] == ["publish"]
    assert jobs["publish"]["permissions"] == {"id-token": "write"}
    assert jobs["publish"]["needs"] == "build"
    build = "\n".join(step.get("run", "") for step in jobs["build"]["steps"])
    assert "python -m build" in build
    assert "twine check --strict" in build


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_puts_no_expression_into_a_script(path: Path) -> None:
    for job in read(path)["jobs"].values():
        assert "timeout-minutes" in job
        for step in job["steps"]:
            assert "${{" not in step.get("run", "")


# --- the archives ----------------------------------------------------------------------------------------


def built(kind: str, folder: Path) -> Path:
    """The wheel or the sdist of this checkout, as hatchling builds it."""
    pytest.importorskip("hatchling")
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (path,) = folder.iterdir()
    return path


@pytest.mark.slow
def test_the_wheel_has_the_package_its_specs_and_the_licence(tmp_path: Path) -> None:
    with zipfile.ZipFile(built("wheel", tmp_path)) as wheel:
        names = wheel.namelist()
        info = f"archcalc-{PROJECT['version']}.dist-info"
        metadata = message_from_string(wheel.read(f"{info}/METADATA").decode())
    tops = {name.split("/")[0] for name in names}
    data = info.replace(".dist-info", ".data")
    assert tops == {"archcalc", info, data}
    assert [name for name in names if name.startswith(data)] == [f"{data}/data/share/man/man1/archcalc.1"]
    assert {"archcalc/py.typed", "archcalc/specs/alexnet.yaml", "archcalc/specs/index.json"} <= set(names)
    assert f"{info}/licenses/LICENSE" in names
    assert not [name for name in names if name.endswith("archcalc.lock")]
    assert (metadata["License-Expression"], metadata["License-File"]) == ("MIT", "LICENSE")
    assert "all" in metadata.get_all("Provides-Extra", [])


@pytest.mark.slow
def test_the_sdist_has_every_file_of_the_repository(tmp_path: Path) -> None:
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("this is no clone: there is nothing to compare the sdist with")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    tracked = {name for name in listed.stdout.split("\0") if name and (ROOT / name).exists()}
    path = built("sdist", tmp_path)
    with tarfile.open(path) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    assert tracked - names == set()
    assert "LICENSE" in names
