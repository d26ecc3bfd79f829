"""Timing: what it answers, and in which order the paths of a GPU go; a CPU can see no more.

No time is asserted.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from helpers.zoo import SPECS

import archcalc
from archcalc.engine.moved import is_idle
from archcalc.errors import ArchcalcError, Source
from archcalc.language.parse import parse
from archcalc.render.writers.yaml import render as written
from archcalc.results.time import Settings
from archcalc.timing.devices import load_devices, read_devices
from archcalc.timing.fit import inference
from archcalc.timing.load import read_timings
from archcalc.timing.measure import measure
from archcalc.timing.model_error import model_error
from archcalc.timing.precision import bytes_of
from archcalc.timing.roofline import steps_of

torch = pytest.importorskip("torch", reason="timing needs PyTorch; CI installs it")
from archcalc.backends import bench as benches  # noqa: E402
from archcalc.backends import calibrate, pytorch  # noqa: E402
from archcalc.backends import clock as timing  # noqa: E402
from archcalc.backends.environment import applied  # noqa: E402

DEVICE = load_devices()["epyc-9654"]
QUICK: dict[str, Any] = {"seconds": 0.001, "settings": Settings(threads=1)}


def lenet(batches: tuple[int, ...] = (1,), dtypes: tuple[str, ...] = ("float32",), **more: Any) -> Any:
    return measure(archcalc.load("lenet5"), DEVICE, batches, dtypes, **{**QUICK, **more})


def test_every_layer_with_work_has_a_time_and_the_others_none() -> None:
    found = lenet((1, 2), ("float32", "bfloat16"), layers=True)
    steps = steps_of(archcalc.load("lenet5"))
    assert [(run.dtype, run.batch) for run in found.runs] == [
        ("float32", 1),
        ("float32", 2),
        ("bfloat16", 1),
        ("bfloat16", 2),
    ]
    for run in found.runs:
        assert run.failed == ""
        assert run.measured
        assert 0 < run.measured.low <= run.measured.median <= run.measured.high
        assert run.graph is None
        for layer, step in zip(run.layers, steps, strict=True):
            assert (layer.measured is None) == is_idle(step)
    assert model_error([found]).networks.things == 4
    assert sum(one.things for one in model_error([found]).ops) == 4 * sum(not is_idle(step) for step in steps)


def test_the_same_work_is_timed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    timed = []
    real = benches.Bench.layer
    monkeypatch.setattr(
        benches.Bench, "layer", lambda self, step, seconds: timed.append(step) or real(self, step, seconds)
    )
    found = measure(archcalc.load("resnet20-cifar"), DEVICE, (1,), ("float32",), layers=True, **QUICK)
    works = {benches.same_work(step) for step in timed}
    assert len(works) == len(timed) < len([layer for layer in found.runs[0].layers if layer.measured])


def test_progress_ends_with_everything_done() -> None:
    told: list[tuple[int, int]] = []
    lenet((1, 2), layers=True, progress=lambda done, total: told.append((done, total)))
    assert told[-1][0] == told[-1][1]
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_the_environment_states_what_the_times_depend_on() -> None:
    found = lenet(settings=Settings(threads=1, channels_last=True)).environment
    assert found["torch"] == torch.__version__
    assert found["threads"] == 1
    assert found["channels_last"] is True
    assert found["tf32"] is False
    assert set(found) >= {
        "device",
        "where",
        "date",
        "python",
        "platform",
        "cuda",
        "cudnn",
        "driver",
        "cudnn_benchmark",
    }


def test_settings_are_given_back() -> None:
    cudnn = torch.backends.cudnn

    def in_force() -> tuple[Any, ...]:
        precision = torch.get_float32_matmul_precision()
        return (
            torch.get_num_threads(),
            precision,
            cudnn.allow_tf32,
            cudnn.benchmark,
            torch.is_inference_mode_enabled(),
        )

    before = in_force()
    other = Settings(tf32=True, cudnn_benchmark=not cudnn.benchmark, threads=before[0] + 1)
    with applied(other, "cpu"):
        assert in_force() == (before[0] + 1, "high", True, not before[3], True)
    assert in_force() == before


def test_too_large_a_batch_is_an_answer() -> None:
    run = lenet((10**9,)).runs[0]
    assert run.failed.startswith("out of memory: weights and activations take ")
    assert run.measured is None
    assert run.predicted_ms > 0


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB"), "out of memory"),
        (MemoryError(), "out of memory"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), "out of memory"),
        (
            RuntimeError("CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported"),
            "out of memory",
        ),
        (RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"), "out of memory"),
        (
            RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
            "out of memory",
        ),
        (RuntimeError("\"convolution\" not implemented for 'Half'\nmore"), "PyTorch cannot run it"),
        (
            RuntimeError("GET was unable to find an engine to execute this computation"),
            "PyTorch cannot run it",
        ),
        (NotImplementedError(), "PyTorch cannot run it"),
    ],
)
def test_what_goes_wrong_while_it_runs_is_an_answer(
    error: Exception, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*given: Any) -> Any:
        raise error

    monkeypatch.setattr(benches.Bench, "whole", fail)
    assert lenet().runs[0].failed.startswith(says)


def test_a_mistake_of_ours_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*given: Any) -> Any:
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    monkeypatch.setattr(benches.Bench, "whole", fail)
    with pytest.raises(RuntimeError, match="shapes"):
        lenet()


MAPS = {
    0: "input: [300]\nlayers: [{fc: 10}, relu]",
    1: "input: [12, 3]\nlayers: [{conv: 4, kernel: 3}, {locally_connected: 4, kernel: 3}, bn, {fc: 2}]",
    2: "input: [12, 12, 3]\nlayers: [{conv: 4, kernel: 3}, {locally_connected: 4, kernel: 3}, bn, {fc: 2}]",
    3: "input: [8, 8, 8, 3]\n"
    "layers: [{conv: 2, table: [[0, 1], [2]], kernel: 3}, {deconv: 4, kernel: 2}, bn, {fc: 2}]",
}


@pytest.mark.parametrize("axes", MAPS)
def test_channels_last_is_for_maps_of_two_and_three_axes(axes: int) -> None:
    network = parse(Source("net.yaml", f"name: net\n{MAPS[axes]}\n")).bind()
    settings = Settings(threads=1, channels_last=True)
    run = measure(network, DEVICE, (2,), ("float32",), layers=True, **{**QUICK, "settings": settings}).runs[0]
    assert run.failed == ""
    bench = benches.Bench(network, steps_of(network), "cpu", 2, "float32", settings)
    filters = [array for array in bench.module.parameters() if array.ndim == axes + 2]
    last = {2: torch.channels_last, 3: torch.channels_last_3d}.get(axes, torch.contiguous_format)
    for array in (*bench.inputs, *(filters if axes else ())):
        assert array.is_contiguous(memory_format=last)


def test_a_real_allocation_that_fails_is_out_of_memory() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(10**15)
    assert benches.failure(caught.value) == "out of memory"


def test_what_cannot_be_measured_is_refused() -> None:
    with pytest.raises(ArchcalcError, match="PyTorch runs no network in int8"):
        lenet(dtypes=("int8",))
    with pytest.raises(ArchcalcError, match="finds no cuda:99 here"):
        lenet(where="cuda:99")


def test_what_a_pass_needs_is_what_the_table_says() -> None:
    totals = archcalc.analyze("resnet18", batch=4).totals
    net = archcalc.load("resnet18")
    needed = inference(net, steps_of(net), bytes_of("float32")).at(4)
    assert needed == totals.param_bytes + 4 * totals.buffers + totals.peak_activation_bytes


def test_a_network_with_nothing_to_do_is_timed_and_not_judged() -> None:
    network = parse(Source("net.yaml", "name: net\ninput: [4, 4, 3]\nlayers: [flatten]\n")).bind()
    found = measure(network, DEVICE, (1,), ("float32",), **QUICK)
    assert found.runs[0].measured
    assert model_error([found]).networks.things == 0


def test_a_calibrated_machine_is_a_device_like_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibrate, "MOST_ROWS", {"cpu": 256})
    monkeypatch.setattr(calibrate, "COPIED", {"cpu": 2**16})
    device = calibrate.calibrate("cpu", 0.001, 1)
    assert set(device.dtypes) == {"float64", "float32", "float16", "bfloat16"}
    assert device.memory == os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert read_devices(Source("mine.yaml", written(device)))["here"] == device


# The paths of a GPU, on a fake one that counts what is asked of it.


class Clock:
    """Stands for torch.cuda: its events are a millisecond apart, or as far as a call takes."""

    def __init__(self, call_ms: float = 1.0, captures: bool = True) -> None:
        self.now, self.call_ms, self.captures, self.calls, self.replays, self.captured = (
            0.0,
            call_ms,
            captures,
            0,
            0,
            0,
        )
        clock = self

        class Event:
            def __init__(self, enable_timing: bool) -> None:
                assert enable_timing

            def record(self) -> None:
                self.at = clock.now

            def elapsed_time(self, other: Any) -> float:
                return other.at - self.at

        class CUDAGraph:
            def replay(self) -> None:
                clock.replays += 1
                clock.now += clock.captured * clock.call_ms / 10

        @contextmanager
        def graph(made: CUDAGraph) -> Any:
            before, now = clock.calls, clock.now
            yield
            if not clock.captures:
                raise RuntimeError("operation not permitted when stream is capturing")
            clock.captured, clock.now = clock.calls - before, now

        @contextmanager
        def stream(side: Any) -> Any:
            yield

        self.Event, self.CUDAGraph, self.graph, self.stream = Event, CUDAGraph, graph, stream
        self.OutOfMemoryError = torch.OutOfMemoryError

    def Stream(self) -> Any:
        return SimpleNamespace(wait_stream=lambda other: None)

    def current_stream(self) -> Any:
        return SimpleNamespace(wait_stream=lambda other: None)

    def synchronize(self) -> None:
        pass

    def call(self) -> None:
        self.calls += 1
        self.now += self.call_ms


def on_fake(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Clock:
    monkeypatch.setattr(torch, "cuda", clock)
    return clock


def test_events_time_so_many_calls_as_the_seconds_allow(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = on_fake(monkeypatch, Clock(call_ms=2.0))
    assert timing.timed(clock.call, "cuda", 0.1) == (2.0, 2.0, 2.0)
    assert clock.calls == timing.WARM_UP + 1 + 50
    long = on_fake(monkeypatch, Clock(call_ms=2000.0))
    timing.timed(long.call, "cuda", 0.1)
    assert long.calls == timing.WARM_UP + 1 + timing.FEWEST_CALLS


def test_a_graph_holds_every_copy_and_its_time_is_that_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = on_fake(monkeypatch, Clock())
    found = timing.replayed(clock.call, 8, 0.01)
    assert clock.captured == 8
    assert clock.replays > timing.FEWEST_CALLS
    assert found is not None
    assert found.median == pytest.approx(0.1)


def test_what_cannot_be_captured_has_no_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = on_fake(monkeypatch, Clock(captures=False))
    assert timing.replayed(clock.call, 1, 0.01) is None


def test_no_memory_for_a_graph_is_no_reason_to_lose_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    bench, steps = on_gpu(clock := Clock(call_ms=1.0), monkeypatch)

    @contextmanager
    def graph(made: Any) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory")
        yield

    clock.graph = graph
    whole, replay = bench.whole(0.01)
    assert whole.median == pytest.approx(len(steps))
    assert replay is None


def test_what_pytorch_has_put_by_on_a_gpu_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = on_fake(monkeypatch, Clock())
    free = {"bytes": 1}
    clock.empty_cache = lambda: free.update(bytes=10)
    clock.mem_get_info = lambda where: (free["bytes"], 20)
    assert pytorch.free_memory("cuda:0") == 10


def on_gpu(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> tuple[benches.Bench, Any]:
    """LeNet-5 without values, each call of a layer of which takes a call of the clock."""
    net = archcalc.load("lenet5")
    steps = steps_of(net)
    bench = benches.Bench(net, steps, "meta", 1, "float32", Settings())
    for module in bench.layers.values():
        module.register_forward_hook(lambda *given: clock.call())
    clock.get_device_properties = lambda where: SimpleNamespace(L2_cache_size=2**14)
    monkeypatch.setattr(bench, "_tensor", lambda volume: pytorch.tensor_of(volume, 1, "meta"))
    on_fake(monkeypatch, clock)
    bench.where = "cuda"
    return bench, steps


def test_a_short_layer_on_a_gpu_is_timed_as_a_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(call_ms=0.5)
    bench, steps = on_gpu(clock, monkeypatch)
    assert bench.layer(steps[0], 0.01).median == pytest.approx(0.05)
    assert clock.captured == min(benches.COPIES, 1 + 4 * 2**14 // (4 * 32 * 32))


def test_a_long_layer_on_a_gpu_is_timed_by_events(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(call_ms=2.0)
    bench, steps = on_gpu(clock, monkeypatch)
    assert bench.layer(steps[0], 0.01).median == pytest.approx(2.0)
    assert clock.replays == 0


def test_a_pass_on_a_gpu_has_both_times(monkeypatch: pytest.MonkeyPatch) -> None:
    bench, steps = on_gpu(Clock(call_ms=1.0), monkeypatch)
    whole, graph = bench.whole(0.01)
    assert whole.median == pytest.approx(len(steps))
    assert graph is not None
    assert graph.median == pytest.approx(len(steps) / 10)


def benchmark(monkeypatch: pytest.MonkeyPatch, path: Any, *args: str) -> Any:
    """benchmarks/gpu.py on the CPU, with ceilings that are not measured."""
    script = Path(__file__).parent.parent.parent / "benchmarks" / "gpu.py"
    monkeypatch.setattr(calibrate, "calibrate", lambda *given: DEVICE)
    flags = ["--device", "cpu", "--threads", "1", "--seconds", "0.001", "--no-verify", "--networks", "lenet5"]
    monkeypatch.setattr(sys, "argv", ["gpu.py", *flags, "-o", str(path), *args])
    runpy.run_path(str(script), run_name="__main__")
    return json.loads(path.read_text())


def test_the_benchmark_of_gpus_runs_on_a_cpu(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "cpu.json"
    found = benchmark(monkeypatch, path, "--batch", "1,2")
    assert found["left_out"] == []
    assert found["judgement"]["networks"]["things"] == 4
    assert len(read_timings(str(path))) == 2


def test_the_benchmark_ends_in_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = benchmark(monkeypatch, tmp_path / "cpu.json", "--minutes", "0", "--batch", "1,32")
    assert found["left_out"] == ["lenet5, batch 1: no time", "lenet5, batch 32: no time"]


def test_the_benchmark_survives_a_network_that_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    real = benches.Bench.whole

    def whole(self: Any, seconds: float) -> Any:
        if self.batch == 2:
            raise RuntimeError("CUDA error: an illegal memory access was encountered")
        return real(self, seconds)

    monkeypatch.setattr(benches.Bench, "whole", whole)
    found = benchmark(monkeypatch, path := tmp_path / "cpu.json", "--batch", "2,1")
    assert found["left_out"] == ["lenet5, batch 2: CUDA error: an illegal memory access was encountered"]
    assert [one.runs[0].batch for one in read_timings(str(path))] == [1]


def test_the_benchmark_verifies_what_there_is_memory_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    few = [
        spec
        for spec in SPECS
        if {"lenet5", "fully-connected-1000"} & {about.name for about in spec.networks()}
    ]
    monkeypatch.setattr("archcalc.language.find.all_specs", lambda: few)
    found = benchmark(monkeypatch, tmp_path / "cpu.json", "--batch", "1", "--verify")["verify"]
    assert found["ok"]
    assert [one["network"] for one in found["networks"]] == ["lenet5"]
    assert [one["network"] for one in found["left_out"]] == ["fully-connected-1000"]


def test_the_benchmark_does_not_start_without_a_place_to_write_to(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(benches.Bench, "whole", None)
    with pytest.raises(SystemExit, match="cannot write"):
        benchmark(monkeypatch, tmp_path / "nowhere" / "cpu.json")


def test_a_training_step_is_timed_and_trains() -> None:
    from archcalc.backends.training_step import training_step

    net = archcalc.load("lenet5")
    measured = training_step(net, steps_of(net), "cpu", 2, "float32", 0.001)
    assert 0 < measured.span.low <= measured.span.median <= measured.span.high
    assert measured.peak_bytes is None, "only a GPU reports the peak of its memory"
