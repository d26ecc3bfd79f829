"""What the checks compare: a network's figures, and what PyTorch did with the network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from archcalc.conventions import DTYPES
from archcalc.engine.walk import Step
from archcalc.network import INPUT, Network
from archcalc.results.verify import Mismatch

if TYPE_CHECKING:
    from archcalc.backends.observed import Observed

VALUE = DTYPES["float32"]


class VerifyRun(NamedTuple):
    """A network that was computed here and run in PyTorch."""

    network: Network
    steps: Sequence[Step]
    batch: int
    device: str
    observed: Observed

    def path(self, number: int) -> str:
        """The path of a node."""
        return self.network.input_name if number == INPUT else self.network.layers[number - 1].path


def differ(layer: str, figure: str, ours: Any, theirs: Any) -> Iterator[Mismatch]:
    """A mismatch if both figures differ."""
    if ours != theirs:
        yield Mismatch(layer, figure, ours, theirs)
