"""Windows counted one by one against the formulas, and the cases that the literature argues about."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from archcalc.dims.traced import Traced
from archcalc.ops import OPS
from archcalc.ops.base import Volume
from archcalc.ops.rounding import ROUNDINGS

sides = st.integers(1, 24)
kernels = st.integers(1, 7)
strides = st.integers(1, 5)
pads = st.integers(0, 3)


def lined_up(
    size: int, extent: int, stride: int, before: int, after: int, rule: str, padded: bool
) -> int | None:
    """Slide a window over the positions -before .. size + after - 1 and count where it may stand.

    None where the rule wants the last window to end with the padding and it does not.
    """
    end = size + after
    starts = [-before]
    if rule in ("floor", "exact"):
        while starts[-1] + stride + extent <= end:
            starts.append(starts[-1] + stride)
        return None if rule == "exact" and starts[-1] + extent != end else len(starts)
    while starts[-1] + extent < end:  # something at the end was not seen yet
        starts.append(starts[-1] + stride)
    if rule == "ceil" or (rule == "caffe" and padded):
        starts = [start for start in starts if start < size]
    return len(starts)


def fewest_zeros(size: int, extent: int, stride: int) -> int:
    """How many zeros TensorFlow's SAME must add so that a window stands for every stride-th value."""
    windows = len(range(0, size, stride))
    zeros = 0
    while lined_up(size, extent, stride, 0, zeros, "floor", True) < windows or size + zeros < extent:
        zeros += 1
    return zeros


def fits(op, x):
    """The first claim that fails, but for notes; None if the op fits."""
    for claim in op.claims((x,)):
        if not claim.note and not claim.relation(claim.left, claim.right):
            return claim
    return None


def conv(**options):
    return OPS["conv"](**{"filters": 1, "kernel": 1} | options)


@pytest.mark.parametrize("rule", ROUNDINGS)
@given(size=sides, extent=kernels, stride=strides, before=pads, after=pads)
def test_a_rule_counts_the_windows_that_stand(rule, size, extent, stride, before, after):
    op, x = conv(kernel=extent, stride=stride, pad=((before, after),), rounding=rule), Volume((size,), 1)
    # Rounded up, a window counts that hangs over by less than a stride.
    hangs_over = extent - (size + before + after)
    if hangs_over > (stride - 1 if ROUNDINGS[rule].verb == "up" else 0):
        assert fits(op, x).option == "kernel"
        return
    expected = lined_up(size, extent, stride, before, after, rule, before + after > 0)
    if expected is None:
        assert fits(op, x).option == "stride"
    else:
        assert fits(op, x) is None
        assert op.shape((x,)).spatial == (expected,)


@given(axes=st.lists(st.tuples(sides, kernels, strides, pads), min_size=2, max_size=2))
def test_caffe_clips_every_axis_if_any_is_padded(axes):
    for size, extent, stride, pad in axes:
        assume(extent > pad)
        assume(extent - (size + 2 * pad) < stride)
    size, kernel, stride, pad = zip(*axes, strict=True)
    op = OPS["maxpool"](kernel=kernel, stride=stride, pad=pad, rounding="caffe")
    expected = tuple(lined_up(w, f, s, p, p, "caffe", any(pad)) for w, f, s, p in axes)
    assert op.shape((Volume(size, 1),)).spatial == expected


@given(size=sides, extent=kernels, stride=strides)
def test_same_pads_with_the_fewest_zeros(size, extent, stride):
    op, x = conv(kernel=extent, stride=stride, pad="same"), Volume((size,), 1)
    assert fits(op, x) is None
    assert op.shape((x,)).spatial == (len(range(0, size, stride)),)
    (axis,) = op.axes(x)
    assert axis.before + axis.after == fewest_zeros(size, extent, stride)
    assert axis.after - axis.before in (0, 1)  # TensorFlow puts the odd one at the end


@given(size=sides, extent=kernels, stride=strides)
def test_valid_pads_with_nothing(size, extent, stride):
    assume(size >= extent)
    op = conv(kernel=extent, stride=stride, pad="valid")
    assert op.shape((Volume((size,), 1),)).spatial == (lined_up(size, extent, stride, 0, 0, "floor", False),)


