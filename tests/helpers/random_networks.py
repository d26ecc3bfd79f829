"""Random networks as specs: branches, repeats, blocks, heads, free wiring, all options of all ops.

Every layer is drawn to fit its input (``accepted``), so a network must never be refused. Choices come from
Hypothesis, which makes a failing network small, or from a plain generator of random numbers, which is fast.
(tests/helpers/drawn.py draws networks that can be changed and written again.)
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, TypeVar

from helpers.accepted import accepted
from helpers.drawn import flow
from hypothesis import strategies as st

from archcalc.ops import OPS
from archcalc.ops.base import Op, Volume, per_axis
from archcalc.ops.option_types import Choice, Count, Flag, NewAxes, Number, Padding, PerAxis, Times
from archcalc.ops.options import options_of
from archcalc.ops.window import WindowOp

T = TypeVar("T")
Entry = dict[str, Any]

MOST_VALUES = 4000  # of a volume
TRIES = 6

ONE_INPUT = sorted(name for name, op in OPS.items() if not op.many)
SPATIAL = [
    name
    for name in ONE_INPUT
    if any(isinstance(item.type, PerAxis) for item in options_of(OPS[name]).values())
]
FLAT = [name for name in ONE_INPUT if name not in SPATIAL]
OF_TWO = [name for name in ONE_INPUT if OPS[name].second_input]
SIZES = ("factor", "size")
"""Options in whose place the size of a second input may stand."""
PARTICULAR = [
    *("embedding", "glu", "gru", "lstm", "max", "mean", "parameter", "pixel_shuffle"),
    *("pixel_unshuffle", "reshape", "rnn", "transpose", "attention"),
]
"""Ops that fit few volumes, drawn more often."""
SAME_SHAPE = ["relu", "bn", "scale", "dropout", "lrn", "shuffle", "sigmoid", "tanh", "softmax", "slice"]


class Choices:
    """Where choices come from: a seeded generator of random numbers."""

    def __init__(self, seed: int | str) -> None:
        self._random = random.Random(seed)

    def whole(self, low: int, high: int) -> int:
        return self._random.randint(low, high)

    def pick(self, options: Sequence[T]) -> T:
        return options[self.whole(0, len(options) - 1)]

    def chance(self, percent: int) -> bool:
        return self.whole(1, 100) > 100 - percent


class Drawn(Choices):
    """The same from Hypothesis, where less is simpler."""

    def __init__(self, draw: Callable[[Any], Any]) -> None:
        self._draw = draw

    def whole(self, low: int, high: int) -> int:
        return self._draw(st.integers(low, high))


@st.composite
def specs(draw: Callable[[Any], Any]) -> str:
    """A spec as text."""
    return Generator(Drawn(draw)).spec()


def spec_of(seed: int | str) -> str:
    """The spec of a seed."""
    return Generator(Choices(seed)).spec()


class Generator:
    """One spec."""

    def __init__(self, choices: Choices) -> None:
        self.c = choices
        self.blocks: dict[str, Entry] = {}
        self.named: list[tuple[str, Volume]] = []
        self.names = 0

    def spec(self) -> str:
        c = self.c
        rank = c.pick([2, 2, 2, 1, 1, 3, 0])
        x = start = Volume(tuple(c.whole(1, 12 - 2 * rank) for _ in range(rank)), c.whole(1, 8))
        layers = []
        for _ in range(c.whole(1, 6)):
            entry, x = self.item(x, 2)
            layers.append(entry)
        head = ["name: net", f"input: {flow(start.dims)}"]
        if c.chance(20):
            head.append("defaults: {conv: {bias: false}, fc: {then: relu}}")
        if self.blocks:
            head += ["blocks:", *(f"  {name}: {flow(block)}" for name, block in self.blocks.items())]
        return "\n".join([*head, "layers:", *(f"  - {flow(entry)}" for entry in layers)]) + "\n"

    # --- items ----------------------------------------------------------------------------------------------

    def item(self, x: Volume, deep: int) -> tuple[Entry, Volume]:
        """A layer or what is made of several; ``deep`` is how many more may be inside each other."""
        kinds = [self.layer, self.layer, self.layer]
        if deep:
            kinds += [self.concat, self.add, self.multiply, self.matmul, self.stack, self.repeat, self.block]
            kinds += [self.positions, self.dot_product]
        if deep == 2:
            kinds += [self.aux, self.wired, self.wired]
        return self.c.pick(kinds)(x, deep - 1)

    def layer(self, x: Volume, deep: int = 0) -> tuple[Entry, Volume]:
        """Any op that fits."""
        names = self.c.pick([SPATIAL, SPATIAL, FLAT, PARTICULAR]) if x.rank else FLAT
        op = self.fitting(x, lambda: self.options(self.c.pick(names), x))
        return self.finished(op, x)

    def fitting(self, x: Volume, draw: Callable[[], Op | None], rank: int | None = None) -> Op:
        """What is drawn, once it fits ``x`` (and gives a volume of that rank)."""
        for _ in range(TRIES):
            op = draw()
            if op is None or not accepted(op, (x,)):
                continue
            y = op.shape((x,))
            if y.size <= MOST_VALUES and rank in (None, y.rank):
                return op
        return OPS["relu"]()

    def finished(self, op: Op, x: Volume) -> tuple[Entry, Volume]:
        """The op as an entry, with what follows it and a name perhaps."""
        entry, y = written(op), op.shape((x,))
        if self.c.chance(25):
            followers = ["relu", "bn", "tanh", {"dropout": Fraction(1, 2)}]
            entry["then"] = [self.c.pick(followers) for _ in range(self.c.whole(1, 2))]
        return entry, y

    def options(self, name: str, x: Volume) -> Op | None:
        """An op with options that are drawn by their types; options that depend on the input fit it."""
        values = {}
        for item in options_of(OPS[name]).values():
            if item.required or self.c.chance(45):
                values[item.name] = self.value(item.type, x.rank)
        tied = TIED.get(name)
        return OPS[name](**(tied(self.c, values, x) if tied else values))

    def value(self, kind: Any, rank: int) -> Any:
        c = self.c
        if kind.words and (isinstance(kind, Choice) or c.chance(25)):
            return c.pick(kind.words)
        if isinstance(kind, Padding):
            shape = c.whole(0, 2)
            if shape == 0:
                return c.whole(0, 2)
            sides = [c.whole(0, 2) for _ in range(2 * rank)]
            return tuple(sides[:rank]) if shape == 1 else tuple(zip(sides[::2], sides[1::2], strict=True))
        if isinstance(kind, PerAxis):
            return (
                tuple(c.whole(kind.least, 4) for _ in range(rank)) if c.chance(50) else c.whole(kind.least, 4)
            )
        if isinstance(kind, NewAxes):
            return tuple(c.whole(1, 4) for _ in range(c.whole(1, 3)))
        if isinstance(kind, Count):
            return c.whole(kind.least, 6)
        if isinstance(kind, Times):
            return c.whole(1, 3)
        if isinstance(kind, Flag):
            return c.chance(50)
        if isinstance(kind, Number):
            low, high = kind.low or 0, 2 if kind.high is None else kind.high
            between = [Fraction(low + high, 2), Fraction(low + 3 * high, 4)]
            return c.pick([*between, low, high] if kind.above is None else between)
        return None

    # --- what is made of several ----------------------------------------------------------------------------

    def branch(self, x: Volume, deep: int, window: WindowOp | None) -> tuple[list[Entry], Volume]:
        """A chain that keeps its map, but for a window at the end that all branches have alike."""
        entries = []
        for _ in range(self.c.whole(0, 2)):
            entry, x = self.same_shape(x, deep)
            entries.append(entry)
        if window is not None:
            op = self.like(window, x)
            entry, x = self.finished(op, x)
            entries.append(entry)
        return entries, x

    def same_shape(self, x: Volume, deep: int) -> tuple[Entry, Volume]:
        """A layer whose output has the map of its input."""
        if deep > 0 and self.c.chance(30):
            return self.c.pick([self.concat, self.add, self.multiply])(x, deep - 1, False)
        if not x.rank:
            return self.finished(self.fitting(x, lambda: self.options(self.c.pick(FLAT), x), rank=0), x)
        if self.c.chance(40):
            return self.finished(self.same_map(x), x)
        return self.finished(self.fitting(x, lambda: self.options(self.c.pick(SAME_SHAPE), x)), x)

    def same_map(self, x: Volume) -> Op:
        kernel = tuple(self.c.whole(1, 4) for _ in range(x.rank))
        if self.c.chance(70):
            dilation = self.c.whole(1, 2)
            filters = self.c.pick([x.channels, self.c.whole(1, 6)])
            groups = self.c.pick(_divisors(x.channels, filters))
            return OPS["conv"](filters=filters, kernel=kernel, pad="same", dilation=dilation, groups=groups)
        return OPS[self.c.pick(["maxpool", "avgpool"])](kernel=kernel, stride=1, pad="same")

    def window(self, x: Volume) -> WindowOp | None:
        """Sometimes a window for all branches."""
        if not x.rank or self.c.chance(60):
            return None
        op = self.fitting(x, lambda: self.options(self.c.pick(["maxpool", "avgpool"]), x))
        return op if isinstance(op, WindowOp) else None

    def like(self, window: WindowOp, x: Volume) -> Op:
        """An op with that window: a pool, or a convolution."""
        if isinstance(window.kernel, str) or self.c.chance(50):
            return window
        alike = {name: getattr(window, name) for name in ("kernel", "stride", "pad", "rounding")}
        return OPS["conv"](filters=self.c.whole(1, 6), **alike)

    def branches(self, x: Volume, deep: int, shrinking: bool) -> tuple[dict[str, list[Entry]], list[Volume]]:
        window = self.window(x) if shrinking else None
        made = [self.branch(x, deep, window) for _ in range(self.c.whole(2, 3))]
        return {f"b{n}": entries for n, (entries, _) in enumerate(made)}, [y for _, y in made]

    def concat(self, x: Volume, deep: int, shrinking: bool = True) -> tuple[Entry, Volume]:
        parts, ys = self.branches(x, deep, shrinking)
        return {"concat": parts}, OPS["concat"]().shape(tuple(ys))

    def add(self, x: Volume, deep: int, shrinking: bool = True) -> tuple[Entry, Volume]:
        parts, ys = self.branches(x, deep, shrinking)
        options = {"channels": "zero-pad"} if self.c.chance(30) else {}
        if self.c.chance(30):
            options["scale"] = Fraction(1, 4)
        if "channels" not in options:
            ys = self.joined(parts, ys)
        return {"add": parts, **options}, OPS["add"](**options).shape(tuple(ys))

    def joined(self, parts: dict[str, list[Entry]], ys: list[Volume]) -> list[Volume]:
        """All branches brought to the channels of the first."""
        channels = ys[0].channels
        for entries, y in zip(parts.values(), ys, strict=True):
            if y.channels != channels:
                entries.append({"conv": channels, "kernel": 1} if y.rank else {"fc": channels})
        return [ys[0]] * len(ys)

    def stack(self, x: Volume, deep: int) -> tuple[Entry, Volume]:
        """Branches one behind the other, which makes an axis more."""
        if x.rank > 2:
            return self.layer(x)
        parts, ys = self.branches(x, deep, True)
        return {"stack": parts}, OPS["stack"]().shape(tuple(self.joined(parts, ys)))

    def multiply(self, x: Volume, deep: int, shrinking: bool = True) -> tuple[Entry, Volume]:
        signal, y = self.branch(x, deep, None)
        parts = {"x": signal}
        for number in range(self.c.whole(1, 2)):
            if x.rank and self.c.chance(60):
                parts[f"gate{number}"] = self.gate(y)
            else:
                gate, z = self.branch(x, deep, None)
                parts[f"gate{number}"] = gate
                self.joined({"x": signal, "gate": gate}, [y, z])
        return {"multiply": parts}, y

    def gate(self, y: Volume) -> list[Entry]:
        """A value for each channel (flat, or on a map of one position), or one for each position."""
        width = self.c.whole(1, 4)
        flat = [{"avgpool": "global"}, {"fc": width, "then": "relu"}, {"fc": y.channels}]
        mapped = [{"adaptive_avgpool": 1}, {"conv": width, "kernel": 1}, {"conv": y.channels, "kernel": 1}]
        positions = [{self.c.pick(["mean", "max"]): "channels"}, {"conv": 1, "kernel": 3, "pad": "same"}]
        return [*self.c.pick([flat, mapped, positions]), {"sigmoid": ""}]

    def matmul(self, x: Volume, deep: int) -> tuple[Entry, Volume]:
        """The scores of a sequence: all tokens of one branch times all of the other."""
        if x.rank != 1:
            return self.layer(x)
        (a, y), (b, z) = self.branch(x, deep, None), self.branch(x, deep, None)
        parts = {"a": a, "b": b}
        op = OPS["matmul"](transpose=True)
        return {"matmul": parts, "transpose": True}, op.shape(tuple(self.joined(parts, [y, z])))

    def positions(self, x: Volume, deep: int) -> tuple[Entry, Volume]:
        """Branches whose positions stand one behind the other."""
        if not x.rank:
            return self.layer(x)
        parts, ys = self.branches(x, deep, False)
        axis = self.c.whole(1, x.rank)
        op = OPS["concat_positions"](axis=axis)
        return {"concat_positions": parts, "axis": axis}, op.shape(tuple(self.joined(parts, ys)))

    def dot_product(self, x: Volume, deep: int) -> tuple[Entry, Volume]:
        """Queries, keys and values from three branches, in one head or a head for each channel."""
        if not x.rank:
            return self.layer(x)
        made = [self.branch(x, deep, None) for _ in range(3)]
        # A slice would be copied before it, which `verify` does not know.
        parts = {f"b{n}": [*entries, {"relu": ""}] for n, (entries, _) in enumerate(made)}
        (y, *_) = self.joined(parts, [y for _, y in made])
        return {"dot_product_attention": parts, "heads": self.c.pick([1, y.channels])}, y

    def repeat(self, x: Volume, deep: int) -> tuple[Entry, Volume]:
        entries, y = self.branch(x, deep, None)
        self.joined({"x": [], "y": entries}, [x, y])
        entry: Entry = {"repeat": self.c.whole(1, 3), "as": "i", "layers": entries}
        if self.c.chance(50):
            entry["name"] = self.fresh('"r%d_{i}"')
        return entry, x

    def block(self, x: Volume, deep: int) -> tuple[Entry, Volume]:
        """A block with an argument, used here."""
        entries, y = self.branch(x, deep, None)
        last = {"conv": "n", "kernel": "k", "pad": "same"} if y.rank else {"fc": "n"}
        name = self.fresh("block%d")
        self.blocks[name] = {"args": ["n", {"k": 1}], "layers": [*entries, last]}
        n = self.c.whole(1, 6)
        use = {name: self.c.pick([n, [n, 3], {"n": n, "k": 2}])}
        if n == x.channels and self.c.chance(60):  # twice, with the same weights
            first = self.fresh("use%d")
            again = {**use, "same_as": first}
            return {"repeat": 1, "layers": [{**use, "name": first}, again]}, x
        return use, Volume(x.spatial, n)

    def aux(self, x: Volume, deep: int) -> tuple[Entry, Volume]:
        entry, _ = self.layer(x)
        return {"aux": [entry, {"fc": self.c.whole(1, 6)}], "name": self.fresh("head%d")}, x

    def wired(self, x: Volume, deep: int) -> tuple[Entry, Volume]:
        """A layer with a name, or one that reads such layers."""
        if len(self.named) > 1 and self.c.chance(40):
            (first, y), (second, z) = self.c.pick(self.named), self.c.pick(self.named)
            if op := self.of_two(y, z):
                return {**written(op), "from": [first, second]}, op.shape((y, z))
        alike = [(name, y) for name, y in self.named if y.spatial == x.spatial]
        if alike and self.c.chance(60):
            chosen = [self.c.pick(alike) for _ in range(self.c.whole(2, 3))]
            ys = tuple(y for _, y in chosen)
            return {"concat": "", "from": [name for name, _ in chosen]}, OPS["concat"]().shape(ys)
        source = self.c.pick(self.named) if self.named and self.c.chance(30) else None
        entry, y = self.layer(source[1] if source else x)
        entry["name"] = self.fresh("l%d")
        if source:
            entry["from"] = source[0]
        self.named.append((entry["name"], y))
        return entry, y

    def of_two(self, x: Volume, second: Volume) -> Op | None:
        """An op that reads a second input, if one fits."""
        for _ in range(TRIES):
            name = self.c.pick(OF_TWO)
            op = self.options(name, x)
            if op is None or not x.rank:
                continue
            if OPS[name].second_input == "size":
                op = dataclasses.replace(op, **{item: None for item in SIZES if hasattr(op, item)})
            xs = (x, second)
            if accepted(op, xs) and op.shape(xs).size <= MOST_VALUES:
                return op
        return None

    def fresh(self, form: str) -> str:
        self.names += 1
        return form.replace("%d", str(self.names))


def written(op: Op) -> Entry:
    """The op and those of its options that differ from the default, the main one under the op's name."""
    items = options_of(type(op)).values()
    main = next((item.name for item in items if item.main), "")
    values = {
        item.name: getattr(op, item.name)
        for item in items
        if item.required or getattr(op, item.name) != item.default_among(vars(op))
    }
    return {op.name: values.pop(main, ""), **values}


