"""A printed figure that disagrees may be the right number of another convention."""

from __future__ import annotations

from archcalc.conventions import ARCHCALC
from archcalc.errors import ArchcalcError
from archcalc.language.printed import figure_agreement
from archcalc.network import Network
from archcalc.studies.reconcile import counts_of, params_of
from archcalc.studies.tool_layers import as_written, tool_layers
from archcalc.studies.written_number import written_count

JUDGED = ("macs", "flops", "params")
"""The totals that tools count in other ways."""

LEAST_DIGITS = 100
"""A number of two digits agrees with some convention by chance."""


def conventions_with(network: Network, what: str, says: str) -> tuple[str, ...]:
    """The conventions whose number for a network is the printed one, exactly or to its digits."""
    try:
        figure = written_count(says).figure
    except ArchcalcError:
        return ()
    if what not in JUDGED or figure.value < LEAST_DIGITS * figure.steps[0]:
        return ()
    layers = tool_layers(network, as_written(network))
    counts = params_of(layers) if what == "params" else counts_of(layers)
    # What the figure was compared with is our own number, so that one did not agree.
    others = (count for count in counts if (count.convention, count.unit) != (ARCHCALC.name, what))
    agreeing = [count for count in others if figure_agreement(figure, count.total) != "disagrees"]
    return tuple(dict.fromkeys(f"{count.convention} ({count.calls})" for count in agreeing))
