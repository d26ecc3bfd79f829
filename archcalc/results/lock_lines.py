"""One line of a lock: a layer with its followers, as text.

``conv1: conv 224x224x3 -> 112x112x64 weights 9408 macs 118013952; bn norm_params 128 buffers 128 flops
1605632; relu flops 802816`` is a conv, and a bn and a relu that follow it. A line says only what is not the
rule. The rule: a layer keeps its shape; a follower reads the output before it, and its name is its op; params
are the sum of weights, biases and norm_params; FLOPs are twice the MACs; every other figure is 0.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from itertools import groupby
from typing import NamedTuple

from archcalc.results import Shape

MOST = 10**250 - 1
"""The largest count. A float can hold 10**300, so the ratio of two counts can be printed in percent."""
COUNT = "(?:0|[1-9][0-9]{0,249})"
WORD = r"[^\W\d]\w*"
"""An op or a quantity in a line."""

_SHAPE = f"{COUNT}(?:x{COUNT})*"
_INPUT = rf"(?:([1-9][0-9]{{0,3}})\*)?({_SHAPE})"
_INPUTS = rf"(?:[1-9][0-9]{{0,3}}\*)?{_SHAPE}"
_FIGURES = f"((?: {WORD} {COUNT})*)"
_LAYER = re.compile(rf"({WORD}) (?:({_INPUTS}(?: \+ {_INPUTS})*) -> )?({_SHAPE}){_FIGURES}\Z")
_FOLLOWER = re.compile(rf"({WORD})(?: -> ({_SHAPE}))?{_FIGURES}\Z")
_EQUAL_INPUTS = re.compile(_INPUT)

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


def layer_text(costs: Costs, quantities: Collection[str]) -> str:
    """A layer without its path; ``quantities`` are the figures that the lock holds.

    >>> layer_text(Costs("add", ((8, 8, 4), (8, 8, 4)), (8, 8, 4), {"flops": 256}), ["flops"])
    'add 2*8x8x4 -> 8x8x4 flops 256'
    """
    is_kept = costs.input == (costs.output,)
    shapes = "" if is_kept else f"{' + '.join(_inputs(costs.input))} -> "
    return f"{costs.op} {shapes}{shape_text(costs.output)}{_figures_text(costs.figures, quantities)}"


def follower_text(costs: Costs, quantities: Collection[str]) -> str:
    """A layer that reads the output of the layer written before it.

    >>> follower_text(Costs("relu", ((8, 8, 4),), (8, 8, 4), {"flops": 256}), ["flops"])
    'relu flops 256'
    """
    changed = "" if costs.input == (costs.output,) else f" -> {shape_text(costs.output)}"
    return f"{costs.op}{changed}{_figures_text(costs.figures, quantities)}"


def _inputs(shapes: tuple[Shape, ...]) -> Iterator[str]:
    for shape, equal in groupby(shapes):
        count = len(list(equal))
        yield shape_text(shape) if count == 1 else f"{count}*{shape_text(shape)}"


def _figures_text(figures: Mapping[str, int], quantities: Collection[str]) -> str:
    implied = _implied(figures, quantities)
    # An implied figure that is in fact 0 must be written, though a figure of 0 has no entry.
    given = {**figures, **{key: 0 for key in implied if key not in figures}}
    return "".join([f" {key} {count}" for key, count in given.items() if count != implied.get(key, 0)])


def _implied(figures: Mapping[str, int], quantities: Collection[str]) -> dict[str, int]:
    """The figures that a line leaves out if they are as its other figures say."""
    params = sum(figures.get(key, 0) for key in ("weights", "biases", "norm_params"))
    implied = {"params": params, "flops": _FLOPS_OF_A_MAC * figures.get("macs", 0)}
    return {key: count for key, count in implied.items() if key in quantities}


# --- reading ------------------------------------------------------------------------------------------


def read_line(text: str, quantities: Collection[str]) -> list[Costs]:
    """The layer of a line, without its path, and its followers. Raises ValueError if it is no such line.

    >>> read_line("conv 8x8x3 -> 8x8x4 weights 108 macs 6912; relu flops 256", ["params", "flops"])[1]
    Costs(op='relu', input=((8, 8, 4),), output=(8, 8, 4), figures={'flops': 256})
    """
    first, *followers = text.split("; ")
    found = _LAYER.match(first)
    if not found:
        raise ValueError(first)
    op, inputs, output, figures = found.groups()
    sizes = _shape(output)
    shapes = tuple(_shapes(inputs)) if inputs else (sizes,)
    layers = [Costs(op, shapes, sizes, _figures(figures, quantities))]
    for follower in followers:
        found = _FOLLOWER.match(follower)
        if not found:
            raise ValueError(follower)
        op, changed, figures = found.groups()
        before, sizes = sizes, _shape(changed) if changed else sizes
        layers.append(Costs(op, (before,), sizes, _figures(figures, quantities)))
    return layers


def _shapes(text: str) -> Iterator[Shape]:
    for count, shape in _EQUAL_INPUTS.findall(text):
        yield from [_shape(shape)] * int(count or 1)


def _shape(text: str) -> Shape:
    return tuple(map(int, text.split("x")))


def _figures(text: str, quantities: Collection[str]) -> dict[str, int]:
    words = text.split()
    given = dict(zip(words[::2], map(int, words[1::2]), strict=True))
    if 2 * len(given) < len(words):
        raise ValueError(text)  # a figure stands twice
    figures = {**given, **{key: n for key, n in _implied(given, quantities).items() if key not in given}}
    return {key: count for key, count in figures.items() if count}
