"""Another network of the same structure: other sizes, widths and windows, every one of which fits exactly."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from archcalc.classroom.draw import Draw
from archcalc.engine.claims import Findings
from archcalc.engine.totals import totals
from archcalc.engine.walk import Step, walk, walk_or_raise
from archcalc.errors import ArchcalcError
from archcalc.network import Network
from archcalc.ops.base import Op, Volume
from archcalc.ops.window import WindowOp

QUARTERS = range(2, 7)
"""Quarters of the input's side and of the widths: from a half to one and a half."""

SIDE_QUARTERS = (3, 5)
KERNELS = range(2, 12)
POOLS = range(2, 4)
STRIDES = range(2, 5)
FACTOR = 4
"""How many times more or fewer params and MACs than the original a network may have."""

TRIES = 30
"""Networks drawn of each plan before the next one, which varies less."""

RANGES = (
    f"input side {SIDE_QUARTERS[0]}/4 to {SIDE_QUARTERS[1]}/4 of the original",
    f"filters and units {QUARTERS[0]}/4 to {QUARTERS[-1]}/4, the same ones alike everywhere",
    f"kernels 2 more or fewer, up to {KERNELS[-1]}, of pools {POOLS[0]} or {POOLS[-1]}; 1x1 and padded pools stay",
    f"strides 1 more or fewer, {STRIDES[0]} to {STRIDES[-1]}; 1 stays",
    "padding 1 more or fewer, less than half a kernel; what keeps a map's size goes on doing so",
    "where branches meet, only kernels that keep a map's size are varied",
    f"params and MACs within {FACTOR} times of the original",
)
"""What is drawn, in words."""

WIDTHS = ("filters", "units", "planes")
CUTS = ("channels", "start")
"""Options of ops that take a part of the channels: they go along if all widths change alike."""

Widths: TypeAlias = Mapping[int, int]
Window: TypeAlias = tuple[str, int, int, int]
"""An op, its kernel, stride and padding."""


def vary(network: Network, draw: Draw) -> Network:
    """A network drawn near another one, in which every window fits without rounding and all branches still agree.

    Raises ArchcalcError if none is found, SpecError if the network itself does not fit.

    >>> from archcalc import load
    >>> other = vary(load("alexnet"), Draw(1))
    >>> other.name, other.input.spatial != (227, 227)
    ('alexnet-varied', True)
    """
    steps, _ = walk_or_raise(network, aux=False)
    trial = _Trial(network, steps, draw)
    for widths in (_free, _alike, _none):
        for _ in range(TRIES):
            found = trial.drawn(widths)
            if found is not None:
                return found
    raise ArchcalcError(
        f"{network.name} cannot be varied: {3 * TRIES} draws gave no other network in which every window fits exactly"
    )


