"""Running a network in PyTorch: shapes, stored arrays, MACs, what autograd keeps, and live activations."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import torch

from archcalc.backends.dispatch import Shapes
from archcalc.backends.inference_pass import live_bytes
from archcalc.backends.observed import Observed, Refused
from archcalc.backends.pytorch import build, free_memory, inputs_of, out_of_memory
from archcalc.backends.training_pass import TrainingPass
from archcalc.conventions import DTYPES
from archcalc.engine.memory import kept_for_backward
from archcalc.engine.walk import Step
from archcalc.errors import ArchcalcError, TooLarge
from archcalc.network import INPUT_NAME, Network

VALUE = DTYPES["float32"]


def observe(network: Network, steps: Sequence[Step], device: str, batch: int) -> Observed:
    """Build the network and run it twice: as in training, and without derivatives, in place.

    Raises ArchcalcError for a missing device, TooLarge if its memory is too small, Refused if PyTorch refuses
    a layer.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise ArchcalcError(
            "PyTorch finds no CUDA device, or is built without CUDA; --device meta needs none"
        )
    free = free_memory(device)
    needed = _needed(network, steps, batch)
    if (
        free is not None and needed > free
    ):  # not tried: Linux may grant the memory first and stop the process later
        raise _too_large(
            device, f": a pass takes {needed / 2**30:,.1f} GiB, {free / 2**30:,.1f} GiB are free"
        )
    training: TrainingPass | None = None
    try:
        module = build(network, steps, device).train()
        for layer in module.modules():
            if hasattr(layer, "is_observed"):
                layer.is_observed = True
        training = TrainingPass(module)
        shapes: Shapes | None = {} if device == "meta" else None
        training.run(inputs_of(network, batch, device, grad=True), shapes)
        live, peak = live_bytes(module, network, device, batch, shapes)
    except (RuntimeError, ValueError, MemoryError) as error:
        raise _explained(error, device, training) from error
    layers = {number: training.observed(number) for number in module.paths}
    return Observed(
        layers=layers,
        trained=sum(array.numel() for array in module.parameters()),
        buffers=sum(
            array.size
            for step in steps
            for name, array in layers[step.number].stored.items()
            # A shared buffer is in the module of each layer that uses it.
            if not array.trained and name not in {weight.name for weight in step.shared}
        ),
        kept_bytes=sum(training.kept.values()),
        live=live,
        peak_bytes=peak,
    )


def _needed(network: Network, steps: Sequence[Step], batch: int) -> int:
    """The least bytes of a pass as in training: stored arrays, and arrays kept for the backward pass."""
    kept = kept_for_backward(network, steps)
    arrays = sum(prod(weight.shape) for step in steps for weight in step.weights)
    return VALUE * (arrays + kept.fixed_values + batch * kept.values) + batch * kept.bytes


def _too_large(device: str, figures: str = "") -> TooLarge:
    return TooLarge(
        f"the network does not fit into the memory of {device}{figures}; --device meta needs none"
    )


def _explained(error: Exception, device: str, training: TrainingPass | None) -> ArchcalcError:
    """PyTorch's error as one sentence, with the layer that was running."""
    if out_of_memory(error):
        return _too_large(device)
    message = f"PyTorch refuses it: {' '.join(str(error).split())}"
    if training is None:
        return ArchcalcError(f"the network: {message}")
    path = training.module.paths.get(training.current, INPUT_NAME)
    return Refused(f"{path}: {message}", training.current, training.outputs)
