"""The Inception family, Xception, and the lectures' examples of blocks: stages, heads and widths.

Totals and printed claims are held by ``test_every_spec``. ``facts/inception-stages.csv`` has the stage
tables: a stage is what comes after the stage above it, up to the last row of the scope that it names.
"""

from __future__ import annotations

import csv
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import archcalc
from archcalc.errors import SpecError
from archcalc.results import Analysis, Layer
from archcalc.results.folding import fold

FACTS = Path(__file__).parent.parent / "facts" / "inception-stages.csv"

with open(FACTS, newline="") as file:
    STAGES: dict[str, list[dict[str, str]]] = {}
    for fact in csv.DictReader(file):
        STAGES.setdefault(fact["network"], []).append(fact)


@cache
def analysis(name: str, aux: bool = False) -> Analysis:
    return archcalc.analyze(name, aux=aux)


def row(name: str, path: str, aux: bool = False) -> Layer:
    """A layer, or what is folded into a scope."""
    (found,) = (row for row in fold(analysis(name, aux).layers, path.count("/") + 1) if row.path == path)
    return found


def counts(rows: list[Layer]) -> dict[str, int]:
    return {
        "weights": sum(row.weights for row in rows),
        "biases": sum(row.biases for row in rows),
        "norm": sum(row.norm_params for row in rows),
        "macs": sum(row.macs for row in rows),
    }


# --- stages ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", STAGES)
def test_stages(name: str) -> None:
    depth = 1 + max(fact["stage"].count("/") for fact in STAGES[name])
    rows = list(fold(analysis(name).layers, depth))
    for fact in STAGES[name]:
        scope = fact["stage"]
        last = max(place for place, row in enumerate(rows) if f"{row.path}/".startswith(f"{scope}/"))
        stage, rows = rows[: last + 1], rows[last + 1 :]
        assert counts(stage) == {key: int(fact[key]) for key in ("weights", "biases", "norm", "macs")}, scope
        assert "x".join(map(str, stage[-1].output)) == fact["output"].removeprefix("1x1x"), scope
    assert [row.op for row in rows] == ["softmax"]


@pytest.mark.parametrize("name", STAGES)
def test_the_stages_of_a_table_add_up_to_its_totals(name: str) -> None:
    totals = analysis(name).totals
    sums = {
        key: sum(int(fact[key]) for fact in STAGES[name]) for key in ("weights", "biases", "norm", "macs")
    }
    assert sums == {
        "weights": totals.weights,
        "biases": totals.biases,
        "norm": totals.norm_params,
        "macs": totals.macs,
    }


ROWS = {
    "googlenet": """
        conv1 pool1 norm1 conv2 norm2 pool2 inception_3a inception_3b pool3
        inception_4a inception_4b inception_4c inception_4d inception_4e pool4
        inception_5a inception_5b pool5 loss3 softmax1
    """,  # Table 1, with the two normalisations of Figure 3
    "inception-v3": """
        Conv2d_1a_3x3 Conv2d_2a_3x3 Conv2d_2b_3x3 MaxPool_3a_3x3 Conv2d_3b_1x1 Conv2d_4a_3x3 MaxPool_5a_3x3
        Mixed_5b Mixed_5c Mixed_5d Mixed_6a Mixed_6b Mixed_6c Mixed_6d Mixed_6e Mixed_7a Mixed_7b Mixed_7c
        AvgPool Logits softmax1
    """,  # the scopes of TF-slim
    "inception-v4": """
        Stem Inception-A Reduction-A Inception-B Reduction-B Inception-C AvgPool Logits softmax1
    """,  # Figure 9
    "inception-resnet-v1": """
        Stem Inception-ResNet-A Reduction-A Inception-ResNet-B Reduction-B Inception-ResNet-C
        AvgPool Logits softmax1
    """,  # Figure 15
    "xception": """
        block1 block2 block3 block4 block5 block6 block7 block8 block9 block10 block11 block12 block13 block14
        avg_pool predictions softmax1
    """,  # the names of Keras
}


@pytest.mark.parametrize("name", ROWS)
def test_depth_1_shows_the_rows_of_the_source(name: str) -> None:
    assert [row.path for row in fold(analysis(name).layers, 1)] == ROWS[name].split()


# --- auxiliary heads ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "params", "macs"),
    [
        ("googlenet", 13_378_280, 1_591_044_096),
        ("googlenet-torchvision", 13_004_888, 1_506_748_416),
        ("inception-v3", 27_161_264, 5_718_899_296),
        # 128·1024 + 2·128, 768·5·5·128 + 2·768 and 1000·768 + 1000 more;
        # 25·128·1024 + 768·3200 + 768,000 MACs
        ("inception-v4", 42_679_816 + 3_359_464, 12_253_974_624 + 6_502_400),
        ("inception-resnet-v2", 59_211_120, 13_162_501_216),
    ],
)
def test_totals_with_auxiliary_heads(name: str, params: int, macs: int) -> None:
    without, found = analysis(name), analysis(name, aux=True)
    assert (found.totals.params, found.totals.macs) == (params, macs)
    assert found.totals.depth == without.totals.depth
    assert [row for row in found.layers if not row.aux] == list(without.layers)
    assert sum(row.params for row in found.layers if row.aux) == params - without.totals.params


