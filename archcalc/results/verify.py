"""The comparison of a network with PyTorch, without layout."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from archcalc.results import FORMAT, plain
from archcalc.results.printable import Printable


class Mismatch(NamedTuple):
    """A figure that differs in PyTorch; ``layer`` is "" for the whole network."""

    layer: str
    figure: str
    ours: Any
    theirs: Any


class KnownDifference(NamedTuple):
    """A figure that PyTorch counts otherwise, or not at all, for a known reason.

    It was compared with the figure that follows from the reason. ``theirs`` is None if PyTorch does not count
    it.
    """

    layer: str
    figure: str
    ours: Any
    theirs: Any
    because: str


class Check(NamedTuple):
    """One kind of figure: how many were compared, and which differ, without or with a known reason."""

    check: str
    compared: int
    mismatches: tuple[Mismatch, ...] = ()
    known: tuple[KnownDifference, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """One entry of ``checks``."""
        return {
            "check": self.check,
            "compared": self.compared,
            "mismatches": plain(self.mismatches),
            "apart": plain(self.known),  # the key is older than the name of the field
        }


@dataclass(frozen=True, slots=True, repr=False)
class Verification(Printable):
    """A network compared with its PyTorch module."""

    network: str
    device: str
    batch: int
    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing differs."""
        return not any(check.mismatches for check in self.checks)

    def as_json(self) -> dict[str, Any]:
        """The JSON of ``archcalc verify``."""
        return {
            "format": FORMAT,
            "network": self.network,
            "device": self.device,
            "batch": self.batch,
            "checks": plain(self.checks),
            "ok": self.ok,
        }


class SkippedNetwork(NamedTuple):
    """A network that was not compared, and why."""

    network: str
    because: str


@dataclass(frozen=True, slots=True, repr=False)
class VerificationTable(Printable):
    """Many networks, each compared with its module; some may be left out."""

    networks: tuple[Verification, ...]
    device: str
    left_out: tuple[SkippedNetwork, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing differs in the networks that were compared."""
        return all(verified.ok for verified in self.networks)

    def as_json(self) -> dict[str, Any]:
        """The JSON of ``archcalc verify --all``."""
        return {
            "format": FORMAT,
            "device": self.device,
            "networks": plain(self.networks),
            "left_out": plain(self.left_out),
            "ok": self.ok,
        }