class _Trial:
    """Draws one network after the other."""

    def __init__(self, network: Network, steps: Sequence[Step], draw: Draw) -> None:
        self.network = network
        self.steps = steps
        self.draw = draw
        self.chain = all(node.inputs == (number,) for number, node in enumerate(network.layers))
        self.known_sides: dict[tuple[Window, ...], list[int]] = {}
        self.size = totals(network, steps, ("params", "macs"))

    def drawn(self, widths: Callable[[Sequence[Step], Draw], Widths]) -> Network | None:
        """One network, if what was drawn fits and is another one."""
        windows = {window: self.draw.pick(_near(window, self.chain)) for window in _windows(self.network)}
        rewindowed = _changed(self.network, lambda op: _rewindowed(op, windows))
        sides = self._sides(rewindowed, tuple(windows.values()))
        if not sides:
            return None
        side, new_widths = self.draw.pick(sides), widths(self.steps, self.draw)
        found = _sized(_changed(rewindowed, lambda op: _rewidened(op, new_widths)), side)
        same = all(old == new for old, new in windows.items()) and all(a == b for a, b in new_widths.items())
        if (same and found.input == self.network.input) or not self._fits(found):
            return None
        title = f"{self.network.title}, varied" if self.network.title else ""
        return replace(found, name=f"{self.network.name[:70]}-varied", title=title, year=None, source="")

    def _sides(self, network: Network, windows: tuple[Window, ...]) -> list[int]:
        """The sides of the input with which all windows fit; 0 stands for an input that is left as it is."""
        spatial = network.input.spatial
        if len(set(spatial)) != 1:
            return [0] if _exact(network) else []
        if windows not in self.known_sides:
            low, high = (quarters * spatial[0] for quarters in SIDE_QUARTERS)
            sides = range(-(-low // 4), high // 4 + 1)
            self.known_sides[windows] = [side for side in sides if _exact(_sized(network, side))]
        return self.known_sides[windows]

    def _fits(self, network: Network) -> bool:
        findings = Findings()
        steps = list(walk(network, findings, aux=False))
        if findings.problems or findings.notes:
            return False
        size = totals(network, steps, ("params", "macs"))
        return all(
            self.size[key] <= FACTOR * size[key] and size[key] <= FACTOR * self.size[key] for key in size
        )


def _exact(network: Network) -> bool:
    """Whether every window fits without rounding; the first that does not ends the walk."""
    findings = Findings()
    for _ in walk(network, findings, aux=False):
        if findings.notes or findings.problems:
            return False
    return not findings.problems


def _sized(network: Network, side: int) -> Network:
    if not side:
        return network
    return replace(network, input=Volume((side,) * network.input.rank, network.input.channels))


def _changed(network: Network, change: Callable[[Op], Op]) -> Network:
    """The network with every op changed; layers that share an op go on doing so, and are worked out once."""
    ops = {id(node.op): node.op for node in network.layers}
    new = {key: change(op) for key, op in ops.items()}
    return replace(network, layers=[node._replace(op=new[id(node.op)]) for node in network.layers])


# --- windows --------------------------------------------------------------------------------------------


def _windows(network: Network) -> list[Window]:
    """The windows that can be varied, each sort once: those of plain numbers that are more than 1x1."""
    found = {_window(node.op): None for node in network.layers}
    return [window for window in found if window is not None]


def _window(op: Op) -> Window | None:
    if not isinstance(op, WindowOp) or getattr(op, "dilation", 1) != 1:
        return None
    kernel, stride, pad = op.kernel, op.stride, op.pad
    if isinstance(kernel, int) and isinstance(stride, int) and isinstance(pad, int) and kernel > 1:
        return op.name, kernel, stride, pad
    return None


def _near(window: Window, chain: bool) -> list[Window]:
    """The windows that one may become; where branches meet, only those that put out a map of the same size."""
    op, kernel, stride, pad = window
    pools = op not in _FILTERING
    strides = (
        [s for s in (stride - 1, stride, stride + 1) if s in STRIDES] if chain and stride > 1 else [stride]
    )
    kernels = [k for k in (kernel - 2, kernel, kernel + 2) if k in KERNELS]
    if pools:
        kernels = [kernel] if pad else list(POOLS)
    if 2 * pad == kernel - 1:
        near = [(op, k, s, (k - 1) // 2) for k in kernels for s in strides if s <= max(k, stride)]
    elif chain:
        pads = [pad] if pools else [p for p in (pad - 1, pad, pad + 1) if p >= 0]
        near = [(op, k, s, p) for k in kernels for s in strides for p in pads if 2 * p < k and s <= k]
    else:
        near = []
    return near or [window]


_FILTERING = ("conv", "locally_connected", "s_cells")
"""Ops whose window has filters; the others pool."""


def _rewindowed(op: Op, windows: Mapping[Window, Window]) -> Op:
    window = _window(op)
    if window is None:
        return op
    changes: dict[str, Any] = dict(zip(("kernel", "stride", "pad"), windows[window][1:], strict=True))
    return replace(op, **changes)


# --- widths ---------------------------------------------------------------------------------------------


def _free(steps: Sequence[Step], draw: Draw) -> Widths:
    """Every width drawn for itself; layers of the same width stay so."""
    fixed = _fixed(steps)
    return {
        width: width if width in fixed else draw.pick(_quarters(width)) for width in _known(steps, WIDTHS)
    }


def _alike(steps: Sequence[Step], draw: Draw) -> Widths:
    """All widths changed by one factor, so that their sums agree too."""
    known = _known(steps, (*WIDTHS, *CUTS))
    whole = [quarters for quarters in QUARTERS if all(quarters * width % 4 == 0 for width in known)]
    quarters = 4 if _fixed(steps) else draw.pick(whole)
    return {width: quarters * width // 4 for width in known}


def _none(steps: Sequence[Step], draw: Draw) -> Widths:
    return {}


def _quarters(width: int) -> list[int]:
    return [quarters * width // 4 for quarters in QUARTERS if quarters * width % 4 == 0]


def _known(steps: Sequence[Step], names: Sequence[str]) -> list[int]:
    """The widths there are, each once."""
    found = {getattr(step.node.op, name, None): None for step in steps for name in names}
    return [width for width in found if type(width) is int]


def _fixed(steps: Sequence[Step]) -> set[Any]:
    """Widths that a table of maps (LeNet-5's C3) is made for."""
    tables = [step for step in steps if getattr(step.node.op, "table", None)]
    return {width for step in tables for width in (step.xs[0].channels, step.y.channels)}


def _rewidened(op: Op, widths: Mapping[int, int]) -> Op:
    names = (*WIDTHS, *CUTS)
    changes: dict[str, Any] = {
        name: widths[width]
        for name in names
        if type(width := getattr(op, name, None)) is int and width in widths
    }
    return replace(op, **changes) if changes else op
