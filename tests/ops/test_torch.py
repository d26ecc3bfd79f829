"""What an op says of itself against what PyTorch does, and the modules of ours against loops written out.

Every op becomes a network of one layer, and that is verified as ``archcalc verify`` does: its shape, its
arrays, its MACs, what autograd keeps, what is alive. The meta device works all this out without values.
"""

from __future__ import annotations

import warnings
from importlib.util import find_spec
from itertools import product
from math import prod
from typing import Any

import pytest
from helpers.accepted import windows
from helpers.examples import examples
from helpers.strategies import Case, cases
from hypothesis import given
from hypothesis import strategies as st

from archcalc.network import INPUT, Network, Node
from archcalc.ops import OPS
from archcalc.ops.base import Op, Volume, per_axis
from archcalc.studies.verify import verify

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
Modules = pytest.importorskip("archcalc.backends.modules").Modules

EVERY_OP = pytest.mark.parametrize("op", OPS.values(), ids=lambda op: op.name)


def network_of(case: Case) -> Network:
    """A network of that layer; further inputs come from layers that read the first one."""
    first = case.xs[0]
    nodes: list[Node] = []
    sources = []
    for number, x in enumerate(case.xs):
        if x == first:
            sources.append(INPUT)
            continue
        if x.spatial:
            nodes.append(Node(f"wide{number}", OPS["fc"](units=x.size), (INPUT,)))
            nodes.append(Node(f"other{number}", OPS["reshape"](to=x.spatial), (len(nodes),)))
        else:
            nodes.append(Node(f"other{number}", OPS["fc"](units=x.channels), (INPUT,)))
        sources.append(len(nodes))
    return Network("one", first, [*nodes, Node("layer", case.op, tuple(sources))])


def mismatches(network: Network, device: str = "meta") -> list[Any]:
    return [one for check in verify(network, device=device).checks for one in check.mismatches]


@EVERY_OP
@given(data=st.data())
@examples(40)
def test_every_op_is_what_pytorch_does(op: type[Op], data: Any) -> None:
    case = data.draw(cases(op))
    assert mismatches(network_of(case)) == []


@pytest.mark.slow
@EVERY_OP
@given(data=st.data())
@examples(8)
def test_and_so_it_is_on_the_cpu(op: type[Op], data: Any) -> None:
    case = data.draw(cases(op))
    assert mismatches(network_of(case), "cpu") == []


