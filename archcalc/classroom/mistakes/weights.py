"""Mistakes in the weights of a layer; most of them also change its multiply-accumulates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from archcalc.classroom.calculation import Calculation, LayerTerm
from archcalc.classroom.mistakes import filters
from archcalc.classroom.mistakes.base import (
    STORES,
    Mistake,
    in_every_layer,
    kernel,
    option,
    other_quantity,
    plus,
    volume,
)
from archcalc.ops.conv import Conv


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
    *filters.MISTAKES,
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
    *filters.OTHER_DEPTHS,
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
