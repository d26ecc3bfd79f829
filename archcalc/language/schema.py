"""The JSON Schema of the spec language, generated from the op classes."""

from __future__ import annotations

from typing import Any

from archcalc.language.input_sizes import LAYOUTS, SIZES
from archcalc.language.published import ACCURACY_KEYS, CLAIM_KEYS
from archcalc.language.vocabulary import STRUCTURES, common_of
from archcalc.ops import OPS, prose, summary
from archcalc.ops.base import Op
from archcalc.ops.option_types import Schema
from archcalc.ops.options import options_of

_VALUE: Schema = {"description": "a number, a word, an expression, or a list of them"}
_SIZES_SAY = "channels last: [height, width, channels], or 32x32x3"
_SIZES: Schema = {
    "anyOf": [
        {"type": "array", "items": _VALUE, "minItems": 1, "maxItems": 4},
        {"type": "string", "pattern": SIZES},
    ],
}
_TEXT: Schema = {"type": "string"}
_LAYERS: Schema = {"$ref": "#/$defs/layers"}


def schema() -> Schema:
    """A schema that completes and checks specs in an editor; archcalc itself checks more."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "archcalc spec",
        "type": "object",
        "required": ["name", "layers"],
        "oneOf": [{"required": ["input"]}, {"required": ["inputs"]}],
        "additionalProperties": False,
        "properties": _top_level(),
        "$defs": _definitions(),
    }


def _top_level() -> dict[str, Schema]:
    """The keys of a spec."""
    return {
        "name": {**_TEXT, "description": "the name of the network or family"},
        "family": {**_TEXT, "description": "the family in lists; default: the name"},
        **_about(),
        "settings": {"type": "object", "description": "the settings of the family and their defaults"},
        "functions": {
            "type": "object",
            "description": "expressions of their arguments that others call, such as width(c): 8 * c",
            "additionalProperties": _VALUE,
        },
        "variants": {
            "type": "object",
            "description": "named networks of the family: the settings in which they differ",
            "additionalProperties": {"type": "object", "properties": _about()},
        },
        "input": {"description": "sizes of the input, " + _SIZES_SAY, **_SIZES},
        "inputs": {
            "type": "object",
            "description": "several inputs by name, such as {source: [64, 1], target: [64, 1]}",
            "minProperties": 1,
            "additionalProperties": {"description": "sizes of one input, " + _SIZES_SAY, **_SIZES},
        },
        "layout": {
            "enum": list(LAYOUTS),
            "description": "the order of the sizes in input: hwc (channels last, the default) or chw",
        },
        "defaults": {
            "type": "object",
            "description": "default options for every use of an op",
            "additionalProperties": False,
            "properties": {name: _options(op, main=True) for name, op in OPS.items()},
        },
        "blocks": {
            "type": "object",
            "description": "ops that you define: arguments and layers",
            "additionalProperties": {
                "type": "object",
                "required": ["layers"],
                "additionalProperties": False,
                "properties": {"args": {"type": "array"}, "layers": _LAYERS},
            },
        },
        "layers": _LAYERS,
    }


def _definitions() -> dict[str, Schema]:
    """The forms of a layer."""
    return {
        "layers": {"type": "array", "items": {"$ref": "#/$defs/layer"}},
        "layer": {"anyOf": [{"$ref": "#/$defs/word"}, {"$ref": "#/$defs/mapping"}]},
        "word": {"type": "string", "description": "an op without options, or a block without arguments"},
        "mapping": {
            "type": "object",
            "minProperties": 1,
            # A key that is an op decides; a mapping without one is the use of a block.
            "allOf": [_if_has(name, {"$ref": f"#/$defs/op-{name}"}) for name in OPS]
            + [_if_has(name, {"$ref": f"#/$defs/{name}"}) for name in STRUCTURES],
            "properties": {name: {"description": summary(op)} for name, op in OPS.items()},
        },
        "repeat": {
            "type": "object",
            "description": "layers that are built a number of times, or once for each item of a list",
            "required": ["repeat", "layers"],
            "additionalProperties": False,
            "properties": {"repeat": _VALUE, "as": _VALUE, "layers": _LAYERS, **_common()},
        },
        "aux": {
            "type": "object",
            "description": "an auxiliary head, not in the totals by default",
            "required": ["aux"],
            "additionalProperties": False,
            "properties": {"aux": _LAYERS, **_common()},
        },
        **{f"op-{name}": _op(op) for name, op in OPS.items()},
    }


def _if_has(key: str, then: Schema) -> Schema:
    """``then`` for a mapping whose op is ``key``, not for one with an option of that name (pad, scale)."""
    # ``pad: 1`` is an op in ``{pad: 1}``, and an option in ``{conv: 8, pad: 1}``.
    others = [{"required": [name]} for name, op in OPS.items() if key in options_of(op) and name != key]
    test: Schema = {"required": [key]}
    return {"if": {**test, "not": {"anyOf": others}} if others else test, "then": then}


def _about() -> dict[str, Schema]:
    claim: Schema = {
        "type": "object",
        "required": ["what", "says", "source"],
        "additionalProperties": False,
        "properties": {key: {} for key in CLAIM_KEYS},
    }
    return {
        "title": {**_TEXT, "description": "the name in full"},
        "year": {"type": "integer", "description": "year of publication"},
        "source": {**_TEXT, "description": "where the architecture is documented"},
        "aliases": {"type": "array", "items": _TEXT, "description": "other names"},
        "accuracy": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["source"],
                "properties": {key: {} for key in ACCURACY_KEYS},
            },
            "description": "published accuracy, in percent, with protocol and source",
        },
        "claims": {
            "type": "array",
            "items": claim,
            "description": "figures about the network that papers print",
        },
    }


def _common(op: type[Op] = Op) -> dict[str, Schema]:
    descriptions = {
        "name": "the name of the layer; {i} means the value of i",
        "from": "earlier layers that it reads; default: the layer above",
        "when": "a condition: if it is false, the layer is left out",
        "same_as": "an earlier layer or block whose weights it uses: they count once",
    }
    return {key: {"description": descriptions[key]} for key in common_of(op)}


def _options(op: type[Op], main: bool = False) -> Schema:
    """The options of an op by name; only defaults give the main option by name too."""
    properties: dict[str, Any] = {
        item.name: {**item.type.schema(), "description": f"{item.says}; {item.default_in_words()}"}
        for item in options_of(op).values()
        if main or not item.main
    }
    return {"type": "object", "additionalProperties": False, "properties": {**properties, "then": _then()}}


def _then() -> Schema:
    return {"description": "an op or a list of ops after the layer, in its row"}


def _op(op: type[Op]) -> Schema:
    options = _options(op)
    main: Schema = next(
        (item.type.schema() for item in options_of(op).values() if item.main), {"type": "null"}
    )
    # An op with many inputs has branches in the place of a main option.
    if op.many:
        main = {"anyOf": [{"type": "null"}, {"type": "object", "additionalProperties": _LAYERS}]}
        options["properties"]["survival"] = {
            "type": "object",
            "description": "probability that a branch runs in training",
        }
    elif not any(item.main and item.required for item in options_of(op).values()):
        main = {"anyOf": [main, {"type": "null"}]}
    return {
        **options,
        "description": prose(op),
        "required": [op.name],  # other required options may come from defaults
        "properties": {
            op.name: {**main, "description": summary(op)},
            **options["properties"],
            **_common(op),
        },
    }
