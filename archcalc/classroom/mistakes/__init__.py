"""The known mistakes: one record each, in the file of its family. ``classroom/search.py`` looks for them."""

from __future__ import annotations

from archcalc.classroom.mistakes import costs, fields, shapes, totals, units
from archcalc.classroom.mistakes import weights as stored
from archcalc.classroom.mistakes.base import Mistake

MISTAKES: tuple[Mistake, ...] = (
    *shapes.MISTAKES,
    *stored.MISTAKES,
    *costs.MISTAKES,
    *fields.MISTAKES,
    *totals.MISTAKES,
    *units.MISTAKES,
)
"""All mistakes; a diagnosis names them in this order."""

LAST = {"unit-slip", "swapped-digits", "dropped-digit", "off-by-batch", "1024-for-1000"}
"""Mistakes that say nothing about the network. They are named only if no other fits, and never in pairs."""

ADDING = {
    "one-bias-in-all",
    "counted-bias",
    "counted-norm",
    "counted-buffers",
    "biases-as-macs",
    "rows-as-thousands",
}
"""Mistakes that add a number to a total.

It is counted over the layers, so it matters whether a layer was left out before.
"""

ALWAYS_NEAR = {mistake.id for mistake in units.WRONG_UNITS}
"""Mistakes that never lead far from the right figure; they are named there too."""
