"""Files of Keras that are no networks: one message, exit code 2, and bounded time and memory."""

from __future__ import annotations

import json
import random
import struct
import warnings
import zipfile
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from helpers.console import run
from helpers.onnx_models import MODELS

import archcalc
from archcalc.errors import ArchcalcError, ArchcalcWarning
from archcalc.importers import read_model
from archcalc.importers.keras import graph

SEED = 18
MUTANTS = 400
FILES = [path.read_text(encoding="utf-8") for path in sorted(MODELS.glob("*.json"))]
WORDS: tuple[Any, ...] = (
    None, True, -1, 0, 1, 1.5, 2**31, 10**30, 1e308, float("nan"), "", "x", "same", "relu", "Functional",
    "Sequential", "Embedding", "Flatten", "Add", [], [1], [1, 2], [[1, 2], [3, 4]], {}, ["input_1", 0, 0],
    [None],
)  # fmt: skip


def refused(path: Path, content: bytes | str) -> str:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ArchcalcError) as caught:
        read_model(str(path))
    return str(caught.value)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "net.json"


def test_files_that_are_no_model(path: Path) -> None:
    assert "the file is empty" in refused(path, b"")
    assert "the file is empty" in refused(path, b" \n ")
    assert "net.json:2:6: this is not JSON: expecting value" in refused(path, '{\n "a":}')
    assert "net.json:1:9: this is not JSON" in refused(path, '{"a": [1')
    assert "the file is not UTF-8 text (save it as UTF-8)" in refused(path, b'{"a": "\xff"}')
    no_model = "no model of Keras, which has 'class_name' and 'config' (a spec in JSON is YAML, too"
    for text in ("{}", "[]", "3", '"class_name"', '{"class_name": "Model"}'):
        assert no_model in refused(path, text)
    assert "a number has too many digits" in refused(path, "9" * 10_000)
    assert "nested too deep" in refused(path, "[" * 1_000_000)
    assert "larger than 16 MiB" in refused(path, b" " * (1 << 24 | 1))
    with pytest.raises(ArchcalcError, match="No such file"):
        read_model(str(path.parent / "none.keras"))
    folder = path.parent / "dir.keras"
    folder.mkdir()
    with pytest.raises(ArchcalcError, match="Is a directory"):
        read_model(str(folder))


def test_hdf5_is_refused_with_the_way_out(path: Path) -> None:
    for name in ("a.h5", "a.hdf5", "a.keras"):
        says = refused(path.with_name(name), b"\x89HDF\r\n\x1a\n")
        assert "does not read HDF5 files; save the model with model.save('model.keras'), or write" in says


# --- archives -----------------------------------------------------------------------------------------------


