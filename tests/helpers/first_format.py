"""Locks in the first format, as archcalc wrote them before equal layers stood once: users have such files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from archcalc.results.lock import Lock, LockedLayer, LockedNetwork


def first_format(lock: Lock, settings: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The JSON of a lock in the first format."""
    return {
        "convention": lock.convention,
        "format": 1,
        "networks": {name: _network(network) for name, network in lock.networks.items()},
        "quantities": list(lock.quantities),
        "set": dict(lock.settings if settings is None else settings),
    }


def _network(network: LockedNetwork) -> dict[str, Any]:
    return {
        "input": list(network.input),
        "layers": [_layer(layer) for layer in network.layers],
        "spec": network.spec,
        "totals": dict(network.totals),
    }


def _layer(layer: LockedLayer) -> dict[str, Any]:
    shapes = {"input": [list(shape) for shape in layer.input], "output": list(layer.output)}
    return {"layer": layer.path, "op": layer.op, **shapes, **layer.figures}


def as_text(lock: Lock) -> str:
    """A lock in the first format, as one line of JSON."""
    return json.dumps(first_format(lock))
