"""The result of ``check``: differences between networks and their lock, and whether budgets hold."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Literal, NamedTuple, TypeAlias

from archcalc.engine.quantities import BY_KEY
from archcalc.ops.frozen import Record, record
from archcalc.results import FORMAT, plain
from archcalc.results.printable import Printable

Kind: TypeAlias = Literal["changed", "added", "removed", "renamed", "new", "gone", "convention"]
"""A figure changed; a layer was added, removed, renamed; a network is new or gone; the convention changed."""


class Place(NamedTuple):
    """A place in a file: the path as the user gave it; line and column from 1, or 0 for the whole file."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


class LocalName(NamedTuple):
    """A network of a project. Two folders may use the same name, because each folder has its own lock."""

    folder: str
    name: str

    def __str__(self) -> str:
        return "/".join(filter(None, (self.folder.replace(os.sep, "/"), self.name))) or "."


class Difference(NamedTuple):
    """One difference between a network and its lock.

    ``spec`` is the network; ``layer`` is empty for a total. ``place`` is the line of the spec that caused the
    difference. If that is the line of an earlier layer, ``cause`` is that layer. ``note`` is a remark.
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
        """The network that differs; its name is empty for a difference of the lock as a whole."""
        return LocalName(os.path.dirname(self.place.file), self.spec)

    @property
    def change(self) -> int | None:
        """The new count minus the old one; None unless both are whole numbers."""
        # Not isinstance: True is an int, and a difference of True and False is not a count.
        are_counts = type(self.old) is int and type(self.new) is int
        return self.new - self.old if are_counts else None

    @property
    def ratio(self) -> Fraction | None:
        """The change divided by the old count; None without a change, or if the old count is 0."""
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


class BudgetResult(NamedTuple):
    """Whether a network is within a budget: the comparison, and the values of its two sides."""

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
        """The network that the budget was checked for."""
        return LocalName(os.path.dirname(self.place.file), self.spec)

    @property
    def margin(self) -> int | Fraction:
        """How far the value is inside the limit; negative if it is outside."""
        margin = self.value - self.limit if self.symbol in (">", ">=") else self.limit - self.value
        # For an equality every deviation is outside the limit, so it is negative.
        return min(margin, -margin) if self.symbol == "==" else margin

    @property
    def share(self) -> Fraction | None:
        """The margin divided by the limit; None if the limit is 0."""
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


@record
class CheckReport(Printable, Record):
    """The networks that were checked, their differences and budgets; ``locked`` if there was a lock.

    ``convention`` is the tool whose count was checked, too; empty without one.
    """

    networks: tuple[LocalName, ...]
    differences: tuple[Difference, ...]
    budgets: tuple[BudgetResult, ...]
    locked: bool = True
    convention: str = ""

    @property
    def ok(self) -> bool:
        """Whether nothing differs and every budget holds."""
        return not self.differences and all(budget.ok for budget in self.budgets)

    def by_network(self) -> dict[LocalName, list[Difference]]:
        """The differences, grouped by network."""
        groups: dict[LocalName, list[Difference]] = {}
        for difference in self.differences:
            groups.setdefault(difference.network, []).append(difference)
        return groups

    def as_json(self) -> dict[str, Any]:
        """The JSON of ``archcalc check``."""
        return {
            "format": FORMAT,
            "ok": self.ok,
            **({"convention": self.convention} if self.convention else {}),
            "networks": [network.name for network in self.networks],
            "differences": plain(self.differences),
            "budgets": plain(self.budgets),
        }


def without_implied(differences: Sequence[Difference]) -> list[Difference]:
    """Drop differences that follow from another: implied figures, changed inputs, outputs of followers."""
    # By network as well as by name: two folders may have networks of the same name.
    changed = {(difference.network, difference.layer, difference.quantity) for difference in differences}

    def is_implied(difference: Difference) -> bool:
        network, layer, quantity = difference.network, difference.layer, difference.quantity
        if quantity == "input" and difference.cause:  # the output of another layer has changed, and is listed
            return True
        follows = BY_KEY[quantity].follows if quantity in BY_KEY else ()
        # A layer written in ``then`` lies below the layer that it follows: conv1/relu below conv1.
        above = layer.rpartition("/")[0]
        if above and (network, above, "output") in changed and "output" in (quantity, *follows):
            return True
        return any((network, layer, key) in changed for key in follows)

    return [
        difference for difference in differences if difference.kind != "changed" or not is_implied(difference)
    ]


def exceeded(budgets: Sequence[BudgetResult]) -> list[BudgetResult]:
    """The budgets that do not hold, sorted by the share of the limit by which they are exceeded."""
    # By share and not by count: 1 layer too many is more than 1,000 MACs too many.
    return sorted(
        (budget for budget in budgets if not budget.ok), key=lambda budget: _descending(budget.share)
    )


def biggest_first(differences: Sequence[Difference]) -> list[Difference]:
    """Sorted by relative change; differences without one come first, since an added layer is a big change."""
    return sorted(differences, key=lambda difference: _descending(difference.ratio))


def _descending(share: Fraction | None) -> Fraction | float:
    """A sort key: None first, then the largest share."""
    return -math.inf if share is None else -abs(share)
