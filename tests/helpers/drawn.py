"""Strategies of Hypothesis for whole networks as YAML: branches, repeats, blocks and auxiliary heads.

A network is drawn item by item. An item that does not fit is left out. So every op and every construct of the
language can be drawn, whatever it asks of its input.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from helpers.strategies import MOST, MOST_SIDE, option_values
from hypothesis import strategies as st

from archcalc.errors import ArchcalcError, Source
from archcalc.language.parse import parse
from archcalc.network import Network
from archcalc.ops import OPS
from archcalc.ops.options import options_of
from archcalc.results import Analysis, Shape
from archcalc.studies.analyze import analyze

Draw = Callable[[Any], Any]

ONE_INPUT = sorted(name for name, op in OPS.items() if not op.many)
MERGES = ("concat", "add")
SAME_SHAPE = ("relu", "bn", "tanh", "scale", "sigmoid", "dropout")
"""Ops whose output is as large as their input, which lets branches meet again."""


@dataclass(eq=False)
class Item:
    """A layer, or a merge with its branches (``parts``) or with the layers that it reads (``reads``)."""

    op: str
    name: str
    options: dict[str, Any] = field(default_factory=dict)
    then: list[str] = field(default_factory=list)
    parts: list[list[Item]] = field(default_factory=list)
    reads: list[Item] = field(default_factory=list)

    def yaml(self, rounds: str) -> str:
        main = {chr(97 + place): written_items(part, rounds) for place, part in enumerate(self.parts)}
        entries = {
            self.op: flow(main) if main else "",
            **{name: flow(value) for name, value in self.options.items()},
        }
        if self.then:
            entries["then"] = flow(self.then)
        if self.reads:
            entries["from"] = flow([item.name for item in self.reads])
        entries["name"] = f'"{self.name}{rounds}"'
        return flow(entries)


@dataclass(eq=False)
class Group:
    """A repeat, the use of a block, or an auxiliary head."""

    kind: str
    name: str
    items: list[Item]
    times: int = 1

    def yaml(self) -> str:
        if self.kind == "repeat":
            return f"{{repeat: {self.times}, as: i, layers: {written_items(self.items, '_{i}')}}}"
        if self.kind == "aux":
            return f"{{aux: {written_items(self.items, '')}, name: {self.name}}}"
        return "\n  - ".join([self.name] * self.times)


@dataclass(eq=False)
class Net:
    """A network as it is drawn, to be changed and written again."""

    size: list[int]
    items: list[Item | Group] = field(default_factory=list)

    def yaml(self) -> str:
        blocks = [item for item in self.items if isinstance(item, Group) and item.kind == "block"]
        lines = ["name: net", f"input: {flow(self.size)}"]
        if blocks:
            lines += [
                "blocks:",
                *(f"  {one.name}: {{layers: {written_items(one.items, '')}}}" for one in blocks),
            ]
        layers = [f"  - {item.yaml('') if isinstance(item, Item) else item.yaml()}" for item in self.items]
        return "\n".join([*lines, "layers:", *layers] if layers else [*lines, "layers: []"]) + "\n"

    def network(self) -> Network:
        """Read as a spec. Raises ArchcalcError."""
        return parse(Source("net.yaml", self.yaml())).bind()

    def analysis(self) -> Analysis | None:
        """With its auxiliary heads; None if it does not fit."""
        try:
            return analyze(self.network(), aux=True)
        except ArchcalcError:
            return None

    def all_items(self) -> Iterator[Item]:
        for item in self.items:
            for one in [item] if isinstance(item, Item) else item.items:
                yield one
                yield from (inner for part in one.parts for inner in part)


def flow(value: Any) -> str:
    """A value in YAML's flow style; texts are written as they are."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {flow(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value.numerator}/{value.denominator}" if isinstance(value, Fraction) else str(value)


def written_items(items: list[Item], rounds: str) -> str:
    return "[" + ", ".join(item.yaml(rounds) for item in items) + "]"


@st.composite
def nets(draw: Draw, most: int = 6) -> Net:
    """A network that fits."""
    rank = draw(st.sampled_from([2, 2, 2, 1, 3, 0]))
    net = Net([draw(st.integers(1, MOST_SIDE)) for _ in range(rank)] + [draw(st.integers(1, 2 * MOST))])
    for number in range(draw(st.integers(1, most))):
        grown = copy.copy(net)
        grown.items = [*net.items, draw(_next(net, number))]
        if grown.analysis() is not None:
            net = grown
    return net


@st.composite
def _next(draw: Draw, net: Net, number: int) -> Item | Group:
    x = output_of(net)
    kind = draw(st.sampled_from(["layer"] * 6 + ["split", "split", "merge", "repeat", "block", "aux"]))
    name = f"l{number}"
    if kind == "split":
        sides = [draw(st.lists(st.just(0), max_size=2)) for _ in range(draw(st.integers(1, 3)))]
        parts = [
            [draw(layer(x, f"{name}{'abc'[place]}{deep}", same_shape=True)) for deep in range(len(side))]
            for place, side in enumerate(sides)
        ]
        return draw(_merge(name, parts, []))
    known = [item for item in net.items if isinstance(item, Item)]
    if kind == "merge" and known:
        return draw(_merge(name, [], draw(st.lists(st.sampled_from(known), min_size=1, max_size=3))))
    if kind in ("repeat", "block", "aux"):
        count = draw(st.integers(1, 3))
        items = [draw(layer(x, f"{name}_{deep}", same_shape=draw(st.booleans()))) for deep in range(count)]
        return Group(kind, f"{kind}_{number}", items, draw(st.integers(1, 3)))
    return draw(layer(x, name))


@st.composite
def _merge(draw: Draw, name: str, parts: list[list[Item]], reads: list[Item]) -> Item:
    op = draw(st.sampled_from(MERGES))
    options = (
        {"channels": draw(st.sampled_from(["same", "zero-pad"]))}
        if op == "add" and draw(st.booleans())
        else {}
    )
    return Item(op, name, options, parts=parts, reads=reads)


@st.composite
def layer(draw: Draw, x: Shape, name: str, same_shape: bool = False) -> Item:
    """A layer for an input of that shape; whether it fits remains to be seen."""
    op = draw(st.sampled_from(SAME_SHAPE if same_shape and draw(st.booleans()) else ONE_INPUT))
    if same_shape and op not in SAME_SHAPE:
        return Item("conv", name, {"filters": x[-1], "kernel": 3, "pad": "same"})
    options = {}
    for item in options_of(OPS[op]).values():
        if item.required or draw(st.integers(0, 2)) == 0:
            value = draw(values(op, item.name, x))
            if value is not None:
                options[item.name] = value
    return Item(op, name, options, draw(st.sampled_from([[], [], [], ["relu"], ["bn", "relu"]])))


def values(op: str, name: str, x: Shape) -> st.SearchStrategy[Any]:
    """Values of an option, for an input of that shape; None leaves it out."""
    if name == "table":
        row = st.lists(st.integers(0, x[-1] - 1), min_size=1, max_size=3, unique=True)
        return st.none() | st.lists(row, min_size=1, max_size=MOST)
    return option_values(OPS[op], options_of(OPS[op])[name], len(x) - 1)


def output_of(net: Net) -> Shape:
    found = net.analysis()
    number = net.network().output
    return found.layers[number - 1].output if found and number else tuple(net.size)
