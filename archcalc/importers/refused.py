"""Files that hold a program, or weights without a model: archcalc does not run what a file says."""

from __future__ import annotations

import os
from typing import NoReturn

from archcalc.errors import ArchcalcError, printable

_PICKLE = (
    "unpickling it can run any program, and it often holds weights only; give the code that builds the model "
    "(torch:package.module:callable --input 1x3x224x224), or export it to ONNX or by torch.export (.pt2)"
)
_WEIGHTS = (
    "it holds weights and no layers; give the code that builds the model (torch:package.module:callable)"
)
_REASONS = {
    ".pt": _PICKLE,
    ".pth": _PICKLE,
    ".ckpt": _PICKLE,
    ".pkl": _PICKLE,
    ".pickle": _PICKLE,
    ".safetensors": _WEIGHTS,
}

ENDINGS = tuple(_REASONS)


def read(target: str, input: str = "") -> NoReturn:
    """Refuse a file with the reason and the way out. Raises ArchcalcError."""
    ending = os.path.splitext(target)[1].lower()
    raise ArchcalcError(f"{printable(target)}: {_REASONS[ending]}")
