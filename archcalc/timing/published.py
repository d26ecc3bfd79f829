"""Judging published times: a table of networks, devices and milliseconds, or images per second.

A time below the lower bound of its device is impossible: the table has another device, batch or network than
it says. Any other time is compared with the expected time.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from archcalc.conventions import FRAMEWORKS, LAYOUTS, PRECISIONS
from archcalc.engine.walk import Step
from archcalc.errors import ArchcalcError, Mark, Problem, Source, SpecError, alike, did_you_mean, plain, short
from archcalc.language.compose import read_nodes
from archcalc.language.find import network_of, read_file
from archcalc.language.nodes import Map, Node, Scalar, Seq
from archcalc.network import Network
from archcalc.results.published_times import CheckedTime, CheckedTimes
from archcalc.results.time import Device
from archcalc.timing.devices import find_device, load_devices
from archcalc.timing.expected import manner_of
from archcalc.timing.precision import precision_of
from archcalc.timing.predict import predict_run
from archcalc.timing.roofline import steps_of

MAX_ROWS = 5000

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "network": ("model", "net", "architecture"),
    "device": ("gpu", "accelerator"),
    "batch": ("batchsize", "bs"),
    "dtype": ("precision",),
    "ms": ("measuredms", "timems", "latencyms", "milliseconds", "time", "latency"),
    "images_per_second": ("imagess", "imgs", "throughput", "samplespersecond", "imagessec", "imgsec"),
    "pass": ("task", "mode"),
    "framework": (),
    "layout": (),
    "settings": (),
}
"""The columns that are read, and other names for them; every other column is left alone."""

NEEDED = ("network", "device", "batch")

TRAINING = ("training", "train", "trainstep", "trainingstep", "forwardbackward")
FORWARD = ("", "forward", "inference", "infer")


class Row(NamedTuple):
    """One row of the table: its cells by column, and its place."""

    cells: Mapping[str, str]
    mark: Mark


class _Wrong(Exception):
    """What is wrong with a row, and the way out."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


def check_times(path: str, given: Mapping[str, str], devices: str | None = None) -> CheckedTimes:
    """Judge every time of a file: CSV, TSV, or a list in YAML or JSON.

    ``given`` has values for columns that the file lacks. Raises SpecError with every row that cannot be read,
    ArchcalcError for a file without any.
    """
    source = read_file(path)
    known = load_devices(devices)
    judged, problems = [], []
    rows = list(_rows(source))
    if not rows:
        raise ArchcalcError(f"{source.name}: no times in it (needed: a line with headings, such as "
                            "'network,device,batch,ms', and a row for each time)")  # fmt: skip
    for row in rows:
        try:
            judged.append(_judge(Row({**given, **row.cells}, row.mark), known))
        except _Wrong as wrong:
            problems.append(Problem(wrong.message, row.mark, "", wrong.hint))
        except SpecError as error:
            problems += error.problems
        except ArchcalcError as error:
            problems.append(Problem(str(error), row.mark))
    if problems:
        raise SpecError(problems)
    return CheckedTimes(source.name, tuple(judged))


# --- the rows of a file ----------------------------------------------------------------------------------


def _rows(source: Source) -> Iterator[Row]:
    is_list = source.text.lstrip().startswith(("[", "- ", "{")) or source.name.endswith((".yaml", ".yml"))
    return _rows_of_list(source) if is_list else _rows_of_table(source)


def _rows_of_table(source: Source) -> Iterator[Row]:
    """The rows below the first line that has a heading for networks."""
    headings: list[str] = []
    delimiter = ","
    for number, line in enumerate(source.lines, 1):
        if number > MAX_ROWS:
            raise ArchcalcError(f"{source.name}: more than {MAX_ROWS:,} lines")
        if not headings:
            delimiter = max(",;\t", key=line.count)
            found = [_column(cell) for cell in _cells(line, delimiter)]
            headings = found if "network" in found else []
        elif line.strip() and not line.startswith("#"):
            cells = zip(headings, _cells(line, delimiter), strict=False)
            yield Row({key: cell for key, cell in cells if key and cell}, Mark(source, number, 1))


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]
    except csv.Error:
        return []


def _rows_of_list(source: Source) -> Iterator[Row]:
    problems: list[Problem] = []
    root: Node = read_nodes(source, problems)
    if problems:
        raise SpecError(problems)
    if not isinstance(root, Seq):
        raise SpecError([Problem("times must be a list", root.mark, "", "write - {network: ..., ms: ...}")])
    for item in root.items:
        if not isinstance(item, Map):
            raise SpecError(
                [Problem("a time must be a mapping", item.mark, "", "write {network: ..., ms: ...}")]
            )
        yield Row({column: text for column, text in _texts(item) if column}, item.mark)


