"""What PyTorch does, held against the table, without layout."""

from __future__ import annotations

from typing import Any, NamedTuple

from archcalc.results import FORMAT, plain


class Mismatch(NamedTuple):
    """A figure that PyTorch has otherwise; ``layer`` is "" for the whole network."""

    layer: str
    figure: str
    ours: Any
    theirs: Any


class Apart(NamedTuple):
    """A figure that PyTorch counts otherwise, or not at all, for a known reason.

    It was held against what the reason says it must be; ``theirs`` is None where PyTorch has no such figure.
    """

    layer: str
    figure: str
    ours: Any
    theirs: Any
    because: str


class Check(NamedTuple):
    """One kind of figure: how many were compared, which differ, and which are told apart."""

    check: str
    compared: int
    mismatches: tuple[Mismatch, ...] = ()
    apart: tuple[Apart, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """One entry of ``checks``."""
        return {
            "check": self.check,
            "compared": self.compared,
            "mismatches": [plain(one._asdict()) for one in self.mismatches],
            "apart": [plain(one._asdict()) for one in self.apart],
        }


class Verified(NamedTuple):
    """A network against its module."""

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
            "checks": [check.as_json() for check in self.checks],
            "ok": self.ok,
        }


class LeftOut(NamedTuple):
    """A network that was not held against its module, and why."""

    network: str
    because: str


class VerifiedAll(NamedTuple):
    """Many networks, each against its module, but for those that were left out."""

    networks: tuple[Verified, ...]
    device: str
    left_out: tuple[LeftOut, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing differs in any that was looked at."""
        return all(one.ok for one in self.networks)

    def as_json(self) -> dict[str, Any]:
        """The JSON of ``archcalc verify --all``."""
        return {
            "format": FORMAT,
            "device": self.device,
            "networks": [one.as_json() for one in self.networks],
            "left_out": [one._asdict() for one in self.left_out],
            "ok": self.ok,
        }
