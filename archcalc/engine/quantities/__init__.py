"""The one list of quantities: a record each, one file for each group, in the order of the JSON.

Tables, totals, comparisons, derivations, closed forms, sweeps, locks, grades and budgets use this list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from archcalc.engine.quantities import memory, operations, stored, structure
from archcalc.engine.quantities.record import GROUPS, Quantity, View

__all__ = [
    "BY_KEY",
    "CLOSED_FORMS",
    "FOR_ANY_KIND",
    "LAYER_FIGURES",
    "QUANTITIES",
    "TOTALS",
    "Quantity",
    "as_people_read",
    "bytes_of",
    "heading_of",
    "in_view",
    "label_of",
    "name_of",
]

QUANTITIES: tuple[Quantity, ...] = (
    *stored.QUANTITIES,
    *operations.QUANTITIES,
    *memory.QUANTITIES,
    *structure.QUANTITIES,
)

BY_KEY: Mapping[str, Quantity] = MappingProxyType({quantity.key: quantity for quantity in QUANTITIES})

LAYER_FIGURES = tuple(quantity for quantity in QUANTITIES if quantity.is_layer_figure)
"""What ``results.Layer`` holds."""

TOTALS = tuple(quantity for quantity in QUANTITIES if quantity.is_total)
"""What ``results.Totals`` holds."""


FOR_ANY_KIND = tuple(quantity for quantity in QUANTITIES if quantity.total and quantity.any_kind)
"""The totals that a network of arrays, intervals or symbols has too."""

CLOSED_FORMS = tuple(quantity for quantity in QUANTITIES if quantity.has_closed_form)
"""What ``formula`` gives."""


def in_view(view: View) -> list[Quantity]:
    """The quantities of a short view.

    >>> [quantity.key for quantity in in_view("shares")]
    ['params', 'macs', 'activations']
    """
    return [quantity for quantity in QUANTITIES if view in quantity.views]


def as_people_read(quantities: Iterable[Quantity]) -> list[Quantity]:
    """Quantities by group, and in a group the most important first."""
    return sorted(quantities, key=lambda quantity: (GROUPS.index(quantity.group), -quantity.priority))


def label_of(key: str) -> str:
    """What people call a quantity; anything else is called by its key.

    >>> label_of("macs"), label_of("param_bytes"), label_of("width")
    ('MACs', 'param bytes', 'width')
    """
    return BY_KEY[key].label if key in BY_KEY else key


def heading_of(key: str) -> str:
    """The heading of a quantity's column, with its unit; anything else is called by its key.

    >>> heading_of("macs"), heading_of("param_bytes"), heading_of("slide_activations")
    ('MACs', 'param (bytes)', 'memory (values)')
    """
    return BY_KEY[key].heading if key in BY_KEY else key


def name_of(key: str) -> str:
    """The name of a quantity inside a formula; anything else is called by its key.

    >>> name_of("macs"), name_of("macs_scores"), name_of("W2")
    ('MACs', 'MACs_scores', 'W2')
    """
    if key in BY_KEY:
        return BY_KEY[key].name
    # A part of a layer: its operations of one kind.
    kind, _, part = key.partition("_")
    return f"{BY_KEY[kind].name}_{part}" if part and kind in BY_KEY else key


def bytes_of(key: str) -> str:
    """The key of the bytes of a quantity; empty if it has none.

    >>> bytes_of("activations"), bytes_of("macs")
    ('activation_bytes', '')
    """
    return next((quantity.key for quantity in QUANTITIES if quantity.values == key), "")