def test_a_gpu_keeps_one_byte_for_a_dropped_value() -> None:
    """On a GPU nn.Dropout calls native_dropout, which can be run on the meta device too."""
    saved = []
    x = torch.empty(2, 4096, device="meta", requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(
        lambda array: saved.append(array) or array, lambda array: array
    ):
        torch.native_dropout(x, 0.5, True)
    (kept,) = OPS["dropout"](rate=0.5).kept((Volume((), 4096),), Volume((), 4096))
    assert [array.untyped_storage().nbytes() for array in saved] == [2 * kept.count * (kept.bytes or 0)]


def test_dropblock_zeroes_squares_and_keeps_the_mean() -> None:
    """A square is dropped whole, and what is left is scaled up; at inference nothing changes."""
    module = OPS["dropblock"](rate=0.2, size=3).torch(Modules(), (Volume((9, 9), 2),))
    torch.manual_seed(1)
    x = torch.ones(50, 2, 9, 9)
    y = module.train()(x)
    squares = torch.nn.functional.max_pool2d(-(y == 0).float(), 3, 1).neg()  # 1: a square of zeros
    covered = torch.nn.functional.conv_transpose2d(squares, torch.ones(2, 1, 3, 3), groups=2) > 0
    assert torch.equal(covered, y == 0)
    assert 0.1 < float((y == 0).float().mean()) < 0.3
    assert float(y.mean()) == pytest.approx(1)
    assert module.eval()(x) is x


@pytest.mark.parametrize("size", [3, 5, 15])
def test_dropblock_is_that_of_torchvision(size: int) -> None:
    models = pytest.importorskip("helpers.torchvision_models", reason="PyTorch is not installed").models
    if find_spec("torchvision") is None:
        pytest.skip("torchvision is not installed")
    models()  # torchvision imports then
    from torchvision.ops import drop_block2d

    module = OPS["dropblock"](rate=0.2, size=size).torch(Modules(), (Volume((9, 9), 2),)).train()
    x = torch.rand(3, 2, 9, 9)
    torch.manual_seed(1)
    ours = module(x)
    torch.manual_seed(1)
    torch.testing.assert_close(ours, drop_block2d(x, 0.2, size))


# --- what is accepted --------------------------------------------------------------------------------------


def answer(make: Any, x: Volume) -> Any:
    """The output sizes of a layer of PyTorch, channels last; None if PyTorch refuses it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an output of size 0
            _, channels, *spatial = make()(torch.empty(1, x.channels, *x.spatial)).shape
    except (RuntimeError, ValueError):
        return None
    return (*spatial, channels) if min(spatial) > 0 else None


def our_answer(op: Op, x: Volume) -> Any:
    fits = all(claim.note or claim.relation(claim.left, claim.right) is True for claim in op.claims((x,)))
    return op.shape((x,)).dims if fits else None


SIZES = st.tuples(st.integers(1, 7), st.integers(1, 6), st.integers(1, 6), st.integers(0, 3))
"""The size, kernel, stride and padding along one axis."""


@pytest.mark.parametrize("name", ["maxpool", "avgpool", "l2pool"])
@given(axes=st.lists(SIZES, min_size=1, max_size=3), channels=st.integers(1, 3), up=st.booleans())
@examples(150)
def test_every_pool_that_pytorch_accepts_is_accepted(name: str, axes: Any, channels: int, up: bool) -> None:
    size, kernel, stride, pad = zip(*axes, strict=True)
    rank, x = len(size), Volume(size, channels)
    if name == "l2pool":
        pad = (0,) * rank  # LPPool2d has no padding
    op = OPS[name](kernel=kernel, stride=stride, pad=pad, rounding="ceil" if up else "floor")
    nn = torch.nn
    if name == "maxpool":
        layers = (nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d)
    else:  # LPPool is an AvgPool of the powers, with more restrictions on its arguments
        layers = (nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d)
    theirs = answer(lambda: layers[rank - 1](kernel, stride, pad, ceil_mode=up), x)
    ours = our_answer(op, x)
    counts = [windows(axis, op.rounding) for axis in op.axes(x)]
    assert (ours is not None) == (min(counts) > 0 and all(p < k for p, k in zip(pad, kernel, strict=True)))
    if theirs is None and ours is not None:
        # Caffe accepts more padding than half a window; AvgPool2d accepts a window that AvgPool3d refuses.
        assert any(2 * p > k for p, k in zip(pad, kernel, strict=True)) or (
            rank == 3 and any(k > w for k, w in zip(kernel, size, strict=True))
        )
    else:
        assert ours == theirs
    assert ours is None or tuple(counts) == ours[:-1]


@given(
    axes=st.lists(st.tuples(SIZES, st.integers(1, 3), st.integers(0, 3)), min_size=1, max_size=3),
    channels=st.integers(1, 6),
    filters=st.integers(1, 6),
    groups=st.integers(1, 3),
    transposed=st.booleans(),
)
@examples(300)
def test_exactly_the_convolutions_that_pytorch_accepts_are_accepted(
    axes: Any, channels: int, filters: int, groups: int, transposed: bool
) -> None:
    windows, step, extra = zip(*axes, strict=True)
    size, kernel, stride, pad = zip(*windows, strict=True)
    rank, x, nn = len(size), Volume(size, channels), torch.nn
    options = {"kernel": kernel, "stride": stride, "pad": pad, "dilation": step, "groups": groups}
    if transposed:
        op = OPS["deconv"](filters=filters, output_pad=extra, **options)
        layer = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)[rank - 1]
        theirs = answer(lambda: layer(channels, filters, kernel, stride, pad, extra, groups, True, step), x)
    else:
        op = OPS["conv"](filters=filters, **options)
        layer = (nn.Conv1d, nn.Conv2d, nn.Conv3d)[rank - 1]
        theirs = answer(lambda: layer(channels, filters, kernel, stride, pad, step, groups), x)
    assert our_answer(op, x) == theirs


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("name", ["maxpool", "avgpool", "l2pool", "subsample"])
def test_a_window_wider_than_its_input_is_verified(name: str, rank: int) -> None:
    op = OPS[name](kernel=5, stride=4, rounding="ceil")
    x = Volume((3,) * rank, 2)
    assert op.shape((x,)).spatial == (1,) * rank
    assert mismatches(network_of(Case(op, (x,))), "cpu") == []


# --- values ----------------------------------------------------------------------------------------------


def places(sizes: Any) -> Any:
    return product(*map(range, sizes))


def padded(op: Any, x: Volume, values: Any, fill: float) -> Any:
    """The input with all that any window sees around it."""
    axes, counts = op.axes(x), op.windows(x)
    before = [axis.before for axis in axes]
    after = [
        max(0, (count - 1) * axis.stride + axis.extent - axis.size - axis.before)
        for axis, count in zip(axes, counts, strict=True)
    ]
    sides = [side for pair in zip(reversed(before), reversed(after), strict=True) for side in pair]
    return torch.nn.functional.pad(values, sides, value=fill)


def under(op: Any, x: Volume, values: Any, place: Any, fill: float = 0.0) -> Any:
    """What a window sees at one place: N, C and the taps."""
    steps, kernel = per_axis(op.stride, x.rank), per_axis(op.kernel, x.rank)
    dilation = per_axis(getattr(op, "dilation", 1), x.rank)
    seen = padded(op, x, values, fill)
    for axis, (at, step, taps, gap) in enumerate(zip(place, steps, kernel, dilation, strict=True), 2):
        seen = seen.index_select(axis, torch.tensor([at * step + tap * gap for tap in range(taps)]))
    return seen.flatten(2)


def arrays_of(module: Any) -> dict[str, Any]:
    return {name.rpartition(".")[2]: array for name, array in module.state_dict().items()}


def conv(op: Any, x: Volume, values: Any, module: Any) -> Any:
    y, own = op.shape((x,)), arrays_of(module)
    weight, reads = own["weight"].flatten(-x.rank), op.reads(x)
    if op.standardize:
        weight = torch.stack([standardised(filter, op, own, n) for n, filter in enumerate(weight)])
    answer = torch.zeros(len(values), y.channels, *y.spatial, dtype=values.dtype)
    rows = op.table or [
        range(group * reads, (group + 1) * reads)
        for group in range(x.channels // reads)
        for _ in range(y.channels // (x.channels // reads))
    ]
    starts = [sum(map(len, rows[:number])) for number in range(len(rows))]
    for place in places(y.spatial):
        seen = under(op, x, values, place)
        for filter, row in enumerate(rows):
            ours = weight[starts[filter] : starts[filter] + len(row)] if op.table else weight[filter]
            answer[(slice(None), filter, *place)] = (seen[:, list(row)] * ours).sum((1, 2))
    bias = own.get("bias")
    return answer if bias is None else answer + bias.view(-1, *bias.shape[1:] or (1,) * x.rank)


def standardised(filter: Any, op: Any, own: Any, n: int) -> Any:
    """Less the mean, by the deviation (Qiao et al. 2019); with a gain, by the root of n too (NFNet)."""
    variance = ((filter - filter.mean()) ** 2).mean()
    plain = (filter - filter.mean()) / (variance + 1e-5).sqrt()
    return plain * own["gain"][n].flatten() / filter.numel() ** 0.5 if op.standardize == "gain" else plain


def channel_conv(op: Any, x: Volume, values: Any, module: Any) -> Any:
    own, half = arrays_of(module), op.kernel // 2
    rows = []
    for channel in range(x.channels):
        near = [n for n in range(channel - half, channel + half + 1) if 0 <= n < x.channels]
        rows.append(sum(values[:, n] * own["weight"][0, 0, n - channel + half] for n in near))
    return torch.stack(rows, 1) + (own["bias"] if op.bias else 0)


def blurpool(op: Any, x: Volume, values: Any, module: Any) -> Any:
    y, (filt,) = op.shape((x,)), arrays_of(module).values()
    kernel, stride = per_axis(op.kernel, x.rank), per_axis(op.stride, x.rank)
    answer = torch.zeros(len(values), y.channels, *y.spatial, dtype=values.dtype)
    for place, tap in product(places(y.spatial), places(kernel)):
        at = [p * s + t - (k - 1) // 2 for p, s, t, k in zip(place, stride, tap, kernel, strict=True)]
        # A mirror at the first and at the last value.
        at = [abs(n) if n < size else 2 * (size - 1) - n for n, size in zip(at, x.spatial, strict=True)]
        answer[(..., *place)] += values[(..., *at)] * filt[(slice(None), 0, *tap)]
    return answer


def locally_connected(op: Any, x: Volume, values: Any, module: Any) -> Any:
    y, own = op.shape((x,)), arrays_of(module)
    answer = torch.zeros(len(values), y.channels, *y.spatial, dtype=values.dtype)
    for place in places(y.spatial):
        seen = under(op, x, values, place)
        for filter in range(y.channels):
            weight = own["weight"][(*place, filter)].flatten(1)
            bias = own["bias"][(*place, filter)] if op.bias else 0
            answer[(slice(None), filter, *place)] = (seen * weight).sum((1, 2)) + bias
    return answer


def subsample(op: Any, x: Volume, values: Any, module: Any) -> Any:
    y, own = op.shape((x,)), arrays_of(module)
    answer = torch.zeros(len(values), y.channels, *y.spatial, dtype=values.dtype)
    for place in places(y.spatial):
        answer[(..., *place)] = under(op, x, values, place).sum(2) * own["weight"] + own["bias"]
    return answer


def maxpool(op: Any, x: Volume, values: Any, module: Any) -> Any:
    if op.over_all:
        return values.flatten(2).amax(2)
    y = op.shape((x,))
    answer = torch.zeros(len(values), y.channels, *y.spatial, dtype=values.dtype)
    for place in places(y.spatial):
        answer[(..., *place)] = under(op, x, values, place, float("-inf")).amax(2)
    return answer


def s_cells(op: Any, x: Volume, values: Any, module: Any) -> Any:
    """Fukushima 1980, equations 1-4, r = 4: r·φ[(1 + Σ a·u)/(1 + 2r/(1+r)·b·v) - 1], v = sqrt(Σ c·u²)."""
    y, own = op.shape((x,)), arrays_of(module)
    answer = torch.zeros(len(values), y.channels, *y.spatial, dtype=values.dtype)
    for place in places(y.spatial):
        seen = under(op, x, values, place)
        v = (own["c"].flatten() * seen**2).sum((1, 2)).sqrt()
        for plane in range(y.channels):
            excited = 1 + (own["a"][plane].flatten(1) * seen).sum((1, 2))
            inhibited = 1 + 8 / 5 * own["b"][plane] * v
            answer[(slice(None), plane, *place)] = 4 * (excited / inhibited - 1).clamp_min(0)
    return answer


def c_cells(op: Any, x: Volume, values: Any, module: Any) -> Any:
    """φ[Σ d·u] / (1 + ...) around centres that are evenly spread."""
    y, (d,) = op.shape((x,)), arrays_of(module).values()
    answer = torch.zeros(len(values), y.channels, *y.spatial, dtype=values.dtype)
    spread = [
        torch.linspace(0, size - 1, cells).round().int()
        for size, cells in zip(x.spatial, y.spatial, strict=True)
    ]
    for place in places(y.spatial):
        total = torch.zeros(answer.shape[:2], dtype=values.dtype)
        for tap in places(d.shape):
            at = [
                int(centres[p]) + t - side // 2
                for centres, p, t, side in zip(spread, place, tap, d.shape, strict=True)
            ]
            if all(0 <= one < size for one, size in zip(at, x.spatial, strict=True)):
                total += d[tap] * values[(..., *at)]
        answer[(..., *place)] = total / (1 + total)
    return answer


def rbf(op: Any, x: Volume, values: Any, module: Any) -> Any:
    rows = [((values.flatten(1) - prototype) ** 2).sum(1) for prototype in arrays_of(module)["prototypes"]]
    return torch.stack(rows, 1)


def shuffle(op: Any, x: Volume, values: Any, module: Any) -> Any:
    each = x.channels // op.groups
    return values[:, [group * each + place for place in range(each) for group in range(op.groups)]]


def scale(op: Any, x: Volume, values: Any, module: Any) -> Any:
    own = arrays_of(module)
    rows = [values[:, n] * own["gamma"][n] + (own["beta"][n] if op.bias else 0) for n in range(x.channels)]
    return torch.stack(rows, 1)


def slice_(op: Any, x: Volume, values: Any, module: Any) -> Any:
    return torch.stack([values[:, op.start + n] for n in range(op.channels)], 1)


NAIVE = {
    "conv": conv,
    "channel_conv": channel_conv,
    "blurpool": blurpool,
    "locally_connected": locally_connected,
    "subsample": subsample,
    "maxpool": maxpool,
    "s_cells": s_cells,
    "c_cells": c_cells,
    "rbf": rbf,
    "shuffle": shuffle,
    "scale": scale,
    "slice": slice_,
}
"""Ops whose modules are ours, or behind a padding of ours, as loops."""


def randomised(module: Any) -> Any:
    """In double precision, with values of every array that no mistake survives."""
    torch.manual_seed(1)
    for array in [*module.parameters(), *module.buffers()]:
        if array.is_floating_point():
            torch.nn.init.uniform_(array, 0.1, 1.0)
    return module.double().eval()


@pytest.mark.parametrize("name", NAIVE)
@given(data=st.data())
@examples(25)
@torch.no_grad()
def test_the_values_are_those_of_a_loop(name: str, data: Any) -> None:
    op, xs = data.draw(cases(OPS[name]))
    (x,) = xs
    module = randomised(op.torch(Modules(), xs))
    values = torch.rand(2, x.channels, *x.spatial, dtype=torch.float64)
    torch.testing.assert_close(module(values), NAIVE[name](op, x, values, module))


@given(data=st.data())
@examples(25)
@torch.no_grad()
def test_the_values_of_merges_are_those_of_a_loop(data: Any) -> None:
    name = data.draw(st.sampled_from(["add", "concat", "multiply"]))
    op, xs = data.draw(cases(OPS[name]))
    values = [torch.rand(2, x.channels, *x.spatial, dtype=torch.float64) for x in xs]
    y = op.shape(xs)
    answer = op.torch(Modules(), xs)(*values)
    if name == "concat":
        expected = [value[:, n] for value in values for n in range(value.shape[1])]
    elif name == "add":
        scaled = [value * float(op.scale) if number == 0 else value for number, value in enumerate(values)]
        expected = [sum(value[:, n] for value in scaled if n < value.shape[1]) for n in range(y.channels)]
    else:
        gates = [v if v.ndim == values[0].ndim else v.view(*v.shape, *(1,) * y.rank) for v in values]
        expected = [prod((gate[:, n] for gate in gates), start=torch.ones(())) for n in range(y.channels)]
    torch.testing.assert_close(answer, torch.stack([one.expand(2, *y.spatial) for one in expected], 1))


@pytest.mark.parametrize("name", ["relu", "sigmoid", "tanh", "softmax", "dropout", "scale"])
@torch.no_grad()
def test_in_place_the_values_are_the_same(name: str) -> None:
    from archcalc.backends.pytorch import build
    from archcalc.engine.claims import Findings
    from archcalc.engine.walk import walk

    network = Network("one", Volume((3, 4), 5), [Node("layer", OPS[name](), (INPUT,))])
    module = build(network, list(walk(network, Findings()))).eval()
    x = torch.randn(2, 5, 3, 4)
    expected = module(x.clone())
    module.work_in_place()
    own = x.clone()
    assert module(own).data_ptr() == own.data_ptr()
    torch.testing.assert_close(own, expected)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["conv", "s_cells", "c_cells", "locally_connected", "subsample", "rbf"])
def test_the_modules_of_ours_have_the_derivative_of_their_values(name: str) -> None:
    options = {"filters": 2, "planes": 2, "units": 3, "output": 2, "kernel": 2, "table": ((0,), (0, 1))}
    known = {n: v for n, v in options.items() if n in OPS[name].__dataclass_fields__}
    module = randomised(OPS[name](**known).torch(Modules(), (Volume((4, 3), 2),)))
    x = torch.rand(1, 2, 4, 3, dtype=torch.float64, requires_grad=True)
    if name == "s_cells":  # the inhibition is no part of the input's derivative, by the paper
        x = x.detach()
    inputs = [x, *module.parameters()]
    names = [n for n, _ in module.named_parameters()]

    def run(x: Any, *arrays: Any) -> Any:
        return torch.func.functional_call(module, dict(zip(names, arrays, strict=True)), (x,))

    assert torch.autograd.gradcheck(run, inputs)


def test_more_padding_than_the_window_reaches_is_cut() -> None:
    """Rounded up with a clip, a window of 1 at stride 3 reads only the padding before one value."""
    op = OPS["conv"](filters=1, kernel=1, stride=3, pad=2, rounding="ceil")
    x = Volume((1,), 1)
    assert mismatches(network_of(Case(op, (x,)))) == []
