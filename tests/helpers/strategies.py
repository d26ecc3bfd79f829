"""Hypothesis strategies: for every op, options that are valid and an input that fits them.

Options are drawn from their declared types. If one depends on the input (groups divide the channels),
an entry of FITS draws both. An op that cannot be drawn in either way is named in an error: see ``cases``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from hypothesis import strategies as st

from archcalc.ops.base import Claim, Inputs, Op, Volume, per_axis
from archcalc.ops.elementwise import FUNCTIONS
from archcalc.ops.option_types import Choice, Count, Flag, NewAxes, Number, Padding, PerAxis, Times
from archcalc.ops.options import Option, SameAs, axis_options, options_of
from archcalc.ops.pool import Pool
from archcalc.ops.rounding import ROUNDINGS
from archcalc.ops.window import WindowOp

Draw = Callable[[Any], Any]
Options = dict[str, Any]

MOST = 4  # the largest count that is drawn; enough for every rule to differ, small enough to read
MOST_SIDE = 11


class Case(NamedTuple):
    """An op and the volumes that it reads."""

    op: Op
    xs: Inputs


class NoStrategy(LookupError):
    """An op that these strategies cannot draw."""


def volumes(ranks: Sequence[int] = (0, 1, 2, 3)) -> st.SearchStrategy[Volume]:
    """Any small volume."""
    side, channels = st.integers(1, MOST_SIDE), st.integers(1, 2 * MOST)
    return st.sampled_from(ranks).flatmap(
        lambda rank: st.builds(Volume, st.tuples(*[side] * rank), channels),
    )


def ranks_of(op: type[Op]) -> tuple[int, ...]:
    """The numbers of axes that an op accepts: a flat vector only if no option is about axes."""
    return (1, 2, 3) if axis_options(op) else (0, 1, 2, 3)


@st.composite
def cases(draw: Draw, op: type[Op]) -> Case:
    """An op of that class that fits the input drawn with it. Raises NoStrategy if it does not fit."""
    rank = draw(st.sampled_from(ranks_of(op)))
    options: Options = {}
    for item in options_of(op).values():
        options[item.name] = draw(option_values(op, item, rank))
        # Left out, it has the value of another option, which is drawn before.
        if isinstance(item.default, SameAs) and draw(st.booleans()):
            options[item.name] = item.default_among(options)
    case = _fitted(draw, op, options, rank)
    broken = [claim for claim in claims_of(case) if not holds(claim) and not claim.note]
    if broken:
        raise NoStrategy(
            f"no strategy for op '{op.name}': {case} is drawn, but {broken[0].says()} (see FITS)"
        )
    return case


@st.composite
def misfits(draw: Draw, op: type[Op]) -> Case:
    """An op with valid options and an input drawn without regard to them; it may fit or not."""
    case = draw(cases(op))
    return Case(case.op, tuple(draw(volumes()) for _ in case.xs))


def claims_of(case: Case) -> list[Claim]:
    """The claims of a case that the engine sees: up to the first that makes the op impossible."""
    seen = []
    for claim in case.op.claims(case.xs):
        seen.append(claim)
        if not claim.note and claim.relation(claim.left, claim.right) is False:
            break
    return seen


def holds(claim: Claim) -> Any:
    """What the dimensions of a claim answer."""
    return claim.relation(claim.left, claim.right)


def with_dims(case: Case, convert: Callable[[int, str], Any]) -> Case:
    """The case with every dimension of its input and its options replaced by ``convert(value, name)``."""

    def through(value: Any, name: str) -> Any:
        if isinstance(value, tuple):
            return tuple(through(item, f"{name}_{i}") for i, item in enumerate(value))
        return convert(value, name) if type(value) is int else value

    dimensions = (Count, PerAxis)  # Number changes no shape and no count, Lists are plain
    options = {
        item.name: through(getattr(case.op, item.name), item.name)
        for item in options_of(type(case.op)).values()
        if isinstance(item.type, dimensions)
    }
    xs = tuple(
        Volume(
            tuple(convert(side, f"W{i}_{axis}") for axis, side in enumerate(x.spatial)),
            convert(x.channels, f"C{i}"),
        )
        for i, x in enumerate(case.xs)
    )
    return Case(dataclasses.replace(case.op, **options), xs)


# --- options, by their types -------------------------------------------------------------------


def option_values(op: type[Op], item: Option, rank: int) -> st.SearchStrategy[Any]:
    """Valid values of one option, for a volume of that many axes."""
    kind, values = item.type, st.nothing()
    if isinstance(kind, Padding):
        side = st.integers(kind.least, 2)
        pairs = st.tuples(*[st.tuples(side, side)] * rank)
        values = side | st.tuples(*[side] * rank) | pairs | _words(kind.words)
    elif isinstance(kind, PerAxis):
        one = st.integers(kind.least, MOST)
        values = one | st.tuples(*[one] * rank) | _words(kind.words)
    elif isinstance(kind, NewAxes):
        values = st.lists(st.integers(1, MOST), min_size=1, max_size=3).map(tuple) | _words(kind.words)
    elif isinstance(kind, Count):
        values = st.integers(kind.least, MOST) | _words(kind.words)
    elif isinstance(kind, Times):
        values = st.integers(1, 3)
    elif isinstance(kind, Choice):
        values = _words(kind.words)
    elif isinstance(kind, Flag):
        values = st.booleans() | _words(kind.words)
    elif isinstance(kind, Number):
        low, high = (
            bound if bound is not None else default for bound, default in ((kind.low, 0), (kind.high, 2))
        )
        values = st.sampled_from([low, high, Fraction(low + high, 2)])
    elif item.name not in _FITTED.get(op.name, ()):
        raise NoStrategy(f"no strategy for op '{op.name}': option {item.name} is a {type(kind).__name__}")
    return values if item.required or isinstance(item.default, SameAs) else st.just(item.default) | values


def _words(words: Sequence[str]) -> st.SearchStrategy[str]:
    return st.sampled_from(words) if words else st.nothing()


# --- inputs, and options that are tied to them ---------------------------------------------------


def _fitted(draw: Draw, op: type[Op], options: Options, rank: int) -> Case:
    x = draw(volumes((rank,)))
    if op.second_input:
        options, xs = SECONDS[op.name](draw, options, x)
        return Case(op(**options), xs)
    if op.many:
        if op.name not in MERGES:
            raise NoStrategy(f"no strategy for op '{op.name}': how do its inputs fit each other?")
        options, xs = MERGES[op.name](draw, options, x)
        return Case(op(**options), xs)
    if op.name in FITS:
        options, x = FITS[op.name](draw, options, x)
    if issubclass(op, WindowOp):
        options, x = _window(draw, op, options, x)
    return Case(op(**options), (x,))


def _window(draw: Draw, op: type[WindowOp], options: Options, x: Volume) -> tuple[Options, Volume]:
    """Sides that hold at least one window, and under 'exact' come out whole."""
    if isinstance(options["kernel"], str):
        return options, x
    extents = [int(extent) for extent in op(**options).extents(x)]
    if issubclass(op, Pool) and not isinstance(options["pad"], str):
        least = min(extents) - 1  # a pool's window sees more than padding
        options["pad"] = _at_most(options["pad"], least)
    sides = []
    for extent, stride, pad in zip(
        extents, per_axis(options["stride"], x.rank), per_axis(options["pad"], x.rank), strict=True
    ):
        padding = 0 if isinstance(pad, str) else sum(pad) if isinstance(pad, tuple) else 2 * pad
        # Rounded up, a window may hang over by less than a stride.
        least = 1 - stride if ROUNDINGS[options["rounding"]].verb == "up" else 0
        steps, rest = draw(st.integers(0, 3)), draw(st.integers(least, stride - 1))
        side = extent - padding + steps * stride + (0 if options["rounding"] == "exact" else rest)
        while side < 1:
            side += stride
        sides.append(draw(st.integers(1, MOST_SIDE)) if pad == "same" else side)
    return options, Volume(tuple(sides), x.channels)


def _at_most(pad: Any, most: int) -> Any:
    return tuple(_at_most(item, most) for item in pad) if isinstance(pad, tuple) else min(pad, most)


def _conv(draw: Draw, options: Options, x: Volume) -> tuple[Options, Volume]:
    form = draw(st.sampled_from(["plain", "plain", "depthwise", "table"]))
    options |= {"table": None, "multiplier": 1}
    if form == "table" or set(per_axis(options["kernel"], x.rank)) == {1}:
        options["standardize"] = False  # a filter of one weight has no variance
    if form == "depthwise":
        return options | {"filters": "depthwise", "groups": 1, "multiplier": draw(st.integers(1, 3))}, x
    if form == "table":
        row = st.lists(st.integers(0, x.channels - 1), min_size=1, max_size=x.channels, unique=True).map(
            tuple
        )
        table = tuple(draw(st.lists(row, min_size=1, max_size=MOST)))
        return options | {"filters": len(table), "groups": 1, "table": table}, x
    options["filters"] = draw(st.integers(1, MOST))
    return _grouped(draw, options, x)


def _odd(name: str) -> Callable[[Draw, Options, Volume], tuple[Options, Volume]]:
    """The option is an odd number."""
    return lambda draw, options, x: (options | {name: 2 * options[name] - 1}, x)


def _dropblock(draw: Draw, options: Options, x: Volume) -> tuple[Options, Volume]:
    return options | {"size": 2 * options["size"] - 1}, x if x.spatial else draw(volumes((1, 2, 3)))


def _blurpool(draw: Draw, options: Options, x: Volume) -> tuple[Options, Volume]:
    kernel = per_axis(options["kernel"], x.rank)
    sides = (side + size // 2 for side, size in zip(x.spatial, kernel, strict=True))
    return options, Volume(tuple(sides), x.channels)


def _grouped(draw: Draw, options: Options, x: Volume) -> tuple[Options, Volume]:
    groups = options["groups"]
    filters = options["filters"] * groups
    return options | {"filters": filters}, Volume(x.spatial, groups * draw(st.integers(1, 3)))


def _deconv(draw: Draw, options: Options, x: Volume) -> tuple[Options, Volume]:
    options, x = _grouped(draw, options, x)
    steps = zip(
        *(per_axis(options[name], x.rank) for name in ("output_pad", "stride", "dilation")), strict=True
    )
    if options["pad"] == "same":
        return options | {"output_pad": 0}, x
    options["output_pad"] = tuple(min(extra, max(stride, dilation) - 1) for extra, stride, dilation in steps)
    pads = per_axis(options["pad"], x.rank)  # an axis of p + 1 values keeps one even with kernel and stride 1
    return options, Volume(
        tuple(max(side, 2 * pad + 1) for side, pad in zip(x.spatial, pads, strict=True)), x.channels
    )


def _c_cells(draw: Draw, options: Options, x: Volume) -> tuple[Options, Volume]:
    cells = per_axis(options["output"], x.rank)
    return options, Volume(tuple(max(pair) for pair in zip(x.spatial, cells, strict=True)), x.channels)


def _slice(draw: Draw, options: Options, x: Volume) -> tuple[Options, Volume]:
    return options, Volume(x.spatial, options["start"] + options["channels"] + draw(st.integers(0, 2)))


def _shuffle(draw: Draw, options: Options, x: Volume) -> tuple[Options, Volume]:
    return options, Volume(x.spatial, options["groups"] * draw(st.integers(1, 3)))


def _even(draw: Draw, options: Options, x: Volume) -> tuple[Options, Volume]:
    return options, Volume(x.spatial, 2 * draw(st.integers(1, MOST)))


def _recurrent(draw: Draw, options: Options, x: Volume) -> tuple[Options, Volume]:
    if options.get("projection") is not None:
        options["units"] += options["projection"]
    return options, Volume((draw(st.integers(1, MOST)),), x.channels)


def _limits(draw: Draw, options: Options, x: Volume) -> tuple[Options, Volume]:
    return options | {"low": -1, "high": draw(st.integers(0, 2))}, x


def _alpha(draw: Draw, options: Options, x: Volume) -> tuple[Options, Volume]:
    """A division by zero has no value."""
    return options | {"alpha": options["alpha"] or 1}, x


def _map(draw: Draw, options: Options, x: Volume) -> tuple[Options, Volume]:
    """A volume with axes, and more than one value per channel."""
    first = draw(st.integers(2, MOST_SIDE))
    return options, Volume((first, *x.spatial[1:]), x.channels)


def _positions(draw: Draw, options: Options, x: Volume) -> tuple[Options, Volume]:
    ranks = {"depth": (3,), "height": (2, 3)}.get(options["over"], (1, 2, 3))
    return options, x if x.rank in ranks else draw(volumes(ranks))


def _concat(draw: Draw, options: Options, x: Volume) -> tuple[Options, Inputs]:
    widths = draw(st.lists(st.integers(1, 2 * MOST), min_size=1, max_size=3))
    return options, tuple(Volume(x.spatial, width) for width in widths)


def _stack(draw: Draw, options: Options, x: Volume) -> tuple[Options, Inputs]:
    x = draw(volumes((0, 1, 2)))
    return options, (x,) * draw(st.integers(1, 3))


def _add(draw: Draw, options: Options, x: Volume) -> tuple[Options, Inputs]:
    options, xs = _concat(draw, options, x)
    if options["channels"] == "same":
        xs = (x, *(draw(_spread(x)) for _ in xs[1:]))
    return options, xs


def _spread(x: Volume) -> st.SearchStrategy[Volume]:
    """The volume, with some axes of size 1."""
    sizes = st.tuples(*[st.sampled_from([side, side, 1]) for side in x.dims])
    return sizes.map(lambda dims: Volume(dims[:-1], dims[-1]))


def _multiply(draw: Draw, options: Options, x: Volume) -> tuple[Options, Inputs]:
    gates = st.lists(_spread(x) | st.just(Volume((), x.channels)), min_size=1, max_size=2)
    return options, (x, *draw(gates))


def _attention(draw: Draw, options: Options, x: Volume) -> tuple[Options, Inputs]:
    if options["kv_heads"] is not None:
        options["heads"] = options["kv_heads"] * draw(st.integers(1, 3))
    width = options["heads"] * draw(st.integers(1, 3)) if options["head_width"] is None else x.channels
    if options["windows"] is None:
        x = Volume(x.spatial, width)
        other = draw(volumes((1, 2, 3)))
        alone = options["relative_bias"] != "none" or draw(st.booleans())
        return options | {"shift": 0, "grid": False, "fill": False}, (x,) if alone else (x, other)
    sides = per_axis(options["windows"], x.rank)
    divided = tuple(side * draw(st.integers(1, 3)) for side in sides)
    shifts = zip(per_axis(0 if options["grid"] else options["shift"], x.rank), sides, strict=True)
    options["shift"] = tuple(min(shift, side - 1) for shift, side in shifts)
    return options, (Volume(x.spatial if options["fill"] else divided, width),)


def _embedding(draw: Draw, options: Options, x: Volume) -> tuple[Options, Volume]:
    return options, Volume(x.spatial, 1)


def _parameter(draw: Draw, options: Options, x: Volume) -> tuple[Options, Volume]:
    if options["how"] == "prepend":
        return options | {"rows": None}, draw(volumes((1,)))
    options["tokens"] = 1
    if options["per"] in ("channel", "all") or options["rows"] is None:
        return options | {"rows": None}, x
    return options, Volume((draw(st.integers(1, options["rows"])),), x.channels)


def _reshape(draw: Draw, options: Options, x: Volume) -> tuple[Options, Volume]:
    if options["to"] == "tokens":
        return options, x if x.spatial else draw(volumes((1, 2, 3)))
    # The factors of the positions and channels in another order.
    options["to"] = x.dims[1:] or x.dims
    return options, x


def _sequence(draw: Draw, options: Options, x: Volume) -> tuple[Options, Volume]:
    return options, draw(volumes((1,)))


def _crop(draw: Draw, options: Options, x: Volume) -> tuple[Options, Inputs]:
    sides = per_axis(options["size"], x.rank)
    if options["size"] is None:
        sides = draw(volumes((x.rank,))).spatial
    starts = per_axis(0 if options["start"] == "centre" else options["start"], x.rank)
    larger = tuple(side + start + draw(st.integers(0, 3)) for side, start in zip(sides, starts, strict=True))
    first = Volume(larger, x.channels)
    return options, (first, Volume(sides, 2)) if options["size"] is None else (first,)


def _upsample(draw: Draw, options: Options, x: Volume) -> tuple[Options, Inputs]:
    x = draw(volumes((2,))) if options["mode"] == "cubic" else x
    size = draw(volumes((x.rank,))).spatial
    if options["mode"] == "unpool":
        size = tuple(map(max, size, x.spatial))
    kind = draw(st.sampled_from(["factor", "size", "like"]))
    factor = draw(st.integers(1, MOST) | st.tuples(*[st.integers(1, MOST)] * x.rank))
    options |= {"factor": factor if kind == "factor" else None, "size": size if kind == "size" else None}
    return options, (x, Volume(size, 2)) if kind == "like" else (x,)


def _pixel_shuffle(draw: Draw, options: Options, x: Volume) -> tuple[Options, Volume]:
    x = draw(volumes((2,)))
    return options, Volume(x.spatial, options["factor"] ** 2 * draw(st.integers(1, 3)))


def _pixel_unshuffle(draw: Draw, options: Options, x: Volume) -> tuple[Options, Volume]:
    x = draw(volumes((2,)))
    if options["fill"]:
        return options, x
    return options, Volume(tuple(side * options["factor"] for side in x.spatial), x.channels)


def _matmul(draw: Draw, options: Options, x: Volume) -> tuple[Options, Inputs]:
    first = draw(volumes((1, 2)))
    size = draw(st.integers(1, MOST_SIDE))
    tokens, channels = (size, first.channels) if options["transpose"] else (first.channels, size)
    return options, (first, Volume((*first.spatial[:-1], tokens), channels))


def _rearrange(draw: Draw, options: Options, x: Volume) -> tuple[Options, Volume]:
    return options | {"to": x.dims[1:] or x.dims}, x


def _elementwise(draw: Draw, options: Options, x: Volume) -> tuple[Options, Inputs]:
    return options, (x, draw(_spread(x))) if FUNCTIONS[options["function"]].inputs == 2 else (x,)


def _dot_product(draw: Draw, options: Options, x: Volume) -> tuple[Options, Inputs]:
    sides = [draw(volumes((1, 2, 3))).spatial for _ in range(2)]
    width, other = (options["heads"] * draw(st.integers(1, 3)) for _ in range(2))
    return options, (Volume(sides[0], width), Volume(sides[1], width), Volume(sides[1], other))


def _concat_positions(draw: Draw, options: Options, x: Volume) -> tuple[Options, Inputs]:
    x = draw(volumes((1, 2, 3)))
    place = draw(st.integers(1, x.rank))
    lengths = draw(st.lists(st.integers(1, 2 * MOST), min_size=1, max_size=3))
    volume = [Volume((*x.spatial[: place - 1], one, *x.spatial[place:]), x.channels) for one in lengths]
    return options | {"axis": place}, tuple(volume)


def _no_macs(draw: Draw, options: Options, x: Volume) -> tuple[Options, Volume]:
    """A module cannot be asked to compute values with so many operations."""
    return options | {"macs": 0}, x


def _opaque(draw: Draw, options: Options, x: Volume) -> tuple[Options, Inputs]:
    return options, (x, draw(volumes())) if draw(st.booleans()) else (x,)


FITS: dict[str, Callable[[Draw, Options, Volume], tuple[Options, Volume]]] = {
    "blurpool": _blurpool,
    "c_cells": _c_cells,
    "celu": _alpha,
    "channel_conv": _odd("kernel"),
    "conv": _conv,
    "deconv": _deconv,
    "derived_parameter": _no_macs,
    "derived_tokens": _no_macs,
    "dropblock": _dropblock,
    "embedding": _embedding,
    "glu": _even,
    "groupnorm": _shuffle,
    "gru": _recurrent,
    "hardtanh": _limits,
    "instancenorm": _map,
    "lstm": _recurrent,
    "max": _positions,
    "mean": _positions,
    "parameter": _parameter,
    "pixel_shuffle": _pixel_shuffle,
    "pixel_unshuffle": _pixel_unshuffle,
    "reshape": _reshape,
    "rearrange": _rearrange,
    "reduce_sum": _positions,
    "rnn": _recurrent,
    "shuffle": _shuffle,
    "slice": _slice,
    "transpose": _sequence,
}
"""For ops whose options depend on their input: options and an input that fit each other."""

MERGES: dict[str, Callable[[Draw, Options, Volume], tuple[Options, Inputs]]] = {
    "add": _add,
    "concat": _concat,
    "concat_positions": _concat_positions,
    "dot_product_attention": _dot_product,
    "matmul": _matmul,
    "multiply": _multiply,
    "stack": _stack,
}
"""For ops with several inputs: the options, and inputs that fit each other."""

SECONDS: dict[str, Callable[[Draw, Options, Volume], tuple[Options, Inputs]]] = {
    "attention": _attention,
    "crop": _crop,
    "elementwise": _elementwise,
    "opaque": _opaque,
    "upsample": _upsample,
}
"""For ops that may read a second input: the options, and one or two inputs."""

_FITTED = {"conv": ("table",)}
"""Options that only the entry of FITS draws."""
