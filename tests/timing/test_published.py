"""The lower bound and the expected time beside what GPUs did, and the check of published times."""

from __future__ import annotations

import csv
import math
import statistics
from collections import defaultdict
from pathlib import Path

import pytest

import archcalc
from archcalc.errors import ArchcalcError, SpecError
from archcalc.results.published_times import CheckedTime, CheckedTimes

PUBLISHED = Path(__file__).parents[2] / "benchmarks" / "published"
BRACKETS = [*csv.DictReader((PUBLISHED / "brackets.csv").read_text(encoding="utf-8").splitlines())]


@pytest.fixture(scope="module")
def checked() -> CheckedTimes:
    return archcalc.check_times(str(PUBLISHED / "times.csv"))


def logs(times: list[CheckedTime]) -> list[float]:
    return [math.log(time.ratio) for time in times]


@pytest.mark.slow
def test_no_published_time_is_below_the_lower_bound(checked: CheckedTimes) -> None:
    assert len(checked.times) == 520
    assert checked.ok


@pytest.mark.slow
def test_the_expected_time_holds(checked: CheckedTimes) -> None:
    """The spread of ln(measured/expected), as issue 15 asks; 0.30 is a factor of 1.35 either way."""
    forward = [time for time in checked.times if not time.train]
    training = [time for time in checked.times if time.train]
    assert statistics.pstdev(logs(forward)) <= 0.30
    assert statistics.pstdev(logs(training)) <= 0.30
    assert 0.8 < statistics.median(time.ratio for time in forward) < 1.25
    groups: dict[tuple[str, str], list[CheckedTime]] = defaultdict(list)
    for time in forward:
        if time.batch >= 64:
            groups[time.device, time.dtype].append(time)
    # Large batches, without the mean of their device and dtype: a card reaches its own share of its peak.
    rest = [log - statistics.fmean(logs(times)) for times in groups.values() for log in logs(times)]
    assert statistics.pstdev(rest) <= 0.20


@pytest.mark.slow
def test_the_verdicts_of_fit_agree_with_what_ran_out_of_memory() -> None:
    right = 0
    for row in BRACKETS:
        fitted = archcalc.fit(row["network"], row["device"], dtype=row["dtype"], train="momentum")
        most = fitted.demands[0].largest_batch or 0
        upper = float(row["does_not_fit"] or "inf")
        right += int(row["fits"]) <= most < upper
    # Two are known to be wrong: of se-resnet152 another measurement of the same card contradicts this one.
    assert (right, len(BRACKETS)) == (29, 31)


# The check of a table


LIST = """\
- {network: vgg16, device: a100-40gb, batch: 32, dtype: tf32, ms: 4.2}
- {model: ResNet-50, GPU: A100 40GB, batch size: 32, precision: tf32, measured_ms: 14.5}
"""
JSON = """\
[{"network": "vgg16", "device": "a100-40gb", "batch": 32, "dtype": "tf32", "throughput": 7619.05},
 {"network": "resnet50", "device": "a100-40gb", "batch": 32, "dtype": "tf32", "images/s": 2206.9}]
"""
TABLE = "network,device,batch,dtype,ms\nvgg16,a100-40gb,32,tf32,4.2\nresnet50,a100-40gb,32,tf32,14.5\n"


@pytest.mark.parametrize(
    "text",
    [
        TABLE,
        TABLE.replace(",", ";"),
        TABLE.replace(",", "\t"),
        "Table 3\n\n" + TABLE.replace("network", "Model").replace("ms", "Latency (ms)"),
        LIST,
        JSON,
    ],
)
def test_a_table_is_read_in_every_form(tmp_path: Path, text: str) -> None:
    path = tmp_path / "times.txt"
    path.write_text(text)
    found = archcalc.check_times(str(path))
    assert [time.possible for time in found.times] == [False, True]
    assert [round(time.published_ms, 1) for time in found.times] == [4.2, 14.5]
    assert "impossible: 236 TFLOP/s on a device with 156 T" in str(found)
    assert found.as_json()["impossible"] == 1


def test_a_column_that_is_missing_can_be_given(tmp_path: Path) -> None:
    path = tmp_path / "times.csv"
    path.write_text("network,ms\nvgg16,4.2\n")
    found = archcalc.check_times(str(path), device="a100-40gb", batch=32, dtype="tf32")
    assert not found.ok


def test_a_decimal_comma_in_a_table_with_semicolons(tmp_path: Path) -> None:
    path = tmp_path / "times.csv"
    path.write_text("network;device;batch;ms\nvgg16;a100-40gb;32;14,5\nvgg16;a100-40gb;32;4,2051\n")
    assert [time.published_ms for time in archcalc.check_times(str(path)).times] == [14.5, 4.2051]
    path.write_text("network;device;batch;ms\nvgg16;a100-40gb;32;1,234\n")
    with pytest.raises(SpecError, match="'1,234' is no time"):
        archcalc.check_times(str(path))


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("vgg16,a100-40gb,,tf32,4.2,forward", "times.csv:2:1: this row has no batch"),
        ("vgg16,a100-40gb,2.5,tf32,4.2,forward", "'2.5' is no batch"),
        ("vgg16,a100-40gb,32,tf32,-1,forward", "'-1' is no time"),
        ("vgg16,a100-40gb,32,tf32,nan,forward", "'nan' is no time"),
        ("vgg16,a100-40gb,32,tf32,,forward", "this row has no time"),
        ("vgg16,a100-40gb,32,tf33,4.2,forward", "unknown dtype 'tf33'"),
        ("vgg16,a100-40gb,32,tf32,4.2,backward", "unknown pass 'backward'"),
        ("vgg16,a1,32,tf32,4.2,forward", "unknown device 'a1'"),
        ("vgg61,a100-40gb,32,tf32,4.2,forward", "unknown network 'vgg61'"),
    ],
)
def test_a_row_that_cannot_be_read_is_located(tmp_path: Path, row: str, says: str) -> None:
    path = tmp_path / "times.csv"
    path.write_text(f"network,device,batch,dtype,ms,pass\n{row}\nvgg16,h100,0,float32,1,forward\n")
    with pytest.raises(SpecError) as caught:
        archcalc.check_times(str(path))
    assert says in str(caught.value)
    assert "times.csv:3:1: '0' is no batch" in str(caught.value), "every mistake is told at once"


def test_a_file_without_times_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "times.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(ArchcalcError, match="no times in it"):
        archcalc.check_times(str(path))
