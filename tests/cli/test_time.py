"""``archcalc time``, ``device`` and ``fit`` as a user runs them."""

from __future__ import annotations

import copy
import csv
import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from helpers import console

from archcalc.cli import main
from archcalc.errors import ArchcalcError, MissingPackage
from archcalc.timing.devices import DEFAULT_DEVICE
from archcalc.timing.load import read_timings


def run(*args: str, code: int = 0, hide: str = "") -> tuple[str, str]:
    """Both streams of a command; in a process of its own only where a module is to be missing."""
    if hide:
        done = console.run(*args, hide=hide)
        found, out, err = done.returncode, done.stdout, done.stderr
    else:
        streams = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(streams[0]), redirect_stderr(streams[1]):
            patch.setattr(sys, "argv", ["archcalc", *args])
            with pytest.raises(SystemExit) as ended:
                main()
        found, out, err = ended.value.code or 0, streams[0].getvalue(), streams[1].getvalue()
    assert found == code, err
    assert "Traceback" not in err
    return out, err


PREDICTED = ["time", "alexnet", "--device", "h100", "--batch", "1,128", "--dtype", "float32,bfloat16"]


@pytest.mark.parametrize("format", ["table", "plain", "csv", "json", "markdown", "latex", "html"])
def test_every_format_tells_every_run(format: str) -> None:
    out, err = run(*PREDICTED, "--format", format, hide="torch" if format == "json" else "")
    assert err == ""
    assert "bfloat16" in out
    if format == "json":
        found = json.loads(out)
        assert set(found) == {"format", "network", "environment", "device", "runs"}
        assert [(one["batch"], one["dtype"]) for one in found["runs"]] == [
            (1, "float32"),
            (128, "float32"),
            (1, "bfloat16"),
            (128, "bfloat16"),
        ]
        assert set(found["runs"][0]) >= {"batch", "dtype", "layers", "measured_ms", "predicted_ms", "bound"}
        assert found["environment"] == {}
    if format == "csv":
        rows = list(csv.DictReader(out.splitlines()))
        assert [row["batch"] for row in rows] == ["1", "128", "1", "128"]


def test_layers_add_up_to_the_run() -> None:
    out, _ = run("time", "vgg16", "--device", "t4", "--batch", "8", "--layers", "--format", "json")
    one = json.loads(out)["runs"][0]
    assert sum(layer["predicted_ms"] for layer in one["layers"]) == pytest.approx(one["predicted_ms"])
    text, _ = run("time", "vgg16", "--device", "t4", "--batch", "8", "--layers")
    assert "conv5_3" in text


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["time", "alexnet", "--device", "h10"], "unknown device 'h10' (did you mean 'h100'?)"),
        (["time", "alexnet", "--device", "gtx580-3gb", "--dtype", "int8"], "has no rate for int8"),
        (["time", "alexnet", "--device", "h100", "--batch", "0"], "'0' is not a valid batch"),
        (["time", "alexnet", "--device", "h100", "--batch", "1,,2"], "'' is not a valid batch"),
        (["time", "alexnet", "--device", "h100", "--dtype", "float23"], "did you mean 'float32'"),
        (["time"], "name a network, show stored results with --from, or judge a table with --check"),
        (["time", "alexnet", "--check", "x.csv"], "--check judges the times of a table; it takes no network"),
        (["time", "--check", "x.csv", "--train"], "it takes no --train"),
        (["time", "--check", "no-such.csv"], "no-such.csv: No such file"),
        (["time", "alexnet", "--device", "cpu", "--train"], "name a device to predict another"),
        (["fit", "alexnet", "--device", "h100", "--relu", "copies"], "--relu is about training"),
        (["fit", "alexnet", "--device", "h100", "--reserve", "1Q"], "'1Q' is no size: unknown unit 'Q'"),
        (["time", "alexnet", "--from", "x.json"], "it takes no network"),
        (
            ["time", "alexnet", "--device", "h100", "--threads", "2"],
            "it takes no --device h100 (measure",
        ),
        (["time", "alexnet", "--device", ""], "unknown device ''"),
        (["time", "--from", "no-such.json"], "no-such.json: No such file"),
        (["time", "alexnex", "--device", "h100"], "did you mean 'alexnet'"),
        (["time", "alexnet", "--device", "h100", "--devices", "no.yaml"], "no.yaml: No such file"),
        (["device", "nothing-like-it"], "unknown device"),
        (["device", " "], "unknown device ' '"),
        (["device", "h100", "--calibrate"], "--calibrate measures cpu or cuda"),
        (["device", "h100", "--calibrate", "-o", "rates.doc"], "unknown ending '.doc'"),  # before it measures
        (["fit", "alexnet"], "--device"),
        (["fit", "alexnet", "--device", "h100", "--train", "adm"], "Did you mean 'adam'"),
        (["fit", "alexnet", "--device", "h100", "--gpus", "2"], "--gpus needs --train"),
    ],
)
def test_bad_usage_is_one_sentence(args: list[str], says: str) -> None:
    out, err = run(*args, code=2)
    assert out == ""
    assert says in err


