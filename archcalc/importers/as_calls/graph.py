"""The network while a program runs: the layers so far, their names, and whose parameters they have."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from archcalc.importers.as_activations import Pending, activation_of
from archcalc.importers.as_calls.axes import (
    CHANNELS,
    Axes,
    AxisParts,
    all_positions,
    is_shuffle,
    merged,
    placed,
    viewed,
    whole,
)
from archcalc.importers.as_calls.input_channels import ChannelAxes, OtherChannels
from archcalc.importers.as_calls.values import Call, Computed, Stored, Value
from archcalc.importers.as_network import ImportProblem, LayerList, made, spelled
from archcalc.ops.base import Inputs, Op, Volume

MOST_AXES = 3
"""Spatial axes of a volume."""


class CallReader:
    """The layers that the calls of a program make."""

    def __init__(
        self,
        inputs: Mapping[str, Sequence[int]],
        sizes: Mapping[str, int],
        channels: ChannelAxes | None = None,
    ) -> None:
        self.channels = channels or {}
        self.input_dims = [(1, *dims[1:]) for dims in inputs.values()]
        self.layers = LayerList({name: self._input_volume(at) for at, name in enumerate(inputs)})
        self.sizes = sizes
        """The number of values of each parameter."""

        self.call: Call | None = None
        """The call that is read."""

        self.owners: dict[str, int] = {}
        """The layer that stores each parameter."""

        self.parts: dict[tuple[tuple[str, str], ...], int] = {}
        """The layer that stores parts of parameters, by their names and the parts."""

    # --- what a call reads ------------------------------------------------------------------------------

    def input_signal(self, number: int) -> Computed:
        """An input of the network."""
        groups = [[axis] for axis in self._positions(number)]
        axes = placed(
            self.layers.volumes[number], groups, self._channel_axes(number), self.input_dims[number]
        )
        return Computed(number, axes)

    def _channel_axes(self, number: int) -> Sequence[int]:
        """The axes of an input that are its channels: the first one behind the batch, until more is known."""
        return self.channels.get(number, range(1, len(self.input_dims[number]))[:1])

    def _positions(self, number: int) -> Sequence[int]:
        """The other axes of an input, without the batch."""
        return [
            axis for axis in range(1, len(self.input_dims[number])) if axis not in self._channel_axes(number)
        ]

    def _input_volume(self, number: int) -> Volume:
        """The volume of an input. A number for each image is one channel."""
        dims = self.input_dims[number]
        channels = math.prod(dims[axis] for axis in self._channel_axes(number))
        return Volume(tuple(dims[axis] for axis in self._positions(number)), channels)

    def read_along(self, x: Computed, axes: Sequence[AxisParts]) -> None:
        """Read an input with these axes as its channels, if no layer has read it so far."""
        number = x.number
        if not self.layers.is_unread(number) or number in self.channels:
            return
        own = self.input_signal(number).axes
        channels = [own.index(axis) for axis in axes if axis in own]
        if len(channels) == len(axes) and channels != list(self._channel_axes(number)):
            raise OtherChannels(number, channels)

    def volume(self, x: Computed) -> Volume:
        """The volume of the layer whose values they are."""
        return self.layers.volumes[x.number]

    def signal(self, value: Any) -> Computed:
        """A value that a layer puts out. Raises ImportProblem."""
        if isinstance(value, Computed):
            return value
        if isinstance(value, Pending):
            if value.signal is None:
                value.signal = self._finished(value)
            whole: Computed = value.signal
            return whole
        return self._as_tokens(value)

    def _as_tokens(self, value: Any) -> Computed:
        """Values that do not depend on the input, as a layer that gives them."""
        if not isinstance(value, Stored) or not value.dims or self.call is None:
            raise ImportProblem("it works on single numbers")
        channels = value.dims[-1]
        names = frozenset(name for name in value.params if name not in self.owners)
        tokens = value.size // max(channels, 1)
        if not value.size:
            raise ImportProblem("it works on a tensor without values")
        op = made(
            "derived_tokens", tokens=tokens, channels=channels, values=self.new_params(value), macs=value.macs
        )
        places = list(range(len(value.dims) - 1))
        input = Computed(0, ())
        y = self.add(self.call, op, input, axes=(), weights=[value._replace(params=names)])
        return Computed(y.number, placed(self.volume(y), [places], [len(value.dims) - 1], value.dims))

    def _finished(self, pending: Pending) -> Computed:
        op = activation_of(pending.tree)
        if op is not None:
            return self.add(pending.node, op, pending.base)
        parts = [self.signal(part) for part in pending.parts]
        made: Computed = pending.step(pending.node, self, *parts)
        return made

    def stored(self, value: Any) -> Stored | None:
        """A value that does not depend on the input; None if there is none. Raises ImportProblem."""
        if value is None or isinstance(value, Stored):
            return value
        raise ImportProblem("it wants weights, and gets values that are computed from the input")

    def new_params(self, stored: Stored) -> int:
        """How many of the parameters from which values come belong to no layer yet."""
        return sum(self.sizes[name] for name in stored.params if name not in self.owners)

    # --- layers -----------------------------------------------------------------------------------------

    def add(
        self,
        call: Call,
        op: Op,
        *inputs: Computed,
        axes: Axes | None = None,
        weights: Sequence[Stored | None] = (),
        of_many: bool = False,
    ) -> Computed:
        """A layer for a call. Raises DoesNotFit and ImportProblem.

        Without ``axes`` the values stand where those of the first input stood, with the channels of the
        layer. ``weights`` are its parameters; with ``of_many`` other layers have parts of them.
        """
        names = sorted({name for stored in weights if stored is not None for name in stored.params})
        parts = tuple(
            (name, stored.part) for stored in weights if stored and stored.part for name in stored.params
        )
        same_as = self.parts.get(parts, 0) if of_many else self._shared(names)
        path = self._path(call, op, names)
        number = self.layers.add(path, op, [x.number for x in inputs], same_as)
        y = self.layers.volumes[number]
        if names and not of_many:
            xs = tuple(self.layers.volumes[x.number] for x in inputs)
            self._check_weights(op, xs, y, weights)
        for name in names:
            self.owners.setdefault(name, number)
        if parts:
            self.parts.setdefault(parts, number)
        return Computed(number, self._like(inputs[0], y) if axes is None else axes)

    def _check_weights(self, op: Op, xs: Inputs, y: Volume, weights: Sequence[Stored | None]) -> None:
        """The layer has as many trained values as were given to it. Raises ImportProblem."""
        names = {name for stored in weights if stored is not None for name in stored.params}
        have = sum(weight.count for weight in op.weights(xs, y) if weight.role != "buffer")
        given = sum(self.sizes[name] for name in names)
        if have != given:
            raise ImportProblem(f"its layer has {have:,} trained values, and the module {given:,}")

    def opaque_outputs(self, call: Call, used: Sequence[Any]) -> list[Value]:
        """A layer for each output of a call that archcalc does not know."""
        inputs = [self.signal(value) for value in used if isinstance(value, Computed | Pending)]
        names = frozenset(name for value in used if isinstance(value, Stored) for name in value.params)
        values: list[Value] = []
        for shape in call.shapes:
            values.append(self.opaque(call, inputs[:2], names, shape))
            names = frozenset()  # the first output has the parameters
        return values

    def opaque(
        self, call: Call, inputs: Sequence[Computed], names: frozenset[str], dims: Sequence[int]
    ) -> Computed:
        """A layer of which only the output is known. Raises ImportProblem."""
        places = [place for place in range(1, len(dims)) if dims[place] > 1]
        # Tokens have their channels behind, maps before.
        deep = ([len(dims) - 1] if len(dims) < 4 else [1]) if len(dims) > 1 else []
        others = [place for place in places if place not in deep]
        groups = [[place] for place in others] if len(others) <= MOST_AXES else [others]
        sides = tuple(math.prod(dims[place] for place in group) for group in groups)
        new = {name for name in names if name not in self.owners}
        op = made(
            "opaque",
            channels=math.prod(dims[place] for place in deep),
            to=sides or None,
            values=sum(self.sizes[name] for name in new),
        )
        y = self.add(call, op, *inputs, axes=(), weights=[Stored((), frozenset(new))])
        return Computed(y.number, placed(self.volume(y), groups, deep, dims))

    def _shared(self, names: Sequence[str]) -> int:
        """The earlier layer that has the parameters; 0 if it is their first."""
        return next((self.owners[name] for name in names if name in self.owners), 0)

    def _like(self, x: Computed, y: Volume) -> Axes:
        """The axes of values that stand as before; the number of channels may be another one."""
        before = self.volume(x)
        if before.spatial == y.spatial and before.channels == y.channels:
            return x.axes
        channels = whole(before, CHANNELS)
        if before.spatial != y.spatial or not (channels and channels in x.axes):
            raise ImportProblem("archcalc cannot read the order of the axes of its input")
        return tuple(whole(y, CHANNELS) if axis == channels else axis for axis in x.axes)

    def _path(self, call: Call, op: Op, names: Sequence[str]) -> Sequence[str]:
        """A layer of torch.nn has the name of its module; other calls have a name in their module."""
        module = call.module
        path = tuple(spelled(part) for part in module.path)[-8:]
        own = [name for name in names if name.rpartition(".")[0] == ".".join(module.path)]
        is_layer = module.from_torch or (module.leaf and own and module.extends_torch)
        # An open layer is known by its function only.
        return path if path and is_layer else (*path, spelled(call.name) if op.open_cost else op.name)

    # --- volumes as an op wants them ----------------------------------------------------------------------

    def gathered(
        self, call: Call, x: Computed, groups: Sequence[Sequence[int]], channels: Sequence[int]
    ) -> Computed:
        """The same values in a volume whose axes are groups of the axes of the tensor.

        No layer is needed if they stand so already. Raises ImportProblem.
        """
        volume = self.volume(x)
        wanted = [merged(part for place in group for part in x.axes[place]) for group in groups]
        deep = merged(part for place in channels for part in x.axes[place])
        if deep == whole(volume, CHANNELS) and wanted == [whole(volume, axis) for axis in range(volume.rank)]:
            return x
        dims = x.dims
        covered = {place for group in (*groups, channels) for place in group}
        if any(size > 1 and place not in covered for place, size in enumerate(dims)):
            raise ImportProblem(f"archcalc reads one input at a time here, and not {list(dims)}")
        sides = tuple(math.prod(dims[place] for place in group) for group in groups)
        op = self._move(volume, wanted, deep, sides)
        axes = placed(Volume(sides, 1), groups, channels, dims)
        number = self.layers.add(self._path(call, op, ()), op, [x.number])
        return Computed(number, axes)

    def _move(self, volume: Volume, wanted: Sequence[AxisParts], deep: AxisParts, sides: Sequence[int]) -> Op:
        """The op that gives a volume these axes."""
        positions, channels = all_positions(volume), whole(volume, CHANNELS)
        if not sides:
            return made("flatten")
        if wanted == [whole(volume, axis) for axis in range(volume.rank)] and is_shuffle(deep):
            return made("shuffle", groups=deep[1].size)
        if len(sides) > MOST_AXES:
            raise ImportProblem(f"archcalc has no maps of {len(sides)} axes")
        if len(wanted) == 1 and deep == channels and wanted[0] == positions and volume.rank:
            return made("reshape", to="tokens")
        if len(wanted) == 1 and volume.rank == 1 and deep == positions and wanted[0] == channels:
            return made("transpose")
        if tuple(part for axis in wanted for part in axis) == positions and deep == channels:
            return made("reshape", to=tuple(sides))  # only the positions are divided in another way
        return made("rearrange", to=tuple(sides))

    def around(self, call: Call, x: Computed, channels: Sequence[int]) -> Computed:
        """The values with these axes of the tensor as channels; where the positions stand does not matter."""
        deep = merged(part for place in channels for part in x.axes[place])
        if deep == whole(self.volume(x), CHANNELS):
            return x
        if len(channels) == 1 and x.dims[channels[0]] > 1:
            self.read_along(x, [x.axes[channels[0]]])
        others = [place for place in range(len(x.axes)) if place not in channels and x.dims[place] > 1]
        groups = [[place] for place in others]
        if len(groups) > MOST_AXES:
            groups = [others]
        return self.gathered(call, x, groups, channels)

    def viewed(self, call: Call, x: Computed, dims: Sequence[int]) -> Computed:
        """The tensor in another shape. Raises ImportProblem."""
        axes = viewed(x.axes, dims)
        if axes is None:
            # The values are needed in one row, which can be divided anywhere.
            x = self.gathered(call, x, [range(len(x.axes))], [])
            axes = viewed(x.axes, dims)
        if axes is None:
            raise ImportProblem(f"archcalc cannot read {list(x.dims)} as {list(dims)}")
        return Computed(x.number, axes)
