"""Sweeps against the table, point by point."""

from __future__ import annotations

import pytest
from helpers.examples import examples
from helpers.laws import check_sweep
from helpers.zoo import SPECS
from hypothesis import given
from hypothesis import strategies as st

import archcalc
from archcalc.errors import ArchcalcError, Source, SpecError
from archcalc.language.parse import parse

np = pytest.importorskip("numpy")
import archcalc.studies.sweep  # noqa: E402
from archcalc.dims import arrays  # noqa: E402
from archcalc.studies.sweep import run  # noqa: E402
from archcalc.studies.sweep.pareto import front  # noqa: E402


@given(
    st.lists(st.integers(1, 400), min_size=1, max_size=4),
    st.lists(st.integers(0, 70), min_size=1, max_size=3),
)
@examples(15)
def test_a_sweep_is_the_table_at_every_point(sizes, widths):
    spec = next(spec for spec in SPECS if spec.name == "resnet")
    check_sweep(spec, "resnet18", {"size": sizes, "width": widths}, chunk=5)


SMALL = """\
name: small
settings: {size: 8, width: 4, depth: 2, groups: 1, kind: {default: a, one_of: [a, b]}}
input: [size, size, width]
layers:
  - {repeat: depth, layers: [{conv: 4*width, kernel: 3, groups: groups}]}
  - {conv: width / 2, kernel: 1, when: kind == 'b'}
  - {conv: 8 if width > 6 else 4, kernel: 3, stride: 2}
  - {fc: width * 1.5}
"""


@pytest.mark.parametrize(
    ("free", "structural"),
    [
        ({"size": [3, 9, 20], "groups": [1, 2, 3]}, ()),
        ({"size": [1, 9], "width": [2, 6]}, ()),
        ({"width": [2, 3, 4, 6, 7, 8], "size": [12, 13]}, ("width",)),
        ({"size": [12, 13], "depth": [0, 1, 5], "kind": ["b", "a"], "width": [2, 4]}, ("depth", "kind")),
        ({"depth": [1]}, ()),
    ],
)
@pytest.mark.parametrize("chunk", [1, 3, 1000])
@pytest.mark.parametrize("jobs", [1, 2])
def test_what_decides_the_network_varies_one_value_at_a_time(free, structural, chunk, jobs):
    found = check_sweep(parse(Source("small.yaml", SMALL)), None, free, chunk=chunk, jobs=jobs)
    assert set(structural) <= set(found.structural)


GROUPED = """\
name: grouped
settings: {size: 8, width: 4, groups: 1}
input: [size, size, width]
layers:
  - {conv: 4*width, kernel: 3, groups: groups}
  - {maxpool: 2, stride: groups}
  - {fc: width}
"""


@pytest.mark.parametrize("most", [1, 5, 30, 1 << 18])
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_mesh_is_divided_where_sizes_vary_along_several_axes(most, jobs, monkeypatch):
    for module in (arrays, run):
        monkeypatch.setattr(module, "MOST_NUMBERS", most)
    free = {"groups": [1, 2, 3], "width": [2, 3, 4, 6], "size": [3, 4, 9, 12]}
    found = check_sweep(parse(Source("grouped.yaml", GROUPED)), None, free, jobs=jobs)
    assert found.invalid > 0


@pytest.mark.parametrize("at_once", [1, 7, 1000])
@pytest.mark.parametrize("jobs", [1, 2])
def test_a_filter_and_a_selection_do_not_depend_on_the_pieces(at_once, jobs, monkeypatch):
    monkeypatch.setattr("archcalc.studies.sweep.MOST_AT_ONCE", at_once)
    found = archcalc.sweep("resnet18", ROWS.free, ROWS.columns, where="macs < 100e6", jobs=jobs)
    assert list(found.tuples()) == [row for row in ALL if row[3] < 100e6]
    found = archcalc.sweep("resnet18", ROWS.free, ROWS.columns, sort="-macs", top=5, jobs=jobs)
    assert list(found.tuples()) == sorted(ALL, key=lambda row: -row[3])[:5]
    # Half of the points are no networks, and their reason is told once.
    found = archcalc.sweep("vgg16", {"classes": [10, 20], "size": [1, 8, 31, 32, 64]}, where="size < 64")
    assert [row[:2] for row in found.tuples()] == [(10, 32), (20, 32)]
    assert (found.invalid, found.matched) == (6, 2)
    assert len({reason.reason for reason in found.reasons}) == len(found.reasons)