@pytest.mark.slow
@pytest.mark.parametrize(
    "args",
    [
        ["time", "alexnet", "--device", "cpu"],
        ["time", "alexnet", "--threads", "1"],
        ["device", "--calibrate"],
        ["time", "alexnet", "--device", "cuda"],
    ],
)
def test_without_torch_measuring_is_one_sentence(args: list[str]) -> None:
    out, err = run(*args, code=2, hide="torch")
    assert out == ""
    assert err == f"archcalc: error: {MissingPackage('measuring', 'torch', 'PyTorch')}\n"


def test_without_torch_a_time_is_predicted_for_the_device_that_help_names() -> None:
    out, err = run("time", "alexnet", hide="torch")
    assert err == ""
    assert "alexnet on NVIDIA H100" in out
    assert f"No --device was named, so this is for {DEFAULT_DEVICE}." in " ".join(out.split())
    assert f"Default: {DEFAULT_DEVICE}" in " ".join(run("time", "--help")[0].split())
    assert "was named" not in run("time", "alexnet", "--device", DEFAULT_DEVICE)[0]


def test_batches_and_dtypes_that_are_given_twice_add() -> None:
    args = ["--batch", "1", "--batch", "8,1", "--dtype", "float32", "--dtype", "float16", "--format", "json"]
    found = [(one["batch"], one["dtype"]) for one in json.loads(run("time", "lenet5", *args)[0])["runs"]]
    assert found == [(1, "float32"), (8, "float32"), (1, "float16"), (8, "float16")]


def test_devices_are_listed_and_told_with_their_sources() -> None:
    out, _ = run("device")
    assert "gtx580-3gb" in out
    assert "not looked up" not in out
    out, _ = run("device", "h100")
    assert "Table 3" in out
    found = json.loads(run("device", "--format", "json")[0])
    assert all(one["source"] for one in found)
    assert json.loads(run("device", "h100", "--format", "json")[0])["format"] == 1


@pytest.mark.parametrize("word", ["titan-x", "Titan X", "TITAN_X"])
def test_a_word_lists_the_devices_that_have_it(word: str) -> None:
    names = ["titan-x-maxwell", "titan-x-pascal", "titan-xp"]
    assert [one["name"] for one in json.loads(run("device", word, "--format", "json")[0])] == names
    assert run("device", word)[0].startswith("3 devices")
    assert run("device", "rtx5090", "--format", "json")[0].startswith("{"), "a whole name is that one device"


def test_a_device_of_the_users(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("devices:\n  mine: {vector: {float32: 1T}, bandwidth: 10G, memory: 1GiB, source: me}\n")
    assert "1 T" in run("device", "mine", "--devices", str(path))[0]
    assert "'not looked up': written from memory" in run("device", "--devices", str(path))[0]
    found = json.loads(
        run("time", "lenet5", "--device", "mine", "--devices", str(path), "--format", "json")[0]
    )
    assert found["device"]["bandwidth"] == 10**10
    run("fit", "vgg16", "--device", "mine", "--devices", str(path), "--train", "--batch", "128", code=1)


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (["alexnet-2gpu", "--batch", "128", "--train", "--reserve", "0"], 0, "fits on gtx580-3gb"),
        (["alexnet-2gpu", "--batch", "128", "--train"], 1, "does not fit on gtx580-3gb"),
        (["alexnet-2gpu", "--batch", "128", "--train", "--gpus", "2"], 0, "fits on each of 2 gtx580-3gb"),
        (["vgg16", "--batch", "128", "--train", "adam"], 1, "does not fit on gtx580-3gb"),
        (["vgg16", "--batch", "1"], 0, "inference: fits"),
    ],
)
def test_fit_says_whether_and_how_many(args: list[str], code: int, says: str) -> None:
    out, _ = run("fit", *args, "--device", "gtx580-3gb", code=code)
    assert says in out
    assert "the largest batch is " in out or "no batch fits" in out
    found = json.loads(run("fit", *args, "--device", "gtx580-3gb", "--format", "json", code=code)[0])
    assert found["ok"] is (code == 0)
    for demand in found["demands"]:
        assert sum(demand["parts"].values()) == demand["bytes"]


