"""The functions of PyTorch that archcalc reads: the names of their arguments, and what they become."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from archcalc.importers.as_calls import (
    joins,
    moves,
    parts,
    pointwise,
    pools,
    products,
    reductions,
    sizes,
    weighted,
)
from archcalc.importers.as_calls.graph import CallReader
from archcalc.importers.as_calls.values import Call

Translator: TypeAlias = Callable[[Call, CallReader], Any]

_CONV = "input weight bias stride padding dilation groups"
_DECONV = "input weight bias stride padding output_padding groups dilation"
_POOL = "input kernel_size stride padding"
_REDUCE = "input dim keepdim"
_RNN = "input hx params has_biases num_layers dropout train bidirectional batch_first"
_HEADS = (
    "query key value embed_dim_to_check num_heads in_proj_weight in_proj_bias bias_k bias_v add_zero_attn "
    "dropout_p out_proj_weight out_proj_bias training key_padding_mask need_weights attn_mask "
    "use_separate_proj_weight q_proj_weight k_proj_weight v_proj_weight"
)

_ENTRIES: Mapping[str, tuple[str, Translator]] = {
    **{f"conv{rank}d": (_CONV, weighted.conv(rank)) for rank in (1, 2, 3)},
    **{f"conv_transpose{rank}d": (_DECONV, weighted.deconv(rank)) for rank in (1, 2, 3)},
    **{
        f"max_pool{rank}d max_pool{rank}d_with_indices": (
            f"{_POOL} dilation ceil_mode return_indices",
            pools.pool("maxpool", rank),
        )
        for rank in (1, 2, 3)
    },
    **{f"avg_pool{rank}d": (f"{_POOL} ceil_mode", pools.pool("avgpool", rank)) for rank in (1, 2, 3)},
    **{
        f"adaptive_avg_pool{rank}d": ("input output_size", pools.adaptive_pool("avgpool", rank))
        for rank in (1, 2, 3)
    },
    **{
        f"adaptive_max_pool{rank}d": ("input output_size", pools.adaptive_pool("maxpool", rank))
        for rank in (1, 2, 3)
    },
    "linear": ("input weight bias", weighted.linear),
    "addmm": ("input mat1 mat2", weighted.addmm),
    "embedding": ("input weight", weighted.embedding),
    "batch_norm": ("input running_mean running_var weight bias training", weighted.batch_norm),
    "layer_norm": ("input normalized_shape weight bias", weighted.layer_norm),
    "rms_norm": ("input normalized_shape weight", weighted.rms_norm),
    "group_norm": ("input num_groups weight bias", weighted.group_norm),
    "instance_norm": ("input running_mean running_var weight bias", weighted.instance_norm),
    "prelu": ("input weight", weighted.prelu),
    "local_response_norm": ("input size", weighted.local_response_norm),
    "lstm": (_RNN, pools.recurrent("lstm")),
    "gru": (_RNN, pools.recurrent("gru")),
    "rnn_tanh rnn_relu": (_RNN, pools.recurrent("rnn")),
    "dropout dropout1d dropout2d dropout3d alpha_dropout feature_dropout": ("input p", pools.dropout),
    # activations
    "relu": ("input", pointwise.activation("relu")),
    "relu6": ("input", pointwise.activation("relu6")),
    "silu": ("input", pointwise.activation("silu")),
    "mish": ("input", pointwise.activation("mish")),
    "hardswish": ("input", pointwise.activation("hardswish")),
    "selu": ("input", pointwise.activation("selu")),
    "elu": ("input alpha", pointwise.activation("elu", alpha="alpha")),
    "celu": ("input alpha", pointwise.activation("celu", alpha="alpha")),
    "leaky_relu": ("input negative_slope", pointwise.activation("leaky_relu", negative_slope="slope")),
    "gelu": ("input approximate", pointwise.gelu),
    "hardtanh clamp clip": ("input min max", pointwise.clamp),
    "clamp_min": ("input min", pointwise.clamp),
    "glu": ("input dim", reductions.glu),
    "softmax": ("input dim", reductions.over_channels("softmax")),
    "log_softmax": ("input dim", reductions.over_channels("logsoftmax")),
    **{
        name: ("input", pointwise.step(name))
        for name in ("sigmoid", "tanh", "softplus", "hardsigmoid", "erf")
    },
    # value by value
    "add": ("input other", pointwise.binary("add")),
    "sub subtract": ("input other", pointwise.binary("sub")),
    "rsub": ("input other", pointwise.binary("sub", swapped=True)),
    "mul multiply": ("input other", pointwise.binary("mul")),
    "div divide true_divide truediv": ("input other", pointwise.binary("div")),
    "rdiv rtruediv": ("input other", pointwise.binary("div", swapped=True)),
    "maximum": ("input other", pointwise.binary("maximum")),
    "minimum": ("input other", pointwise.binary("minimum")),
    "pow": ("input exponent", pointwise.power),
    "neg": ("input", pointwise.function("negative")),
    **{
        name: ("input", pointwise.function(name))
        for name in ("square", "sqrt", "rsqrt", "abs", "exp", "log", "sin", "cos")
    },
    "normalize": ("input p dim", reductions.normalize),
    "norm": ("input p dim keepdim", reductions.norm),
    "linalg_vector_norm vector_norm": ("input p dim keepdim", reductions.norm),
    "mean": (_REDUCE, reductions.reduced("mean")),
    "sum": (_REDUCE, reductions.reduced("reduce_sum")),
    "amax max": (_REDUCE, reductions.reduced("max")),
    "addcmul": ("input tensor1 tensor2", reductions.addcmul),
    "var": ("input dim correction keepdim", reductions.spread(root=False)),
    "std": ("input dim correction keepdim", reductions.spread(root=True)),
    "masked_fill": ("input mask value", reductions.masked),
    "where": ("condition input other", reductions.where),
    # moves
    "view reshape flatten unflatten squeeze unsqueeze view_as reshape_as ravel": ("input", moves.view),
    "permute": ("input *dims", moves.permute),
    "transpose swapaxes swapdims": ("input dim0 dim1", moves.transpose),
    "T t mT H mH": ("input", moves.reversed_axes),
    "movedim moveaxis": ("input source destination", moves.movedim),
    "expand expand_as broadcast_to": ("input", moves.expand),
    "contiguous clone detach to float half bfloat16 double type type_as data alias cpu cuda requires_grad": (
        "input",
        moves.same,
    ),
    "getitem": ("input index", parts.getitem),
    "narrow": ("input dim start length", parts.narrow),
    "slice_of": ("input dim start end step", parts.slice_of),
    "select": ("input dim index", parts.select),
    "split chunk tensor_split split_with_sizes": ("input sizes dim", parts.parts),
    "unbind": ("input dim", parts.parts),
    "cat concat concatenate": ("tensors dim", joins.cat),
    "stack": ("tensors dim", joins.stack),
    "pad": ("input pad mode value", sizes.pad),
    "roll": ("input shifts dims", sizes.roll),
    "flip": ("input dims", sizes.flip),
    "repeat": ("input *repeats", sizes.repeat),
    "repeat_interleave": ("input repeats dim", moves.repeat_interleave),
    "interpolate upsample": ("input size scale_factor mode", sizes.interpolate),
    "pixel_shuffle": ("input factor", sizes.shuffled("pixel_shuffle")),
    "pixel_unshuffle": ("input factor", sizes.shuffled("pixel_unshuffle")),
    "channel_shuffle": ("input groups", sizes.channel_shuffle),
    # products
    "matmul bmm mm": ("input other", products.matmul),
    "baddbmm": ("input batch1 batch2 beta alpha", products.baddbmm),
    "einsum": ("equation *operands", products.einsum),
    "scaled_dot_product_attention": (
        "query key value attn_mask dropout_p is_causal scale enable_gqa",
        products.attention,
    ),
    "multi_head_attention_forward": (_HEADS, products.multi_head),
}

VOCABULARY: Mapping[str, tuple[tuple[str, ...], Translator]] = {
    name: (tuple(arguments.split()), translator)
    for names, (arguments, translator) in _ENTRIES.items()
    for name in names.split()
}
"""By the name of the function: the names of its arguments in order, and its translator. An argument with a
star takes all that follow."""

_SAME_ARGUMENT = {
    "self": "input",
    "x": "input",
    "y": "other",
    "axis": "dim",
    "keepdims": "keepdim",
    "upscale_factor": "factor",
    "downscale_factor": "factor",
    "split_size_or_sections": "sizes",
    "min_val": "min",
    "max_val": "max",
    "indices": "input",
}
"""Other names of arguments, in other versions of a function."""

_SAME_FUNCTION = {
    "_softmax": "softmax",
    "_log_softmax": "log_softmax",
    "convolution": "conv2d",
    "unsafe_chunk": "chunk",
    "upsample_nearest2d": "interpolate",
    "upsample_bilinear2d": "interpolate",
    "upsample_bicubic2d": "interpolate",
    "clone": "clone",
    "_to_copy": "to",
    "slice": "slice_of",
    "unsafe_split": "split",
}
"""Functions that have another name in exported files."""


def other_name(name: str) -> str:
    """The name of a function of an exported file in the vocabulary.

    >>> other_name("relu_"), other_name("upsample_bilinear2d")
    ('relu', 'interpolate')
    """
    return _SAME_FUNCTION.get(name, name.rstrip("_"))


def bound(names: tuple[str, ...], args: tuple[Any, ...], named: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a call by name.

    >>> bound(("input", "*dims"), ("x", 0, 2, 1), {})
    {'input': 'x', 'dims': (0, 2, 1)}
    """
    given: dict[str, Any] = {}
    for place, name in enumerate(names):
        if name.startswith("*"):
            if len(args) > place or name[1:] not in named:
                given[name[1:]] = args[place:]
        elif place < len(args):
            given[name] = args[place]
    return given | {_SAME_ARGUMENT.get(name, name): value for name, value in named.items()}
