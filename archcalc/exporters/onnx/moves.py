"""What moves values is in ONNX: parts of maps, joins, padding, and other shapes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from archcalc.exporters.as_placed import Placed
from archcalc.exporters.as_refusal import NotInFormat
from archcalc.exporters.onnx.graph import OnnxWriter
from archcalc.ops.base import Volume, per_axis


def _channel_axis(layer: Placed, last: bool) -> int:
    return layer.xs[0].rank + 1 if last else 1


def _spatial_axes(layer: Placed, last: bool) -> range:
    return range(1, layer.xs[0].rank + 1) if last else range(2, layer.xs[0].rank + 2)


def sizes_of(volume: Volume, last: bool = False) -> tuple[int, ...]:
    """The shape of a tensor for one image, with the channels first or last."""
    return (1, *volume.spatial, volume.channels) if last else (1, volume.channels, *volume.spatial)


def reshaped(layer: Placed, writer: OnnxWriter, name: str, tensor: str, sizes: Sequence[int]) -> str:
    """A tensor in another shape, in front of the node of a layer."""
    given = writer.constant(layer, f"{name}/shape", sizes)
    return writer.before(layer, "Reshape", f"{name}/Reshape", [tensor, given])


def concat(layer: Placed, writer: OnnxWriter) -> None:
    last = writer.is_last(layer)
    writer.add(layer, "Concat", last=last, axis=_channel_axis(layer, last))


def concat_positions(layer: Placed, writer: OnnxWriter) -> None:
    last = writer.is_last(layer)
    writer.add(layer, "Concat", last=last, axis=_spatial_axes(layer, last)[layer.op.axis - 1])


def stack(layer: Placed, writer: OnnxWriter) -> None:
    axes = writer.constant(layer, "axes", [2])
    read = [
        writer.before(layer, "Unsqueeze", f"input{place}/Unsqueeze", [tensor, axes])
        for place, tensor in enumerate(writer.inputs(layer), 1)
    ]
    writer.add(layer, "Concat", read, axis=2)


def slice_of(layer: Placed, writer: OnnxWriter) -> None:
    start, last = layer.op.start, writer.is_last(layer)
    limits = {"starts": start, "ends": start + layer.op.channels, "axes": _channel_axis(layer, last)}
    writer.alike(layer, "Slice", [writer.constant(layer, name, [value]) for name, value in limits.items()])


def crop(layer: Placed, writer: OnnxWriter) -> None:
    """A second input is read for its size only, which is known here."""
    x, sides, last = layer.xs[0], layer.y.spatial, writer.is_last(layer)
    starts = per_axis(layer.op.start, x.rank)
    if isinstance(layer.op.start, str):
        starts = tuple((side - part) // 2 for side, part in zip(x.spatial, sides, strict=True))
    ends = [start + side for start, side in zip(starts, sides, strict=True)]
    limits = {"starts": starts, "ends": ends, "axes": _spatial_axes(layer, last)}
    given = [writer.constant(layer, name, values) for name, values in limits.items()]
    writer.add(layer, "Slice", [writer.inputs(layer, last)[0], *given], last)


def pad(layer: Placed, writer: OnnxWriter) -> None:
    (x,) = layer.xs
    sides = [side if isinstance(side, tuple) else (side, side) for side in per_axis(layer.op.pad, x.rank)]
    pads = [0, 0, *(before for before, _ in sides), 0, layer.op.channels, *(after for _, after in sides)]
    writer.add(layer, "Pad", [*writer.inputs(layer), writer.constant(layer, "pads", pads)])


def flatten(layer: Placed, writer: OnnxWriter) -> None:
    writer.add(layer, "Flatten")


def reshape(layer: Placed, writer: OnnxWriter) -> None:
    """Each channel stays as it is if only the positions change; else values go channel by channel."""
    (x,) = layer.xs
    last = writer.is_last(layer) and x.channels == layer.y.channels
    sizes = writer.constant(layer, "shape", sizes_of(layer.y, last))
    writer.add(layer, "Reshape", [*writer.inputs(layer, last), sizes], last)


def transpose(layer: Placed, writer: OnnxWriter) -> None:
    writer.alike(layer, "Transpose", perm=(0, 2, 1))


def shuffle(layer: Placed, writer: OnnxWriter) -> None:
    (x,), groups = layer.xs, layer.op.groups
    forms = [1, groups, x.channels // groups, *x.spatial], [1, x.channels, *x.spatial]
    shapes = [writer.constant(layer, f"shape{place}", form) for place, form in enumerate(forms)]
    parts = writer.before(layer, "Reshape", "groups", [*writer.inputs(layer), shapes[0]])
    turned = writer.before(layer, "Transpose", "turned", [parts], perm=(0, 2, 1, *range(3, x.rank + 3)))
    writer.add(layer, "Reshape", [turned, shapes[1]])


def pixel_shuffle(layer: Placed, writer: OnnxWriter) -> None:
    writer.add(layer, "DepthToSpace", blocksize=layer.op.factor, mode="CRD")


def pixel_unshuffle(layer: Placed, writer: OnnxWriter) -> None:
    (x,), factor, last = layer.xs, layer.op.factor, writer.is_last(layer)
    if any(side % factor for side in x.spatial):
        raise NotInFormat("archcalc writes patches that fill the map only")
    pairs = [size for side in layer.y.spatial for size in (side, factor)]
    form = (1, *pairs, x.channels) if last else (1, x.channels, *pairs)
    parts = reshaped(layer, writer, "parts", writer.inputs(layer, last)[0], form)
    turned = writer.before(layer, "Transpose", "turned", [parts], perm=(0, 1, 3, 5, 2, 4))
    sizes = writer.constant(layer, "shape", sizes_of(layer.y, last))
    writer.add(layer, "Reshape", [turned, sizes], last)


def upsample(layer: Placed, writer: OnnxWriter) -> None:
    x, y = layer.xs[0], layer.y
    pairs = list(zip(x.spatial, y.spatial, strict=True))
    if any(out % side for side, out in pairs) or layer.op.mode not in ("nearest", "linear"):
        raise NotInFormat("archcalc writes upsampling by whole factors only, nearest or linear")
    factors = [1.0, 1.0, *(float(out // side) for side, out in pairs)]
    scales = writer.constant(layer, "scales", factors)
    writer.add(layer, "Resize", [writer.inputs(layer)[0], "", scales], mode=layer.op.mode)


MOVES: Mapping[str, Callable[[Placed, OnnxWriter], None]] = {
    "concat": concat,
    "concat_positions": concat_positions,
    "stack": stack,
    "slice": slice_of,
    "crop": crop,
    "pad": pad,
    "flatten": flatten,
    "reshape": reshape,
    "rearrange": reshape,  # which value goes where is not said
    "transpose": transpose,
    "shuffle": shuffle,
    "pixel_shuffle": pixel_shuffle,
    "pixel_unshuffle": pixel_unshuffle,
    "upsample": upsample,
}
