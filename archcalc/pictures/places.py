"""Where the labels of points stand, so that few of them overlap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

LETTER = 0.55
"""The width of a letter, in parts of its height."""


class Side(NamedTuple):
    """A place beside a point: the steps from its edge, and which end of the label stands there."""

    name: str
    right: int
    down: int
    align: str
    baseline: str


SIDES = (
    Side("right", 1, 0, "left", "middle"),
    Side("left", -1, 0, "right", "middle"),
    Side("above", 0, -1, "center", "bottom"),
    Side("below", 0, 1, "center", "top"),
    Side("above right", 1, -1, "left", "bottom"),
    Side("below right", 1, 1, "left", "top"),
    Side("above left", -1, -1, "right", "bottom"),
    Side("below left", -1, 1, "right", "top"),
)
"""The places that a label may take; the first free one is taken."""


class Spot(NamedTuple):
    """A point of a chart in the units of its drawing, with its radius and its label."""

    x: float
    y: float
    radius: float
    label: str


class Rectangle(NamedTuple):
    """A rectangle: its left and upper, and its right and lower edge."""

    left: float
    top: float
    right: float
    bottom: float

    def shared(self, other: Rectangle) -> float:
        """The area that two rectangles share."""
        wide = min(self.right, other.right) - max(self.left, other.left)
        high = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(wide, 0.0) * max(high, 0.0)


def label_box(spot: Spot, side: Side, letters: float) -> Rectangle:
    """The room of a label on one side of its point."""
    wide, gap = len(spot.label) * letters * LETTER, spot.radius + 2
    diagonal = 0.7 if side.right and side.down else 1.0
    x, y = spot.x + side.right * gap * diagonal, spot.y + side.down * gap * diagonal
    left = {"left": x, "right": x - wide, "center": x - wide / 2}[side.align]
    top = {"top": y, "bottom": y - letters, "middle": y - letters / 2}[side.baseline]
    return Rectangle(left, top, left + wide, top + letters)


def place(spots: Sequence[Spot], letters: float, width: float, height: float) -> list[Side]:
    """A side for each label: where it shares least room with points, with other labels and with the edges.

    >>> near = [Spot(50, 50, 5, "vgg16"), Spot(75, 50, 5, "vgg19")]
    >>> [side.name for side in place(near, 10, 200, 100)]
    ['left', 'right']
    """
    points = [Rectangle(x - radius, y - radius, x + radius, y + radius) for x, y, radius, _ in spots]
    taken: list[Rectangle] = []
    sides: dict[int, Side] = {}
    # The most crowded points choose first: they have the fewest places.
    crowded = sorted(range(len(spots)), key=lambda one: -_neighbours(spots, one))
    for one in crowded:

        def cost(side: Side, one: int = one) -> float:
            box = label_box(spots[one], side, letters)
            outside = (box.right - box.left) * (box.bottom - box.top) - box.shared(
                Rectangle(0, 0, width, height)
            )
            others = points[:one] + points[one + 1 :] + taken
            return 3 * outside + sum(box.shared(other) for other in others)

        sides[one] = min(SIDES, key=cost)
        taken.append(label_box(spots[one], sides[one], letters))
    return [sides[one] for one in range(len(spots))]


def _neighbours(spots: Sequence[Spot], one: int) -> int:
    x, y = spots[one][:2]
    return sum(abs(x - other.x) < 80 and abs(y - other.y) < 30 for other in spots)
