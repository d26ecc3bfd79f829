"""Words of PyTorch, Keras, Caffe and ONNX that are no op here, and what a spec has in their place.

The names of ops in these programs stand with the ops (``Op.other_names``).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

_NO_OP = "archcalc has no such op; 'archcalc ops' lists the ops"
_RESIDUAL = "write {add: {main: [...], shortcut: []}}"
_BOXES = "boxes are computed from the output, without weights: leave it out"
_LOSS = "a loss is part of the training, not of the network: leave it out"
_TRANSFORMER = "write a block of attention, normalisation and fc"
_WINDOWS = "write {attention: 4, windows: 7}, and shift: 3 in every second block"
_SURVIVAL = "write survival: {main: 0.8} beside an add"
_IN_ORDER = "write its layers in their order"
_BRANCHES = "write {concat: {a: [...], b: [...]}}, or add, or multiply"

_MEANT: Mapping[str, str] = {
    "bnll": "softplus",
    "chunk": "slice",
    "clamp": "hardtanh",
    "convolutiondepthwise": "conv: depthwise",
    "deconvolution": "deconv",
    "eltwise": "add",
    "globalaveragepool": "avgpool: global",
    "globalmaxpool": "maxpool: global",
    "globalmaxpooling": "maxpool: global",
    "innerproduct": "fc",
    "interpolate": "upsample",
    "mvn": "instancenorm",
    "permute": "transpose",
    "reduction": "mean",
    "resize": "upsample",
    "shufflechannel": "shuffle",
    "spatialdropout": "dropout",
    "split": "slice",
    "squeeze": "reshape",
    "unsqueeze": "reshape",
    "zeropad": "pad",
    "zeropadding": "pad",
}
"""The op that is meant, if a spec can have it; with an argument after a colon."""

_WRITE: Mapping[str, str] = {
    "absval": _NO_OP,
    "accuracy": _LOSS,
    "activation": "write the activation itself, such as relu",
    "argmax": "leave it out: the class is chosen from the output",
    "bidirectional": "write {lstm: 128, bidirectional: true}",
    "branch": _BRANCHES,
    "convlstm": _NO_OP,
    "crossentropyloss": _LOSS,
    "detectionoutput": _BOXES,
    "droppath": _SURVIVAL,
    "einsum": _NO_OP,
    "exp": _NO_OP,
    "fold": _NO_OP,
    "for": "write {repeat: 3, layers: [...]}",
    "gather": _NO_OP,
    "identity": "leave it out; in a branch, [] is the identity",
    "input": "the input stands above the layers: input: [224, 224, 3]",
    "inputlayer": "the input stands above the layers: input: [224, 224, 3]",
    "lambda": _NO_OP,
    "log": _NO_OP,
    "loop": "write {repeat: 3, layers: [...]}",
    "loss": _LOSS,
    "masking": _NO_OP,
    "modulelist": _IN_ORDER,
    "nonmaxsuppression": _NO_OP,
    "parallel": _BRANCHES,
    "power": _NO_OP,
    "priorbox": _BOXES,
    "relativepositionbias": "write {attention: 4, relative_bias: table}",
    "residual": _RESIDUAL,
    "separableconv": "write {conv: depthwise, kernel: 3}, then {conv: 64, kernel: 1}",
    "sequential": _IN_ORDER,
    "shiftedwindowattention": _WINDOWS,
    "shortcut": _RESIDUAL,
    "skip": _RESIDUAL,
    "softmaxwithloss": "write softmax: the loss is part of the training",
    "sqrt": _NO_OP,
    "stochasticdepth": _SURVIVAL,
    "tile": "an axis of size 1 is spread where it is added or multiplied",
    "timedistributed": "write the layer; an fc needs 'over: channels'",
    "transformer": _TRANSFORMER,
    "transformerdecoderlayer": _TRANSFORMER,
    "transformerencoderlayer": _TRANSFORMER,
    "unfold": _NO_OP,
    "windowattention": _WINDOWS,
    "windowpartition": _WINDOWS,
    "windowreverse": _WINDOWS,
}
"""What to write in place of a word that means no single op."""


def hint_for_layer(word: str, known: Collection[str]) -> str:
    """What a spec has in place of a layer of another program; empty for a word that is not in the lists.

    >>> hint_for_layer("InnerProduct", ["fc"]), hint_for_layer("Identity", ["fc"])
    ("did you mean 'fc'?", 'leave it out; in a branch, [] is the identity')
    """
    plain = re.sub(r"[\W_]|[123]d", "", word.lower())
    meant = _MEANT.get(plain, "")
    if meant.partition(":")[0] in known:
        return f"did you mean '{meant}'?"
    return _WRITE.get(plain, "")
