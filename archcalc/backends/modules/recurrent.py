"""Recurrent layers of torch.nn on tensors with the channels before the steps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import torch
from torch import Tensor, nn


@contextmanager
def _pytorchs_own_steps() -> Iterator[None]:
    backends = (torch.backends.mkldnn, torch.backends.cudnn)
    before = [backend.enabled for backend in backends]
    try:
        for backend in backends:
            backend.enabled = False
        yield
    finally:
        for backend, enabled in zip(backends, before, strict=True):
            backend.enabled = enabled


class OverSteps(nn.Module):
    """A recurrent layer of torch.nn over the last axis; ``last`` gives the last state of the last layer.

    With ``single`` its second bias vectors are zeros that nothing trains. While it ``is_observed``, PyTorch's
    own steps run: the kernels of oneDNN and cuDNN hide their products and what they keep.
    """

    is_observed = False

    def __init__(self, layer: nn.RNNBase, last: bool, single: bool) -> None:
        super().__init__()
        self.layer, self.last = layer, last
        for name, _ in list(layer.named_parameters()):
            if single and name.startswith("bias_hh"):
                zeros = torch.zeros_like(getattr(layer, name).data)
                delattr(layer, name)
                layer.register_buffer(name, zeros, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        with _pytorchs_own_steps() if self.is_observed else nullcontext():
            sequence, state = self.layer(x.movedim(-1, 0))
        if not self.last:
            return sequence.movedim(0, -1).clone(memory_format=torch.contiguous_format)
        hidden = state[0] if isinstance(state, tuple) else state
        both = 2 if self.layer.bidirectional else 1
        return torch.cat([*hidden[-both:]], 1) if both == 2 else hidden[-1].clone()
