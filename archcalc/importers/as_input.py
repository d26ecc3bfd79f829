"""The shape of the input of a model, as the user gives it: ``1x3x224x224``, the batch first."""

from __future__ import annotations

import re
from collections.abc import Sequence

from archcalc.errors import ArchcalcError, did_you_mean, printable, short


def given_dims(
    file: str,
    input_name: str,
    declared: Sequence[int | str] | None,
    given: str,
    order: str = "batch, channels, height, width",
) -> Sequence[int]:
    """The shape in ``1x3x224x224`` or ``NAME=1x3x224x224``, where a file declares a shape or None.

    ``order`` says what the sizes are.

    Raises ArchcalcError if it does not fit.
    """
    of, equals, sizes = given.rpartition("=")
    if equals and of != input_name:
        hint = did_you_mean(of, [input_name]) or f"its input is '{input_name}'"
        raise ArchcalcError(f"{file} has no input '{short(of)}' ({printable(hint)})")
    if not re.fullmatch(r"[1-9]\d{0,8}(x[1-9]\d{0,8}){1,4}", sizes):
        example = "1x224x224x3" if order.endswith("channels") else "1x3x224x224"
        raise ArchcalcError(f"the input must be sizes such as {example} ({order}), not '{short(sizes)}'")
    dims = list(map(int, sizes.split("x")))
    if declared is not None and len(declared) != len(dims):
        name = printable(input_name)
        raise ArchcalcError(f"{file}: the input '{name}' has {len(declared)} axes, not {len(dims)}")
    return dims


def needs_sizes(file: str, says: str, example: str) -> ArchcalcError:
    """The error for an input whose sizes the file leaves open; ``says`` is what it has instead."""
    return ArchcalcError(f"{file}: {says}; give its sizes: --input {example}")


def check_axes(file: str, input_name: str, dims: Sequence[int]) -> None:
    """Raises ArchcalcError for an input with more or fewer axes than networks have here."""
    if not 2 <= len(dims) <= 5:
        raise ArchcalcError(
            f"{file}: the input '{printable(input_name)}' has {len(dims)} axes; "
            "archcalc reads batch, channels and up to 3 spatial axes"
        )
