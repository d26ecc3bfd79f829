"""The kernels of a pass by hand; the laws of the lower bound and of the expected time."""

from __future__ import annotations

import pytest

import archcalc
from archcalc.engine.memory import kept_for_backward
from archcalc.errors import ArchcalcError, Source
from archcalc.language.parse import parse
from archcalc.network import Network
from archcalc.results.time import FLOAT32, LAUNCH, Device
from archcalc.timing.bound import fewer_products, lower_bound
from archcalc.timing.expected import Manner, expect, manner_of
from archcalc.timing.kernels import Kernel, backward, fused, merged
from archcalc.timing.precision import bytes_of, precision_of
from archcalc.timing.roofline import steps_of

FLAT = Device("flat", "Flat", 2020, {"float32": 10**12}, {}, 10**11, 10**9, "made up")
TENSOR = Device(
    "tensor",
    "Tensor",
    2020,
    {"float32": 10**12, "float16": 2 * 10**12},
    {"float16": 10**13, "tf32": 5 * 10**12},
    10**11,
    10**9,
    "made up",
)
MANY = ["alexnet", "googlenet", "resnet50", "densenet121", "se-resnet50", "lenet5", "inception-v4"]


def network(layers: str, size: str = "[10, 10, 4]") -> Network:
    return parse(Source("net.yaml", f"name: net\ninput: {size}\nlayers:\n{layers}")).bind()


CONV = "  - {conv: 8, kernel: 3, pad: 1, then: [bn, relu]}\n"


def test_the_kernels_of_a_conv_by_hand() -> None:
    steps = steps_of(network(CONV))
    assert [len(group) for group in fused(steps)] == [3]
    kernel = merged(next(fused(steps)), 2, 4)
    assert kernel
    params = 3 * 3 * 4 * 8 + 8 + 2 * 8
    assert kernel.macs == 2 * 10 * 10 * 8 * 36
    assert kernel.bytes == 4 * (2 * (400 + 800) + params + 16)  # bn stores its running statistics, too
    assert kernel.slides
    assert not kernel.grouped


def test_the_backward_pass_of_two_convs_by_hand() -> None:
    net = network(CONV + "  - {conv: 8, kernel: 1, bias: false}\n")
    conv, bn, relu, last = backward(net, steps_of(net), 1, 4).values()
    macs = 10 * 10 * 8 * 36
    # The first layer needs no gradient of its input; a later one does.
    assert [kernel.macs for kernel in conv] == [macs]
    assert [kernel.macs for kernel in last] == [10 * 10 * 8 * 8] * 2
    # Output gradient, what was kept, and input gradient.
    assert [kernel.bytes for kernel in bn] == [4 * (3 * 800 + 2 * 8)]  # and the batch's mean and variance
    assert [kernel.bytes for kernel in relu] == [4 * 3 * 800]


def test_gradients_of_a_shared_output_are_added() -> None:
    net = network("  - {conv: 4, kernel: 1}\n  - {add: {a: [{conv: 4, kernel: 1}], b: []}}\n")
    first, second, add = backward(net, steps_of(net), 1, 4).values()
    assert [kernel.op for kernel in first] == ["conv"], "the gradient of its weights"
    assert [kernel.op for kernel in second] == ["conv", "conv"]
    assert [kernel.op for kernel in add] == ["add"], "it hands its gradient on; both gradients are added"


@pytest.mark.parametrize(
    ("layer", "fast"),
    [
        ("{conv: 8, kernel: 3}", True),
        ("{conv: 8, kernel: 5}", True),
        ("{conv: 8, kernel: 3, stride: 2}", False),
        ("{conv: 8, kernel: 3, dilation: 2}", False),
        ("{conv: 8, kernel: 1}", False),
        ("{conv: 8, kernel: [1, 7]}", False),
        ("{conv: 8, kernel: 3, groups: 2}", True),
    ],
)
def test_fast_algorithms_are_for_stride_1(layer: str, fast: bool) -> None:
    kernel = merged(steps_of(network(f"  - {layer}\n"))[:1], 1, 4)
    assert kernel
    assert (fewer_products(kernel, precision_of(FLOAT32, FLAT)) > 1) is fast
    # Matrix units compute the products directly.
    assert fewer_products(kernel, precision_of("float16", TENSOR)) == 1
    assert fewer_products(kernel, precision_of(FLOAT32, TENSOR)) == 1, "TF32, as in PyTorch"


