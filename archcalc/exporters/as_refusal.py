"""What every exporter needs: a network that a format cannot express is refused in one sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archcalc.errors import ArchcalcError, short
from archcalc.network import Network

MOST_REASONS = 5


class NotInFormat(Exception):
    """A layer cannot be written in a format; the text says why."""


def refusal(network: Network, title: str, reasons: Mapping[str, Sequence[str]]) -> ArchcalcError:
    """The error for a network; ``reasons`` have the paths of their layers.

    >>> from archcalc.network import Volume
    >>> print(refusal(Network("net", Volume((), 1), []), "Caffe", {"Caffe has no gelu": ["a", "b", "c"]}))
    net cannot be written for Caffe: Caffe has no gelu (a, b, c)
    """
    parts = [f"{reason} ({_listed(paths)})" for reason, paths in reasons.items()]
    more = len(parts) - MOST_REASONS
    shown = "; ".join([*parts[:MOST_REASONS], *([f"and {more} more reasons"] if more > 0 else [])])
    return ArchcalcError(f"{network.name} cannot be written for {title}: {shown}")


def _listed(paths: Sequence[str]) -> str:
    shown = ", ".join(short(path) for path in paths[:3])
    return shown if len(paths) <= 3 else f"{shown} and {len(paths) - 3} more"
