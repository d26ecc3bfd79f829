"""Layers that give values another form: reshape, padding, cropping, upsampling."""

from __future__ import annotations

import math
from collections.abc import Mapping

from archcalc.importers.as_network import collapsed, made
from archcalc.importers.keras.fields import KerasConfig, KerasProblem, is_whole
from archcalc.importers.keras.graph import KerasCall, KerasReader, KerasTensor
from archcalc.importers.keras.layers import KerasTranslator, channels_last, spatial_input

MOST_AXES = 8


def flatten(call: KerasCall, reader: KerasReader) -> KerasTensor:
    channels_last(call.config)
    x = call.input()
    if reader.is_flat(x):
        return x._replace(dims=(reader.volume(x).channels,))
    return reader.add(call, made("flatten"), x)


def reshape(call: KerasCall, reader: KerasReader) -> KerasTensor:
    x, config = call.input(), call.config
    given = config.get("target_shape")
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_AXES:
        raise KerasProblem("it needs a 'target_shape'", "", config.path)
    if not all(is_whole(size, -1) and size for size in given) or given.count(-1) > 1:
        raise KerasProblem("'target_shape' must be whole numbers", "", (*config.path, "target_shape"))
    total = math.prod(x.dims)
    dims = tuple(int(size) if size != -1 else max(total // -math.prod(given), 1) for size in given)
    if math.prod(dims) != total:
        shapes = ("x".join(map(str, sizes)) for sizes in (x.dims, given))
        raise KerasProblem(" cannot become ".join(shapes), "", (*config.path, "target_shape"))
    return reshaped(call, reader, x, dims)


def reshaped(call: KerasCall, reader: KerasReader, x: KerasTensor, dims: tuple[int, ...]) -> KerasTensor:
    """The values in another shape. Raises KerasProblem and DoesNotFit."""
    if dims == x.dims:
        return x
    # A flat vector stays one while all other axes have one value.
    if reader.is_flat(x) and dims[-1] == math.prod(dims):
        return x._replace(dims=dims)
    if len(dims) == 1:
        return flatten(call, reader)
    if len(dims) > 4:
        raise KerasProblem(f"archcalc has up to 3 spatial axes, not {len(dims) - 1}")
    return reader.add(call, made("reshape", to=dims[:-1]), x)


def permute(call: KerasCall, reader: KerasReader) -> KerasTensor:
    x, order = call.input(), call.config.get("dims")
    places = list(range(1, len(x.dims) + 1))
    if (
        not isinstance(order, list)
        or not all(is_whole(place, 1) for place in order)
        or sorted(order) != places
    ):
        raise KerasProblem(
            f"'dims' must have the numbers of the axes, {places}", "", (*call.config.path, "dims")
        )
    if order == places:
        return x
    if order == [2, 1]:
        return reader.add(call, made("transpose"), reader.maps(call, x))
    dims = tuple(x.dims[place - 1] for place in order)
    return reader.add(call, made("rearrange", to=dims[:-1]), reader.maps(call, x))


def pairs_in(config: KerasConfig, name: str, rank: int) -> list[tuple[int, int]]:
    """Two numbers for each axis, before and after it. Raises KerasProblem."""
    value = config.get(name)
    if is_whole(value, 0):
        value = [value] * rank
    # One axis may have its pair without a list around it.
    if rank == 1 and isinstance(value, list) and len(value) == 2:
        value = [value]
    if isinstance(value, list) and len(value) == rank:
        pairs = [side if isinstance(side, list) else [side, side] for side in value]
        if all(len(pair) == 2 and all(is_whole(size, 0) for size in pair) for pair in pairs):
            return [(int(before), int(after)) for before, after in pairs]
    raise KerasProblem(f"'{name}' must be two whole numbers for each axis", "", (*config.path, name))


def _zero_padding(rank: int) -> KerasTranslator:
    def translate(call: KerasCall, reader: KerasReader) -> KerasTensor:
        x, pairs = (
            reader.maps(call, spatial_input(call, reader, rank)),
            pairs_in(call.config, "padding", rank),
        )
        return reader.add(call, made("pad", pad=collapsed(pairs)), x)

    return translate


def _cropping(rank: int) -> KerasTranslator:
    def translate(call: KerasCall, reader: KerasReader) -> KerasTensor:
        x, pairs = (
            reader.maps(call, spatial_input(call, reader, rank)),
            pairs_in(call.config, "cropping", rank),
        )
        sizes = [side - before - after for side, (before, after) in zip(x.dims, pairs, strict=False)]
        if min(sizes) < 1:
            raise KerasProblem("it crops more than its input has", "", (*call.config.path, "cropping"))
        start = collapsed([before for before, _ in pairs])
        return reader.add(call, made("crop", size=collapsed(sizes), start=start), x)

    return translate


def _upsampling(rank: int) -> KerasTranslator:
    def translate(call: KerasCall, reader: KerasReader) -> KerasTensor:
        x, config = reader.maps(call, spatial_input(call, reader, rank)), call.config
        modes = {"nearest": "nearest", "bilinear": "linear", "bicubic": "cubic"}
        mode = config.word("interpolation", modes, "nearest")
        return reader.add(call, made("upsample", factor=config.sizes("size", rank, 2), mode=mode), x)

    return translate


FORMS: Mapping[str, KerasTranslator] = {
    "Flatten": flatten,
    "Reshape": reshape,
    "Permute": permute,
    **{f"ZeroPadding{rank}D": _zero_padding(rank) for rank in (1, 2, 3)},
    **{f"Cropping{rank}D": _cropping(rank) for rank in (1, 2, 3)},
    **{f"UpSampling{rank}D": _upsampling(rank) for rank in (1, 2, 3)},
}
