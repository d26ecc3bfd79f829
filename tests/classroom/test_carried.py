"""Errors carried forward: only the first one costs points."""

from __future__ import annotations

import pytest
from helpers.grading import grade, verdicts


def test_only_the_first_error_costs_points() -> None:
    found = grade(
        """
conv1: {output: 55x55x96}
pool1: {output: 28x28x96, activations: 75264}
conv2: {output: 28x28x256, macs: 481689600}
pool2: {output: 13x13x256}
conv3: {output: 13x13x384}
"""
    )
    assert verdicts(found) == {
        "conv1 output": "right",
        "pool1 output": "wrong",
        "pool1 activations": "carried",  # 28*28*96
        "conv2 output": "carried",  # (28 - 5 + 4)/1 + 1
        "conv2 macs": "carried",  # 28*28*256*5*5*96
        "pool2 output": "right",  # (28 - 3)/2 + 1 = 13.5, rounded down
        "conv3 output": "right",
    }
    assert (found.score, found.max_score) == (6, 7)


SLIDE = """[227x227x3] INPUT
[55x55x96] CONV1: 96 11x11 filters at stride 4, pad 0
[28x28x96] MAX POOL1: 3x3 filters at stride 2
[28x28x96] NORM1: Normalization layer
[28x28x256] CONV2: 256 5x5 filters at stride 1, pad 2
[14x14x256] MAX POOL2: 3x3 filters at stride 2
[14x14x256] NORM2: Normalization layer
[14x14x384] CONV3: 384 3x3 filters at stride 1, pad 1
[14x14x384] CONV4: 384 3x3 filters at stride 1, pad 1
[14x14x256] CONV5: 256 3x3 filters at stride 1, pad 1
[7x7x256] MAX POOL3: 3x3 filters at stride 2
FC6: [4096] memory: 4096 params: 7*7*256*4096 = {fc6}
"""


@pytest.mark.parametrize(
    ("fc6", "verdict"),
    [
        pytest.param(7 * 7 * 256 * 4096, "carried", id="without biases"),
        pytest.param("51.4M", "carried", id="rounded"),
        pytest.param(7 * 7 * 4096, "wrong", id="an error of its own"),
    ],
)
def test_weights_follow_from_a_wrong_volume_where_biases_are_not_counted(fc6: object, verdict: str) -> None:
    found = verdicts(grade(SLIDE.format(fc6=fc6)))
    assert (found["pool1 output"], found["pool3 output"], found["fc6 params"]) == ("wrong", "wrong", verdict)


def test_a_wrong_depth_is_carried_into_weights() -> None:
    found = grade("conv1: {output: 55x55x64}\nconv2: {output: 27x27x256, weights: 409600, params: 409856}")
    assert verdicts(found)["conv2 weights"] == "carried"  # 5*5*64*256
    assert verdicts(found)["conv2 params"] == "carried"


def test_a_total_of_wrong_rows_is_carried() -> None:
    # conv1 without its biases, and a total that follows from it
    found = grade("conv1: {params: 34848}\ntotal: {params: 62378248}")
    assert verdicts(found) == {"conv1 params": "wrong", "total params": "carried"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("total", "verdict"),
    [(2_273_831_679 - 211_120_800, "carried"), (2_273_831_679 - 211_411_200, "wrong")],
    ids=["2 FLOPs per MAC, as the total has it", "with its biases, as the total has it not"],
)
def test_of_several_right_figures_of_a_row_the_one_in_the_total_is_exchanged(
    total: int, verdict: str
) -> None:
    found = grade(f"conv1: {{flops: 200000000}}\ntotal: {{flops: {total + 200_000_000}}}")
    assert verdicts(found) == {"conv1 flops": "wrong", "total flops": verdict}


def test_bytes_of_a_wrong_total_are_carried() -> None:
    found = grade("total: {memory: 24M, memory bytes: 96MB}", "vgg16")
    assert verdicts(found) == {"total activations": "wrong", "total activation_bytes": "carried"}


@pytest.mark.parametrize(
    ("given_", "exact", "verdict", "mistake"),
    [
        ("101,616,768", False, "carried", ""),  # 54·54·96·11·11·3
        ("102M", False, "carried", ""),
        ("101,616,768", True, "carried", ""),
        ("102M", True, "wrong", "rounded"),
        ("101,616,768 FLOPs", False, "wrong", "wrong-unit"),
    ],
)
def test_what_is_carried_is_read_as_strictly(given_: str, exact: bool, verdict: str, mistake: str) -> None:
    found = grade(f"conv1: {{output: 54x54x96, macs: '{given_}'}}", exact=exact).cells[1]
    assert (found.verdict, "".join(one.mistake for one in found.diagnosis)) == (verdict, mistake)


def test_an_error_of_ones_own_is_not_carried() -> None:
    assert verdicts(grade("pool1: {output: 28x28x96}\nconv2: {output: 26x26x256}"))["conv2 output"] == "wrong"


BRANCHES = [
    (
        "googlenet",  # pool1 rounded down: 55, and from there on 27 and 13
        """
pool1: {output: 55x55x64}
conv2: {output: 55x55x192}
pool2: {output: 27x27x192}
inception_3a: {output: 27x27x256, macs: 119066112}
inception_3a/1x1: {output: 27x27x64}
inception_3b: {output: 27x27x480}
pool3: {output: 13x13x480}
inception_4a: {params: 376176}
""",
        ["wrong", *["carried"] * 7, "right"],
    ),
    (
        "resnet18",  # conv1 rounded up: 113
        """
conv1: {output: 113x113x64}
pool1: {output: 57x57x64}
conv2_x: {output: 57x57x64}
conv2_1: {output: 57x57x64}
conv3_x: {output: 29x29x128}
""",
        ["wrong", "carried", "carried", "carried", "carried"],
    ),
    (
        "googlenet",  # the depth of one module spoils what reads it
        (
            "inception_3a: {output: 28x28x255}\ninception_3b/1x1: {params: 32768}\n"
            "inception_3b: {output: 28x28x480}"
        ),
        ["wrong", "carried", "right"],
    ),
]


@pytest.mark.parametrize(("name", "text", "expected"), BRANCHES)
def test_an_error_is_carried_through_blocks(name: str, text: str, expected: list[str]) -> None:
    found = grade(text, name)
    assert found.unread == ()
    assert [one.verdict for one in found.cells] == expected
