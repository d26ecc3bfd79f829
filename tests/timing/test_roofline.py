"""The roofline by hand, on a device of round numbers; devices and their sources; what fits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import archcalc
from archcalc.errors import ArchcalcError, Source, SpecError
from archcalc.language.parse import parse
from archcalc.network import Network
from archcalc.render.writers.yaml import render as written
from archcalc.results.fit import MemoryPart
from archcalc.results.time import COMPUTE, MEMORY, Device, TimedRun
from archcalc.timing.devices import find_device, load_devices, match_device, read_devices
from archcalc.timing.expected import Manner
from archcalc.timing.fit import fit, largest_batch
from archcalc.timing.model_error import model_error, spearman
from archcalc.timing.precision import precision_of
from archcalc.timing.predict import predict, predict_run
from archcalc.timing.roofline import steps_of

ROUND = Device(
    "round",
    "Round",
    2020,
    {"float32": 10**12},
    {"float16": 10**13, "tf32": 5 * 10**12},
    10**11,
    10**9,
    "made up",
)
DEVICES = load_devices()


def network(layers: str, size: str = "[10, 10, 4]") -> Network:
    return parse(Source("net.yaml", f"name: net\ninput: {size}\nlayers:\n{layers}")).bind()


def run_of(net: Network, batch: int = 1, dtype: str = "float32", tf32: bool = False) -> TimedRun:
    """A forward pass on the device of round numbers."""
    return predict_run(net, steps_of(net), precision_of(dtype, ROUND, tf32), batch, Manner())


CONV = network("  - {conv: 8, kernel: 3, pad: 1, then: relu}\n")
MACS, OUT, IN, STORED = 10 * 10 * 8 * 3 * 3 * 4, 800, 400, 3 * 3 * 4 * 8 + 8


@pytest.mark.parametrize(
    ("batch", "dtype", "tf32", "mac_rate", "value"),
    [
        (1, "float32", False, 10**12, 4),
        (32, "float32", False, 10**12, 4),
        (32, "float32", True, 5 * 10**12, 4),
        (32, "float16", False, 10**13, 2),
    ],
)
def test_a_conv_by_hand(batch: int, dtype: str, tf32: bool, mac_rate: int, value: int) -> None:
    run = run_of(CONV, batch, dtype, tf32)
    conv, relu = run.layers
    assert conv.flops == batch * (2 * MACS + OUT)
    assert conv.bytes == value * (batch * (IN + OUT) + STORED)
    arithmetic = batch * (2 * MACS / mac_rate + OUT / 10**12)
    assert conv.predicted_ms == pytest.approx(1000 * max(arithmetic, conv.bytes / 10**11))
    assert conv.bound == (COMPUTE if arithmetic > conv.bytes / 10**11 else MEMORY)
    assert (relu.flops, relu.bytes, relu.bound) == (batch * OUT, value * batch * 2 * OUT, MEMORY)
    assert run.predicted_ms == pytest.approx(conv.predicted_ms + relu.predicted_ms)


def test_an_fc_of_one_image_is_bound_by_its_weights() -> None:
    fc = network("  - {fc: 1000}\n", "[1000]")
    one, many = (run_of(fc, batch).layers[0] for batch in (1, 1000))
    assert one.bytes == 4 * (1000 + 1000 * 1000 + 1000 + 1000)
    assert one.predicted_ms == pytest.approx(1000 * one.bytes / 10**11)
    assert (one.bound, many.bound) == (MEMORY, COMPUTE)
    assert many.predicted_ms == pytest.approx(1000 * 1000 * (2 * 10**6 + 1000) / 10**12)


def test_a_follower_merged_into_its_layer_moves_nothing_between() -> None:
    run = run_of(CONV)
    arithmetic = (2 * MACS + 2 * OUT) / 10**12
    assert run.fused_ms == pytest.approx(1000 * max(arithmetic, 4 * (IN + OUT + STORED) / 10**11))
    assert run.fused_ms < run.predicted_ms


def test_views_and_dropout_take_no_time() -> None:
    net = network("  - flatten\n  - {dropout: 0.5}\n  - {fc: 10}\n")
    found = run_of(net)
    assert [layer.predicted_ms > 0 for layer in found.layers] == [False, False, True]


@pytest.mark.parametrize("name", ["alexnet", "resnet50", "densenet121", "googlenet", "lenet5", "se-resnet50"])
def test_a_roofline_does_the_work_of_the_table(name: str) -> None:
    found = predict(archcalc.load(name), DEVICES["h100"], (1, 8), ("float32", "bfloat16"))
    for run in found.runs:
        assert run.flops == archcalc.analyze(name, batch=run.batch).totals.flops
        assert 0 < run.fused_ms <= run.predicted_ms
        assert len(run.layers) == len(archcalc.analyze(name).layers)
    assert [run.batch for run in found.runs] == [1, 8, 1, 8]


def test_a_dtype_without_a_rate_is_refused() -> None:
    with pytest.raises(ArchcalcError, match="gtx580-3gb has no rate for int8; it has rates for float32"):
        predict(CONV, DEVICES["gtx580-3gb"], (1,), ("int8",))


# Devices


@pytest.mark.parametrize("device", DEVICES.values(), ids=DEVICES)
def test_every_device_has_sources_and_plausible_figures(device: Device) -> None:
    assert device.source
    assert device.year
    assert device.title != device.name
    assert 10**9 <= device.memory <= 10**12
    assert 10**10 <= device.bandwidth <= 10**13
    for rates in (device.vector, device.matrix):
        assert all(10**11 <= rate <= 10**16 for rate in rates.values())
    for dtype in device.dtypes:
        assert 1 <= device.ridge(dtype) <= 1000
        assert device.mac_rate(dtype) >= device.other_rate(dtype) or dtype == "float64"
    order = [
        device.mac_rate(dtype)
        for dtype in ("float64", "float32", "float16", "int8")
        if dtype in device.dtypes
    ]
    assert order == sorted(order)
    if {"float16", "bfloat16"} <= set(device.matrix):
        assert device.matrix["float16"] == device.matrix["bfloat16"]
    if "tf32" in device.matrix:
        assert (
            device.vector["float32"] <= device.matrix["tf32"] <= 1.02 * device.matrix["bfloat16"] / 2
        )  # printed figures are rounded


def test_the_names_of_devices_are_one_each() -> None:
    words = [
        "".join(c for c in word.lower() if c not in " -_")
        for one in DEVICES.values()
        for word in (one.name, *one.aliases)
    ]
    shared = {word for word in words if words.count(word) > 1}
    several = {"titanx", "gh200", "tegrax1", "a100pcie"}
    assert shared == several, "a name that several devices have must be meant so"


def test_devices_are_found_as_people_and_drivers_write_them() -> None:
    assert find_device("GTX 580", DEVICES).name == "gtx580-3gb"
    assert find_device("NVIDIA H200", DEVICES).name == "h200"
    assert match_device("NVIDIA H100 80GB HBM3", DEVICES) == DEVICES["h100"]
    assert match_device("no such thing", DEVICES) is None
    with pytest.raises(ArchcalcError, match="did you mean 'h100'"):
        find_device("h10", DEVICES)
    with pytest.raises(ArchcalcError, match="'titan-x': write titan-x-maxwell or titan-x-pascal or titan-xp"):
        find_device("titan-x", DEVICES)
    assert match_device("NVIDIA TITAN X (Pascal)", DEVICES) == DEVICES["titan-x-pascal"]


@pytest.mark.parametrize("name", ["gtx580-3gb", "h100", "tpu-v3"])
def test_a_device_that_is_written_reads_the_same(name: str) -> None:
    device = replace(DEVICES[name], aliases=(), title="it's: a 'device'")
    assert read_devices(Source("mine.yaml", written(device)))[name] == device


def test_a_product_of_cores_and_clock_is_exact() -> None:
    assert DEVICES["gtx580-3gb"].vector["float32"] == 512 * 2 * 1_544_000_000
    assert DEVICES["gtx580-3gb"].memory == 3 * 2**30
    assert DEVICES["h200"].memory == 141 * 2**30


@pytest.mark.parametrize(("name", "mebibytes"), [("h200", 143771), ("b200", 183359)])
def test_the_memory_of_a_gpu_holds_what_its_driver_reports(name: str, mebibytes: int) -> None:
    assert 0.99 < mebibytes * 2**20 / DEVICES[name].memory <= 1


OWN = "devices:\n  mine: {vector: {float32: 1T}, bandwidth: 10G, memory: 1GiB, source: me}\n"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "float32: 1T",
            "float23: 1T",
            "mine.yaml:2:19: mine has no dtype 'float23' (did you mean 'float32'?)",
        ),
        ("bandwidth: 10G, ", "", "mine: a device needs bandwidth"),
        (", source: me", "", "mine: a device needs source"),
        ("10G", "10Q", "unknown unit 'Q'"),
        ("10G", "0", "mine: bandwidth must be a number above 0"),
        ("10G", "[1]", "mine: bandwidth must be a number above 0"),
        ("10G", "1T * x", "mine: bandwidth"),
        ("1GiB", "1 < 2", "mine: memory"),
        ("vector: {float32: 1T}, ", "", "a device needs a rate for at least one dtype"),
        ("{vector: {float32: 1T}, bandwidth: 10G, memory: 1GiB, source: me}", "5", "mine must be a mapping"),
        ("source", "sauce", "did you mean 'source'"),
        ("devices:", "device:", "did you mean 'devices'"),
    ],
)
def test_a_mistake_in_a_file_of_devices_is_located(old: str, new: str, says: str) -> None:
    with pytest.raises(SpecError) as caught:
        read_devices(Source("mine.yaml", OWN.replace(old, new, 1)))
    assert says in str(caught.value)
    assert "mine.yaml:" in str(caught.value)


def test_a_users_device_comes_before_a_shipped_one(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(OWN.replace("mine:", "h100:"))
    assert load_devices(str(path))["h100"].bandwidth == 10**10
    assert set(load_devices(str(path))) == set(DEVICES)


# What fits


@pytest.mark.parametrize("name", ["alexnet", "vgg16", "resnet50", "densenet121"])
@pytest.mark.parametrize("train", [None, "sgd", "momentum", "adam"])
def test_the_largest_batch_is_the_last_that_fits(name: str, train: str | None) -> None:
    for device in (DEVICES["gtx580-3gb"], DEVICES["h100"]):
        for demand in fit(archcalc.load(name), device, train=train).demands:
            most = demand.largest_batch
            assert most is not None
            available = device.memory * 95 // 100 - 768 * 2**20
            assert most == 0 or demand.at(most) <= available
            assert available < demand.at(most + 1)


@pytest.mark.parametrize("batch", [1, 128])
def test_a_fit_has_the_memory_of_the_table(batch: int) -> None:
    table = archcalc.analyze("alexnet-2gpu", batch=batch, train="momentum").training
    assert table
    found = fit(archcalc.load("alexnet-2gpu"), DEVICES["gtx580-3gb"], batch=batch, train="momentum")
    assert found.demands[0].at(batch) == table.total_bytes
    totals = archcalc.analyze("alexnet-2gpu", batch=batch).totals
    inference = fit(archcalc.load("alexnet-2gpu"), DEVICES["gtx580-3gb"], batch=batch)
    assert inference.demands[0].at(batch) == totals.param_bytes + totals.peak_activation_bytes


def test_the_alexnet_of_the_paper_on_its_cards() -> None:
    """Only params and gradients are halved; conv3 and the fc layers, and the image, are needed whole."""
    net, device = archcalc.load("alexnet-2gpu"), DEVICES["gtx580-3gb"]
    whole = {"reserve": 0, "fragmentation": 0}
    one = fit(net, device, batch=128, train="momentum", **whole)
    two = fit(net, device, batch=128, train="momentum", gpus=2, **whole)
    assert not fit(net, device, batch=128, train="momentum").ok
    assert one.ok
    assert two.ok
    assert two.demands[0].parts[0].fixed * 2 == one.demands[0].parts[0].fixed
    assert one.demands[0].at(128) / 2 < two.demands[0].at(128) < one.demands[0].at(128)
    assert not fit(net, DEVICES["gtx580-1.5gb"], batch=128, train="momentum", **whole).ok


def test_maps_that_all_read_are_needed_whole() -> None:
    """The first conv reads the whole image on both GPUs; the second, with two groups, only its half."""
    net = network("  - {conv: 8, kernel: 1, bias: false}\n  - {conv: 8, kernel: 1, groups: 2, bias: false}\n")
    alone, shared = (
        fit(net, ROUND, train="sgd", gpus=gpus).demands[1].parts[-1].per_image for gpus in (1, 2)
    )
    assert alone == 4 * (400 + 2 * 800 + 2 * 800)
    assert shared == alone // 2 + 4 * 400 // 2
    with pytest.raises(ArchcalcError, match="needs --train"):
        fit(net, ROUND, gpus=2)


def test_the_largest_batch_of_nothing_and_of_too_much() -> None:
    assert largest_batch([MemoryPart("weights", 100, 1)], 99) == 0
    assert largest_batch([MemoryPart("weights", 100, 0)], 100) is None
    assert largest_batch([MemoryPart("weights", 100, 1)], 100) == 0


# The judgement


@pytest.mark.parametrize(
    ("xs", "ys", "rho"),
    [
        ([1, 2, 3, 4, 5], [5, 6, 7, 8, 7], 0.820782681668),
        ([1, 2, 3], [3, 2, 1], -1.0),
        ([1, 2], [1, 2], None),
        ([1, 1, 1], [1, 2, 3], None),
    ],
)
def test_the_rank_correlation(xs: list[float], ys: list[float], rho: float | None) -> None:
    assert spearman(xs, ys) == rho


def test_nothing_measured_is_no_judgement() -> None:
    found = model_error([predict(CONV, ROUND, (1,), ("float32",))])
    assert found.networks.things == 0
    assert found.networks.median is None
    assert found.ops == ()
