"""Quantities of what a layer stores: its weights and biases, the params of its norm, its buffers."""

from __future__ import annotations

from archcalc.dims import Dim
from archcalc.engine.quantities.record import Quantity, Reading
from archcalc.engine.reading import LayerReading
from archcalc.ops.base import Role


def _stored(role: Role) -> Reading:
    """The number of values in the arrays of one role."""
    return lambda layer: layer.stored(role)


def _params(layer: LayerReading) -> Dim:
    return layer["weights"] + layer["biases"] + layer["norm_params"]


PARAMS = Quantity(
    key="params",
    label="params",
    meaning="everything trained",
    group="stored",
    of=_params,
    with_batch=False,
    made_of=("weights", "biases", "norm_params"),
    words=(
        "parameters",
        "param",
        "number of parameters",
        "number of params",
        "num parameters",
        "num params",
        "no. of parameters",
        "no. of params",
        "of params",
        "of parameters",
        "learnable parameters",
    ),
    shown=True,
    views=("shares", "changes", "formulas"),
    priority=85,
    asked=True,
    asked_as="params are weights, biases and norm (gamma and beta)",
)
WEIGHTS = Quantity(
    key="weights",
    label="weights",
    meaning="params without biases and norm",
    group="stored",
    of=_stored("weight"),
    with_batch=False,
    follows=("params",),
    words=("weight", "params without biases"),
    priority=40,
    asked=True,
    asked_as="weights are params without biases and norm",
)
BIASES = Quantity(
    key="biases",
    label="biases",
    meaning="biases of conv, fc and the like",
    group="stored",
    of=_stored("bias"),
    with_batch=False,
    follows=("params",),
    words=("bias",),
    priority=39,
    asked=True,
    asked_as="biases are those of conv, fc and similar ops, not of norm",
)
NORM_PARAMS = Quantity(
    key="norm_params",
    label="norm",
    meaning="gamma and beta",
    group="stored",
    of=_stored("norm"),
    with_batch=False,
    follows=("params",),
    words=("norm", "gamma and beta"),
    priority=38,
    asked=True,
    asked_as="norm params are gamma and beta",
)
BUFFERS = Quantity(
    key="buffers",
    label="buffers",
    meaning="stored, not trained",
    group="stored",
    of=_stored("buffer"),
    with_batch=False,
    compared=False,  # papers and frameworks do not count them
)

QUANTITIES = (
    PARAMS,
    WEIGHTS,
    BIASES,
    NORM_PARAMS,
    BUFFERS,
)
