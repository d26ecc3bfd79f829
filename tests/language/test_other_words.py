"""Layers of PyTorch, Keras, Caffe and ONNX lead to the words of the language."""

from __future__ import annotations

import pytest

from archcalc.language.other_words import _MEANT, _WRITE
from archcalc.language.vocabulary import STRUCTURES, hint_for_op
from archcalc.ops import OPS

KNOWN = (*OPS, *STRUCTURES)

MEANT = {
    "Dense": "fc",
    "Linear": "fc",
    "InnerProduct": "fc",
    "Conv2D": "conv",
    "ConvTranspose2d": "deconv",
    "Deconvolution": "deconv",
    "BatchNormalization": "bn",
    "LayerNorm": "layernorm",
    "ZeroPadding2D": "pad",
    "Eltwise": "add",
    "Split": "slice",
    "GlobalAveragePool": "avgpool: global",
    "GlobalMaxPooling2D": "maxpool: global",
    "SimpleRNN": "rnn",
    "nn.Linear": "fc",
    # of Caffe and its forks
    "Interp": "upsample",
    "Normalize": "l2norm",
    "MVN": "instancenorm",
    "Permute": "transpose",
    "ConvolutionDepthwise": "conv: depthwise",
    "ShuffleChannel": "shuffle",
    "Reduction": "mean",
    "BNLL": "softplus",
    # an op with options
    "bilinear": "upsample: 2, mode: linear",
    "MaxUnpool2d": "upsample: 2, mode: unpool",
}


@pytest.mark.parametrize("word", MEANT)
def test_the_op_is_named(word: str) -> None:
    assert hint_for_op(word, KNOWN) == f"did you mean '{MEANT[word]}'?"


@pytest.mark.parametrize(
    "word", ["Identity", "Residual", "Sequential", "Loss", "Einsum", "SeparableConv2D", "PriorBox"]
)
def test_what_is_no_op_says_what_to_write(word: str) -> None:
    hint = hint_for_op(word, KNOWN)
    assert hint
    assert not hint.startswith("did you mean")


def test_attention_is_not_flatten() -> None:
    assert "flatten" not in hint_for_op("attention", KNOWN)
    assert "flatten" not in hint_for_op("MultiHeadAttention", KNOWN)


def test_the_lists_have_no_op_and_no_word_twice() -> None:
    assert _MEANT.keys().isdisjoint(_WRITE)
    assert (_MEANT.keys() | _WRITE.keys()).isdisjoint(OPS)
