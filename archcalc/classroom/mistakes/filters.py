"""Mistakes in what the filters and units of a layer read."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from archcalc.classroom.calculation import LayerTerm
from archcalc.classroom.mistakes.base import (
    COUNTS,
    SHAPED,
    Mistake,
    filters_of,
    flattened,
    in_every_layer,
    kernel,
    option,
    volume,
)
from archcalc.ops.base import Volume, per_axis
from archcalc.ops.conv import Conv

IMAGE_CHANNELS = 3


def _with_depth(term: LayerTerm, depth: int) -> LayerTerm | None:
    """The layer on an input of another depth; every filter reads all of it."""
    x = volume(term)
    if x is None or not _reads_all(term) or x.channels == depth:
        return None
    if term.op.fully_connected and not x.spatial:
        return None  # a flat vector has no depth
    # Without groups, because a wrong depth may not be divisible by them.
    new = term.having(groups=1) or term
    return new.but(xs=(Volume(x.spatial, depth),))


def _reads_all(term: LayerTerm) -> bool:
    """Whether each filter reads all channels; in a depthwise layer each map has its own weights."""
    return term.op.weighted and term.op.width is not None


def _own_depth(term: LayerTerm) -> LayerTerm | None:
    filters = filters_of(term)
    return _with_depth(term, filters) if filters else None


def _image_depth(term: LayerTerm) -> LayerTerm | None:
    return _with_depth(term, IMAGE_CHANNELS) if term.op.name == Conv.name else None


def _one_filter(term: LayerTerm) -> LayerTerm | None:
    x, groups = volume(term), term.op.channel_groups
    if x and term.op.depthwise:
        # One channel with one filter, which has no other channel to read.
        one = term.having(multiplier=1) or term
        return one.but(xs=(Volume(x.spatial, 1),)) if x.channels > 1 else None
    if x is None or not filters_of(term):
        return None
    # One filter of a grouped layer reads the channels of its group only.
    single = term.having(filters=1, groups=1)
    return single.but(xs=(Volume(x.spatial, x.channels // groups),)) if single else None


def _without_groups(term: LayerTerm) -> LayerTerm | None:
    x = volume(term)
    # A depthwise convolution has one group per channel.
    if x and term.op.depthwise:
        return term.having(filters=term.op.shape((x,)).channels, multiplier=1)
    return term.having(groups=1)


def _without_table(term: LayerTerm) -> LayerTerm | None:
    """Every filter reads all maps, although a table says which (LeNet's C3)."""
    if not isinstance(term.op, Conv) or not term.op.table:
        return None
    return term.but(op=replace(term.op, table=None))


def _one_group(term: LayerTerm) -> LayerTerm | None:
    x, groups, filters = volume(term), term.op.channel_groups, filters_of(term)
    if x is None or groups == 1 or not filters:
        return None
    group = term.having(filters=filters // groups, groups=1)
    return group.but(xs=(Volume(x.spatial, x.channels // groups),)) if group else None


def _one_side_of_kernel(term: LayerTerm) -> LayerTerm | None:
    x = volume(term)
    if x is None or x.rank < 2 or not kernel(term) or not term.op.weighted:
        return None
    # The output stays right: the mistake is in the size of the kernel, not in where it fits.
    y = term.output()
    flat = term.having(kernel=(per_axis(kernel(term), x.rank)[0], *(1,) * (x.rank - 1)))
    return flat.but(y=y) if flat else None


def _not_flattened(term: LayerTerm) -> LayerTerm | None:
    x = flattened(term)
    return term.but(xs=(Volume((), x.channels),)) if x else None


def _on_last_axis(term: LayerTerm) -> LayerTerm | None:
    """A fully connected layer on every position of a map, as Dense of Keras does without Flatten."""
    x = flattened(term)
    units = getattr(term.op, "units", None)
    if x is None or units is None:
        return None
    return term.but(op=Conv(filters=units, kernel=1, bias=bool(getattr(term.op, "bias", True))))


def _one_side_flattened(term: LayerTerm) -> LayerTerm | None:
    x = flattened(term)
    return term.but(xs=(Volume((), x.spatial[0] * x.channels),)) if x else None


MISTAKES = (
    Mistake(
        "forgot-input-depth",
        COUNTS,
        "The depth of the input is missing: a filter covers all channels that it reads, F·F·D.",
        in_every_layer(partial(_with_depth, depth=1)),
    ),
    Mistake(
        "one-filter",
        COUNTS,
        "This is one filter only; the layer has K filters.",
        in_every_layer(_one_filter),
        False,
    ),
    Mistake(
        "ignored-groups",
        COUNTS,
        "The groups are ignored: a filter reads only the D/G channels of its group.",
        in_every_layer(_without_groups),
    ),
    Mistake(
        "assumed-groups",
        COUNTS,
        "This assumes two groups, as on the two GPUs of the AlexNet paper.",
        option(groups=2),
    ),
    Mistake(
        "ignored-table",
        COUNTS,
        "The connection table is ignored: a filter reads only the maps that the table gives it.",
        in_every_layer(_without_table),
    ),
    Mistake(
        "one-group",
        COUNTS,
        "This is one group only; the layer has G groups.",
        in_every_layer(_one_group),
    ),
    Mistake(
        "kernel-one-side",
        COUNTS,
        "The kernel is counted along one side only; it has F·F values per channel.",
        in_every_layer(_one_side_of_kernel),
    ),
    Mistake(
        "forgot-flatten",
        COUNTS,
        "Only the channels are counted as inputs; a fully connected layer reads every value, H·W·D.",
        in_every_layer(_not_flattened),
    ),
    Mistake(
        "dense-on-last-axis",
        SHAPED,
        "This applies the layer at every position of the map (Dense without Flatten); it reads one vector.",
        in_every_layer(_on_last_axis),
        False,
    ),
    Mistake(
        "flattened-one-side",
        COUNTS,
        "One side of the volume is missing from the inputs; a fully connected layer reads H·W·D values.",
        in_every_layer(_one_side_flattened),
        False,
    ),
)

OTHER_DEPTHS = (
    Mistake(
        "filters-as-depth",
        COUNTS,
        "The number of filters of this layer is used as the depth of its input.",
        in_every_layer(_own_depth),
        False,
    ),
    Mistake(
        "depth-of-image",
        COUNTS,
        "The three channels of the image are used as the depth of this layer's input.",
        in_every_layer(_image_depth),
        False,
    ),
)
