"""What an op says of itself against what PyTorch does: shapes, parameters, MACs, and what autograd keeps.

Everything runs on the meta device, which works out shapes and saves what the CPU saves, without values.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from strategies import Case, cases, ranks_of

import archcalc
from archcalc.dims import prod
from archcalc.engine.claims import Findings
from archcalc.engine.memory import kept_for_backward
from archcalc.engine.walk import walk
from archcalc.ops import OPS
from archcalc.ops.base import Op, Volume
from archcalc.ops.conv import Conv

torch = pytest.importorskip("torch")
nn = torch.nn

BATCH = 2
FLOAT = 4  # bytes

WITHOUT_TORCH = {
    "add",
    "c_cells",
    "concat",
    "locally_connected",
    "multiply",
    "rbf",
    "s_cells",
    "scale",
    "slice",
    "subsample",
}
"""Ops that are no module of torch.nn: a network's forward pass has to write them out."""

WITH_TORCH = [op for op in OPS.values() if op.name not in WITHOUT_TORCH]

NAMES = {"gamma": "weight", "beta": "bias"}
"""Our names of arrays where PyTorch's differ."""

in_torch = pytest.mark.parametrize("op", WITH_TORCH, ids=lambda op: op.name)


def test_the_ops_without_a_module_are_these():
    assert {name for name, op in OPS.items() if op.torch is Op.torch} == WITHOUT_TORCH


@st.composite
def modules(draw: Any, op: type[Op]) -> tuple[Case, Any]:
    """A case that PyTorch can run, with its module."""
    case = draw(cases(op))
    assume(not _refused(case))
    with torch.device("meta"):
        return case, case.op.torch(nn, case.x).train()


def _refused(case: Case) -> bool:
    """What our ops allow and PyTorch's modules do not."""
    op, x = case
    if isinstance(op, Conv):
        return op.table is not None or isinstance(op.bias, str)
    if op.name == "deconv":  # more output padding than a step would be rows that no kernel reaches
        return any(extra >= max(stride, step) for _, _, stride, _, extra, step in op._axes(x))
    return op.name in ("lrn", "shuffle") and x.rank == 0  # they want a map


def tensor(x: Volume) -> Any:
    return torch.empty((BATCH, x.channels, *x.spatial), device="meta", requires_grad=True)


def volume(y: Any) -> Volume:
    return Volume(tuple(y.shape[2:]), y.shape[1])


# --- shapes, parameters, MACs ------------------------------------------------------------------------


@in_torch
@given(data=st.data())
@settings(max_examples=25)
def test_the_module_has_our_shape_and_our_weights(op, data):
    case, module = data.draw(modules(op))
    y = case.op.shape(case.x)
    assert volume(module(tensor(case.x))) == y
    ours = {NAMES.get(w.name, w.name): (w.shape, w.role != "buffer") for w in case.op.weights(case.x, y)}
    theirs = {name.rpartition(".")[2]: (tuple(p.shape), True) for name, p in module.named_parameters()}
    theirs |= {
        name.rpartition(".")[2]: (tuple(b.shape), False)
        for name, b in module.named_buffers()
        if not name.endswith("num_batches_tracked")  # a count of steps, no statistic
    }
    assert theirs == ours


@in_torch
@given(data=st.data())
@settings(max_examples=15)
def test_the_flop_counter_counts_our_macs(op, data):
    case, module = data.draw(modules(op))
    assert flops(module, tensor(case.x)) == 2 * BATCH * case.op.cost(case.x, case.op.shape(case.x)).get("macs", 0)


