"""The names of a key's layers, as students may spell them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from archcalc.classroom.align import plain_name
from archcalc.engine.walk import Step
from archcalc.errors import ArchcalcError, did_you_mean, short
from archcalc.ops import lecture_name

INPUT_ROW = "input"
MOST_LAYERS = 4
"""Layers that are named if a student uses an unknown name."""


class KeyNames:
    """Finds the layer that a name means."""

    def __init__(self, network: str, steps: Mapping[str, Step]) -> None:
        self.network = network
        self.steps = steps
        self._unknown: dict[str, str] = {}

    @cached_property
    def _names(self) -> dict[str, list[str]]:
        """Every path, scope and last part of a path in plain spelling, with the paths that it may mean.

        The last part of a scope, and the op of a layer, are names only if nothing else has that name.
        """
        own_layers = [(path, step.op) for path, step in self.steps.items() if not step.node.follower]
        names: dict[str, list[str]] = {INPUT_ROW: [INPUT_ROW]}
        for path in self.steps:
            for scope in (*_scopes(path), path):
                _add_name(names, scope, scope)
        # Followers have no short names: the relu of conv1/relu would make other layers ambiguous.
        for path, _ in own_layers:
            _add_name(names, _last_part(path), path)
        scope_names: dict[str, list[str]] = {}
        for scope in {scope for path in self.steps for scope in _scopes(path)} - self.steps.keys():
            _add_name(scope_names, _last_part(scope), scope)
        op_names: dict[str, list[str]] = {}
        for path, op in own_layers:
            for name in (op.name, lecture_name(op.name)):
                _add_name(op_names, name, path)
        # The later dict wins: a layer called conv is that layer, and not "the only conv".
        return {**op_names, **scope_names, **names}

    def find(self, name: str) -> str:
        """The path of the layer or scope with this name, in any spelling. Raises ArchcalcError."""
        if name in self.steps:
            return name
        paths = self._names.get(plain_name(name), [])
        # Of several, a name at the top level is the one that a student means.
        outer = [path for path in paths if "/" not in path]
        if len(paths) == 1 or len(outer) == 1:
            return (outer or paths)[0]
        if paths:
            raise ArchcalcError(f"'{short(name)}' may be {' or '.join(map(short, sorted(paths)[:3]))}")
        # A class of students repeats the same unknown names, and the search for a similar one is slow.
        if name not in self._unknown:
            layers = [path for path, step in self.steps.items() if not step.node.follower]
            hint = (
                did_you_mean(name, [*self.steps, INPUT_ROW])
                or f"its layers are {', '.join(layers[:MOST_LAYERS])}, ..."
            )
            self._unknown[name] = f"{self.network} has no layer '{short(name)}' ({hint})"
        raise ArchcalcError(self._unknown[name])


def _scopes(path: str) -> list[str]:
    """The scopes around a layer; the outermost comes first."""
    parts = path.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts))]


def _last_part(path: str) -> str:
    return path.rpartition("/")[2]


def _add_name(names: dict[str, list[str]], name: str, path: str) -> None:
    paths = names.setdefault(plain_name(name), [])
    if path not in paths:
        paths.append(path)