def test_many_networks_of_their_own_are_rows_like_others():
    depths = [[a, b] for a in range(1, 40) for b in range(1, 40)]
    spec = parse(Source("two.yaml", TWO_STAGES))
    found = archcalc.studies.sweep.sweep(
        lambda given: spec.bind(None, given), {"depths": depths, "size": [8]}
    )
    assert found.size == found.points == len(depths)
    expected = [(tuple(each), 8, 36 * sum(each), 64 * 36 * sum(each)) for each in depths]
    assert list(found.tuples()) == expected


TWO_STAGES = """\
name: two
settings: {size: 8, depths: [1, 1]}
input: [size, size, 2]
layers:
  - {repeat: 'depths[0]', layers: [{conv: 2, kernel: 3, pad: 1, bias: false}]}
  - {repeat: 'depths[1]', layers: [{conv: 2, kernel: 3, pad: 1, bias: false}]}
"""


def test_invalid_points_are_counted_with_their_reasons():
    found = archcalc.sweep("vgg16", {"size": [1, 8, 31, 32, 64]}, "size")
    assert [row[0] for row in found.tuples()] == [32, 64]
    assert found.invalid == 3
    assert sum(reason.points for reason in found.reasons) == 3
    for reason in found.reasons:
        with pytest.raises(SpecError) as caught:
            archcalc.analyze("vgg16", dict(reason.example))
        assert reason.reason.rpartition(": ")[2] in str(caught.value)


@pytest.mark.parametrize(("size", "in_ints"), [(10**6, 0), (10**7, 4), (10**9, 4), (3 * 10**9, 4)])
def test_python_ints_take_over_where_int64_could_overflow(size, in_ints):
    spec = next(spec for spec in SPECS if spec.name == "vgg")
    found = check_sweep(spec, "vgg16", {"size": [size, 224], "classes": [10, 1000]})
    assert found.python_ints == in_ints


def test_int64_is_enough_for_what_people_sweep():
    assert archcalc.sweep("resnet50", {"size": [32, 512], "width": [8, 256]}).python_ints == 0


ROWS = archcalc.sweep(
    "resnet18", {"width": list(range(8, 40, 4)), "size": [32, 64, 96]}, "width,size,params,macs"
)
ALL = list(ROWS.tuples())


@pytest.mark.parametrize(
    ("where", "passes"),
    [
        ("macs < 100e6", lambda w, s, p, m: m < 100e6),
        ("macs < 100e6 and params > 5e5 or width == 8", lambda w, s, p, m: (m < 1e8 and p > 5e5) or w == 8),
        ("not (width == 8 or size == 32)", lambda w, s, p, m: not (w == 8 or s == 32)),
        ("macs * macs > params * 10**12", lambda w, s, p, m: m * m > p * 10**12),
        ("macs*macs*macs > params*params*params*10**5", lambda w, s, p, m: m**3 > p**3 * 10**5),
        ("macs / params >= 62.5", lambda w, s, p, m: 2 * m >= 125 * p),
        ("max(width, size) % 3 == 0", lambda w, s, p, m: max(w, s) % 3 == 0),
        ("macs < 729405036000000000000", lambda w, s, p, m: True),
        ("macs * 10**30 > params * 10**32", lambda w, s, p, m: m > p * 100),
        ("1 < 2", lambda w, s, p, m: True),
        ("1 > 2", lambda w, s, p, m: False),
    ],
)
def test_a_filter_lets_through_what_it_says(where, passes):
    found = archcalc.sweep("resnet18", ROWS.free, ROWS.columns, where=where)
    assert list(found.tuples()) == [row for row in ALL if passes(*row)]
    assert found.matched == found.size


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ("macs", "needs a comparison"),
        ("macs < ", "missing"),
        ("mac < 3", "macs"),
        ("macs < params < 3", "chain"),
        ("macs + 1", "needs a comparison"),
        ("macs < 'a'", "needs numbers"),
        ("1 if macs > 3 else 2", "expected"),
        ("params / 0 < 3", "zero"),
        ("params < 10**301", r"grows beyond 10\^300"),
    ],
)
def test_a_filter_that_cannot_be_is_refused(where, says):
    with pytest.raises(ArchcalcError, match=says):
        archcalc.sweep("resnet18", {"width": [8, 16]}, where=where)