def flops(module: Any, x: Any) -> int:
    """Two for each multiply-accumulate of convolutions and matrix products; PyTorch counts nothing else."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        module(x)
    return counter.get_total_flops()


@pytest.mark.parametrize("option", [{"table": ((0,), (0, 1))}, {"bias": "per-position"}])
def test_a_convolution_that_pytorch_has_not_is_refused(option):
    op = OPS["conv"](**{"filters": 2, "kernel": 1} | option)
    with pytest.raises(NotImplementedError, match="PyTorch has no convolution"):
        op.torch(nn, Volume((4, 4), 2))


# --- what is kept for the backward pass ------------------------------------------------------------------


def saved(module: Any, x: Any) -> Counter[tuple[int, ...]]:
    """The arrays that autograd saves, by bytes and dtype: each storage once, without parameters and buffers."""
    own = {array.untyped_storage()._cdata for array in [*module.parameters(), *module.buffers()]}
    seen: dict[int, Any] = {}

    def pack(array: Any) -> Any:
        seen.setdefault(array.untyped_storage()._cdata, array)  # holding it keeps its address from being used again
        return array

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda array: array):
        answer = module(x)
    assert answer.requires_grad
    return Counter((array.untyped_storage().nbytes(), array.dtype) for place, array in seen.items() if place not in own)


def claimed(case: Case) -> Counter[tuple[int, ...]]:
    """The arrays that our op says are kept."""
    op, x = case
    y = op.shape(x)
    arrays = [(BATCH * x.size * FLOAT, torch.float32)] * ("input" in op.keeps)
    arrays += [(BATCH * y.size * FLOAT, torch.float32)] * ("output" in op.keeps)
    for kept in op.kept(x, y):
        times = 1 if kept.per_batch else BATCH
        dtype = {None: torch.float32, 1: torch.bool, 8: torch.int64}[kept.bytes]
        arrays.append((times * kept.count * (kept.bytes or FLOAT), dtype))
    return Counter(arrays)


def _bytes(arrays: Counter[tuple[int, ...]]) -> int:
    return sum(size * times for (size, _), times in arrays.items())


@in_torch
@given(data=st.data())
@settings(max_examples=25)
def test_autograd_saves_what_the_op_keeps(op, data):
    case, module = data.draw(modules(op))
    # Behind a module of ours that pads, the layer keeps the padded copy instead of its input.
    assume(not (isinstance(module, nn.Sequential) and isinstance(module[0], nn.ConstantPad3d)))
    if op.name == "dropout":
        assume(case.op.rate != 1)  # PyTorch multiplies by zero then and keeps no mask
    measured, ours = saved(module, tensor(case.x)), claimed(case)
    if op.name == "dropout" and case.op.rate:
        # Off the GPU PyTorch multiplies by a mask of floats; see the next test.
        ours = Counter({(BATCH * case.x.size * FLOAT, torch.float32): 1})
    if op.name == "adaptive_avgpool" and prod(case.op.shape(case.x).spatial) == 1:
        # PyTorch takes a plain mean then and keeps nothing; 'avgpool: global' says so, a size of 1 in an
        # option cannot be asked by a formula.
        ours = Counter()
    if op.name == "l2pool":  # four arrays of the output's size are one item of ours
        assert _bytes(measured) == _bytes(ours)
    else:
        assert measured == ours


def test_a_gpu_keeps_one_byte_for_a_dropped_value():
    """On a GPU nn.Dropout calls native_dropout, which can be run on the meta device too."""
    op, x = OPS["dropout"](rate=0.5), Volume((), 4096)

    class Native(nn.Module):
        def forward(self, x: Any) -> Any:
            return torch.native_dropout(x, 0.5, True)[0]

    assert saved(Native(), tensor(x)) == claimed(Case(op, x)) == Counter({(BATCH * 4096, torch.bool): 1})


@in_torch
def test_some_cases_run_as_they_are(op):
    """That what is left out above is not all."""
    x = Volume((9,) * ranks_of(op)[-1], 4)
    options = {item: value for item, value in PLAIN.items() if item in op.__dataclass_fields__}
    plain = op(**options)
    with torch.device("meta"):
        module = plain.torch(nn, x).train()
    if op.name != "dropout":
        assert _bytes(saved(module, tensor(x))) == _bytes(claimed(Case(plain, x)))


PLAIN = {"filters": 4, "kernel": 3, "stride": 2, "pad": 1, "units": 5, "size": 3, "output": 4, "groups": 2, "factor": 2}


# --- whole networks -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def vgg16():
    network = archcalc.load("vgg16")
    steps = list(walk(network, findings := Findings()))
    assert not findings.problems
    with torch.device("meta"):
        module = nn.Sequential(*[step.node.op.torch(nn, step.x) for step in steps]).train()
    return network, steps, module


def test_vgg16_layer_by_layer(vgg16):
    network, steps, module = vgg16
    y = tensor(network.input)
    for step, layer in zip(steps, module, strict=True):
        assert step.node.inputs == (step.number - 1,)
        y = layer(y)
        assert volume(y) == step.y, step.node.path


def test_vgg16_as_a_whole(vgg16):
    network, steps, module = vgg16
    totals = archcalc.analyze(network).totals
    assert sum(p.numel() for p in module.parameters()) == totals.params == 138_357_544
    assert flops(module, tensor(network.input)) == 2 * BATCH * totals.macs
    kept = kept_for_backward(network, steps)
    masks = sum(step.y.size for step in steps if step.node.op.name == "dropout")
    off_the_gpu = BATCH * masks * (FLOAT - 1)  # masks of floats instead of bytes
    ours = (BATCH * kept.values + kept.fixed_values) * FLOAT + BATCH * kept.bytes
    assert _bytes(saved(module, tensor(network.input))) == ours + off_the_gpu
