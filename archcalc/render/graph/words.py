"""The words of a box: its name, its op, its output and its costs."""

from __future__ import annotations

from collections.abc import Sequence

from archcalc.engine.quantities import BY_KEY
from archcalc.render import units
from archcalc.results.diagram import Box, Diagram


def heading(box: Box) -> str:
    """The name, and how often the box is repeated.

    >>> heading(Box("conv4_x/conv4_2", "conv4_2", "3 conv", (14, 14, 1024), {}, times=5))
    'conv4_2 × 5'
    """
    return f"{box.name} × {box.times}" if box.times > 1 else box.name


def volume(box: Box) -> str:
    """The output of a box: 14x14x1024."""
    return volume_of(box.output)


def volume_of(sizes: Sequence[int]) -> str:
    """Sizes as people write them: 14x14x1024."""
    return "x".join(map(str, sizes))


def costs(box: Box, diagram: Diagram) -> str:
    """The figures of a box that are not zero: 218M MACs, 1.1M params."""
    shown = [f"{amount(box.figures[key])} {_label(key)}" for key in diagram.costs if box.figures[key]]
    return ", ".join(shown)


def amount(count: int) -> str:
    """A count with three digits and the unit that fits.

    >>> amount(218_365_952), amount(1_792), amount(12)
    ('218M', '1.79K', '12')
    """
    for name, scale in reversed(units.SCALES.items()):
        if count >= scale:
            number = count / scale
            return f"{number:.3g}{name}" if number < 999.5 else f"{number:.0f}{name}"
    return str(count)


def _label(key: str) -> str:
    return BY_KEY[key].label
