"""Layers with windows, weights or norms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from archcalc.importers.as_network import made
from archcalc.importers.keras.fields import KerasConfig, KerasProblem
from archcalc.importers.keras.graph import KerasCall, KerasReader, KerasTensor
from archcalc.importers.keras.pointwise import activated

KerasTranslator: TypeAlias = "Callable[[KerasCall, KerasReader], KerasTensor]"


def channels_last(config: KerasConfig) -> None:
    """Raises KerasProblem for the other order."""
    if config.get("data_format") == "channels_first":
        says = "archcalc reads models whose channels are last, not 'channels_first'"
        hint = "build the model with data_format='channels_last': it has the same figures"
        raise KerasProblem(says, hint, (*config.path, "data_format"))


def spatial_input(call: KerasCall, reader: KerasReader, rank: int) -> KerasTensor:
    """The input of a layer over so many spatial axes. Raises KerasProblem."""
    channels_last(call.config)
    x = call.input()
    if x.rank != rank:
        raise KerasProblem(f"it needs an input of {rank + 1} axes without the batch, not of {len(x.dims)}")
    return x


def _window(config: KerasConfig, rank: int) -> dict[str, Any]:
    """Kernel, stride, dilation and padding of a convolution."""
    kernel = config.sizes("kernel_size", rank)
    dilation = config.sizes("dilation_rate", rank, 1)
    window = {"kernel": kernel, "stride": config.sizes("strides", rank, 1), "dilation": dilation}
    kinds = {"same": "same", "valid": 0, "causal": "causal"}
    pad: Any = config.word("padding", kinds, "valid")
    if pad == "causal":
        if rank != 1:
            raise KerasProblem("only a convolution over one axis is causal", "", (*config.path, "padding"))
        pad = (((kernel - 1) * dilation, 0),)
    # A window of one value at stride 1 needs no zeros.
    return window | {"pad": 0 if kernel == 1 and window["stride"] == 1 else pad}


def _conv(rank: int) -> KerasTranslator:
    def translate(call: KerasCall, reader: KerasReader) -> KerasTensor:
        x, config = spatial_input(call, reader, rank), call.config
        window, bias = _window(config, rank), config.flag("use_bias", True)
        filters, groups = config.whole("filters"), config.whole("groups", default=1)
        if reader.is_flat(x) and window["kernel"] == 1 and groups == 1:
            # On maps of one value a convolution is a fully connected layer.
            y = reader.add(call, made("fc", units=filters, bias=bias), x)
            return activated(call, reader, y._replace(dims=(*x.dims[:-1], filters)))
        if groups == x.channels > 1 and filters % groups == 0:
            how = {"filters": "depthwise", "multiplier": filters // groups}
        else:
            how = {"filters": filters, "groups": groups}
        y = reader.add(call, made("conv", **how, **window, bias=bias), reader.maps(call, x))
        return activated(call, reader, y)

    return translate


def _depthwise_options(config: KerasConfig, rank: int) -> dict[str, Any]:
    multiplier = config.whole("depth_multiplier", default=1)
    return {"filters": "depthwise", "multiplier": multiplier, **_window(config, rank)}


def _depthwise(rank: int) -> KerasTranslator:
    def translate(call: KerasCall, reader: KerasReader) -> KerasTensor:
        x, config = reader.maps(call, spatial_input(call, reader, rank)), call.config
        how = {"bias": config.flag("use_bias", True), **_depthwise_options(config, rank)}
        return activated(call, reader, reader.add(call, made("conv", **how), x))

    return translate


def _separable(rank: int) -> KerasTranslator:
    """A depthwise convolution without a bias, and one over the channels."""

    def translate(call: KerasCall, reader: KerasReader) -> KerasTensor:
        x, config = reader.maps(call, spatial_input(call, reader, rank)), call.config
        depthwise = made("conv", bias=False, **_depthwise_options(config, rank))
        x = reader.add(call, depthwise, x, part="depthwise")
        bias = config.flag("use_bias", True)
        pointwise = made("conv", filters=config.whole("filters"), kernel=1, bias=bias)
        return activated(call, reader, reader.add(call, pointwise, x, part="pointwise"))

    return translate


def _deconv(rank: int) -> KerasTranslator:
    def translate(call: KerasCall, reader: KerasReader) -> KerasTensor:
        x, config = reader.maps(call, spatial_input(call, reader, rank)), call.config
        window = _window(config, rank)
        window["pad"] = config.word("padding", {"same": "same", "valid": 0}, "valid")
        extra = config.get("output_padding")
        kernels, strides = _each(window["kernel"], rank), _each(window["stride"], rank)
        if extra is not None:
            window["output_pad"] = config.sizes("output_padding", rank, least=0)
            if window["pad"] == "same":
                window["pad"] = tuple(size // 2 for size in kernels)
        elif window["pad"] != "same" and any(s > k for s, k in zip(strides, kernels, strict=True)):
            # Each input value has a place of its own, so there are positions behind the last kernel.
            window["output_pad"] = tuple(max(s - k, 0) for s, k in zip(strides, kernels, strict=True))
        how = {"filters": config.whole("filters"), "bias": config.flag("use_bias", True)}
        groups = config.whole("groups", default=1)
        return activated(call, reader, reader.add(call, made("deconv", **how, **window, groups=groups), x))

    return translate


def _each(size: Any, rank: int) -> tuple[int, ...]:
    return size if isinstance(size, tuple) else (size,) * rank


def dense(call: KerasCall, reader: KerasReader) -> KerasTensor:
    """The channels of each position apart; on a flat vector, all its values."""
    x, config = call.input(), call.config
    over = "all" if reader.is_flat(x) else "channels"
    op = made("fc", units=config.whole("units"), bias=config.flag("use_bias", True), over=over)
    y = reader.add(call, op, x)
    return activated(call, reader, y._replace(dims=(*x.dims[:-1], y.channels)))


# --- pools --------------------------------------------------------------------------------------------------


def _pool(name: str, rank: int) -> KerasTranslator:
    def translate(call: KerasCall, reader: KerasReader) -> KerasTensor:
        x, config = reader.maps(call, spatial_input(call, reader, rank)), call.config
        kernel = config.sizes("pool_size", rank, 2)
        stride = kernel if config.get("strides") is None else config.sizes("strides", rank)
        pad = config.word("padding", {"same": "same", "valid": 0}, "valid")
        return reader.add(call, made(name, kernel=kernel, stride=stride, pad=pad), x)

    return translate


def _global_pool(name: str, rank: int) -> KerasTranslator:
    def translate(call: KerasCall, reader: KerasReader) -> KerasTensor:
        x = spatial_input(call, reader, rank)
        dims = (1,) * rank if call.config.flag("keepdims", False) else ()
        # Of one value, the mean and the maximum are that value.
        y = x if reader.is_flat(x) else reader.add(call, made(name, kernel="global"), x)
        return y._replace(dims=(*dims, x.channels))

    return translate


# --- norms --------------------------------------------------------------------------------------------------


def over_channels(call: KerasCall, x: KerasTensor) -> None:
    """Raises KerasProblem if the axis of a norm is not that of the channels."""
    axis = call.config.values.get("axis", -1)
    axes = axis if isinstance(axis, list) else [axis]
    if axes not in ([-1], [len(x.dims)]):
        raise KerasProblem("archcalc norms the last axis only, the channels", "", (*call.config.path, "axis"))


def batch_norm(call: KerasCall, reader: KerasReader) -> KerasTensor:
    x, config = call.input(), call.config
    over_channels(call, x)
    op = made("bn", gamma=config.flag("scale", True), beta=config.flag("center", True))
    return reader.add_same(call, op, x)


def layer_norm(call: KerasCall, reader: KerasReader) -> KerasTensor:
    x, config = call.input(), call.config
    over_channels(call, x)
    if config.flag("rms_scaling", False):
        return reader.add_same(call, made("rmsnorm"), x)
    op = made("layernorm", gamma=config.flag("scale", True), beta=config.flag("center", True))
    return reader.add_same(call, op, x)


def rms_norm(call: KerasCall, reader: KerasReader) -> KerasTensor:
    x = call.input()
    over_channels(call, x)
    return reader.add_same(call, made("rmsnorm"), x)


def group_norm(call: KerasCall, reader: KerasReader) -> KerasTensor:
    x, config = call.input(), call.config
    over_channels(call, x)
    groups = x.channels if config.get("groups") == -1 else config.whole("groups", default=32)
    gamma, beta = config.flag("scale", True), config.flag("center", True)
    return reader.add_same(call, made("groupnorm", groups=groups, gamma=gamma, beta=beta), x)


def layer_scale(call: KerasCall, reader: KerasReader) -> KerasTensor:
    """A trained factor per channel: the layer of keras.applications' ConvNeXt."""
    if call.config.whole("projection_dim") != call.input().channels:
        raise KerasProblem("its 'projection_dim' is not the number of channels")
    return reader.add_same(call, made("scale", bias=False), call.input())


def _ranks(
    name: str, kind: Callable[[int], KerasTranslator], ranks: str = "123"
) -> dict[str, KerasTranslator]:
    return {name.replace("#", rank): kind(int(rank)) for rank in ranks}


LAYERS: Mapping[str, KerasTranslator] = {
    **_ranks("Conv#D", _conv),
    **_ranks("DepthwiseConv#D", _depthwise, "12"),
    **_ranks("SeparableConv#D", _separable, "12"),
    **_ranks("Conv#DTranspose", _deconv),
    **_ranks("MaxPooling#D", lambda rank: _pool("maxpool", rank)),
    **_ranks("AveragePooling#D", lambda rank: _pool("avgpool", rank)),
    **_ranks("GlobalMaxPooling#D", lambda rank: _global_pool("maxpool", rank)),
    **_ranks("GlobalAveragePooling#D", lambda rank: _global_pool("avgpool", rank)),
    "Dense": dense,
    "BatchNormalization": batch_norm,
    "BatchNormalizationV1": batch_norm,
    "SyncBatchNormalization": batch_norm,
    "LayerNormalization": layer_norm,
    "RMSNormalization": rms_norm,
    "GroupNormalization": group_norm,
    "LayerScale": layer_scale,
}