def archive(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w", method) as file:
        warnings.simplefilter("ignore")
        for name, content in members.items():
            file.writestr(name, content)
    return path.read_bytes()


def test_hostile_archives(path: Path) -> None:
    path = path.with_name("net.keras")
    config = FILES[0].encode()
    assert "no .keras archive (a zip file)" in refused(path, config)
    assert "the archive has no config.json" in refused(path, archive(path, {"../config.json": config}))
    bomb = archive(path, {"config.json": b" " * (1 << 25)})
    assert len(bomb) < 1 << 19
    assert "the configuration is larger than 16 MiB" in refused(path, bomb)
    # The archive says that the member is small.
    size = struct.pack("<I", 1 << 25)
    assert "broken" in refused(path, bomb.replace(size, struct.pack("<I", 9)))
    for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        assert "compressed or encrypted" in refused(path, archive(path, {"config.json": config}, method))
    good = archive(path, {"config.json": config})
    flags = good.replace(b"PK\x01\x02\x14\x03\x14\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01\x00")
    assert flags != good
    assert "compressed or encrypted" in refused(path, flags)
    for end in (10, 40, len(good) // 2, len(good) - 1):
        assert "broken" in refused(path, good[:end])
    spoilt = bytearray(good)
    spoilt[60:90] = b"\xff" * 30
    assert "broken" in refused(path, bytes(spoilt))
    # The list of the members claims to have 4 GiB.
    at = good.rindex(b"PK\x05\x06")
    assert "broken" in refused(path, good[: at + 12] + b"\xfe\xff\xff\xff" + good[at + 16 :])


def test_no_other_member_is_opened(path: Path) -> None:
    path = path.with_name("net.keras")
    weights = {"model.weights.h5": b"\x00" * 99, "../../evil": b"x", "/etc/passwd": b"x"}
    archive(path, weights | {"config.json": (MODELS / "twins.json").read_bytes()})
    assert len(read_model(str(path)).layers) > 5
    assert sorted(path.parent.iterdir()) == [path]


# --- models -------------------------------------------------------------------------------------------------


def functional(layers: list[Any], last: str) -> str:
    entry = {"class_name": "InputLayer", "name": "n0", "config": {"batch_shape": [None, 4]}}
    config = {"layers": [entry, *layers], "input_layers": [["n0", 0, 0]], "output_layers": [[last, 0, 0]]}
    return json.dumps({"class_name": "Functional", "config": config})


def relu(number: int, *calls: str) -> dict[str, Any]:
    nodes = [[[name, 0, 0, {}]] for name in calls]
    return {"class_name": "ReLU", "name": f"n{number}", "config": {}, "inbound_nodes": nodes}


def test_many_layers_take_bounded_time(path: Path) -> None:
    """No work grows with the square of the layers: else this test takes minutes."""
    chain = [relu(number, f"n{number - 1}") for number in range(1, 2001)]
    path.write_text(functional(chain[::-1], "n2000"), encoding="utf-8")
    assert len(read_model(str(path)).layers) == 2000
    path.write_text(functional([relu(1, *["n0"] * 2000)], "n1"), encoding="utf-8")
    assert len(read_model(str(path)).layers) == 1
    unknown = [relu(number, "n0") | {"class_name": f"T{number}"} for number in range(1, 2001)]
    assert "... and 1950 more" in refused(path, functional(unknown, "n1"))


def test_models_in_models_are_bounded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner: dict[str, Any] = {"class_name": "ReLU", "config": {}}
    for depth in range(40):
        layers = [inner | {"config": inner["config"] | {"name": f"m{number}"}} for number in range(2)]
        inner = {
            "class_name": "Sequential",
            "config": {"name": "m", "layers": layers[: 2 if depth < 2 else 1]},
        }
    inner["config"]["batch_input_shape"] = [None, 4]
    assert "the models are nested too deep" in refused(path, json.dumps(inner))
    # Each model calls the one inside of it 60 times: 60**4 layers.
    monkeypatch.setattr(graph, "MOST_CALLS", 5_000)
    model: dict[str, Any] = {"class_name": "ReLU", "config": {}}
    for _ in range(4):
        entry = {"class_name": "InputLayer", "name": "n0", "config": {"batch_shape": [None, 4]}}
        calls = [[[("n0" if not number else "n1"), max(number - 1, 0), 0, {}]] for number in range(60)]
        layers = [entry, model | {"name": "n1", "inbound_nodes": calls}]
        config = {"name": "n1", "layers": layers, "input_layers": [["n0", 0, 0]]}
        model = {"class_name": "Functional", "config": config | {"output_layers": [["n1", 59, 0]]}}
    assert "the model has more than 5,000 layers" in refused(path, json.dumps(model))


def test_arguments_are_bounded(path: Path) -> None:
    deep: Any = ["n0", 0, 0]
    for _ in range(200):
        deep = [deep]
    layer = relu(1) | {"inbound_nodes": [{"args": deep, "kwargs": {}}]}
    assert "nested too deep" in refused(path, functional([layer], "n1"))


def test_the_terminal_is_not_controlled(path: Path) -> None:
    layer = relu(1, "n0") | {"class_name": "Re\x1b[31mLU", "name": "\x1b[31m"}
    says = refused(path, functional([layer], "\x07"))
    assert not {"\x1b", "\x07"} & set(says)


def test_the_command_exits_with_2(path: Path) -> None:
    path.write_text('{"class_name"', encoding="utf-8")
    for args in (["table"], ["import"], ["compare", "vgg16"]):
        done = run(*args, str(path))
        assert (done.returncode, done.stdout) == (2, ""), done.stderr
        assert "net.json:1:14: error: this is not JSON: expecting ':' delimiter" in done.stderr


def mutated(text: str, draw: random.Random) -> str:
    """A file with a few changes: values that change places, keys that go, letters."""
    values = json.loads(text)
    for _ in range(draw.choice((1, 1, 1, 1, 2, 3, 10))):
        holders = [holder for holder in _holders(values) if holder] or [["left"]]
        holder, other = draw.choice(holders), draw.choice(holders)
        key, from_ = draw.choice(_keys(holder)), draw.choice(_keys(other))
        kind = draw.randrange(4)
        if kind == 0:
            del holder[key]
        else:
            holder[key] = deepcopy(draw.choice(WORDS) if kind < 3 else other[from_])
    out = json.dumps(values)
    if draw.randrange(10) == 0:
        place = draw.randrange(len(out))
        out = out[:place] + draw.choice(("", "}", "[", '"', "\\", "\x00", "9" * 30)) + out[place + 1 :]
    return out


def _holders(value: Any) -> list[Any]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return ([value] if isinstance(value, dict | list) else []) + [one for v in inner for one in _holders(v)]


def _keys(holder: Any) -> list[Any]:
    return list(holder) if isinstance(holder, dict) else list(range(len(holder)))


def test_mutated_files_give_a_network_or_a_message(path: Path) -> None:
    draw = random.Random(SEED)
    read = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ArchcalcWarning)
        for _ in range(MUTANTS):
            text = draw.choice(FILES)
            path.write_text(mutated(text, draw), encoding="utf-8", errors="surrogatepass")
            with suppress(ArchcalcError):
                archcalc.analyze(str(path), ["input=1x15x15x3"] if "2.15.0" in text else ())
                read += 1
    assert read > MUTANTS // 20
