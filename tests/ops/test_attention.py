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
@given(
    heads=st.integers(1, 3),
    side=st.integers(2, 4),
    shift=st.integers(0, 3),
    down=st.integers(1, 9),
    right=st.integers(1, 9),
    second=st.booleans(),
)
@examples(60)
@torch.no_grad()
def test_windows_are_those_of_swin(
    heads: int, side: int, shift: int, down: int, right: int, second: bool
) -> None:
    """Both versions; shifted windows, windows that zeros fill, windows larger than the map."""
    from helpers.torchvision_models import models
    from helpers.vision import arrays_of_swin

    swin = models().swin_transformer
    attention = swin.ShiftedWindowAttentionV2 if second else swin.ShiftedWindowAttention
    width, shift = 2 * heads, min(shift, side - 1)
    theirs = randomised(attention(width, [side, side], [shift, shift], heads))
    forms = {"similarity": "cosine", "relative_bias": "mlp"} if second else {"relative_bias": "table"}
    op = OPS["attention"](heads=heads, windows=side, shift=shift, fill=True, **forms)
    x = Volume((down, right), width)
    ours = op.torch(Modules(), (x,)).double()
    ours.load_state_dict(arrays_of_swin(theirs))
    if second:  # both compute the distances in single precision
        steps = ours.steps.view(theirs.relative_coords_table.shape)
        torch.testing.assert_close(theirs.relative_coords_table, steps, rtol=1e-5, atol=1e-6)
        theirs.relative_coords_table.copy_(steps)
    values = torch.rand(2, *x.dims, dtype=torch.float64)
    torch.testing.assert_close(ours(values.movedim(-1, 1)).movedim(1, -1), theirs(values))
    trained = sum(array.numel() for array in theirs.parameters())
    assert sum(weight.count for weight in op.weights((x,), x)) == trained


@with_torchvision
@pytest.mark.parametrize("kind", ["window", "grid"])
@torch.no_grad()
def test_windows_and_grids_are_those_of_maxvit(kind: str) -> None:
    from helpers.torchvision_models import models
    from helpers.vision import arrays_of_maxvit

    maxvit = models().maxvit
    layer = maxvit.PartitionAttentionLayer(
        8, 4, 3, kind, (12, 12), 4, torch.nn.GELU, torch.nn.LayerNorm, 0.0, 0.0, 0.0
    )
    # Its attention alone: torchvision's layer also adds the input, and has an MLP.
    theirs = randomised(layer.attn_layer[1])
    layer.attn_layer = theirs
    layer.mlp_layer = torch.nn.Identity()
    op = OPS["attention"](heads=2, windows=3, grid=kind == "grid", relative_bias="table")
    x = Volume((12, 12), 8)
    ours = op.torch(Modules(), (x,)).double()
    ours.load_state_dict(arrays_of_maxvit(theirs))
    values = torch.rand(2, 8, 12, 12, dtype=torch.float64)
    # x + attention, then x + x
    expected = layer.double()(values) / 2 - values
    torch.testing.assert_close(ours(values), expected)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"windows": 5}, "12 positions cannot be divided into windows of 5"),
        ({"windows": 4, "shift": 4}, "a shift of 4 is no part of a window of 4"),
        ({"windows": 4, "shift": 2, "grid": True}, "a grid covers the map, so it cannot shift"),
        ({"shift": 2}, "shift is about windows, but there are none"),
        ({"grid": True}, "grid is about windows, but there are none"),
        ({"fill": True}, "fill is about windows, but there are none"),
    ],
)
def test_windows_that_cannot_be_are_refused(options: dict[str, Any], told: str) -> None:
    op, xs = OPS["attention"](heads=1, **options), (Volume((12, 12), 4),)
    broken = [claim for claim in op.claims(xs) if claim.relation(claim.left, claim.right) is False]
    assert broken[0].says() == told


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
