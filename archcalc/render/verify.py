"""What PyTorch was found to do, as tables: the checks, and below them every difference layer by layer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from archcalc.render import units
from archcalc.render.grid import Cell, Grid, Head, Report
from archcalc.results.verify import Apart, Check, Mismatch, Verified, VerifiedAll

_CHECKS = (
    Head("check", "check", numeric=False, keep=100),
    Head("compared", "compared", keep=80),
    Head("mismatches", "mismatches", keep=90),
    Head("apart", "told apart", keep=70),
)
_DIFFERENCES = (
    Head("layer", "layer", numeric=False, keep=100),
    Head("figure", "figure", numeric=False, keep=80),
    Head("ours", "archcalc", keep=90),
    Head("theirs", "PyTorch", keep=90),
)
_BECAUSE = Head("because", "because", numeric=False, keep=85)

_MEANINGS = {
    "shapes": "shapes: every layer's output, for the whole batch.",
    "weights": "weights: every array of the state_dict; the totals of what is trained, and of buffers.",
    "macs": "macs: those of torch.utils.flop_counter, halved.",
    "memory": "memory: what autograd saves for the backward pass, each storage once, less parameters and buffers.",
    "liveness": "liveness: the bytes alive when each layer ends, without derivatives.",
}


def report(verified: Verified) -> Report:
    """One network as a report."""
    return Report(lambda: _grid(verified), verified.as_json)


def _grid(verified: Verified) -> Grid:
    rows = tuple(_check_row(check.check, check) for check in verified.checks)
    where = f"{verified.device}, batch {verified.batch}"
    title = f"{verified.network} in PyTorch ({where}): {_verdict(verified)}"
    return Grid(title, _CHECKS, rows, notes=tuple(_MEANINGS.values()), also=tuple(_tables(verified.checks)))


def _verdict(verified: Verified) -> str:
    count = sum(len(check.mismatches) for check in verified.checks)
    return "no mismatch" if not count else "1 mismatch" if count == 1 else f"{count:,} mismatches"


def _check_row(label: str, check: Check) -> tuple[Cell, ...]:
    counts = (check.compared, len(check.mismatches), len(check.apart))
    return (Cell(label, label), *(Cell(count, f"{count:,}" if count else "") for count in counts))


def _tables(checks: Sequence[Check]) -> Iterable[Grid]:
    for check in checks:
        if check.mismatches:
            yield Grid(
                f"Mismatches of {check.check}", _DIFFERENCES, tuple(map(_difference, check.mismatches))
            )
    apart = [one for check in checks for one in check.apart]
    if apart:
        rows = tuple((*_difference(one), Cell(one.because, one.because)) for one in apart)
        yield Grid("Known to differ, and held against what it must be", (*_DIFFERENCES, _BECAUSE), rows)


def _difference(one: Mismatch | Apart) -> tuple[Cell, ...]:
    layer = one.layer or "the network"
    return (
        Cell(one.layer, layer),
        Cell(one.figure, one.figure),
        *(Cell(side, _text(side)) for side in one[2:4]),
    )


def _text(value: Any) -> str:
    if value is None:
        return units.NONE
    if isinstance(value, tuple):
        return "; ".join(value) if value and isinstance(value[0], str) else units.shape(value)
    return f"{value:,}" if isinstance(value, int) else str(value)


# --- many networks ------------------------------------------------------------------------------------------

_ALL = (
    Head("network", "network", numeric=False, keep=100),
    *(Head(name, name, keep=80) for name in _MEANINGS),
    Head("apart", "told apart", keep=70),
    Head("mismatches", "mismatches", keep=90),
)


def summary(verified: VerifiedAll) -> Report:
    """All networks as a report: a row each, and the tables of those that differ."""
    return Report(lambda: _summary(verified), verified.as_json)


def _summary(verified: VerifiedAll) -> Grid:
    wrong = [one for one in verified.networks if not one.ok]
    title = f"{len(verified.networks)} networks in PyTorch ({verified.device}): " + (
        f"{len(wrong)} with mismatches" if wrong else "no mismatch"
    )
    if verified.left_out:
        title += f", {len(verified.left_out)} left out"
    left_out = (f"{one.network} is left out: {one.because}" for one in verified.left_out)
    also = [
        grid._replace(title=f"{one.network}: {grid.title}")
        for one in wrong
        for grid in _tables([check._replace(apart=()) for check in one.checks])
    ]
    rows = tuple(_network_row(one.network, [one]) for one in verified.networks)
    totals = _network_row("all", verified.networks)
    return Grid(title, _ALL, rows, totals, notes=(*left_out, *_MEANINGS.values()), also=tuple(also))


def _network_row(label: str, networks: Sequence[Verified]) -> tuple[Cell, ...]:
    checks = [check for one in networks for check in one.checks]
    compared = [sum(check.compared for check in checks if check.check == name) for name in _MEANINGS]
    apart, wrong = (
        sum(map(len, group)) for group in ([c.apart for c in checks], [c.mismatches for c in checks])
    )
    return (
        Cell(label, label),
        *(Cell(count, f"{count:,}" if count else "") for count in (*compared, apart, wrong)),
    )