def _texts(item: Map) -> Iterator[tuple[str, str]]:
    for key, entry in item.entries.items():
        if isinstance(entry.value, Scalar):
            yield _column(key), entry.value.text
        elif isinstance(entry.value, Map):
            parts = (
                f"{name}={one.value.text}"
                for name, one in entry.value.entries.items()
                if isinstance(one.value, Scalar)
            )
            yield _column(key), " ".join(parts)


def _column(heading: str) -> str:
    """The column that a heading means; empty if it is none."""
    # "latency (ms)", "images/s": brackets and signs say nothing new.
    word = plain(re.sub(r"[/()\[\]]", "", heading))
    return next((key for key, others in COLUMNS.items() if word in (plain(key), *others)), "")


# --- one row ---------------------------------------------------------------------------------------------


def _judge(row: Row, devices: Mapping[str, Device]) -> CheckedTime:
    cells = row.cells
    missing = [key for key in NEEDED if not cells.get(key)]
    if missing:
        says = f"this row has no {' and no '.join(missing)}"
        raise _Wrong(
            says, f"add the column, or --{missing[0]} for the whole file" if missing != ["network"] else ""
        )
    device = find_device(cells["device"], devices)
    batch = _number(cells["batch"], "batch")
    if batch != int(batch):
        raise _Wrong(f"'{short(cells['batch'])}' is no batch", "write a whole number")
    published = _milliseconds(cells, int(batch))
    manner = manner_of(
        _word(cells, "framework", tuple(FRAMEWORKS), "eager"),
        None,
        _word(cells, "layout", LAYOUTS, LAYOUTS[0]),
        _train(cells.get("pass", "")),
    )
    dtype = _word(cells, "dtype", PRECISIONS, "float32")
    network, steps = _network(cells["network"], tuple(cells.get("settings", "").split()))
    run = predict_run(network, steps, precision_of(dtype, device), int(batch), manner)
    return CheckedTime(
        cells["network"],
        device.name,
        int(batch),
        dtype,
        bool(manner.train),
        published,
        run.lower_bound_ms or 0.0,
        run.expected_ms or 0.0,
        run.bound_by,
        1000 * run.flops / published,
        device.mac_rate(run.computed_in, run.tf32),
        row.mark.line,
    )


@lru_cache(maxsize=200)
def _network(name: str, settings: tuple[str, ...]) -> tuple[Network, list[Step]]:
    network = network_of(name, settings)
    return network, steps_of(network)


def _milliseconds(cells: Mapping[str, str], batch: int) -> float:
    if "ms" in cells:
        return _number(cells["ms"], "time")
    if "images_per_second" in cells:
        return 1000 * batch / _number(cells["images_per_second"], "rate")
    raise _Wrong("this row has no time", "add a column 'ms' or 'images_per_second'")


_DECIMAL_COMMA = re.compile(r"([0-9]+),(?=[0-9]{1,2}\Z|[0-9]{4})")
"""A comma that cannot separate thousands: 6,2 as a German spreadsheet writes it, but not 6,200."""


def _number(text: str, what: str) -> float:
    try:
        value = float(_DECIMAL_COMMA.sub(r"\1.", text.removesuffix("ms").strip()))
    except ValueError:
        value = 0.0
    if not 1e-6 <= value <= 1e12:  # also NaN
        raise _Wrong(f"'{short(text)}' is no {what}", "write a number above 0, such as 12.5")
    return value


def _train(task: str) -> str | None:
    """The optimizer of a training pass; None for a forward pass."""
    word = plain(task.replace("+", ""))
    if word in TRAINING:
        return "sgd"  # tables do not name it, and it hardly changes the time
    if word in FORWARD:
        return None
    raise _Wrong(f"unknown pass '{short(task)}'", "write forward or training")


def _word(cells: Mapping[str, str], column: str, known: tuple[str, ...], default: str) -> str:
    text = cells.get(column, "")
    if text in ("", "?"):
        return default
    meant = alike(text, known)
    if len(meant) != 1:
        raise _Wrong(
            f"unknown {column} '{short(text)}'", did_you_mean(text, known) or f"known: {', '.join(known)}"
        )
    return meant[0]
