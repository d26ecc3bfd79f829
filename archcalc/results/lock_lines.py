"""One line of a lock: a layer with its followers, as text.

``conv1: conv 224x224x3 -> 112x112x64 weights 9408 macs 118013952; bn norm_params 128 buffers 128 flops
1605632; relu flops 802816`` is a conv, and a bn and a relu that follow it. A line says only what is not the
rule. The rule: a layer keeps its shape; a follower reads the output before it, and its name is its op; params
are the sum of weights, biases and norm_params; FLOPs are twice the MACs; every other figure is 0.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from archcalc.results import Shape

MOST = 10**250 - 1
"""The largest count. A float can hold 10**300, so the ratio of two counts can be printed in percent."""
COUNT = "(?:0|[1-9][0-9]{0,249})"
SHAPE = f"{COUNT}(?:x{COUNT})*"
WORD = r"[^\W\d]\w*"
"""An op or a quantity in a line."""

_INPUT = rf"(?:[1-9][0-9]{{0,3}}\*)?{SHAPE}"
_INPUTS = rf"{_INPUT}(?: \+ {_INPUT})*"
_FIGURES = f"(?: {WORD} {COUNT})*"
_LINE = re.compile(rf"{WORD} (?:{_INPUTS} -> )?{SHAPE}{_FIGURES}(?:; {WORD}(?: -> {SHAPE})?{_FIGURES})*\Z")
_LAYER = re.compile(rf"({WORD}) (?:({_INPUTS}) -> )?({SHAPE})({_FIGURES})\Z")
_FOLLOWER = re.compile(rf"({WORD})(?: -> ({SHAPE}))?({_FIGURES})\Z")
_EQUAL_INPUTS = re.compile(rf"(?:([0-9]+)\*)?({SHAPE})")

PARTS_OF_PARAMS = ("weights", "biases", "norm_params")
_FLOPS_OF_A_MAC = 2


class Costs(NamedTuple):
    """What a lock says of a layer: its op, its shapes and the counts that are not 0, for one image."""

    op: str
    input: tuple[Shape, ...]
    output: Shape
    figures: Mapping[str, int]


# --- writing ------------------------------------------------------------------------------------------


def shape_text(shape: Shape) -> str:
    """A shape as it stands in a lock.

    >>> shape_text((224, 224, 3))
    '224x224x3'
    """
    return "x".join(map(str, shape))


class LayerTexts(NamedTuple):
    """A layer as a line begins with it, and as a follower of the layer before it."""

    alone: str
    following: str


class LineWriter:
    """Writes layers without their paths, for a lock that holds some ``quantities`` of layers.

    ``figures`` have all of these quantities.

    >>> write = LineWriter(["params", "weights", "macs", "flops"])
    >>> figures = {"params": 108, "weights": 108, "macs": 6912, "flops": 14080}
    >>> write.layer("conv", ["8x8x3"], "8x8x4", figures).alone
    'conv 8x8x3 -> 8x8x4 weights 108 macs 6912 flops 14080'
    """

    def __init__(self, quantities: Sequence[str]) -> None:
        self._plain = [key for key in quantities if key not in ("params", "flops")]
        self._parts = [key for key in PARTS_OF_PARAMS if key in quantities]
        self._has_params, self._has_flops, self._has_macs = (
            key in quantities for key in ("params", "flops", "macs")
        )

    def layer(self, op: str, inputs: Sequence[str], output: str, figures: Mapping[str, int]) -> LayerTexts:
        """A layer with its shapes and those of its figures that are not as the rule says."""
        counts = self._counts(figures)
        if len(inputs) == 1:
            if inputs[0] == output:
                return LayerTexts(f"{op} {output}{counts}", f"{op}{counts}")
            return LayerTexts(f"{op} {inputs[0]} -> {output}{counts}", f"{op} -> {output}{counts}")
        equal = [(shape, len(list(group))) for shape, group in groupby(inputs)]
        shapes = " + ".join([shape if count == 1 else f"{count}*{shape}" for shape, count in equal])
        return LayerTexts(f"{op} {shapes} -> {output}{counts}", f"{op} -> {output}{counts}")

    def _counts(self, figures: Mapping[str, int]) -> str:
        text = "".join([f" {key} {count}" for key in self._plain if (count := figures[key])])
        if self._has_params and figures["params"] != sum([figures[key] for key in self._parts]):
            text = f" params {figures['params']}{text}"
        if self._has_flops:
            flops = figures["flops"]
            if flops != (_FLOPS_OF_A_MAC * figures["macs"] if self._has_macs else 0):
                text = f"{text} flops {flops}"
        return text


# --- reading ------------------------------------------------------------------------------------------


def is_line(text: str) -> bool:
    """Whether a text may be a line. It need not be right: a figure may stand twice in it.

    >>> is_line("conv 8x8x3 -> 8x8x4 weights 108; relu"), is_line("conv 8x8x4 weights"), is_line("conv")
    (True, False, False)
    """
    return bool(_LINE.match(text))


def read_line(text: str, quantities: Collection[str]) -> list[Costs]:
    """The layer of a line, without its path, and its followers. Raises ValueError if it is no such line.

    >>> read_line("conv 8x8x3 -> 8x8x4 weights 108 macs 6912; relu flops 256", ["params", "flops"])[1]
    Costs(op='relu', input=((8, 8, 4),), output=(8, 8, 4), figures={'flops': 256})
    """
    if not is_line(text):
        raise ValueError(f"no line of a lock: {text}")
    first, *followers = text.split("; ")
    op, inputs, output, figures = _groups(_LAYER, first)
    size = _shape(output)
    layers = [Costs(op, tuple(_shapes(inputs)) if inputs else (size,), size, _figures(figures, quantities))]
    for follower in followers:
        op, changed, figures = _groups(_FOLLOWER, follower)
        before, size = size, _shape(changed) if changed else size
        layers.append(Costs(op, (before,), size, _figures(figures, quantities)))
    return layers


def _groups(pattern: re.Pattern[str], text: str) -> tuple[str, ...]:
    found = pattern.match(text)
    assert found  # a part of a line
    return found.groups(default="")


def _shapes(text: str) -> Iterator[Shape]:
    for count, shape in _EQUAL_INPUTS.findall(text):
        yield from [_shape(shape)] * int(count or 1)


def _shape(text: str) -> Shape:
    return tuple(map(int, text.split("x")))


def _implied(figures: Mapping[str, int], quantities: Collection[str]) -> dict[str, int]:
    """The figures that a line leaves out if they are as its other figures say."""
    params = sum(figures.get(key, 0) for key in PARTS_OF_PARAMS)
    implied = {"params": params, "flops": _FLOPS_OF_A_MAC * figures.get("macs", 0)}
    return {key: count for key, count in implied.items() if key in quantities}


def _figures(text: str, quantities: Collection[str]) -> dict[str, int]:
    words = text.split()
    given = dict(zip(words[::2], map(int, words[1::2]), strict=True))
    if 2 * len(given) < len(words):
        raise ValueError(f"a figure stands twice: {text.strip()}")
    figures = {**given, **{key: n for key, n in _implied(given, quantities).items() if key not in given}}
    return {key: count for key, count in figures.items() if count}
