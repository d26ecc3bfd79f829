"""Networks for text and sound beside the models of their authors and of others.

``facts/sequences.csv`` has what these models are: the modules of transformers on the meta device, counted by
PyTorch's FlopCounterMode, and figures that their programs print. transformers is too large for CI, so its
figures are recorded there with its version. PyTorch's own modules are built here. ARCHCALC_GOLDEN=1 writes
the table of docs/zoo.md.
"""

from __future__ import annotations

import csv
import os
import re
from pathlib import Path
from typing import Any

import pytest

import archcalc
from archcalc.engine.walk import walk_or_raise
from archcalc.network import Network

FACTS = Path(__file__).parent.parent / "facts" / "sequences.csv"
PAGE = Path(__file__).parents[2] / "docs" / "zoo.md"
TABLE = re.compile(r"(?<=<!-- sequences: begin -->\n).*?(?=<!-- sequences: end -->)", re.DOTALL)


def facts() -> list[dict[str, str]]:
    with open(FACTS, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def network_of(fact: dict[str, str]) -> Network:
    pairs = (item.split("=") for item in fact["settings"].split())
    return archcalc.load(fact["name"], {name: int(value) for name, value in pairs})


def attention_macs(network: Network) -> int:
    """The MACs of the scores and of the weighted sums: the products that no array takes part in."""
    steps, _ = walk_or_raise(network)
    parts = [part for step in steps for part in step.op.parts(step.xs, step.y)]
    return sum(part.cost["macs"] for part in parts if part.name in ("scores", "weighted_sum"))


def id_of(fact: dict[str, str]) -> str:
    return f"{fact['name']} {fact['settings']}".strip()


@pytest.mark.parametrize("fact", facts(), ids=id_of)
def test_a_network_is_the_model_of_others(fact: dict[str, str]) -> None:
    network = network_of(fact)
    found = archcalc.analyze(network)
    assert found.totals.params + int(fact["left_out"]) == int(fact["params"])
    if fact["macs"]:
        assert found.totals.macs == int(fact["macs"])
        assert attention_macs(network) == int(fact["attention_macs"])
    if fact["output"]:
        # Of one token, the model has a vector.
        sizes = [str(size) for size in found.layers[-1].output]
        assert "x".join(sizes).removeprefix("1x") == fact["output"]


# --- the modules of PyTorch -------------------------------------------------------------------------------


def counted(module: Any, *xs: Any) -> tuple[int, int]:
    """The MACs of a module, and those of its attention, by PyTorch's own counter."""
    counter = pytest.importorskip("torch.utils.flop_counter").FlopCounterMode(display=False)
    with counter:
        module(*xs)
    by_op = {str(op): flops for op, flops in counter.get_flop_counts()["Global"].items()}
    attention = sum(flops for op, flops in by_op.items() if "bmm" in op or "scaled_dot" in op)
    return counter.get_total_flops() // 2, attention // 2


def params_of(module: Any) -> int:
    return sum(array.numel() for array in module.parameters())


@pytest.mark.parametrize(("name", "width"), [("transformer-base", 512), ("transformer-big", 1024)])
def test_the_transformer_is_that_of_pytorch(name: str, width: int) -> None:
    """PyTorch's has biases in its attention and a norm behind each half, but no embeddings."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    settings = {"tokens": 20, "target_tokens": 30, "attention_bias": True}
    network = archcalc.load(name, settings)
    totals = archcalc.analyze(network).totals
    with torch.device("meta"):
        theirs = torch.nn.Transformer(width, width // 64, 6, 6, 4 * width, dropout=0, batch_first=True)
        macs, attention = counted(theirs, torch.empty(1, 20, width), torch.empty(1, 30, width))
    assert totals.params == params_of(theirs) - 4 * width + 37000 * width
    assert totals.macs == macs + 30 * 37000 * width
    assert attention_macs(network) == attention


@pytest.mark.parametrize(("name", "units", "layers"), [("char-rnn-128", 128, 2), ("char-rnn-512x3", 512, 3)])
def test_the_character_lstm_is_that_of_pytorch(name: str, units: int, layers: int) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    found = archcalc.analyze(name)
    characters = found.input[-1]
    with torch.device("meta"):
        theirs = torch.nn.LSTM(characters, units, layers), torch.nn.Linear(units, characters)
    assert found.totals.params == sum(map(params_of, theirs))


def raw_waveforms(nn: Any, first: int, stride: int, padded: bool, stages: list[list[int]]) -> Any:
    """The trunk of Table 1, written from the table: each stage has the filters of its convolutions."""

    def block(inputs: int, filters: int, kernel: int, step: int) -> list[Any]:
        # 'same' of TensorFlow: an odd zero goes to the end.
        zeros = (kernel - step) if padded else 0
        pad = nn.ConstantPad1d((zeros // 2, zeros - zeros // 2), 0.0)
        return [pad, nn.Conv1d(inputs, filters, kernel, step), nn.BatchNorm1d(filters), nn.ReLU()]

    layers = [*block(1, first, 80, stride), nn.MaxPool1d(4)]
    inputs = first
    for number, stage in enumerate(stages, 1):
        for filters in stage:
            layers += block(inputs, filters, 3, 1)
            inputs = filters
        layers += [nn.MaxPool1d(4, ceil_mode=padded)] * (number < 4)
    return nn.Sequential(*layers)


@pytest.mark.parametrize(
    ("name", "first", "stages", "classes"),
    [
        ("m3", 256, [[256]], 10),
        ("m5", 128, [[128], [256], [512]], 10),
        ("m11", 64, [[64] * 2, [128] * 2, [256] * 3, [512] * 2], 10),
        ("m18", 64, [[64] * 4, [128] * 4, [256] * 4, [512] * 4], 10),
        ("m5-torchaudio", 32, [[32], [64], [64]], 35),
    ],
)
def test_raw_waveforms_are_those_of_the_table(
    name: str, first: int, stages: list[list[int]], classes: int
) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    is_tutorial = name == "m5-torchaudio"
    found = archcalc.analyze(name)
    with torch.device("meta"):
        trunk = raw_waveforms(torch.nn, first, 16 if is_tutorial else 4, not is_tutorial, stages)
        x = torch.empty(2, 1, found.input[0])
        features = trunk(x)
        macs, _ = counted(trunk, x)
    last = stages[-1][-1]
    assert found.totals.params == params_of(trunk) + (last + 1) * classes
    assert found.totals.macs == macs // 2 + last * classes
    before_mean = next(layer for layer in found.layers if layer.op == "avgpool")
    assert before_mean.input == ((features.shape[2], last),)


# --- the page ---------------------------------------------------------------------------------------------


def test_the_page_holds_the_outcome() -> None:
    lines = [
        "| archcalc | settings | compared with | params | left out | MACs | of these, scores and sums |",
        "|---|---|---|--:|--:|--:|--:|",
    ]
    for fact in facts():
        figures = [f"{int(fact[key]):,}" if fact[key] else "" for key in COUNTS]
        lines.append(f"| {' | '.join([fact['name'], fact['settings'], fact['oracle'], *figures])} |")
    fresh = "\n".join(lines) + "\n"
    text = PAGE.read_text(encoding="utf-8")
    if os.environ.get("ARCHCALC_GOLDEN"):
        PAGE.write_text(TABLE.sub(lambda _: fresh, text), encoding="utf-8")
        return
    assert TABLE.findall(text) == [fresh]


COUNTS = ("params", "left_out", "macs", "attention_macs")