@pytest.mark.parametrize("name", MANY)
@pytest.mark.parametrize("train", [None, "sgd", "adam"])
@pytest.mark.parametrize("dtype", ["float32", "amp", "tf32", "float16"])
def test_the_bound_is_below_every_expectation(name: str, train: str | None, dtype: str) -> None:
    net = archcalc.load(name)
    steps = steps_of(net)
    precision = precision_of(dtype, TENSOR)
    for batch in (1, 64):
        bound = lower_bound(net, steps, batch, precision, train=bool(train))
        times = [
            expect(net, steps, batch, precision, manner_of(framework, None, layout, train)).seconds
            for framework in ("eager", "graph", "compiled")
            for layout in ("nchw", "nhwc")
        ]
        assert 0 < bound <= min(times)
        assert times[0] >= times[2] >= times[5], "eager, as a graph, fused: each is at least as fast"


@pytest.mark.parametrize("name", MANY)
def test_a_training_pass_takes_about_three_forward_passes(name: str) -> None:
    net = archcalc.load(name)
    steps, precision = steps_of(net), precision_of(FLOAT32, FLAT)
    forward = expect(net, steps, 64, precision, Manner()).seconds
    train = expect(net, steps, 64, precision, Manner(train="sgd")).seconds
    # Measured: a median of 3.07, quartiles of 2.88 and 3.37, over 158 pairs of public times.
    assert 2 < train / forward < 4


def test_launching_decides_small_passes() -> None:
    net = archcalc.load("lenet5")
    found = expect(net, steps_of(net), 1, precision_of(FLOAT32, FLAT), Manner())
    assert (found.bound_by, found.launches) == (LAUNCH, 13)
    assert found.seconds == pytest.approx(13 * 45e-6)
    free = expect(net, steps_of(net), 1, precision_of(FLOAT32, FLAT), Manner(launch_us=0))
    assert free.bound_by != LAUNCH


CONVOLUTION, LINEAR = Kernel("conv", 1, 0, 1), Kernel("fc", 1, 0, 1)


def test_tf32_is_as_in_pytorch_unless_it_is_asked_for() -> None:
    asked = [precision_of(FLOAT32, TENSOR, tf32) for tf32 in (None, True, False)]
    assert [one.is_tf32(CONVOLUTION) for one in asked] == [True, True, False]
    assert [one.is_tf32(LINEAR) for one in asked] == [False, True, False]
    assert not precision_of(FLOAT32, FLAT, True).is_tf32(CONVOLUTION), "it has no such unit"
    assert not precision_of("float16", TENSOR, True).is_tf32(CONVOLUTION)


def test_half_precision_without_its_unit_is_stored_and_not_computed() -> None:
    half = precision_of("float16", FLAT)
    assert (half.computed, half.value_bytes, half.mac_rate(CONVOLUTION)) == (FLOAT32, 2, 10**12)
    with pytest.raises(ArchcalcError, match="flat has no rate for int8"):
        precision_of("int8", FLAT)
    with pytest.raises(ArchcalcError, match="unknown dtype 'float23'"):
        precision_of("float23", FLAT)


def test_mixed_precision_keeps_parameters_in_float32() -> None:
    assert bytes_of("amp") == (2, 4)
    fitted = archcalc.fit("resnet50", "rtx3090", batch=8, train="momentum", dtype="amp")
    half, full = (
        archcalc.fit("resnet50", "rtx3090", batch=8, train="momentum", dtype=dtype)
        for dtype in ("float16", "float32")
    )
    parts = [{part.name: part.at(8) for part in one.demands[0].parts} for one in (half, fitted, full)]
    for name in ("parameters", "gradients", "optimizer (momentum)"):
        assert parts[1][name] == parts[2][name] == 2 * parts[0][name]
    assert parts[1]["activations"] == parts[0]["activations"]
    assert parts[1]["parameters in half precision"] == parts[0]["parameters"]


def test_activations_with_memory_of_their_own_keep_more() -> None:
    net = archcalc.load("vgg16")
    in_place, apart = (
        kept_for_backward(net, steps_of(net), in_place=in_place).values for in_place in (True, False)
    )
    # 13.5 million values: the input of every ReLU, and of the softmax.
    assert apart - in_place == sum(step.y.size for step in steps_of(net) if step.op.name in ("conv", "fc"))


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("keras", None, "nchw", None), "unknown framework 'keras' (known: eager, compiled, graph)"),
        (("eager", None, "hwc", None), "unknown layout 'hwc'"),
        (("eager", None, "nchw", "adam2"), "unknown optimizer 'adam2'"),
    ],
)
def test_a_word_that_does_not_exist_is_refused(args: tuple[str, None, str, str | None], says: str) -> None:
    with pytest.raises(ArchcalcError) as caught:
        manner_of(*args)
    assert says in str(caught.value)