@given(size=sides, taps=kernels, step=st.integers(1, 3), pad=pads)
def test_a_dilated_kernel_spans_its_taps(size, taps, step, pad):
    extent = len(range(0, taps * step, step)) and range(0, taps * step, step)[-1] + 1
    assume(size + 2 * pad >= extent)
    op = conv(kernel=taps, dilation=step, pad=pad)
    assert op.shape((Volume((size,), 1),)).spatial == (lined_up(size, extent, 1, pad, pad, "floor", pad > 0),)


@given(size=sides, excess=st.integers(1, 3), pad=pads)
def test_a_window_that_does_not_fit_is_an_error(size, excess, pad):
    extent = size + 2 * pad + excess
    claim = fits(conv(kernel=extent, pad=pad), Volume((size,), 1))
    assert claim.option == "kernel"
    assert claim.says() == f"a window of {extent} does not fit an input of {size} with padding {pad} + {pad}"


@given(size=sides, extent=kernels, stride=strides, rule=st.sampled_from(["ceil", "caffe", "ceil-noclip"]))
def test_rounded_up_a_window_may_hang_over_by_less_than_a_stride(size, extent, stride, rule):
    claim = fits(conv(kernel=extent, stride=stride, rounding=rule), Volume((size,), 1))
    assert (claim is None) == (extent - size < stride)
    if claim is not None:
        assert claim.option == "kernel"
        assert claim.says() == (
            f"a window of {extent} does not fit an input of {size} with padding 0 + 0: "
            f"rounded up, it may hang over by less than the stride of {stride}"
        )


@pytest.mark.parametrize(
    ("options", "size", "windows"),
    [
        pytest.param({"kernel": 5, "stride": 4, "rounding": "ceil"}, 3, 1, id="ceil_mode, a wide window"),
        pytest.param({"kernel": 6, "stride": 4, "rounding": "caffe"}, 3, 1, id="Caffe, a wide window"),
        pytest.param({"kernel": 11, "stride": 4}, 227, 55, id="AlexNet as the lectures have it"),
        pytest.param({"kernel": 11, "stride": 4, "pad": 2}, 224, 55, id="AlexNet in torchvision"),
        pytest.param(
            {"kernel": 11, "stride": 4, "rounding": "ceil-noclip"}, 224, 55, id="AlexNet in cuda-convnet"
        ),
        pytest.param({"kernel": 11, "stride": 4}, 224, 54, id="AlexNet as the paper says, rounded down"),
        pytest.param(
            {"kernel": 2, "stride": 2, "pad": 1, "rounding": "ceil"}, 3, 2, id="ceil_mode drops a window"
        ),
        pytest.param(
            {"kernel": 2, "stride": 2, "pad": 1, "rounding": "ceil-noclip"}, 3, 3, id="which would hang over"
        ),
        pytest.param(
            {"kernel": 2, "stride": 2, "pad": 1, "rounding": "caffe"}, 7, 4, id="Caffe clips where it pads"
        ),
        pytest.param({"kernel": 2, "stride": 2, "pad": 1, "rounding": "ceil-noclip"}, 7, 5, id="unclipped"),
        pytest.param(
            {"kernel": 1, "stride": 4, "rounding": "caffe"}, 6, 3, id="Caffe without padding does not clip"
        ),
        pytest.param({"kernel": 1, "stride": 4, "rounding": "ceil"}, 6, 2, id="ceil_mode does"),
        pytest.param({"kernel": 3, "dilation": 2, "pad": "valid"}, 10, 6, id="a dilated kernel, VALID"),
        pytest.param({"kernel": 4, "pad": "same"}, 10, 10, id="an even kernel, SAME"),
        pytest.param(
            {"kernel": 4, "stride": 3, "pad": "same"}, 10, 4, id="an even kernel and a stride, SAME"
        ),
        pytest.param({"kernel": 1, "stride": 2, "pad": "same"}, 5, 3, id="a stride beyond the kernel, SAME"),
        pytest.param({"kernel": 3, "stride": 2, "pad": "same"}, 224, 112, id="MobileNet in TensorFlow"),
    ],
)
def test_cases_that_programs_disagree_about(options, size, windows):
    op, x = conv(**options), Volume((size, size), 3)
    assert fits(op, x) is None
    assert op.shape((x,)).spatial == (windows, windows)


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "zeros"),
    [
        (10, 4, 1, (1, 2)),
        (10, 4, 2, (1, 1)),
        (224, 3, 2, (0, 1)),
        (10, 2, 1, (0, 1)),
        (5, 1, 2, (0, 0)),
        (9, 4, 3, (0, 1)),
    ],
)
def test_same_puts_the_odd_zero_at_the_end(size, kernel, stride, zeros):
    (axis,) = conv(kernel=kernel, stride=stride, pad="same").axes(Volume((size,), 1))
    assert (axis.before, axis.after) == zeros


