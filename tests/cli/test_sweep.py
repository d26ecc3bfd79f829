"""``archcalc sweep`` as a user runs it."""

from __future__ import annotations

import csv
import json

import pytest
from helpers import console
from helpers.marks import slow_except

pytest.importorskip("numpy")
RESNET = ["resnet18", "--set", "width=8:24:8", "--set", "size=32,64"]
ROWS = [[w, s] for w in (8, 16, 24) for s in (32, 64)]


def run(*args: str, code: int = 0, hide: str = "") -> tuple[str, str]:
    done = console.run("sweep", *args, hide=hide)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout, done.stderr


@pytest.mark.parametrize(
    "format", slow_except({"table", "json"}, ["table", "plain", "csv", "json", "markdown", "latex", "html"])
)
def test_every_format_tells_every_row(format):
    out, err = run(*RESNET, "--format", format)
    assert err == ""
    assert all(str(width) in out for width in (8, 16, 24))
    if format == "json":
        found = json.loads(out)
        assert found["columns"] == ["width", "size", "params", "macs"]
        assert [row[:2] for row in found["rows"]] == ROWS
        assert found["free"] == {"width": [8, 16, 24], "size": [32, 64]}
        assert found["invalid"] == {"count": 0, "reasons": []}
    if format == "csv":
        lines = list(csv.reader(out.splitlines()))
        assert lines[0] == ["width", "size", "params", "macs"]
        assert [[int(cell) for cell in row[:2]] for row in lines[1:]] == ROWS


@pytest.mark.slow
def test_invalid_networks_are_told():
    out, _ = run("vgg16", "--set", "size=1:40", "--format", "json")
    found = json.loads(out)
    assert found["invalid"]["count"] == 31
    assert sum(reason["count"] for reason in found["invalid"]["reasons"]) == 31
    out, _ = run("vgg16", "--set", "size=1:40")
    assert "invalid   31" in out


@pytest.mark.slow
@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["resnet18"], "a setting that varies"),
        (["resnet18", "--set", "width=8:1"], "is not a valid range"),
        (["resnet18", "--set", "width=1:2:0"], "is not a valid range"),
        (["resnet18", "--set", "width=1:2:3:4"], "is not a valid range"),
        (["resnet18", "--set", "width"], "NAME=VALUE"),
        (["resnet18", "--set", "block=basic,bottlneck"], "must be 'plain', 'basic' or 'bottleneck'"),
        ([*RESNET, "--show", "prams"], "did you mean 'params'"),
        ([*RESNET, "--where", "macs <"], "missing"),
        ([*RESNET, "-o", "x.xyz"], "unknown ending '.xyz'; use "),
    ],
)
def test_bad_usage_is_one_sentence(args, says):
    out, err = run(*args, code=2)
    assert out == ""
    assert says in err


@pytest.mark.slow
@pytest.mark.parametrize(("hide", "args"), [("numpy", []), ("pyarrow", ["-o", "x.parquet"])])
def test_a_missing_extra_is_one_sentence(hide, args, tmp_path):
    files = [str(tmp_path / arg) if arg.endswith(".parquet") else arg for arg in args]
    out, err = run(*RESNET, *files, code=2, hide=hide)
    assert out == ""
    assert err.count("\n") == 1
    assert hide in err
    assert f"pip install {hide} (" in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_parquet_file_holds_the_rows(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    run(*RESNET, "-o", str(tmp_path / "x.parquet"))
    table = parquet.read_table(tmp_path / "x.parquet")
    assert [[row["width"], row["size"]] for row in table.to_pylist()] == ROWS
