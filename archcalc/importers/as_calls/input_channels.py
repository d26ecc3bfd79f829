"""Which axes of an input are its channels: a pass finds out while it reads the program."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias, TypeVar

ChannelAxes: TypeAlias = Mapping[int, Sequence[int]]
"""The axes of inputs that are their channels, by the numbers of the inputs: one axis, or none."""

Result = TypeVar("Result")


class OtherChannels(Exception):
    """An input has its channels in other axes than it seemed."""

    def __init__(self, input: int, axes: Sequence[int]) -> None:
        super().__init__(input, axes)
        self.input, self.axes = input, axes


def with_channels(run: Callable[[ChannelAxes], Result]) -> Result:
    """The result of a pass that knows which axes of its inputs are the channels.

    The shape of an input does not say whether its channels are first, as those of images, or last, as those
    of tokens. The first layer that reads it does, but by then the program may have views of the input. So the
    pass begins again, at most once for each input.
    """
    known: dict[int, Sequence[int]] = {}
    while True:
        try:
            return run(known)
        except OtherChannels as other:
            known[other.input] = other.axes