# --- options that are tied to the input ------------------------------------------------------------------


def _divisors(*numbers: int) -> list[int]:
    return [d for d in range(1, min(numbers) + 1) if all(number % d == 0 for number in numbers)]


def _conv(c: Choices, options: Entry, x: Volume) -> Entry:
    options = {
        name: value for name, value in options.items() if name not in ("table", "groups", "multiplier")
    }
    form = c.pick(["plain", "grouped", "depthwise", "table"])
    if form == "depthwise":
        return options | {"filters": "depthwise", "multiplier": c.whole(1, 3)}
    options["filters"] = c.whole(1, 6)
    if form == "table":
        rows = tuple(
            tuple(sorted({c.whole(0, x.channels - 1) for _ in range(c.whole(1, 4))}))
            for _ in range(options["filters"])
        )
        return options | {"table": rows}
    return _grouped(c, options, x) if form == "grouped" else options


def _grouped(c: Choices, options: Entry, x: Volume) -> Entry:
    groups = c.pick(_divisors(x.channels))
    return options | {"groups": groups, "filters": groups * c.whole(1, 3)}


def _small_pad(c: Choices, options: Entry, x: Volume) -> Entry:
    """A pool's window sees more than padding."""
    if isinstance(options["kernel"], str) or isinstance(options.get("pad", ""), str):
        return options
    least = min(per_axis(options["kernel"], x.rank)) - 1
    return options | {"pad": _at_most(options["pad"], least)}