# Stored results


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A result with measured times, made without PyTorch from a predicted one."""
    path = tmp_path_factory.mktemp("stored") / "times.json"
    run("time", "lenet5", "--device", "h100", "--batch", "1,8,32,64", "-o", str(path))
    made = json.loads(path.read_text())
    made["environment"] = {
        "device": "A card",
        "date": "2026-11-20",
        "torch": "2.13.0",
        "tf32": False,
        "threads": 1,
    }
    for number, one in enumerate(made["runs"], 1):
        one.update(measured_ms=3.0 * number, spread_ms=[2.0 * number, 4.0 * number])
        for layer in one["layers"]:
            layer["measured_ms"], layer["spread_ms"] = 0.1 * number, [0.1, 0.2]
    made["runs"][3].update(measured_ms=None, spread_ms=None, failed="out of memory")
    path.write_text(json.dumps(made))
    return path


def test_a_stored_result_reads_and_writes_the_same(stored: Path) -> None:
    out, err = run("time", "--from", str(stored), "--format", "json", hide="torch")
    assert err == ""
    assert json.loads(out) == json.loads(stored.read_text())


def test_several_results_are_compared(stored: Path, tmp_path: Path) -> None:
    other = json.loads(stored.read_text())
    for one in other["runs"]:
        if one["measured_ms"]:
            one["measured_ms"] *= 2
    second, both = tmp_path / "second.json", tmp_path / "both.json"
    second.write_text(json.dumps(other))
    out, _ = run("time", "--from", str(stored), "--from", str(second))
    assert "2.00" in out
    assert "rank correlation" in out
    assert "out of memory" in out
    run("time", "--from", str(stored), "--from", str(second), "-o", str(both))
    assert read_timings(str(both)) == (*read_timings(str(stored)), *read_timings(str(second)))
    assert json.loads(both.read_text())["judgement"]["networks"]["things"] == 6


def spoiled(made: dict[str, Any], place: list[Any], value: Any) -> dict[str, Any]:
    made = copy.deepcopy(made)
    target: Any = made
    for key in place[:-1]:
        target = target[key]
    target[place[-1]] = value
    return made


BAD_RESULTS = [
    (["format"], 2, "format must be the format 1, not 2"),
    (["network"], 5, "network must be a text, not 5"),
    (["runs"], {}, "runs must be a list"),
    (["runs", 0, "batch"], 0, "runs[0].batch must be a whole number from 1 to 1e+60, not 0"),
    (["runs", 0, "batch"], True, "runs[0].batch must be a whole number from 1 to 1e+60, not true"),
    (
        ["runs", 1, "predicted_ms"],
        "3",
        'runs[1].predicted_ms must be 0 or a number from 1e-15 to 1e+60, not "3"',
    ),
    (
        ["runs", 1, "predicted_ms"],
        float("nan"),
        "runs[1].predicted_ms must be 0 or a number from 1e-15 to 1e+60, not NaN",
    ),
    (
        ["runs", 1, "predicted_ms"],
        1e-320,
        "runs[1].predicted_ms must be 0 or a number from 1e-15 to 1e+60, not 1e-320",
    ),
    (
        ["runs", 0, "layers", 0, "flops"],
        10**400,
        "runs[0].layers[0].flops must be a whole number from 0 to 1e+60",
    ),
    (
        ["runs", 0, "dtype"],
        "love",
        'runs[0].dtype must be a dtype that the device has a rate for, not "love"',
    ),
    (["device", "vector"], {}, "runs[0].dtype must be a dtype that the device has a rate for"),
    (["runs", 0, "tf32"], 1, "runs[0].tf32 must be true or false, not 1"),
    (["runs", 0, "spread_ms"], [1.0], "runs[0].spread_ms must be the two quartiles"),
    (["runs", 0, "layers", 2, "bound"], "love", "runs[0].layers[2].bound must be 'compute' or 'memory'"),
    (["device", "bandwidth"], -1, "device.bandwidth must be a whole number from 1 to 1e+60, not -1"),
    (["device", "vector"], [], "device.vector must be a mapping"),
    (["environment", "torch"], [1], "environment.torch must be a text, a number"),
    (["runs", 0], None, "runs[0] must be a mapping, not null"),
]


@pytest.mark.parametrize(("place", "value", "says"), BAD_RESULTS)
def test_a_result_that_is_none_is_told_by_its_place(
    stored: Path, tmp_path: Path, place: list[Any], value: Any, says: str
) -> None:
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(spoiled(json.loads(stored.read_text()), place, value)))
    with pytest.raises(ArchcalcError) as caught:
        read_timings(str(path))
    assert str(caught.value).startswith(f"{path}: {says}")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"{", "bad.json:1:2: error: not JSON"),
        (b'{"a": 1,\n "b" 2}', "Expecting ':' delimiter\n   2 |  \"b\" 2}\n     |      ^\n"),
        (b"\xff\xfe\xfd", "not JSON in UTF-8"),
        (b"[]", "the file must be a mapping"),
        (b'{"format": 1, "network": "vgg16"}', "bad.json: this file has no times; 'archcalc time NETWORK -o"),
        (b'{"format": ' + b"9" * 5000 + b"}", "a number has too many digits"),
        (b'{"format": 1, "format": 1}', "the key 'format' occurs twice in one object"),
    ],
)
def test_what_is_no_json_is_refused(tmp_path: Path, data: bytes, says: str) -> None:
    path = tmp_path / "bad.json"
    path.write_bytes(data)
    assert says in run("time", "--from", str(path), code=2)[1]


@pytest.mark.slow
def test_measuring_ends_in_a_result_that_can_be_shown(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="measuring needs PyTorch; CI installs it")
    path = tmp_path / "cpu.json"
    flags = ["--threads", "1", "--seconds", "0.01", "--layers", "--peaks", "i7-7820hq"]
    run("time", "lenet5", "--batch", "1,4", *flags, "-o", str(path))
    out, _ = run("time", "--from", str(path), hide="torch")
    assert "threads 1" in out
    assert "Error of the roofline: layers by op" in out
