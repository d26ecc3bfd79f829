"""The comparison with PyTorch as tables: the checks, and below them every difference layer by layer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from archcalc.render import units
from archcalc.render.grid import Cell, Grid, Head, Tone
from archcalc.render.report import Report
from archcalc.results.verify import Check, KnownDifference, Mismatch, Verification, VerificationTable

_CHECKS = (
    Head("check", "check", numeric=False, keep=100),
    Head("compared", "compared", keep=80),
    Head("mismatches", "mismatches", keep=90),
    Head("apart", "known differences", keep=70),
)
_DIFFERENCES = (
    Head("layer", "layer", numeric=False, keep=100),
    Head("figure", "figure", numeric=False, keep=95),
    Head("ours", "archcalc", keep=90),
    Head("theirs", "PyTorch", keep=90),
)
_BECAUSE = Head("because", "because", numeric=False, keep=85, least=20)

_MEANINGS = {
    "shapes": "shapes: the output of every layer, for the whole batch.",
    "weights": "weights: every array of the state_dict; the totals of trained values and of buffers.",
    "macs": "macs: the counts of torch.utils.flop_counter, halved.",
    "memory": "memory: what autograd saves for the backward pass, each storage once, "
    "without parameters and buffers.",
    "liveness": "liveness: the bytes of live activations when each layer ends, without derivatives.",
}


def report(verified: Verification) -> Report:
    """One network as a report."""
    return Report(lambda: _grid(verified), verified.as_json)


def _grid(verified: Verification) -> Grid:
    rows = tuple(_check_row(check.check, check) for check in verified.checks)
    where = f"{verified.device}, batch {verified.batch}"
    title = f"{verified.network} in PyTorch ({where}): {_verdict(verified)}"
    return Grid(
        title,
        _CHECKS,
        rows,
        notes=tuple(_MEANINGS.values()),
        also=tuple(_tables(verified.checks)),
        tone="good" if verified.ok else "bad",
    )


def _verdict(verified: Verification) -> str:
    count = sum(len(check.mismatches) for check in verified.checks)
    return "no mismatch" if not count else "1 mismatch" if count == 1 else f"{count:,} mismatches"


def _check_row(label: str, check: Check) -> tuple[Cell, ...]:
    return (
        Cell(label, label),
        _count(check.compared),
        _count(len(check.mismatches), "bad"),
        _count(len(check.known), "doubtful"),
    )


def _count(count: int, tone: Tone = "") -> Cell:
    return Cell(count, f"{count:,}" if count else "", tone=tone)


def _tables(checks: Sequence[Check]) -> Iterable[Grid]:
    for check in checks:
        if check.mismatches:
            yield Grid(
                f"Mismatches of {check.check}", _DIFFERENCES, tuple(map(_difference, check.mismatches))
            )
    differences = [difference for check in checks for difference in check.known]
    if differences:
        rows = tuple(
            (*_difference(difference), Cell(difference.because, difference.because))
            for difference in differences
        )
        yield Grid("Known differences, as large as the reason requires", (*_DIFFERENCES, _BECAUSE), rows)


def _difference(difference: Mismatch | KnownDifference) -> tuple[Cell, ...]:
    return (
        Cell(difference.layer, difference.layer or "the network"),
        Cell(difference.figure, difference.figure),
        *(Cell(figure, _text(figure)) for figure in (difference.ours, difference.theirs)),
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
    Head("apart", "known differences", keep=70),
    Head("mismatches", "mismatches", keep=90),
)


def summary(verified: VerificationTable) -> Report:
    """All networks as a report: one row each, and tables of the mismatches."""
    return Report(lambda: _summary(verified), verified.as_json)


def _summary(verified: VerificationTable) -> Grid:
    wrong = [network for network in verified.networks if not network.ok]
    title = f"{len(verified.networks)} networks in PyTorch ({verified.device}): " + (
        f"{len(wrong)} with mismatches" if wrong else "no mismatch"
    )
    # A network that is too large for the device is not a mismatch.
    if verified.left_out:
        title += f", {len(verified.left_out)} left out"
    left_out = (f"{network.network} is left out: {network.because}" for network in verified.left_out)
    # With many networks the known differences would fill pages; `verify NETWORK` shows them.
    also = [
        grid._replace(title=f"{network.network}: {grid.title}")
        for network in wrong
        for grid in _tables([check._replace(known=()) for check in network.checks])
    ]
    rows = tuple(_network_row(network.network, [network]) for network in verified.networks)
    totals = _network_row("all", verified.networks)
    notes = (*left_out, *_MEANINGS.values())
    return Grid(title, _ALL, rows, totals, notes=notes, also=tuple(also), tone="bad" if wrong else "good")


def _network_row(label: str, networks: Sequence[Verification]) -> tuple[Cell, ...]:
    checks = [check for network in networks for check in network.checks]
    compared = [sum(check.compared for check in checks if check.check == name) for name in _MEANINGS]
    known = sum(len(check.known) for check in checks)
    wrong = sum(len(check.mismatches) for check in checks)
    return (
        Cell(label, label),
        *map(_count, compared),
        _count(known, "doubtful"),
        _count(wrong, "bad"),
    )
