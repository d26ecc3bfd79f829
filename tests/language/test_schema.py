"""The JSON Schema: a validator that we did not write accepts every shipped spec and refuses slips."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from helpers.marks import slow_except
from helpers.zoo import FAST_SPECS

from archcalc.language.find import spec_files
from archcalc.language.schema import schema
from archcalc.ops import OPS

VALIDATOR = jsonschema.Draft202012Validator(schema())


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    assert json.loads(json.dumps(schema())) == schema()


@pytest.mark.parametrize(
    "path",
    slow_except(FAST_SPECS, spec_files(), lambda path: Path(path).stem),
    ids=lambda path: Path(path).stem,
)
def test_every_shipped_spec_is_valid(path: str) -> None:
    errors = list(VALIDATOR.iter_errors(yaml.safe_load(Path(path).read_text(encoding="utf-8"))))
    assert not errors, errors[0]


def spec(**changes: Any) -> dict[str, Any]:
    return {"name": "x", "input": [8, 8, 3], "layers": [{"conv": 4, "kernel": 3}], **changes}


@pytest.mark.parametrize(
    "good",
    [
        spec(),
        spec(input="32x32x3", layout="chw", layers=[{"conv": 4, "kernel": "3x3"}]),
        spec(layers=["relu", {"maxpool": "global"}, {"my_block": [1, 2], "name": "a"}]),
        spec(
            layers=[
                {"conv": "2*width", "kernel": [1, "k"], "pad": "same", "then": ["bn", "relu"], "when": "deep"}
            ]
        ),
        spec(
            layers=[
                {"add": {"a": ["relu"], "b": []}, "survival": {"a": 0.5}},
                {"concat": None, "from": ["a", "b"]},
            ]
        ),
        spec(layers=[{"repeat": 3, "as": "i", "layers": ["relu"], "name": "s{i}"}, {"aux": ["softmax"]}]),
    ],
)
def test_accepted(good: dict[str, Any]) -> None:
    assert not list(VALIDATOR.iter_errors(good))


@pytest.mark.parametrize(
    "bad",
    [
        spec(layers=[{"conv": 4, "kernal": 3}]),
        spec(layers=[{"conv": 0, "kernel": 3}]),
        spec(layers=[{"conv": 4, "kernel": 3, "bias": 1}]),
        spec(layers=[{"repeat": 3}]),
        spec(layers=[7]),
        spec(colour="red"),
        spec(defaults={"cov": {}}),
        {"name": "x", "layers": []},
    ],
)
def test_refused(bad: dict[str, Any]) -> None:
    assert list(VALIDATOR.iter_errors(bad))


def test_every_op_is_described() -> None:
    definitions = schema()["$defs"]
    assert {f"op-{name}" for name in OPS} <= set(definitions)
    for name in OPS:
        for key, option in definitions[f"op-{name}"]["properties"].items():
            assert option.get("description"), (name, key)
