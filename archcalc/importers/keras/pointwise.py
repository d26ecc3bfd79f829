"""Activations, what is done in training only, and constants."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from archcalc.errors import did_you_mean, short
from archcalc.importers.as_network import made
from archcalc.importers.keras.fields import KerasProblem, is_number
from archcalc.importers.keras.graph import KerasCall, KerasReader, KerasTensor
from archcalc.importers.keras.model import layer_at
from archcalc.ops.base import Op

PointwiseTranslator = Callable[[KerasCall, KerasReader], KerasTensor]

ACTIVATIONS: Mapping[str, str] = {
    **{name: name for name in ("relu", "relu6", "elu", "selu", "celu", "gelu", "sigmoid", "tanh", "silu")},
    **{name: name for name in ("softmax", "softplus", "mish")},
    "leakyrelu": "leaky_relu",
    "hardsigmoid": "hardsigmoid",
    "hardsilu": "hardswish",
    "hardswish": "hardswish",
    "hardtanh": "hardtanh",
    "swish": "silu",
    "logsoftmax": "logsoftmax",
    "glu": "",  # Keras itself has the wrong shape of its output
    "logsigmoid": "",
    "softsign": "",
    "exponential": "elementwise: exp",
}
"""The activations of Keras without ``_``, and their ops; empty if there is none."""


def activation_op(name: str) -> Op:
    """The op of an activation. Raises KerasProblem."""
    op = ACTIVATIONS.get(name.lower().replace("_", ""))
    if op:
        name, _, function = op.partition(": ")
        return made(name, function=function) if function else made(name)
    if op is None:
        hint = did_you_mean(name, list(ACTIVATIONS)) or "a function of your own is in Python code"
        raise KerasProblem(f"archcalc does not know the activation '{short(name)}'", hint)
    raise KerasProblem(f"archcalc has no layer for the activation '{short(name)}'")


def activated(call: KerasCall, reader: KerasReader, y: KerasTensor, name: str = "activation") -> KerasTensor:
    """The output of a layer behind its activation. Raises KerasProblem and DoesNotFit."""
    given = call.config.get(name)
    if isinstance(given, dict) and given.get("class_name") in POINTWISE:
        # The activation is a layer.
        layer = layer_at(given, (*call.config.path, name))
        inner = _beside(call, layer.type.lower())._replace(layer=layer, args=[y])
        return POINTWISE[layer.type](inner, reader)
    if isinstance(given, dict):  # a function; its name is all that is stored of it
        given = given.get("config")
    if isinstance(given, dict):
        given = given.get("name")
    if given is None or given == "linear":
        return y
    if not isinstance(given, str):
        raise KerasProblem(f"'{name}' must be the name of a function", "", (*call.config.path, name))
    op = activation_op(given)
    return reader.add_same(_beside(call, op.name), op, y)


def _beside(call: KerasCall, name: str) -> KerasCall:
    """The call with the path of a second layer, for the case that it cannot stand in the row of the first."""
    return call._replace(path=[*call.path[:-1], f"{call.path[-1]}_{name}"])


def activation(call: KerasCall, reader: KerasReader) -> KerasTensor:
    x = call.input()
    given = call.config.get("activation")
    if not isinstance(given, str) or given == "linear":
        return activated(call, reader, x)
    return reader.add_same(call, activation_op(given), x)


# --- activations that are layers ----------------------------------------------------------------------------


def relu(call: KerasCall, reader: KerasReader) -> KerasTensor:
    x, config = call.input(), call.config
    config.refuse(
        ["threshold"] if config.get("threshold") != 0 else [], "archcalc has no relu with a threshold"
    )
    slope = config.number("negative_slope")
    if config.get("max_value") is None:
        return reader.add_same(call, made("leaky_relu", slope=slope) if slope else made("relu"), x)
    high = config.number("max_value")
    if slope:
        raise KerasProblem("archcalc has no leaky relu with a largest value")
    if high != 6:
        return reader.add_same(call, made("hardtanh", low=0, high=high), x)
    y = reader.add_same(call, made("relu6"), x)
    return y._replace(step="relu6(x + 3)", base=x.base) if x.step == "x + 3" else y


def softmax(call: KerasCall, reader: KerasReader) -> KerasTensor:
    x, axis = call.input(), call.config.values.get("axis", -1)
    if axis not in (-1, len(x.dims), [-1], [len(x.dims)]):
        says = "archcalc has a softmax over the channels only, the last axis"
        raise KerasProblem(says, "", (*call.config.path, "axis"))
    return reader.add_same(call, made("softmax"), x)


def leaky_relu(call: KerasCall, reader: KerasReader) -> KerasTensor:
    slope = call.config.number("negative_slope", "alpha", default=0.3)
    return reader.add_same(call, made("leaky_relu", slope=slope), call.input())


def prelu(call: KerasCall, reader: KerasReader) -> KerasTensor:
    """Keras has a slope for every value, or shares them along some axes."""
    x = call.input()
    given = call.config.get("shared_axes")
    shared = {axis for axis in (given if isinstance(given, list) else []) if isinstance(axis, int)}
    own = [size for axis, size in enumerate(x.dims, 1) if axis not in shared and size > 1]
    if own not in ([], [x.channels]) or (own and len(x.dims) in shared):
        says = "archcalc has a slope for each channel, or one for all"
        raise KerasProblem(says, "shared_axes=[1, 2] shares the slopes of all positions")
    return reader.add_same(call, made("prelu", slopes="per-channel" if own else "shared"), x)


def elu(call: KerasCall, reader: KerasReader) -> KerasTensor:
    return reader.add_same(call, made("elu", alpha=call.config.number("alpha", default=1)), call.input())


# --- layers of training -------------------------------------------------------------------------------------


def dropout(call: KerasCall, reader: KerasReader) -> KerasTensor:
    rate = call.config.number("rate", default=0)
    if not 0 <= rate <= 1:
        raise KerasProblem("'rate' must be a number from 0 to 1", "", (*call.config.path, "rate"))
    return reader.add_same(call, made("dropout", rate=rate), call.input())


def identity(call: KerasCall, reader: KerasReader) -> KerasTensor:
    """A layer that gives what it reads when the model is used."""
    return call.inputs()[0]


# --- constants ----------------------------------------------------------------------------------------------

COUNTERS = "the counter of a Normalization, one value, is not counted"


def function(call: KerasCall, reader: KerasReader, name: str, *inputs: KerasTensor) -> KerasTensor:
    """A function of each value, such as a factor that is not trained. Raises DoesNotFit."""
    y = reader.add(call, made("elementwise", function=name), *inputs)
    return KerasTensor(y.number, inputs[0].dims)


def rescaling(call: KerasCall, reader: KerasReader) -> KerasTensor:
    x, scale, offset = call.input(), *(call.config.get(name) for name in ("scale", "offset"))
    if scale not in (None, 1):
        x = times(call, reader, x, scale)
    return function(_beside(call, "offset"), reader, "shift", x) if offset not in (None, 0) else x


def normalization(call: KerasCall, reader: KerasReader) -> KerasTensor:
    """A norm with stored statistics that are not trained; given as numbers, they are no arrays."""
    x, axis = call.input(), call.config.values.get("axis", -1)
    if call.config.get("mean") is not None:
        return function(_beside(call, "variance"), reader, "scale", function(call, reader, "shift", x))
    if axis not in (-1, len(x.dims), [-1], [len(x.dims)]):
        says = "archcalc norms the last axis only, the channels"
        raise KerasProblem(says, "", (*call.config.path, "axis"))
    reader.note(COUNTERS)
    return reader.add_same(call, made("bn", gamma=False, beta=False), x)


def plus(call: KerasCall, reader: KerasReader, x: KerasTensor, value: Any) -> KerasTensor:
    """A tensor plus a constant, which may be the first step of a hard sigmoid."""
    y = function(call, reader, "shift", x)
    return y._replace(step="x + 3", base=x.number) if value == 3 else y


def times(call: KerasCall, reader: KerasReader, x: KerasTensor, value: Any) -> KerasTensor:
    """A tensor times a constant, which may be the last step of a hard sigmoid."""
    is_sixth = is_number(value) and abs(value - 1 / 6) < 1e-3
    if x.step == "relu6(x + 3)" and is_sixth:
        # The steps before are read by nothing else, or stay.
        return reader.add_same(call, made("hardsigmoid"), KerasTensor(x.base, x.dims))
    return function(call, reader, "scale", x)


def _plain(name: str) -> PointwiseTranslator:
    def translate(call: KerasCall, reader: KerasReader) -> KerasTensor:
        return reader.add_same(call, activation_op(name), call.input())

    return translate


_IDENTITIES = (
    "ActivityRegularization", "GaussianNoise", "Identity", "Masking", "StochasticDepth", "RandomBrightness",
    "RandomColorJitter", "RandomContrast", "RandomFlip", "RandomHue", "RandomRotation", "RandomSaturation",
    "RandomSharpness", "RandomShear", "RandomTranslation", "RandomZoom",
)  # fmt: skip

_DROPOUTS = ("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "AlphaDropout",
             "GaussianDropout")  # fmt: skip

POINTWISE: Mapping[str, PointwiseTranslator] = {
    "Activation": activation,
    "ReLU": relu,
    "LeakyReLU": leaky_relu,
    "PReLU": prelu,
    "ELU": elu,
    "Softmax": softmax,
    "Rescaling": rescaling,
    "Normalization": normalization,
    **dict.fromkeys(_DROPOUTS, dropout),
    **dict.fromkeys(_IDENTITIES, identity),
}


def operation_op(name: str) -> PointwiseTranslator | None:
    """What an activation in ``keras.ops`` or ``tf.nn`` becomes, called as a function."""
    return _plain(name) if ACTIVATIONS.get(name.lower().replace("_", "")) else None


def constant_of(call: KerasCall) -> Any:
    """The number among the arguments of an operation; None if there is none."""
    given = [*call.args, *(call.kwargs.get(name) for name in ("x", "x1", "x2", "y"))]
    return next((value for value in given if is_number(value)), None)