@pytest.mark.parametrize(
    ("head", "reads", "params", "macs"),
    [("loss1", (14, 14, 512), 3_188_840, 4_169_728), ("loss2", (14, 14, 528), 3_190_888, 4_202_496)],
)
def test_googlenet_heads(head: str, reads: tuple[int, ...], params: int, macs: int) -> None:
    found = row("googlenet", head, aux=True)
    assert (found.input, found.params, found.macs) == ((reads,), params, macs)
    assert row("googlenet", f"{head}/pool", aux=True).output == (4, 4, reads[-1])


def test_inception_v3_aux_is_inception_v3_with_its_head() -> None:
    own, asked = analysis("inception-v3-aux"), analysis("inception-v3", aux=True)
    assert not any(layer.aux for layer in own.layers)
    assert own.totals == asked.totals
    assert own.layers[-1].output == (1000,)


# --- what is particular ------------------------------------------------------------------------


def test_the_last_window_of_inception_v3_sees_1311_pixels() -> None:
    assert row("inception-v3", "Mixed_7c").receptive_field == (1311, 1311)
    # A 1x3 beside a 3x1: each reaches further along its own axis only.
    assert row("inception-v3", "Mixed_7c/Branch_2/split1/1x3").receptive_field == (1247, 1311)
    assert row("inception-v3", "Mixed_7c/Branch_2/split1/3x1").receptive_field == (1311, 1247)


def test_the_first_row_of_googlenets_table_1_is_the_separable_convolution() -> None:
    separable = row("bn-inception-paper", "conv1")
    assert (separable.weights, separable.macs) == (2_712, 34_019_328)
    assert separable.output == row("googlenet", "conv1").output


