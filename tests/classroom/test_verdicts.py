"""The verdict of one answer: as printed, with its unit and its arithmetic."""

from __future__ import annotations

import pytest
from helpers.grading import cell, grade, verdicts

PRINTED = [
    ("conv1: {params: '34,944'}", "right"),
    ("conv1: {params: 34944}", "right"),
    ("conv1: {params: 35K}", "rounded"),
    ("conv1: {params: 34.9k}", "rounded"),
    ("conv1: {params: 34K}", "truncated"),
    ("conv1: {params: 36K}", "wrong"),
    (
        "conv1: {params: 34.944}",
        "right",
    ),  # the dot of German thousands: there are no fractions of a parameter
    ("conv1: {params: 34.944M}", "wrong"),
    ("conv1: {memory (MB): 1.162}", "rounded"),
    ("conv2: {macs: 447.897.600}", "right"),
    ("softmax1: {memory: 0}", "right"),  # in place, as the lectures count
    ("conv1: {memory: 0}", "wrong"),
    ("input: {output: 227x227x3, params: , macs: }", "right"),
    ("conv1: {weights: 35K}", "rounded"),
    ("conv2: {weights: 614k}", "rounded"),
    ("conv1: {output: 55x55x96}", "right"),
    ("conv1: {output: '[55x55x96]'}", "right"),
    ("conv1: {output: 55 x 55 x 96}", "right"),
    ("conv1: {output: 55×55×96}", "right"),
    ("conv1: {output: [55, 55, 96]}", "right"),
    ("conv1: {output: 96@55x55}", "right"),
    ("conv1: {output: 65x55x96}", "wrong"),
    ("fc6: {output: 4096}", "right"),
    ("fc6: {output: 1x1x4096}", "right"),
    ("conv1: {macs: 105M}", "rounded"),
    ("conv1: {macs: 105.4 million}", "rounded"),
    ("conv1: {activations: 290.4K}", "right"),
    ("conv1: {memory: 290K}", "rounded"),
    ("conv1: {receptive_field: 11}", "right"),
    ("conv1: {rf: 11x11}", "right"),
    ("conv1: {kernel: 11, stride: 4, filters: 96, pad: 0}", "right"),
    ("conv1: {params: (11*11*3)*96+96}", "right"),
    ("conv1: {weights: (11*11*3)*96 = 35K}", "rounded"),
    ("total: {params: 62.4M}", "rounded"),
    ("total: {depth: 8}", "right"),
    ("params: 62.4M", "rounded"),
    ("total: {memory: 1.05M}", "rounded"),
    ("conv1: {params: about a lot}", "unreadable"),
    ("conv1: {params: ____}", "missing"),
    ("conv1: {params: }", "missing"),
]


@pytest.mark.parametrize(("text", "verdict"), PRINTED, ids=[row[0] for row in PRINTED])
def test_a_figure_is_judged_as_printed(text: str, verdict: str) -> None:
    assert set(verdicts(grade(text)).values()) == {verdict}


@pytest.mark.parametrize(("text", "verdict"), [row for row in PRINTED if row[1] in ("rounded", "truncated")])
def test_exact_wants_every_digit(text: str, verdict: str) -> None:
    found = cell(text, exact=True)
    assert (found.verdict, found.points) == ("wrong", 0)
    assert [one.mistake for one in found.diagnosis] == ["rounded"]


UNITS = [
    ("conv1: {memory: 1.16 MB}", "rounded", ""),  # told in bytes, as it says
    ("conv1: {memory: 1.16M}", "wrong", "bytes-for-values"),
    ("conv1: {bytes: 1.16 MB}", "rounded", ""),
    ("conv1: {bytes: 1.108 MiB}", "rounded", ""),
    ("conv1: {bytes: 1.108 MB}", "wrong", "mib-for-mb"),
    ("conv1: {bytes: 290400}", "wrong", "forgot-bytes"),
    ("conv1: {params: 136.5 KiB}", "right", ""),  # 139,776 bytes
    ("conv1: {macs: 105M MACs}", "rounded", ""),
    ("conv1: {macs: 105 MFLOPs}", "wrong", "wrong-unit"),
    ("conv1: {macs: 211 MFLOPs}", "wrong", "flops-for-macs"),
    ("conv1: {flops: 211 MFLOPs}", "rounded", ""),
    ("conv1: {params: 34944 bytes}", "wrong", "forgot-bytes"),
]


@pytest.mark.parametrize(("text", "verdict", "mistake"), UNITS, ids=[row[0] for row in UNITS])
def test_units_are_checked(text: str, verdict: str, mistake: str) -> None:
    found = cell(text)
    assert found.verdict == verdict
    assert mistake in [one.mistake for one in found.diagnosis] or not (mistake or found.diagnosis)


SUMS = [
    ("conv1: {weights: 11*11*3*96 = 34848}", "right", ""),
    ("conv1: {weights: 11*11*3*96 = 34884}", "wrong", "arithmetic-slip"),
    ("conv1: {weights: 11*11*96 = 34848}", "right", "arithmetic-differs"),
    ("conv1: {weights: 11*11*96 = 11616}", "wrong", "forgot-input-depth"),
]


@pytest.mark.parametrize(("text", "verdict", "mistake"), SUMS)
def test_arithmetic_is_checked_too(text: str, verdict: str, mistake: str) -> None:
    found = cell(text)
    assert (found.verdict, "+".join(one.mistake for one in found.diagnosis)) == (verdict, mistake)


@pytest.mark.parametrize(
    ("says", "mistake"),
    [
        ("(11*11)*96 = 11,616", "forgot-input-depth"),
        ("11*11*96 + 96 = 11,712", "counted-bias+forgot-input-depth"),
        ("(11*11*3) = 363", "one-filter"),
    ],
)
def test_nobody_is_told_of_biases_that_are_not_counted(says: str, mistake: str) -> None:
    slide = f"[227x227x3] INPUT\n[55x55x96] CONV1: 96 11x11 filters at stride 4, pad 0 params: {says}\n"
    found = {one.name: one for one in grade(slide, biases=False).cells}
    assert [one.mistake for one in found["conv1 params"].diagnosis] == [mistake]


def test_a_candidate_is_named_once() -> None:
    for text in ("conv1: {macs: 112M}", "pool1: {activation_bytes: 27K}", "total: {params: 61.5M}"):
        (one,) = grade(text).cells
        assert len(set(one.diagnosis)) == len(one.diagnosis)
