"""Draws another network of the same structure: other sizes, widths and windows, and every window fits."""

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
from archcalc.ops import OPS
from archcalc.ops.base import Op, Volume
from archcalc.ops.window import WindowOp

# Most widths are multiples of 4, so their quarters are whole numbers.
QUARTERS = range(2, 7)
"""New widths in quarters of the original: from a half to one and a half."""

SIDE_QUARTERS = (3, 5)
KERNELS = range(2, 12)
POOLS = range(2, 4)
STRIDES = range(2, 5)
FACTOR = 4
"""Params and MACs may be this many times more or fewer than those of the original."""

TRIES = 30
"""Networks drawn with each way of changing widths, before the next way, which varies less."""

RANGES = (
    f"input side {SIDE_QUARTERS[0]}/4 to {SIDE_QUARTERS[1]}/4 of the original",
    f"filters and units {QUARTERS[0]}/4 to {QUARTERS[-1]}/4; equal numbers stay equal",
    f"kernels 2 larger or smaller, up to {KERNELS[-1]}; 1x1 stays",
    f"kernels of pools {POOLS[0]} or {POOLS[-1]}; padded pools stay",
    f"strides 1 larger or smaller, {STRIDES[0]} to {STRIDES[-1]}; 1 stays",
    "padding 1 more or less, below half a kernel; padding that keeps the size of a map still keeps it",
    "where branches meet, only kernels that keep the size of a map change",
    f"params and MACs at most {FACTOR} times more or fewer than the original",
)
"""What may change, in words."""

CUTS = ("channels", "start")
"""Options of ops that take some of the channels.

They change with the widths if all widths change by one factor.
"""

Widths: TypeAlias = Mapping[int, int]
Window: TypeAlias = tuple[str, int, int, int]
"""An op, its kernel, stride and padding."""


def vary(network: Network, draw: Draw) -> Network:
    """Draw a network near another one.

    All its windows fit without rounding, and its branches have equal sizes.

    Raises ArchcalcError if no such network is drawn, and SpecError if the network itself is invalid.

    >>> from archcalc import load
    >>> other = vary(load("alexnet"), Draw(1))
    >>> other.name, other.input.spatial != (227, 227)
    ('alexnet-varied', True)
    """
    steps, _ = walk_or_raise(network, aux=False)
    trial = _Trial(network, steps, draw)
    # Free widths rarely suit branches that are added; then all widths change alike, or none does.
    for widths in (_free, _alike, _none):
        for _ in range(TRIES):
            varied = trial.drawn(widths)
            if varied is not None:
                return varied
    raise ArchcalcError(
        f"{network.name} cannot be varied: in {3 * TRIES} draws, no other network had windows that all fit"
    )


