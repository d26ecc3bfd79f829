"""The residual and dense families and the facts: totals, stages, wiring and closed forms agree exactly.

``facts/resnet-totals.csv`` has a row for every network and for other settings of it, ``resnet-stages.csv``
the stages of the papers' tables; an empty cell is a figure that is not known.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner
from helpers.marks import slow_except
from helpers.zoo import FAST_NETWORKS

import archcalc
from archcalc.cli import cli
from archcalc.errors import SpecError
from archcalc.language.settings import parse_assignment
from archcalc.results import Analysis, Layer
from archcalc.results.folding import fold

FACTS = Path(__file__).parent.parent / "facts"


def facts(name: str) -> list[dict[str, str]]:
    with open(FACTS / name, newline="") as file:
        return list(csv.DictReader(file))


TOTALS = facts("resnet-totals.csv")
STAGES: dict[str, list[dict[str, str]]] = {}
for fact in facts("resnet-stages.csv"):
    STAGES.setdefault(fact["network"], []).append(fact)


@cache
def analysis(name: str, settings: str = "") -> Analysis:
    """A network with settings as the command line takes them: ``depth=28 width=12``."""
    return archcalc.analyze(name, dict(map(parse_assignment, settings.split())))


def scopes(found: Analysis, depth: int) -> dict[str, Layer]:
    """The rows of ``--depth N``, by path."""
    return {row.path: row for row in fold(found.layers, depth)}


def layers(found: Analysis) -> dict[str, Layer]:
    return {layer.path: layer for layer in found.layers}


def convs(found: Analysis) -> list[Layer]:
    return [layer for layer in found.layers if layer.op == "conv"]


def last_windowed(found: Analysis) -> Layer:
    return [layer for layer in found.layers if layer.op in ("conv", "maxpool")][-1]


# --- the facts ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fact",
    slow_except(FAST_NETWORKS, TOTALS, lambda fact: fact["name"]),
    ids=lambda fact: f"{fact['name']} {fact['settings']}".strip(),
)
def test_totals(fact: dict[str, str]) -> None:
    totals = analysis(fact["name"], fact["settings"]).totals
    computed = {
        "params": totals.params,
        "weights": totals.weights,
        "biases": totals.biases,
        "norm": totals.norm_params,
        "macs": totals.macs,
        "conv_fc_outputs": totals.conv_fc_outputs,
        "depth": totals.depth,
    }
    assert set(computed) == set(fact) - {"name", "settings"}
    filled = {key: int(fact[key]) for key in computed if fact[key]}
    assert filled
    assert {key: computed[key] for key in filled} == filled


@pytest.mark.parametrize("name", STAGES)
def test_stages(name: str) -> None:
    """The head is all that stands behind the last stage, so that the table covers the whole network."""
    rows = fold(analysis(name).layers, 1)
    *stages, head = STAGES[name]
    assert head["stage"] == "head"
    assert [row.path for row in rows[: len(stages)]] == [fact["stage"] for fact in stages]
    for row, fact in zip(rows, stages, strict=False):
        assert "x".join(map(str, row.output)) == fact["output"], row.path
        assert figures([row]) == expected(fact), row.path
    rest = rows[len(stages) :]
    assert f"1x1x{rest[-1].output[0]}" == head["output"]
    assert figures(rest) == expected(head)


def figures(rows: Iterable[Layer]) -> dict[str, int]:
    rows = list(rows)
    return {
        "weights": sum(row.weights for row in rows),
        "biases": sum(row.biases for row in rows),
        "norm": sum(row.norm_params for row in rows),
        "macs": sum(row.macs for row in rows),
    }


def expected(fact: Mapping[str, str]) -> dict[str, int]:
    return {key: int(fact[key]) for key in ("weights", "biases", "norm", "macs")}


@pytest.mark.parametrize("name", slow_except(FAST_NETWORKS, dict.fromkeys(fact["name"] for fact in TOTALS)))
def test_the_rows_of_every_depth_add_up_to_the_totals(name: str) -> None:
    totals = analysis(name).totals
    for depth in (1, 2, "all"):
        rows = fold(analysis(name).layers, depth)
        assert figures(rows) == {
            "weights": totals.weights,
            "biases": totals.biases,
            "norm": totals.norm_params,
            "macs": totals.macs,
        }
        assert sum(row.activations for row in rows) == totals.activations


def test_the_rows_are_the_papers() -> None:
    def names(network: str) -> str:
        return " ".join(scopes(analysis(network), 1))

    resnet = "conv1 pool1 conv2_x conv3_x conv4_x conv5_x avgpool fc softmax1"
    same = ("resnet50", "plain18", "resnext50-32x4d", "wrn-50-2", "se-resnet50", "senet154")
    assert {names(network) for network in same} == {resnet}
    assert names("wrn-28-10") == "conv1 conv2 conv3 conv4 norm avgpool fc softmax1"
    assert names("densenet121") == (
        "conv1 pool1 denseblock1 transition1 denseblock2 transition2 denseblock3 transition3 denseblock4 "
        "norm avgpool fc softmax1"
    )
    units = list(scopes(analysis("resnet50"), 2))[2:-3]
    assert units == [
        f"conv{s}_x/conv{s}_{i + 1}"
        for s, n in zip((2, 3, 4, 5), (3, 4, 6, 3), strict=True)
        for i in range(n)
    ]


# --- ResNet ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "depths"),
    [("resnet50", (3, 4, 6, 3)), ("resnet101", (3, 4, 23, 3)), ("resnet152", (3, 8, 36, 3))],
)
def test_receptive_fields(name: str, depths: Sequence[int]) -> None:
    """11 before conv2_x; each of the n 3x3 convolutions of a stage adds twice its jump of 4, 8, 16 or 32.

    483 is what Araujo et al. 2019 have for ResNet-50. If the 3x3 strides, the first of a stage has half
    that jump.
    """
    jumps = (4, 8, 16, 32)
    field = 11 + sum(2 * jump * n for jump, n in zip(jumps, depths, strict=True))
    assert last_windowed(analysis(name)).receptive_field == (field, field)
    assert field == {"resnet50": 483, "resnet101": 1027, "resnet152": 1507}[name]
    middle = field - sum(jump for jump in jumps[1:])
    assert last_windowed(analysis(f"{name}-v1.5")).receptive_field == (middle, middle)


def test_option_c_has_thirteen_more_projections_than_b() -> None:
    """He et al. 2015, section 4.1."""
    b, c = (
        sum(path.endswith("/project") for path in layers(analysis(name)))
        for name in ("resnet34", "resnet34-c")
    )
    assert (b, c, c - b) == (3, 16, 13)
    assert not any("project" in path for path in layers(analysis("resnet34-a")))


@pytest.mark.parametrize(
    ("plain", "residual"),
    [("plain18", "resnet18-a"), ("plain34", "resnet34-a"), ("plain56-cifar", "resnet56-cifar")],
)
def test_a_plain_net_has_the_layers_of_the_residual_net(plain: str, residual: str) -> None:
    def built(name: str) -> list[object]:
        return [(layer.options, layer.output, layer.macs) for layer in convs(analysis(name))]

    assert built(plain) == built(residual)
    ops = {name: [layer.op for layer in analysis(name).layers] for name in (plain, residual)}
    assert "add" not in ops[plain]
    assert ops[residual].count("add") == (len(convs(analysis(residual))) - 1) // 2


def test_option_a_pads_the_channels_of_every_second_value() -> None:
    found = layers(analysis("resnet18-a"))
    add = found["conv3_x/conv3_1/add1"]
    assert add.inputs == ("conv3_x/conv3_1/residual/conv2/bn", "conv3_x/conv3_1/shortcut/subsample")
    assert add.input == ((28, 28, 128), (28, 28, 64))
    assert add.output == (28, 28, 128)
    assert add.options["channels"] == "zero-pad"
    assert found["conv3_x/conv3_2/add1"].inputs[1] == "conv3_x/conv3_1/add1/relu"


def test_every_cifar_block_has_the_same_macs() -> None:
    """4,718,592, and three quarters of it where the maps shrink."""
    for name in ("resnet20-cifar", "resnet1202-cifar", "preresnet110-cifar"):
        units = {path: row.macs for path, row in scopes(analysis(name), 2).items() if "/" in path}
        shrinking = {
            path: macs for path, macs in units.items() if path.endswith("_1") and "conv2_x" not in path
        }
        assert set(shrinking.values()) == {3_538_944}
        assert {macs for path, macs in units.items() if path not in shrinking} == {4_718_592}


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("resnet20-cifar", "depth=21"),
        ("preresnet164-cifar", "depth=111"),
        ("wrn-28-10", "depth=30"),
        ("resnext29-8x64d", "depth=30"),
        ("densenet-bc-100-k12", "depth=99"),
        ("stochastic-depth-110", "depth=111"),
        ("ror3-110", "depth=111"),
    ],
)
def test_a_depth_that_the_family_cannot_have_is_refused(name: str, settings: str) -> None:
    with pytest.raises(SpecError) as caught:
        analysis(name, settings)
    assert "repeat must be a whole number" in caught.value.problems[0].message


# --- pre-activation and wide -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "unit", "before", "project"),
    [
        ("preresnet164-cifar", "conv3_x/conv3_1", "conv2_x/conv2_18/add1", "project"),
        ("preresnet110-cifar", "conv3_x/conv3_1", "conv2_x/conv2_18/add1", "subsample"),
        ("wrn-28-10", "conv3/conv3_1", "conv2/conv2_4/add1", "project"),
        ("preresnet200", "conv3_x/conv3_1", "conv2_x/conv2_3/add1", "project"),
    ],
)
def test_a_unit_that_changes_the_sizes_normalises_before_it_branches(
    name: str, unit: str, before: str, project: str
) -> None:
    found = layers(analysis(name))
    assert found[f"{unit}/preact"].inputs == (before,)
    assert found[f"{unit}/residual/conv1"].inputs == (f"{unit}/preact/relu",)
    assert found[f"{unit}/shortcut/{project}"].inputs == (f"{unit}/preact/relu",)
    following = unit[:-1] + "2"
    assert found[f"{following}/residual/bn1"].inputs == (f"{unit}/add1",)
    assert found[f"{following}/add1"].inputs[1] == f"{unit}/add1"


def test_the_first_unit_of_preresnet200_is_not_normalised_twice() -> None:
    found = layers(analysis("preresnet200"))
    assert found["conv2_x/conv2_1/residual/conv1"].inputs == ("pool1",)
    assert found["conv2_x/conv2_1/shortcut/project"].inputs == ("pool1",)


@pytest.mark.parametrize("name", ["wrn-28-10", "wrn-16-8", "wrn-40-4", "wrn-58-4"])
def test_the_depth_of_a_wide_resnet_counts_its_convolutions(name: str) -> None:
    """6n + 4: conv1, 6n and three projections; the fc is left out."""
    depth = int(name.split("-")[1])
    assert len(convs(analysis(name))) == depth
    assert analysis(name).totals.depth == depth - 2


def test_a_wide_resnet_of_width_1_projects_only_where_the_maps_shrink() -> None:
    assert [path for path in layers(analysis("wrn-40-1")) if path.endswith("project")] == [
        "conv3/conv3_1/shortcut/project",
        "conv4/conv4_1/shortcut/project",
    ]


def test_dropout_stands_between_the_convolutions() -> None:
    found = layers(analysis("wrn-28-10-dropout"))
    dropouts = [path for path in found if path.endswith("/dropout1")]
    assert len(dropouts) == 12
    first = "conv2/conv2_1/residual"
    assert found[f"{first}/dropout1"].inputs == (f"{first}/bn1/relu",)
    assert found[f"{first}/conv2"].inputs == (f"{first}/dropout1",)


# --- ResNeXt and squeeze-and-excitation --------------------------------------------------------


@pytest.mark.parametrize(
    ("groups", "width", "inner", "weights"),
    [
        (1, 64, 64, 69_632),
        (2, 40, 80, 69_760),
        (4, 24, 96, 69_888),
        (8, 14, 112, 71_456),
        (32, 4, 128, 70_144),
    ],
)
def test_the_weights_of_a_resnext_block(groups: int, width: int, inner: int, weights: int) -> None:
    """C·(256d + 9d² + 256d), equation 4 of Xie et al. 2016, for the columns of Table 2."""
    found = analysis("resnext50-32x4d", f"groups={groups} width={width}")
    block = scopes(found, 2)["conv2_x/conv2_2"]
    assert layers(found)["conv2_x/conv2_2/residual/conv2"].output == (56, 56, inner)
    assert block.weights == weights == groups * (256 * width + 9 * width**2 + 256 * width)


def test_a_single_path_is_the_bottleneck_of_resnet() -> None:
    one_path = analysis("resnext50-32x4d", "groups=1 width=64")
    assert one_path.totals.params == analysis("resnet50").totals.params
    assert one_path.totals.macs == analysis("resnet50-v1.5").totals.macs
    assert (
        scopes(analysis("resnext50-32x4d"), 2)["conv2_x/conv2_2"].macs == 219_971_584
    )  # 0.22 billion in the paper


@pytest.mark.parametrize(
    ("name", "depths", "weights", "biases"),
    [
        ("se-resnet50", (3, 4, 6, 3), 2_514_944, 16_048),
        ("se-resnet101", (3, 4, 23, 3), 4_743_168, 34_544),
        ("se-resnet152", (3, 8, 36, 3), 6_578_176, 50_864),
        ("se-resnext50-32x4d", (3, 4, 6, 3), 2_514_944, 16_048),
        ("se-resnext101-32x4d", (3, 4, 23, 3), 4_743_168, 34_544),
    ],
)
def test_what_the_gates_add(name: str, depths: Sequence[int], weights: int, biases: int) -> None:
    """Hu et al. 2017, equation 5: (2/r)·Σ N·C² weights, as many MACs, Σ N·(C + C/r) biases, with r = 16."""
    stages = list(zip(depths, (256, 512, 1024, 2048), strict=True))
    assert weights == sum(n * 2 * c * c // 16 for n, c in stages)
    assert biases == sum(n * (c + c // 16) for n, c in stages)
    with_gates, without = analysis(name).totals, analysis(name, "reduction=0").totals
    assert with_gates.weights - without.weights == weights
    assert with_gates.biases - without.biases == biases
    assert with_gates.macs - without.macs == weights
    assert with_gates.depth == without.depth


def test_the_gates_of_the_last_stage_weigh_most() -> None:
    gates = {path: layer for path, layer in layers(analysis("se-resnet50")).items() if "/gate/" in path}
    assert sum(layer.weights for path, layer in gates.items() if not path.startswith("conv5_x")) == 942_080
    base = analysis("resnet50").totals.params
    assert round(Fraction(sum(layer.params for layer in gates.values()), base), 3) == Fraction(99, 1000)


def test_the_gate_scales_the_residual_branch() -> None:
    found = layers(analysis("se-resnet50"))
    unit = "conv2_x/conv2_1"
    scaled = found[f"{unit}/residual/se/multiply1"]
    assert scaled.inputs == (f"{unit}/residual/conv3/bn", f"{unit}/residual/se/gate/fc2/sigmoid")
    assert scaled.input == ((56, 56, 256), (256,))
    assert found[f"{unit}/residual/se/gate/fc1"].output == (16,)
    assert found[f"{unit}/add1"].inputs == (scaled.path, f"{unit}/shortcut/project/bn")


def test_the_projections_of_senet154() -> None:
    found = layers(analysis("senet154"))
    projections = [found[f"conv{s}_x/conv{s}_1/shortcut/project"] for s in (2, 3, 4, 5)]
    assert [layer.options["kernel"] for layer in projections] == [[1, 1], [3, 3], [3, 3], [3, 3]]
    assert [layer.output[0] for layer in projections] == [56, 28, 14, 7]


# --- stochastic depth --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "settings", "blocks", "surviving", "macs", "ratio"),
    [
        ("stochastic-depth-110", "", 54, "40.25", "188618709.33", "0.74586"),
        ("stochastic-depth-1202", "", 600, "449.75", "2120862254.08", "0.74962"),
        ("stochastic-depth-152-svhn", "", 75, "56", "262930416.64", "0.74701"),
        ("stochastic-depth-110", "p_L=0.2", 54, "32", "150057326.93", "0.59338"),
        ("stochastic-depth-110", "decay=uniform", 54, "27", "126665344", "0.50088"),
    ],
)
def test_expected_depth(name: str, settings: str, blocks: int, surviving: str, macs: str, ratio: str) -> None:
    """Exact fractions: conv1 and fc always run, block l with its probability; facts have 2 or 5 digits."""
    found = analysis(name, settings)
    expected = found.expected
    assert expected is not None
    assert (expected.branches, expected.surviving) == (blocks, Fraction(surviving))
    last = Fraction("0.2") if settings == "p_L=0.2" else Fraction(1, 2)
    uniform = settings == "decay=uniform"
    chances = [
        last if uniform else 1 - Fraction(place, blocks) * (1 - last) for place in range(1, blocks + 1)
    ]
    starts = (blocks // 3 + 1, 2 * blocks // 3 + 1)
    costs = [3_538_944 if place in starts else 4_718_592 for place in range(1, blocks + 1)]
    exact = 442_368 + 640 + sum(chance * cost for chance, cost in zip(chances, costs, strict=True))
    assert expected.macs == exact
    assert round(exact, 2) == Fraction(macs)
    assert round(exact / found.totals.macs, 5) == Fraction(ratio)


@pytest.mark.parametrize(
    "name", ["stochastic-depth-110", "stochastic-depth-1202", "stochastic-depth-152-svhn"]
)
def test_three_quarters_of_the_blocks_run(name: str) -> None:
    """(3L - 1)/4 at p_L = 0.5."""
    expected = analysis(name).expected
    assert expected is not None
    assert expected.surviving == Fraction(3 * expected.branches - 1, 4)


def test_certain_survival_is_the_plain_cost() -> None:
    found = analysis("stochastic-depth-110", "p_L=1")
    assert found.expected is not None
    assert found.expected.macs == found.totals.macs == analysis("resnet110-cifar").totals.macs


def test_the_table_tells_the_expected_depth() -> None:
    answer = CliRunner().invoke(cli, ["table", "stochastic-depth-110", "--depth", "1"])
    assert answer.exit_code == 0
    assert "40.25 of 54 branches" in answer.output
    assert "74.59%" in answer.output


# --- RoR ---------------------------------------------------------------------------------------


def test_the_three_levels_of_ror() -> None:
    found = layers(analysis("ror3-110"))
    assert found["conv2_x/sum"].inputs == ("conv2_x/blocks/conv2_18/add1", "conv1/relu")
    assert found["conv3_x/level2"].inputs == ("conv2_x/sum/relu",)
    assert found["conv4_x/level1"].inputs == ("conv1/relu",)
    levels = ("conv4_x/blocks/conv4_18/add1", "conv4_x/level2/bn", "conv4_x/level1/bn")
    assert found["conv4_x/sum"].inputs == levels
    assert found["avgpool"].inputs == ("conv4_x/sum/relu",)
    relus = [path for path in found if path.startswith("conv2_x/blocks/conv2_") and path.endswith("/relu1")]
    assert len(relus) == 17  # the last block of a stage leaves its ReLU to the sum


def test_the_three_levels_of_a_wide_ror() -> None:
    found = layers(analysis("ror3-wrn58-4"))
    for group, before in ((2, "conv1"), (3, "conv2/sum"), (4, "conv3/sum")):
        assert found[f"conv{group}/level2"].inputs == (before,)
        assert found[f"conv{group}/blocks/conv{group}_1/preact"].inputs == (before,)
    assert found["conv4/sum"].inputs == ("conv4/blocks/conv4_9/add1", "conv4/level2", "conv4/level1")
    assert found["conv4/level1"].inputs == ("conv1",)
    assert found["conv4/level1"].options["stride"] == [4, 4]


# --- DenseNet ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "channels"),
    [
        ("densenet121", (256, 512, 1024, 1024)),
        ("densenet169", (256, 512, 1280, 1664)),
        ("densenet201", (256, 512, 1792, 1920)),
        ("densenet264", (256, 512, 2304, 2688)),
        ("densenet161", (384, 768, 2112, 2208)),
    ],
)
def test_the_channels_of_the_dense_blocks(name: str, channels: Sequence[int]) -> None:
    rows = scopes(analysis(name), 1)
    assert [rows[f"denseblock{block}"].output[-1] for block in (1, 2, 3, 4)] == list(channels)


@pytest.mark.parametrize("name", ["densenet121", "densenet169", "densenet201", "densenet161", "densenet264"])
def test_densenet_is_called_by_its_depth_but_for_one(name: str) -> None:
    found = analysis(name)
    depths = found.settings["depths"]
    assert found.totals.depth == 5 + 2 * sum(depths)
    assert found.totals.depth - int(name.removeprefix("densenet")) == (1 if name == "densenet264" else 0)


def bottleneck_layers(channels: int, growth: int, count: int) -> tuple[int, int]:
    """Weights and norm parameters of a dense block of 1x1 and 3x3 convolutions."""
    widths = range(channels, channels + count * growth, growth)
    weights = sum(width * 4 * growth + 9 * 4 * growth * growth for width in widths)
    return weights, sum(2 * width + 2 * 4 * growth for width in widths)


@pytest.mark.parametrize(
    ("name", "depth", "growth", "printed"),
    [
        ("densenet-bc-100-k12", 100, 12, 769_162),
        ("densenet-bc-250-k24", 250, 24, 15_324_406),
        ("densenet-bc-190-k40", 190, 40, 25_624_430),
        ("densenet-bc-40-k36", 40, 36, None),
        ("densenet-bc-40-k48", 40, 48, None),
        ("densenet-bc-40-k60", 40, 60, None),
    ],
)
def test_the_closed_form_of_densenet_bc(name: str, depth: int, growth: int, printed: int | None) -> None:
    """Summed by hand, layer by layer; the wide nets of the README have no exact figure of their own."""
    channels = 2 * growth
    weights, norm = 27 * channels, 0
    for block in (1, 2, 3):
        block_weights, block_norm = bottleneck_layers(channels, growth, (depth - 4) // 6)
        channels += growth * ((depth - 4) // 6)
        weights, norm = weights + block_weights, norm + block_norm + 2 * channels
        if block < 3:
            weights += channels * (channels // 2)
            channels //= 2
    params = weights + norm + 10 * channels + 10
    assert analysis(name).totals.params == params
    assert printed in (params, None)


def test_a_dense_layer_reads_all_that_came_before() -> None:
    found = layers(analysis("densenet-40-k12"))
    assert found["denseblock1/layer2/concat1"].inputs == (
        "denseblock1/layer1/concat1",
        "denseblock1/layer2/new/conv1",
    )
    assert found["denseblock1/layer12/concat1"].output == (32, 32, 160)


def test_an_odd_number_of_channels_is_rounded_down() -> None:
    """⌊θm⌋, section 3: 2·13 + 16·13 = 234 to 117; then 117 + 208 = 325 to 162."""
    rows = scopes(analysis("densenet-bc-100-k12", "growth=13"), 1)
    assert [rows[f"transition{block}"].output[-1] for block in (1, 2)] == [117, 162]
