"""Files that are no networks: one message, exit code 2, and bounded time."""

from __future__ import annotations

import random
import subprocess
import sys
import warnings
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest
from helpers.onnx_models import MODELS, ROOT

import archcalc
from archcalc.errors import ArchcalcError, ArchcalcWarning

SEED = 18
MUTANTS = 3000


def refused(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    with pytest.raises(ArchcalcError) as caught:
        archcalc.analyze(str(path))
    return str(caught.value)


def field(number: int, data: bytes) -> bytes:
    """A field of protobuf that holds bytes."""
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


def value_info(number: int, name: bytes, *sizes: int) -> bytes:
    dims = b"".join(field(1, b"\x08" + _varint(size)) for size in sizes)
    declared = field(2, field(1, field(2, dims))) if sizes else b""
    return field(number, field(1, name) + declared)


def node(op: bytes, inputs: list[bytes], output: bytes) -> bytes:
    reads = b"".join(field(1, name) for name in inputs)
    return field(1, reads + field(2, output) + field(4, op))


def graph(*nodes: bytes, sizes: tuple[int, ...] = (1, 3, 8, 8), output: bytes = b"y") -> bytes:
    return field(7, b"".join(nodes) + value_info(11, b"x", *sizes) + value_info(12, output))


def test_files_that_are_no_graph(tmp_path: Path) -> None:
    path = tmp_path / "a.onnx"
    small = (ROOT / "examples" / "small.onnx").read_bytes()
    assert "the file is empty" in refused(path, b"")
    assert "not an ONNX file, or it is cut off" in refused(path, b"hello world, this is text")
    assert "not an ONNX file, or it is cut off" in refused(path, small[: len(small) // 2])
    assert "not an ONNX file" in refused(path, field(2, b"no graph"))
    with pytest.raises(ArchcalcError, match="No such file"):
        archcalc.analyze(str(tmp_path / "none.onnx"))
    (tmp_path / "folder.onnx").mkdir()
    with pytest.raises(ArchcalcError, match="directory"):
        archcalc.analyze(str(tmp_path / "folder.onnx"))


def test_graphs_that_make_no_sense(tmp_path: Path) -> None:
    path = tmp_path / "a.onnx"
    cycle = graph(node(b"Relu", [b"y"], b"z"), node(b"Relu", [b"z"], b"y"))
    assert "reads 'y', which no node before it gives" in refused(path, cycle)
    assert "no layer leads to an output" in refused(path, graph(output=b"x"))
    assert "no layer leads to an output" in refused(
        path, field(7, value_info(11, b"a", 1) + value_info(11, b"b", 1))
    )
    assert "has 1 axes" in refused(path, graph(node(b"Relu", [b"x"], b"y"), sizes=(1,)))
    huge = graph(node(b"Relu", [b"x"], b"y"), sizes=(1, 2**40, 2**40, 8))
    assert "values" in refused(path, huge)
    secret = graph(node(b"Conv\x1b[31m", [b"x"], b"y"))
    assert "\x1b" not in refused(path, secret)


def test_long_graphs_take_bounded_time(tmp_path: Path) -> None:
    names = [b"x", *(b"t%d" % number for number in range(20_000))]
    chain = [node(b"Add", [a, a], b) for a, b in pairwise(names)]
    doubled = graph(*chain, output=names[-1])
    path = tmp_path / "long.onnx"
    path.write_bytes(doubled)
    assert len(archcalc.analyze(str(path)).layers) == 20_000
    steps = [node(b"Mul" if number % 2 else b"Sigmoid", [a, a][: 1 + number % 2], b)
             for number, (a, b) in enumerate(pairwise(names[:2001]))]  # fmt: skip
    path.write_bytes(graph(*steps, output=names[2000]))
    assert len(archcalc.analyze(str(path)).layers) == 2000


def test_the_command_says_it_in_one_message(tmp_path: Path) -> None:
    path = tmp_path / "cut.onnx"
    path.write_bytes(b"\x08\x08\x3a\xff")
    for args in (["table"], ["import"], ["lock"], ["compare", "vgg16"]):
        done = subprocess.run(
            [sys.executable, "-m", "archcalc", *args, str(path)], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout) == (2, ""), done.stderr
        assert done.stderr.startswith("archcalc: error: ")
        assert done.stderr.count("\n") == 1


def mutated(data: bytes, draw: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(draw.choice((1, 1, 2, 5, 20))):
        place = draw.randrange(len(out))
        kind = draw.randrange(4)
        if kind == 0:
            out[place] = draw.randrange(256)
        elif kind == 1:
            del out[place : place + draw.randrange(1, 9)]
        elif kind == 2:
            out[place:place] = draw.randbytes(draw.randrange(1, 9))
        else:
            out[place] ^= 1 << draw.randrange(8)
        if not out:
            return b"\x00"
    return bytes(out)


@pytest.mark.parametrize("name", ["shuffled", "stepwise", "tokens", "free"])
def test_mutated_files_give_a_network_or_a_message(name: str, tmp_path: Path) -> None:
    draw = random.Random(SEED)
    data = (MODELS / f"{name}.onnx").read_bytes()
    path = tmp_path / "mutant.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ArchcalcWarning)
        for _ in range(MUTANTS // 4):
            path.write_bytes(mutated(data, draw))
            with suppress(ArchcalcError):
                archcalc.analyze(str(path), ["input=1x3x8x8"] if name == "free" else ())


def test_constants_that_lack_their_attributes(tmp_path: Path) -> None:
    path = tmp_path / "a.onnx"
    for op in (b"Constant", b"Slice", b"Gather", b"Concat"):
        constant = node(b"Constant", [], b"c")
        refused(path, graph(constant, node(op, [b"c"], b"d"), node(b"Reshape", [b"x", b"d"], b"y")))
