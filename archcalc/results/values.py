"""Values as JSON can hold them: the one way from results to JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any


def plain(value: Any) -> Any:
    """A value as JSON can hold it.

    A record becomes what its ``as_json`` says; without this method it becomes its fields, by name. Tuples
    become lists, and fractions decimals.

    >>> plain({"output": (55, 55, 96), "surviving": Fraction(1, 4), "macs": Fraction(9)})
    {'output': [55, 55, 96], 'surviving': 0.25, 'macs': 9.0}
    """
    # Most values are numbers, texts and their lists; a sweep has millions of them.
    if type(value) in _SCALARS:
        return value
    if type(value) is tuple or type(value) is list:
        return [plain(item) for item in value]
    if hasattr(value, "as_json"):
        return value.as_json()
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if hasattr(value, "_asdict"):  # records and named tuples
        return {key: plain(item) for key, item in value._asdict().items()}
    return float(value) if isinstance(value, Fraction) else value


_SCALARS = frozenset((int, str, float, bool, type(None)))


def laid_out(shape: Sequence[int], layout: str) -> list[int]:
    """The sizes of a volume in a layout: ``hwc`` or ``chw``.

    >>> laid_out((55, 54, 96), "chw"), laid_out((4096,), "chw")
    ([96, 55, 54], [4096])
    """
    # Shapes have the channels last; this also leaves a flat vector as it is.
    return [*shape[-1:], *shape[:-1]] if layout == "chw" else list(shape)


class Joined:
    """A JSON object in parts; each part is a dict of plain values.

    Objects that are equal in a part share the same dict, which is then written only once.

    >>> Joined({"name": "conv1"}, {"op": "conv", "params": 34944}).as_json()
    {'name': 'conv1', 'op': 'conv', 'params': 34944}
    """

    __slots__ = ("parts",)

    def __init__(self, *parts: dict[str, Any]) -> None:
        self.parts = parts

    def as_json(self) -> dict[str, Any]:
        """The object as one dict."""
        return {key: value for part in self.parts for key, value in part.items()}
