"""Prototxt files that are no networks: one message, exit code 2, and bounded time."""

from __future__ import annotations

import random
import re
import warnings
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest
from helpers.console import run
from helpers.onnx_models import MODELS

import archcalc
from archcalc.errors import ArchcalcError, ArchcalcWarning
from archcalc.importers import read_model

SEED = 18
MUTANTS = 800
FILES = [path.read_bytes() for path in sorted(MODELS.glob("*.prototxt"))]
WORDS = (b"0", b"-1", b"9" * 30, b"1e999", b"nan", b"{", b"}", b"[", b"]", b":", b'"', b"\\", b"layer",
         b"top", b"bottom", b"2147483647", b'"data"', b"true", b"<", b">", b"0x7f", b"\xff", b"\x00", b"dim",
         b"#", b"1.5", b"axis: 3 ", b"axis: -1 ")  # fmt: skip
HEAD = 'input: "data" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8\n'


def refused(path: Path, content: bytes | str) -> str:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ArchcalcError) as caught:
        read_model(str(path))
    return str(caught.value)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "net.prototxt"


def test_files_that_are_no_prototxt(path: Path) -> None:
    assert "the file is empty" in refused(path, b"")
    assert "the file is empty" in refused(path, b" \n ")
    assert "the file has no layer" in refused(path, 'name: "a"')
    assert "the file has no layer" in refused(path, "# nothing")
    assert "net.prototxt:2:12: the file is not UTF-8 text (save it as UTF-8)" in refused(
        path, b'name: "a"\nlayer { # a\xff'
    )
    assert "here must be ':' or '{' behind 'hello', not 'world'" in refused(path, "hello world")
    assert "here must be the name of a field, not '}'" in refused(path, "}")
    assert "'3x3' is no number" in refused(path, "a: 3x3")
    assert "'\\x00' cannot stand here" in refused(path, b"\x00" * 9)
    assert "does not end on its line" in refused(path, 'name: "a\n"')
    assert "the file ends inside of this message: a '}' is missing" in refused(path, 'layer { name: "a"')
    with pytest.raises(ArchcalcError, match="No such file"):
        read_model(str(path.parent / "none.prototxt"))


def test_long_and_deep_files(path: Path) -> None:
    assert "nested more than 30 deep" in refused(path, "a {" * 100_000)
    assert "larger than 16 MiB" in refused(path, b"#" * (1 << 24 | 1))
    assert "whole number from 1" in refused(
        path,
        f'{HEAD} layer {{ type: "InnerProduct" bottom: "data" top: "y" '
        f"inner_product_param {{ num_output: {'9' * 1_000_000} }} }}",
    )
    sizes = "dim: 2147483647 " * 1000
    reshape = f'layer {{ type: "Reshape" bottom: "data" top: "y" reshape_param {{ shape {{ {sizes} }} }} }}'
    assert "cannot become" in refused(path, HEAD + reshape)


def test_many_layers_take_bounded_time(path: Path) -> None:
    """No work grows with the square of the layers: else this test takes minutes."""
    blobs = ["data", *(f"b{number}" for number in range(4000))]
    chain = [f'layer {{ type: "ReLU" bottom: "{a}" top: "{b}" }}' for a, b in pairwise(blobs)]
    path.write_text(HEAD + "\n".join(chain), encoding="utf-8")
    assert len(read_model(str(path)).layers) == 4000
    tops = " ".join(f'top: "{blob}"' for blob in blobs[1:])
    many = f'layer {{ type: "Slice" bottom: "data" {tops} }}'
    path.write_text(HEAD.replace("3", "4000", 1) + many, encoding="utf-8")
    assert len(read_model(str(path)).layers) == 4000
    options = "convolution_param { num_output: 3 kernel_size: 1 }"
    conv = f'layer {{ type: "Convolution" bottom: "data" top: "data" {options} }}'
    row = 'layer { type: "Sigmoid" bottom: "data" top: "data" }\n' * 4000
    path.write_text(HEAD + conv + row, encoding="utf-8")
    assert len(read_model(str(path)).layers) == 4001
    unknown = "\n".join(
        f'layer {{ type: "T{number}" bottom: "data" top: "b{number}" }}' for number in range(2000)
    )
    assert "... and 1950 more" in refused(path, HEAD + unknown)


def test_the_terminal_is_not_controlled(path: Path) -> None:
    says = refused(path, HEAD + 'layer { name: "\x1b[31m" type: "Re\x1b[31mLU" bottom: "data" top: "\x07" }')
    assert not {"\x1b", "\x07"} & set(says)


def test_the_command_exits_with_2(path: Path) -> None:
    path.write_text('layer { name: "a"', encoding="utf-8")
    for args in (["table"], ["import"], ["compare", "vgg16"]):
        done = run(*args, str(path))
        assert (done.returncode, done.stdout) == (2, ""), done.stderr
        assert "net.prototxt:1:7: error: the file ends inside of this message" in done.stderr


def mutated(data: bytes, draw: random.Random) -> bytes:
    """A file with a few changes: words that change places, bytes, lines."""
    out = bytearray(data)
    words = [match.span() for match in re.finditer(rb'[A-Za-z_]\w*|\d+|"[^"]*"|[{}:]', data)]
    for _ in range(draw.choice((1, 1, 1, 1, 1, 2, 3, 10))):
        kind, place = draw.randrange(6), draw.randrange(len(out))
        if kind < 3:
            start, end = draw.choice(words)
            first, last = draw.choice(words)
            out[start:end] = data[first:last] if kind else draw.choice(WORDS)
        elif kind == 3:
            out[place : place + draw.randrange(40)] = draw.choice((b"", draw.choice(WORDS)))
        else:
            lines = bytes(out).split(b"\n")
            lines.insert(
                draw.randrange(len(lines)), lines.pop(draw.randrange(len(lines))) if kind == 4 else lines[0]
            )
            out = bytearray(b"\n".join(lines))
    return bytes(out) or b"\x00"


def test_mutated_files_give_a_network_or_a_message(path: Path) -> None:
    draw = random.Random(SEED)
    read = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ArchcalcWarning)
        for _ in range(MUTANTS):
            data = mutated(draw.choice(FILES), draw)
            path.write_bytes(data)
            with suppress(ArchcalcError):
                archcalc.analyze(str(path), ["input=1x3x24x24"] if b"Phases" in data else ())
                read += 1
    assert read > MUTANTS // 20