def _at_most(pad: Any, most: int) -> Any:
    return tuple(_at_most(item, most) for item in pad) if isinstance(pad, tuple) else min(pad, most)


def _c_cells(c: Choices, options: Entry, x: Volume) -> Entry:
    return options | {"output": tuple(c.whole(1, side) for side in x.spatial)}


def _slice(c: Choices, options: Entry, x: Volume) -> Entry:
    start = c.whole(0, x.channels - 1)
    return {"start": start, "channels": c.whole(1, x.channels - start)}


def _pixel_shuffle(c: Choices, options: Entry, x: Volume) -> Entry:
    return {"factor": c.pick([factor for factor in (1, 2, 3) if x.channels % factor**2 == 0])}


def _pixel_unshuffle(c: Choices, options: Entry, x: Volume) -> Entry:
    if not x.rank or options.get("fill"):
        return options
    return options | {"factor": c.pick(_divisors(*x.spatial))}


def _attention(c: Choices, options: Entry, x: Volume) -> Entry:
    """The options of windows only with windows; a shift within one of them."""
    if options.get("windows") is None:
        return {name: value for name, value in options.items() if name not in ("shift", "grid", "fill")}
    if options.get("grid"):
        options.pop("shift", None)
    shifts = zip(per_axis(options.get("shift", 0), x.rank), per_axis(options["windows"], x.rank), strict=True)
    return options | {"shift": tuple(min(shift, side - 1) for shift, side in shifts)}


def _shuffle(c: Choices, options: Entry, x: Volume) -> Entry:
    return {"groups": c.pick(_divisors(x.channels))}


def _no_macs(c: Choices, options: Entry, x: Volume) -> Entry:
    """A module cannot be asked to compute values with so many operations."""
    return options | {"macs": 0}


TIED: dict[str, Callable[[Choices, Entry, Volume], Entry]] = {
    "derived_parameter": _no_macs,
    "derived_tokens": _no_macs,
    "attention": _attention,
    "conv": _conv,
    "deconv": _grouped,
    "maxpool": _small_pad,
    "avgpool": _small_pad,
    "l2pool": _small_pad,
    "c_cells": _c_cells,
    "pixel_shuffle": _pixel_shuffle,
    "pixel_unshuffle": _pixel_unshuffle,
    "slice": _slice,
    "shuffle": _shuffle,
}
