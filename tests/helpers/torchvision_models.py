"""torchvision's model definitions beside a CPU build of PyTorch.

The compiled ops of torchvision do not load there. Only detection needs them, but importing the package
wants their schemas. So they are declared here, without code.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

SCHEMAS = (
    "nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
)

COMPUTED = ("num_batches_tracked", "relative_position_index", "relative_coords_table")
"""Buffers that hold nothing measured: a counter, and tables that follow from the size of a window."""


@cache
def models() -> Any:
    """torchvision.models."""
    try:
        package = find_spec("torchvision")
        assert package
        assert package.origin
        torch.ops.load_library(next(Path(package.origin).parent.glob("_C*.so")))
    except (OSError, StopIteration):
        library = torch.library.Library("torchvision", "DEF")
        for schema in SCHEMAS:
            library.define(schema)
        _LIBRARIES.append(library)
    from torchvision import models as found

    return found


_LIBRARIES: list[Any] = []
"""What was declared lasts as long as its library."""
