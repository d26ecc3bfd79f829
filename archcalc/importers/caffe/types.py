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

_OLD_NAMES = {"softmaxloss": "softmaxwithloss"}


def plain_type(written: str) -> str:
    """A type in its one spelling: old files have INNER_PRODUCT, new ones "InnerProduct".

    >>> plain_type("INNER_PRODUCT"), plain_type("SoftmaxWithLoss"), plain_type("SOFTMAX_LOSS")
    ('innerproduct', 'softmaxwithloss', 'softmaxwithloss')
    """
    word = written.replace("_", "").lower()
    return _OLD_NAMES.get(word, word)
