"""Attention, tokens and token networks compared with the modules of PyTorch and torchvision."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import pytest
from helpers.examples import examples
from hypothesis import given
from hypothesis import strategies as st

import archcalc
from archcalc.ops import OPS
from archcalc.ops.base import Volume

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
Modules = pytest.importorskip("archcalc.backends.modules").Modules
FlopCounterMode = pytest.importorskip("torch.utils.flop_counter").FlopCounterMode


def randomised(module: Any) -> Any:
    torch.manual_seed(1)
    for array in module.parameters():
        torch.nn.init.uniform_(array, -1.0, 1.0)
    return module.double().eval()


@given(
    heads=st.integers(1, 3),
    each=st.integers(1, 4),
    queries=st.integers(1, 6),
    keys=st.integers(1, 6),
    read=st.integers(1, 5),
    bias=st.booleans(),
    causal=st.booleans(),
    cross=st.booleans(),
)
@examples(60)
@torch.no_grad()
def test_attention_is_the_multi_head_attention_of_pytorch(
    heads: int, each: int, queries: int, keys: int, read: int, bias: bool, causal: bool, cross: bool
) -> None:
    width = heads * each
    op = OPS["attention"](heads=heads, bias=bias, out_bias=bias, causal=causal and not cross)
    x, other = Volume((queries,), width), Volume((keys,), read)
    xs = (x, other) if cross else (x,)
    read = read if cross else width
    options = {"bias": bias, "kdim": read, "vdim": read, "batch_first": True}
    theirs = randomised(torch.nn.MultiheadAttention(width, heads, **options))
    ours = op.torch(Modules(), xs).double()
    if theirs.in_proj_weight is None:
        q, k, v = theirs.q_proj_weight, theirs.k_proj_weight, theirs.v_proj_weight
    else:
        q, k, v = theirs.in_proj_weight.chunk(3)
    arrays = {"q_weight": q, "k_weight": k, "v_weight": v, "out_weight": theirs.out_proj.weight}
    if bias:
        arrays |= dict(zip(("q_bias", "k_bias", "v_bias"), theirs.in_proj_bias.chunk(3), strict=True))
        arrays["out_bias"] = theirs.out_proj.bias
    ours.load_state_dict(arrays)
    values = [torch.rand(2, *volume.dims, dtype=torch.float64) for volume in xs]
    mask = torch.ones(queries, queries, dtype=torch.bool).triu(1) if op.causal else None
    expected, _ = theirs(values[0], values[-1], values[-1], attn_mask=mask)
    torch.testing.assert_close(ours(*(value.mT for value in values)).mT, expected)
    assert sum(weight.count for weight in op.weights(xs, x)) == sum(a.numel() for a in theirs.parameters())


@pytest.mark.parametrize("sizes", [(12, 12, 768, 197), (8, 2, 64, 10), (4, 1, 32, 7)])
def test_scores_and_weighted_sum_are_those_of_scaled_dot_product_attention(
    sizes: tuple[int, int, int, int],
) -> None:
    heads, kv_heads, width, tokens = sizes
    op, x = OPS["attention"](heads=heads, kv_heads=kv_heads), Volume((tokens,), width)
    each = width // heads
    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        q = torch.empty(1, heads, tokens, each)
        k = torch.empty(1, kv_heads, tokens, each).repeat_interleave(heads // kv_heads, 1)
        torch.nn.functional.scaled_dot_product_attention(q, k, k)
    parts = {part.name: part.cost for part in op.parts((x,), x)}
    assert counter.get_total_flops() == 2 * (parts["scores"]["macs"] + parts["weighted_sum"]["macs"])


with_torchvision = pytest.mark.skipif(find_spec("torchvision") is None, reason="torchvision is not installed")


@with_torchvision
@given(heads=st.integers(1, 3), side=st.integers(1, 4), down=st.integers(1, 3), right=st.integers(1, 3))
@examples(25)
@torch.no_grad()
def test_windows_with_a_table_are_those_of_swin(heads: int, side: int, down: int, right: int) -> None:
    from helpers.torchvision_models import models

    swin = models().swin_transformer.ShiftedWindowAttention
    width = 2 * heads
    theirs = randomised(swin(width, [side, side], [0, 0], heads))
    op = OPS["attention"](heads=heads, windows=side, relative_bias="table")
    x = Volume((side * down, side * right), width)
    ours = op.torch(Modules(), (x,)).double()
    names = ("q", "k", "v")
    arrays = {f"{name}_weight": part for name, part in zip(names, theirs.qkv.weight.chunk(3), strict=True)}
    arrays |= {f"{name}_bias": part for name, part in zip(names, theirs.qkv.bias.chunk(3), strict=True)}
    arrays |= {"out_weight": theirs.proj.weight, "out_bias": theirs.proj.bias}
    ours.load_state_dict({**arrays, "relative_bias": theirs.relative_position_bias_table})
    values = torch.rand(2, *x.dims, dtype=torch.float64)
    torch.testing.assert_close(ours(values.movedim(-1, 1)).movedim(1, -1), theirs(values))


@with_torchvision
@pytest.mark.slow
@pytest.mark.parametrize("name", ["vit-b-16", "vit-b-32", "vit-l-16", "vit-l-32", "vit-h-14"])
def test_vision_transformers_are_those_of_torchvision(name: str) -> None:
    from helpers.torchvision_models import models

    with torch.device("meta"), FlopCounterMode(display=False) as counter:
        # As in training: the fast path of inference hides its products from the counter.
        model = getattr(models(), name.replace("-", "_"))().train()
        output = model(torch.empty(1, 3, 224, 224))
    table = archcalc.analyze(f"{name}-torchvision")
    assert table.totals.params == sum(array.numel() for array in model.parameters())
    assert 2 * table.totals.macs == counter.get_total_flops()
    assert (1, *table.layers[-1].output) == tuple(output.shape)


@given(rank=st.integers(1, 3), data=st.data())
@examples(25)
@torch.no_grad()
def test_fc_over_channels_is_linear_on_the_last_axis(rank: int, data: Any) -> None:
    x = Volume(tuple(data.draw(st.integers(1, 4)) for _ in range(rank)), data.draw(st.integers(1, 5)))
    op = OPS["fc"](units=data.draw(st.integers(1, 5)), over="channels")
    theirs = randomised(torch.nn.Linear(x.channels, op.units))
    ours = op.torch(Modules(), (x,)).double()
    ours.load_state_dict(theirs.state_dict())
    values = torch.rand(2, *x.dims, dtype=torch.float64)
    torch.testing.assert_close(ours(values.movedim(-1, 1)).movedim(1, -1), theirs(values))


def test_an_embedding_looks_rows_up() -> None:
    op, x = OPS["embedding"](values=3, vocabulary=5), Volume((4,), 1)
    module = op.torch(Modules(), (x,))
    numbers = torch.tensor([[[0.0, 4.0, 2.0, 0.0]]])
    assert torch.equal(module(numbers)[0].mT, module.weight[[0, 4, 2, 0]])


@given(data=st.data(), channels=st.integers(1, 3), kernel=st.integers(1, 5), stride=st.integers(1, 4))
@examples(40)
def test_deconv_with_pad_same_gives_the_size_times_the_stride(
    data: Any, channels: int, kernel: int, stride: int
) -> None:
    size = tuple(data.draw(st.lists(st.integers(1, 6), min_size=1, max_size=3)))
    op, x = OPS["deconv"](filters=2, kernel=kernel, stride=stride, pad="same"), Volume(size, channels)
    output = op.torch(Modules(), (x,))(torch.rand(1, channels, *size))
    assert tuple(output.shape[2:]) == op.shape((x,)).spatial == tuple(stride * side for side in size)
