"""Every mistake is found by its figure, which is worked out here by hand; without a fit there is none."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

import archcalc
from archcalc.classroom.answer_key import AnswerKey
from archcalc.classroom.mistakes import LAST, MISTAKES
from archcalc.classroom.mistakes.base import COSTS, MEMORY, STORES, any_form
from archcalc.classroom.read.number import written
from archcalc.classroom.search import MOST_NAMED, Search, significant_digits
from archcalc.classroom.submission import QUANTITIES
from archcalc.language.printed import Figure, figure_agreement

NETWORKS = ("alexnet", "alexnet-2gpu", "vgg16", "lenet5-lecture", "resnet18", "googlenet", "nin-imagenet")


@cache
def key(name: str, batch: int = 1) -> AnswerKey:
    return AnswerKey(archcalc.load(name), batch=batch)


def search(name: str, layer: str, quantity: str, batch: int = 1) -> Search:
    found = key(name, batch).search(layer, quantity)
    assert found is not None
    return found


def named(name: str, layer: str, quantity: str, text: str, batch: int = 1) -> list[str]:
    return [wrong.id for wrong in search(name, layer, quantity, batch).explain(written(text, quantity).given)]


# AlexNet as the lectures have it: conv1 is 96 11x11 filters at stride 4 on 227x227x3, conv2 256 5x5 with
# pad 2 on 27x27x96, conv3 384 3x3 with pad 1 on 13x13x256, pool1 3x3 at stride 2 on 55x55x96, fc6 4096 on
# 6x6x256. In the two-GPU network conv2 has two groups, so that a filter reads 48 channels.
FOUND = [
    # --- shapes
    ("alexnet", "conv2", "output", "23x23x256", "forgot-padding"),  # (27 - 5)/1 + 1
    ("alexnet", "conv2", "output", "25x25x256", "halved-padding"),  # (27 - 5 + 2)/1 + 1
    ("alexnet", "conv2", "output", "31x31x256", "doubled-padding"),  # (27 - 5 + 8)/1 + 1
    ("alexnet", "conv1", "output", "217x217x96", "ignored-stride"),  # 227 - 11 + 1
    ("alexnet", "pool1", "output", "18x18x96", "stride-is-kernel"),  # 55 // 3
    ("alexnet", "conv1", "output", "54x54x96", "forgot-plus-one"),
    ("googlenet", "pool1", "output", "55x55x64", "floor-for-ceil"),  # (112 - 3)/2 + 1 = 55.5
    ("resnet18", "conv1", "output", "113x113x64", "ceil-for-floor"),  # (224 - 7 + 6)/2 + 1 = 112.5
    ("alexnet", "pool1", "output", "28x28x96", "assumed-same"),  # ceil(55/2)
    ("alexnet", "pool1", "output", "55x55x96", "previous-output"),
    ("alexnet", "conv2", "output", "55x55x256", "input-of-previous"),  # 55 - 5 + 4 + 1
    ("alexnet", "conv1", "output", "54x54x96", "wrong-input-size"),  # (224 - 11)/4 + 1 = 54.25
    ("alexnet", "conv1", "output", "227x227x96", "size-of-input"),
    ("alexnet", "conv2", "output", "27x27x96", "depth-of-input"),
    ("alexnet", "pool1", "output", "27x27x48", "pooled-depth"),
    ("alexnet", "conv1", "output", "96x55x55", "channels-first"),
    ("alexnet", "conv1", "output", "55x55", "height-and-width-only"),
    ("alexnet", "pool3", "output", "9216", "values-for-volume"),
    (
        "alexnet",
        "conv1",
        "macs",
        "54*54*96*11*11*3",
        "forgot-plus-one",
    ),  # what follows from a shape follows wrong
    ("alexnet", "conv2", "activations", "23*23*256", "forgot-padding"),
    # --- what is stored
    ("alexnet", "conv1", "params", "34,848", "forgot-bias"),  # 11*11*3*96
    ("alexnet", "", "params", "62,367,776", "forgot-bias"),
    ("alexnet", "conv1", "weights", "34,944", "counted-bias"),
    ("resnet18", "", "weights", "11,688,512", "counted-norm"),  # 11,678,912 and 9,600 gamma and beta
    ("resnet18", "", "params", "11,679,912", "forgot-norm"),  # 11,689,512 without them
    ("resnet18", "", "params", "11,688,513", "one-bias-in-all"),  # one for fc's 1000
    ("alexnet", "conv1", "params", "11*11*96 + 96", "forgot-input-depth"),
    ("alexnet", "conv1", "macs", "55*55*11*11*96", "forgot-input-depth"),
    ("alexnet", "conv1", "params", "11*11*3 + 1", "one-filter"),
    ("alexnet-2gpu", "conv2", "params", "5*5*96*256 + 256", "ignored-groups"),
    ("alexnet-2gpu", "conv2", "macs", "27*27*5*5*96*256", "ignored-groups"),
    ("alexnet", "conv2", "params", "5*5*48*256 + 256", "assumed-groups"),
    ("alexnet-2gpu", "conv2", "params", "5*5*48*128 + 128", "one-group"),
    ("alexnet", "conv2", "params", "5*96*256 + 256", "kernel-one-side"),
    ("alexnet", "fc6", "params", "256*4096 + 4096", "forgot-flatten"),
    ("alexnet", "fc6", "params", "6*256*4096 + 4096", "flattened-one-side"),
    ("alexnet", "conv1", "params", "34848 + 1", "one-bias-in-all"),
    ("alexnet", "conv2", "params", "614400 + 96", "bias-per-input"),
    ("alexnet", "conv1", "params", "34848 + 55*55*96", "bias-per-position"),
    ("alexnet", "conv2", "params", "5*5*256*256 + 256", "filters-as-depth"),
    ("alexnet", "conv2", "params", "5*5*3*256 + 256", "depth-of-image"),
    ("alexnet", "pool1", "params", "3*3*96", "weights-in-pooling"),
    ("alexnet", "pool1", "params", "3*3*96*96 + 96", "weights-in-pooling"),
    ("resnet18", "conv1/bn", "params", "256", "counted-buffers"),
    ("alexnet", "conv1", "params", "105,415,200", "macs-for-params"),
    ("alexnet", "conv1", "params", "290,400", "values-for-params"),
    ("alexnet", "conv4", "params", "3*3*256*384 + 384", "input-of-previous"),
    # --- operations
    ("alexnet", "conv1", "flops", "105,415,200", "macs-for-flops"),
    ("alexnet", "conv1", "macs", "210,830,400", "flops-for-macs"),
    ("alexnet", "conv1", "macs", "2*105415200 + 290400", "flops-for-macs"),  # with the additions of biases
    ("alexnet", "conv1", "flops", "210,830,400", "only-macs-in-flops"),
    ("alexnet", "conv1", "macs", "34,848", "params-for-macs"),
    ("alexnet", "conv1", "macs", "227*227*11*11*3*96", "positions-of-input"),
    ("alexnet", "conv1", "macs", "55*11*11*3*96", "positions-one-side"),
    ("alexnet", "conv1", "macs", "105415200 + 290400", "biases-as-macs"),
    ("lenet5", "C3", "params", "16*(5*5*6 + 1)", "ignored-table"),
    ("lenet5", "C3", "macs", "10*10*16*5*5*6", "ignored-table"),
    ("alexnet", "fc6", "output", "6x6x4096", "dense-on-last-axis"),
    ("alexnet", "fc6", "activations", "6*6*4096", "dense-on-last-axis"),
    # --- receptive fields: 11 and jump 4 behind conv1, 11 + 2*4 = 19 and 8 behind pool1, 19 + 4*8 = 51
    ("alexnet", "pool1", "receptive_field", "27", "jump-after-stride"),  # 11 + 2*8
    ("alexnet", "conv1", "receptive_field", "41", "jump-after-stride"),  # 1 + 10*4
    ("alexnet", "conv2", "receptive_field", "19", "sum-of-kernels"),  # 11 + 3 + 5
    ("alexnet", "conv2", "receptive_field", "17", "sum-of-kernels"),  # 1 + 10 + 2 + 4
    ("alexnet", "conv2", "receptive_field", "11", "forgot-first-layer"),  # 3 + 4*2
    ("alexnet", "conv2", "jump", "2", "forgot-first-layer"),
    # --- totals
    ("alexnet", "", "activations", "894,984", "forgot-input-row"),  # 1,049,571 - 154,587
    ("alexnet", "", "params", "61,493,224", "missed-a-layer"),  # 62,378,344 - 885,120: conv3
    ("alexnet", "", "params", "63,263,464", "counted-twice"),
    ("alexnet", "", "params", "3,747,200", "only-conv"),
    ("alexnet", "", "params", "58,631,144", "only-fc"),
    ("vgg16", "", "activations", "24M", "rows-as-thousands"),  # the lectures' own: 24,367K
    # --- units and digits
    ("alexnet", "conv1", "activations", "55*55", "forgot-depth"),
    ("alexnet", "pool1", "activations", "290,400", "input-for-output"),
    ("alexnet", "conv1", "activation_bytes", "290400 values", "forgot-bytes"),
    ("alexnet", "conv1", "activations", "1,161,600", "bytes-for-values"),
    ("alexnet", "conv1", "activation_bytes", "2,323,200", "wrong-value-bytes"),
    ("alexnet", "conv1", "activation_bytes", "9,292,800", "bits-for-bytes"),
    ("vgg16", "", "activation_bytes", "58.13 MB", "mib-for-mb"),
    ("vgg16", "", "activation_bytes", "60.95 MiB", "mb-for-mib"),
    ("alexnet", "conv1", "param_bytes", "136.5 KB", "kib-for-kb"),
    ("alexnet", "conv1", "param_bytes", "139.8 KiB", "kb-for-kib"),
    ("vgg16", "", "param_bytes", "0.5154 GB", "gib-for-gb"),
    ("vgg16", "", "param_bytes", "0.5534 GiB", "gb-for-gib"),
    ("vgg16", "", "params", "131.948M", "1024-for-1000"),  # 138,357,544 / 2^20
    ("alexnet", "conv1", "params", "34.944M", "unit-slip"),
    ("alexnet", "conv1", "macs", "128*105415200", "off-by-batch"),
    ("alexnet", "conv1", "params", "39,444", "swapped-digits"),
    ("alexnet", "conv1", "params", "3,494", "dropped-digit"),
]


@pytest.mark.parametrize(
    ("name", "layer", "quantity", "text", "mistake"),
    FOUND,
    ids=[f"{row[4]}-{row[1] or 'total'}" for row in FOUND],
)
def test_a_mistake_is_found(name: str, layer: str, quantity: str, text: str, mistake: str) -> None:
    assert mistake in named(name, layer, quantity, text)


def test_every_mistake_is_in_the_table() -> None:
    # Exchanged sides need a layer that is not square, ignored dilation one that has any: below.
    # Positions of the output need a transposed convolution.
    elsewhere = {"transposed-hw", "ignored-dilation", "positions-of-output"}
    assert {mistake.id for mistake in MISTAKES} - {row[4] for row in FOUND} == elsewhere


def test_at_least_25_mistakes_each_once() -> None:
    ids = [mistake.id for mistake in MISTAKES]
    assert len(ids) >= 25
    assert [name for name, times in Counter(ids).items() if times > 1] == []
    assert {quantity for mistake in MISTAKES for quantity in mistake.quantities} <= {*QUANTITIES, "buffers"}
    assert all(mistake.sentence.endswith(".") for mistake in MISTAKES)


def spec(tmp_path, layer: str, size: str = "[30, 20, 3]") -> AnswerKey:
    path = tmp_path / "net.yaml"
    path.write_text(f"name: net\ninput: {size}\nlayers:\n  - {layer}\n")
    return AnswerKey(archcalc.load(str(path)))


def test_exchanged_sides_and_forgotten_dilation(tmp_path) -> None:
    found = spec(tmp_path, "{conv: 8, kernel: 3, dilation: 2, name: conv1}").search("conv1", "output")
    assert found is not None
    assert [wrong.id for wrong in found.explain((16, 26, 8))] == ["transposed-hw"]
    assert [wrong.id for wrong in found.explain((28, 18, 8))] == ["ignored-dilation"]


def only(found: Search | None, figure: int) -> list[str]:
    assert found is not None
    return [wrong.id for wrong in found.explain(Figure(Fraction(figure)))]


def test_a_transposed_convolution_counted_at_its_output(tmp_path) -> None:
    up = spec(tmp_path, "{deconv: 8, kernel: 4, stride: 2, pad: 1, name: up}", "[8, 8, 16]")
    assert "positions-of-output" in only(up.search("up", "macs"), 16 * 16 * 4 * 4 * 16 * 8)
    # 17x17 outputs are not four times 8x8: both ways to count are known.
    odd = spec(tmp_path, "{deconv: 8, kernel: 3, stride: 2, name: up}", "[8, 8, 16]")
    for macs in (17 * 17 * 3 * 3 * 16 * 8, 4 * 8 * 8 * 3 * 3 * 16 * 8):
        assert "positions-of-output" in only(odd.search("up", "macs"), macs)


def test_one_filter_of_a_depthwise_convolution(tmp_path) -> None:
    layer = spec(tmp_path, "{conv: depthwise, kernel: 3, pad: 1, bias: false, name: dw}", "[9, 9, 7]")
    assert only(layer.search("dw", "params"), 9) == ["one-filter"]
    assert only(layer.search("dw", "macs"), 9 * 9 * 9) == ["one-filter"]


def test_a_receptive_field_without_the_dilation(tmp_path) -> None:
    layer = spec(tmp_path, "{conv: 8, kernel: 3, dilation: 6, name: conv1}")
    assert only(layer.search("conv1", "receptive_field"), 3) == ["ignored-dilation"]


def test_a_receptive_field_where_branches_meet_has_no_calculation() -> None:
    assert key("googlenet").search("inception_3b/1x1/conv1", "receptive_field") is None


# --- pairs, candidates, and nothing ---------------------------------------------------------------------

PAIRS = [
    ("alexnet", "conv1", "params", "11*11*96", {"forgot-bias", "forgot-input-depth"}),
    ("alexnet-2gpu", "conv2", "macs", "2*27*27*5*5*96*256", {"ignored-groups", "flops-for-macs"}),
    ("alexnet", "conv2", "activation_bytes", "23*23*256", {"forgot-padding", "forgot-bytes"}),
    ("alexnet", "conv1", "activation_bytes", "54*54*96*8", {"forgot-plus-one", "wrong-value-bytes"}),
]


@pytest.mark.parametrize(("name", "layer", "quantity", "text", "mistakes"), PAIRS)
def test_a_pair_is_found(name: str, layer: str, quantity: str, text: str, mistakes: set[str]) -> None:
    assert mistakes in [set(found.split("+")) for found in named(name, layer, quantity, text)]


def test_several_candidates_are_all_named() -> None:
    assert named("alexnet", "conv1", "output", "54x54x96") == ["forgot-plus-one", "wrong-input-size"]


def test_a_candidate_says_what_it_is_about() -> None:
    (found,) = search("alexnet", "", "params").explain(Figure(62_378_344 - 885_120, (1,)))
    assert found.sentences == ("conv3 is missing from the sum.",)


@pytest.mark.parametrize(
    ("name", "layer", "quantity", "text"),
    [
        pytest.param("alexnet", "conv1", "params", "123,457", id="any number"),
        pytest.param("alexnet", "conv1", "output", "50x50x96", id="any shape"),
        pytest.param("alexnet", "", "params", "60M", id="two digits, near the right figure"),
        pytest.param("alexnet", "", "params", "23.1M", id="three digits of a sum, which many pairs lead to"),
        pytest.param("alexnet", "conv1", "params", "4K", id="one digit"),
        pytest.param("alexnet", "conv1", "params", "0", id="nothing"),
        pytest.param("alexnet", "conv1", "output", "55x55x97", id="off by one"),
        pytest.param("alexnet", "conv1", "params", "34,945", id="one bias in all, but the biases counted in"),
        pytest.param("alexnet", "conv1", "params", "34.95K", id="the same, rounded"),
        pytest.param(
            "alexnet", "conv1", "flops", "421,660,800", id="FLOPs taken for FLOPs"
        ),  # 4·55·55·96·363
        pytest.param("alexnet", "conv1", "activations", "1.218M", id="MB that nobody has written"),
        pytest.param(
            "alexnet", "pool1", "activation_bytes", "29K", id="a digit missing from a rounded figure"
        ),
        pytest.param("alexnet", "conv1", "params", "69,888", id="a batch of two"),
        pytest.param("resnet18", "conv1/bn", "macs", "128,000", id="any number of a layer without products"),
    ],
)
def test_nothing_is_made_up(name: str, layer: str, quantity: str, text: str) -> None:
    assert named(name, layer, quantity, text) == []


# A layer of its own on 16x20x8, what somebody makes of it, and every mistake that leads there.
OWN = [
    # transposed: (16 - 1)·2 + 4 - 2·1 = 32, (20 - 1)·2 + 2 = 40
    ("{deconv: 6, kernel: 4, stride: 2, pad: 1}", "output", (34, 42, 6), ["forgot-padding"]),
    ("{deconv: 6, kernel: 4, stride: 2, pad: 1}", "output", (33, 41, 6), []),  # it has no padding on one side
    (
        "{deconv: 6, kernel: 4, stride: 2, pad: 1}",
        "macs",
        32 * 40 * 6 * 4 * 4 * 8,
        ["positions-of-output"],
    ),  # it works at the input's
    # depthwise: 3·3 weights for each of 8 maps
    ("{conv: depthwise, kernel: 3}", "params", 9 * 8 * 8 + 8, ["ignored-groups"]),
    (
        "{conv: depthwise, kernel: 3}",
        "params",
        9 + 1,
        ["one-filter"],
    ),  # each filter reads one map only: its depth is not missing
    ("{subsample: 2, stride: 2}", "params", 2, []),
    ("{conv: 8, kernel: 3, groups: 4}", "weights", 9 * 4 * 8, ["assumed-groups"]),  # there are four
    # not shared: 14·18·5 units, each with 3·3·8 weights and a bias
    ("{locally_connected: 5, kernel: 3}", "params", 14 * 18 * 5 * 72, ["forgot-bias"]),
    ("{locally_connected: 5, kernel: 3}", "params", 14 * 18 * 5 * 72 + 5, []),
    ("{fc: 10}", "params", 16 * 20 * 8 * 10, ["forgot-bias"]),  # as many MACs, but that is no other question
    ("bn", "weights", 16, ["counted-norm"]),
    ("{maxpool: 16, stride: 16}", "output", (0, 0, 8), []),  # 1x1x8, and a volume of nothing is none
    ("bn", "flops", 0, ["only-macs-in-flops"]),
    ("{maxpool: 2, stride: 2}", "flops", 0, ["only-macs-in-flops"]),
]


@pytest.mark.parametrize(
    ("layer", "quantity", "given_", "mistakes"), OWN, ids=[f"{row[0]} {row[2]}" for row in OWN]
)
def test_a_mistake_is_told_of_layers_that_it_can_be_made_in(
    layer, quantity, given_, mistakes, tmp_path
) -> None:
    own = spec(tmp_path, layer, "[16, 20, 8]")
    found = own.search(own.analysis.layers[0].path, quantity)
    assert found is not None
    shown = given_ if isinstance(given_, tuple) else Figure(given_, (1,))
    assert [wrong.id for wrong in found.explain(shown) if wrong.id not in LAST] == mistakes


@pytest.mark.slow
def test_both_of_a_pair_spoil_what_is_asked() -> None:
    for question in QUESTIONS[::7]:
        for pair in search(*question).pairs():
            assert all(question[2] in mistake.quantities for mistake in pair.mistakes)


@pytest.mark.slow
def test_the_right_figure_is_no_mistake() -> None:
    for name in NETWORKS:
        for layer in [*key(name).steps, ""]:
            for quantity in ("output", "params", "macs") if layer else ("params", "macs"):
                found = key(name).search(layer, quantity)
                assert found is not None
                right = found.right.result()
                assert right not in [wrong.result for wrong, _ in found.singles()]


@pytest.mark.slow
def test_a_mistake_made_before_is_suspected_again() -> None:
    # The lectures' 93MB: 24,367K values of 4 bytes are 92.95 MiB. Two digits alone would not tell that.
    found = search("vgg16", "", "activation_bytes")
    given_ = written("93MB").given
    assert found.explain(given_) == []
    assert [wrong.id for wrong in found.explain(given_, {"rows-as-thousands"})] == [
        "rows-as-thousands+mib-for-mb"
    ]


def test_of_a_batch() -> None:
    batch = 32
    assert named("alexnet", "conv4", "macs", "224,280,576", batch) == ["off-by-batch"]
    assert named("alexnet", "conv2", "macs", "447,897,600", batch) == [
        "depth-of-image",
        "off-by-batch",
    ]  # 96 = 3*32
    assert named("alexnet", "conv1", "params", str(batch * 34_944), batch) == ["off-by-batch"]


QUESTIONS = [
    (name, layer.path, quantity)
    for name in NETWORKS
    for layer in key(name).analysis.layers[:12]
    for quantity in ("output", *STORES, *COSTS, *MEMORY)
]


@given(st.sampled_from(QUESTIONS), st.data())
def test_whoever_makes_a_mistake_is_told_so(question: tuple[str, str, str], data: st.DataObject) -> None:
    found = search(*question)
    telling = [
        wrong
        for wrong, _ in found.singles()
        if wrong.id not in LAST and wrong.mistakes[0].applies_to is any_form
    ]
    if not telling:
        return
    wrong = data.draw(st.sampled_from(telling))
    shown = wrong.result if isinstance(wrong.result, tuple) else Figure(wrong.result, (1,))
    answers = found.explain(shown)
    near = significant_digits(shown) < 2
    assert near or len(answers) == MOST_NAMED or wrong.id in [answer.id for answer in answers]
    assert all(figure_agreement(shown, answer.result) == "exact" for answer in answers)


def test_the_likeliest_of_many_candidates_are_named() -> None:
    # 14*14*1024*2048 happens to be where four mistakes in the shape lead, too.
    found = named("resnext50-32x4d", "conv2_x/conv2_1/residual/conv3", "flops", "102760448")
    assert "macs-for-flops" in found


def test_a_bias_for_every_input_of_a_flat_layer() -> None:
    assert named("alexnet", "fc6", "params", "6*6*256*4096 + 6*6*256") == ["bias-per-input"]
