"""The namespace that ops build their modules from: torch.nn, and layers that torch.nn does not have.

Tensors are N, C, then the spatial axes. An op declares itself what its layer keeps for the backward pass.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from torch import nn

from archcalc.backends.modules.attention import Attention, Windows
from archcalc.backends.modules.filters import AlongChannels, BlurPool, DropBlock, Standardised
from archcalc.backends.modules.historic import (
    RBF,
    CCells,
    LocallyConnected,
    SCells,
    Subsample,
    TableConv,
)
from archcalc.backends.modules.imported import (
    DerivedTokens,
    DerivedValues,
    DotProductAttention,
    Elementwise,
    Opaque,
)
from archcalc.backends.modules.layers import (
    Add,
    Concat,
    Copy,
    L2Scale,
    Multiply,
    OverChannels,
    PositionBias,
    RMSScale,
    ScaleShift,
    Slice,
    Stack,
)
from archcalc.backends.modules.moves import Owned, Part, Reduced, Resized, Roll, Swap, To, Unpooled
from archcalc.backends.modules.recurrent import OverSteps
from archcalc.backends.modules.tokens import Lookup, Pointwise, Product, TrainedValues


class Modules:
    """torch.nn and the layers of this folder, under one name.

    With ``bare``, layers of torch.nn do not initialise their arrays: on the meta device that would only take
    time.
    """

    Stack = Stack
    Concat, Add, Multiply, Slice, Copy, ScaleShift = Concat, Add, Multiply, Slice, Copy, ScaleShift
    Attention, Windows = Attention, Windows
    Pointwise, Product = Pointwise, Product
    To, Owned, Part, Roll, Swap = To, Owned, Part, Roll, Swap
    Reduced, Resized, Unpooled = Reduced, Resized, Unpooled
    Lookup, TrainedValues = Lookup, TrainedValues
    OverChannels, RMSScale, L2Scale = OverChannels, RMSScale, L2Scale
    TableConv, PositionBias, LocallyConnected = TableConv, PositionBias, LocallyConnected
    OverSteps = OverSteps
    AlongChannels, BlurPool, DropBlock, Standardised = AlongChannels, BlurPool, DropBlock, Standardised
    Elementwise, DotProductAttention, Opaque = Elementwise, DotProductAttention, Opaque
    DerivedValues, DerivedTokens = DerivedValues, DerivedTokens
    Subsample, RBF, SCells, CCells = Subsample, RBF, SCells, CCells

    def __init__(self, *, bare: bool = False) -> None:
        self._bare = bare

    def __getattr__(self, name: str) -> Any:
        layer = getattr(nn, name)
        return _bare(layer) if self._bare and hasattr(layer, "reset_parameters") else layer


@cache
def _bare(layer: type[nn.Module]) -> type[nn.Module]:
    return type(layer.__name__, (layer,), {"reset_parameters": lambda self: None})
