"""Compare every number of a network with PyTorch: shapes, weights, MACs and memory, layer by layer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib.util import find_spec

from archcalc.engine.walk import walk_or_raise
from archcalc.errors import ArchcalcError, MissingPackage, TooLarge, did_you_mean
from archcalc.language.find import all_specs
from archcalc.network import Network
from archcalc.results.verify import Check, SkippedNetwork, Verification, VerificationTable
from archcalc.studies.verify.layers import compare_shapes, macs, shapes, weights
from archcalc.studies.verify.memory import liveness, memory
from archcalc.studies.verify.run import VerifyRun

DEVICES = ("meta", "cpu", "cuda")
BATCH = 2
"""The default batch: with one image, batch normalisation of a flat vector has nothing to normalise."""

CHECKS: tuple[Callable[[VerifyRun], Check], ...] = (shapes, weights, macs, memory, liveness)
"""In the order of the report."""


def verify(network: Network, *, device: str = "meta", batch: int = BATCH) -> Verification:
    """Build the network with its auxiliary heads in PyTorch, run it on a device, and compare.

    The ``meta`` device works out shapes and what autograd saves, without values. If PyTorch refuses a layer
    because an earlier layer has another shape, the comparison ends there. Raises SpecError for the network's
    problems, TooLarge if the memory is too small, and ArchcalcError without PyTorch, for an unknown or
    missing device, and for any other layer that PyTorch refuses.
    """
    if device not in DEVICES:
        raise ArchcalcError(f"unknown device '{device}' ({did_you_mean(device, DEVICES)})")
    need_torch()
    steps, _ = walk_or_raise(network)
    from archcalc.backends.observe import observe
    from archcalc.backends.observed import Refused

    try:
        run = VerifyRun(network, steps, batch, device, observe(network, steps, device, batch))
    except Refused as refused:
        if not compare_shapes(steps, batch, refused.outputs).mismatches:
            raise
        until_refused = compare_shapes(steps, batch, {refused.layer: None, **refused.outputs})
        return Verification(network.name, device, batch, (until_refused,))
    return Verification(network.name, device, batch, tuple(check(run) for check in CHECKS))


def verify_all(
    networks: Iterable[Network],
    *,
    device: str = "meta",
    batch: int = BATCH,
    progress: Callable[[int, int], None] | None = None,
) -> VerificationTable:
    """Verify many networks; ``progress`` is called with the number done and the total.

    A network that is too large for the device's memory is left out. Raises as ``verify``.
    """
    verified, left_out = [], []
    every = list(networks)
    for number, network in enumerate(every, 1):
        try:
            verified.append(verify(network, device=device, batch=batch))
        except TooLarge as error:
            left_out.append(SkippedNetwork(network.name, str(error)))
        if progress is not None:
            progress(number, len(every))
    return VerificationTable(tuple(verified), device, tuple(left_out))


def verify_shipped(
    *, device: str = "meta", batch: int = BATCH, progress: Callable[[int, int], None] | None = None
) -> VerificationTable:
    """Verify every network of the list. Raises as ``verify``."""
    need_torch()  # before all networks are built
    networks = [spec.bind(about.name) for spec in all_specs() for about in spec.networks()]
    return verify_all(networks, device=device, batch=batch, progress=progress)


def need_torch() -> None:
    """Raises ArchcalcError, with the command that installs PyTorch, if it is missing."""
    if find_spec("torch") is None:
        raise MissingPackage("verify", "torch", "PyTorch")
