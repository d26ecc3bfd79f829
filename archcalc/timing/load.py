"""Results of ``archcalc time`` read again, each value checked: what is compared later was measured elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from archcalc.errors import ArchcalcError, Problem, Source, SpecError, printable, short
from archcalc.results import FORMAT
from archcalc.results.time import COMPUTE, MEMORY, Device, TimedLayer, TimedRun, TimeSpan, Timing

MAX_BYTES = 1 << 26
MOST, LEAST = 10**60, 1e-15
"""No count and no time is larger, no time but 0 smaller: quotients of such are numbers."""
T = TypeVar("T")


def read_timings(path: str) -> tuple[Timing, ...]:
    """The timings of a file: one of ``archcalc time``, or the ``times`` of a benchmark. Raises ArchcalcError."""
    name = printable(path)
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ArchcalcError(f"{name}: {error.strerror or error}") from None
    if len(data) > MAX_BYTES:
        raise ArchcalcError(f"{name}: the file is larger than {MAX_BYTES // 2**20} MiB")
    root = JsonValue(_parsed(path, data), name, "")
    number = root.get("format").whole(0)
    if number != FORMAT:
        raise root.get("format").wrong(f"the format {FORMAT}")
    if isinstance(root.value, Mapping) and "times" in root.value:
        return tuple(_timing(item) for item in root.get("times").items())
    return (_timing(root),)


def _parsed(path: str, data: bytes) -> Any:
    try:
        return json.loads(data)
    except json.JSONDecodeError as error:
        source = Source(path, data.decode("utf-8", "replace"))
        raise SpecError([Problem(f"not JSON: {error.msg}", source.mark(error.pos))]) from None
    except (UnicodeDecodeError, RecursionError):
        raise ArchcalcError(f"{printable(path)}: this is not JSON in UTF-8") from None


class JsonValue:
    """A value of a JSON file that knows its place: ``runs[0].batch``."""

    def __init__(self, value: Any, file: str, place: str) -> None:
        self.value, self.file, self.place = value, file, place

    def wrong(self, wanted: str) -> ArchcalcError:
        """The error that tells what should stand here."""
        given = (
            short(json.dumps(self.value), 40) if not isinstance(self.value, dict | list) else "something else"
        )
        return ArchcalcError(f"{self.file}: {self.place or 'the file'} must be {wanted}, not {given}")

    def get(self, key: str) -> JsonValue:
        """What stands under a key; null where there is no such key."""
        if not isinstance(self.value, Mapping):
            raise self.wrong("a mapping")
        return JsonValue(self.value.get(key), self.file, f"{self.place}.{printable(key)}".lstrip("."))

    def items(self) -> list[JsonValue]:
        if not isinstance(self.value, list):
            raise self.wrong("a list")
        return [
            JsonValue(item, self.file, f"{self.place}[{number}]") for number, item in enumerate(self.value)
        ]

    def mapping(self, read: Callable[[JsonValue], T]) -> dict[str, T]:
        if not isinstance(self.value, Mapping):
            raise self.wrong("a mapping")
        return {str(key): read(self.get(key)) for key in self.value}

    def text(self) -> str:
        if not isinstance(self.value, str):
            raise self.wrong("a text")
        return printable(self.value)

    def whole(self, least: int = 1) -> int:
        if type(self.value) is not int or not least <= self.value <= MOST:
            raise self.wrong(f"a whole number from {least} to {MOST:.0e}")
        return self.value

    def number(self) -> float:
        # json reads NaN and Infinity, which no time is.
        if type(self.value) not in (int, float) or not (self.value == 0 or LEAST <= self.value <= MOST):
            raise self.wrong(f"0 or a number from {LEAST} to {MOST:.0e}")
        return float(self.value)

    def flag(self) -> bool:
        if not isinstance(self.value, bool):
            raise self.wrong("true or false")
        return self.value

    def maybe(self, read: Callable[[JsonValue], T]) -> T | None:
        return None if self.value is None else read(self)


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
    if dtype.text() not in device.dtypes:
        raise dtype.wrong("a dtype that the device has a rate for")
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