# --- the stride of a pool --------------------------------------------------------------------------------

POOLS = ["maxpool", "avgpool", "l2pool", "subsample"]


@pytest.mark.parametrize("name", POOLS)
@pytest.mark.parametrize("kernel", [2, (2, 3)])
def test_the_windows_of_a_pool_stand_side_by_side(name, kernel):
    op = OPS[name](kernel=kernel)
    assert op.stride == kernel
    assert op.shape((Volume((12, 12), 3),)).spatial == ((6, 6) if kernel == 2 else (6, 4))
    assert vars(op) == vars(OPS[name](kernel=kernel, stride=kernel))


@pytest.mark.parametrize("name", POOLS)
def test_a_written_stride_stays(name):
    op = OPS[name](kernel=3, stride=1)
    assert op.stride == 1
    assert replace(op, kernel=2).stride == 1
    assert replace(op, rounding="ceil").stride == 1


def test_a_global_pool_has_a_stride_of_1():
    assert OPS["avgpool"](kernel="global").stride == 1


def test_the_stride_of_a_convolution_is_1():
    assert conv(kernel=3).stride == 1


def test_the_stride_of_a_pool_is_of_the_kind_of_its_kernel():
    op = OPS["maxpool"](kernel=Traced(2, "F"))
    assert op.stride is op.kernel
    assert str(op.shape((Volume((Traced(8, "W"),), 1),)).spatial[0]) == "4"
    pytest.importorskip("sympy")
    from archcalc.dims.symbolic import symbol

    k, n = symbol("k"), symbol("n")
    (side,) = OPS["maxpool"](kernel=k).shape((Volume((n,), 1),)).spatial
    assert [side.subs({k: 2, n: size}) for size in (7, 8)] == [3, 4]


# --- what is said --------------------------------------------------------------------------------------


def test_exact_says_what_does_not_fit_and_what_would():
    claim = fits(conv(kernel=11, stride=4, rounding="exact"), Volume((224, 224), 3))
    assert claim.says() == "the window does not fit: (224 - 11 + 2·0)/4 + 1 = 54.25 is not whole"
    assert claim.hint() == "input sizes 223 and 227 would fit, and so would padding 1 before and 2 after"
    assert fits(conv(kernel=11, stride=4, rounding="exact"), Volume((227, 227), 3)) is None


def test_a_side_of_one_is_said_to_fit():
    claim = fits(conv(kernel=1, stride=2, rounding="exact"), Volume((2,), 1))
    assert claim.hint() == "input sizes 1 and 3 would fit, and so would padding 0 before and 1 after"


@given(size=sides, extent=kernels, stride=strides, before=pads, after=pads)
def test_what_is_said_to_fit_fits(size, extent, stride, before, after):
    assume(size + before + after >= extent)
    op = conv(kernel=extent, stride=stride, pad=((before, after),), rounding="exact")
    claim = fits(op, Volume((size,), 1))
    assume(claim is not None)
    hint = claim.hint()
    numbers = [int(word) for word in hint.replace(",", "").split() if word.isdigit()]
    offered, (first, *last) = (
        (numbers[:-2], numbers[-2:]) if "before" in hint else (numbers[:-1], numbers[-1:])
    )
    assert offered
    assert hint.startswith("input sizes " if len(offered) == 2 else "input size ")
    for side in offered:
        assert side >= 1
        assert abs(side - size) < stride
        assert fits(op, Volume((side,), 1)) is None
    pad = ((first, last[0] if last else first),)
    assert fits(conv(kernel=extent, stride=stride, pad=pad, rounding="exact"), Volume((size,), 1)) is None
    printed = Fraction(claim.says().split(" = ")[1].split()[0])
    assert printed == Fraction(size + before + after - extent, stride) + 1


