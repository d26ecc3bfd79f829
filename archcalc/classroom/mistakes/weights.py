"""Mistakes in the weights of a layer; most of them also change its multiply-accumulates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from archcalc.classroom.calculation import Calculation, LayerTerm
from archcalc.classroom.mistakes.base import (
    COUNTS,
    STORES,
    Mistake,
    filters_of,
    flattened,
    in_every_layer,
    kernel,
    option,
    other_quantity,
    plus,
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


def _one_side_flattened(term: LayerTerm) -> LayerTerm | None:
    x = flattened(term)
    return term.but(xs=(Volume((), x.spatial[0] * x.channels),)) if x else None


def _pooling_as_conv(calculation: Calculation) -> Iterator[Calculation]:
    """Pooling with the weights of a convolution: over all channels, or with one kernel per channel."""
    for change in (_with_weights, _unbiased, _depthwise):
        yield from calculation.with_changed_terms(change)


def _with_weights(term: LayerTerm, **options: Any) -> LayerTerm | None:
    x, op = volume(term), term.op
    if x is None or not kernel(term) or op.weighted:
        return None
    window = {name: getattr(op, name) for name in ("kernel", "stride", "pad")}
    return term.but(op=Conv(**{"filters": x.channels, **window, **options}), y=term.output())


_unbiased = partial(_with_weights, bias=False)
_depthwise = partial(_with_weights, filters="depthwise", bias=False)


def _biases(count: Callable[[LayerTerm], int]) -> Callable[[Calculation], Iterable[Calculation]]:
    """Another number of biases per layer."""

    def change(calculation: Calculation) -> Iterator[Calculation]:
        # The difference to the right number is added to the result, so mistakes before this one stay in it.
        biased = [term for term in calculation.terms if _one_bias_each(term)]
        if biased:
            more = sum(term.times * (count(term) - term.count("biases")) for term in biased)
            yield from calculation.then(plus(more))

    return change


def _one_bias_each(term: LayerTerm) -> bool:
    """Whether every filter or unit has one bias; locally connected layers have one per position."""
    return getattr(term.op, "bias", False) is True and term.count("biases") == term.output().channels


def _inputs(term: LayerTerm) -> int:
    x = volume(term)
    if x is None:
        return 1
    return int(x.size if term.op.fully_connected else x.channels)


def _macs(calculation: Calculation) -> Iterator[Calculation]:
    """The multiply-accumulates, unless each weight is used only once and both numbers are the same."""
    weights = calculation._replace(quantity="weights").result()
    yield from (macs for macs in other_quantity("macs")(calculation) if macs.result() != weights)


def _with(quantity: str) -> Callable[[Calculation], Iterable[Calculation]]:
    """Count something else that the layers store."""

    def change(calculation: Calculation) -> Iterator[Calculation]:
        more = calculation._replace(quantity=quantity, after=()).result()
        if more:
            yield from calculation.then(plus(more))

    return change


def _without_norm(term: LayerTerm) -> LayerTerm | None:
    """Count nothing of a layer that has only parameters of a norm."""
    return term.but(times=0) if term.count("params") == term.count("norm_params") != 0 else None


MISTAKES = (
    Mistake(
        "forgot-bias",
        ("params", "param_bytes"),
        "The biases are missing: each filter, and each unit of a fully connected layer, has one bias.",
        option(bias=False),
    ),
    Mistake(
        "counted-bias",
        ("weights",),
        "The biases are included; the question asks for the weights only.",
        _with("biases"),
    ),
    Mistake(
        "counted-norm",
        ("weights",),
        "Gamma and beta of the normalisation are included; the question asks for the weights only.",
        _with("norm_params"),
    ),
    Mistake(
        "forgot-norm",
        ("params", "param_bytes"),
        "Gamma and beta of the normalisation are missing: they are trained too.",
        in_every_layer(_without_norm),
    ),
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
        "flattened-one-side",
        COUNTS,
        "One side of the volume is missing from the inputs; a fully connected layer reads H·W·D values.",
        in_every_layer(_one_side_flattened),
        False,
    ),
    Mistake(
        "one-bias-in-all",
        ("params",),
        "One bias is counted for the whole layer; each filter has its own bias.",
        _biases(lambda term: 1),
    ),
    Mistake(
        "bias-per-input",
        ("params",),
        "One bias is counted per input channel; each filter has one bias.",
        _biases(_inputs),
        False,
    ),
    Mistake(
        "bias-per-position",
        ("params",),
        "One bias is counted per output position; all positions share the bias of their filter.",
        _biases(lambda term: int(term.output().size)),
        False,
    ),
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
    Mistake(
        "weights-in-pooling",
        STORES,
        "Pooling has no weights: it only takes the maximum or the average.",
        _pooling_as_conv,
        False,
    ),
    Mistake(
        "counted-buffers",
        ("params",),
        "Running mean and variance are included; they are not parameters, because they are not learned.",
        _with("buffers"),
    ),
    Mistake(
        "macs-for-params",
        ("params", "weights"),
        "Each weight is counted once per position; all positions share the same weights.",
        _macs,
    ),
    Mistake(
        "values-for-params",
        ("params", "weights"),
        "This is the number of output values of the layer, not of its weights.",
        other_quantity("activations"),
        False,
    ),
)