class _Trial:
    """Draws networks near another one."""

    def __init__(self, network: Network, steps: Sequence[Step], draw: Draw) -> None:
        self.network = network
        self.steps = steps
        self.draw = draw
        self.chain = all(node.inputs == (number,) for number, node in enumerate(network.layers))
        self.fitting_sides: dict[tuple[Window, ...], list[int]] = {}
        self.size = totals(network, steps, ("params", "macs"))

    def drawn(self, widths: Callable[[Sequence[Step], Draw], Widths]) -> Network | None:
        """Draw one network; None if it does not fit, or is the original."""
        windows = {window: self.draw.pick(_near(window, self.chain)) for window in _windows(self.network)}
        rewindowed = _changed(self.network, lambda op: _rewindowed(op, windows))
        sides = self._sides(rewindowed, tuple(windows.values()))
        if not sides:
            return None
        side, new_widths = self.draw.pick(sides), widths(self.steps, self.draw)
        varied = _sized(_changed(rewindowed, lambda op: _rewidened(op, new_widths)), side)
        same = all(old == new for old, new in windows.items()) and all(a == b for a, b in new_widths.items())
        # A copy of the original would have a well-known key.
        if (same and varied.input == self.network.input) or not self._fits(varied):
            return None
        title = f"{self.network.title}, varied" if self.network.title else ""
        return replace(varied, name=f"{self.network.name[:70]}-varied", title=title, year=None, source="")

    def _sides(self, network: Network, windows: tuple[Window, ...]) -> list[int]:
        """The input sizes with which all windows fit.

        0 means that the input keeps its size, because it is not square.
        """
        spatial = network.input.spatial
        if len(set(spatial)) != 1:
            return [0] if _exact(network) else []
        # Each size is tried on the whole network, so the sizes of the same windows are kept.
        if windows not in self.fitting_sides:
            low, high = (quarters * spatial[0] for quarters in SIDE_QUARTERS)
            sides = range(-(-low // 4), high // 4 + 1)
            self.fitting_sides[windows] = [side for side in sides if _exact(_sized(network, side))]
        return self.fitting_sides[windows]

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
    """Whether every window fits without rounding.

    The first that does not ends the walk: most draws fail early.
    """
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
    """The network with every op changed.

    Layers that share an op still share it, so it is analysed only once.
    """
    ops = {id(node.op): node.op for node in network.layers}
    new = {key: change(op) for key, op in ops.items()}
    return replace(network, layers=[node._replace(op=new[id(node.op)]) for node in network.layers])


# --- windows --------------------------------------------------------------------------------------------


def _windows(network: Network) -> list[Window]:
    """The different windows that can change: larger than 1x1, with the same size on all axes."""
    windows = dict.fromkeys(_window(node.op) for node in network.layers)
    return [window for window in windows if window is not None]


def _window(op: Op) -> Window | None:
    if not isinstance(op, WindowOp) or getattr(op, "dilation", 1) != 1:
        return None
    kernel, stride, pad = op.kernel, op.stride, op.pad
    if isinstance(kernel, int) and isinstance(stride, int) and isinstance(pad, int) and kernel > 1:
        return op.name, kernel, stride, pad
    return None


def _near(window: Window, chain: bool) -> list[Window]:
    """The windows that one may become; only the window itself if none fits.

    If branches meet (not ``chain``), a window may only change to one that gives the same output size.
    """
    op, kernel, stride, pad = window
    filters = bool(OPS[op].width_option)
    kernels = _filter_kernels(kernel) if filters else _pool_kernels(kernel, pad)
    strides = _strides(stride) if chain and stride > 1 else [stride]
    if 2 * pad == kernel - 1:
        # This padding keeps the size of the map; the new padding does so too.
        near = [(op, k, s, (k - 1) // 2) for k in kernels for s in strides if s <= max(k, stride)]
    elif chain:
        pads = [p for p in (pad - 1, pad, pad + 1) if p >= 0] if filters else [pad]
        # A window covers some value that is not padding, and windows leave no gaps.
        near = [(op, k, s, p) for k in kernels for s in strides for p in pads if 2 * p < k and s <= k]
    else:
        near = []
    return near or [window]


def _filter_kernels(kernel: int) -> list[int]:
    # Steps of 2 keep an odd kernel odd, so that it can be padded alike on both sides.
    return [size for size in (kernel - 2, kernel, kernel + 2) if size in KERNELS]


def _pool_kernels(kernel: int, pad: int) -> list[int]:
    return [kernel] if pad else list(POOLS)


def _strides(stride: int) -> list[int]:
    return [step for step in (stride - 1, stride, stride + 1) if step in STRIDES]


def _rewindowed(op: Op, windows: Mapping[Window, Window]) -> Op:
    window = _window(op)
    if window is None:
        return op
    changes: dict[str, Any] = dict(zip(("kernel", "stride", "pad"), windows[window][1:], strict=True))
    return replace(op, **changes)


# --- widths ---------------------------------------------------------------------------------------------


def _free(steps: Sequence[Step], draw: Draw) -> Widths:
    """Draw every width separately; layers of the same width stay equal."""
    fixed = _fixed(steps)
    return {width: width if width in fixed else draw.pick(_quarters(width)) for width in _widths(steps)}


def _alike(steps: Sequence[Step], draw: Draw) -> Widths:
    """Change all widths by one factor, so that their sums agree too."""
    widths = _widths(steps, CUTS)
    whole = [quarters for quarters in QUARTERS if all(quarters * width % 4 == 0 for width in widths)]
    quarters = 4 if _fixed(steps) else draw.pick(whole)
    return {width: quarters * width // 4 for width in widths}


def _none(steps: Sequence[Step], draw: Draw) -> Widths:
    """Change no width."""
    return {}


def _quarters(width: int) -> list[int]:
    return [quarters * width // 4 for quarters in QUARTERS if quarters * width % 4 == 0]


def _widths(steps: Sequence[Step], others: Sequence[str] = ()) -> list[int]:
    """The different widths of the network, and the different values of ``others`` among the options."""
    ops = [step.node.op for step in steps]
    widths = {getattr(op, name, None): None for op in ops for name in (op.width_option, *others)}
    return [width for width in widths if type(width) is int]


def _fixed(steps: Sequence[Step]) -> set[Any]:
    """Widths that cannot change, because a table links maps to filters (C3 of LeNet-5)."""
    tables = [step for step in steps if getattr(step.node.op, "table", None)]
    return {width for step in tables for width in (step.xs[0].channels, step.y.channels)}


def _rewidened(op: Op, widths: Mapping[int, int]) -> Op:
    names = (op.width_option, *CUTS)
    changes: dict[str, Any] = {
        name: widths[width]
        for name in names
        if type(width := getattr(op, name, None)) is int and width in widths
    }
    return replace(op, **changes) if changes else op