def test_squeeze_and_excitation_adds_what_equation_5_says() -> None:
    base, found = analysis("bn-inception").totals, analysis("se-bn-inception").totals
    channels = [256, 320, 576, 576, 576, 608, 608, 1056, 1024, 1024]
    gates = sum(2 * c * (c // 16) for c in channels)
    assert found.weights - base.weights == found.macs - base.macs == gates
    assert found.biases - base.biases == sum(c + c // 16 for c in channels)
    assert found.depth == base.depth == 34  # gates only scale what passes


@pytest.mark.parametrize(
    ("name", "klmn"),
    [
        ("inception-v4", [192, 224, 256, 384]),
        ("inception-resnet-v1", [192, 192, 256, 384]),
        ("inception-resnet-v2-paper", [256, 256, 384, 384]),
        ("inception-resnet-v2", [256, 256, 384, 384]),
    ],
)
def test_reduction_a_has_the_filters_of_table_1(name: str, klmn: list[int]) -> None:
    paths = [*(f"Branch_1/conv{i}" for i in (1, 2, 3)), "Branch_0/conv1"]
    assert [row(name, f"Reduction-A/{path}").output[-1] for path in paths] == klmn


@pytest.mark.parametrize(
    ("linear", "where", "channels"),
    [
        ([384, 1154, 2144], "Inception-ResNet-B", (1154, 1152)),
        ([384, 1152, 2048], "Inception-ResNet-C", (2048, 2144)),
    ],
)
def test_the_widths_that_inception_resnet_v2_prints_do_not_fit(
    linear: list[int], where: str, channels: tuple[int, int]
) -> None:
    with pytest.raises(SpecError) as caught:
        archcalc.analyze("inception-resnet-v2-paper", {"linear": linear})
    problem = caught.value.problems[0]
    assert problem.where.startswith(where)
    assert all(str(width) in problem.message for width in channels)


def test_a_rectified_block_ends_in_a_relu_and_the_last_one_does_not() -> None:
    def ends(scope: str) -> str:
        return [
            layer.op for layer in analysis("inception-resnet-v2").layers if layer.path.startswith(f"{scope}/")
        ][-1]

    assert ends("Inception-ResNet-C") == "relu"
    assert ends("Block8") == "add"
    (block17,) = (
        layer
        for layer in analysis("inception-resnet-v2").layers
        if layer.path == "Inception-ResNet-B/inception_resnet_b20/add1"
    )
    assert block17.operations["muls"] == block17.operations["adds"] == 17 * 17 * 1088


@pytest.mark.parametrize(
    ("name", "averages", "maxima"),
    [
        ("googlenet", "", "3a 3b 4a 4b 4c 4d 4e 5a 5b"),
        ("bn-inception", "3a 3b 4a 4b 4c 4d 5a", "3c 4e 5b"),
        ("inception-v2-slim", "3b 3c 4b 4c 4d 4e 5b", "4a 5a 5c"),
        ("inception-v3", "5b 5c 5d 6b 6c 6d 6e 7b 7c", "6a 7a"),
    ],
)
def test_which_modules_take_averages_and_which_maxima(name: str, averages: str, maxima: str) -> None:
    def modules(op: str) -> str:
        paths = [layer.path.split("/") for layer in analysis(name).layers if layer.op == op]
        return " ".join(path[0][-2:] for path in paths if len(path) > 1)

    assert (modules("avgpool"), modules("maxpool")) == (averages, maxima)


def test_where_xception_has_its_relus() -> None:
    def ops(scope: str) -> str:
        return " ".join(
            layer.op for layer in analysis("xception").layers if layer.path.startswith(f"{scope}/")
        )

    separable, shortcut = "conv conv bn", "conv bn"
    assert ops("block2") == f"{separable} relu {separable} maxpool {shortcut} add"
    for block in ("block3", "block4", "block13"):
        assert ops(block) == f"relu {separable} relu {separable} maxpool {shortcut} add"
    for number in range(5, 13):
        assert ops(f"block{number}") == " ".join([f"relu {separable}"] * 3) + " add"
    assert ops("block14") == f"{separable} relu {separable} relu"


# --- the lectures' examples --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "macs"),
    [
        ("inception-naive", {"1x1/conv1": 25_690_112, "3x3/conv": 346_816_512, "5x5/conv": 481_689_600}),
        (
            "inception-reduced",
            {
                "1x1/conv1": 25_690_112,
                "3x3/reduce": 12_845_056,
                "3x3/conv": 86_704_128,
                "5x5/reduce": 12_845_056,
                "5x5/conv": 120_422_400,
                "pool/project": 12_845_056,
            },
        ),
    ],
)
def test_the_terms_of_an_inception_module(name: str, macs: dict[str, int]) -> None:
    found = analysis(name)
    assert {layer.path: layer.macs for layer in found.layers if layer.macs} == macs
    assert found.totals.weights * 28 * 28 == found.totals.macs == sum(macs.values())


@pytest.mark.parametrize("size", [28, 56])
@pytest.mark.parametrize(
    ("name", "weights", "norm", "maps"),
    [
        ("bottleneck", 69_632, 768, 384),
        ("basic-256", 1_179_648, 1024, 512),
        ("basic-64", 73_728, 256, 128),
    ],
)
def test_residual_blocks(name: str, size: int, weights: int, norm: int, maps: int) -> None:
    totals = analysis(f"{name}-{size}").totals
    assert (totals.weights, totals.norm_params, totals.biases) == (weights, norm, 0)
    assert totals.macs == weights * size * size
    assert totals.conv_fc_outputs == maps * size * size


@pytest.mark.parametrize("width", [64, 128, 256, 512])
@pytest.mark.parametrize(
    ("name", "settings", "field", "weights", "nonlinearities"),
    [
        ("stack-3x3", {"n": 1}, 3, 9, 1),
        ("stack-3x3", {"n": 2}, 5, 18, 2),
        ("stack-3x3", {"n": 3}, 7, 27, 3),
        ("conv-5x5", {}, 5, 25, 1),
        ("conv-7x7", {}, 7, 49, 1),
    ],
)
def test_three_3x3_see_what_one_7x7_sees(
    name: str, settings: dict[str, Any], field: int, weights: int, nonlinearities: int, width: int
) -> None:
    found = archcalc.analyze(name, {**settings, "width": width})
    assert found.layers[-1].receptive_field == (field, field)
    assert found.layers[-1].output == found.input == (56, 56, width)
    assert found.totals.params == weights * width**2
    assert found.totals.macs == weights * width**2 * 56 * 56
    assert [layer.op for layer in found.layers].count("relu") == nonlinearities


@pytest.mark.parametrize("pool", [True, False])
@pytest.mark.parametrize(("n", "m", "k"), [(1, 1, 0), (2, 3, 2), (5, 2, 1), (3, 5, 0)])
def test_the_pattern_of_convnets(n: int, m: int, k: int, pool: bool) -> None:
    found = archcalc.analyze(
        "convnet-pattern", {"N": n, "M": m, "K": k, "pool": pool, "width": 16, "hidden": 50}
    )
    stage = ["conv", "relu"] * n + ["maxpool"] * pool
    assert [layer.op for layer in found.layers] == stage * m + ["fc", "relu"] * k + ["fc", "softmax"]
    assert found.totals.depth == n * m + k + 1
    side = 32 // 2**m if pool else 32
    units = [side * side * 16, *[50] * k, 10]
    convs = 9 * 3 * 16 + 16 + (n * m - 1) * (9 * 16 * 16 + 16)
    assert found.totals.params == convs + sum((a + 1) * b for a, b in pairwise(units))