def test_pareto_sort_and_top():
    found = archcalc.sweep("resnet18", ROWS.free, ROWS.columns, pareto="macs,max:params")
    beaten = [row for row in ALL if any(o[3] <= row[3] and o[2] >= row[2] and o[2:] != row[2:] for o in ALL)]
    assert list(found.tuples()) == [row for row in ALL if row not in beaten]
    found = archcalc.sweep("resnet18", ROWS.free, ROWS.columns, sort="-params", top=4)
    assert list(found.tuples()) == sorted(ALL, key=lambda row: -row[2])[:4]


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 4)), max_size=12), st.booleans()
)
def test_the_front_is_what_nothing_beats(rows, objects):
    goals = [
        np.array(goal, object if objects else "int64")
        for goal in (zip(*rows, strict=True) if rows else [[]] * 3)
    ]
    expected = [
        i
        for i, row in enumerate(rows)
        if not any(all(a <= b for a, b in zip(o, row, strict=True)) and o != row for o in rows)
    ]
    assert front(goals).tolist() == expected


@pytest.mark.parametrize(
    ("free", "options", "says"),
    [
        ({}, {}, "setting that varies"),
        ({"sze": [1]}, {}, "did you mean 'size'"),
        ({"size": [32]}, {"show": "prams"}, "did you mean 'params'"),
        ({"size": [32]}, {"sort": "-mac"}, "did you mean 'macs'"),
        ({"width": ["a", "b"]}, {}, "a number"),
        ({"block": ["basic", "basic", "bsic"]}, {}, "must be 'plain', 'basic' or 'bottleneck'"),
        ({"depths": [[1, 1, 1, 1], [2, 2, 2, 2], 3, [1, 2, 3, 4], "x"]}, {}, "must be a list"),
        ({"size": range(10**6), "width": range(10**6)}, {}, "combinations"),
    ],
)
def test_bad_usage_is_told(free, options, says):
    with pytest.raises(ArchcalcError, match=says):
        archcalc.sweep("resnet18", free, **options)


def test_few_points_of_a_structure_are_as_many_points_of_it(monkeypatch):
    spec = parse(Source("two.yaml", TWO_STAGES.replace("[size, size, 2]", "[size, size, 2 * size]")))
    free = {"depths": [[1, 2], [0, 1], [2, 2]], "size": [1, 4, 5]}
    together = archcalc.studies.sweep.sweep(lambda given: spec.bind(None, given), free)
    monkeypatch.setattr(run, "FEW_POINTS", 1)
    apart = archcalc.studies.sweep.sweep(lambda given: spec.bind(None, given), free)
    assert together.as_json() == apart.as_json()
    assert together.size == 9


def test_a_spec_that_joins_two_settings_is_swept_in_parts(monkeypatch):
    joined = GROUPED.replace("{conv: 4*width,", "{conv: 4*width*groups,")
    free = {"groups": [1, 2, 3], "width": [2, 3, 4, 6], "size": [3, 4, 9, 12]}
    for most in (5, 1 << 18):
        monkeypatch.setattr(arrays, "MOST_NUMBERS", most)
        monkeypatch.setattr(run, "MOST_NUMBERS", most)
        check_sweep(parse(Source("joined.yaml", joined)), None, free)


def test_a_column_of_a_table_is_suggested_by_its_key() -> None:
    with pytest.raises(
        ArchcalcError, match=r"unknown column 'memory' \(did you mean 'slide_activations'\?\)"
    ):
        archcalc.sweep("vgg16", ["size=32:64:32"], "memory")


def test_a_heading_has_its_unit() -> None:
    made = archcalc.sweep("vgg16", ["size=32:64:32"], "size,slide_activations,peak_activation_bytes")
    assert made.render("plain").splitlines()[2].split("  ")[-2:] == ["memory (values)", "peak (bytes)"]
