"""Mistakes in what a layer stores, most of which spoil its multiply-accumulates too."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from archcalc.classroom.calculation import Calculation, LayerTerm
from archcalc.classroom.mistakes.base import (
    COUNTS,
    STORES,
    Mistake,
    asked,
    is_op,
    kernel,
    option,
    parts,
    plus,
    volume,
)
from archcalc.ops.base import Volume, per_axis
from archcalc.ops.conv import Conv
from archcalc.ops.window import WindowOp

IMAGE_CHANNELS = 3


def _shallow(part: LayerTerm) -> LayerTerm | None:
    """The layer on one input channel."""
    return _reading(part, 1)


def _reading(part: LayerTerm, channels: int) -> LayerTerm | None:
    """The layer with another number of input channels, all of which every filter reads."""
    x = volume(part)
    if x is None or not _reads_all(part) or x.channels == channels or (is_op(part, "fc") and not x.spatial):
        return None
    new = part.having(groups=1) or part
    return new._replace(xs=(Volume(x.spatial, channels),))


def _reads_all(part: LayerTerm) -> bool:
    """Whether filters, units or planes read all channels: not where every map has weights of its own."""
    counts = (getattr(part.op, name, None) for name in ("filters", "units", "planes"))
    return part.op.weighted and any(isinstance(count, int) for count in counts)


def _own_depth(part: LayerTerm) -> LayerTerm | None:
    filters = getattr(part.op, "filters", None)
    return _reading(part, filters) if isinstance(filters, int) else None


def _image_depth(part: LayerTerm) -> LayerTerm | None:
    return _reading(part, IMAGE_CHANNELS) if is_op(part, "conv") else None


def _one_filter(part: LayerTerm) -> LayerTerm | None:
    x, groups = volume(part), getattr(part.op, "groups", 1)
    if x is None or not isinstance(getattr(part.op, "filters", None), int):
        return None
    one = part.having(filters=1, groups=1)
    return one._replace(xs=(Volume(x.spatial, x.channels // groups),)) if one else None


def _without_groups(part: LayerTerm) -> LayerTerm | None:
    x = volume(part)
    if (
        x and isinstance(part.op, Conv) and isinstance(part.op.filters, str)
    ):  # depthwise: a group for every channel
        return part.having(filters=part.op.planes(x), multiplier=1)
    return part.having(groups=1)


def _one_group(part: LayerTerm) -> LayerTerm | None:
    x, groups = volume(part), getattr(part.op, "groups", 1)
    filters = getattr(part.op, "filters", None)
    if x is None or groups == 1 or not isinstance(filters, int):
        return None
    one = part.having(filters=filters // groups, groups=1)
    return one._replace(xs=(Volume(x.spatial, x.channels // groups),)) if one else None


def _one_side_of_kernel(part: LayerTerm) -> LayerTerm | None:
    x = volume(part)
    if x is None or x.rank < 2 or not kernel(part) or not part.op.weighted:
        return None
    y = part.output()
    flat = part.having(kernel=(per_axis(kernel(part), x.rank)[0], *(1,) * (x.rank - 1)))
    return flat._replace(y=y) if flat else None


def _not_flattened(part: LayerTerm) -> LayerTerm | None:
    x = volume(part)
    return part._replace(xs=(Volume((), x.channels),)) if x and x.spatial and is_op(part, "fc") else None


def _one_side_flattened(part: LayerTerm) -> LayerTerm | None:
    x = volume(part)
    if x is None or not x.spatial or not is_op(part, "fc"):
        return None
    return part._replace(xs=(Volume((), x.spatial[0] * x.channels),))


def _pooling_as_conv(working: Calculation) -> Iterator[Calculation]:
    """Pooling with the weights of a convolution: over all channels, or one kernel for each."""
    for options in ({}, {"bias": False}, {"filters": "depthwise", "bias": False}):
        yield from working.with_parts(partial(_with_weights, options=options))


def _with_weights(part: LayerTerm, options: dict[str, Any]) -> LayerTerm | None:
    x, op = volume(part), part.op
    if x is None or not kernel(part) or not isinstance(op, WindowOp) or op.weighted:
        return None
    conv = Conv(**{"filters": x.channels, "kernel": op.kernel, "stride": op.stride, "pad": op.pad, **options})
    return part._replace(op=conv, y=part.output())


def _biases(count: Callable[[LayerTerm], int]) -> Callable[[Calculation], Iterable[Calculation]]:
    """As many biases as somebody thinks there are in a layer."""

    def change(working: Calculation) -> Iterator[Calculation]:
        biased = [part for part in working.parts if _one_bias_each(part)]
        if biased:
            more = sum(part.times * (count(part) - part.count("biases")) for part in biased)
            yield from working.then(plus(more))

    return change


def _one_bias_each(part: LayerTerm) -> bool:
    """Whether every filter or unit has one bias: not where every position has its own."""
    return getattr(part.op, "bias", False) is True and part.count("biases") == part.output().channels


def _one(part: LayerTerm) -> int:
    return 1


def _inputs(part: LayerTerm) -> int:
    x = volume(part)
    if x is None:
        return 1
    return int(x.size if is_op(part, "fc") else x.channels)


def _outputs(part: LayerTerm) -> int:
    return int(part.output().size)


def _macs(working: Calculation) -> Iterator[Calculation]:
    """The multiply-accumulates, where they are not just the weights, each used once."""
    weights = working._replace(quantity="weights").result()
    for macs in asked("macs")(working):
        if macs.result() != weights:
            yield macs


def _with(quantity: str) -> Callable[[Calculation], Iterable[Calculation]]:
    """Something else that the layers store, counted in."""

    def change(working: Calculation) -> Iterator[Calculation]:
        more = working._replace(quantity=quantity, after=()).result()
        if more:
            yield from working.then(plus(more))

    return change


def _without_norm(part: LayerTerm) -> LayerTerm | None:
    """The layer with nothing to train, if that is all its norm."""
    return part._replace(times=0) if part.count("params") == part.count("norm_params") != 0 else None


MISTAKES = (
    Mistake(
        "forgot-bias",
        ("params", "param_bytes"),
        "The biases are missing: every filter, and every unit of a fully connected layer, has one.",
        option(bias=False),
    ),
    Mistake(
        "counted-bias",
        ("weights",),
        "The biases are counted in; asked for are the weights alone.",
        _with("biases"),
    ),
    Mistake(
        "counted-norm",
        ("weights",),
        "Gamma and beta of the normalisation are counted in; asked for are the weights alone.",
        _with("norm_params"),
    ),
    Mistake(
        "forgot-norm",
        ("params", "param_bytes"),
        "Gamma and beta of the normalisation are missing: they are trained too.",
        parts(_without_norm),
    ),
    Mistake(
        "forgot-input-depth",
        COUNTS,
        "The depth of the input is missing: a filter reaches through all channels that it reads, F·F·D.",
        parts(_shallow),
    ),
    Mistake(
        "one-filter",
        COUNTS,
        "This is one filter only; the layer has K of them.",
        parts(_one_filter),
        False,
    ),
    Mistake(
        "ignored-groups",
        COUNTS,
        "The groups are left out: a filter reads only the D/G channels of its own group.",
        parts(_without_groups),
    ),
    Mistake(
        "assumed-groups",
        COUNTS,
        "The layer is taken to work in two groups, as on the two GPUs of AlexNet's paper.",
        option(groups=2),
    ),
    Mistake(
        "one-group",
        COUNTS,
        "This is one group only; the layer has G of them.",
        parts(_one_group),
    ),
    Mistake(
        "kernel-one-side",
        COUNTS,
        "The kernel is counted along one side only; it has F·F values on every channel.",
        parts(_one_side_of_kernel),
    ),
    Mistake(
        "forgot-flatten",
        COUNTS,
        "Only the channels are counted as inputs: a fully connected layer reads every value, H·W·D.",
        parts(_not_flattened),
    ),
    Mistake(
        "flattened-one-side",
        COUNTS,
        "One side of the volume is missing among the inputs: a fully connected layer reads H·W·D values.",
        parts(_one_side_flattened),
        False,
    ),
    Mistake(
        "one-bias-in-all",
        ("params",),
        "There is one bias for every filter, not one for the layer.",
        _biases(_one),
    ),
    Mistake(
        "bias-per-input",
        ("params",),
        "There is one bias for every filter, not for every channel of the input.",
        _biases(_inputs),
        False,
    ),
    Mistake(
        "bias-per-position",
        ("params",),
        "There is one bias for every filter, which all positions share.",
        _biases(_outputs),
        False,
    ),
    Mistake(
        "filters-as-depth",
        COUNTS,
        "The layer's own number of filters is taken for the depth of its input.",
        parts(_own_depth),
        False,
    ),
    Mistake(
        "depth-of-image",
        COUNTS,
        "The three channels of the image are taken for the depth of the layer's input.",
        parts(_image_depth),
        False,
    ),
    Mistake(
        "weights-in-pooling",
        STORES,
        "Pooling has no weights: it only picks or averages what it sees.",
        _pooling_as_conv,
        False,
    ),
    Mistake(
        "counted-buffers",
        ("params",),
        "Running mean and variance are stored, not learned: they are no parameters.",
        _with("buffers"),
    ),
    Mistake(
        "macs-for-params",
        ("params", "weights"),
        "This counts a weight once for every position; all positions share it.",
        _macs,
    ),
    Mistake(
        "values-for-params",
        ("params", "weights"),
        "This is the number of values that the layer puts out, not of its weights.",
        asked("activations"),
        False,
    ),
)
