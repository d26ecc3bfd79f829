"""What every exporter needs: a network that a format cannot express is refused in one sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archcalc.errors import ArchcalcError, short
from archcalc.network import Network
from archcalc.ops.base import Op
from archcalc.ops.options import options_of

MOST_REASONS = 5


class NotInFormat(Exception):
    """A layer cannot be written in a format; the text says why."""


def check_options(op: Op, *known: str) -> None:
    """Refuse an op with an option that an exporter does not know. Raises NotInFormat.

    >>> from archcalc.ops import OPS
    >>> check_options(OPS["bn"](), "gamma")
    >>> check_options(OPS["bn"](beta=False), "gamma")
    Traceback (most recent call last):
    archcalc.exporters.as_refusal.NotInFormat: archcalc writes no bn with 'beta'
    """
    for name, item in options_of(type(op)).items():
        if name not in known and getattr(op, name) != item.default:
            raise NotInFormat(f"archcalc writes no {op.name} with '{name}'")


def check_inputs(network: Network, title: str) -> None:
    """Refuse a network of several inputs. Raises ArchcalcError."""
    if network.further_inputs:
        count = 1 + len(network.further_inputs)
        says = f"it has {count} inputs, and archcalc writes networks of one input"
        raise ArchcalcError(f"{network.name} cannot be written for {title}: {says}")


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
