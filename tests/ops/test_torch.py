"""What an op says of itself against what PyTorch does: shapes, parameters, MACs, and what autograd keeps.

Everything runs on the meta device, which works out shapes and saves what the CPU saves, without values.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from strategies import Case, cases, ranks_of

import archcalc
from archcalc.dims import prod
from archcalc.engine.claims import Findings
from archcalc.engine.memory import kept_for_backward
from archcalc.engine.walk import Step, walk
from archcalc.network import INPUT, Network
from archcalc.ops import OPS
from archcalc.ops.base import Op, Volume
from archcalc.ops.conv import Conv
from archcalc.ops.options import options_of
from archcalc.spec.load import read_file, spec_files
from archcalc.spec.parse import parse

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


def saved(module: Any, *inputs: Any) -> Counter[tuple[int, ...]]:
    """The arrays that autograd saves, by bytes and dtype: each storage once, without parameters and buffers."""
    stored = {array.untyped_storage()._cdata for array in [*module.parameters(), *module.buffers()]}
    seen: dict[int, Any] = {}

    def pack(array: Any) -> Any:
        seen.setdefault(array.untyped_storage()._cdata, array)  # holding it keeps its address from being used again
        return array

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda array: array):
        answer = module(*inputs)
    assert answer.requires_grad
    return Counter(
        (array.untyped_storage().nbytes(), array.dtype)
        for place, array in seen.items()
        if place not in stored and not isinstance(array, nn.Parameter)
    )


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


def _pads_first(module: Any) -> bool:
    return isinstance(module, nn.Sequential) and isinstance(module[0], nn.ConstantPad3d)


@in_torch
@given(data=st.data())
@settings(max_examples=25)
def test_autograd_saves_what_the_op_keeps(op, data):
    case, module = data.draw(modules(op))
    # Behind a module of ours that pads, the layer keeps the padded copy instead of its input.
    assume(not _pads_first(module))
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
def test_a_plain_case_keeps_its_input_and_no_copy(op):
    """That the layers are not all left out above: padded alike on both sides they need no module that pads."""
    x = Volume((9,) * ranks_of(op)[-1], 4)
    plain = {"filters": 4, "kernel": 3, "stride": 2, "pad": 1, "units": 5, "output": 4, "groups": 2, "factor": 2}
    if op.name == "l2pool":  # LPPool cannot pad
        plain["pad"] = 0
    layer = op(**{name: value for name, value in plain.items() if name in options_of(op)})
    with torch.device("meta"):
        module = layer.torch(nn, x).train()
    assert _bytes(saved(module, tensor(x))) == _bytes(claimed(Case(layer, x)))


def _added(op: Any, *xs: Any) -> Any:
    widest = max(x.shape[1] for x in xs)
    padded = [nn.ConstantPad3d([0] * 2 * (x.ndim - 2) + [0, widest - x.shape[1]], 0.0)(x) for x in xs]
    return sum(padded[1:], padded[0] if op.scale == 1 else float(op.scale) * padded[0])


def _multiplied(op: Op, first: Any, *gates: Any) -> Any:
    for gate in gates:
        first = first * gate.view(*gate.shape, *(1,) * (first.ndim - gate.ndim))
    return first


def _scaled(op: Any, x: Any) -> Any:
    gamma, beta = (nn.Parameter(torch.empty((x.shape[1], *(1,) * (x.ndim - 2)), device="meta")) for _ in range(2))
    return x * gamma + beta if op.bias else x * gamma


WRITTEN_OUT = {
    "add": _added,
    "concat": lambda op, *xs: torch.cat(xs, 1),
    "multiply": _multiplied,
    "scale": _scaled,
    "slice": lambda op, x: x[:, op.start : op.start + op.channels],
}
"""Ops without a module, as a forward pass writes them."""


@pytest.mark.parametrize("name", WRITTEN_OUT)
@given(data=st.data())
@settings(max_examples=25)
def test_autograd_saves_what_a_written_out_op_keeps(name, data):
    op, xs = case = data.draw(cases(OPS[name]))
    y = op.shape(xs)

    class Layer(nn.Module):
        def forward(self, *inputs: Any) -> Any:
            return WRITTEN_OUT[name](op, *inputs)

    layer, inputs = Layer(), [tensor(x) for x in case.inputs]
    assert volume(layer(*inputs)) == y
    kept = sum(kept.count for kept in op.kept(xs, y)) + ("input" in op.keeps) * sum(x.size for x in case.inputs)
    assert _bytes(saved(layer, *inputs)) == BATCH * kept * FLOAT


# --- whole networks -----------------------------------------------------------------------------------------


class Whole(nn.Module):
    """A network as a module; every output is held against the shape that we work out."""

    def __init__(self, network: Network, steps: Sequence[Step]) -> None:
        super().__init__()
        self.network, self.steps, self.layers = network, steps, nn.ModuleDict()
        for step in steps:
            if step.node.op.name not in WRITTEN_OUT:
                with torch.device("meta"):
                    self.layers[f"{step.number}"] = step.node.op.torch(nn, step.x)

    def forward(self, x: Any) -> Any:
        values = {INPUT: x}
        for step in self.steps:
            op, inputs = step.node.op, [values[source] for source in step.node.inputs]
            written_out = op.name in WRITTEN_OUT
            y = WRITTEN_OUT[op.name](op, *inputs) if written_out else self.layers[f"{step.number}"](*inputs)
            assert volume(y) == step.y, step.node.path
            values[step.number] = y
        return values[self.network.output]


def whole(network: Network) -> Whole:
    findings = Findings()
    steps = list(walk(network, findings))
    assert not findings.problems
    return Whole(network, steps).train()


def kept_bytes(module: Whole) -> int:
    """What we say is kept, with masks of floats instead of bytes, as they are off the GPU."""
    kept = kept_for_backward(module.network, module.steps)
    masks = sum(step.y.size for step in module.steps if step.node.op.name == "dropout" and step.node.op.rate)
    ours = (BATCH * kept.values + kept.fixed_values) * FLOAT + BATCH * kept.bytes
    return ours + BATCH * masks * (FLOAT - 1)


def test_vgg16():
    module = whole(archcalc.load("vgg16"))
    totals = archcalc.analyze(module.network).totals
    assert sum(array.numel() for array in module.parameters()) == totals.params == 138_357_544
    assert flops(module, tensor(module.network.input)) == 2 * BATCH * totals.macs == 2 * BATCH * 15_470_264_320
    assert _bytes(saved(module, tensor(module.network.input))) == kept_bytes(module)


NO_MODULE = {"alphago-policy", "lenet5", "locally-connected-1000", "neocognitron"}
"""Specs with a layer that is no module of PyTorch (one bias per position, subsampling, unshared weights, S-cells)."""


@pytest.mark.parametrize(
    "path",
    [path for path in spec_files() if Path(path).stem not in NO_MODULE],
    ids=lambda path: Path(path).stem,
)
def test_the_first_network_of_every_spec(path):
    spec = parse(read_file(path))
    network = spec.bind(spec.networks()[0].name)
    module = whole(network)
    totals = archcalc.analyze(network, aux=True).totals
    assert sum(array.numel() for array in module.parameters()) == totals.params
    assert flops(module, tensor(network.input)) == 2 * BATCH * totals.macs
    if not any(map(_pads_first, module.layers.values())):  # else the padded copy is kept instead of the input
        assert _bytes(saved(module, tensor(network.input))) == kept_bytes(module)


@pytest.mark.parametrize("name", sorted(NO_MODULE))
def test_specs_without_a_module_are_those(name):
    with pytest.raises(NotImplementedError):
        whole(archcalc.load(name))


def test_more_padding_than_the_window_reaches_is_cut():
    """Rounded up with a clip, a window of 1 at stride 3 reads only the padding before one value."""
    op = OPS["conv"](filters=1, kernel=1, stride=3, pad=2, rounding="ceil")
    x = Volume((1,), 1)
    assert volume(op.torch(torch.nn, x)(tensor(x))) == op.shape(x)
