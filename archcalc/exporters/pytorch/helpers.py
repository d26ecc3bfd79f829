"""The few classes that torch.nn lacks: a file has those that it needs."""

from __future__ import annotations

import re
from collections.abc import Iterator

ATTENTION = '''class Attention(nn.Module):
    """Multi-head attention over the positions of N, C, ...; ``other`` gives keys and values."""

    def __init__(
        self,
        channels,
        heads,
        head_width=None,
        kv_heads=None,
        read_channels=None,
        qkv_bias=True,
        out_bias=True,
        causal=False,
    ):
        super().__init__()
        self.heads, self.kv_heads, self.causal = heads, kv_heads or heads, causal
        width = head_width or channels // heads
        read = read_channels or channels
        self.q = nn.Linear(channels, heads * width, bias=qkv_bias)
        self.k = nn.Linear(read, self.kv_heads * width, bias=qkv_bias)
        self.v = nn.Linear(read, self.kv_heads * width, bias=qkv_bias)
        self.out = nn.Linear(heads * width, channels, bias=out_bias)

    def forward(self, x, other=None):
        tokens = x.flatten(2).mT
        read = tokens if other is None else other.flatten(2).mT
        q = self.q(tokens).unflatten(2, (self.heads, -1)).transpose(1, 2)
        k = self.k(read).unflatten(2, (self.kv_heads, -1)).transpose(1, 2)
        v = self.v(read).unflatten(2, (self.kv_heads, -1)).transpose(1, 2)
        k, v = (one.repeat_interleave(self.heads // self.kv_heads, 1) for one in (k, v))
        scores = q @ k.mT * q.shape[-1] ** -0.5
        if self.causal:
            scores = scores + torch.full_like(scores[0, 0], float("-inf")).triu(1)
        heads = scores.softmax(-1) @ v
        return self.out(heads.transpose(1, 2).flatten(2)).mT.unflatten(2, x.shape[2:])'''

OVER_CHANNELS = '''class {name}(nn.{base}):
    """{base} over the channels of N, C and further axes."""

    def forward(self, x):
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)'''

WITHOUT = '''class {name}(nn.{base}):
    """{base} without the trained {what}."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.register_parameter("{parameter}", None)'''

HELPERS = {
    "Attention": ATTENTION,
    "ChannelNorm": OVER_CHANNELS.format(name="ChannelNorm", base="LayerNorm"),
    "ChannelRMSNorm": OVER_CHANNELS.format(name="ChannelRMSNorm", base="RMSNorm"),
} | {
    f"{base}Without{what.title()}": WITHOUT.format(
        name=f"{base}Without{what.title()}", base=base, what=what, parameter=parameter
    )
    for base in (
        *(f"BatchNorm{rank}d" for rank in (1, 2, 3)),
        *(f"InstanceNorm{rank}d" for rank in (1, 2, 3)),
        "GroupNorm",
    )
    for what, parameter in (("scale", "weight"), ("shift", "bias"))
}


def needed_helpers(text: str) -> Iterator[str]:
    """The classes that a text uses."""
    return (source for name, source in HELPERS.items() if re.search(rf"(?<![\w.]){name}\(", text))
