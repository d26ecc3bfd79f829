"""The types of Caffe's layers that become no layer here, and how types are spelled."""

from __future__ import annotations

from collections.abc import Mapping

DATA: Mapping[str, tuple[str, ...]] = {
    "input": ("input_param",),
    "data": ("data_param",),
    "imagedata": ("image_data_param",),
    "windowdata": ("window_data_param",),
    "hdf5data": ("hdf5_data_param",),
    "memorydata": ("memory_data_param",),
    "dummydata": ("dummy_data_param",),
    "annotateddata": ("annotated_data_param",),
}
"""Layers that bring values from outside, with the message of their options."""

LOSSES = frozenset(
    {
        "contrastiveloss",
        "euclideanloss",
        "hingeloss",
        "infogainloss",
        "multinomiallogisticloss",
        "sigmoidcrossentropyloss",
        "softmaxwithloss",
    }
)

JUDGES = LOSSES | {"accuracy", "argmax", "hdf5output"}
"""Layers that judge the output of a network, or store it, and are no part of it."""

SILENCE = "silence"
"""The layer whose inputs are no outputs of the net, though nothing else reads them."""

SPELLED: Mapping[str, str] = {
    word.lower(): word
    for word in (
        *(
            "Convolution",
            "Deconvolution",
            "InnerProduct",
            "Pooling",
            "BatchNorm",
            "LRN",
            "MVN",
            "Scale",
            "Bias",
        ),
        *("Concat", "Eltwise", "Slice", "Split", "Crop", "Flatten", "Reshape", "Power", "Dropout", "Softmax"),
        *("ReLU", "PReLU", "ELU", "Sigmoid", "TanH", "Swish", "Clip", "BNLL"),
        *("SoftmaxWithLoss", "Accuracy", "Silence", "Input"),
    )
}
"""Types of BVLC's Caffe that archcalc reads, as new files spell them."""

_WINDOW = "kernel_size kernel_h kernel_w stride stride_h stride_w pad pad_h pad_w engine"
_FILLERS = "weight_filler bias_filler"

FIELDS: Mapping[str, frozenset[str]] = {
    message: frozenset(names.split())
    for message, names in {
        "batch_norm_param": "use_global_stats moving_average_fraction eps",
        "bias_param": "axis num_axes filler",
        "clip_param": "min max",
        "concat_param": "axis concat_dim",
        "convolution_param": f"num_output bias_term dilation group axis force_nd_im2col {_WINDOW} {_FILLERS}",
        "crop_param": "axis offset",
        "dropout_param": "dropout_ratio",
        "eltwise_param": "operation coeff stable_prod_grad",
        "elu_param": "alpha",
        "flatten_param": "axis end_axis",
        "inner_product_param": f"num_output bias_term axis transpose {_FILLERS}",
        "input_param": "shape",
        "lrn_param": "local_size alpha beta norm_region k engine",
        "mvn_param": "normalize_variance across_channels eps",
        "pooling_param": f"pool global_pooling round_mode {_WINDOW}",
        "power_param": "power scale shift",
        "prelu_param": "filler channel_shared",
        "relu_param": "negative_slope engine",
        "reshape_param": "shape axis num_axes",
        "scale_param": "axis num_axes filler bias_term bias_filler",
        "slice_param": "axis slice_point slice_dim",
        "softmax_param": "engine axis",
    }.items()
}
"""The fields of the messages that archcalc reads, as caffe.proto has them."""

_OLD_NAMES = {"softmaxloss": "softmaxwithloss"}


def plain_type(written: str) -> str:
    """A type in its one spelling: old files have INNER_PRODUCT, new ones "InnerProduct".

    >>> plain_type("INNER_PRODUCT"), plain_type("SoftmaxWithLoss"), plain_type("SOFTMAX_LOSS")
    ('innerproduct', 'softmaxwithloss', 'softmaxwithloss')
    """
    word = written.replace("_", "").lower()
    return _OLD_NAMES.get(word, word)
