"""What ``check`` answers: how networks differ from their lock, and how they stand to their budgets."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Literal, NamedTuple, TypeAlias

from archcalc.results import FORMAT, plain

Kind: TypeAlias = Literal["changed", "added", "removed", "renamed", "new", "gone", "convention"]
"""A figure changed; a layer was added, removed or renamed; a network has no entry, an entry no network; what numbers
count changed."""


class Place(NamedTuple):
    """Where something is written: a file as the user gave it, line and column from 1 (0: the file as a whole)."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


class LocalName(NamedTuple):
    """A network of a project: its name is its own only within the folder of its spec, which is that of its lock."""

    folder: str
    name: str

    def __str__(self) -> str:
        return "/".join(filter(None, (self.folder.replace(os.sep, "/"), self.name))) or "."


class Difference(NamedTuple):
    """One thing that is not as it was locked.

    ``spec`` is the network; ``layer`` is empty for its totals. ``place`` is the line of the spec that caused it, which
    may be that of a layer above (``cause``). ``note`` says what the rest cannot.
    """

    kind: Kind
    spec: str
    layer: str
    quantity: str
    old: Any
    new: Any
    place: Place
    cause: str = ""
    note: str = ""

    @property
    def network(self) -> LocalName:
        """The network that differs; without a name the lock as a whole."""
        return LocalName(os.path.dirname(self.place.file), self.spec)

    @property
    def change(self) -> int | None:
        """How much a count grew; None where there is no number on both sides."""
        both = (self.old, self.new)
        return self.new - self.old if all(type(value) is int for value in both) else None

    @property
    def ratio(self) -> Fraction | None:
        """The growth as a share of what it was; None where that is nothing."""
        change = self.change
        return None if change is None or not self.old else Fraction(change, self.old)

    def as_json(self) -> dict[str, Any]:
        """One entry of ``differences``."""
        return {
            "kind": self.kind,
            "spec": self.spec,
            "layer": self.layer,
            "quantity": self.quantity,
            "old": plain(self.old),
            "new": plain(self.new),
            "file": self.place.file,
            "line": self.place.line,
            "column": self.place.column,
            "cause": self.cause,
            "note": self.note,
        }


class Budgeted(NamedTuple):
    """A budget of a network: an expression that must hold, with the sides of its comparison."""

    spec: str
    expression: str
    value: int | Fraction
    symbol: str
    limit: int | Fraction
    ok: bool
    place: Place
    source: str

    @property
    def network(self) -> LocalName:
        """The network that it is a budget of."""
        return LocalName(os.path.dirname(self.place.file), self.spec)

    @property
    def margin(self) -> int | Fraction:
        """How much the value may still grow (fall, for a budget from below); negative where it has gone too far."""
        left = self.value - self.limit if self.symbol in (">", ">=") else self.limit - self.value
        return min(left, -left) if self.symbol == "==" else left

    @property
    def share(self) -> Fraction | None:
        """The margin as a share of the limit; None where that is nothing."""
        return Fraction(self.margin) / abs(Fraction(self.limit)) if self.limit else None

    def as_json(self) -> dict[str, Any]:
        """One entry of ``budgets``."""
        return {
            "spec": self.spec,
            "expression": self.expression,
            "value": plain(self.value),
            "limit": plain(self.limit),
            "margin": plain(self.margin),
            "ok": self.ok,
            "file": self.place.file,
            "line": self.place.line,
            "source": self.source,
        }


class Checked(NamedTuple):
    """Every difference and every budget; ``networks`` are those that were looked at. ``locked``: a lock was, too."""

    networks: tuple[LocalName, ...]
    differences: tuple[Difference, ...]
    budgets: tuple[Budgeted, ...]
    locked: bool = True

    @property
    def ok(self) -> bool:
        """Whether nothing differs and every budget holds."""
        return not self.differences and all(budget.ok for budget in self.budgets)

    def by_network(self) -> dict[LocalName, list[Difference]]:
        """The differences of every network that differs."""
        found: dict[LocalName, list[Difference]] = {}
        for one in self.differences:
            found.setdefault(one.network, []).append(one)
        return found

    def as_json(self) -> dict[str, Any]:
        """The JSON of ``archcalc check``."""
        return {
            "format": FORMAT,
            "ok": self.ok,
            "networks": [one.name for one in self.networks],
            "differences": [one.as_json() for one in self.differences],
            "budgets": [one.as_json() for one in self.budgets],
        }


IMPLIED = {
    "activations": ("output",),
    "weights": ("params",),
    "biases": ("params",),
    "norm_params": ("params",),
    "flops": ("macs", "output"),
    "param_bytes": ("params",),
    "activation_bytes": ("activations",),
    "slide_activations": ("activations",),
    "conv_fc_outputs": ("activations",),
    "peak_activation_bytes": ("peak_activations",),
}
"""Figures whose change says nothing beside that of another one."""


def telling(differences: Sequence[Difference]) -> list[Difference]:
    """The differences that a reader needs: neither what another one of the same layer implies, nor an input that is the
    output of another layer, nor the output of a layer that only goes on with that of the layer whose row it is in."""
    found = {(one.network, one.layer, one.quantity) for one in differences}

    def is_implied(one: Difference) -> bool:
        if one.quantity == "input" and one.cause:
            return True
        above = one.layer.rpartition("/")[0]
        if (
            one.quantity in ("output", "activations", "flops")
            and above
            and (one.network, above, "output") in found
        ):
            return True
        return any((one.network, one.layer, name) in found for name in IMPLIED.get(one.quantity, ()))

    return [one for one in differences if one.kind != "changed" or not is_implied(one)]


def exceeded(budgets: Sequence[Budgeted]) -> list[Budgeted]:
    """The budgets that do not hold, those first that are exceeded by the largest share."""
    over = [one for one in budgets if not one.ok]
    return sorted(over, key=lambda one: _falling(one.share))


def biggest_first(differences: Sequence[Difference]) -> list[Difference]:
    """By the relative change, what has none first: a layer that came or went is no small thing."""
    return sorted(differences, key=lambda one: _falling(one.ratio))


def _falling(share: Fraction | None) -> Fraction | float:
    """A key that sorts shares from the largest on, and before them all what has none."""
    return -math.inf if share is None else -abs(share)
