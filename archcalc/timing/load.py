"""Reading stored results of ``archcalc time``. Every value is checked: the file may come from anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archcalc.errors import ArchcalcError, printable
from archcalc.results import FORMAT
from archcalc.results.json_reader import JsonValue, parse_json
from archcalc.results.time import COMPUTE, MEMORY, Device, HowRun, TimedLayer, TimedRun, TimeSpan, Timing
from archcalc.timing.precision import precision_of

MAX_BYTES = 1 << 26


def read_timings(path: str) -> tuple[Timing, ...]:
    """The timings of a file: one of ``archcalc time``, or the ``times`` of a benchmark.

    Raises ArchcalcError.
    """
    name = printable(path)
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ArchcalcError(f"{name}: {error.strerror or error}") from None
    if len(data) > MAX_BYTES:
        raise ArchcalcError(f"{name}: the file is larger than {MAX_BYTES // 2**20} MiB")
    root = parse_json(data, name)
    writes = "'archcalc time NETWORK -o FILE.json' writes one"
    if not isinstance(root.value, Mapping):
        raise ArchcalcError(f"{name}: the file must be a mapping with times; {writes}")
    if not root.value.keys() & {"runs", "times"}:
        raise ArchcalcError(f"{name}: this file has no times; {writes} with times")
    number = root.get("format").whole(0)
    if number != FORMAT:
        raise root.get("format").wrong(f"the format {FORMAT}")
    # A benchmark stores many timings in one file, the command only one.
    if "times" in root.value:
        return tuple(_timing(item) for item in root.get("times").items())
    return (_timing(root),)


def _timing(value: JsonValue) -> Timing:
    device = _device(value.get("device"))
    runs = tuple(_run(item, device) for item in value.get("runs").items())
    environment = value.get("environment").mapping(_plain)
    return Timing(value.get("network").text(), device, environment, runs)


def _plain(value: JsonValue) -> Any:
    if isinstance(value.value, dict | list):
        raise value.wrong("a text, a number, true, false or null")
    return printable(value.value) if isinstance(value.value, str) else value.value


def _device(value: JsonValue) -> Device:
    texts = {key: value.get(key).text() for key in ("name", "title", "source", "seen", "note")}
    return Device(
        **texts,
        year=value.get("year").maybe(JsonValue.whole),
        vector=value.get("vector").mapping(JsonValue.whole),
        matrix=value.get("matrix").mapping(JsonValue.whole),
        bandwidth=value.get("bandwidth").whole(),
        memory=value.get("memory").whole(),
        aliases=tuple(item.text() for item in value.get("aliases").items()),
    )


def _run(value: JsonValue, device: Device) -> TimedRun:
    dtype, graph = value.get("dtype"), value.get("graph_ms").maybe(JsonValue.number)
    try:
        computed = precision_of(dtype.text(), device).computed
    except ArchcalcError:
        raise dtype.wrong("a dtype that the device has a rate for") from None
    return TimedRun(
        batch=value.get("batch").whole(),
        dtype=dtype.text(),
        tf32=value.get("tf32").flag(),
        layers=tuple(_layer(item) for item in value.get("layers").items()),
        predicted_ms=value.get("predicted_ms").number(),
        fused_ms=value.get("fused_ms").number(),
        measured=_span(value),
        graph=None if graph is None else TimeSpan(graph, graph, graph),
        failed=value.get("failed").text(),
        # Results of older versions lack what follows.
        lower_bound_ms=value.get("lower_bound_ms").maybe(JsonValue.number),
        expected_ms=value.get("expected_ms").maybe(JsonValue.number),
        bound_by=value.get("bound_by").maybe(JsonValue.text) or "",
        launches=value.get("launches").maybe(_count),
        computed=computed,
        how=_how(value),
    )


def _count(value: JsonValue) -> int:
    return value.whole(0)


def _how(value: JsonValue) -> HowRun:
    return HowRun(
        value.get("framework").maybe(JsonValue.text) or HowRun().framework,
        value.get("launch_us").maybe(JsonValue.number) or HowRun().launch_us,
        value.get("layout").maybe(JsonValue.text) or HowRun().layout,
        value.get("train").maybe(JsonValue.text),
    )


def _layer(value: JsonValue) -> TimedLayer:
    bound = value.get("bound")
    if bound.value not in (COMPUTE, MEMORY):
        raise bound.wrong(f"'{COMPUTE}' or '{MEMORY}'")
    return TimedLayer(
        path=value.get("path").text(),
        op=value.get("op").text(),
        flops=value.get("flops").whole(0),
        bytes=value.get("bytes").whole(0),
        predicted_ms=value.get("predicted_ms").number(),
        bound=bound.value,
        measured=_span(value),
    )


def _span(value: JsonValue) -> TimeSpan | None:
    median = value.get("measured_ms").maybe(JsonValue.number)
    if median is None:
        return None
    spread = value.get("spread_ms").items()
    if len(spread) != 2:
        raise value.get("spread_ms").wrong("the two quartiles")
    return TimeSpan(median, *(item.number() for item in spread))
