"""What a quantity is: its names, how one layer gives it, and how the layers make a total of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal, TypeAlias

from archcalc.engine.reading import LayerReading
from archcalc.ops.frozen import Frozen, record

Unit: TypeAlias = Literal["count", "values", "bytes", "layers", "sizes", "name", "statement"]
"""What a figure counts.

``sizes`` is one number for each axis, ``name`` the path of a layer, ``statement`` true or false.
"""

Total: TypeAlias = Literal[
    "sum",
    "input and sum",
    "sum if complete",
    "maximum alive",
    "layer of the maximum",
    "longest path",
    "last",
    "at the output",
]
"""How the layers make a total (``engine/totals.py``)."""

Group: TypeAlias = Literal["stored", "operations", "memory", "structure"]
GROUPS: tuple[Group, ...] = ("stored", "operations", "memory", "structure")
"""What quantities are about, in the order in which people read them."""

View: TypeAlias = Literal["shares", "changes", "formulas"]
"""The short views: shares of the total, changes between two networks, closed forms of every layer."""

Reading: TypeAlias = Callable[[LayerReading], Any]
"""How one layer gives a quantity, for the whole batch."""

SUMS: tuple[Total, ...] = ("sum", "input and sum", "sum if complete")


@record
class Quantity(Frozen):
    """One quantity: all that archcalc knows of it.

    A new quantity needs a record in its group's list and nothing else. With the defaults it stands wherever a
    quantity can stand.
    """

    key: str
    """Its name in JSON, in Python, in budgets and in sweeps."""

    label: str
    """What people call it; the label of bytes ends with the word."""

    meaning: str
    """One sentence for ``--columns help``."""

    group: Group
    unit: Unit = "count"

    of: Reading | None = None
    """How one layer gives it; None for what only a whole network has."""

    total: Total | None = "sum"
    """How the layers make a total; None for what only a layer has."""

    with_batch: bool = True
    """Whether it grows with the batch."""

    by_place: bool = False
    """Whether it depends on the layers before, not only on the op and its input."""

    values: str = ""
    """For bytes: the quantity whose values they are the bytes of."""

    made_of: tuple[str, ...] = ()
    """The quantities, or kinds of operation, that its derivation starts from."""

    follows: tuple[str, ...] = ()
    """``check`` does not report its change beside a change of one of these."""

    words: tuple[str, ...] = ()
    """Other words that people use for it."""

    # --- where it stands ---------------------------------------------------------------------------------

    in_layers: bool = True
    """Results hold it for every layer (else only for the whole network)."""

    apart: bool = False
    """Results hold it in a field of its own, not among the figures."""

    shown: bool = False
    """The table has its column unless columns are chosen."""

    views: tuple[View, ...] = ()
    """The short views that show it."""

    priority: int = 10
    """A narrow terminal leaves out the smallest first; the columns of a group stand in this order."""

    explained: Literal["layers", "totals", ""] = "layers"
    """Where ``explain`` derives it: for layers and in total, in total only, or not at all."""

    compared: bool = True
    any_kind: bool = True
    """Every kind of dimension can give it: sweeps have it, and if it is a sum, it has a closed form."""

    locked: Literal["layers", "totals", ""] = "layers"
    """Where a lock file holds it: for layers and in total, in total only, or not at all."""

    asked: bool = False
    """Answers of students may be about it."""

    asked_as: str = ""
    """What a worksheet says that it counts; without a text, the worksheet prints its meaning."""

    @property
    def column(self) -> str:
        """The name of its column, in ``--columns`` and in CSV: its label as one word."""
        return self.label.lower().replace(" ", "_")

    @property
    def heading(self) -> str:
        """The heading of its column: its label, with the unit where several are possible."""
        if self.unit == "bytes":
            return f"{self.label.removesuffix(' bytes')} (bytes)"
        return f"{self.label} (values)" if self.unit == "values" else self.label

    @property
    def additive(self) -> bool:
        """Whether several layers together have the sum of what each has."""
        return self.total in SUMS

    @property
    def is_layer_figure(self) -> bool:
        """Whether ``results.Layer`` has it among its figures."""
        return self.of is not None and self.in_layers and not self.apart

    @property
    def is_total(self) -> bool:
        """Whether ``results.Totals`` has it."""
        return self.total is not None and not self.apart

    @property
    def has_closed_form(self) -> bool:
        """Whether ``formula`` gives it; the bytes of another quantity are a multiple, and are left out."""
        return self.is_layer_figure and self.additive and self.any_kind and not self.values

    @property
    def convention(self) -> str:
        """What it counts, as a worksheet says it."""
        return self.asked_as or f"{self.label}: {self.meaning}"

    @property
    def name(self) -> str:
        """Its name inside a formula: its label if that is one word."""
        return self.key if " " in self.label else self.label


def in_bytes(counted: Quantity, key: str, label: str, meaning: str, **changes: Any) -> Quantity:
    """The bytes of a quantity: the same figure, times the bytes of one value."""
    return replace(
        counted,
        key=key,
        label=label,
        meaning=meaning,
        unit="bytes",
        of=None if counted.of is None else lambda layer: layer.value_bytes * layer[counted.key],
        values=counted.key,
        made_of=(counted.key,),
        follows=(counted.key,),
        **{"words": (), "shown": False, "asked": False, "asked_as": "", "views": (), **changes},
    )