@pytest.mark.parametrize(
    ("options", "size", "says"),
    [
        ({"kernel": 3, "stride": 2}, 6, "(6 - 3 + 2·0)/2 + 1 = 2.5, rounded down to 2"),
        ({"kernel": 3, "stride": 2, "rounding": "ceil"}, 6, "(6 - 3 + 2·0)/2 + 1 = 2.5, rounded up to 3"),
        ({"kernel": 5, "stride": 4, "rounding": "ceil"}, 3, "(3 - 5 + 2·0)/4 + 1 = 0.5, rounded up to 1"),
        (
            {"kernel": 1, "stride": 2, "rounding": "ceil"},
            32,
            "(32 - 1 + 2·0)/2 + 1 = 16.5, but window 17 would start outside the input, so there are 16",
        ),
        (
            {"kernel": 1, "stride": 5, "pad": 1, "rounding": "caffe"},
            2,
            "(2 - 1 + 2·1)/5 + 1 = 1.6, but window 2 would start outside the input, so there is 1",
        ),
        (
            {"kernel": 1, "stride": 2, "rounding": "caffe"},
            32,
            "(32 - 1 + 2·0)/2 + 1 = 16.5, rounded up to 17",
        ),
        ({"kernel": 3, "stride": 3, "pad": ((0, 1),)}, 6, "(6 - 3 + 0 + 1)/3 + 1 = 7/3, rounded down to 2"),
    ],
)
@pytest.mark.parametrize("kind", [int, Traced])
def test_a_remainder_is_noted(options, size, says, kind):
    notes = [c for c in conv(**options).claims((Volume((kind(size),), kind(1)),)) if c.note]
    assert [c.says() for c in notes if not c.relation(c.left, c.right)] == [says]


def test_a_remainder_of_a_symbol_is_noted_without_its_decimal():
    pytest.importorskip("sympy")
    from archcalc.dims.symbolic import symbol

    odd = 2 * symbol("n") + 5
    (note,) = [claim for claim in conv(kernel=2, stride=2).claims((Volume((odd,), 1),)) if claim.note]
    assert note.relation(note.left, note.right) is False
    assert note.says() == "(2*n + 5 - 2 + 2·0)/2 + 1, rounded down to n + 2"
    exact = fits(conv(kernel=2, stride=2, rounding="exact"), Volume((odd,), 1))
    assert (exact.says(), exact.hint()) == (
        "the window does not fit: (2*n + 5 - 2 + 2·0)/2 + 1 is not whole",
        "",
    )


# --- windows without a fixed size ------------------------------------------------------------------------


def adaptive_windows(size: int, out: int) -> list[int]:
    """The sizes of PyTorch's adaptive windows, from ⌊i·W/O⌋ to ⌈(i+1)·W/O⌉."""
    return [
        math.ceil(Fraction((i + 1) * size, out)) - math.floor(Fraction(i * size, out)) for i in range(out)
    ]


@given(
    shape=st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40)), min_size=1, max_size=2),
    channels=st.integers(1, 3),
)
def test_adaptive_windows_are_counted_exactly(shape, channels):
    size, out = zip(*shape, strict=True)
    op, x = OPS["adaptive_avgpool"](output=out), Volume(size, channels)
    windows = [adaptive_windows(w, o) for w, o in shape]
    values = [math.prod(sizes) for sizes in _every_combination(windows)]
    assert op.cost((x,), op.shape((x,))) == {
        "adds": channels * sum(n - 1 for n in values),
        "divs": channels * len(values),
    }
    for reach, sizes, (w, o) in zip(op.reach((x,)), windows, shape, strict=True):
        assert reach.extent == max(sizes)
        assert Fraction(reach.step, reach.finer) == Fraction(w, o)


def _every_combination(windows: list[list[int]]) -> list[tuple[int, ...]]:
    from itertools import product

    return list(product(*windows))


@given(
    size=st.integers(1, 9),
    kernel=st.integers(1, 4),
    stride=st.integers(1, 3),
    step=st.integers(1, 3),
    pad=st.integers(0, 2),
)
def test_a_transposed_convolution_reaches_as_far_as_its_kernels(size, kernel, stride, step, pad):
    op = OPS["deconv"](filters=1, kernel=kernel, stride=stride, dilation=step, pad=pad)
    reached = {i * stride + tap * step for i in range(size) for tap in range(kernel)}
    assume(max(reached) + 1 > 2 * pad)
    assert op.shape((Volume((size,), 1),)).spatial == (max(reached) + 1 - 2 * pad,)
