"""The shipped devices: how they are found; their rates agree with each other and with measurements."""

from __future__ import annotations

import pytest

import archcalc
from archcalc.errors import ArchcalcError
from archcalc.results.time import Device
from archcalc.timing.devices import find_device, load_devices

DEVICES = load_devices()

REPORTED = {
    "NVIDIA GeForce GTX TITAN X": "titan-x-maxwell",
    "TITAN X (Pascal)": "titan-x-pascal",
    "NVIDIA TITAN Xp": "titan-xp",
    "TITAN V": "titan-v",
    "TITAN RTX": "titan-rtx",
    "Quadro RTX 8000": "quadro-rtx-8000",
    "Tesla K80": "k80",
    "Tesla V100-SXM2-32GB": "v100-32gb",
    "NVIDIA A10G": "a10g",
    "NVIDIA A100-PCIE-40GB": "a100-pcie-40gb",
    "NVIDIA A100 80GB PCIe": "a100-pcie-80gb",
    "NVIDIA A100-SXM4-80GB": "a100-80gb",
    "NVIDIA H100 PCIe": "h100-pcie",
    "NVIDIA GH200 480GB": "gh200-96gb",
    "NVIDIA GH200 144G HBM3e": "gh200-144gb",
    "NVIDIA RTX A6000": "rtx-a6000",
    "NVIDIA RTX 6000 Ada Generation": "rtx-6000-ada",
    "NVIDIA RTX PRO 6000 Blackwell Workstation Edition": "rtx-pro-6000-blackwell",
    "NVIDIA GeForce RTX 5090": "rtx5090",
    "AMD EPYC 9755 128-Core Processor": "epyc-9755",
    "Apple M4 Max": "apple-m4-max",
    "m4 max": "apple-m4-max",
}
"""Names as drivers report them, of older and newer drivers."""

MEASURED = {
    "l4": ("bfloat16", 70.89),  # issue 120
    "l40s": ("bfloat16", 269.15),  # issue 43
    "a10g": ("float16", 69.47),  # issue 126
    "titan-rtx": ("float16", 66.32),  # issue 127
    "rtx-pro-6000-blackwell": ("bfloat16", 390.92),  # issue 160
    "rtx2080ti": ("float16", 56.78),  # issue 181
    "rtx4090": ("float16", 168.38),  # issue 78
    "rtx5090": ("bfloat16", 240.05),  # issue 96
}
"""TFLOP/s of PyTorch's largest products of matrices: github.com/zzc0721/torch-performance-test-data."""

BOOSTED = 1.15
"""GeForce cards were measured at up to so many times the rate of their printed boost clock."""


@pytest.mark.parametrize(("reported", "name"), REPORTED.items(), ids=REPORTED.values())
def test_a_device_is_found_as_its_driver_reports_it(reported: str, name: str) -> None:
    assert find_device(reported, DEVICES).name == name


@pytest.mark.parametrize(
    ("word", "names"),
    [
        ("NVIDIA Titan X", "titan-x-maxwell or titan-x-pascal or titan-xp"),
        ("gh200", "gh200-96gb or gh200-144gb"),
        ("A100-PCIe", "a100-pcie-40gb or a100-pcie-80gb"),
        ("NVIDIA Tegra X1", "jetson-tx1 or jetson-nano"),
    ],
)
def test_a_name_of_several_devices_asks_which_is_meant(word: str, names: str) -> None:
    with pytest.raises(ArchcalcError, match=f"several devices are called '{word}': write {names}$"):
        find_device(word, DEVICES)


@pytest.mark.parametrize("word", ["NVIDIA", "amd ", "nvidia h10", "nvidia nvidia h100"])
def test_a_maker_alone_names_no_device(word: str) -> None:
    with pytest.raises(ArchcalcError, match="unknown device"):
        find_device(word, DEVICES)


def test_the_devices_of_a_word() -> None:
    makers = ("nvidia", "amd", "apple", "google", "intel")
    found = [device.name for word in makers for device in archcalc.devices(like=word).devices]
    assert sorted(found) == sorted(DEVICES), "every title begins with its maker"
    assert archcalc.devices(like="no such thing").devices == archcalc.devices(like="-").devices == ()
    assert [device.name for device in archcalc.devices(like="PRO 6000").devices] == ["rtx-pro-6000-blackwell"]


@pytest.mark.parametrize(("name", "measured"), MEASURED.items(), ids=MEASURED)
def test_the_rate_of_tensor_cores_is_what_measured_products_allow(
    name: str, measured: tuple[str, float]
) -> None:
    """A rate of half the size, with sums in float32 at half the speed, is told apart by this."""
    dtype, tflops = measured
    share = tflops * 1e12 / DEVICES[name].mac_rate(dtype)
    boosted = "GeForce" in DEVICES[name].title
    assert 0.5 < share < (BOOSTED if boosted else 1)


PROFESSIONAL = ("rtx-a6000", "rtx-6000-ada", "rtx-pro-6000-blackwell", "a10", "l4", "l40s")
GEFORCE = ("rtx3090", "rtx4090", "rtx5090")


@pytest.mark.parametrize(
    ("device", "times"),
    [*((DEVICES[name], 4) for name in PROFESSIONAL), *((DEVICES[name], 2) for name in GEFORCE)],
    ids=[*PROFESSIONAL, *GEFORCE],
)
def test_geforce_cards_sum_in_float32_at_half_the_speed(device: Device, times: int) -> None:
    """The same chip: products of float16 are 4 times the rate of float32, but 2 times on a GeForce card."""
    assert device.matrix["float16"] / device.vector["float32"] == pytest.approx(times, rel=0.02)
    assert device.matrix["tf32"] / device.matrix["float16"] == pytest.approx(1 / 2, rel=0.02)
    assert device.matrix["int8"] / device.matrix["float16"] == pytest.approx(8 / times, rel=0.02)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("v100", "v100-32gb"),
        ("a100-40gb", "a100-80gb"),
        ("a100-40gb", "a100-pcie-40gb"),
        ("a100-80gb", "a100-pcie-80gb"),
        ("h100", "h200"),
        ("h100", "gh200-96gb"),
        ("gh200-96gb", "gh200-144gb"),
        ("titan-rtx", "quadro-rtx-8000"),
    ],
)
def test_devices_with_the_same_chip_have_the_same_rates(one: str, other: str) -> None:
    assert DEVICES[one].vector == DEVICES[other].vector
    assert DEVICES[one].matrix == DEVICES[other].matrix
    assert DEVICES[one] != DEVICES[other]
